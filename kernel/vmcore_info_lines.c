// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lines of vmcoreinfo that all architectures have
 *
 * Whatever a tool needs before it can read the dump's own debug information,
 * or to do without: where the page tables and the memory map are, how struct
 * page and what leads to it look, and how to tell pages apart. Names are
 * those of the C source, since that is what tools have always looked for.
 */

#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/page-flags.h>
#include <linux/pgtable.h>
#include <linux/utsname.h>
#include <linux/vmalloc.h>
#include <linux/vmcore_info.h>

#include <asm/sections.h>

#include "kallsyms_internal.h"

/* One line whose value is known when the kernel is linked. */
struct row {
	const char *fmt;	/* VMCOREINFO_FMT_* */
	const char *name;
	unsigned long value;
};

#define SYMBOL(sym) \
	{ VMCOREINFO_FMT_SYMBOL, #sym, (unsigned long)&(sym) }
#define SYMBOL_ARRAY(sym) \
	{ VMCOREINFO_FMT_SYMBOL, #sym, (unsigned long)(sym) }
#define SIZE(type, name) \
	{ VMCOREINFO_FMT_SIZE, name, sizeof(type) }
#define OFFSET(tag, field) \
	{ VMCOREINFO_FMT_OFFSET, #tag "." #field, offsetof(struct tag, field) }
#define LENGTH(name, value) \
	{ VMCOREINFO_FMT_LENGTH, name, value }
#define NUMBER(value) \
	{ VMCOREINFO_FMT_NUMBER, #value, value }
#define PAGE_TYPE(name, type) \
	{ VMCOREINFO_FMT_NUMBER, "PAGE_" name "_MAPCOUNT_VALUE", \
	  (long)(int)((unsigned int)PGTY_##type << 24) }

static const struct row system_rows[] __initconst = {
	SYMBOL(init_uts_ns),
	OFFSET(uts_namespace, name),
	SYMBOL(node_online_map),
	SIZE(nodemask_t, "nodemask_t"),
	SYMBOL_ARRAY(_stext),
#ifdef CONFIG_MMU
	SYMBOL_ARRAY(swapper_pg_dir),
#endif
};

/* From a page frame number to a struct page. */
static const struct row memory_map_rows[] __initconst = {
#ifdef CONFIG_FLATMEM
	SYMBOL(mem_map),
	OFFSET(pglist_data, node_mem_map),
#endif
#ifndef CONFIG_NUMA
	SYMBOL(contig_page_data),
#endif
#ifdef CONFIG_SPARSEMEM
	SIZE(struct mem_section, "mem_section"),
	OFFSET(mem_section, section_mem_map),
	NUMBER(SECTION_SIZE_BITS),
#endif
};

/* Nodes, zones and their free pages. */
static const struct row zone_rows[] __initconst = {
	SIZE(struct pglist_data, "pglist_data"),
	OFFSET(pglist_data, node_zones),
	OFFSET(pglist_data, nr_zones),
	OFFSET(pglist_data, node_start_pfn),
	OFFSET(pglist_data, node_spanned_pages),
	OFFSET(pglist_data, node_id),
	SIZE(struct zone, "zone"),
	OFFSET(zone, free_area),
	OFFSET(zone, vm_stat),
	OFFSET(zone, spanned_pages),
	LENGTH("zone.free_area", NR_PAGE_ORDERS),
	SIZE(struct free_area, "free_area"),
	OFFSET(free_area, free_list),
	LENGTH("free_area.free_list", MIGRATE_TYPES),
	SIZE(struct list_head, "list_head"),
	OFFSET(list_head, next),
	OFFSET(list_head, prev),
	NUMBER(NR_FREE_PAGES),
};

/* What kind of page a struct page is about. */
static const struct row page_rows[] __initconst = {
	SIZE(struct page, "page"),
	OFFSET(page, flags),
	OFFSET(page, _refcount),
	OFFSET(page, mapping),
	OFFSET(page, lru),
	OFFSET(page, _mapcount),
	OFFSET(page, private),
	OFFSET(page, compound_head),
	NUMBER(PG_lru),
	NUMBER(PG_private),
	NUMBER(PG_swapcache),
	NUMBER(PG_swapbacked),
#ifdef CONFIG_MEMORY_FAILURE
	NUMBER(PG_hwpoison),
#endif
	NUMBER(PG_head_mask),
	PAGE_TYPE("BUDDY", buddy),
	PAGE_TYPE("OFFLINE", offline),
	PAGE_TYPE("SLAB", slab),
	PAGE_TYPE("HUGETLB", hugetlb),
	PAGE_TYPE("UNACCEPTED", unaccepted),
};

/* The kernel's own symbol table, for tools that have no vmlinux. */
static const struct row kallsyms_rows[] __initconst = {
	SYMBOL_ARRAY(kallsyms_names),
	SYMBOL(kallsyms_num_syms),
	SYMBOL_ARRAY(kallsyms_token_table),
	SYMBOL_ARRAY(kallsyms_token_index),
	SYMBOL_ARRAY(kallsyms_offsets),
	SYMBOL(kallsyms_relative_base),
};

static void __init append_rows(const struct row *rows, size_t count)
{
	const struct row *row;

	for (row = rows; row < rows + count; row++)
		vmcoreinfo_append_str(row->fmt, row->name, row->value);
}

/*
 * Lines whose value depends on the machine: how much memory and address space
 * a kernel deals with may follow from the number of page-table levels.
 */
#ifdef CONFIG_SPARSEMEM
static void __init append_sparsemem(void)
{
	/* With SPARSEMEM_EXTREME a pointer: tools want what it points to. */
	VMCOREINFO_SYMBOL_ARRAY(mem_section);
	VMCOREINFO_LENGTH(mem_section, NR_SECTION_ROOTS);
	VMCOREINFO_NUMBER(MAX_PHYSMEM_BITS);
}
#else
static inline void append_sparsemem(void) { }
#endif

#ifdef CONFIG_SPARSEMEM_VMEMMAP
static void __init append_vmemmap(void)
{
	VMCOREINFO_SYMBOL_ARRAY(vmemmap);
}
#else
static inline void append_vmemmap(void) { }
#endif

/**
 * vmcoreinfo_append_lines() - add these lines to vmcoreinfo
 */
void __init vmcoreinfo_append_lines(void)
{
	append_rows(system_rows, ARRAY_SIZE(system_rows));
	append_rows(memory_map_rows, ARRAY_SIZE(memory_map_rows));
	append_sparsemem();
	append_vmemmap();
	append_rows(zone_rows, ARRAY_SIZE(zone_rows));
	append_rows(page_rows, ARRAY_SIZE(page_rows));
	if (IS_ENABLED(CONFIG_MMU))
		vmcoreinfo_append_str("NUMBER(VMALLOC_START)=0x%lx\n",
				      (unsigned long)VMALLOC_START);
	if (IS_ENABLED(CONFIG_KALLSYMS))
		append_rows(kallsyms_rows, ARRAY_SIZE(kallsyms_rows));
}
