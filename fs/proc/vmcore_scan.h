/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _FS_PROC_VMCORE_SCAN_H
#define _FS_PROC_VMCORE_SCAN_H

/*
 * What a look at the memory map of the crashed kernel finds out.
 */

#include <linux/atomic.h>
#include <linux/types.h>

#include "vmcore_class.h"
#include "vmcore_holes.h"

struct vmcore_dump;

/**
 * struct vmcore_findings - what is left out, and how much that is
 * @level:    the dump level for which
 * @holes:    the pages
 * @pieces:   while there is a scan, for each page of the memory map: it describes
 *            only pages that are left out; NULL if it is not left out itself
 * @counts:   pages of each class
 * @nr_memmap: pages of the memory map that describe only pages left out
 * @nr_out:   pages that are left out, those of the memory map among them
 * @nr_lost:  among them those that are because there was no memory
 * @nr_bitmaps: bitmaps of chunks
 * @nr_coarse: chunks that should have one, and there was no memory for it
 */
struct vmcore_findings {
	int level;
	struct vmcore_holes holes;
	unsigned long *pieces;
	atomic_long_t counts[VMCORE_NR_CLASSES];
	atomic_long_t nr_memmap;
	unsigned long nr_out;
	atomic_long_t nr_lost;
	atomic_long_t nr_bitmaps;
	atomic_long_t nr_coarse;
};

/* How many chunks are told of? */
static inline u32 vmcore_findings_chunks(const struct vmcore_findings *found)
{
	return found->holes.firsts[found->holes.nr_extents];
}

int vmcore_findings_make(struct vmcore_findings *found,
			 const struct vmcore_dump *dump, int level);
void vmcore_findings_free(struct vmcore_findings *found);

int vmcore_scan_judge(struct vmcore_findings *found);
int vmcore_scan_more(struct vmcore_findings *found);

#endif /* _FS_PROC_VMCORE_SCAN_H */
