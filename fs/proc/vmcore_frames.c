// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sets of page frames.
 */

#include <linux/align.h>
#include <linux/bitmap.h>
#include <linux/gfp.h>
#include <linux/minmax.h>

#include "vmcore_frames.h"
#include "vmcore_holes.h"

#define BITMAP_BYTES	(VMCORE_CHUNK_PAGES / BITS_PER_BYTE)

/**
 * vmcore_frames_init() - make an empty set
 * @frames:    the set
 * @max_bytes: what it may take. Where runs lie far apart the tree that they are
 *             in takes about as much as their bitmaps.
 */
void vmcore_frames_init(struct vmcore_frames *frames, u64 max_bytes)
{
	xa_init(&frames->runs);
	frames->nr = 0;
	frames->max = max_bytes / (2 * BITMAP_BYTES);
}

/* It is empty again. */
void vmcore_frames_free(struct vmcore_frames *frames)
{
	unsigned long *bits, index;

	xa_for_each(&frames->runs, index, bits)
		bitmap_free(bits);
	xa_destroy(&frames->runs);
	frames->nr = 0;
}

/* Is a frame in the set? Any number may ask while nobody adds. */
bool vmcore_frames_has(struct vmcore_frames *frames, unsigned long pfn)
{
	unsigned long *bits = xa_load(&frames->runs, pfn / VMCORE_CHUNK_PAGES);

	return bits && test_bit(pfn % VMCORE_CHUNK_PAGES, bits);
}

static unsigned long *run_bits(struct vmcore_frames *frames,
			       unsigned long index)
{
	gfp_t gfp = GFP_KERNEL | __GFP_RETRY_MAYFAIL | __GFP_NOWARN;
	unsigned long *bits = xa_load(&frames->runs, index);

	if (bits || frames->nr >= frames->max)
		return bits;
	bits = bitmap_zalloc(VMCORE_CHUNK_PAGES, gfp);
	if (bits && xa_err(xa_store(&frames->runs, index, bits, gfp))) {
		bitmap_free(bits);
		bits = NULL;
	}
	frames->nr += !!bits;
	return bits;
}

/**
 * vmcore_frames_add() - add frames up to the first that is there already
 * @frames: the set
 * @pfn:    the first
 * @nr:     how many
 * @nr_new: how many of them were added
 *
 * Context: may sleep
 * Return: 0; -EEXIST: the one behind those that were added was there; -ENOMEM,
 *         also for a set that is as large as it may be
 */
int vmcore_frames_add(struct vmcore_frames *frames, unsigned long pfn,
		      unsigned long nr, unsigned long *nr_new)
{
	unsigned long *bits, bit, end, there;

	for (*nr_new = 0; *nr_new < nr; *nr_new += end - bit) {
		bit = (pfn + *nr_new) % VMCORE_CHUNK_PAGES;
		end = min(bit + nr - *nr_new, VMCORE_CHUNK_PAGES);
		bits = run_bits(frames, (pfn + *nr_new) / VMCORE_CHUNK_PAGES);
		if (!bits)
			return -ENOMEM;
		there = find_next_bit(bits, end, bit);
		bitmap_set(bits, bit, there - bit);
		if (there < end) {
			*nr_new += there - bit;
			return -EEXIST;
		}
	}
	return 0;
}
