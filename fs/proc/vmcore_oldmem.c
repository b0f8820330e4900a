// SPDX-License-Identifier: GPL-2.0-only
/*
 * Old memory, seen through windows.
 *
 * Mapping a page costs more than copying it. So old memory is mapped in large
 * windows, with huge pages where the addresses allow it, and a window stays
 * mapped until its place is wanted for another or the dump is closed: reading
 * on costs no more than reading this kernel's own memory. All that this takes
 * is the table below (2.5 KiB) and what mapping its windows takes: page tables
 * and a few hundred bytes each. A read within a window allocates nothing.
 *
 * Pages that must not be touched are a window too, on zeros. Where there can't
 * be one (an address in no region, an architecture that can't), it goes page
 * by page.
 */

#define pr_fmt(fmt) "vmcore: " fmt

#include <kunit/static_stub.h>
#include <linux/crash_dump.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/pfn.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/spinlock.h>
#include <linux/uio.h>

#include "vmcore_filter.h"
#include "vmcore_internal.h"

#define NR_WINDOWS	64
#define WINDOW_SIZE	((u64)SZ_64M)
#define HUGE_SIZE	((u64)SZ_2M)
#define ASK_SIZE	((u64)SZ_64K)

/* The most that is copied without a look at signals and the scheduler */
#define STRETCH_SIZE	SZ_1M

/**
 * struct window - a mapped range of old memory, or one that can't be
 * @range:     of physical addresses; empty if the place in the table is free
 * @addr:      where it is mapped; NULL: read this range page by page, or not
 *             at all
 * @used:      when a read last came to it from another window
 * @pins:      reads that are using it; all else stays as it is meanwhile
 * @gone:      not to be found any more, and to be unmapped by the last read
 * @encrypted: what is mapped is the decrypted view
 * @hidden:    not to be touched: reads as zeros
 */
struct window {
	struct vmcore_extent range;
	void *addr;
	unsigned int used;
	unsigned int pins;
	bool gone;
	bool encrypted;
	bool hidden;
};

/**
 * struct windows - the windows that there are
 * @map_lock: held where windows come and go; taken before @lock; may sleep
 * @lock:     @table, @last and @clock
 * @table:    the windows
 * @last:     where the last read was
 * @clock:    counts changes of @last
 * @extents:  where windows may be; under @map_lock
 * @nr_extents: how many
 */
struct windows {
	struct mutex map_lock;	/* changes of what is mapped */
	spinlock_t lock;	/* what reads look at */
	struct window table[NR_WINDOWS];
	unsigned int last;
	unsigned int clock;
	const struct vmcore_extent *extents;
	u32 nr_extents;
};

static struct windows windows = {
	.map_lock = __MUTEX_INITIALIZER(windows.map_lock),
	.lock = __SPIN_LOCK_UNLOCKED(windows.lock),
};

static bool window_holds(const struct window *win, u64 addr, bool encrypted)
{
	return addr >= win->range.start && addr < win->range.end &&
	       win->encrypted == encrypted && !win->gone;
}

/* The last window first: most reads go on where the one before them ended. */
static struct window *window_find(u64 addr, bool encrypted)
{
	struct window *win = &windows.table[windows.last];
	unsigned int i;

	lockdep_assert_held(&windows.lock);
	if (likely(window_holds(win, addr, encrypted)))
		return win;
	for (i = 0; i < NR_WINDOWS; i++) {
		win = &windows.table[i];
		if (window_holds(win, addr, encrypted)) {
			windows.last = i;
			win->used = ++windows.clock;
			return win;
		}
	}
	return NULL;
}

/* Find the window that holds an address and pin it. */
static struct window *window_pin(u64 addr, bool encrypted)
{
	struct window *win;

	spin_lock(&windows.lock);
	win = window_find(addr, encrypted);
	if (win)
		win->pins++;
	spin_unlock(&windows.lock);
	return win;
}

/*
 * Take a window out of the table, so that nobody finds it any more.
 *
 * Return: what is to be unmapped, once the lock is released; NULL if there is
 *         nothing, or if that is left to the last one who has it pinned
 */
static void *window_detach(struct window *win)
{
	void *addr = win->addr;

	lockdep_assert_held(&windows.lock);
	if (win->pins) {
		win->gone = true;
		return NULL;
	}
	*win = (struct window) { };
	return addr;
}

static void window_unpin(struct window *win)
{
	void *addr = NULL;

	scoped_guard(spinlock, &windows.lock) {
		win->pins--;
		if (unlikely(win->gone))
			addr = window_detach(win);
	}
	if (addr)
		oldmem_unmap(addr);
}

/* The place of the window that has gone unused for longest is freed. */
static struct window *window_evict(void)
{
	struct window *win, *oldest = NULL;
	void *addr = NULL;

	lockdep_assert_held(&windows.map_lock);
	scoped_guard(spinlock, &windows.lock) {
		for (win = windows.table;
		     win < windows.table + NR_WINDOWS; win++) {
			if (win->pins)
				continue;
			if (win->range.start == win->range.end) {
				oldest = win;
				break;
			}
			if (!oldest || (int)(win->used - oldest->used) < 0)
				oldest = win;
		}
		if (oldest)
			addr = window_detach(oldest);
	}
	if (addr)
		oldmem_unmap(addr);
	return oldest;
}

static u64 extent_size(const struct vmcore_extent *extent)
{
	return extent->end - extent->start;
}

/* oldmem_map(), for tests to stand in for it */
void *vmcore_extent_map(const struct vmcore_extent *extent, bool encrypted)
{
	KUNIT_STATIC_STUB_REDIRECT(vmcore_extent_map, extent, encrypted);
	return oldmem_map(extent->start, extent_size(extent), encrypted);
}

/*
 * How far to ask about single pages. Who asks a hypervisor waits for it: much
 * at a time is for those who read on from the last window.
 */
static u64 ask_size(u64 addr)
{
	bool reads_on;

	scoped_guard(spinlock, &windows.lock)
		reads_on = windows.table[windows.last].range.end ==
			   PAGE_ALIGN_DOWN(addr);
	return reads_on ? HUGE_SIZE : ASK_SIZE;
}

/*
 * The memory map is read, and what leads to it, before it is known what must not
 * be touched. Most of it is in huge pages of its own.
 */
static u64 window_size(void)
{
	return vmcore_filter_scanning() ? HUGE_SIZE : WINDOW_SIZE;
}

/*
 * Choose and map the window for an address. Pages are asked for when the
 * window is made, not when it is read: where there is somebody to ask, or
 * this kernel's own memory is near, a window is a run of pages that may all be
 * read or that may all not.
 */
static bool window_map(struct window *win, u64 addr, bool encrypted)
{
	const struct vmcore_extent *extent;
	struct vmcore_extent range;
	bool readable;

	extent = vmcore_extent_find(windows.extents, windows.nr_extents, addr);
	if (!extent)
		return false;

	win->encrypted = encrypted;
	win->range = vmcore_extent_window(extent, addr, window_size(),
					  HUGE_SIZE);
	if (vmcore_range_plain(win->range.start, extent_size(&win->range)))
		win->addr = vmcore_extent_map(&win->range, encrypted);
	if (win->addr)
		return true;

	/* Also if memory was short, or one page in there was odd. */
	range = vmcore_extent_window(extent, addr, HUGE_SIZE, HUGE_SIZE);
	if (!vmcore_range_plain(range.start, extent_size(&range)))
		range = vmcore_extent_window(&range, addr, ask_size(addr),
					     PAGE_SIZE);
	win->range = vmcore_run_around(&range, addr, &readable);
	win->hidden = !readable;
	if (readable)
		win->addr = vmcore_extent_map(&win->range, encrypted);
	return true;
}

/* Make a window for an address and pin it. */
static struct window *window_open(u64 addr, bool encrypted)
{
	struct window fresh = { .pins = 1 };
	struct window *win;

	guard(mutex)(&windows.map_lock);
	win = window_pin(addr, encrypted);
	if (win)
		return win;

	win = window_evict();
	if (!win || !window_map(&fresh, addr, encrypted))
		return NULL;

	spin_lock(&windows.lock);
	fresh.used = ++windows.clock;
	windows.last = win - windows.table;
	*win = fresh;
	spin_unlock(&windows.lock);
	return win;
}

/**
 * vmcore_windows_drop() - unmap everything that nobody is reading right now
 *
 * And what somebody is reading is not found by the next read.
 */
void vmcore_windows_drop(void)
{
	struct window *win;
	void *addr;

	guard(mutex)(&windows.map_lock);
	for (win = windows.table; win < windows.table + NR_WINDOWS; win++) {
		scoped_guard(spinlock, &windows.lock)
			addr = window_detach(win);
		if (addr)
			oldmem_unmap(addr);
	}
}

/* The first address that is none of memory, or of no page that has a number */
u64 vmcore_oldmem_limit(void)
{
	return min_t(u64, oldmem_limit(), PFN_PHYS(ULONG_MAX));
}

/* Say where windows may be; empty to say nowhere any more. */
void vmcore_oldmem_init(const struct vmcore_extent *extents, u32 nr_extents)
{
	scoped_guard(mutex, &windows.map_lock) {
		windows.extents = extents;
		windows.nr_extents = nr_extents;
	}
	vmcore_windows_drop();
}

static ssize_t zeros_copy(struct iov_iter *iter, size_t len)
{
	return iov_iter_zero(len, iter) ?: -EFAULT;
}

/* copy_oldmem_page(), for tests to stand in for it */
ssize_t vmcore_page_copy(struct iov_iter *iter, unsigned long pfn, size_t len,
			 unsigned long offset, bool encrypted)
{
	KUNIT_STATIC_STUB_REDIRECT(vmcore_page_copy, iter, pfn, len, offset,
				   encrypted);
	if (encrypted)
		return copy_oldmem_page_encrypted(iter, pfn, len, offset);
	return copy_oldmem_page(iter, pfn, len, offset);
}

/* Copy from a single page, or zeros in its place. */
static ssize_t page_copy(struct iov_iter *iter, u64 addr, size_t len,
			 bool encrypted)
{
	unsigned long offset = addr & (PAGE_SIZE - 1);
	unsigned long pfn = PHYS_PFN(addr);

	len = min(len, PAGE_SIZE - offset);
	if (!vmcore_page_readable(pfn))
		return zeros_copy(iter, len);
	return vmcore_page_copy(iter, pfn, len, offset, encrypted) ?: -EFAULT;
}

/* As far as the window goes; where it is not mapped, perhaps only a page */
static ssize_t window_copy(const struct window *win, struct iov_iter *iter,
			   u64 addr, size_t len)
{
	len = min(len, win->range.end - addr);
	if (win->hidden)
		return zeros_copy(iter, len);
	if (!win->addr)
		return page_copy(iter, addr, len, win->encrypted);
	return copy_to_iter(win->addr + (addr - win->range.start), len,
			    iter) ?: -EFAULT;
}

/* Copy from one window or page, as far as it goes. */
static ssize_t stretch_copy(struct iov_iter *iter, u64 addr, size_t len,
			    bool encrypted)
{
	struct window *win;
	ssize_t copied;

	win = window_pin(addr, encrypted) ?: window_open(addr, encrypted);
	if (!win)
		return page_copy(iter, addr, len, encrypted);
	copied = window_copy(win, iter, addr, len);
	window_unpin(win);
	return copied;
}

/**
 * vmcore_oldmem_read() - copy old memory
 * @iter:      where to: the memory of a process, of this kernel, pages
 * @addr:      physical address
 * @len:       bytes
 * @encrypted: the crashed kernel had it encrypted
 *
 * Every read of old memory comes this way. May sleep, and stops at a fatal
 * signal.
 *
 * Return: bytes copied, fewer than @len if @iter faults on the way or a page
 *         can't be mapped, or an errno if none were: -EFAULT, or what became
 *         of the page
 */
ssize_t vmcore_oldmem_read(struct iov_iter *iter, u64 addr, size_t len,
			   bool encrypted)
{
	size_t done = 0;
	ssize_t copied;

	if (addr + len < addr || addr + len > vmcore_oldmem_limit())
		return -EINVAL;

	while (done < len) {
		copied = stretch_copy(iter, addr + done,
				      min_t(size_t, len - done, STRETCH_SIZE),
				      encrypted);
		if (copied < 0)
			return done ?: copied;
		done += copied;
		if (done < len && fatal_signal_pending(current))
			return done;
		cond_resched();
	}
	return done;
}

/**
 * vmcore_oldmem_copy() - copy old memory to this kernel's
 * @buf:       room for @len bytes
 * @len:       bytes
 * @addr:      physical address
 * @encrypted: the crashed kernel had it encrypted
 *
 * Return: as vmcore_oldmem_read()
 */
ssize_t vmcore_oldmem_copy(void *buf, size_t len, u64 addr, bool encrypted)
{
	struct kvec kvec = { .iov_base = buf, .iov_len = len };
	struct iov_iter iter;

	iov_iter_kvec(&iter, ITER_DEST, &kvec, 1, len);
	return vmcore_oldmem_read(&iter, addr, len, encrypted);
}

/**
 * vmcore_oldmem_look() - look at old memory where it is
 * @addr:      physical address
 * @len:       bytes
 * @encrypted: the crashed kernel had it encrypted
 * @look:      gets where it is mapped, how many bytes are there in one piece, at
 *             most @len, and @data. A device may still be writing there.
 * @data:      for @look
 *
 * May sleep.
 *
 * Return: what @look does; 0 if it is not mapped, and then it has to be copied
 */
unsigned long vmcore_oldmem_look(u64 addr, u64 len, bool encrypted,
				 unsigned long (*look)(const void *at,
						       size_t len, void *data),
				 void *data)
{
	struct window *win = window_pin(addr, encrypted) ?:
			     window_open(addr, encrypted);
	unsigned long ret = 0;

	if (!win)
		return 0;
	if (win->addr)
		ret = look(win->addr + (addr - win->range.start),
			   min(len, win->range.end - addr), data);
	window_unpin(win);
	return ret;
}

/**
 * read_from_oldmem() - copy old memory and move on
 * @iter:      where to
 * @count:     bytes
 * @ppos:      physical address, advanced by what was copied
 * @encrypted: the crashed kernel had it encrypted
 *
 * Return: bytes copied, or an errno if none were
 */
ssize_t read_from_oldmem(struct iov_iter *iter, size_t count,
			 u64 *ppos, bool encrypted)
{
	ssize_t copied = vmcore_oldmem_read(iter, *ppos, count, encrypted);

	if (copied > 0)
		*ppos += copied;
	return copied;
}

/*
 * What follows an architecture may override; include/linux/crash_dump.h has
 * the contract.
 */

void * __weak oldmem_map(phys_addr_t start, size_t size, bool encrypted)
{
	return NULL;
}

void __weak oldmem_unmap(void *addr)
{
}

bool __weak oldmem_is_own(phys_addr_t start, u64 size)
{
	return false;
}

bool __weak oldmem_is_device(phys_addr_t start, u64 size)
{
	return false;
}

u64 __weak oldmem_limit(void)
{
	return (u64)PHYS_ADDR_MAX;
}

ssize_t __weak copy_oldmem_page_encrypted(struct iov_iter *iter,
					  unsigned long pfn, size_t csize,
					  unsigned long offset)
{
	return copy_oldmem_page(iter, pfn, csize, offset);
}
