// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes as page tables: an address, then memory. A walk has to end within
 * as many reads as there are levels, all of them entries, and what it finds
 * has to be a page of a level that holds the address.
 */

#include <stdlib.h>
#include <string.h>

#include <linux/errno.h>
#include <fuzz.h>

#include "vmcore_tables.h"

#define MUST(condition)	do { if (!(condition)) abort(); } while (0)

static const struct oldmem_tables kinds[] = {
	{ .frame = 0x000ffffffffff000, .present = 1, .large = 0x80,
	  .entry_size = 8, .nr_levels = 5,
	  .levels = { { 12, 9, false }, { 21, 9, true }, { 30, 9, true },
		      { 39, 9, false }, { 48, 9, false } } },
	{ .frame = 0x000ffffffffff000, .present = 1, .large = 0x80,
	  .entry_size = 8, .nr_levels = 3,
	  .levels = { { 12, 9, false }, { 21, 9, true }, { 30, 2, false } } },
	{ .frame = 0xfffff000, .present = 1, .large = 0x80,
	  .entry_size = 4, .nr_levels = 2,
	  .levels = { { 12, 10, false }, { 22, 10, true } } },
};

static const uint8_t *memory;
static size_t memory_size;
static unsigned int reads;

/* Memory repeats, so that tables are wherever an entry says. */
static int memory_read(void *buf, u64 len, u64 addr)
{
	uint8_t *to = buf;
	u64 i;

	reads++;
	MUST(len == 4 || len == 8);
	if (!memory_size || addr >> 52)
		return -EIO;
	for (i = 0; i < len; i++)
		to[i] = memory[(addr + i) % memory_size];
	return 0;
}

static void walk(const struct oldmem_tables *tables, u64 addr)
{
	struct vmcore_leaf leaf = { };
	bool sized = false;
	unsigned int i;
	u64 size;
	int ret;

	reads = 0;
	ret = vmcore_tables_walk(tables, addr, memory_read, &leaf);
	MUST(reads >= 1 && reads <= tables->nr_levels);
	MUST(ret == 0 || ret == -EFAULT || ret == -EIO);
	if (ret) {
		MUST(leaf.start == leaf.end);
		return;
	}
	size = leaf.end - leaf.start;
	for (i = 0; i < tables->nr_levels; i++)
		sized |= size == 1ULL << tables->levels[i].shift;
	MUST(sized);
	MUST(addr - leaf.start < size);
	MUST(!(leaf.start & (size - 1)) && !(leaf.phys & (size - 1)));
	MUST(!(leaf.phys & ~tables->frame));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t i;
	u64 addr;

	if (size < sizeof(addr))
		return 0;
	memcpy(&addr, data, sizeof(addr));
	memory = data + sizeof(addr);
	memory_size = size - sizeof(addr);
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		walk(&kinds[i], addr);
	return 0;
}
