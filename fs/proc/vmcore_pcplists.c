// SPDX-License-Identifier: GPL-2.0-only
/*
 * The free pages that the CPUs of the crashed kernel had on lists of their own.
 *
 * Nothing in a struct page tells such a page from one whose owner counts
 * references elsewhere. But the kernel knows where the lists are: each CPU has
 * some in each zone. On a machine of many CPUs that is an eighth of its memory
 * at most, and what was freed last, so it does not compress well.
 *
 * A link of a list is believed if it leads back to where it was come from, and
 * if the struct page has nothing that contradicts it. So no page is met twice,
 * and no walk goes on for ever. Behind a link that is wrong pages stay in the
 * dump: it was damaged, or a CPU was stopped while it changed the list.
 */

#include <linux/align.h>
#include <linux/bits.h>
#include <linux/cpumask.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/percpu.h>
#include <linux/sched/signal.h>

#include "vmcore_class.h"
#include "vmcore_pcplists.h"

/* How many pages are there at each entry of a list? */
static unsigned long block_pages(unsigned int list)
{
	if (IS_ENABLED(CONFIG_TRANSPARENT_HUGEPAGE) &&
	    list >= NR_LOWORDER_PCP_LISTS)
		return HPAGE_PMD_NR;
	return 1UL << list / MIGRATE_PCPTYPES;
}

/* Those behind the first one have nothing to tell. */
static bool rest_is_free(struct vmcore_pcplists *lists, u64 at,
			 unsigned long nr)
{
	struct page page;
	unsigned long i;

	for (i = 1; i < nr; i++)
		if (lists->read_page(lists, &page, at + i * sizeof(page)) ||
		    !vmcore_page_may_be_free(&page))
			return false;
	return true;
}

static int list_walk(struct vmcore_pcplists *lists, u64 head,
		     const struct list_head *list, unsigned long nr)
{
	u64 prev = head, link = (unsigned long)list->next, at;
	struct page page;

	while (link != head) {
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
		at = link - offsetof(struct page, pcp_list);
		if (!IS_ALIGNED(link, sizeof(long)) ||
		    lists->read_page(lists, &page, at) ||
		    (unsigned long)page.pcp_list.prev != prev ||
		    !vmcore_page_may_be_free(&page) ||
		    !rest_is_free(lists, at, nr))
			break;
		lists->found(lists, at, nr);
		prev = link;
		link = (unsigned long)page.pcp_list.next;
	}
	return 0;
}

/**
 * vmcore_pcplists_walk() - find the free pages that a CPU has of a zone
 * @lists: how to look, and who is told
 * @pcp:   where the crashed kernel had its struct per_cpu_pages
 *
 * Return: 0, however far the lists can be read; -EINTR for a task that is being
 *         killed
 */
int vmcore_pcplists_walk(struct vmcore_pcplists *lists, u64 pcp)
{
	struct list_head heads[NR_PCP_LISTS];
	unsigned int i;
	int ret = 0;

	pcp += offsetof(struct per_cpu_pages, lists);
	if (lists->read(lists, heads, sizeof(heads), pcp))
		return 0;
	for (i = 0; !ret && i < NR_PCP_LISTS; i++)
		ret = list_walk(lists, pcp + i * sizeof(heads[i]), &heads[i],
				block_pages(i));
	return ret;
}

#ifdef CONFIG_NUMA
/* Where the crashed kernel had a node; 0: nowhere */
static u64 node_at(struct vmcore_pcplists *lists, int nid)
{
	unsigned long node = 0;

	if (lists->read(lists, &node, sizeof(node),
			lists->symbol(&node_data[nid])))
		return 0;
	return node;
}
#else
static u64 node_at(struct vmcore_pcplists *lists, int nid)
{
	return lists->symbol(NODE_DATA(nid));
}
#endif

#if !defined(CONFIG_SMP)
static int cpu_offset(struct vmcore_pcplists *lists, unsigned int cpu,
		      unsigned long *offset)
{
	*offset = 0;
	return cpu ? -ENXIO : 0;
}
#elif !defined(__per_cpu_offset)
static int cpu_offset(struct vmcore_pcplists *lists, unsigned int cpu,
		      unsigned long *offset)
{
	return lists->read(lists, offset, sizeof(*offset),
			   lists->symbol(&__per_cpu_offset[cpu]));
}
#else
static int cpu_offset(struct vmcore_pcplists *lists, unsigned int cpu,
		      unsigned long *offset)
{
	return -EOPNOTSUPP;
}
#endif

static int zone_walk(struct vmcore_pcplists *lists, u64 zone,
		     const struct cpumask *cpus)
{
	unsigned long pcp, offset;
	unsigned int cpu;
	int ret = 0;

	if (lists->read(lists, &pcp, sizeof(pcp),
			zone + offsetof(struct zone, per_cpu_pageset)))
		return 0;
	/* This kernel may have fewer CPUs, and then for_each_cpu() stops early. */
	for_each_set_bit(cpu, cpumask_bits(cpus), BITS_PER_TYPE(*cpus)) {
		if (fatal_signal_pending(current))
			return -EINTR;
		if (!cpu_offset(lists, cpu, &offset))
			ret = vmcore_pcplists_walk(lists, pcp + offset);
		if (ret)
			break;
	}
	return ret;
}

/**
 * vmcore_pcplists_walk_all() - find the free pages that any CPU has
 * @lists: how to look, and who is told; for one at a time
 *
 * Return: 0, however far the lists can be read; -EINTR for a task that is being
 *         killed
 */
int vmcore_pcplists_walk_all(struct vmcore_pcplists *lists)
{
	static struct cpumask cpus;
	unsigned int zone;
	int nid, ret = 0;
	u64 node;

	if (lists->read(lists, &cpus, sizeof(cpus),
			lists->symbol(&__cpu_possible_mask)))
		return 0;
	for (nid = 0; !ret && nid < MAX_NUMNODES; nid++) {
		node = node_at(lists, nid);
		for (zone = 0; node && !ret && zone < MAX_NR_ZONES; zone++)
			ret = zone_walk(lists, node +
					offsetof(pg_data_t, node_zones) +
					zone * sizeof(struct zone), &cpus);
	}
	return ret;
}
