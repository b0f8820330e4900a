// SPDX-License-Identifier: GPL-2.0
/*
 * Reads the kernel's log while it is written, since a million refused loads
 * leave nothing else in it, and tells the lines that no load may cause.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"

#define RECORD_MAX	8192
#define POLL_MS		50
#define TOLD_MAX	40	/* lines that are printed */

static const char * const complaints[] = {
	"KASAN:", "UBSAN:", "BUG:", "WARNING:", "Oops", "INFO: ", "ODEBUG:",
	"refcount_t:", "list_add corruption", "list_del corruption",
	"general protection", "unable to handle", "Bad page", "Call Trace:",
	"page allocation failure",
};

void watch_open(struct watch *watch)
{
	watch->fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (watch->fd < 0 || lseek(watch->fd, 0, SEEK_END) < 0)
		die("/dev/kmsg: %m");
}

static void record_judge(struct watch *watch, const char *record)
{
	size_t i;

	watch->lines++;
	for (i = 0; i < sizeof(complaints) / sizeof(complaints[0]); i++) {
		const char *text = strchr(record, ';');

		if (!text || !strstr(text, complaints[i]))
			continue;
		if (watch->bad++ < TOLD_MAX)
			printf("complaint %.*s\n",
			       (int)strcspn(text + 1, "\n"), text + 1);
		return;
	}
}

/* Until there is no more; a record for each read. */
static void watch_drain(struct watch *watch)
{
	char record[RECORD_MAX + 1];

	for (;;) {
		ssize_t got = read(watch->fd, record, RECORD_MAX);

		if (got > 0) {
			record[got] = '\0';
			record_judge(watch, record);
		} else if (got < 0 && errno == EPIPE) {
			watch->lost++;
		} else {
			return;
		}
	}
}

void *watch_run(void *arg)
{
	struct watch *watch = arg;
	struct pollfd log = { .fd = watch->fd, .events = POLLIN };

	while (!__atomic_load_n(&watch->end, __ATOMIC_ACQUIRE)) {
		poll(&log, 1, POLL_MS);
		watch_drain(watch);
	}
	watch_drain(watch);
	close(watch->fd);
	return NULL;
}
