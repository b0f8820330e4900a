// SPDX-License-Identifier: GPL-2.0-only
/*
 * The dump without the pages that no one needs.
 *
 * When /proc/vmcore is opened for the first time, the memory map of the crashed
 * kernel is gone through once, by as many CPUs as there are, and what is to be
 * left out is noted down: see vmcore_class.c for what that is, vmcore_holes.c
 * for how it is noted. From then on until the level is changed nothing of this
 * changes, so that readers need no lock.
 *
 * A page that is left out reads as zeros and is a hole. The layout of the file
 * is the same at each level.
 */

#define pr_fmt(fmt) "vmcore: " fmt

#include <linux/align.h>
#include <linux/atomic.h>
#include <linux/cleanup.h>
#include <linux/cpumask.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/page-flags.h>
#include <linux/pfn.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "vmcore_class.h"
#include "vmcore_filter.h"
#include "vmcore_holes.h"
#include "vmcore_internal.h"
#include "vmcore_memmap.h"
#include "vmcore_pcplists.h"

/*
 * Struct pages are read a page of them at a time, an even number, as the second
 * one of a compound page is looked at with the first. If they fit into a page
 * evenly, whole pages of them can be left out.
 */
#define PIECE_PAGES	ALIGN_DOWN(PAGE_SIZE / sizeof(struct page), 2)
#define PIECES_ARE_PAGES						\
	(PIECE_PAGES * sizeof(struct page) == PAGE_SIZE &&		\
	 VMCORE_CHUNK_PAGES % PIECE_PAGES == 0)
#define CHUNK_PIECES	DIV_ROUND_UP(VMCORE_CHUNK_PAGES, PIECE_PAGES)

static_assert(PIECE_PAGES >= 2);
#ifdef CONFIG_SPARSEMEM
/* No chunk has struct pages in two sections. */
static_assert(PFN_SECTION_SHIFT >= VMCORE_CHUNK_SHIFT);
#endif

/* More than so many only wait for each other's memory. */
#define WORKERS_MAX	16

/**
 * enum filter_state - how much is known of what is left out
 * @FILTER_UNKNOWN: nobody has looked
 * @FILTER_LOOKING: struct pages are read; windows on old memory are small
 * @FILTER_JUDGED:  there is a verdict on each page; what is left of the look is
 *                  to leave out some more
 * @FILTER_KNOWN:   all of it, and it stays so until the level changes
 */
enum filter_state {
	FILTER_UNKNOWN,
	FILTER_LOOKING,
	FILTER_JUDGED,
	FILTER_KNOWN,
};

/**
 * struct filter - what is left out, and what of it is known
 * @level:    dump level, or VMCORE_LEVEL_OFF
 * @missing:  why nothing can be left out, or NULL
 * @state:    how much is known; see state_set()
 * @holes:    what is left out; empty in FILTER_UNKNOWN
 * @pieces:   until FILTER_KNOWN, for each page of the memory map: it describes
 *            only pages that are left out
 * @counts:   pages of each class
 * @nr_memmap: pages of the memory map that describe only pages left out
 * @nr_out:   pages that are left out, those of the memory map among them
 * @nr_lost:  among them those that are because there was no memory
 * @nr_bitmaps: bitmaps of chunks
 * @nr_coarse: chunks that should have one, and there was no memory for it
 * @zeros_lock: @zeros_to and @nr_zeros
 * @zeros_to: position of the file up to which zero pages are counted
 * @nr_zeros: how many there are up to there
 *
 * All under vmcore_dump.lock as long as nobody has the dump open, and constant
 * then, but for what @zeros_lock is for.
 */
static struct filter {
	int level;
	const char *missing;
	enum filter_state state;
	struct vmcore_holes holes;
	unsigned long *pieces;
	atomic_long_t counts[VMCORE_NR_CLASSES];
	atomic_long_t nr_memmap;
	unsigned long nr_out;
	atomic_long_t nr_lost;
	atomic_long_t nr_bitmaps;
	atomic_long_t nr_coarse;
	spinlock_t zeros_lock;	/* zeros_to, nr_zeros */
	u64 zeros_to;
	u64 nr_zeros;
} filter = {
	.zeros_lock = __SPIN_LOCK_UNLOCKED(filter.zeros_lock),
};

/**
 * struct scan - a pass over the memory map
 * @nr_chunks: how many there are
 * @next:      index of the first chunk that nobody has taken yet
 * @stop:      don't take more
 * @told:      when somebody was told last how far it is, in jiffies
 */
struct scan {
	u32 nr_chunks;
	atomic_t next;
	bool stop;
	unsigned long told;
};

/**
 * struct worker - one of those who make a scan
 * @work:    as which it runs
 * @scan:    which
 * @walk:    through the struct pages
 * @memmap:  set on those of the chunk
 * @far:     set on those of blocks that begin elsewhere
 * @verdict: on the chunk
 * @counts:  pages of each class in the chunk
 * @idle:    pieces of its memory map that describe only what is left out
 * @pages:   struct pages of a piece, and one more that is zero
 * @tells:   it says how far the scan is
 */
struct worker {
	struct work_struct work;
	struct scan *scan;
	struct vmcore_page_walk walk;
	struct vmcore_memmap memmap;
	struct vmcore_memmap far;
	struct vmcore_verdict verdict;
	unsigned long counts[VMCORE_NR_CLASSES];
	DECLARE_BITMAP(idle, CHUNK_PIECES);
	struct page pages[PIECE_PAGES + 1];
	bool tells;
};

static int far_read(struct vmcore_page_walk *walk, struct page *pages,
		    unsigned long pfn, unsigned long nr, unsigned long at)
{
	struct worker *worker = container_of(walk, struct worker, walk);
	struct vmcore_memmap *memmap = &worker->far;
	int ret = vmcore_memmap_move(memmap, pfn);

	if (ret)
		return ret;
	if (vmcore_memmap_at(memmap, pfn) != at)
		return -EFAULT;
	return vmcore_memmap_read(memmap, pages, pfn, nr);
}

static enum vmcore_class worker_class(struct worker *worker, unsigned long pfn,
				      const struct page *page)
{
	return vmcore_classify(&worker->walk, page, pfn,
			       vmcore_memmap_at(&worker->memmap, pfn));
}

/* Pages of a class, from one on: they are counted, and judged by it. */
static void pages_judge(struct worker *worker, enum vmcore_class class,
			unsigned long pfn, unsigned long nr)
{
	unsigned int bit = pfn % VMCORE_CHUNK_PAGES;

	worker->counts[class] += nr;
	if (vmcore_class_is_out(class, filter.level))
		bitmap_set(worker->verdict.out, bit, nr);
	if (vmcore_classes[class].untouchable)
		bitmap_set(worker->verdict.untouchable, bit, nr);
}

/* Pieces, from a page on, describe only what is left out. */
static void pieces_are_idle(struct worker *worker, unsigned long pfn,
			    unsigned long nr)
{
	atomic_long_add(nr, &filter.nr_memmap);
	if (filter.pieces)
		bitmap_set(worker->idle, pfn / PIECE_PAGES % CHUNK_PIECES, nr);
}

/*
 * Pass a verdict on the pages of a piece whose struct pages have been read.
 * Most of a large machine is free, and looked at quickly.
 */
static void piece_judge(struct worker *worker, unsigned long first,
			unsigned long end)
{
	enum vmcore_class class;
	unsigned long pfn, nr;

	for (pfn = first; pfn < end; pfn += nr) {
		const struct page *page = &worker->pages[pfn % PIECE_PAGES];

		nr = vmcore_free_rest(&worker->walk, page, pfn, end);
		if (nr) {
			class = worker->walk.block.class;
		} else {
			class = worker_class(worker, pfn, page);
			nr = 1;
		}
		pages_judge(worker, class, pfn, nr);
	}
}

/*
 * May the struct pages of a piece be left out themselves? Not if they begin a
 * block that goes on behind the piece: that is how tools find its end, without
 * a look at the others. Nor if they are those of a hugetlb page that has them
 * several times over, which begin with its head each time.
 */
static bool piece_is_idle(const struct worker *worker, unsigned long first,
			  unsigned long end)
{
	const struct vmcore_block *block = &worker->walk.block;
	unsigned int bit = first % VMCORE_CHUNK_PAGES;

	if (!PIECES_ARE_PAGES || end - first != PIECE_PAGES ||
	    find_next_zero_bit(worker->verdict.out, bit + PIECE_PAGES, bit) <
	    bit + PIECE_PAGES)
		return false;
	if (block->nr > PIECE_PAGES && block->first == first)
		return false;
	return block->first == first ||
	       !test_bit(PG_head, &worker->pages[0].flags);
}

/**
 * struct rest - the rest of a free block
 * @worker: who goes through it
 * @pfn:    page frame number of the first page that has not been looked at
 */
struct rest {
	const struct worker *worker;
	unsigned long pfn;
};

static unsigned long rest_look(const void *at, size_t len, void *data)
{
	const struct rest *rest = data;

	return vmcore_free_rest(&rest->worker->walk, at, rest->pfn,
				rest->pfn + len / sizeof(struct page));
}

/*
 * Whole pieces that are the rest of a free block: most of a large machine. They
 * are looked at once, and not copied for that.
 *
 * Return: how many pages they are
 */
static unsigned long rest_scan(struct worker *worker, unsigned long pfn,
			       unsigned long end)
{
	const struct vmcore_block *block = &worker->walk.block;
	struct rest rest = { .worker = worker, .pfn = pfn };
	unsigned long nr;

	end = min(end, block->first + block->nr);
	if (block->compound || pfn <= block->first || pfn >= end ||
	    pfn % PIECE_PAGES)
		return 0;
	nr = vmcore_memmap_look(&worker->memmap, pfn, end - pfn, rest_look,
				&rest);
	nr = rounddown(nr, PIECE_PAGES);
	pages_judge(worker, block->class, pfn, nr);
	if (PIECES_ARE_PAGES && vmcore_class_is_out(block->class, filter.level))
		pieces_are_idle(worker, pfn, nr / PIECE_PAGES);
	return nr;
}

static void piece_scan(struct worker *worker, unsigned long first,
		       unsigned long end)
{
	unsigned int skip = first % PIECE_PAGES;

	if (vmcore_memmap_read(&worker->memmap, &worker->pages[skip], first,
			       end - first)) {
		worker->counts[VMCORE_NO_PAGE] += end - first;
		return;
	}
	/* Nobody looks behind an even page that is the last one. */
	worker->pages[skip + end - first] = (struct page) { };
	piece_judge(worker, first, end);
	if (piece_is_idle(worker, first, end))
		pieces_are_idle(worker, first, 1);
}

/* The end of the piece that a page is in, or of its chunk */
static unsigned long piece_end(unsigned long pfn, unsigned long end)
{
	return min(end, (pfn / PIECE_PAGES + 1) * PIECE_PAGES);
}

/* Does somebody have it, or is it where free pages are? */
static bool page_is_used(struct worker *worker, unsigned long pfn)
{
	const struct page *page = &worker->pages[pfn % PIECE_PAGES];

	switch (worker_class(worker, pfn, page)) {
	case VMCORE_CACHE:
	case VMCORE_CACHE_PRIVATE:
	case VMCORE_USER:
	case VMCORE_FREE:
		return true;
	case VMCORE_KERNEL:
		return atomic_read(&page->_refcount) > 0 || page->compound_head & 1;
	default:
		return false;
	}
}

/*
 * A bit says that the memory is not online, whose struct pages may never have
 * been made. Where most of them tell of pages in use, it is the bit that lies.
 */
static bool chunk_is_used(struct worker *worker, const struct vmcore_span *span)
{
	unsigned long pfn, end, used = 0;

	for (pfn = span->first; pfn < span->end; pfn = end) {
		end = piece_end(pfn, span->end);
		memset(worker->pages, 0, sizeof(worker->pages));
		if (vmcore_memmap_read(&worker->memmap,
				       &worker->pages[pfn % PIECE_PAGES], pfn,
				       end - pfn))
			continue;
		for (; pfn < end; pfn++)
			used += page_is_used(worker, pfn);
	}
	worker->walk.block = (struct vmcore_block) { };
	return used > (span->end - span->first) / 2;
}

static void chunk_scan(struct worker *worker, const struct vmcore_span *span)
{
	unsigned long pfn, end;

	if (vmcore_memmap_set(&worker->memmap, span->first)) {
		worker->counts[VMCORE_NO_PAGE] += span->end - span->first;
		return;
	}
	if (!worker->memmap.online && !chunk_is_used(worker, span)) {
		pages_judge(worker, VMCORE_OFFLINE, span->first,
			    span->end - span->first);
		return;
	}
	for (pfn = span->first; pfn < span->end; pfn = end) {
		end = pfn + rest_scan(worker, pfn, span->end);
		if (end > pfn)
			continue;
		end = piece_end(pfn, span->end);
		piece_scan(worker, pfn, end);
	}
}

/*
 * A bitmap for a chunk. Without one the dump is larger, which is no reason to
 * take what the programs that save it need, so all of them have a limit. But if
 * some of the chunk must not be touched, pages are lost that are wanted: those
 * may take as much again.
 */
static unsigned long *bits_zalloc(bool is_needed)
{
	u64 most = vmcore_ram_share() / (VMCORE_CHUNK_PAGES / BITS_PER_BYTE) *
		   (is_needed ? 2 : 1);
	gfp_t gfp = GFP_KERNEL | __GFP_NOWARN |
		    (is_needed ? __GFP_RETRY_MAYFAIL : __GFP_NORETRY);
	unsigned long *bits = NULL;

	if (atomic_long_read(&filter.nr_bitmaps) < most)
		bits = bitmap_zalloc(VMCORE_CHUNK_PAGES, gfp);
	atomic_long_inc(bits ? &filter.nr_bitmaps : &filter.nr_coarse);
	return bits;
}

/* Note down what was found out about a chunk. */
static void chunk_note(struct worker *worker, const struct vmcore_span *span)
{
	const struct vmcore_verdict *verdict = &worker->verdict;
	enum vmcore_chunk_state state = vmcore_verdict_state(verdict, span);
	unsigned long *bits = NULL, lost;
	unsigned int class;

	if (state == VMCORE_CHUNK_MIXED)
		bits = bits_zalloc(!bitmap_empty(verdict->untouchable,
						 VMCORE_CHUNK_PAGES));
	lost = vmcore_holes_set(&filter.holes, span, verdict, state, bits);
	atomic_long_add(lost, &filter.nr_lost);
	for (class = 0; class < VMCORE_NR_CLASSES; class++)
		atomic_long_add(worker->counts[class], &filter.counts[class]);
	if (filter.pieces)
		bitmap_copy(filter.pieces + span->index * BITS_TO_LONGS(CHUNK_PIECES),
			    worker->idle, CHUNK_PIECES);
}

/* Very much memory may take a minute, and whoever waits looks at a console. */
static void scan_tell(struct scan *scan, u32 index)
{
	if (time_before(jiffies, scan->told + 10 * HZ))
		return;
	scan->told = jiffies;
	pr_info("%llu %% of the memory map read\n",
		div_u64(100ULL * index, scan->nr_chunks));
}

static void worker_run(struct worker *worker)
{
	struct scan *scan = worker->scan;
	struct vmcore_span span;
	u32 index;

	worker->walk.read = far_read;
	while (!READ_ONCE(scan->stop)) {
		index = atomic_fetch_inc(&scan->next);
		if (index >= scan->nr_chunks)
			break;
		memset(&worker->verdict, 0, sizeof(worker->verdict));
		memset(worker->counts, 0, sizeof(worker->counts));
		memset(worker->idle, 0, sizeof(worker->idle));
		worker->walk.block = (struct vmcore_block) { };
		vmcore_holes_span(&filter.holes, index, &span);
		chunk_scan(worker, &span);
		chunk_note(worker, &span);
		/* Only who opened the file can be killed. */
		if (fatal_signal_pending(current))
			WRITE_ONCE(scan->stop, true);
		if (worker->tells)
			scan_tell(scan, index);
		cond_resched();
	}
}

static void worker_work(struct work_struct *work)
{
	worker_run(container_of(work, struct worker, work));
}

/* One worker needs no memory that there might not be. */
static struct worker first;

/* The others help as far as they can be had. */
static void scan_run(struct scan *scan)
{
	struct worker *helpers[WORKERS_MAX - 1];
	unsigned int nr, nr_wanted, i;

	nr_wanted = min3(num_online_cpus(), scan->nr_chunks,
			 (unsigned int)WORKERS_MAX);
	for (nr = 0; nr + 1 < nr_wanted; nr++) {
		helpers[nr] = kzalloc(sizeof(first), GFP_KERNEL |
				      __GFP_NORETRY | __GFP_NOWARN);
		if (!helpers[nr])
			break;
		helpers[nr]->scan = scan;
		INIT_WORK(&helpers[nr]->work, worker_work);
		queue_work(system_unbound_wq, &helpers[nr]->work);
	}

	memset(&first, 0, sizeof(first));
	first.scan = scan;
	first.tells = true;
	worker_run(&first);
	for (i = 0; i < nr; i++) {
		/* Who has not begun by now is not waited for. */
		cancel_work_sync(&helpers[i]->work);
		kfree(helpers[i]);
	}
}

/* A page of a chunk that has been noted down already is left out too. */
static void page_drop(struct vmcore_chunk *chunk, u64 phys)
{
	unsigned long *bits;

	if (chunk->state == VMCORE_CHUNK_KEPT) {
		/* Without one, nobody tries again for the next page. */
		bits = bits_zalloc(false);
		chunk->state = bits ? VMCORE_CHUNK_MIXED : VMCORE_CHUNK_COARSE;
		if (bits)
			chunk->bits = bits;
		else
			chunk->coarse = 0;
	}
	if (chunk->state == VMCORE_CHUNK_MIXED)
		__set_bit(PHYS_PFN(phys) % VMCORE_CHUNK_PAGES, chunk->bits);
}

/**
 * struct pcp - a look at free pages that CPUs have
 * @lists:  this look
 * @leaf:   the piece of old memory that a list was read from last
 * @memmap: set on the page that was found last
 */
struct pcp {
	struct vmcore_pcplists lists;
	struct vmcore_leaf leaf;
	struct vmcore_memmap memmap;
};

static int pcp_read(struct vmcore_pcplists *lists, void *buf, size_t len,
		    u64 at)
{
	struct pcp *pcp = container_of(lists, struct pcp, lists);

	return vmcore_virtual_read(&pcp->leaf, buf, len, at);
}

static int pcp_read_page(struct vmcore_pcplists *lists, struct page *page,
			 u64 at)
{
	struct pcp *pcp = container_of(lists, struct pcp, lists);

	return vmcore_memmap_read_at(&pcp->memmap, page, at, 1);
}

/* They have been taken for the kernel's, as long as nobody knew of a list. */
static void pcp_found(struct vmcore_pcplists *lists, u64 at, unsigned long nr)
{
	struct pcp *pcp = container_of(lists, struct pcp, lists);
	struct vmcore_chunk *chunk;
	unsigned long pfn, end;

	if (vmcore_memmap_pfn(&pcp->memmap, at, &pfn) ||
	    !IS_ALIGNED(pfn, nr))
		return;
	for (end = pfn + nr; pfn < end; pfn++) {
		chunk = vmcore_holes_chunk(&filter.holes, PFN_PHYS(pfn));
		if (!chunk || vmcore_chunk_out(chunk, pfn))
			continue;
		atomic_long_dec(&filter.counts[VMCORE_KERNEL]);
		atomic_long_inc(&filter.counts[VMCORE_FREE_PCP]);
		if (vmcore_class_is_out(VMCORE_FREE_PCP, filter.level))
			page_drop(chunk, PFN_PHYS(pfn));
	}
}

static int pcp_drop(void)
{
	struct pcp pcp = {
		.lists.read = pcp_read,
		.lists.read_page = pcp_read_page,
		.lists.found = pcp_found,
		.lists.symbol = vmcore_old_symbol,
	};

	return vmcore_pcplists_walk_all(&pcp.lists);
}

/* The page that holds the struct pages of a piece is left out, if it is one. */
static bool piece_drop(struct vmcore_memmap *memmap, unsigned long pfn)
{
	struct vmcore_chunk *chunk;
	u64 phys;

	if (vmcore_memmap_phys(memmap, pfn, &phys) ||
	    !IS_ALIGNED(phys, PAGE_SIZE))
		return false;
	chunk = vmcore_holes_chunk(&filter.holes, phys);
	if (chunk)
		page_drop(chunk, phys);
	return true;
}

/* The pages of the memory map that describe only pages that are left out */
static void memmap_drop(struct scan *scan)
{
	struct vmcore_memmap memmap = { };
	struct vmcore_span span;
	unsigned long *idle, pfn;
	unsigned int piece;
	u32 i;

	for (i = 0; i < scan->nr_chunks && !scan->stop; i++) {
		idle = filter.pieces + i * BITS_TO_LONGS(CHUNK_PIECES);
		if (bitmap_empty(idle, CHUNK_PIECES))
			continue;
		vmcore_holes_span(&filter.holes, i, &span);
		if (vmcore_memmap_set(&memmap, span.first))
			continue;
		for_each_set_bit(piece, idle, CHUNK_PIECES) {
			pfn = ALIGN_DOWN(span.first, VMCORE_CHUNK_PAGES) +
			      piece * PIECE_PAGES;
			piece_drop(&memmap, pfn);
		}
		scan->stop = fatal_signal_pending(current);
		cond_resched();
	}
}

static bool piece_is_reserved(const struct worker *worker, unsigned long pfn)
{
	unsigned long at = vmcore_memmap_at(&worker->memmap, pfn);
	unsigned int i;

	for (i = 0; i < PIECE_PAGES; i++)
		if (!vmcore_page_is_reserved(&worker->pages[i],
					     at + i * sizeof(struct page)))
			return false;
	return true;
}

static void gap_piece_drop(struct worker *worker, unsigned long pfn)
{
	if (!vmcore_memmap_read(&worker->memmap, worker->pages, pfn,
				PIECE_PAGES) &&
	    piece_is_reserved(worker, pfn) && piece_drop(&worker->memmap, pfn))
		atomic_long_inc(&filter.nr_memmap);
}

/*
 * Pages of the memory map that describe what is not in the dump at all: most
 * of that is the capture kernel's own memory, and behind the last extent it may
 * be too, as far as there is a memory map.
 */
static void gap_drop(struct worker *worker, unsigned long pfn,
		     unsigned long end, bool is_last)
{
	struct vmcore_memmap *memmap = &worker->memmap;
	unsigned long next;

	for (; pfn < end && !worker->scan->stop; pfn = next) {
		next = min(end, ALIGN(pfn + 1, VMCORE_CHUNK_PAGES));
		worker->scan->stop = fatal_signal_pending(current);
		cond_resched();
		if (!vmcore_memmap_set(memmap, pfn)) {
			next = min(next, memmap->first + memmap->nr);
			for (; memmap->online && pfn + PIECE_PAGES <= next;
			     pfn += PIECE_PAGES)
				gap_piece_drop(worker, pfn);
		} else if (is_last) {
			return;
		}
	}
}

static void gaps_drop(const struct vmcore_dump *dump, struct scan *scan)
{
	unsigned long pfn = 0;
	u32 i;

	first.scan = scan;
	for (i = 0; i < dump->nr_extents; i++) {
		gap_drop(&first, pfn, PHYS_PFN(dump->extents[i].start), false);
		pfn = ALIGN(PHYS_PFN(dump->extents[i].end), PIECE_PAGES);
	}
	gap_drop(&first, pfn, PHYS_PFN(vmcore_oldmem_limit()), true);
}

/* How many pages are left out, after all */
static void holes_count(struct scan *scan)
{
	struct vmcore_span span;
	unsigned long nr = 0;
	u32 i;

	for (i = 0; i < scan->nr_chunks; i++) {
		vmcore_holes_span(&filter.holes, i, &span);
		nr += vmcore_chunk_weight(&filter.holes.chunks[i], &span);
	}
	filter.nr_out = nr;
}

/*
 * What may be mapped, and how much of it at once, depends on the state: nothing
 * stays mapped that was in another one.
 */
static void state_set(enum filter_state state)
{
	WRITE_ONCE(filter.state, state);
	vmcore_windows_drop();
}

static void filter_forget(void)
{
	struct vmcore_holes *holes = &filter.holes;
	u32 i;

	/* First, so that nobody looks at the holes while they go. */
	state_set(FILTER_UNKNOWN);
	for (i = 0; holes->chunks && i < holes->firsts[holes->nr_extents]; i++)
		if (holes->chunks[i].state == VMCORE_CHUNK_MIXED)
			bitmap_free(holes->chunks[i].bits);
	kvfree(holes->chunks);
	kvfree(holes->firsts);
	*holes = (struct vmcore_holes) { };
	kvfree(filter.pieces);
	filter.pieces = NULL;
	for (i = 0; i < VMCORE_NR_CLASSES; i++)
		atomic_long_set(&filter.counts[i], 0);
	atomic_long_set(&filter.nr_memmap, 0);
	atomic_long_set(&filter.nr_lost, 0);
	atomic_long_set(&filter.nr_bitmaps, 0);
	atomic_long_set(&filter.nr_coarse, 0);
	filter.nr_out = 0;
	filter.nr_zeros = 0;
	filter.zeros_to = 0;
}

/* Whoever saves the dump is not killed for the sake of a table. */
static void *table_alloc(size_t nr, size_t size)
{
	if (nr > div_u64(vmcore_ram_share(), size))
		return NULL;
	return kvcalloc(nr, size,
			GFP_KERNEL | __GFP_RETRY_MAYFAIL | __GFP_NOWARN);
}

static int holes_make(const struct vmcore_dump *dump, struct scan *scan)
{
	struct vmcore_holes *holes = &filter.holes;

	holes->extents = dump->extents;
	holes->nr_extents = dump->nr_extents;
	holes->firsts = table_alloc(dump->nr_extents + 1, sizeof(u32));
	if (!holes->firsts)
		return -ENOMEM;
	scan->nr_chunks = vmcore_holes_count(dump->extents, dump->nr_extents,
					     holes->firsts);
	holes->firsts[dump->nr_extents] = scan->nr_chunks;
	holes->chunks = table_alloc(scan->nr_chunks, sizeof(*holes->chunks));
	if (!holes->chunks)
		return -ENOMEM;
	if (PIECES_ARE_PAGES && filter.level & VMCORE_LEVEL_MEMMAP)
		filter.pieces = table_alloc(scan->nr_chunks,
					    BITS_TO_LONGS(CHUNK_PIECES) *
					    sizeof(long));
	if (filter.level & VMCORE_LEVEL_MEMMAP && !filter.pieces)
		pr_warn("the memory map is not left out: %s\n",
			PIECES_ARE_PAGES ? "there is no memory to tell which part of it" :
			"its pages begin and end inside of struct pages");
	return 0;
}

static void filter_report(ktime_t begin)
{
	unsigned long nr_coarse = atomic_long_read(&filter.nr_coarse);
	unsigned long nr_lost = atomic_long_read(&filter.nr_lost);

	pr_info("level %d: %lu pages left out, %lu strange, %lu without a struct page; memory map read in %lld ms\n",
		filter.level, filter.nr_out,
		atomic_long_read(&filter.counts[VMCORE_STRANGE]),
		atomic_long_read(&filter.counts[VMCORE_NO_PAGE]),
		ktime_ms_delta(ktime_get(), begin));
	if (nr_coarse)
		pr_warn("no memory to leave out single pages of %lu MiB; try a larger crashkernel=\n",
			nr_coarse * (VMCORE_CHUNK_PAGES >> (20 - PAGE_SHIFT)));
	if (nr_lost)
		pr_warn("no memory to tell pages that must not be touched from %lu next to them, which are left out too; try a larger crashkernel=\n",
			nr_lost);
}

/* Go through the memory map. Return: 0, -EINTR, -ENOMEM */
static int filter_look(const struct vmcore_dump *dump)
{
	struct scan scan = { .next = ATOMIC_INIT(0), .told = jiffies };
	int ret = holes_make(dump, &scan);

	if (ret)
		return ret;
	scan.stop = vmcore_memmap_begin(dump->extents, dump->nr_extents);
	if (!scan.stop)
		scan_run(&scan);
	if (!scan.stop) {
		state_set(FILTER_JUDGED);
		scan.stop = pcp_drop();
	}
	if (!scan.stop && filter.pieces) {
		memmap_drop(&scan);
		gaps_drop(dump, &scan);
	}
	vmcore_memmap_end();
	if (scan.stop)
		return -EINTR;
	holes_count(&scan);
	kvfree(filter.pieces);
	filter.pieces = NULL;
	return 0;
}

/**
 * vmcore_filter_scan() - find out which pages are left out, if nobody has yet
 * @dump: whose; nobody has it open, and the caller holds its lock
 *
 * Return: 0, also if nothing can be left out; -EINTR for a task that is being
 *         killed, and then the next one begins anew
 */
int vmcore_filter_scan(struct vmcore_dump *dump)
{
	ktime_t begin = ktime_get();
	int ret;

	lockdep_assert_held(&dump->lock);
	if (filter.state == FILTER_KNOWN || filter.missing || filter.level < 0 ||
	    dump->openers || !dump->entry)
		return 0;

	state_set(FILTER_LOOKING);
	ret = filter_look(dump);
	if (ret) {
		filter_forget();
		if (ret != -ENOMEM)
			return ret;
		pr_err("nothing is left out of the dump: there is no memory for it; try a larger crashkernel=\n");
		return 0;
	}
	state_set(FILTER_KNOWN);
	WRITE_ONCE(dump->opened, true);
	filter_report(begin);
	return 0;
}

/**
 * vmcore_filter_init() - can anything be left out of this dump?
 * @dump: with its notes and extents
 */
void vmcore_filter_init(struct vmcore_dump *dump)
{
	filter.missing = vmcore_memmap_find(dump);
	if (filter.missing && filter.level >= 0)
		pr_info("nothing is left out of the dump: %s\n",
			filter.missing);
}

void vmcore_filter_free(void)
{
	filter_forget();
}

/**
 * vmcore_filter_run() - how far is old memory alike?
 * @addr: physical address
 * @len:  bytes, not 0
 * @out:  whether the page of @addr is left out
 *
 * For who has the dump open.
 *
 * Return: bytes from @addr on, at most @len, that are left out too, or not
 *         either
 */
u64 vmcore_filter_run(u64 addr, u64 len, bool *out)
{
	if (filter.state == FILTER_KNOWN)
		return vmcore_holes_run(&filter.holes, addr, len, out);
	*out = false;
	return len;
}

/* May all of a range be mapped? Who does so reads nothing that is left out. */
bool vmcore_filter_touchable(u64 start, u64 end)
{
	return READ_ONCE(filter.state) < FILTER_JUDGED ||
	       vmcore_holes_touchable(&filter.holes, start, end);
}

/* Is it being found out which pages can't be touched? */
bool vmcore_filter_scanning(void)
{
	return READ_ONCE(filter.state) == FILTER_LOOKING;
}

/*
 * Bytes of old memory that are left out; 0 where nobody has looked yet. Programs
 * look for holes in a file that has less on the disk than its size. If those of
 * zeros are to be found by them, there is one page at least.
 */
u64 vmcore_filter_out(void)
{
	if (filter.state != FILTER_KNOWN)
		return 0;
	return PFN_PHYS((u64)filter.nr_out ?: vmcore_filter_zeros());
}

/* Is a page of zeros to be a hole too? */
bool vmcore_filter_zeros(void)
{
	return filter.state == FILTER_KNOWN &&
	       filter.level & VMCORE_LEVEL_ZERO;
}

/* Somebody who looks for data, from the front on, has found a page of zeros. */
void vmcore_filter_note_zero(u64 pos)
{
	pos = PAGE_ALIGN_DOWN(pos);
	spin_lock(&filter.zeros_lock);
	if (pos >= filter.zeros_to) {
		filter.zeros_to = pos + PAGE_SIZE;
		filter.nr_zeros++;
	}
	spin_unlock(&filter.zeros_lock);
}

int vmcore_filter_level(void)
{
	return filter.missing && filter.level > 0 ? 0 : filter.level;
}

/**
 * vmcore_filter_set_level() - leave out something else
 * @dump:  whose lock the caller holds
 * @level: up to VMCORE_LEVEL_MAX, or VMCORE_LEVEL_OFF
 *
 * Return: 0; -EBUSY if somebody has the dump open; -EOPNOTSUPP if nothing can
 *         be left out of it
 */
int vmcore_filter_set_level(struct vmcore_dump *dump, int level)
{
	lockdep_assert_held(&dump->lock);
	if (level == vmcore_filter_level())
		return 0;
	if (dump->openers)
		return -EBUSY;
	if (filter.missing && level > 0)
		return -EOPNOTSUPP;
	filter_forget();
	filter.level = level;
	return 0;
}

static u64 zeros_count(void)
{
	guard(spinlock)(&filter.zeros_lock);
	return filter.nr_zeros;
}

/**
 * vmcore_filter_count() - how many pages are there?
 * @what: of enum vmcore_class, or of enum vmcore_count
 *
 * Return: their number; -ENODATA if nobody knows
 */
long vmcore_filter_count(unsigned int what)
{
	if (filter.state != FILTER_KNOWN)
		return -ENODATA;
	switch (what) {
	case VMCORE_COUNT_MEMMAP:
		return atomic_long_read(&filter.nr_memmap);
	case VMCORE_COUNT_ZERO:
		return zeros_count();
	case VMCORE_COUNT_LEFT_OUT:
		return filter.nr_out;
	default:
		/* A damaged list may have a page of another class, or one twice. */
		return max(atomic_long_read(&filter.counts[what]), 0);
	}
}

/**
 * vmcore_level_parse() - a level as somebody has written it
 * @text:  a number up to VMCORE_LEVEL_MAX, or "off"
 * @level: to be set
 *
 * Return: 0 or -EINVAL, and then @level is as it was
 */
int vmcore_level_parse(const char *text, int *level)
{
	int number;

	if (sysfs_streq(text, "off"))
		number = VMCORE_LEVEL_OFF;
	else if (kstrtoint(text, 0, &number) || number < 0 ||
		 number > VMCORE_LEVEL_MAX)
		return -EINVAL;
	*level = number;
	return 0;
}

static int level_set(const char *text, const struct kernel_param *kp)
{
	int ret = vmcore_level_parse(text ?: "", &filter.level);

	if (ret)
		pr_warn("vmcore_level=%s: give 0 to %d, or off; it stays %d\n",
			text ?: "", VMCORE_LEVEL_MAX, filter.level);
	return ret;
}

static const struct kernel_param_ops level_ops = {
	.flags = KERNEL_PARAM_OPS_FL_NOARG,
	.set = level_set,
};

/* Without a prefix; later it is in /sys/kernel/vmcore. */
#undef MODULE_PARAM_PREFIX
#define MODULE_PARAM_PREFIX ""
module_param_cb(vmcore_level, &level_ops, NULL, 0);
