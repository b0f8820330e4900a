// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes as a set of pages that are left out, compared with a map of one
 * byte a page: extents, then for each chunk what is left out of it, whether
 * that may be touched, and whether there is memory for a bitmap.
 */

#include <stdlib.h>
#include <string.h>

#include <linux/bitmap.h>
#include <fuzz.h>

#include "vmcore_holes.h"

#define MUST(condition)	do { if (!(condition)) abort(); } while (0)

#define PAGE		4096ULL
#define EXTENTS_MAX	4
#define CHUNKS_MAX	(4 * EXTENTS_MAX)
#define PAGES_MAX	(4 * EXTENTS_MAX * VMCORE_CHUNK_PAGES)

/* What became of a page: as the verdict said, or besides */
enum { KEPT, OUT, UNTOUCHABLE, LOST };

static struct input {
	const uint8_t *data;
	size_t size;
} in;

static unsigned int next(unsigned int limit)
{
	unsigned int value = 0, i;

	for (i = 0; i < 2 && in.size; i++, in.size--)
		value = value << 8 | *in.data++;
	return value % limit;
}

static struct vmcore_extent extents[EXTENTS_MAX];
static u32 firsts[EXTENTS_MAX + 1];
static struct vmcore_chunk chunks[CHUNKS_MAX];
static unsigned long bits[CHUNKS_MAX][BITS_TO_LONGS(VMCORE_CHUNK_PAGES)];
static uint8_t model[PAGES_MAX];
static struct vmcore_holes holes = {
	.extents = extents, .firsts = firsts, .chunks = chunks,
};

static void extents_make(void)
{
	unsigned long pfn = 0;
	u32 i;

	holes.nr_extents = 1 + next(EXTENTS_MAX);
	for (i = 0; i < holes.nr_extents; i++) {
		pfn += 1 + next(VMCORE_CHUNK_PAGES);
		extents[i].start = pfn * PAGE;
		pfn += 1 + next(2 * VMCORE_CHUNK_PAGES);
		extents[i].end = pfn * PAGE;
	}
}

static void chunk_make(u32 index)
{
	static struct vmcore_verdict verdict;
	unsigned int runs = next(5), mode = next(4);
	unsigned long lost = 0, weight = 0, counted, pfn;
	struct vmcore_span span;

	memset(&verdict, 0, sizeof(verdict));
	vmcore_holes_span(&holes, index, &span);
	MUST(span.index == index && span.first < span.end);
	MUST(span.end - span.first <= VMCORE_CHUNK_PAGES);
	while (runs--) {
		unsigned int bit = next(VMCORE_CHUNK_PAGES);
		unsigned int nr = next(VMCORE_CHUNK_PAGES / 2) + 1;

		for (; nr-- && bit < VMCORE_CHUNK_PAGES; bit++) {
			__set_bit(bit, verdict.out);
			if (mode & 1)
				__set_bit(bit, verdict.untouchable);
		}
	}
	for (pfn = span.first; pfn < span.end; pfn++) {
		unsigned int bit = pfn % VMCORE_CHUNK_PAGES;

		if (test_bit(bit, verdict.untouchable))
			model[pfn] = UNTOUCHABLE;
		else if (test_bit(bit, verdict.out))
			model[pfn] = OUT;
	}
	counted = vmcore_holes_set(&holes, &span, &verdict,
				   vmcore_verdict_state(&verdict, &span),
				   mode & 2 ? NULL : bits[index]);
	/* Where memory is short, what may be touched may also be kept ... */
	for (pfn = span.first; pfn < span.end; pfn++) {
		bool out = vmcore_chunk_out(&chunks[index], pfn);

		weight += out;
		MUST(out || model[pfn] != UNTOUCHABLE);
		MUST(out || model[pfn] != OUT || mode & 2);
		if (out && model[pfn] == KEPT) {
			MUST(mode & 2);
			model[pfn] = LOST;
			lost++;
		} else if (!out) {
			model[pfn] = KEPT;
		}
	}
	/* ... and what is lost is counted. */
	MUST(lost == counted);
	MUST(weight == vmcore_chunk_weight(&chunks[index], &span));
}

static void runs_check(const struct vmcore_extent *extent)
{
	u64 addr, run, i;
	bool out;

	for (addr = extent->start; addr < extent->end; addr += run) {
		u64 len = in.size ? 1 + next(65536) * PAGE : UINT64_MAX;

		run = vmcore_holes_run(&holes, addr, len, &out);
		MUST(run && run <= len && addr + run <= extent->end);
		for (i = addr / PAGE; i <= (addr + run - 1) / PAGE; i++)
			MUST(out == (model[i] != KEPT));
		if (run < len && addr + run < extent->end)
			MUST(out != (model[(addr + run) / PAGE] != KEPT));
		run += -(addr + run) & (PAGE - 1);
	}
}

static void touchable_check(const struct vmcore_extent *extent)
{
	u64 pages = (extent->end - extent->start) / PAGE;
	u64 start = extent->start + next(pages) * PAGE;
	u64 end = start + (1 + next(pages)) * PAGE, i;
	bool touchable, any_out = false;

	end = end > extent->end ? extent->end : end;
	touchable = vmcore_holes_touchable(&holes, start, end);
	for (i = start / PAGE; i < end / PAGE; i++) {
		MUST(!touchable || model[i] != UNTOUCHABLE);
		any_out |= model[i] != KEPT;
	}
	/* What is kept may all be mapped. */
	MUST(touchable || any_out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	u32 i, nr;

	in = (struct input) { data, size };
	memset(chunks, 0, sizeof(chunks));
	memset(model, 0, sizeof(model));
	extents_make();
	nr = vmcore_holes_count(extents, holes.nr_extents, firsts);
	MUST(nr && nr <= CHUNKS_MAX && firsts[holes.nr_extents] == nr);
	for (i = 0; i < nr; i++)
		chunk_make(i);
	for (i = 0; i < holes.nr_extents; i++) {
		runs_check(&extents[i]);
		touchable_check(&extents[i]);
	}
	return 0;
}
