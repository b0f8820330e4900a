// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzes the placement of a buffer against a model that tries every address
 * there is: in spaces of 256 bytes at the bottom, in the middle and at the top
 * of the address space.
 *
 * An input is, a byte each: which space and which direction, the alignment (a
 * power of two), first and last address of the range, bytes wanted; then two
 * for each segment that is taken: address and size.
 */

#include <assert.h>

#include <linux/kexec.h>

#include "kexec_segment.h"

#define SPACE		256u
#define UNTOUCHED	0x5a5a5a5a5a5a5a5aUL

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/* What is asked for; the taken bytes are marked in a map of the space. */
struct question {
	unsigned long base;
	struct kexec_segment taken[KEXEC_SEGMENT_MAX];
	unsigned long nr;
	bool is_taken[SPACE];
	unsigned int first, last, size;
	unsigned long align;
	bool top_down;
};

static bool fits(const struct question *q, unsigned int at)
{
	if ((q->base + at) & (q->align - 1))
		return false;
	if (at < q->first || at + q->size > q->last + 1)
		return false;
	for (unsigned int i = 0; i < q->size; i++)
		if (q->is_taken[at + i])
			return false;
	return true;
}

/* The lowest or highest place, or SPACE if there is none. */
static unsigned int model_place(const struct question *q)
{
	unsigned int best = SPACE;

	if (!q->size)
		return SPACE;
	for (unsigned int at = 0; at < SPACE; at++)
		if (fits(q, at) && (best == SPACE || q->top_down))
			best = at;
	return best;
}

static unsigned long base_of(u8 kind)
{
	static const unsigned long bases[] = {
		0, 1UL << 32, 1UL << 63, -(unsigned long)SPACE,
	};

	return bases[kind % 4];
}

/* None wraps around, but the last may end where the address space does. */
static void take(struct question *q, unsigned int at, unsigned int size)
{
	if (at + size > SPACE)
		size = SPACE - at;
	q->taken[q->nr++] = (struct kexec_segment){
		.mem = q->base + at, .memsz = size,
	};
	for (unsigned int i = 0; i < size; i++)
		q->is_taken[at + i] = true;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct question q = { 0 };
	unsigned long where = UNTOUCHED;
	unsigned int want;
	bool found;

	if (size < 5)
		return 0;
	q.base = base_of(data[0]);
	q.top_down = data[0] & 4;
	q.align = 1UL << data[1] % 64;
	q.first = data[2];
	q.last = data[3];
	q.size = data[4];
	for (data += 5, size -= 5; size >= 2 && q.nr < KEXEC_SEGMENT_MAX;
	     data += 2, size -= 2)
		take(&q, data[0], data[1]);

	found = kexec_place(q.taken, q.nr, q.base + q.first, q.base + q.last,
			    q.size, q.align, q.top_down, &where);
	want = model_place(&q);
	assert(found == (want != SPACE));
	assert(where == (found ? q.base + want : UNTOUCHED));

	return 0;
}
