/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BOOT_COMPRESSED_MARGIN_H
#define BOOT_COMPRESSED_MARGIN_H

/*
 * How far behind the end of the output its compressed form has to end, so
 * that it can be decompressed in place.
 *
 *	0                                             n       n + margin
 *	|=========== written ===========>             |            |
 *	                          |------------- compressed -------|
 *	                                  ====== read ======>
 *
 * Of n bytes, W are still to be written and R of the input still to be read.
 * The writer is at n - W, the reader at n + margin - R. So nothing that has
 * not been read is overwritten as long as at any time
 *
 *	R - W <= margin
 *
 * What is written before it is counted, and what is read and has to be read
 * again, would come on top; so would what follows the data that matters. R - W
 * is how much the rest of the input has grown by being compressed. A kernel
 * shrinks, on the whole; its rest need not, for it may begin with zeros and
 * end with a compressed initramfs. So the worst case counts, which has up to
 * three parts:
 *
 *   growth  of data that cannot be compressed: a byte per so many
 *   block   what a decoder has not read of a block of which it writes: within
 *           a block, what is at its start may be paid for at its end
 *   ends    checksums, and the length that the build appends
 *
 * gzip	A block that does not shrink is stored, with 5 bytes more per 32 KiB.
 *	Else it has up to 32768 symbols (zlib: 16383). A literal of 1 byte
 *	takes 15 bits at most, a match of at least 3 bytes takes 48 (15 and 5
 *	more for its length, 15 and 13 more for its distance): no symbol grows
 *	by more than 3 bytes.
 * bzip2	Its own promise: 1 % and 600 bytes. The decoder has read all of a block
 *	before it writes any of it.
 * lzma	Has no blocks, and no other form for what cannot be compressed. A bit
 *	of it costs 1 % more than a bit, for the model keeps guessing (its
 *	probabilities follow each bit by 1/32), and each literal says that it
 *	is none of a match for 1/45 bit (a probability ends at 31/2048): less
 *	than one byte in 64. A model that learnt from other data is wrong at
 *	first: some 30 bits for each of its 6144 contexts for literals, 23 KiB.
 * xz	LZMA in chunks of at most 64 KiB, compressed, and no chunk larger than
 *	its data: then it is stored, with 3 bytes more for up to 64 KiB. 128
 *	bytes of headers and checksums; the filter for jumps looks back 16.
 * lzo	Blocks of 256 KiB, each with 12 bytes more, and stored if it does not
 *	shrink. Within one, data grows by a sixteenth and 67 bytes at most, as
 *	LZO1X's worst case is given. It is copied 8 bytes at a time.
 * lz4	Has no other form for what cannot be compressed: a byte per 255, and 20
 *	per chunk of 8 MiB; a byte per 254 is more than both. It is copied 16
 *	bytes at a time, or 8 beyond the end.
 * zstd	Blocks of up to 128 KiB, each with 3 bytes more, and stored if it does
 *	not shrink. High levels split a block where that makes it smaller, as
 *	they guess, in parts of some hundred sequences and so of no less than
 *	400 bytes. The decoder keeps literals in the output where it has not been
 *	yet, but only up to where its input begins; it wants room there for
 *	a block. 22 bytes of frame, and copies beyond the end, up to 32 bytes.
 *
 * tools/testing/kexec-host/margin decompresses at the margin, and measures how
 * much of it the worst data known takes.
 *
 * Only for programs of the host: mkpiggy, and that test.
 */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/**
 * struct payload_format - a kind of compression, and its worst case
 * @name:   as CONFIG_KERNEL_* has it
 * @magic:  what files begin with
 * @length: of @magic
 * @grows:  data that cannot be compressed grows by a byte per so many
 * @block:  what is not read of a block when it is written
 * @ends:   what has to be read after the last of the output, and what is
 *          written beyond it
 */
struct payload_format {
	const char *name;
	const char *magic;
	unsigned int length;
	unsigned int grows;
	unsigned int block;
	unsigned int ends;
};

static const struct payload_format payload_formats[] = {
	{ "gzip",  "\037\213",		2,  4096, 3 * 32768,	    64 },
	{ "bzip2", "BZh",		3,   100, 0,		   600 + 64 },
	{ "lzma",  "\135\0\0",		3,    64, 6144 * 30 / 8,    64 },
	{ "xz",    "\3757zXZ",		5, 16384, 65536,	   128 + 16 },
	{ "lzo",   "\211LZO",		4, 16384, 262144 / 16 + 67, 64 },
	{ "lz4",   "\002!L\030",	4,   254, 0,		   128 },
	{ "zstd",  "(\265/\375",	4,   128, 131072,	   128 },
};

enum { NR_PAYLOAD_FORMATS = sizeof(payload_formats) /
			    sizeof(struct payload_format) };

/* NULL: none that is known */
static inline const struct payload_format *
payload_format(const void *head, size_t size)
{
	for (size_t i = 0; i < NR_PAYLOAD_FORMATS; i++) {
		const struct payload_format *format = &payload_formats[i];

		if (size >= format->length &&
		    !memcmp(head, format->magic, format->length))
			return format;
	}

	return NULL;
}

static inline uint64_t payload_margin(const struct payload_format *format,
				      uint64_t size)
{
	return size / format->grows + 1 + format->block + format->ends;
}

#endif /* BOOT_COMPRESSED_MARGIN_H */
