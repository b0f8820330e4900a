// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where does a buffer fit between the segments that are already placed?
 *
 * Pure: the walk over memory ranges is the caller's.
 */

#include <linux/align.h>
#include <linux/kexec.h>

#include "kexec_segment.h"

/* The segment that the @size bytes at @start run into, or NULL */
static const struct kexec_segment *
obstacle(const struct kexec_segment *taken, unsigned long nr,
	 unsigned long start, unsigned long size)
{
	unsigned long last = start + (size - 1);

	for (unsigned long i = 0; i < nr; i++)
		if (kexec_segment_meets(&taken[i], start, last))
			return &taken[i];

	return NULL;
}

static bool place_up(const struct kexec_segment *taken, unsigned long nr,
		     unsigned long start, unsigned long end,
		     unsigned long size, unsigned long align,
		     unsigned long *where)
{
	const struct kexec_segment *s;
	unsigned long at = ALIGN(start, align);

	/* Each step is over the end of a segment: at most nr of them. */
	while (at >= start && at <= end && end - at >= size - 1) {
		s = obstacle(taken, nr, at, size);
		if (!s) {
			*where = at;
			return true;
		}
		start = s->mem + s->memsz;
		if (!start)
			return false;
		at = ALIGN(start, align);
	}

	return false;
}

static bool place_down(const struct kexec_segment *taken, unsigned long nr,
		       unsigned long start, unsigned long end,
		       unsigned long size, unsigned long align,
		       unsigned long *where)
{
	const struct kexec_segment *s;
	unsigned long at;

	while (end >= size - 1) {
		at = ALIGN_DOWN(end - (size - 1), align);
		if (at < start)
			return false;
		s = obstacle(taken, nr, at, size);
		if (!s) {
			*where = at;
			return true;
		}
		if (!s->mem)
			return false;
		end = s->mem - 1;
	}

	return false;
}

/**
 * kexec_place() - find room for a buffer
 * @taken:    segments that are placed; none of them wraps around
 * @nr:       how many
 * @start:    lowest address of the range (bytes, physical)
 * @end:      highest address of the range, inclusive
 * @size:     bytes wanted
 * @align:    power of two that the address is a multiple of
 * @top_down: take the highest place rather than the lowest
 * @where:    out: the address; untouched where there is no room
 *
 * Context: any.
 * Return: whether there is room.
 */
bool kexec_place(const struct kexec_segment *taken, unsigned long nr,
		 unsigned long start, unsigned long end, unsigned long size,
		 unsigned long align, bool top_down, unsigned long *where)
{
	if (!size || start > end || end - start < size - 1)
		return false;

	return top_down ?
		place_down(taken, nr, start, end, size, align, where) :
		place_up(taken, nr, start, end, size, align, where);
}
