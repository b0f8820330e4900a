// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the load stage's pure parts: the rules for segments
 * (kexec_segment.c) and the placement of buffers (kexec_place.c).
 */

#include <kunit/test.h>
#include <linux/kexec.h>
#include <linux/mm.h>
#include <linux/sizes.h>

#include "kexec_segment.h"

#define P	PAGE_SIZE

/* Segment lists are written as address, room, contents; in bytes. */
#define SEG(_mem, _memsz, _bufsz) \
	{ .mem = (_mem), .memsz = (_memsz), .bufsz = (_bufsz) }

/* An ordinary image on a machine that starts 1 GiB, with 64 pages of RAM. */
static const struct kexec_segment_limits ordinary = {
	.dest_limit = SZ_1G,
	.max_pages = 32,
};

/* A crash image in 1 MiB at 16 MiB, on the same machine. */
static const struct kexec_segment_limits crash = {
	.dest_limit = SZ_1G,
	.max_pages = 32,
	.region_start = SZ_16M,
	.region_end = SZ_16M + SZ_1M - 1,
};

static const struct segment_case {
	const char *name;
	const struct kexec_segment_limits *limits;
	unsigned long nr;
	struct kexec_segment segments[3];
	enum kexec_segment_error want;
	unsigned long want_bad;
	int want_errno;
} segment_cases[] = {
	{ "nothing at all", &ordinary, 0 },
	{ "one page, full", &ordinary, 1, { SEG(SZ_1M, P, P) } },
	{ "one page, empty", &ordinary, 1, { SEG(SZ_1M, P, 0) } },
	{ "no room and no contents", &ordinary, 1, { SEG(SZ_1M, 0, 0) } },
	{ "neighbours touch", &ordinary, 2,
	  { SEG(SZ_1M + P, P, P), SEG(SZ_1M, P, P) } },
	{ "half of RAM in one", &ordinary, 1, { SEG(SZ_1M, 32 * P, 0) } },
	{ "last page below the limit", &ordinary, 1,
	  { SEG(SZ_1G - 2 * P, P, P) } },
	{ "all of the crash region", &crash, 1, { SEG(SZ_16M, SZ_1M, 0) } },

	{ "begins inside a page", &ordinary, 1, { SEG(SZ_1M + 1, P, P) },
	  KEXEC_SEGMENT_UNALIGNED, 0, -EADDRNOTAVAIL },
	{ "ends inside a page", &ordinary, 2,
	  { SEG(SZ_2M, P, P), SEG(SZ_1M, P + 1, P) },
	  KEXEC_SEGMENT_UNALIGNED, 1, -EADDRNOTAVAIL },
	{ "wraps around", &ordinary, 1, { SEG(-P, 2 * P, P) },
	  KEXEC_SEGMENT_WRAPS, 0, -EADDRNOTAVAIL },
	{ "size wraps around", &ordinary, 1, { SEG(SZ_1M, -P, P) },
	  KEXEC_SEGMENT_WRAPS, 0, -EADDRNOTAVAIL },
	{ "ends at the limit", &ordinary, 1, { SEG(SZ_1G - P, P, P) },
	  KEXEC_SEGMENT_TOO_HIGH, 0, -EADDRNOTAVAIL },
	{ "above the limit", &ordinary, 1, { SEG(SZ_2G, P, P) },
	  KEXEC_SEGMENT_TOO_HIGH, 0, -EADDRNOTAVAIL },

	{ "twice the same", &ordinary, 2,
	  { SEG(SZ_1M, P, P), SEG(SZ_1M, P, P) },
	  KEXEC_SEGMENT_OVERLAPS, 1, -EINVAL },
	{ "one inside another", &ordinary, 3,
	  { SEG(SZ_1M, 4 * P, P), SEG(SZ_2M, P, P), SEG(SZ_1M + P, P, P) },
	  KEXEC_SEGMENT_OVERLAPS, 2, -EINVAL },
	{ "overlap by one page", &ordinary, 2,
	  { SEG(SZ_1M + P, 2 * P, P), SEG(SZ_1M, 2 * P, P) },
	  KEXEC_SEGMENT_OVERLAPS, 1, -EINVAL },

	{ "more than fits", &ordinary, 1, { SEG(SZ_1M, P, P + 1) },
	  KEXEC_SEGMENT_BUFSZ, 0, -EINVAL },
	{ "contents without room", &ordinary, 1, { SEG(SZ_1M, 0, 1) },
	  KEXEC_SEGMENT_BUFSZ, 0, -EINVAL },

	{ "one over half of RAM", &ordinary, 1, { SEG(SZ_1M, 33 * P, 0) },
	  KEXEC_SEGMENT_TOO_BIG, 0, -EINVAL },
	{ "two over half of RAM", &ordinary, 2,
	  { SEG(SZ_1M, 16 * P, 0), SEG(SZ_2M, 17 * P, 0) },
	  KEXEC_SEGMENTS_TOO_BIG, 1, -EINVAL },

	{ "below the region", &crash, 1, { SEG(SZ_16M - P, 2 * P, P) },
	  KEXEC_SEGMENT_OUTSIDE, 0, -EADDRNOTAVAIL },
	{ "over the end of the region", &crash, 2,
	  { SEG(SZ_16M, P, P), SEG(SZ_16M + SZ_1M - P, 2 * P, P) },
	  KEXEC_SEGMENT_OUTSIDE, 1, -EADDRNOTAVAIL },
	{ "far from the region", &crash, 1, { SEG(SZ_1M, P, P) },
	  KEXEC_SEGMENT_OUTSIDE, 0, -EADDRNOTAVAIL },

	/* The errno tells which rule came first. */
	{ "unaligned before overlap", &ordinary, 2,
	  { SEG(SZ_1M, 2 * P, P), SEG(SZ_1M + 1, P, P) },
	  KEXEC_SEGMENT_UNALIGNED, 1, -EADDRNOTAVAIL },
	{ "overlap before contents", &ordinary, 2,
	  { SEG(SZ_1M, P, 2 * P), SEG(SZ_1M, P, P) },
	  KEXEC_SEGMENT_OVERLAPS, 1, -EINVAL },
};

static void segment_case_name(const struct segment_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(segment, segment_cases, segment_case_name);

static void segments_are_checked(struct kunit *test)
{
	const struct segment_case *c = test->param_value;
	enum kexec_segment_error err;
	unsigned long bad = 0;

	err = kexec_segments_check(c->segments, c->nr, c->limits, &bad);
	KUNIT_EXPECT_EQ(test, err, c->want);
	KUNIT_EXPECT_EQ(test, bad, c->want_bad);
	KUNIT_EXPECT_EQ(test, kexec_segment_errno(err), c->want_errno);
	KUNIT_EXPECT_NOT_NULL(test, kexec_segment_strerror(err));
}

/* With two segments at 1 MiB + 4 and + 8 pages, of two pages each. */
static const struct kexec_segment taken[] = {
	SEG(SZ_1M + 8 * P, 2 * P, 0),
	SEG(SZ_1M + 4 * P, 2 * P, 0),
	SEG(SZ_1M + P, 0, 0),		/* takes nothing */
};

#define NOWHERE	(~0UL)

static const struct place_case {
	const char *name;
	unsigned long start, end, size, align;
	bool top_down;
	unsigned long want;
} place_cases[] = {
	{ "lowest", SZ_1M, SZ_2M - 1, P, P, false, SZ_1M },
	{ "highest", SZ_1M, SZ_2M - 1, P, P, true, SZ_2M - P },
	{ "exactly the gap below", SZ_1M, SZ_2M - 1, 4 * P, P, false, SZ_1M },
	{ "gap below too small", SZ_1M, SZ_2M - 1, 5 * P, P, false,
	  SZ_1M + 10 * P },
	{ "between the two", SZ_1M + P, SZ_1M + 10 * P - 1, 2 * P, P, true,
	  SZ_1M + 6 * P },
	{ "below both", SZ_1M, SZ_1M + 10 * P - 1, 4 * P, P, true, SZ_1M },
	{ "alignment skips a gap", SZ_1M, SZ_2M - 1, 3 * P, 16 * P, false,
	  SZ_1M },
	{ "alignment up", SZ_1M + 1, SZ_2M - 1, P, 16 * P, false,
	  SZ_1M + 16 * P },
	{ "alignment down", SZ_1M, SZ_2M - 2, P, 16 * P, true,
	  SZ_2M - 16 * P },
	{ "exactly the range", SZ_2M, SZ_4M - 1, SZ_2M, P, false, SZ_2M },
	{ "exactly the range, down", SZ_2M, SZ_4M - 1, SZ_2M, P, true, SZ_2M },
	{ "one byte too small", SZ_2M, SZ_4M - 2, SZ_2M, P, false, NOWHERE },
	{ "all taken", SZ_1M + 4 * P, SZ_1M + 6 * P - 1, P, P, false,
	  NOWHERE },
	{ "all taken, down", SZ_1M + 4 * P, SZ_1M + 6 * P - 1, P, P, true,
	  NOWHERE },
	{ "nothing asked", SZ_1M, SZ_2M - 1, 0, P, false, NOWHERE },
	{ "range upside down", SZ_2M, SZ_1M, P, P, false, NOWHERE },
	{ "last page of the address space", -P, ~0UL, P, P, false, -P },
	{ "last page, down", SZ_2M, ~0UL, P, P, true, -P },
	{ "no aligned page at the end", -P + 1, ~0UL, 1, P, false, NOWHERE },
	{ "from zero", 0, SZ_1M - 1, P, P, false, 0 },
	{ "all below one MiB, down", 0, SZ_1M - 1, SZ_1M, P, true, 0 },
};

static void place_case_name(const struct place_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(place, place_cases, place_case_name);

static void buffers_are_placed(struct kunit *test)
{
	const struct place_case *c = test->param_value;
	unsigned long where = NOWHERE;
	bool placed;

	placed = kexec_place(taken, ARRAY_SIZE(taken), c->start, c->end,
			     c->size, c->align, c->top_down, &where);
	KUNIT_EXPECT_EQ(test, placed, c->want != NOWHERE);
	KUNIT_EXPECT_EQ(test, where, c->want);
}

static struct kunit_case load_tests[] = {
	KUNIT_CASE_PARAM(segments_are_checked, segment_gen_params),
	KUNIT_CASE_PARAM(buffers_are_placed, place_gen_params),
	{ }
};

static struct kunit_suite load_suite = {
	.name = "kexec_load",
	.test_cases = load_tests,
};

kunit_test_suite(load_suite);

MODULE_DESCRIPTION("Tests of kexec's segment checks and placement");
MODULE_LICENSE("GPL");
