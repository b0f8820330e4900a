// SPDX-License-Identifier: GPL-2.0-only
/*
 * What sets of memory ranges promise, see kernel/crash_ranges.c.
 */

#include <kunit/test.h>
#include <linux/array_size.h>
#include <linux/crash_mem.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#define MOST_RANGES	4

struct cut_case {
	const char *name;
	struct range before[MOST_RANGES];
	struct range cut;
	struct range after[MOST_RANGES];
	unsigned int nr_before;
	unsigned int nr_after;
	unsigned int room;
	int ret;
};

#define BEFORE(...)							\
	.before = { __VA_ARGS__ },					\
	.nr_before = ARRAY_SIZE(((struct range[]){ __VA_ARGS__ }))
#define AFTER(...)							\
	.after = { __VA_ARGS__ },					\
	.nr_after = ARRAY_SIZE(((struct range[]){ __VA_ARGS__ }))

static const struct cut_case cut_cases[] = {
	{
		.name = "below the range: nothing happens",
		BEFORE({ 100, 199 }), .cut = { 0, 99 }, .room = 1,
		AFTER({ 100, 199 }),
	}, {
		.name = "above the range: nothing happens",
		BEFORE({ 100, 199 }), .cut = { 200, 299 }, .room = 1,
		AFTER({ 100, 199 }),
	}, {
		.name = "its first byte",
		BEFORE({ 100, 199 }), .cut = { 0, 100 }, .room = 1,
		AFTER({ 101, 199 }),
	}, {
		.name = "its last byte",
		BEFORE({ 100, 199 }), .cut = { 199, 500 }, .room = 1,
		AFTER({ 100, 198 }),
	}, {
		.name = "all of it",
		BEFORE({ 100, 199 }), .cut = { 100, 199 }, .room = 1,
		.nr_after = 0,
	}, {
		.name = "more than all of it",
		BEFORE({ 100, 199 }), .cut = { 0, U64_MAX }, .room = 1,
		.nr_after = 0,
	}, {
		.name = "all but its ends",
		BEFORE({ 100, 199 }), .cut = { 101, 198 }, .room = 2,
		AFTER({ 100, 100 }, { 199, 199 }),
	}, {
		.name = "one byte in the middle",
		BEFORE({ 100, 199 }), .cut = { 150, 150 }, .room = 2,
		AFTER({ 100, 149 }, { 151, 199 }),
	}, {
		.name = "the halves stay between their neighbours",
		BEFORE({ 0, 9 }, { 100, 199 }, { 300, 399 }),
		.cut = { 150, 159 }, .room = 4,
		AFTER({ 0, 9 }, { 100, 149 }, { 160, 199 }, { 300, 399 }),
	}, {
		.name = "no room for the second half: refused, unchanged",
		BEFORE({ 0, 9 }, { 100, 199 }), .cut = { 150, 159 },
		.room = 2, .ret = -ENOMEM,
		AFTER({ 0, 9 }, { 100, 199 }),
	}, {
		.name = "a full set can still be trimmed",
		BEFORE({ 0, 9 }, { 100, 199 }), .cut = { 5, 149 }, .room = 2,
		AFTER({ 0, 4 }, { 150, 199 }),
	}, {
		.name = "several ranges at once",
		BEFORE({ 0, 9 }, { 20, 29 }, { 40, 49 }, { 60, 69 }),
		.cut = { 25, 64 }, .room = 4,
		AFTER({ 0, 9 }, { 20, 24 }, { 65, 69 }),
	}, {
		.name = "the first of several",
		BEFORE({ 0, 9 }, { 20, 29 }), .cut = { 0, 15 }, .room = 2,
		AFTER({ 20, 29 }),
	}, {
		.name = "unsorted ranges keep their order",
		BEFORE({ 300, 399 }, { 0, 99 }, { 200, 299 }),
		.cut = { 40, 59 }, .room = 4,
		AFTER({ 300, 399 }, { 0, 39 }, { 60, 99 }, { 200, 299 }),
	}, {
		.name = "the first byte that there is",
		BEFORE({ 0, 99 }), .cut = { 0, 0 }, .room = 1,
		AFTER({ 1, 99 }),
	}, {
		.name = "the last byte that there is",
		BEFORE({ 100, U64_MAX }), .cut = { U64_MAX, U64_MAX },
		.room = 1,
		AFTER({ 100, U64_MAX - 1 }),
	}, {
		.name = "an end below its start takes out nothing",
		BEFORE({ 100, 199 }), .cut = { 150, 149 }, .room = 1,
		AFTER({ 100, 199 }),
	}, {
		.name = "out of an empty set",
		.cut = { 0, 100 }, .room = 0, .nr_before = 0, .nr_after = 0,
	},
};

static void cut_case_name(const struct cut_case *c, char *name)
{
	strscpy(name, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(cut, cut_cases, cut_case_name);

static struct crash_mem *new_set(struct kunit *test, unsigned int room)
{
	struct crash_mem *mem;

	mem = kunit_kzalloc(test, struct_size(mem, ranges, room), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, mem);
	mem->max_nr_ranges = room;

	return mem;
}

static void exclude_test(struct kunit *test)
{
	const struct cut_case *c = test->param_value;
	struct crash_mem *mem = new_set(test, c->room);

	mem->nr_ranges = c->nr_before;
	memcpy(mem->ranges, c->before, c->nr_before * sizeof(c->before[0]));

	KUNIT_EXPECT_EQ(test, c->ret,
			crash_exclude_mem_range(mem, c->cut.start,
						c->cut.end));
	KUNIT_EXPECT_EQ(test, mem->max_nr_ranges, c->room);
	KUNIT_ASSERT_EQ(test, mem->nr_ranges, c->nr_after);
	KUNIT_EXPECT_MEMEQ(test, mem->ranges, c->after,
			   c->nr_after * sizeof(c->after[0]));
}

static void append_test(struct kunit *test)
{
	const struct range expected[] = { { 0, 199 }, { 300, 399 } };
	struct crash_mem *mem = new_set(test, 2);

	KUNIT_EXPECT_EQ(test, 0, crash_mem_append(mem, 0, 99));
	/* One that follows without a gap joins the last. */
	KUNIT_EXPECT_EQ(test, 0, crash_mem_append(mem, 100, 199));
	KUNIT_EXPECT_EQ(test, 0, crash_mem_append(mem, 300, 399));
	/* Nothing is nothing, even where the set is full. */
	KUNIT_EXPECT_EQ(test, 0, crash_mem_append(mem, 500, 499));
	KUNIT_EXPECT_EQ(test, -ENOMEM, crash_mem_append(mem, 500, 599));

	KUNIT_ASSERT_EQ(test, 2, mem->nr_ranges);
	KUNIT_EXPECT_MEMEQ(test, mem->ranges, expected, sizeof(expected));
}

/* Address 0 doesn't follow the last byte that there is. */
static void append_wraps_test(struct kunit *test)
{
	struct crash_mem *mem = new_set(test, 2);

	KUNIT_EXPECT_EQ(test, 0, crash_mem_append(mem, 100, U64_MAX));
	KUNIT_EXPECT_EQ(test, 0, crash_mem_append(mem, 0, 9));
	KUNIT_EXPECT_EQ(test, 2, mem->nr_ranges);
}

/* As many ranges as an image can be updated for. */
static void many_ranges_test(struct kunit *test)
{
	const unsigned int nr = 8192;
	struct crash_mem *mem = new_set(test, nr + 1);

	for (u64 i = 0; i < nr; i++)
		KUNIT_ASSERT_EQ(test, 0,
				crash_mem_append(mem, i * 100, i * 100 + 49));
	KUNIT_ASSERT_EQ(test, nr, mem->nr_ranges);

	/* Splitting the first one moves all others. */
	KUNIT_ASSERT_EQ(test, 0, crash_exclude_mem_range(mem, 10, 19));
	KUNIT_EXPECT_EQ(test, nr + 1, mem->nr_ranges);
	KUNIT_EXPECT_EQ(test, 20, mem->ranges[1].start);
	KUNIT_EXPECT_EQ(test, (nr - 1) * 100ULL, mem->ranges[nr].start);

	KUNIT_ASSERT_EQ(test, -ENOMEM, crash_exclude_mem_range(mem, 30, 39));

	/* Of all but the ends of the first and the last nothing is left. */
	KUNIT_ASSERT_EQ(test, 0,
			crash_exclude_mem_range(mem, 1,
						(nr - 1) * 100ULL + 48));
	KUNIT_ASSERT_EQ(test, 2, mem->nr_ranges);
	KUNIT_EXPECT_EQ(test, 0, mem->ranges[0].end);
	KUNIT_EXPECT_EQ(test, (nr - 1) * 100ULL + 49, mem->ranges[1].start);
}

static struct kunit_case crash_ranges_cases[] = {
	KUNIT_CASE_PARAM(exclude_test, cut_gen_params),
	KUNIT_CASE(append_test),
	KUNIT_CASE(append_wraps_test),
	KUNIT_CASE(many_ranges_test),
	{ }
};

static struct kunit_suite crash_ranges_suite = {
	.name = "crash_ranges",
	.test_cases = crash_ranges_cases,
};

kunit_test_suite(crash_ranges_suite);
