/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BOOT_COMPRESSED_IMAGE_H
#define BOOT_COMPRESSED_IMAGE_H

#include <linux/types.h>

/*
 * What the payload becomes after it has been decompressed: unpack.c moves the
 * parts of the ELF file to where they run, relocate.c adds the distance that
 * the image has moved to the addresses in it, and place.c has the two done.
 *
 * unpack.c and relocate.c are pure: also built on the host, see
 * tools/testing/kexec-host/image.
 */

/**
 * struct image_fault - why an image cannot be started
 * @text:  what is wrong. A pointer, as long as it is set at run time: a table
 *         of them would have to be relocated, and nobody does that here
 * @value: what was found
 */
struct image_fault {
	const char *text;
	u64 value;
};

/* Always -1, for the caller to return */
static inline int image_refuse(struct image_fault *fault, const char *text,
			       u64 value)
{
	fault->text = text;
	fault->value = value;

	return -1;
}

/* A kernel has four or five segments; there is no room for any number. */
#define UNPACK_MOVES_MAX	16

/**
 * struct unpack_file - an ELF file, and what is known of its image
 * @file: the file, at the start of the memory that the image will have
 * @size: bytes at @file; what is behind the file proper does no harm
 * @base: physical address that the first byte of the image is linked for
 * @room: bytes of memory that the image may have
 * @wide: 64 bits, else 32
 */
struct unpack_file {
	const void *file;
	u64 size;
	u64 base;
	u64 room;
	bool wide;
};

/**
 * struct unpack_move - bytes that go from one place to another
 * @from: offset in the file
 * @to:   offset in the image, not above @from
 * @size: how many
 */
struct unpack_move {
	u64 from;
	u64 to;
	u64 size;
};

/**
 * struct unpack_plan - how an ELF file becomes an image in the same memory
 * @moves:     in the order of the file, and disjoint on either side: none
 *             writes on what a later one reads
 * @nr:        number of @moves
 * @entry:     offset in the image of its first instruction
 * @file_end:  what the image is made of is before this offset of the file
 * @image_end: and what is made before this one of the image
 */
struct unpack_plan {
	struct unpack_move moves[UNPACK_MOVES_MAX];
	unsigned int nr;
	u64 entry;
	u64 file_end;
	u64 image_end;
};

int unpack_prepare(const struct unpack_file *elf, struct unpack_plan *plan,
		   struct image_fault *fault);
void unpack_move(void *image, const struct unpack_plan *plan);

/**
 * struct relocate_job - an image that is to run elsewhere, and its table
 * @image:      the image as it is in memory now
 * @size:       bytes at @image that may be changed
 * @linked:     virtual address that the first of them is linked for
 * @distance:   how much further up it will run; less than 0 wraps
 * @table:      memory that ends with the table of relocations
 * @table_size: bytes at @table
 * @wide:       a 64-bit image, else a 32-bit one
 */
struct relocate_job {
	void *image;
	u64 size;
	u64 linked;
	u64 distance;
	const void *table;
	u64 table_size;
	bool wide;
};

int relocate(const struct relocate_job *job, struct image_fault *fault);

unsigned long place_kernel(unsigned char *output, unsigned long size,
			   unsigned long virt_addr, void (*fail)(char *why));

#endif /* BOOT_COMPRESSED_IMAGE_H */
