// SPDX-License-Identifier: GPL-2.0-only
/*
 * What was loaded, digested: purgatory compares it with what it finds before
 * it enters the next kernel.
 *
 * Of each segment only the contents are digested, not the room behind them:
 * that is cleared by whoever uses it, and may be many times as large. Flat
 * purgatories get a digest for each segment and can tell which is damaged.
 * ELF purgatories get a single one, over whole segments, because some of them
 * move memory about by the list of regions.
 */

#define pr_fmt(fmt) "kexec: " fmt

#include <linux/kexec.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <crypto/hash.h>

#include "kexec_internal.h"
#include "purgatory/purgatory.h"

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

/* Purgatory holds the digests; a flat one has its own over itself. */
static bool is_digested(const struct kimage *image, unsigned long i)
{
	const void *purgatory = image->purgatory_info.purgatory_buf;

	return image->segment[i].kbuf != purgatory &&
	       image->segment[i].memsz &&
	       !is_rewritten(image, i) && !is_ima_list(image, i);
}

static int update(struct shash_desc *sha, const u8 *data, size_t len)
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

static int update_zeros(struct shash_desc *sha, size_t len)
{
	const u8 *zeros = page_address(ZERO_PAGE(0));
	int ret = 0;

	for (; len > PAGE_SIZE && !ret; len -= PAGE_SIZE)
		ret = update(sha, zeros, PAGE_SIZE);
	return ret ?: update(sha, zeros, len);
}

static int digest_segment(struct shash_desc *sha, struct kimage *image,
			  unsigned long i, struct purgatory_region *region)
{
	const struct kexec_segment *segment = &image->segment[i];
	int ret;

	*region = (struct purgatory_region) {
		.start = segment->mem,
		.len = segment->bufsz,
		.segment = i,
	};

	ret = crypto_shash_init(sha);
	if (ret)
		return ret;
	ret = update(sha, segment->kbuf, segment->bufsz);
	if (ret)
		return ret;
	return crypto_shash_final(sha, region->digest);
}

/* A flat purgatory: into the parameters at its start, which this completes. */
static int digest_for_flat(struct shash_desc *sha, struct kimage *image)
{
	struct purgatory_params *params = image->purgatory_info.purgatory_buf;
	unsigned long i;
	u32 nr = 0;
	int ret;

	if (!params->target_entry) {
		pr_err("the loader did not say where purgatory is to go on\n");
		return -EINVAL;
	}

	for (i = 0; i < image->nr_segments; i++) {
		if (!is_digested(image, i))
			continue;
		ret = digest_segment(sha, image, i, &params->regions[nr++]);
		if (ret)
			return ret;
	}

	params->nr_regions = nr;
	purgatory_params_seal(params);
	return 0;
}

static int digest_regions(struct shash_desc *sha, struct kimage *image,
			  struct kexec_sha_region *regions, u8 *digest)
{
	unsigned long i;
	int ret;

	ret = crypto_shash_init(sha);
	for (i = 0; i < image->nr_segments && !ret; i++) {
		const struct kexec_segment *segment = &image->segment[i];

		if (!is_digested(image, i))
			continue;
		ret = update(sha, segment->kbuf, segment->bufsz) ?:
		      update_zeros(sha, segment->memsz - segment->bufsz);
		regions->start = segment->mem;
		regions->len = segment->memsz;
		regions++;
	}
	return ret ?: crypto_shash_final(sha, digest);
}

/* An ELF purgatory: into its variables. */
static int digest_for_elf(struct shash_desc *sha, struct kimage *image)
{
	struct kexec_sha_region regions[KEXEC_SEGMENT_MAX] = {};
	u8 digest[SHA256_DIGEST_SIZE];
	int ret;

	ret = digest_regions(sha, image, regions, digest);
	if (ret)
		return ret;

	ret = kexec_purgatory_get_set_symbol(image, "purgatory_sha_regions",
					     regions, sizeof(regions), false);
	if (ret)
		return ret;

	return kexec_purgatory_get_set_symbol(image, "purgatory_sha256_digest",
					      digest, sizeof(digest), false);
}

static int digest_for_purgatory(struct shash_desc *sha, struct kimage *image)
{
	if (IS_ENABLED(CONFIG_KEXEC_PURGATORY_ELF))
		return digest_for_elf(sha, image);
	if (IS_ENABLED(CONFIG_KEXEC_PURGATORY))
		return digest_for_flat(sha, image);
	return 0;
}

/**
 * kexec_digest_segments() - tell purgatory what it has to find
 * @image: with all segments placed and none copied
 *
 * Does nothing for an image without purgatory.
 *
 * Context: load lock held; may sleep, and takes time in proportion to what
 * is loaded.
 * Return: 0, -ENOMEM, -EINTR for a task that is being killed, -EINVAL for
 * a purgatory without target, -ENOEXEC for one that lacks the variables, or
 * the errno of the hash.
 */
int kexec_digest_segments(struct kimage *image)
{
	struct crypto_shash *tfm;
	struct shash_desc *sha;
	int ret;

	if (!image->purgatory_info.purgatory_buf)
		return 0;

	tfm = crypto_alloc_shash("sha256", 0, 0);
	if (IS_ERR(tfm)) {
		pr_err("no SHA-256 (%pe)\n", tfm);
		return PTR_ERR(tfm);
	}

	ret = -ENOMEM;
	sha = kzalloc(sizeof(*sha) + crypto_shash_descsize(tfm), GFP_KERNEL);
	if (!sha)
		goto free_tfm;

	sha->tfm = tfm;
	ret = digest_for_purgatory(sha, image);

	kfree_sensitive(sha);
free_tfm:
	crypto_free_shash(tfm);
	return ret;
}
