/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _FS_PROC_VMCORE_MEMMAP_H
#define _FS_PROC_VMCORE_MEMMAP_H

/*
 * The memory map of the crashed kernel: where its struct pages are.
 */

#include <linux/types.h>

#include "vmcore_tables.h"

struct page;
struct vmcore_dump;
struct vmcore_extent;
struct vmcore_frames;

/**
 * struct vmcore_memmap - a view on the memory map; empty to begin with
 * @first:  page frame number of the first page that it is set on
 * @nr:     how many pages it is set on
 * @at:     where the crashed kernel had the struct page of @first
 * @online: those pages were online
 * @leaf:   the piece of old memory that was read last
 */
struct vmcore_memmap {
	unsigned long first;
	unsigned long nr;
	unsigned long at;
	bool online;
	struct vmcore_leaf leaf;
};

const char *vmcore_memmap_find(const struct vmcore_dump *dump);
int vmcore_memmap_begin(const struct vmcore_extent *extents, u32 nr_extents);
void vmcore_memmap_end(void);
int vmcore_memmap_set(struct vmcore_memmap *memmap, unsigned long pfn);
int vmcore_memmap_move(struct vmcore_memmap *memmap, unsigned long pfn);
unsigned long vmcore_memmap_at(const struct vmcore_memmap *memmap,
			       unsigned long pfn);
const struct vmcore_leaf *vmcore_memmap_leaf(struct vmcore_memmap *memmap,
					     u64 addr);
int vmcore_memmap_pfn(struct vmcore_memmap *memmap, u64 at, unsigned long *pfn);
int vmcore_memmap_phys(struct vmcore_memmap *memmap, unsigned long pfn,
		       u64 *phys);
int vmcore_virtual_read(struct vmcore_leaf *leaf, void *buf, u64 len, u64 addr);
u64 vmcore_old_symbol(const void *symbol);
int vmcore_memmap_read_at(struct vmcore_memmap *memmap, struct page *pages,
			  u64 at, unsigned long nr);
int vmcore_memmap_read(struct vmcore_memmap *memmap, struct page *pages,
		       unsigned long pfn, unsigned long nr);
unsigned long vmcore_memmap_look(struct vmcore_memmap *memmap,
				 unsigned long pfn, unsigned long nr,
				 unsigned long (*look)(const void *at,
						       size_t len, void *data),
				 void *data);

/* vmcore_memmap_check.c */
int vmcore_memmap_check(const struct vmcore_extent *extents, u32 nr_extents,
			struct vmcore_frames *refused);

#endif /* _FS_PROC_VMCORE_MEMMAP_H */
