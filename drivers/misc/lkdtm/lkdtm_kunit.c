// SPDX-License-Identifier: GPL-2.0
/*
 * What the engine's pure parts promise, see context.c, and that its tables are
 * sound.
 */

#include "lkdtm.h"
#include "point.h"

#include <kunit/test.h>
#include <linux/bits.h>
#include <linux/preempt.h>
#include <linux/string.h>

struct context_case {
	const char *name;
	unsigned int count;
	bool irqs_off;
	bool worker;
	unsigned int found;
};

static const struct context_case context_cases[] = {
	{ "a task", 0, false, false, CONTEXT_TASK | CONTEXT_IRQS_ON },
	{ "a task that can't be preempted", PREEMPT_OFFSET, false, false,
	  CONTEXT_TASK | CONTEXT_IRQS_ON },
	{ "a task with a lock", PREEMPT_OFFSET, true, false,
	  CONTEXT_TASK | CONTEXT_IRQS_OFF },
	{ "a task that has softirqs disabled", SOFTIRQ_DISABLE_OFFSET, false,
	  false, CONTEXT_TASK | CONTEXT_IRQS_ON },
	{ "a workqueue's task", 0, true, true,
	  CONTEXT_TASK | CONTEXT_WORKER | CONTEXT_IRQS_OFF },
	{ "a softirq", SOFTIRQ_OFFSET, false, false,
	  CONTEXT_SOFTIRQ | CONTEXT_IRQS_ON },
	{ "a softirq over a workqueue's task", SOFTIRQ_OFFSET, false, true,
	  CONTEXT_SOFTIRQ | CONTEXT_IRQS_ON },
	{ "an interrupt", HARDIRQ_OFFSET, true, false,
	  CONTEXT_HARDIRQ | CONTEXT_IRQS_OFF },
	{ "an interrupt over a softirq", HARDIRQ_OFFSET | SOFTIRQ_OFFSET, true,
	  false, CONTEXT_HARDIRQ | CONTEXT_IRQS_OFF },
	{ "an NMI", NMI_OFFSET | HARDIRQ_OFFSET, true, false,
	  CONTEXT_NMI | CONTEXT_IRQS_OFF },
	{ "a breakpoint in an NMI", 2 * (NMI_OFFSET | HARDIRQ_OFFSET), true,
	  false, CONTEXT_NMI | CONTEXT_IRQS_OFF },
};

static void context_of_counts(struct kunit *test)
{
	for (size_t i = 0; i < ARRAY_SIZE(context_cases); i++) {
		const struct context_case *c = &context_cases[i];

		KUNIT_EXPECT_EQ_MSG(test, c->found,
				    context_of(c->count, c->irqs_off,
					       c->worker), "%s", c->name);
	}
}

static void context_fits_promise(struct kunit *test)
{
	unsigned int task = CONTEXT_TASK | CONTEXT_IRQS_ON;
	unsigned int irq = CONTEXT_HARDIRQ | CONTEXT_IRQS_OFF;

	KUNIT_EXPECT_TRUE(test, context_fits(0, task));
	KUNIT_EXPECT_TRUE(test, context_fits(0, irq));
	KUNIT_EXPECT_TRUE(test, context_fits(CONTEXT_TASK, task));
	KUNIT_EXPECT_FALSE(test, context_fits(CONTEXT_TASK, irq));
	KUNIT_EXPECT_TRUE(test, context_fits(CONTEXT_IRQS_OFF, irq));
	KUNIT_EXPECT_FALSE(test, context_fits(CONTEXT_IRQS_OFF, task));
	KUNIT_EXPECT_TRUE(test, context_fits(CONTEXT_HARDIRQ | CONTEXT_SOFTIRQ,
					     irq));
	KUNIT_EXPECT_FALSE(test, context_fits(CONTEXT_NMI | CONTEXT_SOFTIRQ,
					      irq));
	KUNIT_EXPECT_FALSE(test, context_fits(CONTEXT_WORKER, task));
	KUNIT_EXPECT_TRUE(test, context_fits(CONTEXT_WORKER,
					     task | CONTEXT_WORKER));
}

static void points_are_sound(struct kunit *test)
{
	for (unsigned int i = 0; i < nr_points; i++) {
		const struct point *point = &points[i];

		KUNIT_EXPECT_PTR_EQ_MSG(test, point_find(point->name), point,
					"%s is there twice", point->name);
		KUNIT_EXPECT_NOT_NULL_MSG(test, point->functions[0],
					  "%s has no function", point->name);
		KUNIT_EXPECT_NULL(test, type_find(point->name));
	}
	KUNIT_EXPECT_NULL(test, point_find("NO_SUCH_POINT"));
	KUNIT_EXPECT_NULL(test, point_find(""));
}

static void types_are_found(struct kunit *test)
{
	char *list = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	char *rest = list, *name;
	int found = 0;

	KUNIT_ASSERT_NOT_NULL(test, list);
	KUNIT_EXPECT_LT(test, types_list(list, PAGE_SIZE), PAGE_SIZE - 64);
	while ((name = strsep(&rest, "\n")) && *name) {
		const struct crashtype *type = type_find(name);

		KUNIT_ASSERT_NOT_NULL_MSG(test, type, "%s", name);
		KUNIT_EXPECT_STREQ(test, type->name, name);
		found++;
	}
	KUNIT_EXPECT_GT(test, found, 50);
	KUNIT_EXPECT_NULL(test, type_find("panic"));
	KUNIT_EXPECT_NULL(test, type_find(""));
	KUNIT_EXPECT_NULL(test, type_find(POINT_DISARM));
}

static void types_list_is_cut(struct kunit *test)
{
	char list[8];

	KUNIT_EXPECT_EQ(test, types_list(list, sizeof(list)), sizeof(list) - 1);
	KUNIT_EXPECT_STREQ(test, list, "PANIC\nP");
}

static void names_are_cut_behind_one(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, names_cut("", 5), 0);
	KUNIT_EXPECT_EQ(test, names_cut("BUG ", 5), 4);
	KUNIT_EXPECT_EQ(test, names_cut("BUG LOOP ", 9), 9);
	KUNIT_EXPECT_EQ(test, names_cut("BUG LOOP ", 8), 4);
	KUNIT_EXPECT_EQ(test, names_cut("BUG LOOP ", 4), 4);
	KUNIT_EXPECT_EQ(test, names_cut("BUG LOOP ", 3), 3);
}

static struct kunit_case lkdtm_cases[] = {
	KUNIT_CASE(context_of_counts),
	KUNIT_CASE(context_fits_promise),
	KUNIT_CASE(points_are_sound),
	KUNIT_CASE(types_are_found),
	KUNIT_CASE(types_list_is_cut),
	KUNIT_CASE(names_are_cut_behind_one),
	{ }
};

static struct kunit_suite lkdtm_suite = {
	.name = "lkdtm",
	.test_cases = lkdtm_cases,
};

kunit_test_suite(lkdtm_suite);
