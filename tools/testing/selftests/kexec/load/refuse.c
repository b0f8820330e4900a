// SPDX-License-Identifier: GPL-2.0
/*
 * Loads that kexec_load(2) has to refuse. Each row spoils one thing of an
 * image that is otherwise good, and one row spoils nothing: without it the
 * table would also pass on a kernel that refuses everything.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kload.h"

#define GOOD_SEGMENTS	2

struct attempt {
	struct span region;		/* the crash kernel's */
	unsigned long entry;
	unsigned long nr_segments;
	unsigned long flags;
	struct kexec_segment segment[IMAGE_SEGMENTS];
	const struct kexec_segment *segments;
	bool from_files;		/* by kexec_file_load(2), without any */
};

static void *address(uint64_t value)
{
	return (void *)(unsigned long)value;
}

static uint64_t value_of(const void *address)
{
	return (unsigned long)address;
}

/* A page each, a page apart, at the start of the crash region. */
static struct attempt attempt_good(void)
{
	struct attempt a = { .flags = KEXEC_ON_CRASH };
	struct spans crash;
	int i;

	spans_read(&crash, "Crash kernel");
	a.region = crash_region(&crash);
	a.entry = a.region.start;
	a.nr_segments = GOOD_SEGMENTS;
	for (i = 0; i < IMAGE_SEGMENTS; i++)
		a.segment[i] = (struct kexec_segment){
			.buf = zeroed(PAGE),
			.bufsz = PAGE,
			.mem = address(a.region.start + 2 * i * PAGE),
			.memsz = PAGE,
		};
	return a;
}

static long attempt_load(const struct attempt *a)
{
	if (a->from_files)
		return sys_kexec_file_load(-1, -1, 0, NULL,
					   KEXEC_FILE_ON_CRASH);
	return sys_kexec_load(a->entry, a->nr_segments,
			      a->segments ? a->segments : a->segment, a->flags);
}

static void good(struct attempt *a)
{
	(void)a;
}

static void segment_unaligned(struct attempt *a)
{
	a->segment[1].mem += 16;
}

static void size_unaligned(struct attempt *a)
{
	a->segment[1].memsz -= 16;
	a->segment[1].bufsz = 16;
}

static void segments_overlap(struct attempt *a)
{
	a->segment[0].memsz = 3 * PAGE;
}

static void segments_same(struct attempt *a)
{
	a->segment[1].mem = a->segment[0].mem;
}

static void below_region(struct attempt *a)
{
	a->segment[1].mem = address(a->region.start - PAGE);
}

static void above_region(struct attempt *a)
{
	a->segment[1].mem = address(a->region.end + 1);
}

static void across_end(struct attempt *a)
{
	a->segment[1].mem = address(a->region.end + 1 - PAGE);
	a->segment[1].memsz = 2 * PAGE;
}

static void wraps_around(struct attempt *a)
{
	a->segment[1].mem = address(-PAGE);
	a->segment[1].memsz = 2 * PAGE;
}

static void size_huge(struct attempt *a)
{
	a->segment[1].memsz = -PAGE;
}

static void buffer_larger(struct attempt *a)
{
	a->segment[1].buf = zeroed(2 * PAGE);
	a->segment[1].bufsz = PAGE + 1;
}

static void too_many(struct attempt *a)
{
	a->nr_segments = KEXEC_SEGMENT_MAX + 1;
}

static void very_many(struct attempt *a)
{
	a->nr_segments = -1;
}

static void entry_outside(struct attempt *a)
{
	a->entry = a->region.end + 1;
}

static void unknown_flag(struct attempt *a)
{
	a->flags |= 0x8000;
}

static void foreign_arch(struct attempt *a)
{
	a->flags |= image_foreign_arch;
}

static void table_unmapped(struct attempt *a)
{
	a->segments = address(PAGE);
}

static void buffer_unmapped(struct attempt *a)
{
	a->segment[1].buf = address(PAGE);
}

static uint64_t ram_bytes(void)
{
	struct sysinfo info;

	sysinfo(&info);
	return (uint64_t)info.totalram * info.mem_unit;
}

static void half_of_ram(struct attempt *a)
{
	a->flags = 0;
	a->nr_segments = 1;
	a->segment[0].mem = address(a->region.start);
	a->segment[0].memsz = PAGE_UP(ram_bytes() / 2 + 16 * PAGE);
}

static void half_in_all(struct attempt *a)
{
	uint64_t third = PAGE_UP(ram_bytes() / 3);

	a->flags = 0;
	a->segment[0].memsz = third;
	a->segment[1].mem = address(value_of(a->segment[0].mem) + third);
	a->segment[1].memsz = third;
}

static void drop_cap(struct attempt *a)
{
	(void)a;
	drop_capabilities();
}

/*
 * Another load, held in the middle of its copy by a page that never comes; it
 * ends with this process. It cannot succeed: its second buffer is not mapped.
 */
static void *load_thread(void *arg)
{
	attempt_load(arg);
	return NULL;
}

static void other_loader(struct attempt *a)
{
	struct attempt *other = zeroed(sizeof(*other));
	void *page;
	int fd = late_page(&page);

	*other = *a;
	other->segment[0].buf = page;
	buffer_unmapped(other);
	held_thread(fd, load_thread, other);
}

static void other_loader_files(struct attempt *a)
{
	other_loader(a);
	a->from_files = true;
}

static void no_files(struct attempt *a)
{
	a->from_files = true;
}

/*
 * All of the region, from memory that was never touched. Where the region is
 * larger than what the kernel has left, there is no room for a copy.
 */
static void region_filled(struct attempt *a)
{
	size_t size = a->region.end + 1 - a->region.start;

	a->nr_segments = 1;
	a->segment[0].buf = mmap(NULL, size, PROT_READ, MAP_NORESERVE |
				 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (a->segment[0].buf == MAP_FAILED)
		die("mmap: %m");
	a->segment[0].bufsz = size;
	a->segment[0].memsz = size;
}

static const struct row {
	const char *name;
	void (*spoil)(struct attempt *a);
	int expected;		/* see kexec_load(2) */
	bool if_named;		/* it takes a machine for it, or succeeds */
} rows[] = {
	{ "good", good, 0, true },
	{ "region-filled", region_filled, ENOMEM, true },
	{ "segment-unaligned", segment_unaligned, EADDRNOTAVAIL },
	{ "size-unaligned", size_unaligned, EADDRNOTAVAIL },
	{ "segments-overlap", segments_overlap, EINVAL },
	{ "segments-same", segments_same, EINVAL },
	{ "below-region", below_region, EADDRNOTAVAIL },
	{ "above-region", above_region, EADDRNOTAVAIL },
	{ "across-end", across_end, EADDRNOTAVAIL },
	{ "wraps-around", wraps_around, EADDRNOTAVAIL },
	{ "size-huge", size_huge, EADDRNOTAVAIL },
	{ "buffer-larger", buffer_larger, EINVAL },
	{ "too-many", too_many, EINVAL },
	{ "very-many", very_many, EINVAL },
	{ "entry-outside", entry_outside, EADDRNOTAVAIL },
	{ "unknown-flag", unknown_flag, EINVAL },
	{ "foreign-arch", foreign_arch, EINVAL },
	{ "table-unmapped", table_unmapped, EFAULT },
	{ "buffer-unmapped", buffer_unmapped, EFAULT },
	{ "half-of-ram", half_of_ram, EINVAL },
	{ "half-in-all", half_in_all, EINVAL },
	{ "no-capability", drop_cap, EPERM },
	{ "other-loader", other_loader, EBUSY },
	{ "other-loader-files", other_loader_files, EBUSY },
	{ "no-files", no_files, EBADF },
};

/*
 * Each row in a process of its own: what it gives up or leaves hanging ends
 * there. The errno travels in the exit status.
 */
static int row_errno(const struct row *row)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		die("fork: %m");
	if (!pid) {
		struct attempt a = attempt_good();

		row->spoil(&a);
		_exit(attempt_load(&a) ? errno : 0);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		die("%s: killed while it was loading", row->name);
	return WEXITSTATUS(status);
}

/*
 * Prints "name ERRNO EXPECTED" for each row: those that fail on any machine, or
 * just @only.
 */
int refuse_run(const char *only)
{
	bool ran = false, wrong = false;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int got;

		if (only ? strcmp(only, rows[i].name) : rows[i].if_named)
			continue;
		got = row_errno(&rows[i]);
		printf("%s %s %s\n", rows[i].name, errno_name(got),
		       errno_name(rows[i].expected));
		fflush(stdout);
		wrong |= got != rows[i].expected;
		ran = true;
	}
	if (!ran)
		die("no row is called '%s'", only);
	return wrong;
}
