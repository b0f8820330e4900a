// SPDX-License-Identifier: GPL-2.0-only
/*
 * How the 64-bit kernel comes to run at any physical address: its own page
 * tables are changed to lead to where it is.
 *
 *	virtual				 physical
 *
 *	__START_KERNEL_map  +---------+
 *	                    |         |
 *	  + linked          |=========| ---.   as linked: + linked
 *	                    | _text   |     \
 *	                    | _end    |      `--> phys
 *	                    |=========|
 *
 *	phys_base = phys - linked
 *
 * What the linker wrote into the tables holds for a kernel that is where it
 * was linked for. Each entry that is about the kernel moves by phys_base, and
 * what is not the kernel is taken out: nothing is known of the memory there,
 * and the processor may look into what it can reach.
 *
 * Besides, for as long as it takes to get from physical to virtual addresses,
 * the memory that the kernel is in is mapped as it is.
 *
 * All this runs in that other mapping, before there are virtual addresses. So
 * it uses nothing but its arguments: no variable, no constant that has to be
 * read from memory, no function of another file. Built without what compilers
 * add to functions.
 *
 * Pure: also built on the host, see tools/testing/kexec-host/image.
 */

#define DISABLE_BRANCH_PROFILING

#include <linux/bits.h>
#include <asm/fixmap.h>
#include <asm/init.h>
#include <asm/pgtable_types.h>

#include "head64_map.h"

#define PMD_BITS	21
#define PUD_BITS	30
#define P4D_BITS	39
#define PGD_BITS	48	/* with five levels */
#define PMD_BYTES	BIT(PMD_BITS)
#define TABLE_FLAGS	0xffful

#ifdef __KERNEL__
#include <linux/build_bug.h>

static_assert(PMD_BITS == PMD_SHIFT);
static_assert(PUD_BITS == PUD_SHIFT);
static_assert(HEAD64_ENTRIES == PTRS_PER_PMD);
static_assert(HEAD64_ENTRIES == PTRS_PER_PUD);
#ifdef CONFIG_X86_5LEVEL
static_assert(P4D_BITS == P4D_SHIFT);
#endif
#endif

/* MAX_PHYSMEM_BITS, which is a variable */
#define PHYS_BITS_4	46
#define PHYS_BITS_5	52

/*
 * The image may cross the end of what a table covers, and at most once: the
 * next entry leads to the same table, whose entries are used from the start
 * again. One of the two maps nonsense that nobody goes to.
 */
static void __head set_two(unsigned long *table, unsigned long index,
			   unsigned long entry)
{
	table[index % HEAD64_ENTRIES] = entry;
	table[(index + 1) % HEAD64_ENTRIES] = entry;
}

static void __head map_memory(const struct head64_map *map)
{
	unsigned long *pmds = map->spare + HEAD64_ENTRIES;
	unsigned long *puds = map->spare;
	unsigned long *p4ds = map->spare + 2 * HEAD64_ENTRIES;
	unsigned long first = map->phys >> PMD_BITS;
	unsigned long flags = _KERNPG_TABLE_NOENC + map->encrypt;

	if (map->level4) {
		set_two(map->top, map->phys >> PGD_BITS,
			(unsigned long)p4ds + flags);
		set_two(p4ds, map->phys >> P4D_BITS,
			(unsigned long)puds + flags);
	} else {
		set_two(map->top, map->phys >> P4D_BITS,
			(unsigned long)puds + flags);
	}
	set_two(puds, map->phys >> PUD_BITS, (unsigned long)pmds + flags);

	for (unsigned long at = 0; at < map->size; at += PMD_BYTES)
		pmds[first++ % HEAD64_ENTRIES] =
			map->phys + at + map->page + map->encrypt;
}

static void __head move_image(const struct head64_map *map,
			      unsigned long distance)
{
	unsigned long first = map->linked >> PMD_BITS;
	unsigned long last = (map->linked + map->size) >> PMD_BITS;

	for (unsigned long i = 0; i < HEAD64_ENTRIES; i++) {
		if (i < first || i > last)
			map->level2[i] &= ~_PAGE_PRESENT;
		else if (map->level2[i] & _PAGE_PRESENT)
			map->level2[i] += distance;
	}
}

static void __head move_tables(const struct head64_map *map,
			       unsigned long distance)
{
	unsigned int end = HEAD64_ENTRIES - 1;

	if (map->level4) {
		map->level4[end] += distance;
		/* It was linked for four levels, to lead to level 3. */
		map->top[end] = (map->top[end] & TABLE_FLAGS) +
			(unsigned long)map->level4 + map->encrypt;
	} else {
		map->top[end] += distance;
	}
	map->level3[end - 1] += distance;
	map->level3[end] += distance;

	for (unsigned int i = 0; i < FIXMAP_PMD_NUM; i++)
		map->fixmap[FIXMAP_PMD_TOP - i] += distance;
}

/**
 * head64_map() - have the page tables lead to where the kernel is
 * @map:       where that is, and the tables as they were linked
 * @phys_base: what is added to an address within the kernel's mapping to get
 *             the physical one
 *
 * Context: the first code of the kernel, at its physical address.
 * Return: false if it cannot run where it is: not aligned to 2 MiB, or beyond
 * what the page tables can say
 */
bool __head head64_map(const struct head64_map *map, unsigned long *phys_base)
{
	unsigned int bits = map->level4 ? PHYS_BITS_5 : PHYS_BITS_4;
	unsigned long distance = map->phys - map->linked;

	if (map->phys >> bits || distance & (PMD_BYTES - 1))
		return false;

	*phys_base = distance;
	move_tables(map, distance + map->encrypt);
	move_image(map, distance + map->encrypt);
	map_memory(map);

	return true;
}
