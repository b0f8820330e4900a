// SPDX-License-Identifier: GPL-2.0-only
/*
 * Purgatory's parameters: whether they make sense, and the digest that covers
 * them and the code behind them.
 *
 * A wild write may hit purgatory as well as the kernel that it guards. The
 * parameters decide what is checked and where the machine goes, so they are
 * checked before they are believed.
 *
 * This is part of the kernel, which seals, and of purgatory, which checks.
 */

#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/string.h>

#include "purgatory.h"

/* What assembly and both sides rely on. */
static_assert(sizeof(struct purgatory_region) == 56);
static_assert(sizeof(struct purgatory_params) == PURGATORY_PARAMS_SIZE);
static_assert(offsetof(struct purgatory_params, entry) == 12);
static_assert(offsetof(struct purgatory_params, load_size) == 16);
static_assert(offsetof(struct purgatory_params, run_size) == 20);
static_assert(offsetof(struct purgatory_params, nr_regions) == 24);
static_assert(offsetof(struct purgatory_params, target_entry) ==
	      PURGATORY_TARGET_ENTRY);
static_assert(offsetof(struct purgatory_params, target_arg) ==
	      PURGATORY_TARGET_ARG);
static_assert(offsetof(struct purgatory_params, console) == 48);
static_assert(offsetof(struct purgatory_params, digest) == 64);
static_assert(offsetof(struct purgatory_params, regions) == 96);

static bool header_ok(const struct purgatory_params *params, u64 load_size)
{
	return params->magic == PURGATORY_MAGIC &&
	       params->version == PURGATORY_VERSION &&
	       params->size == sizeof(*params) &&
	       params->load_size == load_size &&
	       params->load_size >= params->size &&
	       params->run_size >= params->load_size &&
	       params->entry >= params->size &&
	       params->entry < params->load_size &&
	       !(params->flags & ~PURGATORY_FLAGS);
}

/**
 * purgatory_params_check() - do these parameters make sense?
 * @params:    what a blob begins with; @load_size bytes, or at least the
 *             parameters, can be read
 * @load_size: how long the blob is known to be
 *
 * Says nothing about the target, which comes later than the first check.
 *
 * Return: PURGATORY_INTACT, or what is wrong.
 */
enum purgatory_verdict
purgatory_params_check(const struct purgatory_params *params, u64 load_size)
{
	u32 i;

	if (!header_ok(params, load_size))
		return PURGATORY_BAD_HEADER;
	if (params->nr_regions > ARRAY_SIZE(params->regions))
		return PURGATORY_BAD_COUNT;

	for (i = 0; i < params->nr_regions; i++) {
		const struct purgatory_region *region = &params->regions[i];

		if (region->start + region->len < region->start)
			return PURGATORY_BAD_RANGE;
	}
	return PURGATORY_INTACT;
}

/* SHA-256 of the loaded blob as if its digest were zero. */
static void self_digest(const struct purgatory_params *params, u8 *out)
{
	static const u8 zeros[SHA256_DIGEST_SIZE];
	const u8 *blob = (const u8 *)params;
	const u32 at = offsetof(struct purgatory_params, digest);
	const u32 after = at + sizeof(params->digest);
	struct sha256_state sha;

	sha256_init(&sha);
	sha256_update(&sha, blob, at);
	sha256_update(&sha, zeros, sizeof(zeros));
	sha256_update(&sha, blob + after, params->load_size - after);
	sha256_final(&sha, out);
}

/**
 * purgatory_params_seal() - record the digest of parameters and code
 * @params: complete, at the start of the blob
 *
 * The last thing to happen to a blob before it is loaded.
 */
void purgatory_params_seal(struct purgatory_params *params)
{
	self_digest(params, params->digest);
}

/**
 * purgatory_params_sealed() - is the blob what it was when it was sealed?
 * @params: passed purgatory_params_check(), at the start of the blob
 */
bool purgatory_params_sealed(const struct purgatory_params *params)
{
	u8 digest[SHA256_DIGEST_SIZE];

	self_digest(params, digest);
	return !memcmp(digest, params->digest, sizeof(digest));
}
