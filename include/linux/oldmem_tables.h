/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LINUX_OLDMEM_TABLES_H
#define _LINUX_OLDMEM_TABLES_H

/*
 * How the page tables of a crashed kernel look. An architecture fills this in,
 * see oldmem_tables() in crash_dump.h, and who walks them goes by it alone.
 */

#include <linux/types.h>

#define OLDMEM_TABLES_MAX	5

/**
 * struct oldmem_table - a level of page tables
 * @shift:        bits of a virtual address below those that it translates
 * @bits:         how many those are
 * @may_be_large: an entry may be a page itself
 */
struct oldmem_table {
	u8 shift;
	u8 bits;
	bool may_be_large;
};

/**
 * struct oldmem_tables - the page tables of the crashed kernel
 * @root:       physical address of the top one
 * @frame:      the bits of an entry that are an address
 * @present:    the bit of an entry that means something
 * @large:      the bit of one that is a page although there is a level below
 * @entry_size: bytes: 4 or 8
 * @nr_levels:  how many
 * @levels:     the lowest first
 */
struct oldmem_tables {
	u64 root;
	u64 frame;
	u64 present;
	u64 large;
	u8 entry_size;
	u8 nr_levels;
	struct oldmem_table levels[OLDMEM_TABLES_MAX];
};

#endif /* _LINUX_OLDMEM_TABLES_H */
