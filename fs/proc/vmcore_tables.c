// SPDX-License-Identifier: GPL-2.0-only
/*
 * A walk of page tables that another kernel left behind.
 */

#include <linux/errno.h>
#include <linux/types.h>

#include "vmcore_tables.h"

static int entry_read(const struct oldmem_tables *tables, u64 table, u64 index,
		      vmcore_tables_read_t read, u64 *entry)
{
	u64 at = table + index * tables->entry_size;
	u32 narrow;
	int ret;

	if (tables->entry_size == sizeof(*entry))
		return read(entry, sizeof(*entry), at);
	ret = read(&narrow, sizeof(narrow), at);
	if (!ret)
		*entry = narrow;
	return ret;
}

/**
 * vmcore_tables_walk() - where is an address of the crashed kernel?
 * @tables: its page tables
 * @addr:   virtual address; bits above those that the tables translate are
 *          ignored
 * @read:   how to read old memory
 * @leaf:   the page that @addr is in, of whatever size
 *
 * Return: 0; -EFAULT if nothing is mapped there; what @read returned
 */
int vmcore_tables_walk(const struct oldmem_tables *tables, u64 addr,
		       vmcore_tables_read_t read, struct vmcore_leaf *leaf)
{
	unsigned int level = tables->nr_levels;
	u64 table = tables->root, entry, size, index;
	const struct oldmem_table *row;
	int ret;

	while (level--) {
		row = &tables->levels[level];
		index = (addr >> row->shift) & ((1ULL << row->bits) - 1);
		ret = entry_read(tables, table, index, read, &entry);
		if (ret)
			return ret;
		if (!(entry & tables->present))
			return -EFAULT;
		table = entry & tables->frame;
		if (level && !(row->may_be_large && entry & tables->large))
			continue;

		/* Of a large page the lowest bits of the frame mean other things. */
		size = 1ULL << row->shift;
		leaf->start = addr & ~(size - 1);
		leaf->end = leaf->start + size;
		leaf->phys = table & ~(size - 1);
		return 0;
	}
	return -EFAULT;
}
