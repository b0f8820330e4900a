// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether an image is still what was loaded: the check that purgatory makes
 * before it enters the next kernel.
 *
 * A function of its arguments. Its duration is bounded by the sizes of the
 * regions, and those are believed only once the digest over the parameters
 * themselves was right.
 */

#include <linux/kernel.h>
#include <linux/string.h>

#include "purgatory.h"

/* sha256_update() counts in 32 bits, regions in 64. */
#define CHUNK	((u64)1 << 30)

static bool region_intact(const struct purgatory_region *region,
			  const struct purgatory_memory *mem, bool has_sha)
{
	u8 digest[SHA256_DIGEST_SIZE];
	struct sha256_state sha;
	const u8 *p;
	u64 left;

	p = mem->at(mem->ctx, region->start, region->len);
	if (!p)
		return false;

	sha256_init(&sha);
	if (has_sha)
		sha.count = mem->sha256(sha.state, p, region->len);
	p += sha.count;
	left = region->len - sha.count;

	for (; left > CHUNK; left -= CHUNK, p += CHUNK)
		sha256_update(&sha, p, CHUNK);
	sha256_update(&sha, p, left);
	sha256_final(&sha, digest);

	return !memcmp(digest, region->digest, sizeof(digest));
}

/**
 * purgatory_verify() - may the next kernel be entered?
 * @params:    sealed parameters, at the start of the blob
 * @load_size: how long the blob was when it was linked
 * @mem:       how to reach the regions
 * @bad:       which region is damaged; set with PURGATORY_BAD_REGION
 *
 * Stops at the first thing that is wrong.
 *
 * Context: any; nothing is allocated, waited for or written but @bad.
 * Return: PURGATORY_INTACT if all that was loaded is as it was.
 */
enum purgatory_verdict
purgatory_verify(const struct purgatory_params *params, u64 load_size,
		 const struct purgatory_memory *mem, unsigned int *bad)
{
	const bool has_sha = mem->sha256 && params->flags & PURGATORY_FLAG_SHA;
	enum purgatory_verdict verdict;
	unsigned int i;

	verdict = purgatory_params_check(params, load_size);
	if (verdict != PURGATORY_INTACT)
		return verdict;
	if (!purgatory_params_sealed(params))
		return PURGATORY_BAD_SELF;
	if (!params->target_entry)
		return PURGATORY_BAD_TARGET;

	for (i = 0; i < params->nr_regions; i++) {
		if (!region_intact(&params->regions[i], mem, has_sha)) {
			*bad = i;
			return PURGATORY_BAD_REGION;
		}
	}
	return PURGATORY_INTACT;
}

/**
 * purgatory_strerror() - a verdict in words, to follow "purgatory: "
 * @verdict: what purgatory_verify() returned
 */
const char *purgatory_strerror(enum purgatory_verdict verdict)
{
	switch (verdict) {
	case PURGATORY_INTACT:
		return "image intact";
	case PURGATORY_BAD_HEADER:
		return "its own header is damaged";
	case PURGATORY_BAD_SELF:
		return "its own parameters or code are damaged";
	case PURGATORY_BAD_COUNT:
		return "more regions to check than an image can have";
	case PURGATORY_BAD_TARGET:
		return "no kernel to enter";
	case PURGATORY_BAD_RANGE:
		return "a region to check has no end";
	case PURGATORY_BAD_REGION:
		return "image damaged";
	}
	return "unknown verdict";
}
