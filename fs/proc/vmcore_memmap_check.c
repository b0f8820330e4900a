// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which parts of the memory map are not to be looked at.
 *
 * The page tables of the crashed kernel say where its struct pages are. An
 * entry that was damaged may lead to other struct pages, which look as good as
 * the right ones do and tell of other pages. But the right entry for those is
 * there as well, so two entries lead to the same frame, and neither is
 * believed. Or it leads to what once were struct pages, or looks like some, in
 * a frame that is free or that a process has.
 *
 * Some are in memory that has failed itself, where to read is a machine check.
 * Page tables and sections, which lead to the memory map, are not looked up in
 * it before they are read: a failed one is read.
 */

#define pr_fmt(fmt) "vmcore: " fmt

#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/pfn.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "vmcore_class.h"
#include "vmcore_frames.h"
#include "vmcore_holes.h"
#include "vmcore_internal.h"
#include "vmcore_memmap.h"

/* Frames whose struct pages are read together: about a page of them */
#define FRAMES		(PAGE_SIZE / sizeof(struct page))

/*
 * The struct page of a frame is in another one, whose struct page is in one
 * more. There are fewer of them by a factor of 64 or so each time, so after so
 * many that is one which holds its own, and is read without having been asked.
 */
#define DEPTH		6

/**
 * struct shared - struct pages that a hugetlb page has several times over
 * @frame: which they are in
 * @head:  virtual address of the first struct page of all
 * @end:   that of the first byte behind the last one
 */
struct shared {
	u64 frame;
	u64 head;
	u64 end;
};

/**
 * struct check - what a look at the memory map needs
 * @extents:    what old memory there is
 * @nr_extents: how many they are
 * @seen:       frames that the memory map is in
 * @refused:    those of them that are not to be looked at
 * @at:         virtual address behind what has been gone through
 * @memmap:     a view on the memory map, in order
 * @own:        a view on the part of it that tells of itself
 * @deep:       the same, one more for each step away from @own
 * @sound:      the frame that was found to be good last at each such step; 0
 *              for none
 * @shared:     what was found last
 * @pages:      struct pages of frames
 */
struct check {
	const struct vmcore_extent *extents;
	u32 nr_extents;
	struct vmcore_frames seen;
	struct vmcore_frames *refused;
	u64 at;
	struct vmcore_memmap memmap;
	struct vmcore_memmap own;
	struct vmcore_memmap deep[DEPTH];
	unsigned long sound[DEPTH];
	struct shared shared;
	struct page pages[FRAMES];
};

static int refuse(struct check *check, unsigned long pfn, unsigned long nr)
{
	unsigned long nr_new;
	int ret = 0;

	/* Those that are refused already are, too. */
	for (; nr && ret != -ENOMEM; pfn += nr_new, nr -= nr_new) {
		ret = vmcore_frames_add(check->refused, pfn, nr, &nr_new);
		nr_new += ret == -EEXIST;
	}
	return ret == -ENOMEM ? ret : 0;
}

static bool is_sound(struct check *check, unsigned long pfn,
		     unsigned int depth);

static bool is_sound_at(struct check *check, struct vmcore_memmap *memmap,
			u64 addr, unsigned int depth)
{
	const struct vmcore_leaf *leaf = vmcore_memmap_leaf(memmap, addr);
	u64 phys;

	if (!leaf)
		return true;
	phys = leaf->phys + (addr - leaf->start);
	return !vmcore_extent_find(check->extents, check->nr_extents, phys) ||
	       is_sound(check, PHYS_PFN(phys), depth);
}

/* May the struct pages of these be read? They are in two frames at most. */
static bool may_read(struct check *check, struct vmcore_memmap *memmap,
		     unsigned long pfn, unsigned long nr, unsigned int depth)
{
	u64 first = vmcore_memmap_at(memmap, pfn);
	u64 last = vmcore_memmap_at(memmap, pfn + nr) - 1;

	return is_sound_at(check, memmap, first, depth) &&
	       is_sound_at(check, memmap, last, depth);
}

/*
 * May a frame be read that struct pages are in? Of one that has no struct page
 * itself nothing is known to be wrong.
 */
static bool is_sound(struct check *check, unsigned long pfn, unsigned int depth)
{
	struct vmcore_memmap *memmap;
	struct page page;

	if (depth == DEPTH || (pfn && check->sound[depth] == pfn))
		return true;
	memmap = &check->deep[depth];
	if (vmcore_memmap_move(memmap, pfn))
		return true;
	if (!may_read(check, memmap, pfn, 1, depth + 1))
		return false;
	if (!vmcore_memmap_read(memmap, &page, pfn, 1) &&
	    vmcore_page_has_failed(&page))
		return false;
	check->sound[depth] = pfn;
	return true;
}

/* Refuse those of some frames that have failed, or have no struct pages. */
static int frames_check(struct check *check, unsigned long pfn,
			unsigned long nr)
{
	struct vmcore_memmap *own = &check->own;
	unsigned long i;
	int ret = 0;

	if (vmcore_memmap_move(own, pfn))
		return 0;
	nr = min(nr, own->first + own->nr - pfn);
	if (!may_read(check, own, pfn, nr, 0))
		return refuse(check, pfn, nr);
	if (vmcore_memmap_read(own, check->pages, pfn, nr))
		return 0;
	for (i = 0; !ret && i < nr; i++)
		if (!vmcore_page_may_hold_pages(&check->pages[i]))
			ret = refuse(check, pfn + i, 1);
	return ret;
}

/*
 * Does a frame hold the first struct pages of a hugetlb page, and is this one
 * of the addresses where that has them once more?
 */
static bool is_shared(struct check *check, unsigned long pfn, u64 at)
{
	struct shared *shared = &check->shared;
	const struct vmcore_leaf *leaf;
	unsigned long size;

	if (shared->frame == pfn && at > shared->head && at < shared->end)
		return true;
	if (vmcore_frames_has(check->refused, pfn) ||
	    vmcore_memmap_read_at(&check->memmap, check->pages, at, 2))
		return false;
	shared->head = vmcore_compound_head(check->pages, &size);
	shared->end = shared->head + size * sizeof(struct page);
	shared->frame = pfn;
	if (!PAGE_ALIGNED(shared->head) || at <= shared->head ||
	    at >= shared->end)
		return false;
	leaf = vmcore_memmap_leaf(&check->memmap, shared->head);
	return leaf && PHYS_PFN(leaf->phys + (shared->head - leaf->start)) == pfn;
}

/* Frames that nothing has led to yet */
static int frames_are_new(struct check *check, unsigned long pfn,
			  unsigned long nr)
{
	unsigned long next, end = pfn + nr;
	int ret = 0;

	for (; !ret && pfn < end; pfn = next) {
		next = min(end, (pfn / FRAMES + 1) * FRAMES);
		ret = frames_check(check, pfn, next - pfn);
	}
	return ret;
}

/* Struct pages from @at on lead to these frames, which are all in an extent. */
static int frames_see(struct check *check, u64 at, unsigned long pfn,
		      unsigned long nr)
{
	unsigned long nr_new;
	int ret;

	for (; nr; pfn += nr_new, nr -= nr_new, at += nr_new * PAGE_SIZE) {
		ret = vmcore_frames_add(&check->seen, pfn, nr, &nr_new);
		if (ret == -ENOMEM || frames_are_new(check, pfn, nr_new))
			return -ENOMEM;
		if (!ret)
			continue;
		if (!is_shared(check, pfn + nr_new, at + nr_new * PAGE_SIZE) &&
		    refuse(check, pfn + nr_new, 1))
			return -ENOMEM;
		nr_new++;
	}
	return 0;
}

/* Struct pages in a leaf, as far as it is old memory, which others can't be */
static int leaf_see(struct check *check, u64 at, u64 phys, u64 len)
{
	const struct vmcore_extent *extent;
	u64 part;
	int ret = 0;

	for (; !ret && len; at += part, phys += part, len -= part) {
		part = PAGE_SIZE;
		extent = vmcore_extent_find(check->extents, check->nr_extents,
					    phys);
		if (!extent)
			continue;
		part = min(len, extent->end - phys);
		ret = frames_see(check, at, PHYS_PFN(phys), PHYS_PFN(part));
	}
	return ret;
}

/* Pages that the view is set on. Two extents may meet in a page of those. */
static int pages_check(struct check *check, unsigned long pfn,
		       unsigned long end)
{
	struct vmcore_memmap *memmap = &check->memmap;
	u64 at = PAGE_ALIGN_DOWN(vmcore_memmap_at(memmap, pfn));
	u64 stop = PAGE_ALIGN(vmcore_memmap_at(memmap, end)), part;
	const struct vmcore_leaf *leaf;
	int ret = 0;

	if (at + PAGE_SIZE == check->at)
		at = check->at;
	for (; !ret && at < stop; at += part) {
		part = PAGE_SIZE;
		leaf = vmcore_memmap_leaf(memmap, at);
		if (!leaf)
			continue;
		part = min(stop - at, leaf->end - at);
		ret = leaf_see(check, at, leaf->phys + (at - leaf->start),
			       part);
	}
	check->at = at;
	return ret;
}

static int extent_check(struct check *check, const struct vmcore_extent *extent)
{
	unsigned long pfn = PHYS_PFN(extent->start), next;
	unsigned long end = PHYS_PFN(extent->end);
	int ret;

	for (; pfn < end; pfn = next) {
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
		next = min(end, ALIGN(pfn + 1, VMCORE_CHUNK_PAGES));
		if (vmcore_memmap_move(&check->memmap, pfn))
			continue;
		/* Where there are no sections it may end anywhere. */
		next = min(next, check->memmap.first + check->memmap.nr);
		ret = pages_check(check, pfn, next);
		if (ret)
			return ret;
	}
	return 0;
}

/**
 * vmcore_memmap_check() - what of the memory map is not to be looked at?
 * @extents:    what old memory there is
 * @nr_extents: how many they are
 * @refused:    frames to be added to this
 *
 * Without the memory to find out it is believed as it is. It takes 1 KiB for each
 * 2 GiB or, of hugetlb pages that share struct pages, a little more; where
 * damaged page tables lead everywhere it would take that for each 32 MiB, so
 * @seen and @refused have a limit each.
 *
 * Return: 0, or -EINTR for a task that is being killed
 */
int vmcore_memmap_check(const struct vmcore_extent *extents, u32 nr_extents,
			struct vmcore_frames *refused)
{
	struct check *check = kvzalloc(sizeof(*check), GFP_KERNEL);
	int ret = check ? 0 : -ENOMEM;
	u32 i;

	if (check) {
		check->extents = extents;
		check->nr_extents = nr_extents;
		check->refused = refused;
		vmcore_frames_init(&check->seen, vmcore_ram_share());
		for (i = 0; !ret && i < nr_extents; i++)
			ret = extent_check(check, &extents[i]);
		vmcore_frames_free(&check->seen);
		kvfree(check);
	}
	if (ret != -ENOMEM)
		return ret;
	pr_warn("no memory to check the memory map: it is believed as it is; try a larger crashkernel=\n");
	return 0;
}
