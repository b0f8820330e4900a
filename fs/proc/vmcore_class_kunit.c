// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the classes of pages (vmcore_class.c): struct pages as the kernel
 * makes them, and as nobody does.
 */

#include <kunit/test.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/prandom.h>
#include <linux/string.h>

#include "vmcore_class.h"

/* Where kernels have objects */
#ifdef CONFIG_64BIT
#define KERNEL_SPACE	(1UL << (BITS_PER_LONG - 1))
#else
#define KERNEL_SPACE	PAGE_OFFSET
#endif

#define AT		(KERNEL_SPACE + 0x100000)
#define POINTER		(KERNEL_SPACE + 0x4000)
#define FLAG(name)	(1UL << PG_##name)
#define TYPE(type)	((unsigned int)PGTY_##type << 24)

/* Where the crashed kernel had a struct page */
static unsigned long at_of(unsigned long pfn)
{
	return AT + pfn * sizeof(struct page);
}

static void page_set(struct page *page, unsigned long flags,
		     unsigned long mapping, unsigned int type, int count)
{
	memset(page, 0, sizeof(*page));
	page->flags = flags;
	page->mapping = (struct address_space *)mapping;
	page->lru.next = (struct list_head *)POINTER;
	page->lru.prev = (struct list_head *)POINTER;
	page->page_type = type;
	atomic_set(&page->_refcount, count);
}

static const struct single_case {
	const char *name;
	unsigned long flags;
	unsigned long mapping;
	unsigned int type;
	int count;
	enum vmcore_class want;
} single_cases[] = {
	{ "allocated", 0, 0, -1, 1, VMCORE_KERNEL },
	{ "nobody's", 0, 0, -1, 0, VMCORE_KERNEL },
	{ "reserved", FLAG(reserved), 0, -1, 1, VMCORE_KERNEL },
	{ "anonymous", FLAG(lru) | FLAG(uptodate), POINTER | 1, -1, 1, VMCORE_USER },
	{ "anonymous, on its way", FLAG(uptodate), POINTER | 1, -1, 1, VMCORE_USER },
	{ "anonymous, mapped", FLAG(lru) | FLAG(uptodate), POINTER | 1, 3, 4, VMCORE_USER },
	{ "KSM", FLAG(lru) | FLAG(uptodate), POINTER | 3, 0, 1, VMCORE_USER },
	{ "movable", 0, POINTER | 2, -1, 1, VMCORE_KERNEL },
	{ "anonymous, but free", FLAG(lru), POINTER | 1, -1, 0, VMCORE_STRANGE },
	{ "anonymous, but reserved", FLAG(reserved), POINTER | 1, -1, 1,
	  VMCORE_STRANGE },
	{ "anonymous in user space", FLAG(lru), 0x4001, -1, 1, VMCORE_STRANGE },
	{ "cache", FLAG(lru), POINTER, -1, 2, VMCORE_CACHE },
	{ "cache with buffers", FLAG(lru) | FLAG(private), POINTER, -1, 2,
	  VMCORE_CACHE_PRIVATE },
	{ "cache of fscache", FLAG(lru) | FLAG(private_2), POINTER, -1, 2,
	  VMCORE_CACHE_PRIVATE },
	{ "cache, truncated", FLAG(lru), 0, -1, 1, VMCORE_KERNEL },
	{ "a driver's mapping", 0, POINTER, -1, 1, VMCORE_KERNEL },
	{ "a mapping that is none", FLAG(lru), POINTER + 4, -1, 1,
	  sizeof(long) == 8 ? VMCORE_STRANGE : VMCORE_CACHE },
	{ "slab", 0, 0, TYPE(slab), 1, VMCORE_KERNEL },
	{ "page table", 0, POINTER, TYPE(table), 1, VMCORE_KERNEL },
	{ "guard", 0, 0, TYPE(guard), 0, VMCORE_KERNEL },
	{ "zsmalloc, without its owner", 0, 0, TYPE(zsmalloc) | 17, 1,
	  VMCORE_STRANGE },
	{ "anonymous, but nothing in it", FLAG(lru), POINTER | 1, -1, 1,
	  VMCORE_KERNEL },
	{ "offline, but somebody's", 0, POINTER, TYPE(offline), 1,
	  VMCORE_STRANGE },
	{ "hugetlb, but small", 0, 0, TYPE(hugetlb), 1, VMCORE_STRANGE },
	{ "offline", 0, 0, TYPE(offline), 1, VMCORE_OFFLINE },
	{ "balloon", 0, POINTER | 2, TYPE(offline), 1, VMCORE_OFFLINE },
	{ "offline, but in use", FLAG(lru), POINTER | 1, TYPE(offline), 1,
	  VMCORE_STRANGE },
	{ "offline, and something", 0, 0, TYPE(offline) | 1, 1, VMCORE_STRANGE },
	{ "no such type", 0, 0, 0xf8000000, 1, VMCORE_STRANGE },
	{ "mapped too often", 0, 0, 0x90000000, 1, VMCORE_STRANGE },
	{ "count below zero", 0, 0, -1, -5, VMCORE_STRANGE },
	{ "free", 0, 0, TYPE(buddy), 0, VMCORE_FREE },
	{ "free, but in use", 0, 0, TYPE(buddy), 1, VMCORE_STRANGE },
	{ "free, but on a list", FLAG(lru), 0, TYPE(buddy), 0, VMCORE_STRANGE },
	{ "free, and something", 0, 0, TYPE(buddy) | 1, 0, VMCORE_STRANGE },
#ifdef CONFIG_MEMORY_FAILURE
	{ "poisoned", FLAG(hwpoison), 0, -1, 1, VMCORE_POISONED },
	{ "poisoned cache", FLAG(hwpoison) | FLAG(lru), POINTER, -1, 2,
	  VMCORE_POISONED },
#endif
};

static void class_single_test(struct kunit *test)
{
	const struct single_case *row = test->param_value;
	struct vmcore_page_walk walk = { };
	struct page pages[2] = { };

	page_set(&pages[0], row->flags, row->mapping, row->type, row->count);
	KUNIT_EXPECT_EQ(test, row->want,
			vmcore_classify(&walk, pages, 4, at_of(4)));
	KUNIT_EXPECT_EQ(test, row->want,
			vmcore_classify(&walk, pages, 7, at_of(7)));
}

KUNIT_ARRAY_PARAM_DESC(single, single_cases, name);

/* The memory map of a small machine */
#define NR_PAGES	64

struct class_fixture {
	struct page pages[NR_PAGES + 1];
	struct vmcore_page_walk walk;
};

static int class_read(struct vmcore_page_walk *walk, struct page *pages,
		      unsigned long pfn, unsigned long nr, unsigned long at)
{
	struct class_fixture *f = container_of(walk, struct class_fixture, walk);

	if (pfn + nr > NR_PAGES || at != at_of(pfn))
		return -EFAULT;
	memcpy(pages, &f->pages[pfn], nr * sizeof(*pages));
	return 0;
}

static int class_init(struct kunit *test)
{
	struct class_fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, f);
	for (i = 0; i < NR_PAGES; i++)
		page_set(&f->pages[i], 0, 0, -1, 1);
	f->walk.read = class_read;
	test->priv = f;
	return 0;
}

static void expect_class(struct kunit *test, unsigned long pfn,
			 enum vmcore_class want)
{
	struct class_fixture *f = test->priv;

	KUNIT_EXPECT_EQ_MSG(test, want,
			    vmcore_classify(&f->walk, &f->pages[pfn], pfn,
					    at_of(pfn)),
			    "page %lu", pfn);
}

static void free_make(struct class_fixture *f, unsigned int first,
		      unsigned int order)
{
	unsigned int i;

	for (i = first; i < first + (1U << order); i++)
		page_set(&f->pages[i], 0, 0, -1, 0);
	f->pages[first].page_type = TYPE(buddy);
	f->pages[first].private = order;
}

static void class_free_test(struct kunit *test)
{
	struct class_fixture *f = test->priv;
	unsigned int i;

	free_make(f, 8, 3);
	for (i = 8; i < 16; i++)
		expect_class(test, i, VMCORE_FREE);
	expect_class(test, 16, VMCORE_KERNEL);

	/* Somebody has this one, whatever the head says, and maybe what follows. */
	atomic_set(&f->pages[11]._refcount, 1);
	for (i = 8; i < 16; i++)
		expect_class(test, i, i < 11 ? VMCORE_FREE : VMCORE_KERNEL);

	/* All at once */
	expect_class(test, 8, VMCORE_FREE);
	KUNIT_EXPECT_EQ(test, 0, vmcore_free_rest(&f->walk, &f->pages[8], 8, 16));
	KUNIT_EXPECT_EQ(test, 2, vmcore_free_rest(&f->walk, &f->pages[9], 9, 16));
	KUNIT_EXPECT_EQ(test, 0, vmcore_free_rest(&f->walk, &f->pages[11], 11,
						  16));
	KUNIT_EXPECT_EQ(test, 4, vmcore_free_rest(&f->walk, &f->pages[12], 12,
						  64));

	/* Neither where no such block can begin, nor of no such size */
	f->pages[8].private = 4;
	expect_class(test, 8, VMCORE_STRANGE);
	f->pages[8].private = MAX_PAGE_ORDER + 1;
	expect_class(test, 8, VMCORE_STRANGE);
}

static void compound_make(struct class_fixture *f, unsigned int first,
			  unsigned int order, unsigned long mapping,
			  unsigned int type)
{
	unsigned int i;

	page_set(&f->pages[first], FLAG(head) | FLAG(lru) | FLAG(uptodate),
		 mapping, type, 1);
	for (i = first + 1; i < first + (1U << order); i++) {
		page_set(&f->pages[i], 0, 0, -1, 0);
		f->pages[i].compound_head = at_of(first) | 1;
	}
	f->pages[first + 1].flags = order;
}

static void class_compound_test(struct kunit *test)
{
	struct class_fixture *f = test->priv;
	unsigned int i;

	compound_make(f, 16, 4, POINTER | 1, -1);
	for (i = 16; i < 32; i++)
		expect_class(test, i, VMCORE_USER);
	/* From the middle: the head is looked for. */
	f->walk.block = (struct vmcore_block) { };
	expect_class(test, 21, VMCORE_USER);

	/* Tails of nobody */
	f->walk.block = (struct vmcore_block) { };
	f->pages[40].compound_head = at_of(16) | 1;
	expect_class(test, 40, VMCORE_STRANGE);
	f->pages[40].compound_head = at_of(41) | 1;
	expect_class(test, 40, VMCORE_STRANGE);
	f->pages[40].compound_head = (at_of(38) + 8) | 1;
	expect_class(test, 40, VMCORE_STRANGE);
	f->pages[40].compound_head = at_of(38) | 1;
	expect_class(test, 40, VMCORE_STRANGE);

	/* A page of the block that is none of its tails */
	expect_class(test, 16, VMCORE_USER);
	page_set(&f->pages[20], 0, 0, -1, 1);
	expect_class(test, 20, VMCORE_STRANGE);
	expect_class(test, 22, VMCORE_USER);

	/* Heads of what can't be */
	f->walk.block = (struct vmcore_block) { };
	f->pages[17].flags = 5;
	expect_class(test, 16, VMCORE_STRANGE);
	f->pages[17].flags = 0;
	expect_class(test, 16, VMCORE_STRANGE);
	f->pages[17].flags = 4;
	f->pages[17].compound_head = at_of(18) | 1;
	expect_class(test, 16, VMCORE_STRANGE);
}

/* Most struct pages of a hugetlb page may be its first ones, again and again */
static void class_hugetlb_test(struct kunit *test)
{
	struct class_fixture *f = test->priv;
	unsigned int i;

	compound_make(f, 0, 6, 0, TYPE(hugetlb));
	for (i = 16; i < 64; i += 16)
		memcpy(&f->pages[i], &f->pages[0], 16 * sizeof(struct page));
	for (i = 0; i < 64; i++)
		expect_class(test, i, VMCORE_USER);
	f->walk.block = (struct vmcore_block) { };
	expect_class(test, 32, VMCORE_USER);
}

#ifdef CONFIG_MEMORY_FAILURE
/* Of one that has failed nobody knows where. */
static void class_hugetlb_poisoned_test(struct kunit *test)
{
	struct class_fixture *f = test->priv;
	unsigned int i;

	compound_make(f, 0, 6, 0, TYPE(hugetlb));
	f->pages[0].flags |= FLAG(hwpoison);
	for (i = 0; i < 16; i++)
		expect_class(test, i, VMCORE_POISONED);
}
#endif

/* Nothing can be made of random bytes, and what is, is mostly strange. */
static void class_random_test(struct kunit *test)
{
	struct class_fixture *f = test->priv;
	unsigned int round, i, left_out = 0;
	struct rnd_state state;

	prandom_seed_state(&state, 7);
	for (round = 0; round < 500; round++) {
		prandom_bytes_state(&state, f->pages, sizeof(f->pages));
		f->walk.block = (struct vmcore_block) { };
		for (i = 0; i < NR_PAGES; i++) {
			enum vmcore_class class =
				vmcore_classify(&f->walk, &f->pages[i], i,
						at_of(i));

			KUNIT_ASSERT_LT(test, class, VMCORE_NR_CLASSES);
			left_out += vmcore_class_is_out(class, VMCORE_LEVEL_MAX);
		}
	}
	KUNIT_EXPECT_LT(test, left_out, round * NR_PAGES / 100);
}

static void class_zsmalloc_test(struct kunit *test)
{
	struct class_fixture *f = test->priv;

	page_set(&f->pages[3], 0, 0, TYPE(zsmalloc) | 17, 1);
	f->pages[3].private = POINTER;
	expect_class(test, 3, VMCORE_USER);
}

/* Only where it is what it should be is its list empty. */
static void class_reserved_test(struct kunit *test)
{
	struct page page = { };
	unsigned long at = (unsigned long)&page;

	INIT_LIST_HEAD(&page.lru);
	KUNIT_EXPECT_FALSE(test, vmcore_page_is_reserved(&page, at));
	__set_bit(PG_reserved, &page.flags);
	KUNIT_EXPECT_TRUE(test, vmcore_page_is_reserved(&page, at));
	KUNIT_EXPECT_FALSE(test, vmcore_page_is_reserved(&page, at +
							 sizeof(page)));
	page.lru.prev = NULL;
	KUNIT_EXPECT_FALSE(test, vmcore_page_is_reserved(&page, at));
}

/* Every bit set, as where something has written ones */
static void class_ones_test(struct kunit *test)
{
	struct class_fixture *f = test->priv;

	memset(&f->pages[4], 0xff, 2 * sizeof(struct page));
	expect_class(test, 4, VMCORE_STRANGE);
	expect_class(test, 5, VMCORE_STRANGE);
}

static void class_levels_test(struct kunit *test)
{
	unsigned int class, level;

	for (class = 0; class < VMCORE_NR_CLASSES; class++) {
		KUNIT_EXPECT_NOT_NULL(test, vmcore_classes[class].name);
		KUNIT_EXPECT_EQ(test, vmcore_class_is_out(class, 0),
				class == VMCORE_OFFLINE ||
				class == VMCORE_POISONED);
	}
	for (level = 0; level <= VMCORE_LEVEL_MAX; level++) {
		KUNIT_EXPECT_FALSE(test, vmcore_class_is_out(VMCORE_KERNEL, level));
		KUNIT_EXPECT_FALSE(test, vmcore_class_is_out(VMCORE_STRANGE,
							     level));
		KUNIT_EXPECT_FALSE(test, vmcore_class_is_out(VMCORE_NO_PAGE,
							     level));
		KUNIT_EXPECT_EQ(test, vmcore_class_is_out(VMCORE_CACHE, level),
				!!(level & 6));
		KUNIT_EXPECT_EQ(test,
				vmcore_class_is_out(VMCORE_CACHE_PRIVATE, level),
				!!(level & 4));
	}
}

static struct kunit_case class_cases[] = {
	KUNIT_CASE_PARAM(class_single_test, single_gen_params),
	KUNIT_CASE(class_free_test),
	KUNIT_CASE(class_compound_test),
	KUNIT_CASE(class_hugetlb_test),
#ifdef CONFIG_MEMORY_FAILURE
	KUNIT_CASE(class_hugetlb_poisoned_test),
#endif
	KUNIT_CASE(class_zsmalloc_test),
	KUNIT_CASE(class_reserved_test),
	KUNIT_CASE(class_ones_test),
	KUNIT_CASE(class_random_test),
	KUNIT_CASE(class_levels_test),
	{ }
};

static struct kunit_suite class_suite = {
	.name = "vmcore_class",
	.init = class_init,
	.test_cases = class_cases,
};

kunit_test_suite(class_suite);
