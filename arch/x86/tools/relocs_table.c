// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of relocations, as those who apply it read it.
 *
 * The one of a kernel is behind it in the compressed payload, and is read
 * from its end, for that is what the decompressor knows; so each part has a
 * zero before it, where the reader stops:
 *
 *	0  64-bit ...  0  inverse 32-bit ...  0  32-bit ...	x86-64
 *	                                      0  32-bit ...	i386
 *
 * The one of the real mode code is read from its start and has counts:
 *
 *	count  segment ...  count  32-bit ...
 *
 * Each number has 32 bits, and the addresses of a part ascend.
 *
 * Pure: also built for tests, see tools/testing/kexec-host/relocs.
 */

#include <stdlib.h>

#include "relocs_table.h"

#define ROOM_FIRST	4096
#define DIGIT_BITS	8
#define DIGITS		256u

/**
 * reloc_list_grow() - make room for at least one more
 * @list: the list
 *
 * Return: 0, or -1 where there is no memory
 */
int reloc_list_grow(struct reloc_list *list)
{
	size_t room = list->room ? 2 * list->room : ROOM_FIRST;
	uint32_t *grown = realloc(list->addresses, room * sizeof(*grown));

	if (!grown)
		return -1;
	list->addresses = grown;
	list->room = room;

	return 0;
}

/**
 * reloc_table_free() - empty all parts
 * @table: the table
 */
void reloc_table_free(struct reloc_table *table)
{
	for (unsigned int i = 0; i < NR_PARTS; i++)
		free(table->parts[i].addresses);
	*table = (struct reloc_table) { };
}

static bool is_sorted(const struct reloc_list *list)
{
	for (size_t i = 1; i < list->nr; i++)
		if (list->addresses[i - 1] > list->addresses[i])
			return false;

	return true;
}

/* One pass of a radix sort: by the digit at @shift, else in order */
static void sort_by_digit(const uint32_t *from, size_t nr, unsigned int shift,
			  uint32_t *to)
{
	size_t next[DIGITS] = { };
	size_t start = 0;

	for (size_t i = 0; i < nr; i++)
		next[from[i] >> shift & (DIGITS - 1)]++;
	for (unsigned int digit = 0; digit < DIGITS; digit++) {
		size_t count = next[digit];

		next[digit] = start;
		start += count;
	}
	for (size_t i = 0; i < nr; i++)
		to[next[from[i] >> shift & (DIGITS - 1)]++] = from[i];
}

/*
 * The linker writes relocations in the order of its input, which is nearly
 * that of the addresses.
 */
static int sort(struct reloc_list *list)
{
	uint32_t *other;

	if (is_sorted(list))
		return 0;
	other = malloc(list->room * sizeof(*other));
	if (!other)
		return -1;

	for (unsigned int shift = 0; shift < 32; shift += 2 * DIGIT_BITS) {
		sort_by_digit(list->addresses, list->nr, shift, other);
		sort_by_digit(other, list->nr, shift + DIGIT_BITS,
			      list->addresses);
	}
	free(other);

	return 0;
}

static void put(struct reloc_words *words, uint32_t first,
		const struct reloc_list *list)
{
	words->words[words->nr++] = first;
	if (!list->nr)
		return;
	memcpy(&words->words[words->nr], list->addresses,
	       list->nr * sizeof(*list->addresses));
	words->nr += list->nr;
}

/**
 * reloc_table_pack() - bring a table into its final form
 * @table:    what was collected; it gets sorted
 * @wide:     of an x86-64 kernel, and else of an i386 one
 * @realmode: of the real mode code
 * @words:    the result
 *
 * Return: 0, or -1 where there is no memory
 */
int reloc_table_pack(struct reloc_table *table, bool wide, bool realmode,
		     struct reloc_words *words)
{
	struct reloc_list *parts = table->parts;
	size_t total = NR_PARTS;

	for (unsigned int i = 0; i < NR_PARTS; i++) {
		if (sort(&parts[i]))
			return -1;
		total += parts[i].nr;
	}

	*words = (struct reloc_words) {
		.words = malloc(total * sizeof(*words->words)),
	};
	if (!words->words)
		return -1;

	if (realmode) {
		put(words, parts[PART_SEGMENT].nr, &parts[PART_SEGMENT]);
		put(words, parts[PART_32].nr, &parts[PART_32]);
		return 0;
	}
	if (wide) {
		put(words, 0, &parts[PART_64]);
		put(words, 0, &parts[PART_INVERSE32]);
	}
	put(words, 0, &parts[PART_32]);

	return 0;
}
