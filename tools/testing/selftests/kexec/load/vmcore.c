// SPDX-License-Identifier: GPL-2.0
/*
 * vmcore: the first and only program of a guest whose /proc/vmcore is to be
 * examined. Runs the checks that the file /checks names, each in a process of
 * its own, and tells the host what came of them.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "die.h"
#include "tell.h"
#include "vmcore.h"

#define EXPECTATION	"/expected"
#define CHECKS		"/checks"
#define SUITE		"/suite"	/* of KUnit, that this kernel has run */
#define SUITE_RUN	"/sys/kernel/debug/kunit/%s/run"
#define SUITE_RESULTS	"/sys/kernel/debug/kunit/%s/results"

/* klogctl(2) */
#define READ_ALL	3
#define LOG_SIZE	(1 << 20)

static int result_fd;

void fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vdprintf(result_fd, format, args);
	va_end(args);
	_exit(1);
}

static void mounts(void)
{
	static const struct {
		const char *type, *path;
	} all[] = {
		{ "proc", "/proc" },
		{ "sysfs", "/sys" },
		{ "devtmpfs", "/dev" },
		{ "debugfs", "/sys/kernel/debug" },
	};
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		mkdir(all[i].path, 0755);
		if (mount(all[i].type, all[i].path, all[i].type, 0, NULL) &&
		    errno != EBUSY)
			die("%s: %m", all[i].path);
	}
}

static const struct check *check_find(const char *name)
{
	const struct check *check;

	for (check = checks; check->name; check++) {
		if (!strcmp(check->name, name))
			return check;
	}
	return NULL;
}

/* What the check said, or how it ended, or "ok". */
static void check_run(const struct check *check, char *result, size_t size)
{
	size_t len = 0;
	ssize_t got;
	int ends[2], status;
	pid_t child;

	if (pipe(ends))
		die("pipe: %m");
	child = fork();
	if (child < 0)
		die("fork: %m");
	if (!child) {
		close(ends[0]);
		result_fd = ends[1];
		check->run();
		_exit(0);
	}
	close(ends[1]);
	while (len < size - 1 &&
	       (got = read(ends[0], result + len, size - 1 - len)) > 0)
		len += got;
	result[len] = '\0';
	close(ends[0]);
	if (waitpid(child, &status, 0) != child)
		die("waitpid: %m");
	if (len)
		return;
	if (WIFSIGNALED(status))
		snprintf(result, size, "killed by signal %d", WTERMSIG(status));
	else if (status)
		snprintf(result, size, "status %#x without a word", status);
	else
		snprintf(result, size, "ok");
}

static void check_tell(const char *name)
{
	const struct check *check = check_find(name);
	char result[1024] = "there is no such check";
	struct event event;

	if (check)
		check_run(check, result, sizeof(result));
	event_begin(&event, "check");
	event_text(&event, "name", name);
	event_text(&event, "result", result);
	event_send(&event);
}

/* Once more, with what the first run has left behind */
static void kunit_again(const char *name)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), SUITE_RUN, name);
	fd = open(path, O_WRONLY);
	if (fd < 0 || write(fd, "1", 1) != 1)
		die("%s: %m", path);
	close(fd);
}

static void kunit_tell(struct event *event)
{
	FILE *file = fopen(SUITE, "r");
	char path[128], name[64];

	if (!file)
		return;
	if (fscanf(file, "%63s", name) != 1)
		die(SUITE ": %m");
	fclose(file);
	snprintf(path, sizeof(path), SUITE_RESULTS, name);
	event_file(event, "kunit", path);
	kunit_again(name);
	event_file(event, "kunit-again", path);
}

static void end_tell(void)
{
	char *log = calloc(1, LOG_SIZE + 1);
	struct event event;

	if (!log || klogctl(READ_ALL, log, LOG_SIZE) < 0)
		die("the kernel's log: %m");
	event_begin(&event, "end");
	event_text(&event, "log", log);
	event_file(&event, "vmalloc", "/proc/vmallocinfo");
	kunit_tell(&event);
	event_send(&event);
}

int main(void)
{
	char name[64];
	FILE *names;

	mounts();
	expected_load(EXPECTATION);
	names = fopen(CHECKS, "r");
	if (!names)
		die(CHECKS ": %m");
	while (fscanf(names, "%63s", name) == 1)
		check_tell(name);
	end_tell();
	for (;;)
		pause();
}
