// SPDX-License-Identifier: GPL-2.0-only
/*
 * How the page tables of a crashed x86 kernel are found and read. It is of the
 * same build as this one.
 */

#include <linux/crash_dump.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/string.h>

#define LEVEL(at, width, large) \
	{ .shift = (at), .bits = (width), .may_be_large = (large) }

#ifdef CONFIG_X86_64
static const struct oldmem_table table_levels[] = {
	LEVEL(PAGE_SHIFT, 9, false),
	LEVEL(PMD_SHIFT, 9, true),
	LEVEL(PUD_SHIFT, 9, true),
	LEVEL(39, 9, false),
	LEVEL(48, 9, false),
};

/* Only the crashed kernel knows of how many levels its tables were. */
static bool tables_find(const char *info, struct oldmem_tables *tables)
{
	u64 base, top, five;

	if (!oldmem_info_number(info, "NUMBER(phys_base)", &base) ||
	    !oldmem_info_number(info, "SYMBOL(swapper_pg_dir)", &top) ||
	    !oldmem_info_number(info, "NUMBER(pgtable_l5_enabled)", &five))
		return false;
	tables->root = top - __START_KERNEL_map + base;
	tables->nr_levels = five ? 5 : 4;
	return true;
}
#else
static const struct oldmem_table table_levels[] = {
#ifdef CONFIG_X86_PAE
	LEVEL(PAGE_SHIFT, 9, false),
	LEVEL(21, 9, true),
	LEVEL(30, 2, false),
#else
	LEVEL(PAGE_SHIFT, 10, false),
	LEVEL(22, 10, true),
#endif
};

static bool tables_find(const char *info, struct oldmem_tables *tables)
{
	u64 top;

	if (!oldmem_info_number(info, "SYMBOL(swapper_pg_dir)", &top))
		return false;
	tables->root = top - PAGE_OFFSET;
	tables->nr_levels = ARRAY_SIZE(table_levels);
	return true;
}
#endif

/* Without the bit of memory encryption, which is none of the address */
bool oldmem_tables(const char *info, struct oldmem_tables *tables)
{
	memcpy(tables->levels, table_levels, sizeof(table_levels));
	tables->entry_size = sizeof(pteval_t);
	tables->frame = (u64)__PHYSICAL_MASK & ~(u64)(PAGE_SIZE - 1);
	tables->present = _PAGE_PRESENT;
	tables->large = _PAGE_PSE;
	return tables_find(info, tables);
}
