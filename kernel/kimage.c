// SPDX-License-Identifier: GPL-2.0-only
/*
 * struct kimage: its life and its control pages.
 *
 * Control pages are those that are neither a segment nor a copy of one: code
 * that runs while everything else is overwritten, page tables, the vmcoreinfo
 * of a crash. Those of an ordinary image are any free pages outside of every
 * segment. Those of a crash image are in the crash region, out of the reach
 * of a wild write; they keep clear of the image that is armed there too,
 * which stays good until the new one replaces it.
 */

#define pr_fmt(fmt) "kexec: " fmt

#include <linux/cleanup.h>
#include <linux/crash_reserve.h>
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/kexec.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "kexec_internal.h"

/**
 * kimage_create() - an image with nothing in it
 * @type: what it will be started by
 *
 * Context: may sleep.
 * Return: the image, to be given to kimage_destroy(), or NULL.
 */
struct kimage *kimage_create(enum kexec_image_type type)
{
	struct kimage *image = kzalloc(sizeof(*image), GFP_KERNEL);

	if (!image)
		return NULL;

	image->entry = &image->head;
	image->last_entry = &image->head;
	image->type = type;
	image->control_page = ~0UL;
	if (kimage_is_crash(image))
		image->control_page = crash_region_start();
	INIT_LIST_HEAD(&image->control_pages);
	kimage_hotplug_init(image);

	return image;
}

/*
 * A block of 2^order pages, zone permitting, that the next kernel may be
 * given. The order is kept in page_private() for kimage_free_block().
 */
struct page *kimage_alloc_block(gfp_t gfp, unsigned int order)
{
	struct page *pages;
	unsigned int count = 1 << order;

	if (fatal_signal_pending(current))
		return NULL;

	pages = alloc_pages(gfp & ~__GFP_ZERO, order);
	if (!pages)
		return NULL;

	set_page_private(pages, order);
	for (unsigned int i = 0; i < count; i++)
		SetPageReserved(pages + i);

	if (arch_kexec_post_alloc_pages(page_address(pages), count, gfp)) {
		kimage_free_block(pages);
		return NULL;
	}

	if (gfp & __GFP_ZERO)
		for (unsigned int i = 0; i < count; i++)
			clear_highpage(pages + i);

	return pages;
}

void kimage_free_block(struct page *pages)
{
	unsigned int order = page_private(pages);
	unsigned int count = 1 << order;

	arch_kexec_pre_free_pages(page_address(pages), count);

	for (unsigned int i = 0; i < count; i++)
		ClearPageReserved(pages + i);
	__free_pages(pages, order);
}

void kimage_free_blocks(struct list_head *blocks)
{
	struct page *page;

	while ((page = list_first_entry_or_null(blocks, struct page, lru))) {
		list_del(&page->lru);
		kimage_free_block(page);
	}
}

/**
 * kimage_is_destination_range() - would a segment be copied over a range?
 * @image: the image
 * @start: first physical address
 * @end:   last physical address, inclusive
 *
 * Return: non-zero if a byte of the range belongs to a segment.
 */
int kimage_is_destination_range(struct kimage *image, unsigned long start,
				unsigned long end)
{
	for (unsigned long i = 0; i < image->nr_segments; i++)
		if (kexec_segment_meets(&image->segment[i], start, end))
			return 1;

	return 0;
}

/*
 * Blocks that a segment will be copied over are kept aside until a good one
 * is found: freed at once, the allocator would hand them out again.
 */
static struct page *alloc_control_normal(struct kimage *image,
					 unsigned int order)
{
	const unsigned long size = PAGE_SIZE << order;
	LIST_HEAD(rejected);
	struct page *pages;

	for (;;) {
		unsigned long start;

		pages = kimage_alloc_block(KEXEC_CONTROL_MEMORY_GFP, order);
		if (!pages)
			break;

		start = page_to_boot_pfn(pages) << PAGE_SHIFT;
		if (start + size - 1 <= KEXEC_CONTROL_MEMORY_LIMIT &&
		    !kimage_is_destination_range(image, start,
						 start + size - 1)) {
			list_add(&pages->lru, &image->control_pages);
			break;
		}
		list_add(&pages->lru, &rejected);
	}

	kimage_free_blocks(&rejected);

	return pages;
}

/*
 * The last byte of something of @image's that is in the way of @size bytes at
 * @start; false where nothing is.
 */
static bool crash_obstacle(const struct kimage *image, unsigned long start,
			   unsigned long size, unsigned long *last)
{
	unsigned long end = start + size - 1;
	struct page *page;

	for (unsigned long i = 0; i < image->nr_segments; i++) {
		const struct kexec_segment *s = &image->segment[i];

		*last = s->mem + s->memsz - 1;
		if (kexec_segment_meets(s, start, end))
			return true;
	}

	list_for_each_entry(page, &image->control_pages, lru) {
		unsigned long at = page_to_boot_pfn(page) << PAGE_SHIFT;

		*last = at + (PAGE_SIZE << page_private(page)) - 1;
		if (start <= *last && at <= end)
			return true;
	}

	return false;
}

static struct page *alloc_control_crash(struct kimage *image,
					unsigned int order)
{
	const unsigned long limit = min_t(unsigned long, crash_region_end(),
					  KEXEC_CRASH_CONTROL_MEMORY_LIMIT);
	const unsigned long size = PAGE_SIZE << order;
	unsigned long at = ALIGN(image->control_page, size);
	const struct kimage *armed;
	struct page *pages;
	unsigned long last;

	/* An architecture may have it out of its place, for as long. */
	scoped_guard(mutex, &kexec_arm_lock)
		armed = kexec_crash_image;

	while (crash_obstacle(image, at, size, &last) ||
	       (armed && crash_obstacle(armed, at, size, &last))) {
		cond_resched();
		at = ALIGN(last + 1, size);
	}

	if (at + size - 1 > limit) {
		pr_err("no room for %lu control bytes in the crash region%s\n",
		       size, armed ? " beside the armed image; unload that first" : "");
		return NULL;
	}

	image->control_page = at + size;
	pages = boot_pfn_to_page(at >> PAGE_SHIFT);
	if (arch_kexec_post_alloc_pages(page_address(pages), 1 << order, 0)) {
		pr_err("%lu control bytes at %#lx can't be made what the jump takes\n",
		       size, at);
		return NULL;
	}
	set_page_private(pages, order);
	list_add(&pages->lru, &image->control_pages);

	return pages;
}

/* The pages stay the crash region's; only the bookkeeping goes. */
static void release_control_crash(struct kimage *image)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, &image->control_pages, lru) {
		arch_kexec_pre_free_pages(page_address(page),
					  1 << page_private(page));
		list_del(&page->lru);
		set_page_private(page, 0);
	}
}

/**
 * kimage_alloc_control_pages() - pages that survive until the image runs
 * @image: an image that is not armed yet, with all its segments placed
 * @order: 2^order pages, naturally aligned
 *
 * They belong to the image and go with it. Not zeroed.
 *
 * Context: load lock held; may sleep.
 * Return: the first page, or NULL.
 */
struct page *kimage_alloc_control_pages(struct kimage *image,
					unsigned int order)
{
	if (kimage_is_crash(image))
		return alloc_control_crash(image, order);

	return alloc_control_normal(image, order);
}

/**
 * kimage_prepare() - everything but the segments
 * @image: with its segments placed and checked
 *
 * Context: load lock held and not the arm lock; the region of a crash image is
 * open; may sleep, and fault on the caller's memory.
 * Return: 0 or a negative errno; the image stays the caller's either way.
 */
int kimage_prepare(struct kimage *image)
{
	int ret;

	lockdep_assert_not_held(&kexec_arm_lock);

	image->control_code_page =
		kimage_alloc_control_pages(image,
					   get_order(KEXEC_CONTROL_PAGE_SIZE));
	if (!image->control_code_page)
		return -ENOMEM;

	kexec_dprintk("control code at %#lx\n",
		      page_to_boot_pfn(image->control_code_page) << PAGE_SHIFT);

	if (kimage_is_crash(image)) {
		ret = kimage_crash_copy_vmcoreinfo(image);
		if (ret)
			return ret;
	}

	/* Half a preparation is for machine_kexec_cleanup() to undo. */
	image->prepared = true;
	return machine_kexec_prepare(image);
}

/**
 * kimage_destroy() - free an image that is not armed, and all that it has
 * @image: the image or NULL
 *
 * Context: may sleep.
 */
void kimage_destroy(struct kimage *image)
{
	if (!image)
		return;

	if (image->prepared)
		machine_kexec_cleanup(image);

	if (image->vmcoreinfo_data_copy)
		vunmap(image->vmcoreinfo_data_copy);

	kimage_free_copies(image);
	if (kimage_is_crash(image))
		release_control_crash(image);
	else
		kimage_free_blocks(&image->control_pages);
	kimage_file_free(image);
	kfree(image);
}
