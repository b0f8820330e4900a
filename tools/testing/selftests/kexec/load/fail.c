// SPDX-License-Identifier: GPL-2.0
/*
 * Loads of which the first allocation fails, then ones of which the second
 * does, and so on until there is none left to fail: each way to load ends at
 * each of its steps once, and has to be undone from there.
 *
 * It takes a kernel with CONFIG_FAILSLAB and CONFIG_FAIL_PAGE_ALLOC.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kload.h"

#define FAULTS		"/sys/kernel/debug/"
#define FAIL_NTH	"/proc/thread-self/fail-nth"
#define STATE		"/sys/kernel/"
#define INITRD_BYTES	(3 * PAGE + 100)
#define INITRD		"/tmp/fail-initrd"
#define MOST		100000	/* allocations of one load */
#define MAX_ERRNO	256

/* What is armed before each call, and has to be after it. */
static const struct {
	const char *path, *says;
} state[] = {
	{ STATE "kexec_loaded", "1\n" },
	{ STATE "kexec_crash_loaded", "1\n" },
	{ STATE "kexec_crash_verify", "ok\n" },
};

/* By themselves they spare allocations that may wait, which most here may. */
static void faults_allow_all(void)
{
	static const struct {
		const char *path, *value;
	} settings[] = {
		{ FAULTS "failslab/ignore-gfp-wait", "N" },
		{ FAULTS "failslab/verbose", "0" },
		{ FAULTS "fail_page_alloc/ignore-gfp-wait", "N" },
		{ FAULTS "fail_page_alloc/ignore-gfp-highmem", "N" },
		{ FAULTS "fail_page_alloc/min-order", "0" },
		{ FAULTS "fail_page_alloc/verbose", "0" },
	};
	size_t i;

	for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		write_or_die(settings[i].path, settings[i].value);
}

/* The @n'th allocation of this task from now on; 0: none of them. */
static void fail_nth(int fd, unsigned int n)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", n);
	if (pwrite(fd, text, strlen(text), 0) < 0)
		die(FAIL_NTH ": %m");
}

/* Has it failed? Then it is not waited for any more. */
static bool has_failed(int fd)
{
	char text[16] = "";

	if (pread(fd, text, sizeof(text) - 1, 0) < 0)
		die(FAIL_NTH ": %m");
	return !strtoul(text, NULL, 10);
}

/* What is loaded: segments of all kinds, and files. */
struct load {
	struct image image;
	int kernel, initrd;
};

static void segment_add(struct load *load, unsigned long at, size_t size,
			size_t room)
{
	image_add(&load->image, size ? zeroed(size) : NULL, size,
		  load->image.entry + at, room);
}

static void load_init(struct load *load, const char *kernel)
{
	struct spans crash;
	int fd = open_or_die(INITRD, O_WRONLY | O_CREAT | O_TRUNC);

	spans_read(&crash, "Crash kernel");
	load->image.entry = crash_region(&crash).start;
	segment_add(load, 0, PAGE, PAGE);
	segment_add(load, PAGE, 0, 2 * PAGE);
	segment_add(load, 4 * PAGE, 4 * PAGE + 1, 6 * PAGE);

	if (write(fd, zeroed(INITRD_BYTES), INITRD_BYTES) != INITRD_BYTES)
		die(INITRD ": %m");
	close(fd);
	load->kernel = open_or_die(kernel, O_RDONLY);
	load->initrd = open_or_die(INITRD, O_RDONLY);
}

static long load_by(const struct load_way *way, const struct load *load)
{
	if (way->files)
		return sys_kexec_file_load(load->kernel, load->initrd,
					   sizeof("one=1"), "one=1",
					   way->flags);
	return sys_kexec_load(load->image.entry, load->image.nr_segments,
			      load->image.segment, way->flags);
}

/* Tells of what is not as it was. */
static void state_check(const struct load_way *way, unsigned int nth)
{
	size_t i;

	for (i = 0; i < sizeof(state) / sizeof(state[0]); i++) {
		struct blob is = blob_read(state[i].path);

		if (strcmp((char *)is.data, state[i].says))
			printf("%s-%u %s %s", way->name, nth, state[i].path,
			       (char *)is.data);
		free(is.data);
	}
}

/* Prints "name ERRNO TIMES" for each answer. */
static void walk(const struct load_way *way, const struct load *load)
{
	unsigned int times[MAX_ERRNO] = { 0 };
	int fd = open_or_die(FAIL_NTH, O_RDWR);
	unsigned int nth;
	bool failed;
	int i;

	for (nth = 1, failed = true; failed; nth++) {
		long result;
		int err;

		if (nth > MOST)
			die("%s: no end of failures", way->name);
		fail_nth(fd, nth);
		result = load_by(way, load);
		err = result ? errno : 0;
		failed = has_failed(fd);
		fail_nth(fd, 0);
		if (failed || err)
			times[err % MAX_ERRNO]++;
		if (!failed && err)
			printf("%s-%u %s without a failure\n", way->name, nth,
			       errno_name(err));
		state_check(way, nth);
	}
	for (i = 0; i < MAX_ERRNO; i++)
		if (times[i])
			printf("%s %s %u\n", way->name, errno_name(i),
			       times[i]);
	close(fd);
}

/*
 * "KERNEL": each way to load; with an image of each kind armed. "OK" among the
 * answers are loads that did without what they could not have.
 */
int fail_run(int argc, char **argv)
{
	struct load load = { 0 };
	size_t i;

	if (argc < 1)
		die("limits fail: KERNEL, please");
	load_init(&load, argv[0]);
	faults_allow_all();
	for (i = 0; i < NR_LOAD_WAYS; i++)
		if (load_by(&load_ways[i], &load))
			die("%s: %m", load_ways[i].name);
	for (i = 0; i < NR_LOAD_WAYS; i++)
		walk(&load_ways[i], &load);
	return 0;
}
