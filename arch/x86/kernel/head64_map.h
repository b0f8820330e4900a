/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ARCH_X86_KERNEL_HEAD64_MAP_H
#define _ARCH_X86_KERNEL_HEAD64_MAP_H

#include <linux/types.h>

#define HEAD64_ENTRIES	512
/* Of spare tables: for memory as it is, at each of its levels but the top */
#define HEAD64_SPARE(map)	((map)->level4 ? 3 : 2)

/**
 * struct head64_map - where the kernel is, and the page tables it brings along
 * @phys:     where its first byte is
 * @linked:   where it is linked for, from the start of the kernel's mapping
 * @size:     bytes from the first to the last
 * @encrypt:  bit of an entry that says that memory is encrypted, or 0
 * @page:     flags of an entry for 2 MiB of memory
 * @top:      the table that the processor will be given
 * @level4:   its kernel part where there are five levels, else NULL
 * @level3:   the next of the kernel's tables: the last two entries are used,
 * @level2:   for 1 GiB of the kernel's image
 * @fixmap:   and for what has fixed addresses
 * @spare:    tables that are empty, HEAD64_SPARE() of them
 *
 * The tables are where they are used: their addresses are physical ones.
 */
struct head64_map {
	unsigned long phys;
	unsigned long linked;
	unsigned long size;
	unsigned long encrypt;
	unsigned long page;
	unsigned long *top;
	unsigned long *level4;
	unsigned long *level3;
	unsigned long *level2;
	unsigned long *fixmap;
	unsigned long *spare;
};

bool head64_map(const struct head64_map *map, unsigned long *phys_base);

#endif /* _ARCH_X86_KERNEL_HEAD64_MAP_H */
