// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which pages of a crashed kernel are worth having.
 *
 * This kernel is the same build, so a struct page of the crashed one is its
 * own. It may have been damaged before or by the crash: a page is of a class
 * that can be left out only if several fields agree that it is, and else it
 * stays.
 *
 * What a struct page does not tell stays too. That is what belongs to the
 * kernel: its image, per-CPU areas, stacks, vmalloc, page tables, slab, the
 * pages that drivers have.
 */

#include <linux/align.h>
#include <linux/bits.h>
#include <linux/mm.h>
#include <linux/mm_types.h>
#include <linux/mmzone.h>
#include <linux/page-flags.h>
#include <linux/pgtable.h>

#include "vmcore_class.h"

/*
 * The table of classes.
 *
 * kernel: what a dump is for. Among it are
 *	- slab, page tables, vmalloc, per-CPU areas, kernel stacks, whatever
 *	  else was allocated and not told to be something;
 *	- guard pages of debug_pagealloc, zbud and z3fold of zswap: not to be
 *	  told apart from other pages, or too few.
 * strange, no_page: where the memory map is damaged its pages are evidence.
 * cache, cache_private: contents of files, most of which are on a disk too;
 *	also tmpfs and shared memory, which are not. Private data is that of
 *	filesystems: buffer heads, and what some of them write. The line is where
 *	makedumpfile draws it.
 * user: anonymous memory, in transparent huge pages too, hugetlb pages, KSM,
 *	whether locked or about to be swapped out; and zsmalloc's, which holds
 *	compressed user pages for zswap and zram. hugetlb pages that wait for
 *	a user hold stale user data.
 * free: in the buddy allocator.
 * free_pcp: on a list of a CPU. Nothing in a struct page tells such a page from
 *	one whose owner counts references elsewhere, so vmcore_classify() takes it
 *	for the kernel's: it is found by the list, see vmcore_pcplists.c.
 * offline: in a balloon, unplugged in part or not online: the hypervisor may
 *	have taken it away. Not accepted yet: to read is an error that ends the
 *	machine.
 * poisoned: to read it is a machine check. Of a hugetlb page nobody knows which
 *	part has failed, so all of it.
 */
const struct vmcore_class_row vmcore_classes[VMCORE_NR_CLASSES] = {
	[VMCORE_KERNEL] = { "kernel" },
	[VMCORE_STRANGE] = { "strange" },
	[VMCORE_NO_PAGE] = { "no_page" },
	/* Level 4 leaves out both kinds, as it does with makedumpfile. */
	[VMCORE_CACHE] = {
		"cache", VMCORE_LEVEL_CACHE | VMCORE_LEVEL_CACHE_PRIVATE },
	[VMCORE_CACHE_PRIVATE] = {
		"cache_private", VMCORE_LEVEL_CACHE_PRIVATE },
	[VMCORE_USER] = { "user", VMCORE_LEVEL_USER },
	[VMCORE_FREE] = { "free", VMCORE_LEVEL_FREE },
	[VMCORE_FREE_PCP] = { "free_pcp", VMCORE_LEVEL_FREE },
	[VMCORE_OFFLINE] = { "offline", .untouchable = true },
	[VMCORE_POISONED] = { "poisoned", .untouchable = true },
};

/* The largest compound page: hugetlb's, what a PUD maps */
#define BLOCK_ORDER_MAX							\
	(PUD_SHIFT - PAGE_SHIFT > MAX_PAGE_ORDER ?			\
	 PUD_SHIFT - PAGE_SHIFT : MAX_PAGE_ORDER)

/* Flags have the lowest of the bits that do not say where a page is. */
#define FLAGS_WIDTH							\
	(BITS_PER_LONG - SECTIONS_WIDTH - NODES_WIDTH - ZONES_WIDTH -	\
	 LAST_CPUPID_WIDTH - KASAN_TAG_WIDTH - LRU_GEN_WIDTH - LRU_REFS_WIDTH)
#define NO_FLAGS							\
	(~0UL >> (BITS_PER_LONG - FLAGS_WIDTH) & ~((1UL << __NR_PAGEFLAGS) - 1))

#ifdef CONFIG_MEMORY_FAILURE
#define FAILED_FLAG	BIT(PG_hwpoison)
#else
#define FAILED_FLAG	0UL
#endif

/* Flags that none of a free block has but for its first page */
#define NOT_FREE_FLAGS							\
	(PAGE_FLAGS_CHECK_AT_FREE | BIT(PG_head) | FAILED_FLAG | NO_FLAGS)

static bool has_flag(const struct page *page, enum pageflags flag)
{
	return test_bit(flag, &page->flags);
}

static bool has_stray_flags(const struct page *page)
{
	return page->flags & NO_FLAGS;
}

/* Of copies, so none of the kernel's own, which look at other pages as well */
static bool is_poisoned(const struct page *page)
{
	return page->flags & FAILED_FLAG;
}

static bool is_tail(const struct page *page)
{
	return page->compound_head & 1;
}

static int refcount(const struct page *page)
{
	return atomic_read(&page->_refcount);
}

static unsigned int type_of(const struct page *page)
{
	return page->page_type >> 24;
}

/* A type whose owner does not use the rest of the word */
static bool is_just(const struct page *page, enum pagetype type)
{
	return page->page_type == (unsigned int)type << 24;
}

static bool is_typed(const struct page *page)
{
	return page_type_has_type(page->page_type);
}

/* An address that the kernel may have an object at */
static bool is_pointer(unsigned long addr)
{
	unsigned long lowest = IS_ENABLED(CONFIG_64BIT) ?
			       1UL << (BITS_PER_LONG - 1) : PAGE_OFFSET;

	return addr >= lowest && IS_ALIGNED(addr, sizeof(void *));
}

static bool is_listed(const struct page *page)
{
	return is_pointer((unsigned long)page->lru.next) &&
	       is_pointer((unsigned long)page->lru.prev);
}

/* Memory of files or of processes: a page by itself, or the head of some */
static enum vmcore_class mapped_class(const struct page *page)
{
	unsigned long mapping = (unsigned long)page->mapping;
	unsigned long kind = mapping & PAGE_MAPPING_FLAGS;

	if (!mapping || kind == PAGE_MAPPING_MOVABLE)
		return VMCORE_KERNEL;
	if (!is_pointer(mapping - kind))
		return VMCORE_STRANGE;
	if (refcount(page) <= 0 || has_flag(page, PG_reserved))
		return VMCORE_STRANGE;
	/* Nobody gets it before there is something in it. */
	if (kind & PAGE_MAPPING_ANON)
		return has_flag(page, PG_uptodate) ? VMCORE_USER :
						     VMCORE_KERNEL;
	/* Only the page cache has its pages on these lists. */
	if (!has_flag(page, PG_lru))
		return VMCORE_KERNEL;
	return page->flags & (1UL << PG_private | 1UL << PG_private_2) ?
	       VMCORE_CACHE_PRIVATE : VMCORE_CACHE;
}

/* Its owner has the page on a list, or can move it. */
static bool is_just_offline(const struct page *page)
{
	unsigned long mapping = (unsigned long)page->mapping;

	return is_just(page, PGTY_offline) && !has_flag(page, PG_lru) &&
	       !has_flag(page, PG_head) &&
	       (!mapping || (mapping & PAGE_MAPPING_FLAGS) ==
			    PAGE_MAPPING_MOVABLE);
}

/* By types that stand for the page itself, or for all of a compound page */
static enum vmcore_class typed_class(const struct page *page)
{
	switch (type_of(page)) {
	case PGTY_slab:
	case PGTY_table:
	case PGTY_guard:
		return VMCORE_KERNEL;
	case PGTY_zsmalloc:
		return refcount(page) > 0 && is_pointer(page->private) ?
		       VMCORE_USER : VMCORE_STRANGE;
	case PGTY_hugetlb:
		if (!has_flag(page, PG_head))
			return VMCORE_STRANGE;
		return is_poisoned(page) ? VMCORE_POISONED : VMCORE_USER;
	case PGTY_offline:
		return is_just_offline(page) ? VMCORE_OFFLINE : VMCORE_STRANGE;
	default:
		return VMCORE_STRANGE;
	}
}

static enum vmcore_class plain_class(const struct page *page)
{
	if (page_zonenum(page) >= MAX_NR_ZONES || refcount(page) < 0)
		return VMCORE_STRANGE;
	if (is_zone_device_page(page))
		return VMCORE_KERNEL;
	return is_typed(page) ? typed_class(page) : mapped_class(page);
}

/*
 * A block of the buddy allocator, or one of the same size that was not
 * accepted yet.
 */
static enum vmcore_class free_begin(const struct page *page, unsigned long pfn,
				    struct vmcore_block *block)
{
	bool accepted = type_of(page) == PGTY_buddy;
	unsigned long order = accepted ? page->private : MAX_PAGE_ORDER;

	if (!is_just(page, type_of(page)) || order > MAX_PAGE_ORDER ||
	    !IS_ALIGNED(pfn, 1UL << order) || refcount(page) ||
	    page->flags & PAGE_FLAGS_CHECK_AT_FREE || !is_listed(page))
		return VMCORE_STRANGE;
	block->first = pfn;
	block->nr = 1UL << order;
	block->class = accepted ? VMCORE_FREE : VMCORE_OFFLINE;
	block->compound = false;
	return block->class;
}

/* The others of a free block have nothing to tell, and nobody has them. */
static bool is_free_rest(const struct page *page)
{
	return page->page_type == UINT_MAX && !refcount(page) &&
	       !is_tail(page) && !(page->flags & NOT_FREE_FLAGS);
}

/**
 * vmcore_compound_head() - what compound page do two struct pages begin?
 * @pages: copies of the two
 * @nr:    of how many pages it is
 *
 * Return: where the crashed kernel had the first struct page, as the second one
 *         says; 0 if they begin none
 */
unsigned long vmcore_compound_head(const struct page *pages, unsigned long *nr)
{
	/* In the flags of the second page */
	unsigned long order = pages[1].flags & 0xff;

	*nr = 0;
	if (has_stray_flags(pages) || !has_flag(pages, PG_head) ||
	    is_tail(pages) || !is_tail(pages + 1) || !order ||
	    order > BLOCK_ORDER_MAX)
		return 0;
	*nr = 1UL << order;
	return pages[1].compound_head - 1;
}

static enum vmcore_class compound_begin(const struct page *pages,
					unsigned long pfn, unsigned long at,
					struct vmcore_block *block)
{
	unsigned long nr;

	if (vmcore_compound_head(pages, &nr) != at || !IS_ALIGNED(pfn, nr))
		return VMCORE_STRANGE;
	block->first = pfn;
	block->nr = nr;
	block->head = at;
	block->class = plain_class(pages);
	block->compound = true;
	return block->class;
}

static enum vmcore_class page_class(const struct page *page, unsigned long pfn,
				    unsigned long at,
				    struct vmcore_block *block)
{
	if (has_stray_flags(page))
		return VMCORE_STRANGE;
	if (type_of(page) == PGTY_buddy || type_of(page) == PGTY_unaccepted)
		return free_begin(page, pfn, block);
	if (!has_flag(page, PG_head))
		return plain_class(page);
	/* The first of at least two, so the second is known too. */
	return pfn & 1 ? VMCORE_STRANGE :
			 compound_begin(page, pfn, at, block);
}

static bool block_holds(const struct vmcore_block *block, unsigned long pfn)
{
	return pfn - block->first < block->nr;
}

/*
 * The head that a struct page points to, or 0 if it is no tail. Most of those
 * of a hugetlb page may be the same few over and over, the head among them,
 * and then the next one tells that it is not the head.
 */
static unsigned long head_of(const struct page *page, unsigned long pfn,
			     unsigned long at)
{
	unsigned long head;

	if (is_tail(page))
		return page->compound_head - 1;
	if (!has_flag(page, PG_head) || pfn & 1 || !is_tail(page + 1))
		return 0;
	head = page[1].compound_head - 1;
	return head < at ? head : 0;
}

/* A compound page that began before anybody looked. */
static void block_find(struct vmcore_page_walk *walk, unsigned long pfn,
		       unsigned long at, unsigned long head)
{
	unsigned long back = at - head;
	struct page pages[2];

	walk->block.nr = 0;
	if (head >= at || back % sizeof(struct page))
		return;
	back /= sizeof(struct page);
	if (back > pfn || back >= 1UL << BLOCK_ORDER_MAX || (pfn - back) & 1 ||
	    walk->read(walk, pages, pfn - back, 2, head))
		return;
	if (!is_tail(&pages[0]) && has_flag(&pages[0], PG_head) &&
	    !has_stray_flags(&pages[0]))
		compound_begin(pages, pfn - back, head, &walk->block);
}

static enum vmcore_class tail_class(struct vmcore_page_walk *walk,
				    unsigned long pfn, unsigned long at,
				    unsigned long head)
{
	struct vmcore_block *block = &walk->block;

	if (!(block_holds(block, pfn) && block->compound &&
	      block->head == head))
		block_find(walk, pfn, at, head);
	return block_holds(block, pfn) ? block->class : VMCORE_STRANGE;
}

/* Does a copy of its struct page say that a page has failed, and make sense? */
bool vmcore_page_has_failed(const struct page *page)
{
	return is_poisoned(page) && !has_stray_flags(page);
}

/*
 * May there be struct pages in it? Not if it is free, nor if files or processes
 * have it. If its struct page makes no sense, why not?
 */
bool vmcore_page_may_hold_pages(const struct page *page)
{
	if (has_stray_flags(page))
		return true;
	return !is_poisoned(page) && !has_flag(page, PG_lru) &&
	       !is_just(page, PGTY_buddy);
}

/* Does nothing in its struct page say that somebody has it? */
bool vmcore_page_may_be_free(const struct page *page)
{
	return is_free_rest(page) && !page->mapping;
}

/**
 * vmcore_page_is_reserved() - has nobody ever had a page?
 * @page: a copy of its struct page
 * @at:   where the crashed kernel should have had that
 *
 * It was never on a list, so the head of one in it still leads to itself, and
 * says that it is the struct page that it should be.
 */
bool vmcore_page_is_reserved(const struct page *page, unsigned long at)
{
	unsigned long list = at + offsetof(struct page, lru);

	return has_flag(page, PG_reserved) && !has_stray_flags(page) &&
	       (unsigned long)page->lru.next == list &&
	       (unsigned long)page->lru.prev == list;
}

/**
 * vmcore_free_rest() - how many pages are the rest of a free block?
 * @walk: as for vmcore_classify(), which says the same of each of them
 * @page: a struct page and those behind it; each is looked at once, so they may
 *        be where the crashed kernel had them
 * @pfn:  page frame number
 * @end:  of the first page that is not among them
 *
 * Return: pages from @pfn on, of the class of the block; 0 if it is in none
 */
unsigned long vmcore_free_rest(const struct vmcore_page_walk *walk,
			       const struct page *page, unsigned long pfn,
			       unsigned long end)
{
	const struct vmcore_block *block = &walk->block;
	unsigned long nr = 0;

	if (block->compound || !block_holds(block, pfn) || pfn == block->first)
		return 0;
	end = min(end, block->first + block->nr);
	while (pfn + nr < end && is_free_rest(&page[nr]))
		nr++;
	return nr;
}

/**
 * vmcore_classify() - what is a page for?
 * @walk: pages are asked about in order
 * @page: a copy of its struct page, and behind it of the next one if @pfn is
 *        even
 * @pfn:  page frame number
 * @at:   where the crashed kernel had that struct page
 *
 * Return: the class. A page that seems to be part of a block which knows
 *         nothing of it is strange.
 */
enum vmcore_class vmcore_classify(struct vmcore_page_walk *walk,
				  const struct page *page, unsigned long pfn,
				  unsigned long at)
{
	struct vmcore_block *block = &walk->block;
	bool inside = block_holds(block, pfn) && pfn != block->first;
	unsigned long head;

	if (is_poisoned(page))
		return vmcore_page_has_failed(page) ? VMCORE_POISONED :
						      VMCORE_STRANGE;
	if (inside && !block->compound) {
		if (is_free_rest(page))
			return block->class;
		/* Its first page lies, and what follows may be this one's. */
		block->nr = 0;
		inside = false;
	}

	head = head_of(page, pfn, at);
	if (head)
		return tail_class(walk, pfn, at, head);
	if (inside)
		return VMCORE_STRANGE;
	return page_class(page, pfn, at, block);
}
