// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers become segments: where in the machine's memory there is room.
 *
 * A crash image has the crash region. An ordinary one has all of the
 * machine's RAM, as it will find it after this kernel is gone.
 */

#define pr_fmt(fmt) "kexec_file: " fmt

#include <linux/crash_reserve.h>
#include <linux/ioport.h>
#include <linux/kexec.h>
#include <linux/memblock.h>
#include <linux/mm.h>

#include "kexec_internal.h"

/* Tries one range of memory; both ends inclusive. */
static bool try_range(struct kexec_buf *kbuf, u64 start, u64 end)
{
	const struct kimage *image = kbuf->image;

	start = max_t(u64, start, kbuf->buf_min);
	end = min_t(u64, end, kbuf->buf_max);
	if (start > end)
		return false;

	return kexec_place(image->segment, image->nr_segments, start, end,
			   kbuf->memsz, kbuf->buf_align, kbuf->top_down,
			   &kbuf->mem);
}

#ifdef CONFIG_ARCH_KEEP_MEMBLOCK
static int try_ram(struct kexec_buf *kbuf)
{
	phys_addr_t start, end;
	u64 i;

	if (kbuf->top_down) {
		for_each_free_mem_range_reverse(i, NUMA_NO_NODE, MEMBLOCK_NONE,
						&start, &end, NULL)
			if (try_range(kbuf, start, end - 1))
				return 1;
	} else {
		for_each_free_mem_range(i, NUMA_NO_NODE, MEMBLOCK_NONE,
					&start, &end, NULL)
			if (try_range(kbuf, start, end - 1))
				return 1;
	}

	return 0;
}
#else
static int try_resource(struct resource *res, void *arg)
{
	/* Memory that a driver added may not be there for the next kernel. */
	if (res->flags & IORESOURCE_SYSRAM_DRIVER_MANAGED)
		return 0;

	return try_range(arg, res->start, res->end);
}

static int try_ram(struct kexec_buf *kbuf)
{
	int ret;

	if (!kbuf->top_down)
		return walk_system_ram_res(0, ULONG_MAX, kbuf,
					   try_resource) == 1;

	/* Backwards it takes a list, and there is RAM: -1 is for want of it. */
	ret = walk_system_ram_res_rev(0, ULONG_MAX, kbuf, try_resource);

	return ret < 0 ? -ENOMEM : ret;
}
#endif

/**
 * kexec_locate_mem_hole() - find room for a buffer
 * @kbuf: sizes and limits; @kbuf->mem is set, unless it was already
 *
 * Context: may sleep.
 * Return: 0, -EADDRNOTAVAIL or -ENOMEM.
 */
int kexec_locate_mem_hole(struct kexec_buf *kbuf)
{
	int found;

	if (kbuf->mem != KEXEC_BUF_MEM_UNKNOWN)
		return 0;

	if (kimage_is_crash(kbuf->image))
		found = crash_region_end() &&
			try_range(kbuf, crash_region_start(),
				  crash_region_end());
	else
		found = try_ram(kbuf);

	if (found < 0)
		return found;

	return found ? 0 : -EADDRNOTAVAIL;
}

static void no_room(const struct kexec_buf *kbuf)
{
	unsigned long low = kbuf->buf_min, high = kbuf->buf_max;
	bool crash = kimage_is_crash(kbuf->image);

	if (crash) {
		low = max(low, crash_region_start());
		high = min(high, crash_region_end());
	}
	pr_err("no room for %#lx bytes aligned to %#lx between %#lx and %#lx%s\n",
	       kbuf->memsz, kbuf->buf_align, low, high,
	       crash ? " of the crash region" : "");
}

/**
 * kexec_add_buffer() - make a segment of a buffer
 * @kbuf: the buffer; @kbuf->mem and @kbuf->memsz are what it got
 *
 * Only while the image is being placed: afterwards its control pages are
 * chosen so as to be clear of the segments.
 *
 * Context: load lock held; may sleep.
 * Return: 0, -EINVAL when there are KEXEC_SEGMENT_MAX segments already,
 * -EADDRNOTAVAIL when there is no room, -ENOMEM.
 */
int kexec_add_buffer(struct kexec_buf *kbuf)
{
	struct kimage *image = kbuf->image;
	struct kexec_segment *segment;
	int ret;

	if (!image->file_mode || image->control_code_page)
		return -EINVAL;

	if (image->nr_segments >= KEXEC_SEGMENT_MAX) {
		pr_err("more than %d segments\n", KEXEC_SEGMENT_MAX);
		return -EINVAL;
	}

	kbuf->memsz = ALIGN(kbuf->memsz, PAGE_SIZE);
	kbuf->buf_align = max(kbuf->buf_align, PAGE_SIZE);

	ret = arch_kexec_locate_mem_hole(kbuf);
	if (ret) {
		if (ret != -EADDRNOTAVAIL || kexec_region_missing(image))
			return ret;
		no_room(kbuf);
		return ret;
	}

	segment = &image->segment[image->nr_segments++];
	segment->kbuf = kbuf->buffer;
	segment->bufsz = kbuf->bufsz;
	segment->mem = kbuf->mem;
	segment->memsz = kbuf->memsz;

	return 0;
}
