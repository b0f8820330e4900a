// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ELF core headers of a crash image on x86: which memory they describe.
 *
 * That is all of System RAM as it is now, hotplugged memory too, but not what
 * the capture kernel runs in, and not the first megabyte: this kernel leaves
 * that to the firmware and to real mode (reserve_real_mode()), and the
 * capture kernel uses it.
 */

#define pr_fmt(fmt) "crash: " fmt

#include <linux/cleanup.h>
#include <linux/crash_mem.h>
#include <linux/crash_reserve.h>
#include <linux/ioport.h>
#include <linux/kexec.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "crash_load.h"

#define RANGES_FIRST_ROOM	64

/* Makes sure that one more range fits. */
static int ranges_grow(struct crash_mem **ranges)
{
	unsigned int room = *ranges ? (*ranges)->max_nr_ranges : 0;
	struct crash_mem *grown;

	if (*ranges && (*ranges)->nr_ranges < room)
		return 0;

	room = room ? room * 2 : RANGES_FIRST_ROOM;
	grown = kvrealloc(*ranges, struct_size(grown, ranges, room),
			  GFP_KERNEL);
	if (!grown)
		return -ENOMEM;

	if (!*ranges)
		grown->nr_ranges = 0;
	grown->max_nr_ranges = room;
	*ranges = grown;

	return 0;
}

static int ranges_add_ram(struct resource *res, void *arg)
{
	struct crash_mem **ranges = arg;
	int ret;

	ret = ranges_grow(ranges);
	if (ret)
		return ret;

	return crash_mem_append(*ranges, res->start, res->end);
}

/* Taking out the middle of a range leaves one range more. */
static int ranges_leave_out(struct crash_mem **ranges, u64 start, u64 end)
{
	int ret;

	ret = ranges_grow(ranges);
	if (ret)
		return ret;

	return crash_exclude_mem_range(*ranges, start, end);
}

static int ranges_leave_out_capture(struct crash_mem **ranges)
{
	int ret;

	ret = ranges_leave_out(ranges, 0, SZ_1M - 1);
	if (ret)
		return ret;

	if (crashk_res.end) {
		ret = ranges_leave_out(ranges, crashk_res.start,
				       crashk_res.end);
		if (ret)
			return ret;
	}

	if (crashk_low_res.end)
		ret = ranges_leave_out(ranges, crashk_low_res.start,
				       crashk_low_res.end);

	return ret;
}

/**
 * crash_elfcorehdr_create() - headers for the memory there is now
 * @leave_out: memory that is about to go away, inclusive ends, or NULL
 * @headers:   set to the headers; the caller frees them with vfree()
 * @size:      set to their size in bytes
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int crash_elfcorehdr_create(const struct range *leave_out, void **headers,
			    unsigned long *size)
{
	struct crash_mem *ranges __free(kvfree) = NULL;
	int ret;

	ret = walk_system_ram_res(0, U64_MAX, &ranges, ranges_add_ram);
	if (ret)
		return ret;

	ret = ranges_leave_out_capture(&ranges);
	if (ret)
		return ret;

	if (leave_out) {
		ret = ranges_leave_out(&ranges, leave_out->start,
				       leave_out->end);
		if (ret)
			return ret;
	}

	return crash_prepare_elf64_headers(ranges, IS_ENABLED(CONFIG_X86_64),
					   headers, size);
}
