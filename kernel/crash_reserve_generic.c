// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory for a capture kernel, set aside at boot
 *
 * A capture kernel must not run in memory that the crashed one used, or that
 * a device may still write to. So a region is taken out of the allocators'
 * reach before they exist, at the place and of the size that crashkernel=
 * asks for. Where that can't be done the log says why, and the kernel boots
 * on without.
 */

#define pr_fmt(fmt) "crashkernel: " fmt

#include <linux/crash_reserve.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/kmemleak.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/sizes.h>

/* Where a region may be looked for. Empty if start >= end. */
struct window {
	phys_addr_t start;
	phys_addr_t end;
};

static unsigned long long __init to_mib(phys_addr_t size)
{
	return (unsigned long long)size / SZ_1M;
}

/* 0 if there is no room. */
static phys_addr_t __init alloc_in(const struct window *where,
				   phys_addr_t size)
{
	if (where->start >= where->end || size > where->end - where->start)
		return 0;

	return memblock_phys_alloc_range(size, CRASH_ALIGN, where->start,
					 where->end);
}

static struct window __init low_window(void)
{
	return (struct window){ CRASH_ALIGN, CRASH_ADDR_LOW_MAX };
}

static struct window __init high_window(void)
{
	return (struct window){ CRASH_ADDR_LOW_MAX, CRASH_ADDR_HIGH_MAX };
}

static phys_addr_t __init alloc_anywhere(phys_addr_t size, bool high_first)
{
	const struct window first = high_first ? high_window() : low_window();
	const struct window then = high_first ? low_window() : high_window();
	phys_addr_t base;

	base = alloc_in(&first, size);
	if (!base)
		base = alloc_in(&then, size);
	if (!base)
		pr_warn("no memory reserved: %llu MiB are not free in one piece; ask for less\n",
			to_mib(size));
	return base;
}

/* Exactly at @at, or not at all: elsewhere is not what was asked for. */
static phys_addr_t __init alloc_at(unsigned long long at, phys_addr_t size)
{
	phys_addr_t base = at;
	const char *problem;

	if (!IS_ALIGNED(at, PAGE_SIZE))
		problem = "the address is not at a page boundary";
	else if (base != at || !memblock_is_region_memory(base, size))
		problem = "not all of it is RAM";
	else if (memblock_is_region_reserved(base, size))
		problem = "a part of it is in use";
	else if (!memblock_phys_alloc_range(size, PAGE_SIZE, base, base + size))
		problem = "the firmware does not let a part of it be used";
	else
		return base;

	pr_warn("no memory reserved: %llu MiB at %#llx were asked for, but %s; leave out '@address' to have a place found\n",
		to_mib(size), at, problem);
	return 0;
}

/* How much low memory goes with a region at @base; 0 for none. */
static phys_addr_t __init low_size_for(phys_addr_t base, bool fixed, bool high,
				       unsigned long long asked)
{
	if (base < CRASH_ADDR_LOW_MAX)
		return 0;
	if (fixed) {
		pr_info("no low memory goes with an address above it: devices that need some won't work in the capture kernel\n");
		return 0;
	}
	return PAGE_ALIGN(high ? asked : crash_low_size_default());
}

static void __init add_to_iomem(struct resource *region)
{
	if (region->end && insert_resource(&iomem_resource, region))
		pr_err("%pR does not fit into the resource tree; /proc/iomem lacks it\n",
		       region);
}

static void __init set_region(struct resource *region, phys_addr_t base,
			      phys_addr_t size)
{
	region->start = base;
	region->end = base + size - 1;
	pr_info("reserved %pa-%pa (%llu MiB)\n", &region->start, &region->end,
		to_mib(size));
	/*
	 * What is loaded there points to nothing of this kernel's, and what is
	 * given back may be unmapped.
	 */
	kmemleak_ignore_phys(base);

	if (CRASH_RES_IN_IOMEM_EARLY)
		add_to_iomem(region);
}

static int __init reserve_low(phys_addr_t size)
{
	const struct window low = low_window();
	phys_addr_t base = alloc_in(&low, size);

	if (!base) {
		pr_warn("no memory reserved: %llu MiB of low memory, to go with the high, are not free in one piece; set crashkernel=size,low\n",
			to_mib(size));
		return -ENOMEM;
	}
	set_region(&crashk_low_res, base, size);
	return 0;
}

/**
 * reserve_crashkernel_generic() - reserve what parse_crashkernel() found
 * @cmdline:        the kernel's command line (not used)
 * @crash_size:     bytes, rounded up to whole pages
 * @crash_base:     physical address, or 0 to have a place found
 * @crash_low_size: bytes of low memory to go with a region above it; only
 *                  looked at if @high
 * @high:           look above CRASH_ADDR_LOW_MAX first, then below
 *
 * Without @crash_base and @high the search goes the other way round, and
 * where it ends up high the default size of low memory goes with it. A region
 * at a given address gets none.
 *
 * Sets crashk_res and crashk_low_res, or prints why not and leaves them empty.
 *
 * Context: early boot, once memblock knows all memory.
 */
void __init reserve_crashkernel_generic(char *cmdline,
					unsigned long long crash_size,
					unsigned long long crash_base,
					unsigned long long crash_low_size,
					bool high)
{
	phys_addr_t size = PAGE_ALIGN(crash_size);
	phys_addr_t base, low_size;

	if (!size)
		return;

	base = crash_base ? alloc_at(crash_base, size) :
			    alloc_anywhere(size, high);
	if (!base)
		return;

	low_size = low_size_for(base, crash_base, high, crash_low_size);
	if (low_size && reserve_low(low_size)) {
		memblock_phys_free(base, size);
		return;
	}
	set_region(&crashk_res, base, size);
}

/* Where the resource tree has got the RAM around the regions only now. */
static int __init insert_crashkernel_resources(void)
{
	if (CRASH_RES_IN_IOMEM_EARLY)
		return 0;

	add_to_iomem(&crashk_low_res);
	add_to_iomem(&crashk_res);
	return 0;
}
early_initcall(insert_crashkernel_resources);
