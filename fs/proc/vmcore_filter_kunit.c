// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of what the dump filter keeps in mind and goes by: page tables
 * (vmcore_tables.c), sets of frames (vmcore_frames.c) and the set of pages that
 * are left out (vmcore_holes.c).
 */

#include <kunit/test.h>
#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/prandom.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "vmcore_frames.h"
#include "vmcore_holes.h"
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

kunit_test_suites(&tables_suite, &frames_suite, &holes_suite);
