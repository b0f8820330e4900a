// SPDX-License-Identifier: GPL-2.0-only
/*
 * Addresses in an image that runs elsewhere than where it was linked for.
 *
 * The build lists the places of all numbers that depend on where the image
 * runs, and appends the list to the payload; arch/x86/tools/relocs_table.c
 * says how. Here it is read from its end, for only that is known: where the
 * decompressed payload ends.
 *
 *	0  64-bit ...  0  inverse 32-bit ...  0  32-bit ...	x86-64
 *	                                      0  32-bit ...	i386
 *	                                        <----------- read
 *
 * Each entry is the virtual address of such a number, as linked. In a 64-bit
 * image these are in its upper 2 GiB, so 32 bits, extended by their sign, say
 * it all. An inverse number is the distance from an instruction to a per-CPU
 * variable: the variables are linked at 0 and stay there while the
 * instruction moves, so it shrinks by as much.
 *
 * Nothing in the list is believed: an entry that does not lead into the image
 * is refused, and so is a list that has no beginning.
 *
 * Pure: also built on the host, see tools/testing/kexec-host/image.
 */

#include <linux/unaligned.h>

#include "image.h"

enum part {
	ADDRESSES_32,
	DISTANCES_32,		/* inverse */
	ADDRESSES_64,
};

static u64 part_width(enum part part)
{
	return part == ADDRESSES_64 ? sizeof(u64) : sizeof(u32);
}

static void change(void *at, enum part part, u64 distance)
{
	if (part == ADDRESSES_64)
		put_unaligned(get_unaligned((u64 *)at) + distance, (u64 *)at);
	else if (part == ADDRESSES_32)
		put_unaligned(get_unaligned((u32 *)at) + (u32)distance,
			      (u32 *)at);
	else
		put_unaligned(get_unaligned((u32 *)at) - (u32)distance,
			      (u32 *)at);
}

static int relocate_one(const struct relocate_job *job, enum part part,
			u32 entry, struct image_fault *fault)
{
	u64 address = job->wide ? (u64)(s64)(s32)entry : entry;
	u64 offset = address - job->linked;
	u64 width = part_width(part);

	/* An address below @linked gives an offset beyond all images. */
	if (job->size < width || offset > job->size - width)
		return image_refuse(fault, "relocation outside of the image",
				    address);
	change(job->image + offset, part, job->distance);

	return 0;
}

/* @end: of what is left of the table, in and out */
static int relocate_part(const struct relocate_job *job, enum part part,
			 u64 *end, struct image_fault *fault)
{
	u32 entry;

	for (;;) {
		if (*end < sizeof(entry))
			return image_refuse(fault, "relocation table without a beginning",
					    job->table_size);
		*end -= sizeof(entry);
		entry = get_unaligned((const u32 *)(job->table + *end));
		if (!entry)
			return 0;
		if (relocate_one(job, part, entry, fault))
			return -1;
	}
}

/**
 * relocate() - let an image run where it was not linked for
 * @job:   the image, the table, and how far it moves
 * @fault: what is wrong
 *
 * An image for which this fails is neither the old one nor the new one.
 *
 * Return: 0, or -1 with @fault
 */
int relocate(const struct relocate_job *job, struct image_fault *fault)
{
	u64 end = job->table_size;

	if (relocate_part(job, ADDRESSES_32, &end, fault))
		return -1;
	if (!job->wide)
		return 0;
	if (relocate_part(job, DISTANCES_32, &end, fault))
		return -1;

	return relocate_part(job, ADDRESSES_64, &end, fault);
}
