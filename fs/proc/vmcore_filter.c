// SPDX-License-Identifier: GPL-2.0-only
/*
 * The dump without the pages that no one needs.
 *
 * When /proc/vmcore is opened for the first time, the memory map of the crashed
 * kernel is gone through once (vmcore_scan.c) and what is to be left out is noted
 * down: see vmcore_class.c for what that is, vmcore_holes.c for how it is noted.
 * From then on until the level is changed nothing of this changes, so that
 * readers need no lock.
 *
 * A page that is left out reads as zeros and is a hole. The layout of the file
 * is the same at each level.
 */

#define pr_fmt(fmt) "vmcore: " fmt

#include <linux/atomic.h>
#include <linux/cleanup.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/pfn.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "vmcore_class.h"
#include "vmcore_filter.h"
#include "vmcore_holes.h"
#include "vmcore_internal.h"
#include "vmcore_memmap.h"
#include "vmcore_scan.h"

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
 * @found:    what is left out; empty in FILTER_UNKNOWN
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
	struct vmcore_findings found;
	spinlock_t zeros_lock;	/* zeros_to, nr_zeros */
	u64 zeros_to;
	u64 nr_zeros;
} filter = {
	.zeros_lock = __SPIN_LOCK_UNLOCKED(filter.zeros_lock),
};

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
	/* First, so that nobody looks at the holes while they go. */
	state_set(FILTER_UNKNOWN);
	vmcore_findings_free(&filter.found);
	filter.nr_zeros = 0;
	filter.zeros_to = 0;
}

static void filter_report(ktime_t begin)
{
	unsigned long nr_coarse = atomic_long_read(&filter.found.nr_coarse);
	unsigned long nr_lost = atomic_long_read(&filter.found.nr_lost);

	pr_info("level %d: %lu pages left out, %lu strange, %lu without a struct page; memory map read in %lld ms\n",
		filter.level, filter.found.nr_out,
		atomic_long_read(&filter.found.counts[VMCORE_STRANGE]),
		atomic_long_read(&filter.found.counts[VMCORE_NO_PAGE]),
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
	int ret = vmcore_findings_make(&filter.found, dump, filter.level);

	if (ret)
		return ret;
	ret = vmcore_memmap_begin(dump->extents, dump->nr_extents);
	if (!ret)
		ret = vmcore_scan_judge(&filter.found);
	if (!ret) {
		state_set(FILTER_JUDGED);
		ret = vmcore_scan_more(&filter.found);
	}
	vmcore_memmap_end();
	return ret;
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
		return vmcore_holes_run(&filter.found.holes, addr, len, out);
	*out = false;
	return len;
}

/* May all of a range be mapped? Who does so reads nothing that is left out. */
bool vmcore_filter_touchable(u64 start, u64 end)
{
	return READ_ONCE(filter.state) < FILTER_JUDGED ||
	       vmcore_holes_touchable(&filter.found.holes, start, end);
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
	return PFN_PHYS((u64)filter.found.nr_out ?: vmcore_filter_zeros());
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
	u64 nr;

	spin_lock(&filter.zeros_lock);
	nr = filter.nr_zeros;
	spin_unlock(&filter.zeros_lock);
	return nr;
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
		return atomic_long_read(&filter.found.nr_memmap);
	case VMCORE_COUNT_ZERO:
		return zeros_count();
	case VMCORE_COUNT_LEFT_OUT:
		return filter.found.nr_out;
	default:
		/* A damaged list may have a page of another class, or one twice. */
		return max(atomic_long_read(&filter.found.counts[what]), 0);
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
