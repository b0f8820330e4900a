// SPDX-License-Identifier: GPL-2.0
/*
 * Loads as large, as many and as slow as can be: what the kernel says at its
 * limits and one step beyond.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kload.h"

#define INITRD		"/tmp/limits-initrd"
#define VERIFY		"/sys/kernel/kexec_crash_verify"

static struct span region_read(void)
{
	struct spans crash;

	spans_read(&crash, "Crash kernel");
	return crash_region(&crash);
}

/* Each byte tells where it is from. */
static unsigned char *pattern(size_t size)
{
	unsigned char *p = zeroed(size);
	size_t i;

	for (i = 0; i < size; i += sizeof(uint32_t))
		*(uint32_t *)(p + i) = i * 2654435761U;
	return p;
}

static void segment_at(struct image *image, uint64_t mem, size_t size)
{
	image_add(image, pattern(size), size, mem, size);
}

/*
 * As many segments as there may be, of all sizes, some of them next to each
 * other, one with nothing but room; the last ends where the region does.
 */
static int most_segments(int argc, char **argv)
{
	struct span region = region_read();
	struct image image = { .entry = region.start };
	uint64_t at = region.start;
	int i;

	(void)argc;
	(void)argv;
	image_add(&image, NULL, 0, at, PAGE);
	at += PAGE;
	for (i = 2; i < KEXEC_SEGMENT_MAX; i++) {
		size_t size = i * PAGE - (i % 3) * 100;

		segment_at(&image, at, size);
		at += PAGE_UP(size) + (i % 2) * PAGE;
	}
	segment_at(&image, region.end + 1 - PAGE, PAGE);
	puts(errno_of(sys_kexec_load(image.entry, image.nr_segments,
				     image.segment, KEXEC_ON_CRASH)));
	return 0;
}

static void initrd_make(size_t size)
{
	int fd = open_or_die(INITRD, O_WRONLY | O_CREAT | O_TRUNC);
	unsigned char *data = pattern(size);

	if (write(fd, data, size) != (ssize_t)size)
		die(INITRD ": %m");
	close(fd);
	free(data);
}

/* Loads @kernel with an initrd of so many bytes. */
static int initrd_errno(const char *kernel, size_t size)
{
	int kernel_fd = open_or_die(kernel, O_RDONLY);
	int initrd_fd, err;

	initrd_make(size);
	initrd_fd = open_or_die(INITRD, O_RDONLY);
	err = sys_kexec_file_load(kernel_fd, initrd_fd, 0, NULL,
				  KEXEC_FILE_ON_CRASH) ? errno : 0;
	close(initrd_fd);
	close(kernel_fd);
	return err;
}

static void disarm(unsigned long flags)
{
	if (sys_kexec_load(0, 0, NULL, flags))
		die("cannot unload: %m");
}

/* "initrd KERNEL BYTES": loads it, whatever is armed. */
static int one_initrd(int argc, char **argv)
{
	if (argc < 2)
		die("limits initrd: KERNEL and BYTES, please");
	puts(errno_name(initrd_errno(argv[0], strtoul(argv[1], NULL, 0))));
	return 0;
}

/*
 * "largest KERNEL": the size of the largest initrd that is taken where nothing
 * is armed, in whole pages. Leaves nothing armed.
 */
static int largest_initrd(int argc, char **argv)
{
	struct span region = region_read();
	size_t fits = 0, too_large = (region.end + 1 - region.start) / PAGE;

	if (argc < 1)
		die("limits largest: KERNEL, please");
	while (too_large - fits > 1) {
		size_t half = fits + (too_large - fits) / 2;

		disarm(KEXEC_ON_CRASH);
		if (initrd_errno(argv[0], half * PAGE))
			too_large = half;
		else
			fits = half;
	}
	disarm(KEXEC_ON_CRASH);
	printf("%lu\n", fits * PAGE);
	return 0;
}

/*
 * "room BYTES": an ordinary image of next to no contents in so much room, at the
 * end of where there is most memory: pages of its list have to be elsewhere, and
 * low. Leaves nothing loaded.
 */
static int ordinary_room(int argc, char **argv)
{
	struct image image = { };
	struct span where;
	struct spans ram;
	size_t room;

	if (argc < 1)
		die("limits room: BYTES, please");
	spans_read(&ram, "System RAM");
	where = ram_largest(&ram);
	room = PAGE_UP(strtoul(argv[0], NULL, 0));
	image.entry = PAGE_DOWN(where.end + 1) - room;
	image_add(&image, pattern(PAGE), PAGE, image.entry, room);
	puts(errno_of(sys_kexec_load(image.entry, image.nr_segments,
				     image.segment, 0)));
	disarm(0);
	return 0;
}

/* What a loader has been told. In memory that all of them see. */
struct tally {
	unsigned long ok, busy, other;
	int errno_seen;			/* the first of the other ones */
};

static void tally_add(struct tally *t, long result)
{
	if (!result)
		__atomic_add_fetch(&t->ok, 1, __ATOMIC_RELAXED);
	else if (errno == EBUSY)
		t->busy++;
	else if (!t->other++)
		t->errno_seen = errno;
}

/* Or whoever has just loaded would be the next one again. */
static void wait_a_moment(void)
{
	static const struct timespec moment = { .tv_nsec = 1000000 };

	nanosleep(&moment, NULL);
}

static struct image two_pages(uint64_t at)
{
	struct image image = { .entry = at };

	segment_at(&image, at, PAGE);
	segment_at(&image, at + 3 * PAGE, PAGE);
	return image;
}

/* @turn: 0, 1, 2 and so on */
static long crash_loader(unsigned long turn, const char *kernel)
{
	static struct image image;
	(void)kernel;

	if (!image.nr_segments)
		image = two_pages(region_read().start);
	if (turn % 4 == 3)
		return sys_kexec_load(0, 0, NULL, KEXEC_ON_CRASH);
	return sys_kexec_load(image.entry, image.nr_segments, image.segment,
			      KEXEC_ON_CRASH);
}

static long ordinary_loader(unsigned long turn, const char *kernel)
{
	static struct image image;
	(void)kernel;

	if (!image.nr_segments)
		image = two_pages(region_read().start);
	if (turn % 4 == 3)
		return sys_kexec_load(0, 0, NULL, 0);
	return sys_kexec_load(image.entry, image.nr_segments, image.segment,
			      0);
}

static long file_loader(unsigned long turn, const char *kernel)
{
	static int fd = -1;
	unsigned long flags = turn % 2 ? KEXEC_FILE_ON_CRASH : 0;

	if (fd < 0)
		fd = open_or_die(kernel, O_RDONLY);
	if (turn % 5 == 4)
		return sys_kexec_file_load(-1, -1, 0, NULL,
					   flags | KEXEC_FILE_UNLOAD);
	return sys_kexec_file_load(fd, -1, 0, NULL,
				   flags | KEXEC_FILE_NO_INITRAMFS);
}

/* Whatever is armed at the moment is whole. */
static long verifier(unsigned long turn, const char *kernel)
{
	char text[128] = "";
	int fd = open_or_die(VERIFY, O_RDONLY);
	ssize_t got = read(fd, text, sizeof(text) - 1);
	(void)turn;
	(void)kernel;

	close(fd);
	if (got > 0 && (!strcmp(text, "ok\n") || !strcmp(text, "none\n")))
		return 0;
	errno = got < 0 ? errno : EUCLEAN;
	return -1;
}

static const struct loader {
	const char *name;
	long (*once)(unsigned long turn, const char *kernel);
} loaders[] = {
	{ "verify", verifier },
	{ "crash", crash_loader },
	{ "crash-too", crash_loader },
	{ "ordinary", ordinary_loader },
	{ "file", file_loader },
	{ "file-too", file_loader },
};

#define NR_LOADERS	(sizeof(loaders) / sizeof(loaders[0]))

static unsigned long loads_of_all(struct tally *tallies)
{
	unsigned long sum = 0;
	size_t i;

	for (i = 0; i < NR_LOADERS; i++)
		if (loaders[i].once != verifier)
			sum += __atomic_load_n(&tallies[i].ok,
					       __ATOMIC_RELAXED);
	return sum;
}

static void loader_run(size_t i, struct tally *tallies, const char *kernel,
		       unsigned long enough)
{
	unsigned long turn = 0;

	while (loads_of_all(tallies) < enough) {
		tally_add(&tallies[i], loaders[i].once(turn++, kernel));
		wait_a_moment();
	}
}

/*
 * "loaders KERNEL LOADS": all of them at once, until together they have had so
 * many loads and unloads. Prints "name OK BUSY OTHER ERRNO" for each, and
 * leaves nothing loaded.
 */
static int many_loaders(int argc, char **argv)
{
	struct tally *tallies = mmap(NULL, NR_LOADERS * sizeof(*tallies),
				     PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	size_t i;

	if (argc < 2 || tallies == MAP_FAILED)
		die("limits loaders: KERNEL and LOADS, please");
	for (i = 0; i < NR_LOADERS; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork: %m");
		if (!pid) {
			loader_run(i, tallies, argv[0],
				   strtoul(argv[1], NULL, 0));
			_exit(0);
		}
	}
	for (i = 0; i < NR_LOADERS; i++) {
		int status;

		if (wait(&status) < 0 || status)
			die("a loader ended early");
	}
	for (i = 0; i < NR_LOADERS; i++)
		printf("%s %lu %lu %lu %s\n", loaders[i].name, tallies[i].ok,
		       tallies[i].busy, tallies[i].other,
		       errno_name(tallies[i].errno_seen));
	disarm(KEXEC_ON_CRASH);
	disarm(0);
	return 0;
}

static void *load_thread(void *arg)
{
	struct image *image = arg;

	sys_kexec_load(image->entry, image->nr_segments, image->segment,
		       KEXEC_ON_CRASH);
	die("held: the load has ended");
}

/* Says through @done that the load is under way, and never ends. */
static void hold(int done)
{
	struct span region = region_read();
	struct image image = { .entry = region.start };
	size_t most = PAGE_DOWN((region.end - region.start) / 2);
	pthread_t thread;
	void *page;
	int fd = late_page(&page);

	/* Over whatever is armed, from where the region begins. */
	segment_at(&image, region.start, most);
	image_add(&image, page, PAGE, region.start + most, PAGE);
	thread = held_thread(fd, load_thread, &image);
	if (write(done, "", 1) != 1)
		die("nobody waits: %m");
	close(done);
	pthread_join(thread, NULL);
}

/*
 * "held": a load of a crash image that has copied half of the region and waits
 * for its next page for ever. Returns when it does; it goes on waiting.
 */
static int held_load(int argc, char **argv)
{
	int ends[2];
	char byte;
	pid_t pid;

	(void)argc;
	(void)argv;
	if (pipe(ends))
		die("pipe: %m");
	pid = fork();
	if (pid < 0)
		die("fork: %m");
	if (!pid) {
		close(ends[0]);
		hold(ends[1]);
	}
	close(ends[1]);
	if (read(ends[0], &byte, 1) != 1)
		die("held: the load was not held");
	return 0;
}

int limits_run(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(int argc, char **argv);
	} limits[] = {
		{ "segments", most_segments },
		{ "initrd", one_initrd },
		{ "largest", largest_initrd },
		{ "room", ordinary_room },
		{ "loaders", many_loaders },
		{ "held", held_load },
		{ "pressure", pressure_run },
		{ "fail", fail_run },
	};
	size_t i;

	for (i = 0; argc > 0 && i < sizeof(limits) / sizeof(limits[0]); i++)
		if (!strcmp(argv[0], limits[i].name))
			return limits[i].run(argc - 1, argv + 1);
	die("no limit is called '%s'", argc > 0 ? argv[0] : "");
}
