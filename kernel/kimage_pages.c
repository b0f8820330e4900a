// SPDX-License-Identifier: GPL-2.0-only
/*
 * The contents of an image: how its segments get to where they run.
 *
 * A crash image is copied straight to its place in the crash region.
 *
 * An ordinary image has its places in memory that is in use until the last
 * moment. Its segments wait in pages found anywhere, and relocate_kernel
 * copies them in the order of the page list. A page that waits must therefore
 * not lie where a segment goes, with one exception: where it lies is where it
 * goes. The rule that the builder below keeps:
 *
 *   every source page is outside of all destinations, or its own destination.
 *
 * Pages that the allocator gives are used to that end in one of three ways:
 *
 *   - outside of all destinations: as it is;
 *   - at a destination that was loaded before: it takes over that contents,
 *     and the page that held it until now becomes free for use;
 *   - at a destination still to come: kept until that one's turn.
 *
 * So no page is wasted, and each destination costs one lookup.
 */

#define pr_fmt(fmt) "kexec: " fmt

#include <linux/highmem.h>
#include <linux/kexec.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <linux/xarray.h>

#include "kexec_internal.h"

/**
 * struct page_list_builder - an image's page list while it grows
 * @image:       whose list
 * @loaded:      by destination frame: the list's IND_SOURCE entry for it
 * @early:       by own frame: pages that wait for their destination's turn
 * @spare:       pages in high memory, outside of all destinations, that a
 *               page of the list has displaced: for contents
 * @too_high:    pages above KEXEC_SOURCE_MEMORY_LIMIT, kept out of the way
 * @high_tries:  how many more of them may be kept before high memory is done
 *               without
 * @destination: physical address that the list copies to next
 *
 * Lives for one load, under the load lock.
 */
struct page_list_builder {
	struct kimage *image;
	struct xarray loaded;
	struct xarray early;
	struct list_head spare;
	struct list_head too_high;
	unsigned long high_tries;
	unsigned long destination;
};

static void builder_init(struct page_list_builder *b, struct kimage *image)
{
	b->image = image;
	xa_init(&b->loaded);
	xa_init(&b->early);
	INIT_LIST_HEAD(&b->spare);
	INIT_LIST_HEAD(&b->too_high);
	b->destination = ~0UL;

	/* As much memory again as the image takes. */
	b->high_tries = 0;
	for (unsigned long i = 0; i < image->nr_segments; i++)
		b->high_tries += image->segment[i].memsz >> PAGE_SHIFT;
}

static void builder_deinit(struct page_list_builder *b)
{
	unsigned long frame;
	struct page *page;

	xa_for_each(&b->early, frame, page)
		kimage_free_block(page);
	xa_destroy(&b->early);
	xa_destroy(&b->loaded);
	kimage_free_blocks(&b->spare);
	kimage_free_blocks(&b->too_high);
}

static unsigned long page_address_phys(struct page *page)
{
	return page_to_boot_pfn(page) << PAGE_SHIFT;
}

static struct page *entry_page(kimage_entry_t entry)
{
	return boot_pfn_to_page(entry >> PAGE_SHIFT);
}

/* @page takes over the contents that waits elsewhere for where @page lies. */
static struct page *displace(kimage_entry_t *slot, struct page *page)
{
	struct page *old = entry_page(*slot);

	copy_highpage(page, old);
	*slot = page_address_phys(page) | IND_SOURCE;

	return old;
}

/* A new page that the code which copies can reach. */
static struct page *builder_alloc(struct page_list_builder *b, gfp_t gfp)
{
	struct page *page;

	for (;;) {
		if (!b->high_tries)
			gfp &= ~__GFP_HIGHMEM;

		page = kimage_alloc_block(gfp, 0);
		/* By frame: with PAE an address may be too wide. */
		if (!page || page_to_boot_pfn(page) <=
			     KEXEC_SOURCE_MEMORY_LIMIT >> PAGE_SHIFT)
			return page;

		list_add(&page->lru, &b->too_high);
		if (b->high_tries)
			b->high_tries--;
	}
}

static struct page *builder_spare(struct page_list_builder *b)
{
	struct page *page = list_first_entry_or_null(&b->spare, struct page,
						     lru);

	if (page)
		list_del(&page->lru);

	return page;
}

/* Contents may be in high memory. The list is written through its address. */
#define CONTENTS_GFP	(GFP_KERNEL | __GFP_HIGHMEM)
#define LIST_GFP	GFP_KERNEL

/*
 * A page to hold contents for @destination; ~0UL for one of the list's own.
 */
static struct page *builder_page(struct page_list_builder *b,
				 unsigned long destination, gfp_t gfp)
{
	struct page *page = xa_erase(&b->early, destination >> PAGE_SHIFT);

	if (!page && (gfp & __GFP_HIGHMEM))
		page = builder_spare(b);
	if (page)
		return page;

	while ((page = builder_alloc(b, gfp))) {
		const unsigned long at = page_address_phys(page);
		kimage_entry_t *slot;

		if (at == destination ||
		    !kimage_is_destination_range(b->image, at,
						 at + PAGE_SIZE - 1))
			return page;

		slot = xa_load(&b->loaded, at >> PAGE_SHIFT);
		if (slot) {
			page = displace(slot, page);
			if ((gfp & __GFP_HIGHMEM) || !PageHighMem(page))
				return page;
			list_add(&page->lru, &b->spare);
			continue;
		}

		if (xa_err(xa_store(&b->early, at >> PAGE_SHIFT, page,
				    GFP_KERNEL))) {
			kimage_free_block(page);
			return NULL;
		}
	}

	return NULL;
}

/* Appends an entry; the list stays terminated by a zero. */
static kimage_entry_t *builder_append(struct page_list_builder *b,
				      kimage_entry_t entry)
{
	struct kimage *image = b->image;
	kimage_entry_t *slot;

	if (image->entry == image->last_entry) {
		struct page *page = builder_page(b, ~0UL, LIST_GFP);
		kimage_entry_t *more;

		if (!page)
			return NULL;

		more = page_address(page);
		clear_page(more);
		*image->entry = page_address_phys(page) | IND_INDIRECTION;
		image->entry = more;
		image->last_entry = more + PAGE_SIZE / sizeof(*more) - 1;
	}

	slot = image->entry++;
	*slot = entry;
	*image->entry = 0;

	return slot;
}

/* Adds a page for the next destination. */
static struct page *builder_add(struct page_list_builder *b)
{
	struct page *page = builder_page(b, b->destination, CONTENTS_GFP);
	kimage_entry_t *slot;

	if (!page)
		return NULL;

	slot = builder_append(b, page_address_phys(page) | IND_SOURCE);
	if (!slot) {
		kimage_free_block(page);
		return NULL;
	}

	/*
	 * On a failure here the page is the image's already, and goes with
	 * it; only the lookup for later pages is missing.
	 */
	if (xa_err(xa_store(&b->loaded, b->destination >> PAGE_SHIFT, slot,
			    GFP_KERNEL)))
		return NULL;

	b->destination += PAGE_SIZE;

	return page;
}

/* Copies @n bytes of segment @s from @offset to @to. */
static int segment_read(const struct kimage *image,
			const struct kexec_segment *s, size_t offset,
			void *to, size_t n)
{
	const void *contents = kimage_contents(image, s - image->segment);

	if (contents)
		memcpy(to, contents + offset, n);
	else if (copy_from_user(to, s->buf + offset, n))
		return -EFAULT;

	return 0;
}

/* Fills one page of segment @s: its contents at @offset, zeros behind. */
static int segment_fill_page(const struct kimage *image,
			     const struct kexec_segment *s, size_t offset,
			     void *to)
{
	size_t n = 0;
	int ret = 0;

	if (offset < s->bufsz)
		n = min_t(size_t, s->bufsz - offset, PAGE_SIZE);

	if (n)
		ret = segment_read(image, s, offset, to, n);
	memset(to + n, 0, PAGE_SIZE - n);

	return ret;
}

static int load_segment_normal(struct page_list_builder *b,
			       const struct kexec_segment *s)
{
	if (!builder_append(b, s->mem | IND_DESTINATION))
		return -ENOMEM;
	b->destination = s->mem;

	for (size_t offset = 0; offset < s->memsz; offset += PAGE_SIZE) {
		struct page *page = builder_add(b);
		void *to;
		int ret;

		if (!page)
			return -ENOMEM;

		to = kmap_local_page(page);
		ret = segment_fill_page(b->image, s, offset, to);
		kunmap_local(to);
		if (ret)
			return ret;
		cond_resched();
	}

	return 0;
}

/**
 * kimage_load_pages() - put an ordinary image's segments into waiting pages
 * @image: an ordinary image, prepared
 *
 * Context: load lock held; may sleep and fault on the caller's memory.
 * Return: 0, -ENOMEM, or -EFAULT.
 */
int kimage_load_pages(struct kimage *image)
{
	struct page_list_builder builder;
	int ret = 0;

	builder_init(&builder, image);
	for (unsigned long i = 0; i < image->nr_segments && !ret; i++)
		ret = load_segment_normal(&builder, &image->segment[i]);
	builder_deinit(&builder);

	/*
	 * The slot is free: an append leaves one. An image without segments
	 * has it in the head.
	 */
	if (!ret)
		*image->entry = IND_DONE;

	return ret;
}

/* A copy of what is loaded into @s, or an ERR_PTR. */
static void *segment_copy(const struct kimage *image,
			  const struct kexec_segment *s)
{
	/* No process has to go for it: a load may fail. */
	void *copy = __vmalloc(s->bufsz, GFP_KERNEL | __GFP_RETRY_MAYFAIL |
					 __GFP_NOWARN);
	int ret;

	if (!copy) {
		pr_err("no memory for the copy of a segment (%zu bytes)%s\n",
		       s->bufsz, IS_ENABLED(CONFIG_64BIT) ? "" :
		       "; try vmalloc=");
		return ERR_PTR(-ENOMEM);
	}

	for (size_t at = 0; at < s->bufsz; at += SZ_1M) {
		ret = segment_read(image, s, at, copy + at,
				   min_t(size_t, s->bufsz - at, SZ_1M));
		if (ret) {
			vfree(copy);
			return ERR_PTR(ret);
		}
		cond_resched();
	}

	return copy;
}

/**
 * kimage_stage() - bring a crash image's segments into kernel memory
 * @image: a crash image from kexec_load()
 *
 * Copying to the crash region destroys the image that is armed there, and
 * must not fail half-way on a fault: what can fail is done here, before.
 *
 * Context: load lock held; may sleep and fault on the caller's memory.
 * Return: 0, -ENOMEM, or -EFAULT; then some of it may be staged.
 */
int kimage_stage(struct kimage *image)
{
	for (unsigned long i = 0; i < image->nr_segments; i++) {
		const struct kexec_segment *s = &image->segment[i];
		void *copy;

		if (!s->bufsz)
			continue;
		copy = segment_copy(image, s);
		if (IS_ERR(copy))
			return PTR_ERR(copy);
		image->copies[i] = copy;
	}

	return 0;
}

/**
 * kimage_unstage() - free what kimage_stage() made
 * @image: any image
 */
void kimage_unstage(struct kimage *image)
{
	for (unsigned long i = 0; i < image->nr_segments; i++) {
		vfree(image->copies[i]);
		image->copies[i] = NULL;
	}
}

/**
 * kimage_crash_page() - a page of a crash image in its place
 * @segment: one of the image's
 * @offset:  into it
 *
 * Context: any.
 */
struct page *kimage_crash_page(const struct kexec_segment *segment,
			       size_t offset)
{
	return boot_pfn_to_page((segment->mem + offset) >> PAGE_SHIFT);
}

/**
 * kimage_crash_open() - map the places of segments as the next kernel will
 * @segments: of a crash image
 * @nr:       how many
 *
 * Where that changes the mapping of a page, it may sleep and may fail; what is
 * written between this and kimage_crash_close() does neither.
 *
 * Context: may sleep.
 * Return: 0, or the architecture's errno with nothing open.
 */
int kimage_crash_open(const struct kexec_segment *segments, unsigned long nr)
{
	for (unsigned long i = 0; i < nr; i++) {
		const struct kexec_segment *s = &segments[i];
		int ret;

		if (!s->memsz)
			continue;
		ret = arch_kexec_post_alloc_pages(page_address(kimage_crash_page(s, 0)),
						  s->memsz >> PAGE_SHIFT, 0);
		if (ret) {
			kimage_crash_close(segments, i);
			return ret;
		}
	}

	return 0;
}

/**
 * kimage_crash_close() - undo kimage_crash_open()
 * @segments: as they were given
 * @nr:       likewise
 *
 * Context: may sleep.
 */
void kimage_crash_close(const struct kexec_segment *segments, unsigned long nr)
{
	for (unsigned long i = 0; i < nr; i++) {
		const struct kexec_segment *s = &segments[i];

		if (s->memsz)
			arch_kexec_pre_free_pages(page_address(kimage_crash_page(s, 0)),
						  s->memsz >> PAGE_SHIFT);
	}
}

/**
 * kimage_crash_page_map() - reach a page of a crash image to read it
 * @segment: one of the image's
 * @offset:  into it, page aligned
 *
 * Context: may sleep; unmap before the next one is mapped.
 * Return: the address that kimage_crash_page_unmap() wants.
 */
void *kimage_crash_page_map(const struct kexec_segment *segment, size_t offset)
{
	struct page *page = kimage_crash_page(segment, offset);

	arch_kexec_post_alloc_pages(page_address(page), 1, 0);

	return kmap_local_page(page);
}

/**
 * kimage_crash_page_unmap() - undo kimage_crash_page_map()
 * @segment: as it was given
 * @offset:  likewise
 * @addr:    what was returned
 */
void kimage_crash_page_unmap(const struct kexec_segment *segment, size_t offset,
			     void *addr)
{
	struct page *page = kimage_crash_page(segment, offset);

	kunmap_local(addr);
	arch_kexec_pre_free_pages(page_address(page), 1);
}

/**
 * kimage_copy_crash() - copy a crash image to its place
 * @image: from kexec_file_load(), or staged
 *
 * Until it is done there is no image for a crash to start, so nobody else runs
 * here: see crash_image_change_begin().
 *
 * Context: nothing is armed there; the crash region is writable and open;
 * preemption is off.
 */
void kimage_copy_crash(struct kimage *image)
{
	lockdep_assert_preemption_disabled();

	for (unsigned long i = 0; i < image->nr_segments; i++) {
		const struct kexec_segment *s = &image->segment[i];

		for (size_t offset = 0; offset < s->memsz;
		     offset += PAGE_SIZE) {
			void *to = kmap_local_page(kimage_crash_page(s, offset));

			/* From kernel memory: cannot fail. */
			segment_fill_page(image, s, offset, to);
			kunmap_local(to);
		}
	}
}

/* The entry of a page list at *@slot, which steps on; 0 at the end. */
static kimage_entry_t page_list_next(kimage_entry_t **slot)
{
	kimage_entry_t entry = **slot;

	if (!entry || entry & IND_DONE)
		return 0;

	if (entry & IND_INDIRECTION)
		*slot = page_address(entry_page(entry));
	else
		(*slot)++;

	return entry;
}

/**
 * kimage_free_copies() - free an image's waiting pages and staged copies
 * @image: an image that is not armed
 *
 * Context: may sleep.
 */
void kimage_free_copies(struct kimage *image)
{
	kimage_entry_t *slot = &image->head;
	struct page *list_page = NULL;
	kimage_entry_t entry;

	/* A page of the list is freed once the walk has left it. */
	while ((entry = page_list_next(&slot))) {
		if (entry & IND_SOURCE)
			kimage_free_block(entry_page(entry));
		if (entry & IND_INDIRECTION) {
			if (list_page)
				kimage_free_block(list_page);
			list_page = entry_page(entry);
			cond_resched();
		}
	}
	if (list_page)
		kimage_free_block(list_page);

	image->head = 0;
	image->entry = &image->head;
	image->last_entry = &image->head;
	kimage_unstage(image);
}

/**
 * kimage_map_segment() - map the pages that wait for a range
 * @image: an ordinary image, loaded
 * @addr:  destination, physical, page aligned
 * @size:  bytes
 *
 * For those who have to change a segment after it was loaded, like IMA.
 *
 * Context: may sleep.
 * Return: a kernel mapping for kimage_unmap_segment(), or NULL.
 */
void *kimage_map_segment(struct kimage *image, unsigned long addr,
			 unsigned long size)
{
	kimage_entry_t *slot = &image->head;
	unsigned long nr = DIV_ROUND_UP(size, PAGE_SIZE);
	unsigned long destination = 0, found = 0;
	struct page **pages;
	kimage_entry_t entry;
	void *map = NULL;

	pages = kvmalloc_array(nr, sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return NULL;

	while (found < nr && (entry = page_list_next(&slot))) {
		if (entry & IND_DESTINATION)
			destination = entry & PAGE_MASK;
		if (!(entry & IND_SOURCE))
			continue;
		if (destination >= addr && destination - addr < size)
			pages[found++] = entry_page(entry);
		destination += PAGE_SIZE;
	}

	if (found == nr)
		map = vmap(pages, nr, VM_MAP, PAGE_KERNEL);
	else
		pr_err("nothing is loaded at %#lx + %#lx\n", addr, size);
	kvfree(pages);

	return map;
}

/**
 * kimage_unmap_segment() - undo kimage_map_segment()
 * @buffer: what it returned
 */
void kimage_unmap_segment(void *buffer)
{
	vunmap(buffer);
}
