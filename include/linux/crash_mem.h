/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LINUX_CRASH_MEM_H
#define _LINUX_CRASH_MEM_H

/*
 * Sets of physical memory ranges: what a dump is to hold. Users want
 * <linux/kexec.h>; this much also compiles outside of the kernel.
 */

#include <linux/range.h>
#include <linux/types.h>

/**
 * struct crash_mem - a set of physical memory ranges
 * @max_nr_ranges: room in @ranges
 * @nr_ranges:     how many are in use
 * @ranges:        the ranges; both ends are part of a range (bytes).
 *                 Invariant: no two overlap. The functions below also keep
 *                 the order that they find.
 */
struct crash_mem {
	unsigned int max_nr_ranges;
	unsigned int nr_ranges;
	struct range ranges[] __counted_by(max_nr_ranges);
};

int crash_mem_append(struct crash_mem *mem, unsigned long long start,
		     unsigned long long end);
int crash_exclude_mem_range(struct crash_mem *mem, unsigned long long mstart,
			    unsigned long long mend);

#endif /* _LINUX_CRASH_MEM_H */
