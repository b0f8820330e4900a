// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ELF core headers of a crash image on x86: which memory they describe.
 *
 * That is all of System RAM as it is now, hotplugged memory too, but not what
 * is offline, and may be gone by the time of a crash; not what the capture
 * kernel runs in; and not the first megabyte: this kernel leaves that to the
 * firmware and to real mode (reserve_real_mode()), and the capture kernel uses
 * it.
 */

#define pr_fmt(fmt) "crash: " fmt

#include <linux/cleanup.h>
#include <linux/crash_mem.h>
#include <linux/crash_reserve.h>
#include <linux/ioport.h>
#include <linux/kexec.h>
#include <linux/memory_hotplug.h>
#include <linux/minmax.h>
#include <linux/mmzone.h>
#include <linux/pfn.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "crash_load.h"

#define RANGES_FIRST_ROOM	64
/* The first megabyte, and the two parts of the crash region */
#define RANGES_LEFT_OUT		3

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

/*
 * Memory goes online and offline by sections. A DIMM that is unplugged is all
 * offline before the first part of it is no longer among the resources.
 */
#ifdef CONFIG_MEMORY_HOTPLUG
static bool is_online(u64 addr)
{
	return pfn_to_online_page(PFN_DOWN(addr));
}

static u64 section_last(u64 addr)
{
	return addr | (BIT_ULL(SECTION_SIZE_BITS) - 1);
}
#else
static bool is_online(u64 addr)
{
	return true;
}

static u64 section_last(u64 addr)
{
	return U64_MAX;
}
#endif

static int ranges_add(struct crash_mem **ranges, u64 start, u64 end)
{
	int ret = ranges_grow(ranges);

	return ret ?: crash_mem_append(*ranges, start, end);
}

/* What of @res is in use; sections that adjoin become one range. */
static int ranges_add_ram(struct resource *res, void *arg)
{
	u64 end;
	int ret;

	for (u64 start = res->start; start <= res->end; start = end + 1) {
		end = min_t(u64, section_last(start), res->end);
		if (!is_online(start))
			continue;
		ret = ranges_add(arg, start, end);
		if (ret)
			return ret;
	}

	return 0;
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

static int count_ram(struct resource *res, void *arg)
{
	unsigned int *nr = arg;

	(*nr)++;
	return 0;
}

/**
 * crash_elfcorehdr_ranges_max() - how many ranges the headers describe
 *
 * Context: may sleep.
 * Return: not less than crash_elfcorehdr_create() would find in memory that
 * does not change.
 */
unsigned int crash_elfcorehdr_ranges_max(void)
{
	/* Each part that is left out may be in the middle of one. */
	unsigned int nr = RANGES_LEFT_OUT;

	walk_system_ram_res(0, U64_MAX, &nr, count_ram);

	return nr;
}

/**
 * crash_elfcorehdr_create() - headers for the memory there is now
 * @headers: set to the headers; the caller frees them with vfree()
 * @size:    set to their size in bytes
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int crash_elfcorehdr_create(void **headers, unsigned long *size)
{
	struct crash_mem *ranges __free(kvfree) = NULL;
	int ret;

	ret = walk_system_ram_res(0, U64_MAX, &ranges, ranges_add_ram);
	if (ret)
		return ret;

	ret = ranges_leave_out_capture(&ranges);
	if (ret)
		return ret;

	return crash_prepare_elf64_headers(ranges, IS_ENABLED(CONFIG_X86_64),
					   headers, size);
}
