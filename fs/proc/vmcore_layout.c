// SPDX-License-Identifier: GPL-2.0-only
/*
 * The layout of the memory part of /proc/vmcore.
 *
 * Every PT_LOAD that makes sense gets a page-aligned region of the file, one
 * behind the other. What a read needs is found by binary search, so that it
 * costs the same with two program headers and with thousands.
 */

#include <linux/align.h>
#include <linux/limits.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/sort.h>
#include <asm/page.h>

#include "vmcore_layout.h"

#define PAGE_SIZE_64	((u64)PAGE_SIZE)

/**
 * vmcore_layout_add() - give the memory of one program header its place
 * @layout: where to
 * @phdr:   a PT_LOAD whose p_offset is the physical address to read from, as
 *          it is in the core header of a crashed kernel
 * @pos:    where the first byte is in the file, counted from the first region
 *
 * A region covers whole pages, so that it can be mapped; memory that begins
 * or ends inside a page brings the rest of that page with it. Regions may
 * share memory: kernels describe their text once more by itself.
 *
 * Return: NULL, or what is wrong with @phdr, and then @layout is as it was
 */
const char *vmcore_layout_add(struct vmcore_layout *layout,
			      const struct elf64_phdr *phdr, u64 *pos)
{
	u64 start = ALIGN_DOWN(phdr->p_offset, PAGE_SIZE_64);
	u64 last, size;

	if (!phdr->p_filesz)
		return "is empty";
	if (phdr->p_filesz > phdr->p_memsz)
		return "has more bytes in the file than in memory";
	last = phdr->p_offset + phdr->p_filesz - 1;
	if (last < phdr->p_offset)
		return "wraps around the end of the address space";
	if (last >= ALIGN_DOWN(layout->limit, PAGE_SIZE_64))
		return "is beyond the memory that this machine can have";

	size = ALIGN_DOWN(last, PAGE_SIZE_64) - start + PAGE_SIZE_64;
	if (size > layout->room - layout->len)
		return "makes the file larger than its format can describe";
	if (layout->nr == layout->max)
		return "is one too many";

	*pos = layout->len + (phdr->p_offset - start);
	layout->regions[layout->nr++] = (struct vmcore_region) {
		.pos = layout->len,
		.source = start,
		.size = size,
	};
	layout->len += size;
	return NULL;
}

/**
 * vmcore_layout_find() - the region that a byte of the file is in
 * @layout: not empty
 * @pos:    counted from the first region, below @layout->len
 *
 * Return: its index
 */
u32 vmcore_layout_find(const struct vmcore_layout *layout, u64 pos)
{
	u32 low = 0, high = layout->nr;

	/* Invariant: regions[low].pos <= pos, and regions[high] is beyond it */
	while (high - low > 1) {
		u32 mid = low + (high - low) / 2;

		if (layout->regions[mid].pos <= pos)
			low = mid;
		else
			high = mid;
	}
	return low;
}

static int extent_cmp(const void *a, const void *b)
{
	const struct vmcore_extent *left = a, *right = b;

	if (left->start == right->start)
		return 0;
	return left->start < right->start ? -1 : 1;
}

/**
 * vmcore_extents_merge() - what old memory there is
 * @layout:  the regions
 * @extents: room for as many; sorted, and none touches another
 *
 * Regions that overlap or continue each other become one extent.
 *
 * Return: the number of extents
 */
u32 vmcore_extents_merge(const struct vmcore_layout *layout,
			 struct vmcore_extent *extents)
{
	u32 i, nr = 0;

	for (i = 0; i < layout->nr; i++) {
		extents[i].start = layout->regions[i].source;
		extents[i].end = extents[i].start + layout->regions[i].size;
	}
	sort(extents, layout->nr, sizeof(*extents), extent_cmp, NULL);

	for (i = 0; i < layout->nr; i++) {
		if (nr && extents[i].start <= extents[nr - 1].end)
			extents[nr - 1].end = max(extents[nr - 1].end,
						  extents[i].end);
		else
			extents[nr++] = extents[i];
	}
	return nr;
}

/**
 * vmcore_extent_find() - the extent that an address is in
 * @extents: from vmcore_extents_merge()
 * @nr:      how many they are
 * @addr:    physical address
 *
 * Return: the extent, or NULL for an address that is in none
 */
const struct vmcore_extent *
vmcore_extent_find(const struct vmcore_extent *extents, u32 nr, u64 addr)
{
	u32 low = 0, high = nr;

	while (low < high) {
		u32 mid = low + (high - low) / 2;

		if (addr < extents[mid].start)
			high = mid;
		else if (addr >= extents[mid].end)
			low = mid + 1;
		else
			return &extents[mid];
	}
	return NULL;
}

/**
 * vmcore_extent_window() - the range to map so as to read an address
 * @extent: holds the address
 * @addr:   physical address
 * @size:   of a window, a power of two
 * @huge:   of a huge page, a power of two, at most @size
 *
 * Windows lie at multiples of @size and don't leave the extent. One that the
 * beginning of the extent would keep from being huge-page aligned is cut in
 * two at the first huge page.
 */
struct vmcore_extent vmcore_extent_window(const struct vmcore_extent *extent,
					  u64 addr, u64 size, u64 huge)
{
	struct vmcore_extent window;
	u64 base = ALIGN_DOWN(addr, size);
	u64 gap;

	window.start = max(extent->start, base);
	window.end = base + min(extent->end - base, size);

	/* In distances: the next huge page may be beyond the last address. */
	gap = -window.start & (huge - 1);
	if (addr - window.start >= gap)
		window.start += gap;
	else if (gap < window.end - window.start)
		window.end = window.start + gap;
	return window;
}
