// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which pages of old memory may be touched.
 *
 * A page that a hypervisor took back, that was never accepted or that is an
 * aperture can hang the machine when it is read. Whoever knows registers a
 * callback, and the memory map of the crashed kernel knows of more. And the
 * core header may name memory that this kernel uses, or a device, which are no
 * part of the dump. All such pages read as zeros.
 */

#define pr_fmt(fmt) "vmcore: " fmt

#include <linux/cleanup.h>
#include <linux/crash_dump.h>
#include <linux/export.h>
#include <linux/list.h>
#include <linux/pfn.h>
#include <linux/printk.h>
#include <linux/rwsem.h>

#include "vmcore_filter.h"
#include "vmcore_internal.h"

/*
 * lock: the list. Held for reading while callbacks run, which may sleep. That
 * the list is empty may be seen without it: see register_vmcore_cb().
 */
static struct {
	struct rw_semaphore lock;
	struct list_head list;
} callbacks = {
	.lock = __RWSEM_INITIALIZER(callbacks.lock),
	.list = LIST_HEAD_INIT(callbacks.list),
};

/**
 * register_vmcore_cb() - have a say in which pages of old memory are read
 * @cb: the callback; it stays registered until unregister_vmcore_cb()
 *
 * Windows on old memory that were made without asking @cb are not found any
 * more when this returns. A read that is under way may finish the stretch of
 * up to 1 MiB that it is at, and what a process has mapped stays mapped: so
 * there is a warning if it comes late. Works from early boot on.
 */
void register_vmcore_cb(struct vmcore_cb *cb)
{
	down_write(&callbacks.lock);
	list_add_tail(&cb->next, &callbacks.list);
	up_write(&callbacks.lock);

	vmcore_windows_drop();
	if (READ_ONCE(vmcore_dump.opened))
		pr_warn("a page filter was registered after /proc/vmcore had been opened: what was read before may be incomplete; load its driver first\n");
}
EXPORT_SYMBOL_GPL(register_vmcore_cb);

/**
 * unregister_vmcore_cb() - the end of a callback's say
 * @cb: the callback; it is not running when this returns
 *
 * Nobody knows any more which pages it refused: so there is a warning if the
 * dump may still be read.
 */
void unregister_vmcore_cb(struct vmcore_cb *cb)
{
	down_write(&callbacks.lock);
	list_del(&cb->next);
	up_write(&callbacks.lock);

	vmcore_windows_drop();
	if (READ_ONCE(vmcore_dump.opened))
		pr_warn("a page filter was unregistered after /proc/vmcore had been opened: pages that it refused are read from now on; keep its driver loaded\n");
}
EXPORT_SYMBOL_GPL(unregister_vmcore_cb);

static bool callbacks_allow(unsigned long pfn)
{
	struct vmcore_cb *cb;

	guard(rwsem_read)(&callbacks.lock);
	list_for_each_entry(cb, &callbacks.list, next) {
		if (cb->pfn_is_ram && !cb->pfn_is_ram(cb, pfn))
			return false;
	}
	return true;
}

static bool callbacks_any(void)
{
	return !list_empty(&callbacks.list);
}

/**
 * vmcore_hidden_by() - what is there instead of the crashed kernel's memory
 * @start: physical address
 * @size:  bytes
 *
 * Nothing is beyond what this machine can address, in more bits than there may
 * be in a phys_addr_t; to read there fails.
 *
 * Return: words for the log, or NULL
 */
const char *vmcore_hidden_by(u64 start, u64 size)
{
	if (start + size < start || start + size > vmcore_oldmem_limit())
		return NULL;
	if (oldmem_is_own(start, size))
		return "memory of this kernel";
	return oldmem_is_device(start, size) ? "a device" : NULL;
}

/* Are all pages of a range fit to be read, as far as one can tell at once? */
bool vmcore_range_plain(u64 start, u64 size)
{
	return !callbacks_any() && vmcore_filter_touchable(start, start + size) &&
	       !vmcore_hidden_by(start, size);
}

/* Does nobody say no to it who knows single pages? */
static bool page_allowed(unsigned long pfn)
{
	return (!callbacks_any() || callbacks_allow(pfn)) &&
	       vmcore_filter_touchable(PFN_PHYS(pfn), PFN_PHYS(pfn + 1));
}

bool vmcore_page_readable(unsigned long pfn)
{
	return page_allowed(pfn) && !vmcore_hidden_by(PFN_PHYS(pfn), PAGE_SIZE);
}

/* Of a range of which this much is known, ask about a page only the rest. */
static bool page_readable(unsigned long pfn, bool foreign)
{
	return foreign ? page_allowed(pfn) : vmcore_page_readable(pfn);
}

/**
 * vmcore_run_around() - the pages around an address that are as readable
 * @range:    whole pages that hold @addr: where to look
 * @addr:     physical address
 * @readable: whether they may be read
 *
 * Asks about each page of the run once and about its neighbours, or about all
 * of @range at once where that has an answer.
 *
 * Return: the run
 */
struct vmcore_extent vmcore_run_around(const struct vmcore_extent *range,
				       u64 addr, bool *readable)
{
	unsigned long first = PFN_DOWN(addr), end = first + 1;
	bool foreign = !vmcore_hidden_by(range->start, range->end - range->start);

	if (foreign && !callbacks_any() &&
	    vmcore_filter_touchable(range->start, range->end)) {
		*readable = true;
		return *range;
	}

	*readable = page_readable(first, foreign);
	while (first > PFN_DOWN(range->start) &&
	       page_readable(first - 1, foreign) == *readable)
		first--;
	while (end < PFN_DOWN(range->end) &&
	       page_readable(end, foreign) == *readable)
		end++;
	return (struct vmcore_extent) { PFN_PHYS(first), PFN_PHYS(end) };
}
