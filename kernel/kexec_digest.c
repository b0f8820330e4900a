// SPDX-License-Identifier: GPL-2.0-only
/*
 * What was loaded, digested. Purgatory compares it with what it finds before
 * it enters the next kernel, and kernel/crash_verify.c when it is asked to.
 *
 * Of each segment only the contents are digested, not the room behind them:
 * that is cleared by whoever uses it, and may be many times as large.
 */

#define pr_fmt(fmt) "kexec: " fmt

#include <linux/cleanup.h>
#include <linux/kexec.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <crypto/hash.h>

#include "kexec_internal.h"

/**
 * kexec_sha_alloc() - SHA-256, as fast as this machine has it
 *
 * Context: may sleep.
 * Return: for crypto_shash_*() and kexec_sha_free(), or an ERR_PTR.
 */
struct shash_desc *kexec_sha_alloc(void)
{
	struct crypto_shash *tfm = crypto_alloc_shash("sha256", 0, 0);
	struct shash_desc *sha;

	if (IS_ERR(tfm)) {
		pr_err("no SHA-256 (%pe)\n", tfm);
		return ERR_CAST(tfm);
	}

	sha = kzalloc(sizeof(*sha) + crypto_shash_descsize(tfm), GFP_KERNEL);
	if (!sha) {
		crypto_free_shash(tfm);
		return ERR_PTR(-ENOMEM);
	}

	sha->tfm = tfm;
	return sha;
}

/**
 * kexec_sha_free() - undo kexec_sha_alloc()
 * @sha: what it returned, whatever that was
 */
void kexec_sha_free(struct shash_desc *sha)
{
	if (IS_ERR_OR_NULL(sha))
		return;

	crypto_free_shash(sha->tfm);
	kfree_sensitive(sha);
}

/**
 * kexec_sha_update() - digest what may be large
 * @sha:  initialised
 * @data: what
 * @len:  its bytes
 *
 * Context: may sleep.
 * Return: 0, -EINTR for a task that is being killed, or the errno of the hash.
 */
int kexec_sha_update(struct shash_desc *sha, const u8 *data, size_t len)
{
	int ret;

	while (len) {
		unsigned int part = min_t(size_t, len, SZ_1M);

		if (fatal_signal_pending(current))
			return -EINTR;

		ret = crypto_shash_update(sha, data, part);
		if (ret)
			return ret;
		data += part;
		len -= part;
		cond_resched();
	}
	return 0;
}

#ifdef CONFIG_CRASH_HOTPLUG
/* Rewritten when CPUs or memory come or go. */
static bool is_rewritten(const struct kimage *image, unsigned long i)
{
	return image->elfcorehdr_index >= 0 && i == image->elfcorehdr_index;
}
#else
static bool is_rewritten(const struct kimage *image, unsigned long i)
{
	return false;
}
#endif

#ifdef CONFIG_IMA_KEXEC
/* IMA goes on writing to its list until the machine reboots. */
static bool is_ima_list(const struct kimage *image, unsigned long i)
{
	return image->is_ima_segment_index_set && i == image->ima_segment_index;
}
#else
static bool is_ima_list(const struct kimage *image, unsigned long i)
{
	return false;
}
#endif

/**
 * kexec_purgatory_checks() - is a segment to be checked by purgatory?
 * @image: with a purgatory
 * @i:     which segment
 *
 * All but those that change once they are loaded, and purgatory, which holds
 * the digests. A flat one has one of its own over itself.
 */
bool kexec_purgatory_checks(const struct kimage *image, unsigned long i)
{
	return kimage_contents(image, i) != kimage_purgatory(image) &&
	       image->segment[i].memsz &&
	       !is_rewritten(image, i) && !is_ima_list(image, i);
}

static int digest_segment(struct shash_desc *sha, struct kimage *image,
			  unsigned long i)
{
	const struct kexec_segment *segment = &image->segment[i];
	int ret;

	ret = crypto_shash_init(sha);
	if (ret)
		return ret;
	ret = kexec_sha_update(sha, kimage_contents(image, i), segment->bufsz);
	if (ret)
		return ret;
	return crypto_shash_final(sha, image->digests[i]);
}

/*
 * The segments that are @buffer, or all that are not. Those without contents
 * have no buffer either, and are not the purgatory of an image without one.
 */
static int digest_segments(struct shash_desc *sha, struct kimage *image,
			   const void *buffer, bool others)
{
	int ret = 0;

	for (unsigned long i = 0; i < image->nr_segments && !ret; i++) {
		bool is_other = !buffer || kimage_contents(image, i) != buffer;

		if (is_other == others)
			ret = digest_segment(sha, image, i);
	}

	return ret;
}

static bool wants_digests(const struct kimage *image)
{
	if (IS_ENABLED(CONFIG_CRASH_VERIFY) && image->type == KEXEC_TYPE_CRASH)
		return true;

	return IS_ENABLED(CONFIG_KEXEC_PURGATORY) &&
	       kimage_purgatory(image);
}

/**
 * kexec_digest_segments() - digest each segment, and tell purgatory
 * @image: with all segments placed, in kernel memory, and none copied
 *
 * An image that nobody will check is left as it is. Purgatory comes last:
 * what it has to find is part of what it is.
 *
 * Context: load lock held; may sleep, and takes time in proportion to what
 * is loaded.
 * Return: 0, -ENOMEM, -EINTR for a task that is being killed, -EINVAL for
 * a purgatory without target, -ENOEXEC for one that lacks the variables, or
 * the errno of the hash.
 */
int kexec_digest_segments(struct kimage *image)
{
	struct shash_desc *sha __free(kexec_sha) = NULL;
	const void *purgatory = kimage_purgatory(image);
	const bool wanted = wants_digests(image);
	int ret = 0;

	if (!purgatory && !wanted)
		return 0;

	sha = kexec_sha_alloc();
	if (IS_ERR(sha))
		return PTR_ERR(sha);

	if (wanted)
		ret = digest_segments(sha, image, purgatory, true);
	if (!ret && purgatory)
		ret = kexec_purgatory_seal(image, sha);
	if (!ret && purgatory && wanted)
		ret = digest_segments(sha, image, purgatory, false);

	return ret;
}
