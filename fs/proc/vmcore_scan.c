// SPDX-License-Identifier: GPL-2.0-only
/*
 * A look at the memory map of the crashed kernel, to find out what is left out
 * of the dump.
 *
 * First each page is judged by its struct page, by as many CPUs as there are;
 * then some more pages are left out, which takes the verdict on others.
 */

#define pr_fmt(fmt) "vmcore: " fmt

#include <linux/align.h>
#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/page-flags.h>
#include <linux/pfn.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "vmcore_class.h"
#include "vmcore_holes.h"
#include "vmcore_internal.h"
#include "vmcore_memmap.h"
#include "vmcore_pcplists.h"
#include "vmcore_scan.h"

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
 * struct scan - a pass over the memory map
 * @found:     where it notes down what it finds
 * @nr_chunks: how many there are
 * @next:      index of the first chunk that nobody has taken yet
 * @stop:      don't take more
 * @told:      when somebody was told last how far it is, in jiffies
 */
struct scan {
	struct vmcore_findings *found;
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
	if (vmcore_class_is_out(class, worker->scan->found->level))
		bitmap_set(worker->verdict.out, bit, nr);
	if (vmcore_classes[class].untouchable)
		bitmap_set(worker->verdict.untouchable, bit, nr);
}

/* Pieces, from a page on, describe only what is left out. */
static void pieces_are_idle(struct worker *worker, unsigned long pfn,
			    unsigned long nr)
{
	struct vmcore_findings *found = worker->scan->found;

	atomic_long_add(nr, &found->nr_memmap);
	if (found->pieces)
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
	if (PIECES_ARE_PAGES &&
	    vmcore_class_is_out(block->class, worker->scan->found->level))
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
static unsigned long *bits_zalloc(struct vmcore_findings *found, bool is_needed)
{
	u64 most = vmcore_ram_share() / (VMCORE_CHUNK_PAGES / BITS_PER_BYTE) *
		   (is_needed ? 2 : 1);
	gfp_t gfp = GFP_KERNEL | __GFP_NOWARN |
		    (is_needed ? __GFP_RETRY_MAYFAIL : __GFP_NORETRY);
	unsigned long *bits = NULL;

	if (atomic_long_read(&found->nr_bitmaps) < most)
		bits = bitmap_zalloc(VMCORE_CHUNK_PAGES, gfp);
	atomic_long_inc(bits ? &found->nr_bitmaps : &found->nr_coarse);
	return bits;
}

/* Note down what was found out about a chunk. */
static void chunk_note(struct worker *worker, const struct vmcore_span *span)
{
	const struct vmcore_verdict *verdict = &worker->verdict;
	struct vmcore_findings *found = worker->scan->found;
	enum vmcore_chunk_state state = vmcore_verdict_state(verdict, span);
	unsigned long *bits = NULL, lost;
	unsigned int class;

	if (state == VMCORE_CHUNK_MIXED)
		bits = bits_zalloc(found, !bitmap_empty(verdict->untouchable,
							VMCORE_CHUNK_PAGES));
	lost = vmcore_holes_set(&found->holes, span, verdict, state, bits);
	atomic_long_add(lost, &found->nr_lost);
	for (class = 0; class < VMCORE_NR_CLASSES; class++)
		atomic_long_add(worker->counts[class], &found->counts[class]);
	if (found->pieces)
		bitmap_copy(found->pieces + span->index * BITS_TO_LONGS(CHUNK_PIECES),
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
		vmcore_holes_span(&scan->found->holes, index, &span);
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
	first.scan = NULL;
	for (i = 0; i < nr; i++) {
		/* Who has not begun by now is not waited for. */
		cancel_work_sync(&helpers[i]->work);
		kfree(helpers[i]);
	}
}

/* A page of a chunk that has been noted down already is left out too. */
static void page_drop(struct vmcore_findings *found, struct vmcore_chunk *chunk,
		      u64 phys)
{
	unsigned long *bits;

	if (chunk->state == VMCORE_CHUNK_KEPT) {
		/* Without one, nobody tries again for the next page. */
		bits = bits_zalloc(found, false);
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
 * @found:  where it is noted down
 * @leaf:   the piece of old memory that a list was read from last
 * @memmap: set on the page that was found last
 */
struct pcp {
	struct vmcore_pcplists lists;
	struct vmcore_findings *found;
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
	struct vmcore_findings *found = pcp->found;
	struct vmcore_chunk *chunk;
	unsigned long pfn, end;

	if (vmcore_memmap_pfn(&pcp->memmap, at, &pfn) ||
	    !IS_ALIGNED(pfn, nr))
		return;
	for (end = pfn + nr; pfn < end; pfn++) {
		chunk = vmcore_holes_chunk(&found->holes, PFN_PHYS(pfn));
		if (!chunk || vmcore_chunk_out(chunk, pfn))
			continue;
		atomic_long_dec(&found->counts[VMCORE_KERNEL]);
		atomic_long_inc(&found->counts[VMCORE_FREE_PCP]);
		if (vmcore_class_is_out(VMCORE_FREE_PCP, found->level))
			page_drop(found, chunk, PFN_PHYS(pfn));
	}
}

static int pcp_drop(struct vmcore_findings *found)
{
	struct pcp pcp = {
		.found = found,
		.lists.read = pcp_read,
		.lists.read_page = pcp_read_page,
		.lists.found = pcp_found,
		.lists.symbol = vmcore_old_symbol,
	};

	return vmcore_pcplists_walk_all(&pcp.lists);
}

/* The page that holds the struct pages of a piece is left out, if it is one. */
static bool piece_drop(struct vmcore_findings *found,
		       struct vmcore_memmap *memmap, unsigned long pfn)
{
	struct vmcore_chunk *chunk;
	u64 phys;

	if (vmcore_memmap_phys(memmap, pfn, &phys) ||
	    !IS_ALIGNED(phys, PAGE_SIZE))
		return false;
	chunk = vmcore_holes_chunk(&found->holes, phys);
	if (chunk)
		page_drop(found, chunk, phys);
	return true;
}

/* The pages of the memory map that describe only pages that are left out */
static void memmap_drop(struct scan *scan)
{
	struct vmcore_findings *found = scan->found;
	struct vmcore_memmap memmap = { };
	struct vmcore_span span;
	unsigned long *idle, pfn;
	unsigned int piece;
	u32 i;

	for (i = 0; i < scan->nr_chunks && !scan->stop; i++) {
		idle = found->pieces + i * BITS_TO_LONGS(CHUNK_PIECES);
		if (bitmap_empty(idle, CHUNK_PIECES))
			continue;
		vmcore_holes_span(&found->holes, i, &span);
		if (vmcore_memmap_set(&memmap, span.first))
			continue;
		for_each_set_bit(piece, idle, CHUNK_PIECES) {
			pfn = ALIGN_DOWN(span.first, VMCORE_CHUNK_PAGES) +
			      piece * PIECE_PAGES;
			piece_drop(found, &memmap, pfn);
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
	struct vmcore_findings *found = worker->scan->found;

	if (!vmcore_memmap_read(&worker->memmap, worker->pages, pfn,
				PIECE_PAGES) &&
	    piece_is_reserved(worker, pfn) &&
	    piece_drop(found, &worker->memmap, pfn))
		atomic_long_inc(&found->nr_memmap);
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

static void gaps_drop(struct scan *scan)
{
	const struct vmcore_holes *holes = &scan->found->holes;
	unsigned long pfn = 0;
	u32 i;

	first.scan = scan;
	for (i = 0; i < holes->nr_extents; i++) {
		gap_drop(&first, pfn, PHYS_PFN(holes->extents[i].start), false);
		pfn = ALIGN(PHYS_PFN(holes->extents[i].end), PIECE_PAGES);
	}
	gap_drop(&first, pfn, PHYS_PFN(vmcore_oldmem_limit()), true);
}

/* How many pages are left out, after all */
static void holes_count(struct vmcore_findings *found)
{
	struct vmcore_span span;
	u32 i;

	for (i = 0; i < vmcore_findings_chunks(found); i++) {
		vmcore_holes_span(&found->holes, i, &span);
		found->nr_out += vmcore_chunk_weight(&found->holes.chunks[i],
						     &span);
	}
}

/* Whoever saves the dump is not killed for the sake of a table. */
static void *table_alloc(size_t nr, size_t size)
{
	if (nr > div_u64(vmcore_ram_share(), size))
		return NULL;
	return kvcalloc(nr, size,
			GFP_KERNEL | __GFP_RETRY_MAYFAIL | __GFP_NOWARN);
}

static int holes_make(struct vmcore_findings *found,
		      const struct vmcore_dump *dump)
{
	struct vmcore_holes *holes = &found->holes;
	u32 nr;

	holes->firsts = table_alloc(dump->nr_extents + 1, sizeof(u32));
	if (!holes->firsts)
		return -ENOMEM;
	holes->extents = dump->extents;
	holes->nr_extents = dump->nr_extents;
	nr = vmcore_holes_count(dump->extents, dump->nr_extents,
				holes->firsts);
	holes->chunks = table_alloc(nr, sizeof(*holes->chunks));
	return holes->chunks ? 0 : -ENOMEM;
}

static void pieces_make(struct vmcore_findings *found)
{
	if (PIECES_ARE_PAGES)
		found->pieces = table_alloc(vmcore_findings_chunks(found),
					    BITS_TO_LONGS(CHUNK_PIECES) *
					    sizeof(long));
	if (!found->pieces)
		pr_warn("the memory map is not left out: %s\n",
			PIECES_ARE_PAGES ? "there is no memory to tell which part of it" :
			"its pages begin and end inside of struct pages");
}

/**
 * vmcore_findings_make() - get ready for a scan
 * @found: all zeros; vmcore_findings_free() ends it in any case
 * @dump:  whose memory map it is
 * @level: what is to be left out: a dump level, 0 or more
 *
 * Return: 0 or -ENOMEM
 */
int vmcore_findings_make(struct vmcore_findings *found,
			 const struct vmcore_dump *dump, int level)
{
	int ret;

	found->level = level;
	ret = holes_make(found, dump);
	if (!ret && level & VMCORE_LEVEL_MEMMAP)
		pieces_make(found);
	return ret;
}

static void pieces_free(struct vmcore_findings *found)
{
	kvfree(found->pieces);
	found->pieces = NULL;
}

/* Nothing is known any more, and all is zeros. */
void vmcore_findings_free(struct vmcore_findings *found)
{
	struct vmcore_holes *holes = &found->holes;
	u32 i;

	for (i = 0; holes->chunks && i < vmcore_findings_chunks(found); i++)
		if (holes->chunks[i].state == VMCORE_CHUNK_MIXED)
			bitmap_free(holes->chunks[i].bits);
	kvfree(holes->chunks);
	kvfree(holes->firsts);
	pieces_free(found);
	memset(found, 0, sizeof(*found));
}

/**
 * vmcore_scan_judge() - pass a verdict on each page
 * @found: from vmcore_findings_make()
 *
 * Between vmcore_memmap_begin() and vmcore_memmap_end(), as is
 * vmcore_scan_more(). Both sleep; the caller sees to it that there is one.
 *
 * Return: 0, or -EINTR for a task that is being killed
 */
int vmcore_scan_judge(struct vmcore_findings *found)
{
	struct scan scan = {
		.found = found,
		.nr_chunks = vmcore_findings_chunks(found),
		.next = ATOMIC_INIT(0),
		.told = jiffies,
	};

	scan_run(&scan);
	return scan.stop ? -EINTR : 0;
}

/**
 * vmcore_scan_more() - leave out what no verdict on a page by itself can
 * @found: on which vmcore_scan_judge() has passed one
 *
 * Free pages that CPUs have on lists, and the memory map of what is left out.
 *
 * Return: 0, or -EINTR for a task that is being killed
 */
int vmcore_scan_more(struct vmcore_findings *found)
{
	struct scan scan = {
		.found = found,
		.nr_chunks = vmcore_findings_chunks(found),
		.stop = pcp_drop(found),
	};

	if (!scan.stop && found->pieces) {
		memmap_drop(&scan);
		gaps_drop(&scan);
	}
	if (scan.stop)
		return -EINTR;
	holes_count(found);
	pieces_free(found);
	return 0;
}
