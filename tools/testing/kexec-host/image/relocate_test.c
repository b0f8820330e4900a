// SPDX-License-Identifier: GPL-2.0-only
/*
 * What becomes of an image, by its table of relocations: rows of words, and
 * of what is expected.
 */

#include <stdlib.h>
#include <string.h>

#include "image.h"
#include "image_test.h"

/* Where the images are linked for */
#define LINKED64	0xffffffff81000000ull
#define LINKED32	0xc1000000ull
#define AT64(offset)	((u32)LINKED64 + (offset))
#define AT32(offset)	((u32)LINKED32 + (offset))

#define WORDS_MAX	8
#define TOUCHED_MAX	4
#define IMAGE_BYTES	64

enum machine { X86_64, I386 };

/* A number of the image: where, of how many bytes, before and after */
struct number {
	u32 offset;
	u32 width;
	u64 before;
	u64 after;
};

struct row {
	const char *what;
	enum machine machine;
	u64 distance;
	u32 nr_words;
	u32 words[WORDS_MAX];
	struct number numbers[TOUCHED_MAX];
	const char *refused;
	u32 cut;			/* bytes off the table's start */
};

#define WORDS(...)							\
	.nr_words = ARRAY_SIZE(((u32[]){ __VA_ARGS__ })),		\
	.words = { __VA_ARGS__ }
#define NUMBERS(...)	.numbers = { __VA_ARGS__ }

#define UP	0x1200000ull
#define DOWN	-0x200000ull

static const struct row rows[] = {
	{ "64 bits", X86_64, UP, WORDS(0, AT64(8), 0, 0),
	  NUMBERS({ 8, 8, 0xffffffff81000123, 0xffffffff82200123 }) },
	{ "64 bits, down", X86_64, DOWN, WORDS(0, AT64(8), 0, 0),
	  NUMBERS({ 8, 8, 0xffffffff81000123, 0xffffffff80e00123 }) },
	{ "64 bits, with a carry", X86_64, 0x10000000, WORDS(0, AT64(8), 0, 0),
	  NUMBERS({ 8, 8, 0xfffffff0, 0x10ffffff0 }) },
	{ "32 bits", X86_64, UP, WORDS(0, 0, 0, AT64(8)),
	  NUMBERS({ 8, 4, 0x81000123, 0x82200123 },
		  { 12, 4, 0x5a5a5a5a, 0x5a5a5a5a }) },
	{ "32 bits wrap, and no neighbour changes", X86_64, UP,
	  WORDS(0, 0, 0, AT64(8)),
	  NUMBERS({ 8, 4, 0xfffffff0, 0x011ffff0 },
		  { 12, 4, 7, 7 }) },
	{ "inverse 32 bits", X86_64, UP, WORDS(0, 0, AT64(8), 0),
	  NUMBERS({ 8, 4, 0x7f001234, 0x7de01234 },
		  { 12, 4, 0x5a5a5a5a, 0x5a5a5a5a }) },
	{ "inverse 32 bits, down", X86_64, DOWN, WORDS(0, 0, AT64(8), 0),
	  NUMBERS({ 8, 4, 0x7f001234, 0x7f201234 }) },
	{ "all kinds", X86_64, UP,
	  WORDS(0, AT64(0), AT64(0x38), 0, AT64(0x10), 0, AT64(0x20)),
	  NUMBERS({ 0, 8, 1, UP + 1 }, { 0x38, 8, 2, UP + 2 },
		  { 0x10, 4, UP + 3, 3 }, { 0x20, 4, 4, UP + 4 }) },
	{ "not aligned", X86_64, UP, WORDS(0, AT64(3), 0, 0, AT64(0x21)),
	  NUMBERS({ 3, 8, 1, UP + 1 }, { 0x21, 4, 2, UP + 2 }) },
	{ "twice is twice", X86_64, UP, WORDS(0, AT64(8), AT64(8), 0, 0),
	  NUMBERS({ 8, 8, 0, 2 * UP }) },
	{ "the last bytes", X86_64, UP,
	  WORDS(0, AT64(IMAGE_BYTES - 8), 0, AT64(0), 0, AT64(4)),
	  NUMBERS({ IMAGE_BYTES - 8, 8, 1, UP + 1 }, { 0, 4, UP, 0 },
		  { 4, 4, 0, UP }) },
	{ "the last 4 bytes", X86_64, UP,
	  WORDS(0, 0, 0, AT64(IMAGE_BYTES - 4)),
	  NUMBERS({ IMAGE_BYTES - 4, 4, 1, UP + 1 }) },
	{ "an empty table", X86_64, UP, WORDS(0, 0, 0) },
	{ "what is before the table is none of it", X86_64, UP,
	  WORDS(0x1234, 0x5678, 0, AT64(8), 0, 0),
	  NUMBERS({ 8, 8, 1, UP + 1 }) },
	{ "i386", I386, UP, WORDS(0, AT32(8), AT32(12)),
	  NUMBERS({ 8, 4, 0xc1000123, 0xc2200123 },
		  { 12, 4, 0xc1000456, 0xc2200456 }) },
	{ "i386, down", I386, DOWN, WORDS(0, AT32(8)),
	  NUMBERS({ 8, 4, 0xc1000123, 0xc0e00123 }) },
	{ "i386 has one kind", I386, UP,
	  WORDS(0, AT32(16), 0, AT32(16), 0, AT32(8)),
	  NUMBERS({ 8, 4, 1, UP + 1 }, { 16, 4, 2, 2 }) },
	{ "i386, the last bytes", I386, UP, WORDS(0, AT32(IMAGE_BYTES - 4)),
	  NUMBERS({ IMAGE_BYTES - 4, 4, 1, UP + 1 }) },
	{ "i386, an empty table", I386, UP, WORDS(0) },

	{ "before the image", X86_64, UP, WORDS(0, 0, 0, AT64(-1)),
	  .refused = "outside" },
	{ "far before it", X86_64, UP, WORDS(0, 0, 0, 1),
	  .refused = "outside" },
	{ "partly behind it, 64 bits", X86_64, UP,
	  WORDS(0, AT64(IMAGE_BYTES - 7), 0, 0), .refused = "outside" },
	{ "partly behind it, 32 bits", X86_64, UP,
	  WORDS(0, 0, 0, AT64(IMAGE_BYTES - 3)), .refused = "outside" },
	{ "partly behind it, inverse", X86_64, UP,
	  WORDS(0, 0, AT64(IMAGE_BYTES - 3), 0), .refused = "outside" },
	{ "behind it", X86_64, UP, WORDS(0, AT64(IMAGE_BYTES), 0, 0),
	  .refused = "outside" },
	{ "the last address", X86_64, UP, WORDS(0, 0, 0, 0xffffffff),
	  .refused = "outside" },
	{ "no sign", X86_64, UP, WORDS(0, 0, 0, 0x7fffffff),
	  .refused = "outside" },
	{ "i386, before the image", I386, UP, WORDS(0, AT32(-1)),
	  .refused = "outside" },
	{ "i386, partly behind it", I386, UP,
	  WORDS(0, AT32(IMAGE_BYTES - 3)), .refused = "outside" },
	{ "i386, a physical address", I386, UP, WORDS(0, 0x1000000),
	  .refused = "outside" },
	{ "no beginning", X86_64, UP, WORDS(AT64(8), 0, 0),
	  .refused = "without a beginning" },
	{ "one part of three", X86_64, UP, WORDS(0, AT64(8)),
	  .refused = "without a beginning" },
	{ "i386, no beginning", I386, UP, WORDS(AT32(8)),
	  .refused = "without a beginning" },
	{ "i386, a cut one", I386, UP, WORDS(0, AT32(8)), .cut = 1,
	  .refused = "without a beginning" },
	{ "a cut one", X86_64, UP, WORDS(0, AT64(8), 0, 0), .cut = 3,
	  .refused = "without a beginning" },
	{ "none", X86_64, UP, .refused = "without a beginning" },
	{ "i386, none", I386, UP, .refused = "without a beginning" },
};

/* The end of a heap block of the table's size, for the sanitizer's sake */
static u8 *create_table(const struct row *row, u32 *size)
{
	u8 *table;

	*size = row->nr_words * sizeof(u32) - row->cut;
	table = malloc(*size ? *size : 1);
	if (!table)
		abort();
	memcpy(table, (const u8 *)row->words + row->cut, *size);

	return table;
}

static void write_numbers(const struct row *row, bool after, u8 *image)
{
	memset(image, 0x5a, IMAGE_BYTES);
	for (u32 i = 0; i < TOUCHED_MAX && row->numbers[i].width; i++) {
		const struct number *number = &row->numbers[i];

		memcpy(image + number->offset,
		       after ? &number->after : &number->before,
		       number->width);
	}
}

static void run(const struct row *row, u8 *image, const u8 *table, u32 size)
{
	const struct relocate_job job = {
		.image = image,
		.size = IMAGE_BYTES,
		.linked = row->machine == X86_64 ? LINKED64 : LINKED32,
		.distance = row->distance,
		.table = table,
		.table_size = size,
		.wide = row->machine == X86_64,
	};
	struct image_fault fault = { };
	u8 expected[IMAGE_BYTES];

	if (relocate(&job, &fault)) {
		if (!row->refused || !strstr(fault.text, row->refused))
			fail(row->what, fault.text);
		return;
	}
	write_numbers(row, true, expected);
	if (row->refused)
		fail(row->what, "was taken");
	else if (memcmp(image, expected, IMAGE_BYTES))
		fail(row->what, "another image");
}

size_t test_relocate(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		u8 *image = malloc(IMAGE_BYTES);
		u32 size;
		u8 *table = create_table(&rows[i], &size);

		if (!image)
			abort();
		write_numbers(&rows[i], false, image);
		run(&rows[i], image, table, size);
		free(image);
		free(table);
	}

	return ARRAY_SIZE(rows);
}
