// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the pure parts of the dump filter: page tables (vmcore_tables.c),
 * sets of frames (vmcore_frames.c), the set of pages that are left out
 * (vmcore_holes.c), the classes of pages (vmcore_class.c) and the lists of CPUs
 * (vmcore_pcplists.c).
 */

#include <kunit/test.h>
#include <linux/bitmap.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/pfn.h>
#include <linux/prandom.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "vmcore_class.h"
#include "vmcore_frames.h"
#include "vmcore_holes.h"
#include "vmcore_pcplists.h"
#include "vmcore_tables.h"

#define P		((u64)PAGE_SIZE)
#define CHUNK		VMCORE_CHUNK_PAGES

/*
 * Page tables
 */

#define PRESENT		1ULL
#define LARGE		0x80ULL
#define NX		BIT_ULL(63)
#define FRAME		0x000ffffffffff000ULL

/* Four pages of old memory: a table of each level */
static u64 tables_memory[4][512];

static int tables_read(void *buf, u64 len, u64 addr)
{
	if (addr + len > sizeof(tables_memory))
		return -EIO;
	memcpy(buf, (u8 *)tables_memory + addr, len);
	return 0;
}

static const struct oldmem_tables four_levels = {
	.root = 0,
	.frame = FRAME,
	.present = PRESENT,
	.large = LARGE,
	.entry_size = 8,
	.nr_levels = 4,
	.levels = {
		{ 12, 9, false }, { 21, 9, true }, { 30, 9, true },
		{ 39, 9, false },
	},
};

static const struct walk_case {
	const char *name;
	u64 entries[4];		/* of the top table first */
	int want;
	u64 phys;		/* of ADDR */
	u64 size;		/* of its page */
} walk_cases[] = {
#define ADDR		0xffff888012345678ULL
	{ "small", { 0x1001, 0x2001, 0x3001, 0xabc001 | NX }, 0,
	  0xabc678, 0x1000 },
	{ "large", { 0x1001, 0x2001, 0x40000081ULL, 0 }, 0,
	  0x40145678, 0x200000 },
	{ "huge", { 0x1001, 0x1c0000081ULL, 0, 0 }, 0,
	  0x1d2345678ULL, 0x40000000 },
	{ "low bits of a large frame", { 0x1001, 0x2001, 0x40001081ULL, 0 }, 0,
	  0x40145678, 0x200000 },
	{ "large means nothing at the top", { 0x1081, 0x2001, 0x3001, 0xabc001 },
	  0, 0xabc678, 0x1000 },
	{ "nor at the bottom", { 0x1001, 0x2001, 0x3001, 0xabc081 }, 0,
	  0xabc678, 0x1000 },
	{ "nothing at the top", { 0, 0, 0, 0 }, -EFAULT, 0, 0 },
	{ "nothing at the bottom", { 0x1001, 0x2001, 0x3001, 0xabc000 }, -EFAULT,
	  0, 0 },
	{ "table out of memory", { 0x1001, 0x7000001, 0, 0 }, -EIO, 0, 0 },
};

static void tables_walk_test(struct kunit *test)
{
	const struct walk_case *row = test->param_value;
	struct vmcore_leaf leaf = { };
	unsigned int i;

	memset(tables_memory, 0, sizeof(tables_memory));
	for (i = 0; i < 4; i++)
		tables_memory[i][ADDR >> (39 - 9 * i) & 511] = row->entries[i];
	KUNIT_ASSERT_EQ(test, row->want,
			vmcore_tables_walk(&four_levels, ADDR, tables_read,
					   &leaf));
	if (row->want)
		return;
	KUNIT_EXPECT_EQ(test, leaf.end - leaf.start, row->size);
	KUNIT_EXPECT_EQ(test, leaf.start, ADDR & ~(row->size - 1));
	KUNIT_EXPECT_EQ(test, leaf.phys + (ADDR - leaf.start), row->phys);
}

KUNIT_ARRAY_PARAM_DESC(walk, walk_cases, name);

/* Two levels of narrow entries, as i386 without PAE has them */
static void tables_narrow_test(struct kunit *test)
{
	static const struct oldmem_tables narrow = {
		.frame = 0xfffff000,
		.present = PRESENT,
		.large = LARGE,
		.entry_size = 4,
		.nr_levels = 2,
		.levels = { { 12, 10, false }, { 22, 10, true } },
	};
	u32 *top = (u32 *)tables_memory[0], *low = (u32 *)tables_memory[1];
	struct vmcore_leaf leaf = { };

	memset(tables_memory, 0, sizeof(tables_memory));
	top[0xc1234567 >> 22] = 0x1001;
	low[0xc1234567 >> 12 & 1023] = 0xfedcb001;
	KUNIT_ASSERT_EQ(test, 0, vmcore_tables_walk(&narrow, 0xc1234567,
						    tables_read, &leaf));
	KUNIT_EXPECT_EQ(test, leaf.phys, 0xfedcb000);
	KUNIT_EXPECT_EQ(test, leaf.end - leaf.start, 0x1000);
}

static struct kunit_case tables_cases[] = {
	KUNIT_CASE_PARAM(tables_walk_test, walk_gen_params),
	KUNIT_CASE(tables_narrow_test),
	{ }
};

static struct kunit_suite tables_suite = {
	.name = "vmcore_tables",
	.test_cases = tables_cases,
};

/*
 * Sets of frames
 */

static struct vmcore_frames frames;

static int frames_set_init(struct kunit *test)
{
	vmcore_frames_init(&frames, SZ_1M);
	return 0;
}

static void frames_set_exit(struct kunit *test)
{
	vmcore_frames_free(&frames);
}

static void expect_add(struct kunit *test, unsigned long pfn, unsigned long nr,
		       int want, unsigned long want_new)
{
	unsigned long nr_new;

	KUNIT_EXPECT_EQ(test, vmcore_frames_add(&frames, pfn, nr, &nr_new),
			want);
	KUNIT_EXPECT_EQ(test, nr_new, want_new);
}

static void frames_add_test(struct kunit *test)
{
	unsigned long pfn, far = (1UL << (BITS_PER_LONG - PAGE_SHIFT - 1)) + 5;

	KUNIT_EXPECT_FALSE(test, vmcore_frames_has(&frames, 10));
	/* From one run into the next but one */
	expect_add(test, 10, 2 * CHUNK, 0, 2 * CHUNK);
	for (pfn = 0; pfn < 3 * CHUNK; pfn++)
		KUNIT_ASSERT_EQ(test, vmcore_frames_has(&frames, pfn),
				pfn >= 10 && pfn < 2 * CHUNK + 10);
	expect_add(test, 0, 20, -EEXIST, 10);
	expect_add(test, 2 * CHUNK + 9, 1, -EEXIST, 0);
	expect_add(test, 2 * CHUNK + 10, 0, 0, 0);
	expect_add(test, 2 * CHUNK + 10, CHUNK, 0, CHUNK);
	expect_add(test, far, 1, 0, 1);
	KUNIT_EXPECT_TRUE(test, vmcore_frames_has(&frames, far));
	KUNIT_EXPECT_FALSE(test, vmcore_frames_has(&frames, far + 1));
}

/* What is found behind the end of a run is told of from the beginning on. */
static void frames_meet_test(struct kunit *test)
{
	expect_add(test, CHUNK + 7, 1, 0, 1);
	expect_add(test, CHUNK - 3, 20, -EEXIST, 10);
	KUNIT_EXPECT_TRUE(test, vmcore_frames_has(&frames, CHUNK + 6));
	KUNIT_EXPECT_FALSE(test, vmcore_frames_has(&frames, CHUNK + 8));
}

/* A set that may have two runs: a third one is refused, and what is in stays. */
static void frames_limit_test(struct kunit *test)
{
	vmcore_frames_init(&frames, 2 * 2 * CHUNK / BITS_PER_BYTE);
	expect_add(test, CHUNK - 1, 2, 0, 2);
	expect_add(test, 5 * CHUNK, 1, -ENOMEM, 0);
	expect_add(test, 2 * CHUNK - 1, 2, -ENOMEM, 1);
	expect_add(test, 0, CHUNK, -EEXIST, CHUNK - 1);
	KUNIT_EXPECT_TRUE(test, vmcore_frames_has(&frames, 2 * CHUNK - 1));
	KUNIT_EXPECT_FALSE(test, vmcore_frames_has(&frames, 2 * CHUNK));

	/* Empty again, it has room again. */
	vmcore_frames_free(&frames);
	expect_add(test, 5 * CHUNK, 1, 0, 1);
}

static struct kunit_case frames_cases[] = {
	KUNIT_CASE(frames_add_test),
	KUNIT_CASE(frames_meet_test),
	KUNIT_CASE(frames_limit_test),
	{ }
};

static struct kunit_suite frames_suite = {
	.name = "vmcore_frames",
	.init = frames_set_init,
	.exit = frames_set_exit,
	.test_cases = frames_cases,
};

/*
 * The set of pages
 */

/* From inside a chunk into a third one; alone in one; a chunk exactly */
static const struct vmcore_extent holes_extents[] = {
	{ 100 * P, (2 * CHUNK + 50) * P },
	{ (2 * CHUNK + 60) * P, (2 * CHUNK + 70) * P },
	{ 5 * CHUNK * P, 6 * CHUNK * P },
};

#define NR_EXTENTS	ARRAY_SIZE(holes_extents)

struct holes_fixture {
	u32 firsts[NR_EXTENTS + 1];
	struct vmcore_chunk chunks[8];
	struct vmcore_holes holes;
	struct vmcore_verdict verdict;
	struct vmcore_span span;
};

static int holes_init(struct kunit *test)
{
	struct holes_fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	f->holes = (struct vmcore_holes) {
		.extents = holes_extents,
		.nr_extents = NR_EXTENTS,
		.firsts = f->firsts,
		.chunks = f->chunks,
	};
	KUNIT_ASSERT_EQ(test, 5, vmcore_holes_count(holes_extents, NR_EXTENTS,
						    f->firsts));
	test->priv = f;
	return 0;
}

static void holes_span_test(struct kunit *test)
{
	static const struct vmcore_span want[] = {
		{ 0, 100, CHUNK }, { 1, CHUNK, 2 * CHUNK },
		{ 2, 2 * CHUNK, 2 * CHUNK + 50 },
		{ 3, 2 * CHUNK + 60, 2 * CHUNK + 70 },
		{ 4, 5 * CHUNK, 6 * CHUNK },
	};
	struct holes_fixture *f = test->priv;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(want); i++) {
		vmcore_holes_span(&f->holes, i, &f->span);
		KUNIT_EXPECT_EQ(test, f->span.index, i);
		KUNIT_EXPECT_EQ(test, f->span.first, want[i].first);
		KUNIT_EXPECT_EQ(test, f->span.end, want[i].end);
		KUNIT_EXPECT_PTR_EQ(test, &f->chunks[i],
				    vmcore_holes_chunk(&f->holes,
						       want[i].first * P));
	}
	KUNIT_EXPECT_NULL(test, vmcore_holes_chunk(&f->holes, 99 * P));
	KUNIT_EXPECT_NULL(test, vmcore_holes_chunk(&f->holes,
						   (2 * CHUNK + 55) * P));
}

/* Leave out some pages of the chunk at @index. */
static unsigned long set_out(struct kunit *test, u32 index, unsigned int first,
			     unsigned int nr, bool untouchable, bool memory)
{
	struct holes_fixture *f = test->priv;
	unsigned long *bits = NULL;

	memset(&f->verdict, 0, sizeof(f->verdict));
	bitmap_set(f->verdict.out, first, nr);
	if (untouchable)
		bitmap_set(f->verdict.untouchable, first, nr);
	vmcore_holes_span(&f->holes, index, &f->span);
	if (memory)
		bits = kunit_kzalloc(test, CHUNK / BITS_PER_BYTE, GFP_KERNEL);
	return vmcore_holes_set(&f->holes, &f->span, &f->verdict,
				vmcore_verdict_state(&f->verdict, &f->span),
				bits);
}

static void expect_run(struct kunit *test, unsigned long pfn, u64 len,
		       u64 want, bool want_out)
{
	struct holes_fixture *f = test->priv;
	bool out = !want_out;

	KUNIT_EXPECT_EQ_MSG(test, want,
			    vmcore_holes_run(&f->holes, pfn * P, len * P, &out) / P,
			    "from page %lu on", pfn);
	KUNIT_EXPECT_EQ_MSG(test, want_out, out, "page %lu", pfn);
}

static void holes_run_test(struct kunit *test)
{
	struct holes_fixture *f = test->priv;
	u64 whole = 10 * CHUNK;
	bool out;

	/* From the middle of a chunk to the middle of the one behind the next */
	set_out(test, 0, 200, CHUNK - 200, false, true);
	set_out(test, 1, 0, CHUNK, false, false);
	set_out(test, 2, 0, 10, false, true);
	set_out(test, 3, 60, 10, false, false);
	KUNIT_EXPECT_EQ(test, f->chunks[1].state, VMCORE_CHUNK_OUT);
	KUNIT_EXPECT_EQ(test, f->chunks[3].state, VMCORE_CHUNK_OUT);
	KUNIT_EXPECT_EQ(test, f->chunks[4].state, VMCORE_CHUNK_KEPT);

	expect_run(test, 100, whole, 100, false);
	expect_run(test, 150, 10, 10, false);
	expect_run(test, 200, whole, 2 * CHUNK - 200 + 10, true);
	expect_run(test, 300, 7, 7, true);
	expect_run(test, 2 * CHUNK + 10, whole, 40, false);
	expect_run(test, 2 * CHUNK + 60, whole, 10, true);
	expect_run(test, 5 * CHUNK, whole, CHUNK, false);
	/* In no extent */
	expect_run(test, 2 * CHUNK + 55, whole, whole, false);

	/* Not from the beginning of a page, and not whole ones */
	KUNIT_EXPECT_EQ(test, vmcore_holes_run(&f->holes, 199 * P + 10, 3 * P,
					       &out), P - 10);
	KUNIT_EXPECT_FALSE(test, out);
	KUNIT_EXPECT_EQ(test, vmcore_holes_run(&f->holes, 200 * P + 10, 5, &out),
			5);
	KUNIT_EXPECT_TRUE(test, out);
}

static void holes_touchable_test(struct kunit *test)
{
	struct holes_fixture *f = test->priv;

	set_out(test, 0, 200, 8, false, true);
	set_out(test, 1, 300, 1, true, true);
	KUNIT_EXPECT_TRUE(test, vmcore_holes_touchable(&f->holes, 100 * P,
						       CHUNK * P));
	KUNIT_EXPECT_TRUE(test, vmcore_holes_touchable(&f->holes, 100 * P,
						       (CHUNK + 300) * P));
	KUNIT_EXPECT_FALSE(test, vmcore_holes_touchable(&f->holes, 100 * P,
							(CHUNK + 301) * P));
	KUNIT_EXPECT_TRUE(test, vmcore_holes_touchable(&f->holes,
						       (CHUNK + 301) * P,
						       (2 * CHUNK + 50) * P));
}

/* Without memory: what is kept stays, unless it is next to what bites. */
static void holes_coarse_test(struct kunit *test)
{
	struct holes_fixture *f = test->priv;
	unsigned int run = VMCORE_COARSE_PAGES;

	KUNIT_EXPECT_EQ(test, 0, set_out(test, 1, 10, 2 * run, false, false));
	KUNIT_EXPECT_EQ(test, f->chunks[1].state, VMCORE_CHUNK_COARSE);
	expect_run(test, CHUNK, CHUNK, run, false);
	expect_run(test, CHUNK + run, CHUNK, run, true);
	expect_run(test, CHUNK + 2 * run, 10, 10, false);
	KUNIT_EXPECT_EQ(test, run, vmcore_chunk_weight(&f->chunks[1], &f->span));

	KUNIT_EXPECT_EQ(test, run - 1, set_out(test, 1, 5, 1, true, false));
	expect_run(test, CHUNK, CHUNK, run, true);
	KUNIT_EXPECT_FALSE(test, vmcore_holes_touchable(&f->holes,
							(CHUNK + 5) * P,
							(CHUNK + 6) * P));

	/* A span that begins inside such a run loses no more than it has. */
	KUNIT_EXPECT_EQ(test, run - 100 - 1,
			set_out(test, 0, 105, 1, true, false));
	expect_run(test, 100, CHUNK, run - 100, true);
	KUNIT_EXPECT_EQ(test, run - 100,
			vmcore_chunk_weight(&f->chunks[0], &f->span));
}

/* Whatever is set is what comes out, with a bitmap for each chunk. */
static void holes_random_test(struct kunit *test)
{
	struct holes_fixture *f = test->priv;
	struct rnd_state state;
	unsigned long pfn, end;
	unsigned int i;
	bool out;
	u64 run;

	prandom_seed_state(&state, 1);
	for (i = 0; i < 20; i++) {
		unsigned int first = prandom_u32_state(&state) % CHUNK;
		unsigned int nr = prandom_u32_state(&state) % (CHUNK - first);

		set_out(test, 1, first, nr, false, true);
		KUNIT_ASSERT_EQ(test, nr, vmcore_chunk_weight(&f->chunks[1],
							      &f->span));
		for (pfn = CHUNK; pfn < 2 * CHUNK; pfn = end) {
			run = vmcore_holes_run(&f->holes, pfn * P,
					       (2 * CHUNK - pfn) * P, &out);
			KUNIT_ASSERT_GE(test, run, P);
			for (end = pfn + run / P; pfn < end; pfn++)
				KUNIT_ASSERT_EQ(test, out,
						pfn - CHUNK - first < nr);
		}
	}
}

static struct kunit_case holes_cases[] = {
	KUNIT_CASE(holes_span_test),
	KUNIT_CASE(holes_run_test),
	KUNIT_CASE(holes_touchable_test),
	KUNIT_CASE(holes_coarse_test),
	KUNIT_CASE(holes_random_test),
	{ }
};

static struct kunit_suite holes_suite = {
	.name = "vmcore_holes",
	.init = holes_init,
	.test_cases = holes_cases,
};

/*
 * Classes
 */

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

/*
 * Lists of CPUs, in this kernel's memory
 */

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

kunit_test_suites(&tables_suite, &frames_suite, &holes_suite, &class_suite,
		  &pcp_suite);
