// SPDX-License-Identifier: GPL-2.0-only
/*
 * The crash region at run time: how large it is, and giving some of it back.
 *
 * An administrator who has found out that less would do writes the size to
 * /sys/kernel/kexec_crash_size. It can only shrink: what was given back is
 * in use the next moment.
 */

#define pr_fmt(fmt) "crash: " fmt

#include <linux/crash_reserve.h>
#include <linux/err.h>
#include <linux/ioport.h>
#include <linux/kexec.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "kexec_internal.h"

/* A resource with nothing in it is all zeros. */
static resource_size_t region_size(const struct resource *region)
{
	return region->end ? resource_size(region) : 0;
}

static resource_size_t regions_size(void)
{
	return region_size(&crashk_res) + region_size(&crashk_low_res);
}

/**
 * crash_get_memory_size() - the size of the crash region
 *
 * Context: may sleep.
 * Return: bytes, of both parts if there is one below 4 GiB as well; -EBUSY
 * while a load is under way.
 */
ssize_t crash_get_memory_size(void)
{
	ssize_t size;

	if (!mutex_trylock(&kexec_load_lock))
		return -EBUSY;

	size = regions_size();
	mutex_unlock(&kexec_load_lock);

	return size;
}

/**
 * crash_free_reserved_phys_range() - memory of the crash region becomes free
 * @begin: physical address, on a page
 * @end:   the one behind the last byte
 *
 * crashk_res still begins where it did. Architectures that have something to
 * undo have a function of their own.
 *
 * Context: load lock held; may sleep.
 */
void __weak crash_free_reserved_phys_range(unsigned long begin,
					   unsigned long end)
{
	for (unsigned long at = begin; at < end; at += PAGE_SIZE) {
		free_reserved_page(boot_pfn_to_page(at >> PAGE_SHIFT));
		cond_resched();
	}
}

static bool is_system_ram(const struct resource *res)
{
	return res && (res->flags & IORESOURCE_SYSTEM_RAM) ==
		      IORESOURCE_SYSTEM_RAM;
}

/*
 * Memory that is to appear as RAM among the resources, or NULL where it does
 * so by itself, being a part of some. An ERR_PTR if there is no memory.
 */
static struct resource *make_ram(const struct resource *region,
				 resource_size_t start)
{
	struct resource *ram;

	if (!region->parent || is_system_ram(region->parent))
		return NULL;

	ram = kzalloc(sizeof(*ram), GFP_KERNEL);
	if (!ram)
		return ERR_PTR(-ENOMEM);

	ram->name = "System RAM";
	ram->start = start;
	ram->end = region->end;
	ram->flags = IORESOURCE_BUSY | IORESOURCE_SYSTEM_RAM;

	return ram;
}

/* Takes the region's end down to before @start in /proc/iomem. */
static int claim_less(struct resource *region, resource_size_t start)
{
	if (start == region->start)
		return region->parent ? release_resource(region) : 0;

	return adjust_resource(region, region->start, start - region->start);
}

/* What a part of the crash region gives back: from @start to its end. */
struct giving {
	struct resource *region;
	resource_size_t start;
	struct resource *ram;		/* what that will be, or NULL */
	bool something;
};

/* Of @region, all but @size bytes, rounded up. Nothing has happened yet. */
static int plan_giving(struct giving *g, struct resource *region,
		       resource_size_t size)
{
	g->region = region;
	g->start = region->start + ALIGN(size, KEXEC_CRASH_MEM_ALIGN);
	g->something = region_size(region) && g->start <= region->end;
	if (!g->something)
		return 0;

	g->ram = make_ram(region, g->start);

	return PTR_ERR_OR_ZERO(g->ram);
}

static int give_back(struct giving *g)
{
	resource_size_t end = g->region->end + 1;
	int ret;

	if (!g->something)
		return 0;

	ret = claim_less(g->region, g->start);
	if (ret)
		return ret;

	crash_free_reserved_phys_range(g->start, end);
	if (g->start == g->region->start) {
		g->region->start = 0;
		g->region->end = 0;
	}
	if (g->ram)
		insert_resource(&iomem_resource, g->ram);
	g->ram = NULL;

	pr_info("gave %llu KiB of the crash region back\n",
		(unsigned long long)(end - g->start) >> 10);

	return 0;
}

/*
 * Images are loaded into crashk_res alone. Once that is given back, what is
 * left below is no use as low memory for an image that has nowhere to be; it
 * becomes the region, and holds one that needs no other.
 */
static void low_becomes_region(void)
{
	bool listed = crashk_low_res.parent;

	if (crashk_res.end || !crashk_low_res.end)
		return;

	if (listed)
		release_resource(&crashk_low_res);
	crashk_res.start = crashk_low_res.start;
	crashk_res.end = crashk_low_res.end;
	crashk_low_res.start = 0;
	crashk_low_res.end = 0;
	/* Into the place that has become free just now. */
	if (listed && insert_resource(&iomem_resource, &crashk_res))
		pr_err("%pR does not fit into the resource tree; /proc/iomem lacks it\n",
		       &crashk_res);

	pr_info("images are loaded into %pR from now on\n", &crashk_res);
}

/* The low part goes last: the capture kernel's devices need it. */
static int regions_shrink(resource_size_t size)
{
	resource_size_t low = min(size, region_size(&crashk_low_res));
	struct giving upper = { }, lower = { };
	int ret;

	if (kexec_crash_image)
		return -ENOENT;
	if (size > regions_size())
		return -EINVAL;

	ret = plan_giving(&upper, &crashk_res, size - low);
	if (ret)
		return ret;

	/* There is memory for both, or nothing is given back. */
	ret = plan_giving(&lower, &crashk_low_res, low);
	if (!ret)
		ret = give_back(&upper) ?: give_back(&lower);
	low_becomes_region();
	kfree(upper.ram);
	if (!IS_ERR(lower.ram))
		kfree(lower.ram);

	return ret;
}

/**
 * crash_shrink_memory() - give some of the crash region back
 * @new_size: bytes to keep in all, rounded up to what the architecture can
 *            keep apart
 *
 * Context: may sleep.
 * Return: 0; -EINVAL if it would have to grow, -ENOENT if a capture kernel is
 * armed in it, -EBUSY while a load is under way, -ENOMEM.
 */
int crash_shrink_memory(unsigned long new_size)
{
	int ret;

	if (!mutex_trylock(&kexec_load_lock))
		return -EBUSY;

	/* An architecture may have the image out of its place for a moment. */
	scoped_guard(mutex, &kexec_arm_lock)
		ret = regions_shrink(new_size);
	mutex_unlock(&kexec_load_lock);

	return ret;
}
