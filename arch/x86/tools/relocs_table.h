/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _X86_TOOLS_RELOCS_TABLE_H
#define _X86_TOOLS_RELOCS_TABLE_H

#include "relocs.h"

/**
 * enum reloc_part - the parts of the table, by what is to be done there
 * @PART_64:        add the distance that the kernel moved, in 64 bits
 * @PART_INVERSE32: subtract it, in 32 bits
 * @PART_32:        add it, in 32 bits; for real mode, the address where the
 *                  code is
 * @PART_SEGMENT:   store the segment, in 16 bits: real mode only
 * @NR_PARTS:       number of parts
 */
enum reloc_part {
	PART_64,
	PART_INVERSE32,
	PART_32,
	PART_SEGMENT,
	NR_PARTS,
};

/**
 * struct reloc_list - addresses in no order
 * @addresses: the upper half of a 64-bit one is its sign
 * @nr:        of them
 * @room:      for so many there is memory
 */
struct reloc_list {
	uint32_t *addresses;
	size_t nr;
	size_t room;
};

/* What is all zeros has nothing in it. */
struct reloc_table {
	struct reloc_list parts[NR_PARTS];
};

int reloc_list_grow(struct reloc_list *list);
int reloc_table_pack(struct reloc_table *table, bool wide, bool realmode,
		     struct reloc_words *words);
void reloc_table_free(struct reloc_table *table);

/* Returns -1 where there is no memory. */
static inline int reloc_list_add(struct reloc_list *list, uint32_t address)
{
	if (list->nr == list->room && reloc_list_grow(list))
		return -1;
	list->addresses[list->nr++] = address;

	return 0;
}

#endif
