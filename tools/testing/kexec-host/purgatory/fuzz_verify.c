// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target: an image is made, sealed and then written over by the input.
 * It must be found intact if and only if nothing changed; and parameters that
 * lie, sealed by somebody who means it, must not make purgatory read where
 * there is nothing to read.
 *
 * Input: number of regions, their lengths (2 bytes each), then writes of 4
 * bytes each: what to write over, offset (2 bytes), what to xor with.
 */

#include <stdlib.h>
#include <string.h>

#include "image.h"

#define REGIONS_MAX	4
#define LEN_MAX		1024

struct input {
	const u8 *data;
	size_t left;
};

static u8 byte(struct input *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->data++;
}

static unsigned int word(struct input *in)
{
	unsigned int low = byte(in);

	return low | byte(in) << 8;
}

static void write_over(struct image *image, u8 what, unsigned int offset,
		       u8 mask)
{
	unsigned int i = what % (REGIONS_MAX + 1);

	if (i == REGIONS_MAX)
		((u8 *)image->params)[offset % BLOB_SIZE] ^= mask;
	else if (i < image->nr && image->len[i])
		image->mem[i][offset % image->len[i]] ^= mask;
}

static bool same(const struct image *a, const struct image *b,
		 const struct purgatory_params *sealed)
{
	if (memcmp(a->params, sealed, BLOB_SIZE))
		return false;
	for (unsigned int i = 0; i < a->nr; i++)
		if (memcmp(a->mem[i], b->mem[i], a->len[i]))
			return false;
	return true;
}

static enum purgatory_verdict verify(struct image *image)
{
	struct purgatory_memory mem = { .at = image_at, .ctx = image };
	enum purgatory_verdict verdict;
	unsigned int bad = ~0U;

	verdict = purgatory_verify(image->params, BLOB_SIZE, &mem, &bad);
	if (verdict == PURGATORY_BAD_REGION && bad >= image->params->nr_regions)
		abort();
	if (!purgatory_strerror(verdict))
		abort();
	return verdict;
}

static void expect_intact(struct image *image, bool intact)
{
	if ((verify(image) == PURGATORY_INTACT) != intact)
		abort();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, size };
	struct purgatory_params *sealed = malloc(BLOB_SIZE);
	size_t len[REGIONS_MAX];
	struct image image, before;
	unsigned int nr = byte(&in) % (REGIONS_MAX + 1);

	for (unsigned int i = 0; i < nr; i++)
		len[i] = word(&in) % (LEN_MAX + 1);
	image_create(&image, len, nr);
	image_create(&before, len, nr);
	memcpy(sealed, image.params, BLOB_SIZE);
	expect_intact(&image, true);

	while (in.left >= 4) {
		u8 what = byte(&in);
		unsigned int offset = word(&in);

		write_over(&image, what, offset, byte(&in));
	}
	expect_intact(&image, same(&image, &before, sealed));

	/* Sealing needs a length that is true. */
	image.params->load_size = BLOB_SIZE;
	purgatory_params_seal(image.params);
	verify(&image);

	image_destroy(&image);
	image_destroy(&before);
	free(sealed);
	return 0;
}
