// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzes the reading of the table of relocations.
 *
 * An input is whether it has 64 bits (1 byte), the address that the image is
 * linked for and how far it moves (8 bytes each), the size of the image (1
 * byte), the image, and the rest is the table. Each is a heap block of its
 * own size, so that AddressSanitizer sees the first byte too far.
 */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "image.h"

struct head {
	u8 wide;
	u64 linked;
	u64 distance;
	u8 size;
} __attribute__((packed));

static u8 *copy(const u8 *data, size_t size)
{
	u8 *block = malloc(size ? size : 1);

	if (!block)
		abort();
	memcpy(block, data, size);

	return block;
}

/* Bytes that no entry leads to stay what they were. */
static void check_untouched(const struct relocate_job *job, const u8 *before)
{
	const u8 *after = job->image;
	bool *touched = calloc(job->size + 1, sizeof(*touched));

	if (!touched)
		abort();
	for (u64 at = job->table_size % 4; at + 4 <= job->table_size; at += 4) {
		u64 address, offset;
		u32 entry;

		memcpy(&entry, job->table + at, sizeof(entry));
		address = job->wide ? (u64)(s64)(s32)entry : entry;
		offset = address - job->linked;
		for (u64 i = offset; i < job->size && i - offset < 8; i++)
			touched[i] = true;
	}
	for (u64 i = 0; i < job->size; i++)
		assert(touched[i] || after[i] == before[i]);
	free(touched);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct image_fault fault = { };
	struct relocate_job job;
	struct head head;

	if (size < sizeof(head))
		return 0;
	memcpy(&head, data, sizeof(head));
	data += sizeof(head);
	size -= sizeof(head);
	if (size < head.size)
		return 0;

	job = (struct relocate_job) {
		.image = copy(data, head.size),
		.size = head.size,
		.linked = head.linked,
		.distance = head.distance,
		.table = copy(data + head.size, size - head.size),
		.table_size = size - head.size,
		.wide = head.wide & 1,
	};
	if (relocate(&job, &fault))
		assert(fault.text);
	if (job.distance)
		check_untouched(&job, data);
	else
		assert(!memcmp(job.image, data, job.size));
	assert(!memcmp(job.table, data + head.size, job.table_size));
	free(job.image);
	free((void *)job.table);

	return 0;
}
