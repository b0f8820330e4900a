// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the walk of lists of CPUs (vmcore_pcplists.c), in this kernel's memory.
 */

#include <kunit/test.h>
#include <linux/cpumask.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/string.h>

#include "vmcore_pcplists.h"

#define LISTED		16

/*
 * What is read of the crashed kernel: @pcp is that of the last zone of the last
 * node, of the last CPU.
 */
struct pcp_fixture {
	struct vmcore_pcplists lists;
	struct per_cpu_pages pcp;
	struct page pages[LISTED];
	unsigned long found[LISTED];	/* pages at each entry */
	unsigned int nr_found;
	struct cpumask cpus;
	pg_data_t node;
};

static bool is_in(const void *area, size_t size, u64 at, size_t len)
{
	u64 offset = at - (unsigned long)area;

	return offset <= size && len <= size - offset;
}

static int pcp_read(struct vmcore_pcplists *lists, void *buf, size_t len,
		    u64 at)
{
	struct pcp_fixture *f = container_of(lists, struct pcp_fixture, lists);

	if (!is_in(f, sizeof(*f), at, len))
		return -EFAULT;
	memcpy(buf, (void *)(unsigned long)at, len);
	return 0;
}

#if defined(CONFIG_SMP) && defined(CONFIG_NUMA)
/* Numbers of what is one behind the other in an array of pointers */
#define SYMBOL_NODE	0x10000UL
#define SYMBOL_OFFSET	0x80000UL
#define PCP_OFFSET	0x12345000UL
#define NR_OFFSETS	ARRAY_SIZE(__per_cpu_offset)

static u64 pcp_symbol(const void *symbol)
{
	unsigned long at = (unsigned long)symbol;

	if (is_in(node_data, MAX_NUMNODES * sizeof(*node_data), at, 1))
		return SYMBOL_NODE + at - (unsigned long)node_data;
	if (is_in(__per_cpu_offset, sizeof(__per_cpu_offset), at, 1))
		return SYMBOL_OFFSET + at - (unsigned long)__per_cpu_offset;
	return 1;
}

static int pcp_read_symbol(struct vmcore_pcplists *lists, void *buf, size_t len,
			   u64 at)
{
	struct pcp_fixture *f = container_of(lists, struct pcp_fixture, lists);
	unsigned long word = 0;

	if (at == 1) {
		memcpy(buf, &f->cpus, len);
		return 0;
	}
	if (at >= SYMBOL_OFFSET && at < SYMBOL_OFFSET + sizeof(__per_cpu_offset))
		word = PCP_OFFSET * ((at - SYMBOL_OFFSET) / sizeof(word) + 1);
	else if (at == SYMBOL_NODE + (MAX_NUMNODES - 1) * sizeof(word))
		word = (unsigned long)&f->node;
	else if (at < SYMBOL_NODE ||
		 at >= SYMBOL_NODE + MAX_NUMNODES * sizeof(word))
		return pcp_read(lists, buf, len, at);
	memcpy(buf, &word, len);
	return 0;
}
#endif

static int pcp_read_page(struct vmcore_pcplists *lists, struct page *page,
			 u64 at)
{
	struct pcp_fixture *f = container_of(lists, struct pcp_fixture, lists);

	if (!is_in(f->pages, sizeof(f->pages), at, sizeof(*page)))
		return -EFAULT;
	memcpy(page, (void *)(unsigned long)at, sizeof(*page));
	return 0;
}

static void pcp_found(struct vmcore_pcplists *lists, u64 at, unsigned long nr)
{
	struct pcp_fixture *f = container_of(lists, struct pcp_fixture, lists);
	unsigned long i = ((unsigned long)at - (unsigned long)f->pages) /
			  sizeof(f->pages[0]);

	f->found[i] += nr;
	f->nr_found++;
}

static int pcp_init(struct kunit *test)
{
	struct pcp_fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	unsigned int i;

	if (!f)
		return -ENOMEM;
	f->lists.read = pcp_read;
	f->lists.read_page = pcp_read_page;
	f->lists.found = pcp_found;
	for (i = 0; i < NR_PCP_LISTS; i++)
		INIT_LIST_HEAD(&f->pcp.lists[i]);
	for (i = 0; i < LISTED; i++)
		f->pages[i].page_type = UINT_MAX;
	test->priv = f;
	return 0;
}

/* Pages from one to another, each at an entry of a list */
static void pcp_list(struct pcp_fixture *f, unsigned int list,
		     unsigned int first, unsigned int end, unsigned int step)
{
	for (; first < end; first += step)
		list_add_tail(&f->pages[first].pcp_list, &f->pcp.lists[list]);
}

static void pcp_walk(struct kunit *test)
{
	struct pcp_fixture *f = test->priv;

	memset(f->found, 0, sizeof(f->found));
	f->nr_found = 0;
	KUNIT_EXPECT_EQ(test, 0,
			vmcore_pcplists_walk(&f->lists, (unsigned long)&f->pcp));
}

static void pcp_empty_test(struct kunit *test)
{
	struct pcp_fixture *f = test->priv;

	pcp_walk(test);
	KUNIT_EXPECT_EQ(test, 0, f->nr_found);

	/* Nor where there are none that can be read */
	KUNIT_EXPECT_EQ(test, 0, vmcore_pcplists_walk(&f->lists, 0));
	KUNIT_EXPECT_EQ(test, 0, f->nr_found);

	/* Nor where nobody has set them up */
	memset(&f->pcp, 0, sizeof(f->pcp));
	pcp_walk(test);
	KUNIT_EXPECT_EQ(test, 0, f->nr_found);
}

static void pcp_orders_test(struct kunit *test)
{
	struct pcp_fixture *f = test->priv;
	unsigned int i;

	pcp_list(f, 0, 0, 3, 1);
	pcp_list(f, MIGRATE_PCPTYPES - 1, 3, 4, 1);
	pcp_list(f, 2 * MIGRATE_PCPTYPES, 4, 12, 4);
	pcp_walk(test);
	KUNIT_EXPECT_EQ(test, 6, f->nr_found);
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_EQ(test, 1, f->found[i]);
	KUNIT_EXPECT_EQ(test, 4, f->found[4]);
	KUNIT_EXPECT_EQ(test, 4, f->found[8]);

	/* Somebody has one of the pages behind the first. */
	init_page_count(&f->pages[6]);
	pcp_walk(test);
	KUNIT_EXPECT_EQ(test, 4, f->nr_found);
	KUNIT_EXPECT_EQ(test, 0, f->found[4] + f->found[8]);
}

/* A page in the middle of a list that is not what it should be */
static const struct pcp_case {
	const char *name;
	unsigned long flags;
	unsigned int type;
	int count;
	void *mapping;
} pcp_cases[] = {
	{ "in use", 0, UINT_MAX, 1, NULL },
	{ "mapped", 0, 0, 0, NULL },
	{ "a file's", 0, UINT_MAX, 0, (void *)-4096L },
	{ "on another list", 1UL << PG_lru, UINT_MAX, 0, NULL },
	{ "locked", 1UL << PG_locked, UINT_MAX, 0, NULL },
	{ "a head", 1UL << PG_head, UINT_MAX, 0, NULL },
	{ "in the buddy allocator", 0, PGTY_buddy << 24, 0, NULL },
#ifdef CONFIG_MEMORY_FAILURE
	{ "failed", 1UL << PG_hwpoison, UINT_MAX, 0, NULL },
#endif
};

static void pcp_page_test(struct kunit *test)
{
	const struct pcp_case *row = test->param_value;
	struct pcp_fixture *f = test->priv;

	pcp_list(f, 1, 0, 4, 1);
	f->pages[2].flags = row->flags;
	f->pages[2].page_type = row->type;
	f->pages[2].mapping = row->mapping;
	set_page_count(&f->pages[2], row->count);
	pcp_walk(test);
	KUNIT_EXPECT_EQ(test, 2, f->nr_found);
	KUNIT_EXPECT_EQ(test, 2, f->found[0] + f->found[1]);
}

KUNIT_ARRAY_PARAM_DESC(pcp, pcp_cases, name);

static void pcp_links_test(struct kunit *test)
{
	struct pcp_fixture *f = test->priv;
	struct list_head *third = &f->pages[2].pcp_list;

	/* Round and round, the list's beginning left out */
	pcp_list(f, 0, 0, 8, 1);
	f->pages[5].pcp_list.next = third;
	pcp_walk(test);
	KUNIT_EXPECT_EQ(test, 6, f->nr_found);
	KUNIT_EXPECT_EQ(test, 1, f->found[2]);

	/* A page that knows nothing of the one before it */
	third->prev = &f->pages[9].pcp_list;
	pcp_walk(test);
	KUNIT_EXPECT_EQ(test, 2, f->nr_found);

	/* Out of what can be read, and between two words */
	third->prev = &f->pages[1].pcp_list;
	third->next = (void *)0x1000;
	pcp_walk(test);
	KUNIT_EXPECT_EQ(test, 3, f->nr_found);
	third->next = (void *)&f->pages[3].pcp_list + 2;
	pcp_walk(test);
	KUNIT_EXPECT_EQ(test, 3, f->nr_found);

	/* Which is not a link at all, but a tail's way to its head */
	third->next = (void *)&f->pages[3].pcp_list + 1;
	pcp_walk(test);
	KUNIT_EXPECT_EQ(test, 2, f->nr_found);
	third->next = &f->pages[3].pcp_list;
	f->pages[5].pcp_list.next = &f->pages[6].pcp_list;
	pcp_walk(test);
	KUNIT_EXPECT_EQ(test, 8, f->nr_found);

	/* Two lists that share a page: it is of the one that it leads back to. */
	f->pcp.lists[1].next = third;
	pcp_walk(test);
	KUNIT_EXPECT_EQ(test, 8, f->nr_found);
}

#if defined(CONFIG_SMP) && defined(CONFIG_NUMA)
/* All nodes, zones and CPUs, also such as this kernel does not have */
static void pcp_all_test(struct kunit *test)
{
	struct zone *zone;
	struct pcp_fixture *f = test->priv;

	f->lists.read = pcp_read_symbol;
	f->lists.symbol = pcp_symbol;
	pcp_list(f, 0, 0, 3, 1);
	set_bit(0, cpumask_bits(&f->cpus));
	zone = &f->node.node_zones[MAX_NR_ZONES - 1];
	zone->per_cpu_pageset = (void __percpu *)((unsigned long)&f->pcp -
						  PCP_OFFSET * NR_OFFSETS);
	KUNIT_EXPECT_EQ(test, 0, vmcore_pcplists_walk_all(&f->lists));
	KUNIT_EXPECT_EQ(test, 0, f->nr_found);

	set_bit(NR_OFFSETS - 1, cpumask_bits(&f->cpus));
	KUNIT_EXPECT_EQ(test, 0, vmcore_pcplists_walk_all(&f->lists));
	KUNIT_EXPECT_EQ(test, 3, f->nr_found);

	/* Nobody knows where it was */
	f->lists.read = pcp_read;
	KUNIT_EXPECT_EQ(test, 0, vmcore_pcplists_walk_all(&f->lists));
	KUNIT_EXPECT_EQ(test, 3, f->nr_found);
}
#endif

static struct kunit_case pcp_test_cases[] = {
	KUNIT_CASE(pcp_empty_test),
	KUNIT_CASE(pcp_orders_test),
	KUNIT_CASE_PARAM(pcp_page_test, pcp_gen_params),
	KUNIT_CASE(pcp_links_test),
#if defined(CONFIG_SMP) && defined(CONFIG_NUMA)
	KUNIT_CASE(pcp_all_test),
#endif
	{ }
};

static struct kunit_suite pcp_suite = {
	.name = "vmcore_pcplists",
	.init = pcp_init,
	.test_cases = pcp_test_cases,
};

kunit_test_suite(pcp_suite);
