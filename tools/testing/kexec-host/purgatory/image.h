/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _IMAGE_H
#define _IMAGE_H

#include <linux/kernel.h>
#include "../../../../kernel/purgatory/purgatory.h"

/*
 * A loaded image in the memory of a test: a blob whose code is random bytes,
 * and the regions that it guards, each in an allocation of its own so that the
 * sanitizer sees a byte too far.
 */
#define BLOB_SIZE	(sizeof(struct purgatory_params) + 256)

struct image {
	struct purgatory_params *params;
	u8 *mem[KEXEC_SEGMENT_MAX];
	size_t len[KEXEC_SEGMENT_MAX];
	unsigned int nr;
};

void image_create(struct image *image, const size_t *len, unsigned int nr);
void image_destroy(struct image *image);

/* For struct purgatory_memory: the regions as they are, nothing else. */
const void *image_at(void *ctx, u64 start, u64 len);

#endif /* _IMAGE_H */
