// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sets of memory ranges.
 *
 * What a dump holds is all of RAM with some holes cut out of it: the crash
 * region above all, where the capture kernel lives. The set is an array with
 * a fixed end, filled once and cut a few times; its order is its caller's.
 */

#include <linux/crash_mem.h>
#include <linux/errno.h>

/*
 * What is left of @from without @cut, in @left: the piece below it, the one
 * above, both or none. Returns how many.
 */
static unsigned int cut_range(const struct range *from,
			      const struct range *cut, struct range left[2])
{
	unsigned int nr = 0;

	if (cut->end < from->start || cut->start > from->end) {
		left[nr++] = *from;
		return nr;
	}

	if (from->start < cut->start)
		left[nr++] = (struct range){ from->start, cut->start - 1 };
	if (cut->end < from->end)
		left[nr++] = (struct range){ cut->end + 1, from->end };

	return nr;
}

/* How many ranges there will be. */
static unsigned long count_cut(const struct crash_mem *mem,
			       const struct range *cut)
{
	struct range left[2];
	unsigned long nr = 0;

	for (unsigned int i = 0; i < mem->nr_ranges; i++)
		nr += cut_range(&mem->ranges[i], cut, left);

	return nr;
}

/* Closes the ranks over the ranges that @cut swallows whole. */
static void drop_swallowed(struct crash_mem *mem, const struct range *cut)
{
	struct range left[2];
	unsigned int kept = 0;

	for (unsigned int i = 0; i < mem->nr_ranges; i++) {
		if (cut_range(&mem->ranges[i], cut, left))
			mem->ranges[kept++] = mem->ranges[i];
	}

	mem->nr_ranges = kept;
}

/*
 * Cuts the ranges, none of which vanishes, into @total pieces. From the last
 * one down, since pieces take more room than they come from: what is written
 * is never below what is still to be read.
 */
static void split_rest(struct crash_mem *mem, const struct range *cut,
		       unsigned int total)
{
	unsigned int from = mem->nr_ranges;
	unsigned int to = total;
	struct range left[2];

	while (from) {
		unsigned int nr = cut_range(&mem->ranges[--from], cut, left);

		while (nr)
			mem->ranges[--to] = left[--nr];
	}

	mem->nr_ranges = total;
}

/**
 * crash_exclude_mem_range() - take a range of memory out of a set
 * @mem:    the set; stays in its order
 * @mstart: first byte to take out
 * @mend:   last byte to take out; below @mstart means nothing
 *
 * Context: any; a function of its arguments.
 * Return: 0, or -ENOMEM if a range would have to be split and there is no
 * room for one more; @mem is unchanged then.
 */
int crash_exclude_mem_range(struct crash_mem *mem, unsigned long long mstart,
			    unsigned long long mend)
{
	const struct range cut = { .start = mstart, .end = mend };
	unsigned long total;

	if (mend < mstart)
		return 0;

	total = count_cut(mem, &cut);
	if (total > mem->max_nr_ranges)
		return -ENOMEM;

	drop_swallowed(mem, &cut);
	split_rest(mem, &cut, total);

	return 0;
}

/**
 * crash_mem_append() - add a range at the end of a set
 * @mem:   the set
 * @start: first byte
 * @end:   last byte; below @start means nothing
 *
 * A range that begins where the last one ends becomes part of that. The
 * caller sees to it that none overlaps.
 *
 * Context: any; a function of its arguments.
 * Return: 0, or -ENOMEM if @mem is full; it is unchanged then.
 */
int crash_mem_append(struct crash_mem *mem, unsigned long long start,
		     unsigned long long end)
{
	struct range *last = NULL;

	if (end < start)
		return 0;

	if (mem->nr_ranges)
		last = &mem->ranges[mem->nr_ranges - 1];

	if (last && start && last->end == start - 1) {
		last->end = end;
		return 0;
	}

	if (mem->nr_ranges >= mem->max_nr_ranges)
		return -ENOMEM;

	mem->ranges[mem->nr_ranges++] = (struct range){ start, end };

	return 0;
}
