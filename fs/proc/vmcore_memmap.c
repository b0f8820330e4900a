// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory map of the crashed kernel.
 *
 * vmcoreinfo has the addresses that it begins with, and the crashed kernel's
 * page tables lead from there to old memory. All of it may be damaged: what
 * leads out of old memory is an error, and what leads astray in it gives struct
 * pages that make no sense.
 */

#define pr_fmt(fmt) "vmcore: " fmt

#include <linux/crash_dump.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/pfn.h>
#include <linux/sched/signal.h>
#include <linux/vmcore_info.h>

#include <asm/sections.h>

#include "vmcore_frames.h"
#include "vmcore_internal.h"
#include "vmcore_memmap.h"
#include "vmcore_oldinfo.h"

/**
 * struct old - what was found out about the crashed kernel
 * @tables:  its page tables
 * @root:    virtual address of what leads to its memory map
 * @text:    virtual address where its text began; 0 if nobody knows
 * @array:   where the struct page of page 0 would be, if all are in one array
 * @refused: frames that are not looked at for struct pages, from
 *           vmcore_memmap_check()
 *
 * @tables, @root and @text once, the others between vmcore_memmap_begin() and
 * vmcore_memmap_end().
 */
static struct old {
	struct oldmem_tables tables;
	u64 root;
	u64 text;
	unsigned long array;
	struct vmcore_frames refused;
} old;

static int oldmem_read_exact(void *buf, u64 len, u64 addr)
{
	const struct vmcore_dump *dump = &vmcore_dump;
	const struct vmcore_extent *extent;
	ssize_t got;

	extent = vmcore_extent_find(dump->extents, dump->nr_extents, addr);
	if (!extent || extent->end - addr < len)
		return -EFAULT;
	got = vmcore_oldmem_copy(buf, len, addr, dump->encrypted);
	if (got < 0)
		return got;
	return got == len ? 0 : -EIO;
}

static int leaf_find(struct vmcore_leaf *leaf, u64 addr)
{
	int ret = 0;

	if (addr < leaf->start || addr >= leaf->end)
		ret = vmcore_tables_walk(&old.tables, addr, oldmem_read_exact,
					 leaf);
	if (ret)
		*leaf = (struct vmcore_leaf) { };
	return ret;
}

/**
 * vmcore_virtual_read() - copy from a virtual address of the crashed kernel
 * @leaf: the piece of old memory that was read last; empty to begin with
 * @buf:  room for @len bytes
 * @len:  how many
 * @addr: virtual address
 *
 * Return: 0 or an errno, and then what is in @buf means nothing
 */
int vmcore_virtual_read(struct vmcore_leaf *leaf, void *buf, u64 len, u64 addr)
{
	u64 part;
	int ret;

	for (; len; buf += part, addr += part, len -= part) {
		ret = leaf_find(leaf, addr);
		if (ret)
			return ret;
		part = min(len, leaf->end - addr);
		ret = oldmem_read_exact(buf, part,
					leaf->phys + (addr - leaf->start));
		if (ret)
			return ret;
	}
	return 0;
}

static int word_read(struct vmcore_leaf *leaf, unsigned long *word, u64 addr)
{
	return vmcore_virtual_read(leaf, word, sizeof(*word), addr);
}

/*
 * Where the crashed kernel had what this one has at an address in its image; 0
 * if nobody knows
 */
u64 vmcore_old_symbol(const void *symbol)
{
	return old.text ?
	       old.text + ((unsigned long)symbol - (unsigned long)_stext) : 0;
}

#ifdef CONFIG_SPARSEMEM_VMEMMAP
#define ROOT_NAME	"SYMBOL(mem_section)"

/* The address of a struct mem_section */
static int section_find(struct vmcore_leaf *leaf, unsigned long nr,
			unsigned long *at)
{
	unsigned long root = SECTION_NR_TO_ROOT(nr);
	int ret = 0;

	if (root >= NR_SECTION_ROOTS)
		return -ENXIO;
	*at = old.root + root * SECTIONS_PER_ROOT * sizeof(struct mem_section);
	if (IS_ENABLED(CONFIG_SPARSEMEM_EXTREME))
		ret = word_read(leaf, at, old.root + root * sizeof(*at));
	if (!ret && !*at)
		return -ENXIO;
	*at += (nr & SECTION_ROOT_MASK) * sizeof(struct mem_section);
	return ret;
}

/* A section's word: where its memory map is, and flags */
static int section_read(struct vmcore_leaf *leaf, unsigned long nr,
			unsigned long *map)
{
	unsigned long at;
	int ret = section_find(leaf, nr, &at);

	if (!ret)
		ret = word_read(leaf, map,
				at + offsetof(struct mem_section,
					      section_mem_map));
	return ret ?: *map & SECTION_HAS_MEM_MAP ? 0 : -ENXIO;
}

/**
 * struct vote - where the array of struct pages is said to be
 * @array:    what most say
 * @balance:  how many more say so than say something else
 * @next:     number of the first section that has not been asked
 * @is_count: @array stays as it is
 */
struct vote {
	unsigned long array;
	long balance;
	unsigned long next;
	bool is_count;
};

/* Each section that an extent has a part in has one vote. */
static int extent_vote(struct vote *vote, const struct vmcore_extent *extent)
{
	unsigned long nr = pfn_to_section_nr(PHYS_PFN(extent->start));
	unsigned long last = pfn_to_section_nr(PHYS_PFN(extent->end - 1)), map;
	struct vmcore_leaf leaf = { };

	for (nr = max(nr, vote->next); nr <= last; nr++) {
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
		if (section_read(&leaf, nr, &map))
			continue;
		map &= SECTION_MAP_MASK;
		if (!vote->balance && !vote->is_count)
			vote->array = map;
		vote->balance += map == vote->array ? 1 : -1;
	}
	vote->next = nr;
	return 0;
}

/*
 * Where all struct pages are in one array, every section says where that is.
 * One that does not say what most of them do would lead to struct pages of
 * other pages, which look as good as any.
 */
static int array_find(const struct vmcore_extent *extents, u32 nr_extents)
{
	struct vote vote = { };
	int ret = 0;
	u32 i;

	/* Boyer and Moore: what is left is what most say, if most say the same. */
	for (i = 0; !ret && i < nr_extents; i++)
		ret = extent_vote(&vote, &extents[i]);
	vote = (struct vote) { .array = vote.array, .is_count = true };
	for (i = 0; !ret && i < nr_extents; i++)
		ret = extent_vote(&vote, &extents[i]);
	old.array = vote.balance > 0 ? vote.array : 0;
	return ret;
}

/**
 * vmcore_memmap_set() - look at the memory map of a page and its neighbours
 * @memmap: is set on them
 * @pfn:    page frame number
 *
 * Return: 0; -ENXIO if the page has no struct page; -EFAULT or what else came
 *         of reading old memory
 */
int vmcore_memmap_set(struct vmcore_memmap *memmap, unsigned long pfn)
{
	unsigned long nr = pfn_to_section_nr(pfn), map;
	int ret;

	memmap->nr = 0;
	ret = section_read(&memmap->leaf, nr, &map);
	if (ret)
		return ret;
	if ((map & SECTION_MAP_MASK) != old.array)
		return -ENXIO;

	/* What is kept is the address less that of the section in the map. */
	memmap->first = section_nr_to_pfn(nr);
	memmap->nr = PAGES_PER_SECTION;
	memmap->at = (map & SECTION_MAP_MASK) +
		     memmap->first * sizeof(struct page);
	memmap->online = map & SECTION_IS_ONLINE;
	return 0;
}

/* Of which page is this the struct page, if it is one? */
static int pfn_of(struct vmcore_memmap *memmap, u64 at, unsigned long *pfn)
{
	*pfn = (unsigned long)(at - old.array) / sizeof(struct page);
	return 0;
}
#else
#define ROOT_NAME	"SYMBOL(contig_page_data)"

static int array_find(const struct vmcore_extent *extents, u32 nr_extents)
{
	return 0;
}

/*
 * All struct pages of the node are together. Where they begin two words tell, and
 * another one for which page: a wrong one would lead to struct pages of other
 * pages, which look as good as any.
 */
static int node_read(struct vmcore_memmap *memmap)
{
	struct vmcore_leaf *leaf = &memmap->leaf;
	unsigned long map = 0;
	u64 pgdat = old.root;
	int ret;

	memmap->online = true;
	ret = word_read(leaf, &memmap->at,
			pgdat + offsetof(pg_data_t, node_mem_map));
	if (!ret)
		ret = word_read(leaf, &memmap->first,
				pgdat + offsetof(pg_data_t, node_start_pfn));
	if (!ret)
		ret = word_read(leaf, &memmap->nr,
				pgdat + offsetof(pg_data_t, node_spanned_pages));
	if (!ret)
		ret = word_read(leaf, &map, vmcore_old_symbol(&mem_map));
	map += (memmap->first - ARCH_PFN_OFFSET) * sizeof(struct page);
	if (!ret && map != memmap->at)
		ret = -EFAULT;
	if (ret)
		memmap->nr = 0;
	return ret;
}

int vmcore_memmap_set(struct vmcore_memmap *memmap, unsigned long pfn)
{
	int ret = node_read(memmap);

	if (ret || pfn - memmap->first < memmap->nr)
		return ret;
	memmap->nr = 0;
	return -ENXIO;
}

static int pfn_of(struct vmcore_memmap *memmap, u64 at, unsigned long *pfn)
{
	int ret = node_read(memmap);

	*pfn = memmap->first + (unsigned long)(at - memmap->at) / sizeof(struct page);
	return ret;
}
#endif

/**
 * vmcore_memmap_begin() - get ready to look at the memory map
 * @extents:    what old memory there is
 * @nr_extents: how many they are
 *
 * Return: 0, or -EINTR for a task that is being killed; either way
 *         vmcore_memmap_end() ends it
 */
int vmcore_memmap_begin(const struct vmcore_extent *extents, u32 nr_extents)
{
	int ret;

	vmcore_frames_init(&old.refused, vmcore_ram_share());
	ret = array_find(extents, nr_extents);
	return ret ?: vmcore_memmap_check(extents, nr_extents, &old.refused);
}

/* Nobody looks at it any more. */
void vmcore_memmap_end(void)
{
	vmcore_frames_free(&old.refused);
}

/* Set a view on a page if it is not yet. Return: as vmcore_memmap_set() */
int vmcore_memmap_move(struct vmcore_memmap *memmap, unsigned long pfn)
{
	if (pfn - memmap->first < memmap->nr)
		return 0;
	return vmcore_memmap_set(memmap, pfn);
}

/**
 * vmcore_memmap_pfn() - which page is described there?
 * @memmap: is set on the page
 * @at:     where the crashed kernel had its struct page
 * @pfn:    page frame number
 *
 * Return: 0; -EFAULT if that is where it has no struct page, or another errno
 */
int vmcore_memmap_pfn(struct vmcore_memmap *memmap, u64 at, unsigned long *pfn)
{
	int ret = pfn_of(memmap, at, pfn) ?:
		  vmcore_memmap_move(memmap, *pfn);

	if (!ret && vmcore_memmap_at(memmap, *pfn) != at)
		ret = -EFAULT;
	return ret;
}

/* Where the crashed kernel had the struct page of a page that it is set on */
unsigned long vmcore_memmap_at(const struct vmcore_memmap *memmap,
			       unsigned long pfn)
{
	return memmap->at + (pfn - memmap->first) * sizeof(struct page);
}

/* What a virtual address in the memory map leads to; NULL if that is nothing */
const struct vmcore_leaf *vmcore_memmap_leaf(struct vmcore_memmap *memmap,
					     u64 addr)
{
	return leaf_find(&memmap->leaf, addr) ? NULL : &memmap->leaf;
}

/**
 * vmcore_memmap_phys() - where in old memory is a struct page?
 * @memmap: set on the page
 * @pfn:    page frame number
 * @phys:   physical address of its struct page
 *
 * Return: 0 or an errno
 */
int vmcore_memmap_phys(struct vmcore_memmap *memmap, unsigned long pfn,
		       u64 *phys)
{
	unsigned long at = vmcore_memmap_at(memmap, pfn);
	int ret = leaf_find(&memmap->leaf, at);

	if (!ret)
		*phys = memmap->leaf.phys + (at - memmap->leaf.start);
	return ret;
}

static bool is_refused(struct vmcore_leaf *leaf, u64 addr)
{
	return !leaf_find(leaf, addr) &&
	       vmcore_frames_has(&old.refused,
				 PHYS_PFN(leaf->phys + (addr - leaf->start)));
}

/**
 * vmcore_memmap_read_at() - copy struct pages from an address
 * @memmap: a view
 * @pages:  room for @nr
 * @at:     virtual address of the first in the crashed kernel
 * @nr:     how many: what goes into a page, or less
 *
 * Return: 0 or an errno, and then what is in @pages means nothing
 */
int vmcore_memmap_read_at(struct vmcore_memmap *memmap, struct page *pages,
			  u64 at, unsigned long nr)
{
	u64 len = nr * sizeof(*pages);

	/* They are in two frames at most. */
	if (is_refused(&memmap->leaf, at) ||
	    is_refused(&memmap->leaf, at + len - 1))
		return -EFAULT;
	return vmcore_virtual_read(&memmap->leaf, pages, len, at);
}

/**
 * vmcore_memmap_read() - copy struct pages
 * @memmap: set on the pages
 * @pages:  room for @nr
 * @pfn:    page frame number of the first
 * @nr:     how many: what goes into a page, or less
 *
 * Return: 0 or an errno, and then what is in @pages means nothing
 */
int vmcore_memmap_read(struct vmcore_memmap *memmap, struct page *pages,
		       unsigned long pfn, unsigned long nr)
{
	return vmcore_memmap_read_at(memmap, pages,
				     vmcore_memmap_at(memmap, pfn), nr);
}

/* How much of a piece of old memory comes before a frame that is refused? */
static u64 before_refused(u64 phys, u64 len)
{
	u64 done, part;

	for (done = 0; done < len; done += part) {
		if (vmcore_frames_has(&old.refused, PHYS_PFN(phys + done)))
			break;
		part = min(len - done, PAGE_SIZE - offset_in_page(phys + done));
	}
	return done;
}

/**
 * vmcore_memmap_look() - look at struct pages where they are
 * @memmap: set on the pages
 * @pfn:    page frame number of the first
 * @nr:     how many
 * @look:   see vmcore_oldmem_look(); there may be fewer than @nr
 * @data:   for @look
 *
 * Return: what @look does, or 0: they have to be read
 */
unsigned long vmcore_memmap_look(struct vmcore_memmap *memmap,
				 unsigned long pfn, unsigned long nr,
				 unsigned long (*look)(const void *at,
						       size_t len, void *data),
				 void *data)
{
	const struct vmcore_dump *dump = &vmcore_dump;
	const struct vmcore_extent *extent;
	u64 phys, len;

	if (vmcore_memmap_phys(memmap, pfn, &phys))
		return 0;
	extent = vmcore_extent_find(dump->extents, dump->nr_extents, phys);
	if (!extent)
		return 0;
	len = min3(nr * sizeof(struct page), extent->end - phys,
		   memmap->leaf.end - vmcore_memmap_at(memmap, pfn));
	len = before_refused(phys, len);
	return len ? vmcore_oldmem_look(phys, len, dump->encrypted, look,
					data) : 0;
}

/**
 * vmcore_memmap_find() - find the memory map of the crashed kernel
 * @dump: with its notes
 *
 * Return: NULL, or why it can't be found
 */
const char *vmcore_memmap_find(const struct vmcore_dump *dump)
{
	const char *info = vmcore_oldinfo_find(&dump->notes);

	if (!info)
		return "the dump has no vmcoreinfo";
	if (!vmcore_oldinfo_is_same_build(info, vmcoreinfo_data))
		return "it is another kernel than this one (BUILD-ID in vmcoreinfo)";
	if (!oldmem_tables(info, &old.tables))
		return "its page tables can't be found in vmcoreinfo";
	if (!oldmem_info_number(info, ROOT_NAME, &old.root))
		return "its memory map can't be found in vmcoreinfo";
	if (!oldmem_info_number(info, "SYMBOL(_stext)", &old.text)) {
		old.text = 0;
		if (IS_ENABLED(CONFIG_FLATMEM))
			return "vmcoreinfo does not tell where it was";
		pr_info("free pages on lists of CPUs are not left out: vmcoreinfo does not tell where the kernel was\n");
	}
	return NULL;
}

bool __weak oldmem_tables(const char *info, struct oldmem_tables *tables)
{
	return false;
}
