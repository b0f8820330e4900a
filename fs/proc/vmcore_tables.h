/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _FS_PROC_VMCORE_TABLES_H
#define _FS_PROC_VMCORE_TABLES_H

/*
 * From the addresses of the crashed kernel to those of its memory, by its own
 * page tables.
 *
 * Pure: functions of their arguments, built on the host too. Nothing in the
 * tables is believed; the worst that they can do is to name a wrong page.
 */

#include <linux/oldmem_tables.h>
#include <linux/types.h>

/* Copy this much old memory, or return an errno. */
typedef int (*vmcore_tables_read_t)(void *buf, u64 len, u64 addr);

/**
 * struct vmcore_leaf - a virtual range that is contiguous in memory
 * @start: virtual address
 * @end:   of the first byte behind it; the same as @start: of nothing
 * @phys:  the physical address of @start
 */
struct vmcore_leaf {
	u64 start;
	u64 end;
	u64 phys;
};

int vmcore_tables_walk(const struct oldmem_tables *tables, u64 addr,
		       vmcore_tables_read_t read, struct vmcore_leaf *leaf);

#endif /* _FS_PROC_VMCORE_TABLES_H */
