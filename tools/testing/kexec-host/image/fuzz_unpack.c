// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzes the unpacking of an ELF file.
 *
 * An input is whether it has 64 bits (1 byte), where its image is linked for
 * and how much memory that has (8 bytes each), and the file. The file is a heap
 * block of its own size, so that AddressSanitizer sees the first byte too far.
 */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "image.h"

struct head {
	u8 wide;
	u64 base;
	u64 room;
} __attribute__((packed));

static void check_plan(const struct unpack_file *elf,
		       const struct unpack_plan *plan)
{
	u64 read = 0, written = 0;
	bool enters = false;

	assert(plan->nr && plan->nr <= UNPACK_MOVES_MAX);
	for (unsigned int i = 0; i < plan->nr; i++) {
		const struct unpack_move *move = &plan->moves[i];

		assert(move->size);
		assert(move->from >= read && move->to >= written);
		assert(move->to <= move->from);
		read = move->from + move->size;
		written = move->to + move->size;
		assert(read > move->from && read <= elf->size);
		assert(written > move->to && written <= elf->room);
		enters |= plan->entry >= move->to && plan->entry < written;
	}
	assert(read == plan->file_end && written == plan->image_end);
	assert(enters);
}

/* What was in the file is in the image, and the table behind it is intact. */
static void check_image(const u8 *before, const u8 *after, u64 size,
			const struct unpack_plan *plan)
{
	for (unsigned int i = 0; i < plan->nr; i++)
		assert(!memcmp(after + plan->moves[i].to,
			       before + plan->moves[i].from,
			       plan->moves[i].size));
	assert(!memcmp(after + plan->file_end, before + plan->file_end,
		       size - plan->file_end));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct image_fault fault = { };
	struct unpack_plan plan;
	struct unpack_file elf;
	struct head head;
	u8 *file;

	if (size <= sizeof(head))
		return 0;
	memcpy(&head, data, sizeof(head));
	data += sizeof(head);
	size -= sizeof(head);

	file = malloc(size);
	if (!file)
		abort();
	memcpy(file, data, size);
	elf = (struct unpack_file) {
		.file = file,
		.size = size,
		.base = head.base,
		.room = head.room,
		.wide = head.wide & 1,
	};

	if (unpack_prepare(&elf, &plan, &fault)) {
		assert(fault.text);
		assert(!memcmp(file, data, size));
	} else {
		check_plan(&elf, &plan);
		unpack_move(file, &plan);
		check_image(data, file, size, &plan);
	}
	free(file);

	return 0;
}
