/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _FS_PROC_VMCORE_LAYOUT_H
#define _FS_PROC_VMCORE_LAYOUT_H

/*
 * Which byte of the file is which byte of old memory.
 *
 * Pure: functions of their arguments, built on the host too.
 */

#include <linux/elf.h>
#include <linux/types.h>

/**
 * struct vmcore_region - a piece of the file that shows old memory
 * @pos:    where it begins, counted from the first region
 * @source: physical address of its first byte
 * @size:   in bytes
 *
 * All three are multiples of the page size.
 */
struct vmcore_region {
	u64 pos;
	u64 source;
	u64 size;
};

/**
 * struct vmcore_layout - the regions of a file
 * @regions: Invariant: each begins where the one before it ends
 * @nr:      how many there are
 * @max:     how many fit into @regions
 * @len:     bytes of the file that they take
 * @room:    bytes of the file that they may take
 * @limit:   the first physical address that can't be memory
 */
struct vmcore_layout {
	struct vmcore_region *regions;
	u32 nr;
	u32 max;
	u64 len;
	u64 room;
	u64 limit;
};

/**
 * struct vmcore_extent - a contiguous range of old memory
 * @start: physical address
 * @end:   of the first byte behind it
 */
struct vmcore_extent {
	u64 start;
	u64 end;
};

const char *vmcore_layout_add(struct vmcore_layout *layout,
			      const struct elf64_phdr *phdr, u64 *pos);
u32 vmcore_layout_find(const struct vmcore_layout *layout, u64 pos);

u32 vmcore_extents_merge(const struct vmcore_layout *layout,
			 struct vmcore_extent *extents);
const struct vmcore_extent *
vmcore_extent_find(const struct vmcore_extent *extents, u32 nr, u64 addr);
struct vmcore_extent vmcore_extent_window(const struct vmcore_extent *extent,
					  u64 addr, u64 size, u64 huge);

#endif /* _FS_PROC_VMCORE_LAYOUT_H */
