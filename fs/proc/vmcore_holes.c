// SPDX-License-Identifier: GPL-2.0-only
/*
 * The set of pages that are left out of a dump.
 *
 * Where pages of a kind lie together, which is what most of a large machine is
 * like, sixteen bytes tell of 32 MiB; elsewhere a bitmap does.
 */

#include <linux/align.h>
#include <linux/bitmap.h>
#include <linux/minmax.h>
#include <linux/pfn.h>
#include <asm/page.h>

#include "vmcore_holes.h"

static unsigned long chunk_of(u64 addr)
{
	return PHYS_PFN(addr) >> VMCORE_CHUNK_SHIFT;
}

static unsigned int bit_of(unsigned long pfn)
{
	return pfn & (VMCORE_CHUNK_PAGES - 1);
}

/* The bit behind the last page of a span, which may be behind the chunk's last */
static unsigned int end_bit(const struct vmcore_span *span)
{
	return bit_of(span->end - 1) + 1;
}

/**
 * vmcore_holes_count() - how many chunks are there?
 * @extents:    of whole pages
 * @nr_extents: how many
 * @firsts:     room for one more: the index of the first chunk of each, and
 *              behind them the number of all
 *
 * Return: the number of chunks
 */
u32 vmcore_holes_count(const struct vmcore_extent *extents, u32 nr_extents,
		       u32 *firsts)
{
	u32 i, nr = 0;

	for (i = 0; i < nr_extents; i++) {
		firsts[i] = nr;
		nr += chunk_of(extents[i].end - 1) -
		      chunk_of(extents[i].start) + 1;
	}
	firsts[nr_extents] = nr;
	return nr;
}

/* Which pages are the chunk with this index? */
void vmcore_holes_span(const struct vmcore_holes *holes, u32 index,
		       struct vmcore_span *span)
{
	const struct vmcore_extent *extent;
	u32 low = 0, high = holes->nr_extents;
	unsigned long first;

	/* Invariant: firsts[low] <= index < firsts[high] */
	while (high - low > 1) {
		u32 mid = low + (high - low) / 2;

		if (holes->firsts[mid] <= index)
			low = mid;
		else
			high = mid;
	}
	extent = &holes->extents[low];
	first = (chunk_of(extent->start) + index - holes->firsts[low])
		<< VMCORE_CHUNK_SHIFT;
	span->index = index;
	span->first = max_t(unsigned long, first, PHYS_PFN(extent->start));
	span->end = min_t(unsigned long, first + VMCORE_CHUNK_PAGES,
			  PHYS_PFN(extent->end));
}

/* Is there anything to tell that takes a bitmap? */
enum vmcore_chunk_state
vmcore_verdict_state(const struct vmcore_verdict *verdict,
		     const struct vmcore_span *span)
{
	unsigned int begin = bit_of(span->first), end = end_bit(span);

	if (find_next_bit(verdict->out, end, begin) >= end)
		return VMCORE_CHUNK_KEPT;
	if (find_next_zero_bit(verdict->out, end, begin) >= end)
		return VMCORE_CHUNK_OUT;
	return VMCORE_CHUNK_MIXED;
}

/*
 * A bit for so many pages: set if all of them are left out, or if one must not
 * be touched: what is near it is lost then, which is better than the machine.
 *
 * Return: the number of pages that are lost
 */
static unsigned long chunk_set_coarse(struct vmcore_chunk *chunk,
				      const struct vmcore_span *span,
				      const struct vmcore_verdict *verdict)
{
	unsigned int begin, end, last = end_bit(span), kept;
	unsigned long lost = 0;

	chunk->coarse = 0;
	for (begin = bit_of(span->first); begin < last; begin = end) {
		end = min(last, ALIGN_DOWN(begin, VMCORE_COARSE_PAGES) +
				(unsigned int)VMCORE_COARSE_PAGES);
		kept = find_next_zero_bit(verdict->out, end, begin);
		if (kept < end &&
		    find_next_bit(verdict->untouchable, end, begin) >= end)
			continue;
		chunk->coarse |= 1ULL << (begin / VMCORE_COARSE_PAGES);
		for (; kept < end; kept++)
			lost += !test_bit(kept, verdict->out);
	}
	return lost;
}

/**
 * vmcore_holes_set() - say what is left out of a chunk
 * @holes:   the set
 * @span:    from vmcore_holes_span()
 * @verdict: what is left out, counted from the first page of the chunk, also
 *           where the span begins later
 * @state:   from vmcore_verdict_state()
 * @bits:    of VMCORE_CHUNK_PAGES, if @state says that it is mixed, and then it is
 *           the set's; or NULL if there is no memory
 *
 * Return: how many pages have to be left out besides those of @verdict, because
 *         there was no memory to tell them from such as must not be touched
 */
unsigned long vmcore_holes_set(struct vmcore_holes *holes,
			       const struct vmcore_span *span,
			       const struct vmcore_verdict *verdict,
			       enum vmcore_chunk_state state,
			       unsigned long *bits)
{
	struct vmcore_chunk *chunk = &holes->chunks[span->index];

	chunk->untouchable = find_next_bit(verdict->untouchable, end_bit(span),
					   bit_of(span->first)) < end_bit(span);
	chunk->state = state;
	if (state != VMCORE_CHUNK_MIXED)
		return 0;
	if (!bits) {
		chunk->state = VMCORE_CHUNK_COARSE;
		return chunk_set_coarse(chunk, span, verdict);
	}
	bitmap_copy(bits, verdict->out, VMCORE_CHUNK_PAGES);
	chunk->bits = bits;
	return 0;
}

static const struct vmcore_extent *extent_at(const struct vmcore_holes *holes,
					     u64 addr)
{
	return vmcore_extent_find(holes->extents, holes->nr_extents, addr);
}

static struct vmcore_chunk *extent_chunk(const struct vmcore_holes *holes,
					 const struct vmcore_extent *extent,
					 u64 addr)
{
	return &holes->chunks[holes->firsts[extent - holes->extents] +
			      chunk_of(addr) - chunk_of(extent->start)];
}

/* The chunk that an address is in; NULL for one that is in no extent */
struct vmcore_chunk *vmcore_holes_chunk(const struct vmcore_holes *holes,
					u64 addr)
{
	const struct vmcore_extent *extent = extent_at(holes, addr);

	return extent ? extent_chunk(holes, extent, addr) : NULL;
}

/* Is a page of a chunk left out? */
bool vmcore_chunk_out(const struct vmcore_chunk *chunk, unsigned long pfn)
{
	switch (chunk->state) {
	case VMCORE_CHUNK_MIXED:
		return test_bit(bit_of(pfn), chunk->bits);
	case VMCORE_CHUNK_COARSE:
		return chunk->coarse >> (bit_of(pfn) / VMCORE_COARSE_PAGES) & 1;
	default:
		return chunk->state == VMCORE_CHUNK_OUT;
	}
}

/* How many pages of a chunk are left out? */
unsigned long vmcore_chunk_weight(const struct vmcore_chunk *chunk,
				  const struct vmcore_span *span)
{
	unsigned long nr = 0, pfn, next;

	switch (chunk->state) {
	case VMCORE_CHUNK_MIXED:
		return bitmap_weight(chunk->bits, end_bit(span)) -
		       bitmap_weight(chunk->bits, bit_of(span->first));
	case VMCORE_CHUNK_COARSE:
		for (pfn = span->first; pfn < span->end; pfn = next) {
			next = min(span->end, ALIGN(pfn + 1, VMCORE_COARSE_PAGES));
			if (vmcore_chunk_out(chunk, pfn))
				nr += next - pfn;
		}
		return nr;
	default:
		return chunk->state == VMCORE_CHUNK_OUT ?
		       span->end - span->first : 0;
	}
}

/*
 * The first page from @pfn on that is not as @out says. Looks no further than
 * to @end, nor than to the end of the chunk.
 */
static unsigned long chunk_run_end(const struct vmcore_chunk *chunk,
				   unsigned long pfn, unsigned long end,
				   bool out)
{
	unsigned long base = ALIGN_DOWN(pfn, VMCORE_CHUNK_PAGES);
	unsigned long size = min(end - base, VMCORE_CHUNK_PAGES);

	if (chunk->state == VMCORE_CHUNK_MIXED)
		return base + (out ? find_next_zero_bit(chunk->bits, size,
							pfn - base) :
				     find_next_bit(chunk->bits, size,
						   pfn - base));
	if (chunk->state != VMCORE_CHUNK_COARSE)
		return base + size;
	do {
		pfn = ALIGN_DOWN(pfn, VMCORE_COARSE_PAGES) + VMCORE_COARSE_PAGES;
	} while (pfn < base + size && vmcore_chunk_out(chunk, pfn) == out);
	return pfn;
}

/**
 * vmcore_holes_run() - how far is it alike?
 * @holes: the set
 * @addr:  physical address; what is in no extent is not left out
 * @len:   bytes to look at, not 0
 * @out:   whether the page of @addr is left out
 *
 * Return: bytes from @addr on, at most @len, that are left out too, or not
 *         either
 */
u64 vmcore_holes_run(const struct vmcore_holes *holes, u64 addr, u64 len,
		     bool *out)
{
	const struct vmcore_extent *extent = extent_at(holes, addr);
	const struct vmcore_chunk *chunk;
	unsigned long pfn, end;

	if (!extent) {
		*out = false;
		return len;
	}

	/* In numbers of pages, because behind the last one may be address 0. */
	len = min(len, extent->end - addr);
	pfn = PHYS_PFN(addr);
	end = PHYS_PFN(addr + len - 1) + 1;
	*out = vmcore_chunk_out(extent_chunk(holes, extent, addr), pfn);
	while (pfn < end) {
		chunk = extent_chunk(holes, extent, (u64)PFN_PHYS(pfn));
		if (vmcore_chunk_out(chunk, pfn) != *out)
			break;
		pfn = chunk_run_end(chunk, pfn, end, *out);
	}
	return pfn < end ? (u64)PFN_PHYS(pfn) - addr : len;
}

/**
 * vmcore_holes_touchable() - may all of a range be mapped, holes and all?
 * @holes: the set
 * @start: physical address of a page
 * @end:   of the first byte behind it; both in the same extent, unless @start is
 *         in none, of which nothing is known
 */
bool vmcore_holes_touchable(const struct vmcore_holes *holes, u64 start,
			    u64 end)
{
	const struct vmcore_extent *extent = extent_at(holes, start);
	u64 size = PFN_PHYS(VMCORE_CHUNK_PAGES), run;
	bool out;

	if (!extent)
		return true;
	for (; start < end; start += run) {
		run = min(end - start, size - (start & (size - 1)));
		if (!extent_chunk(holes, extent, start)->untouchable)
			continue;
		run = vmcore_holes_run(holes, start, run, &out);
		if (out)
			return false;
	}
	return true;
}
