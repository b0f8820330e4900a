// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "image.h"

static void *filled(size_t len, unsigned int seed)
{
	u8 *p = malloc(len);

	for (size_t i = 0; i < len; i++) {
		seed = seed * 1103515245 + 12345;
		p[i] = seed >> 16;
	}
	return p;
}

static void region_create(struct purgatory_region *region, const u8 *mem,
			  size_t len, unsigned int segment)
{
	region->start = (unsigned long)mem;
	region->len = len;
	region->segment = segment;
	sha256(mem, len, region->digest);
}

void image_create(struct image *image, const size_t *len, unsigned int nr)
{
	struct purgatory_params *params = filled(BLOB_SIZE, 1);

	memset(params, 0, sizeof(*params));
	params->magic = PURGATORY_MAGIC;
	params->version = PURGATORY_VERSION;
	params->size = sizeof(*params);
	params->entry = sizeof(*params);
	params->load_size = BLOB_SIZE;
	params->run_size = BLOB_SIZE + 4096;
	params->target_entry = 0x1000200;
	params->target_arg = 0x90000;
	params->nr_regions = nr;

	image->params = params;
	image->nr = nr;
	for (unsigned int i = 0; i < nr; i++) {
		image->mem[i] = filled(len[i], i + 2);
		image->len[i] = len[i];
		region_create(&params->regions[i], image->mem[i], len[i], i);
	}
	purgatory_params_seal(params);
}

void image_destroy(struct image *image)
{
	for (unsigned int i = 0; i < image->nr; i++)
		free(image->mem[i]);
	free(image->params);
}

const void *image_at(void *ctx, u64 start, u64 len)
{
	const struct image *image = ctx;

	for (unsigned int i = 0; i < image->nr; i++) {
		u64 mem = (unsigned long)image->mem[i];

		if (start >= mem && start - mem <= image->len[i] &&
		    len <= image->len[i] - (start - mem))
			return (const void *)(unsigned long)start;
	}
	return NULL;
}
