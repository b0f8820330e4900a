// SPDX-License-Identifier: GPL-2.0-only
/*
 * Is the armed capture kernel still what was loaded?
 *
 * Purgatory asks that when it is too late for another one. Here it can be
 * asked at any time: each segment's SHA-256 is taken at load, and reading
 * /sys/kernel/kexec_crash_verify compares it with what is in the crash region.
 *
 * As in purgatory it is the contents that count, not the room behind them,
 * which whoever uses it clears.
 */

#define pr_fmt(fmt) "kexec: " fmt

#include <linux/cleanup.h>
#include <linux/highmem.h>
#include <linux/init.h>
#include <linux/kexec.h>
#include <linux/kobject.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/vmalloc.h>
#include <crypto/hash.h>
#include <crypto/sha2.h>

#include "kexec_internal.h"

#define PIECE	SZ_1M

/*
 * How far a check has come. Between two pieces kexec_arm_lock is let go of,
 * for those who wait for it with more than a reader's patience: CPUs that come
 * and go. If the image is another one then, the check begins anew.
 */
struct check {
	struct shash_desc *sha;
	const struct kimage *image;	/* to be compared, until it is held */
	unsigned int changes;		/* crash_image_changes() at the start */
	unsigned long segment;
	size_t at;
	char *buf;
	int len;
};

static void check_begin(struct check *c)
{
	guard(mutex)(&kexec_arm_lock);
	c->image = kexec_crash_image;
	c->changes = crash_image_changes();
	c->segment = 0;
	c->at = 0;
	c->len = 0;
}

/* Digests the next piece of a segment, where it is in the crash region. */
static int digest_piece(struct check *c, const struct kexec_segment *segment)
{
	size_t end = min(segment->bufsz, c->at + PIECE);
	int ret = c->at ? 0 : crypto_shash_init(c->sha);

	while (c->at < end && !ret) {
		size_t n = min(end - c->at, PAGE_SIZE);
		void *page = kimage_crash_page_map(segment, c->at);

		ret = kexec_sha_update(c->sha, page, n);
		kimage_crash_page_unmap(segment, c->at, page);
		c->at += n;
	}

	return ret;
}

/* At the end of a segment: a line if it is damaged, and on to the next. */
static int judge_segment(struct check *c, const struct kexec_segment *segment)
{
	u8 digest[SHA256_DIGEST_SIZE];
	int ret = crypto_shash_final(c->sha, digest);

	if (ret)
		return ret;

	if (memcmp(digest, c->image->digests[c->segment], sizeof(digest)))
		c->len += sysfs_emit_at(c->buf, c->len,
					"damaged: segment %lu (%#zx bytes at %#lx)\n",
					c->segment, segment->bufsz,
					segment->mem);
	c->segment++;
	c->at = 0;

	return 0;
}

static int check_piece(struct check *c)
{
	const struct kexec_segment *segment = &c->image->segment[c->segment];
	int ret = digest_piece(c, segment);

	if (!ret && c->at == segment->bufsz)
		ret = judge_segment(c, segment);

	return ret;
}

/*
 * What the jump takes beside the segments: its code and page tables. A crash
 * writes its vmcoreinfo to one of the control pages.
 */
static void digest_control_pages(const struct kimage *image, u8 *digest)
{
	struct page *written = vmalloc_to_page(image->vmcoreinfo_data_copy);
	struct sha256_state sha;
	struct page *pages;

	sha256_init(&sha);
	list_for_each_entry(pages, &image->control_pages, lru) {
		if (pages == written)
			continue;
		for (unsigned int i = 0; i < 1 << page_private(pages); i++) {
			void *page = kmap_local_page(pages + i);

			sha256_update(&sha, page, PAGE_SIZE);
			kunmap_local(page);
		}
		cond_resched();
	}
	sha256_final(&sha, digest);
}

static void judge_control_pages(struct check *c)
{
	u8 digest[SHA256_DIGEST_SIZE];

	digest_control_pages(c->image, digest);
	if (memcmp(digest, c->image->control_digest, sizeof(digest)))
		c->len += sysfs_emit_at(c->buf, c->len,
					"damaged: control pages\n");
}

/* One piece: 0 if it was the last, 1 if not, -EAGAIN to begin anew. */
static int check_step(struct check *c)
{
	int ret = 0;

	guard(mutex)(&kexec_arm_lock);

	if (kexec_crash_image != c->image ||
	    crash_image_changes() != c->changes)
		return -EAGAIN;

	if (c->segment < c->image->nr_segments)
		ret = check_piece(c) ?: 1;
	else
		judge_control_pages(c);

	return ret;
}

static int check_image(struct check *c)
{
	int ret;

	do {
		check_begin(c);
		if (!c->image)
			return sysfs_emit(c->buf, "none\n");
		do
			ret = check_step(c);
		while (ret > 0);
	} while (ret == -EAGAIN);

	if (ret)
		return ret;

	return c->len ?: sysfs_emit(c->buf, "ok\n");
}

/*
 * "ok", "none" where nothing is armed, or a line for each part that is damaged.
 * For root alone: it takes as long as digesting the image does.
 */
static ssize_t kexec_crash_verify_show(struct kobject *kobj,
				       struct kobj_attribute *attr, char *buf)
{
	struct shash_desc *sha __free(kexec_sha) = kexec_sha_alloc();
	struct check check = { .sha = sha, .buf = buf };

	if (IS_ERR(sha))
		return PTR_ERR(sha);

	return check_image(&check);
}

/**
 * crash_verify_prepared() - the control pages of an image are complete
 * @image: armed just now
 *
 * Context: kexec_arm_lock held, the crash region writable.
 */
void crash_verify_prepared(struct kimage *image)
{
	digest_control_pages(image, image->control_digest);
}

/**
 * crash_verify_rewritten() - a segment of the armed image has new contents
 * @image: the image
 * @i:     which segment
 * @contents: all of it
 * @len:   its bytes
 *
 * Context: kexec_arm_lock held.
 */
void crash_verify_rewritten(struct kimage *image, unsigned long i,
			    const void *contents, size_t len)
{
	image->segment[i].bufsz = len;
	sha256(contents, len, image->digests[i]);
}

static struct kobj_attribute verify_attr =
	__ATTR(kexec_crash_verify, 0400, kexec_crash_verify_show, NULL);

static int __init crash_verify_init(void)
{
	return sysfs_create_file(kernel_kobj, &verify_attr.attr);
}
subsys_initcall(crash_verify_init);
