// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzes the checks of a bzImage's header.
 *
 * An input is the size of a file, four bytes, and its setup header; the rest
 * of the file is zeros, which nothing reads. The file is a heap block of its
 * own size, so that AddressSanitizer sees the first byte too far.
 */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "kexec_bzimage_header.h"

#define FILE_MAX	0x40000
#define EDD_OFFSET	0x290	/* what follows the header in boot_params */

/* What the loader relies on. */
static void check_promises(const struct bzimage *bz, size_t size)
{
	assert(bz->setup_size < size);
	assert(bz->setup_size + bz->kernel_size == size);
	assert(bz->kernel_size > BZIMAGE_ENTRY64_OFFSET);
	assert(BZIMAGE_HDR_OFFSET + bz->header_size <= bz->setup_size);
	assert(BZIMAGE_HDR_OFFSET + bz->header_size <= EDD_OFFSET);

	assert(bz->init_size >= bz->kernel_size);
	assert(bz->alignment && !(bz->alignment & (bz->alignment - 1)));
	assert(!(bz->lowest & (bz->alignment - 1)));
	assert(bz->lowest >= 0x100000);
	assert(bz->lowest + bz->init_size > bz->lowest);
	assert(bz->lowest + bz->init_size - 1 <= bz->highest);
	assert(!bz->fixed || bz->lowest + bz->init_size - 1 == bz->highest);
	assert(bz->version >= 0x020c);
}

static void parse(const u8 *file, size_t size, enum bzimage_entry entry)
{
	struct bzimage bz;
	enum bzimage_fault fault = bzimage_parse(file, size, entry, &bz);

	if (fault == BZIMAGE_OK)
		check_promises(&bz, size);
	assert(bzimage_strfault(fault)[0]);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	u32 file_size;
	u8 *file;

	if (size < sizeof(file_size))
		return 0;
	memcpy(&file_size, data, sizeof(file_size));
	file_size %= FILE_MAX;
	data += sizeof(file_size);
	size -= sizeof(file_size);

	file = calloc(1, file_size);
	if (file_size && !file)
		abort();
	if (file_size > BZIMAGE_HDR_OFFSET) {
		if (size > file_size - BZIMAGE_HDR_OFFSET)
			size = file_size - BZIMAGE_HDR_OFFSET;
		memcpy(file + BZIMAGE_HDR_OFFSET, data, size);
	}

	parse(file, file_size, BZIMAGE_ENTRY_64);
	parse(file, file_size, BZIMAGE_ENTRY_32);

	free(file);
	return 0;
}
