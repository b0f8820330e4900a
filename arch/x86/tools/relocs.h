/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _X86_TOOLS_RELOCS_H
#define _X86_TOOLS_RELOCS_H

#include <stdio.h>

#include "relocs_elf.h"

/**
 * enum reloc_kind - what a relocation of some type asks for
 * @RELOC_UNKNOWN:    nothing that is known here, or that a linked kernel has
 * @RELOC_NEVER:      it holds wherever the kernel runs
 * @RELOC_RELATIVE32: so does this, unless it leads to what does not move along
 * @RELOC_RELATIVE64: the same in 64 bits
 * @RELOC_ABSOLUTE16: 16 bits of an address
 * @RELOC_ABSOLUTE32: 32 bits of an address, with or without sign
 * @RELOC_ABSOLUTE64: an address
 */
enum reloc_kind {
	RELOC_UNKNOWN = 0,
	RELOC_NEVER,
	RELOC_RELATIVE32,
	RELOC_RELATIVE64,
	RELOC_ABSOLUTE16,
	RELOC_ABSOLUTE32,
	RELOC_ABSOLUTE64,
};

enum reloc_kind reloc_type_kind(bool wide, uint32_t type);
const char *reloc_type_name(bool wide, uint32_t type);

/**
 * enum name_meaning - what the name of a symbol says of its value
 * @NAME_PLAIN:   nothing
 * @NAME_ADDRESS: an address in the image, though the linker may have it as
 *                absolute or as per-CPU
 * @NAME_NUMBER:  a number that is the same wherever the image runs
 * @NAME_SEGMENT: the segment that real mode code runs in
 */
enum name_meaning {
	NAME_PLAIN = 0,
	NAME_ADDRESS,
	NAME_NUMBER,
	NAME_SEGMENT,
};

enum name_meaning kernel_name_meaning(const char *name);
enum name_meaning realmode_name_meaning(const char *name);

/**
 * struct reloc_words - the table, ready to be written
 * @words: in the order of the file; free() has to follow
 * @nr:    number of @words
 */
struct reloc_words {
	uint32_t *words;
	size_t nr;
};

int relocs_collect(const struct elf_file *elf, bool realmode,
		   struct reloc_words *table, struct complaint *why);

int report_absolute_symbols(const struct elf_file *elf, FILE *out,
			    struct complaint *why);
int report_absolute_relocs(const struct elf_file *elf, bool realmode,
			   FILE *out, struct complaint *why);
int report_relocs(const struct elf_file *elf, FILE *out,
		  struct complaint *why);

#endif
