// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page tables as they are linked, a kernel at some place, and then: what does
 * a processor find that walks them? Addresses of the tables are the host's, so
 * that the walk can follow them.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <asm/fixmap.h>
#include <asm/pgtable_types.h>

#include "head64_map.h"
#include "image.h"
#include "image_test.h"

#define MIB		(1ul << 20)
#define GIB		(1ul << 30)
#define STEP		(2 * MIB)
#define LINKED		(16 * MIB)
#define KERNEL_MAP	0xffffffff80000000ul
#define FIXED		(KERNEL_MAP + GIB + (unsigned long)FIXMAP_PMD_TOP * STEP)
#define ENCRYPT		(1ul << 51)

#define TABLE		0x067ul		/* with the user's bit */
#define LARGE		0x1e3ul
#define FLAGS		0xffful
#define NOWHERE		(~0ul)

struct row {
	const char *what;
	unsigned long phys;
	unsigned long linked;
	unsigned long size;
	unsigned long encrypt;
	bool refused;
};

static const struct row rows[] = {
	{ "where it is linked for", LINKED, LINKED, 32 * MIB },
	{ "not a whole number of pages", 0x2200000, LINKED, 31 * MIB + 4096 },
	{ "one step up", LINKED + STEP, LINKED, 32 * MIB },
	{ "below", 2 * MIB, LINKED, 32 * MIB },
	{ "at 0", 0, LINKED, 32 * MIB },
	{ "across 1 GiB", GIB - 2 * STEP, LINKED, 32 * MIB },
	{ "just below 1 GiB", GIB - 32 * MIB, LINKED, 32 * MIB },
	{ "across 4 GiB", 4 * GIB - STEP, LINKED, 32 * MIB },
	{ "at 4 GiB", 4 * GIB, LINKED, 32 * MIB },
	{ "across 512 GiB", 512 * GIB - STEP, LINKED, 32 * MIB },
	{ "the last of 64 TiB", (1ul << 46) - 32 * MIB, LINKED, 32 * MIB },
	{ "at another virtual address", 0x3400000, LINKED + 100 * STEP,
	  32 * MIB },
	{ "nearly all of its mapping", 8 * GIB, LINKED, GIB - LINKED - STEP },
	{ "to the end of its mapping", 8 * GIB, GIB - 32 * MIB, 32 * MIB },
	{ "encrypted", 0x5000000, LINKED, 32 * MIB, ENCRYPT },
	{ "encrypted, across 1 GiB", GIB - STEP, LINKED, 32 * MIB, ENCRYPT },
	{ "not aligned", LINKED + MIB, LINKED, 32 * MIB, .refused = true },
	{ "a byte off", LINKED + 1, LINKED, 32 * MIB, .refused = true },
	{ "beyond all memory", 1ul << 52, LINKED, 32 * MIB, .refused = true },
};

enum table {
	TOP, LEVEL4, LEVEL3, LEVEL2, FIXMAP, FIXED_PAGES, SPARE,
	NR_TABLES = SPARE + 3,
};

struct tables {
	unsigned long (*at)[HEAD64_ENTRIES];
	bool five;
};

/* A table's address as the linker saw it; it wraps, as do the sums. */
static unsigned long linked_at(const struct tables *t, enum table which,
			       const struct row *row)
{
	return (unsigned long)t->at[which] - (row->phys - row->linked);
}

static struct tables link_tables(const struct row *row, bool five)
{
	struct tables t = { .five = five };

	t.at = aligned_alloc(4096, NR_TABLES * sizeof(*t.at));
	if (!t.at)
		abort();
	memset(t.at, 0, NR_TABLES * sizeof(*t.at));
	t.at[TOP][511] = linked_at(&t, LEVEL3, row) + TABLE;
	t.at[LEVEL4][511] = linked_at(&t, LEVEL3, row) + TABLE;
	t.at[LEVEL3][510] = linked_at(&t, LEVEL2, row) + TABLE;
	t.at[LEVEL3][511] = linked_at(&t, FIXMAP, row) + TABLE;
	for (unsigned long i = 0; i < HEAD64_ENTRIES; i++)
		t.at[LEVEL2][i] = i * STEP + LARGE;
	for (int i = 0; i < FIXMAP_PMD_NUM; i++)
		t.at[FIXMAP][FIXMAP_PMD_TOP - i] =
			linked_at(&t, FIXED_PAGES, row) + TABLE;

	return t;
}

/* What @vaddr is mapped to, or NOWHERE; @encrypt if each step is encrypted */
static unsigned long walk(const struct tables *t, unsigned long vaddr,
			  unsigned long encrypt)
{
	unsigned long *table = t->at[TOP];

	for (int shift = t->five ? 48 : 39; ; shift -= 9) {
		unsigned long entry = table[vaddr >> shift & 511];

		if (!(entry & _PAGE_PRESENT))
			return NOWHERE;
		if ((entry & ENCRYPT) != encrypt)
			return NOWHERE - 1;
		entry &= ~ENCRYPT;
		if (shift == 21 && entry & 0x80)
			return (entry & ~FLAGS) + (vaddr & (STEP - 1));
		table = (unsigned long *)(entry & ~FLAGS);
		if (shift == 21)
			return (unsigned long)table;
	}
}

static void check_image(const struct row *row, const struct tables *t)
{
	unsigned long begin = row->linked & ~(STEP - 1);
	unsigned long end = row->linked + row->size;

	for (unsigned long at = 0; at < GIB; at += STEP) {
		unsigned long found = walk(t, KERNEL_MAP + at, row->encrypt);
		unsigned long wanted = at - row->linked + row->phys;

		/* The last one may be mapped, though nothing is in it. */
		if (at < begin || at > end)
			wanted = NOWHERE;
		if (found != wanted) {
			fail(row->what, "the image is mapped elsewhere");
			return;
		}
	}
}

static void check_memory(const struct row *row, const struct tables *t)
{
	for (unsigned long at = row->phys; at < row->phys + row->size;
	     at += STEP)
		if (walk(t, at, row->encrypt) != at) {
			fail(row->what, "memory is not mapped as it is");
			return;
		}
}

static void test_row(const struct row *row, bool five)
{
	struct tables t = link_tables(row, five);
	const struct head64_map map = {
		.phys = row->phys,
		.linked = row->linked,
		.size = row->size,
		.encrypt = row->encrypt,
		.page = 0xe3,
		.top = t.at[TOP],
		.level4 = five ? t.at[LEVEL4] : NULL,
		.level3 = t.at[LEVEL3],
		.level2 = t.at[LEVEL2],
		.fixmap = t.at[FIXMAP],
		.spare = t.at[SPARE],
	};
	unsigned long phys_base = 0;

	if (head64_map(&map, &phys_base) == row->refused) {
		fail(row->what, row->refused ? "was taken" : "was refused");
	} else if (!row->refused) {
		if (phys_base + row->linked != row->phys)
			fail(row->what, "phys_base");
		check_image(row, &t);
		check_memory(row, &t);
		for (int i = 0; i < FIXMAP_PMD_NUM; i++)
			if (walk(&t, FIXED - i * STEP, row->encrypt) !=
			    (unsigned long)t.at[FIXED_PAGES])
				fail(row->what, "fixed addresses");
	}
	free(t.at);
}

size_t test_head64(void)
{
	static const struct row too_far = {
		"beyond four levels", 1ul << 46, LINKED, 32 * MIB,
		.refused = true,
	};
	static const struct row far = {
		"for five levels only", 1ul << 46, LINKED, 32 * MIB,
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		test_row(&rows[i], false);
		test_row(&rows[i], true);
	}
	test_row(&too_far, false);
	test_row(&far, true);

	return ARRAY_SIZE(rows) + 1;
}
