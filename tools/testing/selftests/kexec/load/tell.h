/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TELL_H
#define TELL_H

/*
 * The guest's side of the channel to the host: a line of JSON for each event,
 * through the virtio port that qemu/machine.py opens.
 */

#include <stddef.h>
#include <stdio.h>

struct event {
	FILE *out;
	char *line;
	size_t size;
};

/* An event is begun, gets its members, and is sent as one line. */
void event_begin(struct event *event, const char *name);
void event_text(struct event *event, const char *key, const char *text);
void event_file(struct event *event, const char *key, const char *path);
void event_json(struct event *event, const char *key, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void event_send(struct event *event);

#endif /* TELL_H */
