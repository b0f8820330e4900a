// SPDX-License-Identifier: GPL-2.0
/*
 * Lines of JSON to the host.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "die.h"
#include "tell.h"

#define PORTS		"/sys/class/virtio-ports"
#define PORT_NAME	"org.kdump.verdict"
#define FILE_MAX	(1 << 20)	/* as much of a file as is told */

static bool port_is_ours(const char *port)
{
	char path[512], name[64] = "";
	FILE *file;

	snprintf(path, sizeof(path), PORTS "/%s/name", port);
	file = fopen(path, "r");
	if (!file)
		return false;
	if (!fgets(name, sizeof(name), file))
		name[0] = '\0';
	fclose(file);
	name[strcspn(name, "\n")] = '\0';
	return !strcmp(name, PORT_NAME);
}

static FILE *channel_open(void)
{
	DIR *dir = opendir(PORTS);
	struct dirent *entry;
	char path[512];

	while (dir && (entry = readdir(dir))) {
		if (!port_is_ours(entry->d_name))
			continue;
		snprintf(path, sizeof(path), "/dev/%s", entry->d_name);
		return fopen(path, "w");
	}
	errno = ENODEV;
	return NULL;
}

static void json_string(FILE *out, const char *text, size_t size)
{
	size_t i;

	fputc('"', out);
	for (i = 0; i < size; i++) {
		unsigned char c = text[i];

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < 0x20 || c > 0x7e)
			fprintf(out, "\\u%04x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

static void key_write(struct event *event, const char *key)
{
	fputs(", ", event->out);
	json_string(event->out, key, strlen(key));
	fputs(": ", event->out);
}

void event_begin(struct event *event, const char *name)
{
	event->out = open_memstream(&event->line, &event->size);
	if (!event->out)
		die("an event: %m");
	fputs("{\"event\": ", event->out);
	json_string(event->out, name, strlen(name));
}

void event_text(struct event *event, const char *key, const char *text)
{
	key_write(event, key);
	json_string(event->out, text, strlen(text));
}

/* The contents of a file, or null. */
void event_file(struct event *event, const char *key, const char *path)
{
	size_t size = 0, got;
	char *text = malloc(FILE_MAX);
	FILE *file = fopen(path, "r");

	key_write(event, key);
	if (file && text) {
		while (size < FILE_MAX &&
		       (got = fread(text + size, 1, FILE_MAX - size, file)))
			size += got;
		json_string(event->out, text, size);
	} else {
		fputs("null", event->out);
	}
	if (file)
		fclose(file);
	free(text);
}

/* What is JSON already. */
void event_json(struct event *event, const char *key, const char *format, ...)
{
	va_list args;

	key_write(event, key);
	va_start(args, format);
	vfprintf(event->out, format, args);
	va_end(args);
}

/* One write for the whole line, so that two writers do not mix theirs. */
void event_send(struct event *event)
{
	FILE *channel = channel_open();

	if (!channel)
		die("no channel to the host: %m");
	fputs("}\n", event->out);
	fclose(event->out);
	setvbuf(channel, NULL, _IOFBF, event->size + 1);
	if (fwrite(event->line, 1, event->size, channel) != event->size ||
	    fclose(channel))
		die("the channel to the host: %m");
	free(event->line);
}
