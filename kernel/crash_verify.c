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
#include <linux/init.h>
#include <linux/kexec.h>
#include <linux/kobject.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <crypto/hash.h>
#include <crypto/sha2.h>

#include "kexec_internal.h"

/* The digest of what is at the segment's place in the crash region. */
static int digest_in_place(struct shash_desc *sha,
			   const struct kexec_segment *segment, u8 *digest)
{
	int ret = crypto_shash_init(sha);

	for (size_t at = 0; at < segment->bufsz && !ret; at += PAGE_SIZE) {
		size_t n = min(segment->bufsz - at, PAGE_SIZE);
		void *page = kimage_crash_page_map(segment, at);

		ret = kexec_sha_update(sha, page, n);
		kimage_crash_page_unmap(segment, at, page);
	}

	return ret ?: crypto_shash_final(sha, digest);
}

/* Adds a line to @buf for a segment that is damaged. */
static int check_segment(struct shash_desc *sha, const struct kimage *image,
			 unsigned long i, char *buf, int *len)
{
	const struct kexec_segment *segment = &image->segment[i];
	u8 digest[SHA256_DIGEST_SIZE];
	int ret;

	ret = digest_in_place(sha, segment, digest);
	if (ret)
		return ret;

	if (memcmp(digest, image->digests[i], sizeof(digest)))
		*len += sysfs_emit_at(buf, *len,
				      "damaged: segment %lu (%#zx bytes at %#lx)\n",
				      i, segment->bufsz, segment->mem);
	return 0;
}

static int check_image(struct shash_desc *sha, const struct kimage *image,
		       char *buf)
{
	int len = 0, ret;

	for (unsigned long i = 0; i < image->nr_segments; i++) {
		ret = check_segment(sha, image, i, buf, &len);
		if (ret)
			return ret;
	}

	return len ?: sysfs_emit(buf, "ok\n");
}

/*
 * "ok", "none" where nothing is armed, or a line for each damaged segment.
 * For root alone: it takes as long as digesting the image does.
 */
static ssize_t kexec_crash_verify_show(struct kobject *kobj,
				       struct kobj_attribute *attr, char *buf)
{
	struct shash_desc *sha __free(kexec_sha) = kexec_sha_alloc();
	const struct kimage *image;
	int ret;

	if (IS_ERR(sha))
		return PTR_ERR(sha);

	/* A load goes first: what it replaces need not be looked at. */
	guard(mutex)(&kexec_arm_lock);

	image = kexec_crash_image;
	if (!image)
		return sysfs_emit(buf, "none\n");

	/* Some architectures protect the region by not mapping it at all. */
	if (!KEXEC_CRASHKRES_READABLE)
		arch_kexec_unprotect_crashkres();
	ret = check_image(sha, image, buf);
	if (!KEXEC_CRASHKRES_READABLE)
		arch_kexec_protect_crashkres();

	return ret;
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
