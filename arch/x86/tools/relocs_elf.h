/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _X86_TOOLS_RELOCS_ELF_H
#define _X86_TOOLS_RELOCS_ELF_H

#include <elf.h>
#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <linux/compiler.h>

/**
 * struct complaint - why a file is refused
 * @text: one line without its end; what was found, and where
 */
struct complaint {
	char text[512];
};

int __printf(2, 3) complain(struct complaint *why, const char *format, ...);

/**
 * struct elf_section - one section, as both classes of ELF have it
 * @name:    within the file
 * @bytes:   @size bytes of the file; NULL for a section that has none there
 * @address: where it is linked to run
 * @size:    in memory, and in the file if it is there
 * @flags:   SHF_...
 * @type:    SHT_...
 * @link:    number of another section; of which, depends on @type
 * @info:    for relocations, the section that they are of; for a symbol table,
 *           the number of the first global one
 */
struct elf_section {
	const char *name;
	const uint8_t *bytes;
	uint64_t address;
	uint64_t size;
	uint64_t flags;
	uint32_t type;
	uint32_t link;
	uint32_t info;
};

/**
 * struct elf_file - an ELF file in memory
 * @bytes:       the whole file
 * @size:        of @bytes
 * @wide:        it is ELF64 for x86-64, and else ELF32 for i386
 * @sections:    all of them
 * @nr_sections: number of @sections
 *
 * Invariant, since elf_open(): what a section has in the file lies in it;
 * string tables end in a zero; symbol and relocation tables hold whole entries
 * of the right size, and link to a table that is one.
 */
struct elf_file {
	const uint8_t *bytes;
	size_t size;
	bool wide;
	struct elf_section *sections;
	uint32_t nr_sections;
};

/**
 * struct elf_symtab - a symbol table
 * @bytes:      the entries
 * @nr:         number of entries
 * @names:      the string table
 * @names_size: of @names
 * @far:        the real section for each SHN_XINDEX, or NULL
 */
struct elf_symtab {
	const uint8_t *bytes;
	uint32_t nr;
	const char *names;
	uint64_t names_size;
	const uint8_t *far;
};

/**
 * struct elf_symbol - one symbol
 * @value:   an address, for the file is linked
 * @size:    of what is there
 * @name:    where it is in the string table; 0: it has none
 * @section: where it is defined; numbers that are none of a section, like
 *           ELF_SECTION_ABS, are above all that are
 * @info:    binding and type
 * @other:   visibility
 */
struct elf_symbol {
	uint64_t value;
	uint64_t size;
	uint32_t name;
	uint32_t section;
	uint8_t info;
	uint8_t other;
};

/* The reserved section indices, out of the way of the extended ones */
#define ELF_SECTION_RESERVED	0xffff0000u
#define ELF_SECTION_ABS		(ELF_SECTION_RESERVED | SHN_ABS)
#define ELF_SECTION_COMMON	(ELF_SECTION_RESERVED | SHN_COMMON)
#define ELF_SECTION_UNKNOWN	(ELF_SECTION_RESERVED | SHN_XINDEX)

/**
 * struct elf_relocs - the relocations of one section that is in memory at run
 * time
 * @name:    of the section that has the relocations
 * @bytes:   the entries
 * @nr:      number of entries
 * @target:  what they relocate
 * @symbols: against what
 */
struct elf_relocs {
	const char *name;
	const uint8_t *bytes;
	size_t nr;
	const struct elf_section *target;
	struct elf_symtab symbols;
};

/**
 * struct elf_reloc - one relocation, without its addend
 * @offset: an address, for the file is linked
 * @symbol: its number
 * @type:   R_386_... or R_X86_64_...
 */
struct elf_reloc {
	uint64_t offset;
	uint32_t symbol;
	uint32_t type;
};

int elf_open(struct elf_file *elf, const void *bytes, size_t size,
	     struct complaint *why);
void elf_close(struct elf_file *elf);
int elf_symtab_open(const struct elf_file *elf, uint32_t section,
		    struct elf_symtab *symbols, struct complaint *why);
int elf_relocs_open(const struct elf_file *elf, uint32_t section,
		    struct elf_relocs *relocs, struct complaint *why);
const char *elf_symbol_name(const struct elf_file *elf,
			    const struct elf_symtab *symbols,
			    const struct elf_symbol *symbol);
const char *elf_section_name(const struct elf_file *elf, uint32_t section);

/* Little-endian numbers, aligned or not */

static inline uint16_t elf_half(const uint8_t *at)
{
	uint16_t value;

	memcpy(&value, at, sizeof(value));
	return le16toh(value);
}

static inline uint32_t elf_word(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return le32toh(value);
}

static inline uint64_t elf_xword(const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return le64toh(value);
}

/* What is four bytes in ELF32 and eight in ELF64 */
static __always_inline uint64_t elf_native(const uint8_t *at, bool wide)
{
	return wide ? elf_xword(at) : elf_word(at);
}

/*
 * The accessors below are for loops over all relocations: with a constant for
 * @wide, each becomes a few instructions. Indices are the caller's to check.
 */

static __always_inline size_t elf_reloc_size(bool wide)
{
	return wide ? sizeof(Elf64_Rela) : sizeof(Elf32_Rel);
}

static __always_inline struct elf_reloc
elf_reloc_get(const struct elf_relocs *relocs, size_t index, bool wide)
{
	const uint8_t *at = relocs->bytes + index * elf_reloc_size(wide);
	uint64_t info = wide ? elf_xword(at + offsetof(Elf64_Rela, r_info))
			     : elf_word(at + offsetof(Elf32_Rel, r_info));

	return (struct elf_reloc) {
		.offset = elf_native(at, wide),
		.symbol = wide ? ELF64_R_SYM(info) : ELF32_R_SYM(info),
		.type = wide ? ELF64_R_TYPE(info) : ELF32_R_TYPE(info),
	};
}

static __always_inline size_t elf_symbol_size(bool wide)
{
	return wide ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
}

static __always_inline uint32_t
elf_symbol_section(const struct elf_symtab *symbols, uint32_t index, bool wide)
{
	const uint8_t *at = symbols->bytes + index * elf_symbol_size(wide);
	uint32_t section = elf_half(at + (wide ? offsetof(Elf64_Sym, st_shndx)
					       : offsetof(Elf32_Sym, st_shndx)));

	if (section < SHN_LORESERVE)
		return section;
	if (section == SHN_XINDEX && symbols->far)
		return elf_word(symbols->far + index * sizeof(uint32_t));

	return section | ELF_SECTION_RESERVED;
}

static __always_inline struct elf_symbol
elf_symbol_get(const struct elf_symtab *symbols, uint32_t index, bool wide)
{
	const uint8_t *at = symbols->bytes + index * elf_symbol_size(wide);

	if (wide)
		return (struct elf_symbol) {
			.value = elf_xword(at + offsetof(Elf64_Sym, st_value)),
			.size = elf_xword(at + offsetof(Elf64_Sym, st_size)),
			.name = elf_word(at + offsetof(Elf64_Sym, st_name)),
			.section = elf_symbol_section(symbols, index, wide),
			.info = at[offsetof(Elf64_Sym, st_info)],
			.other = at[offsetof(Elf64_Sym, st_other)],
		};

	return (struct elf_symbol) {
		.value = elf_word(at + offsetof(Elf32_Sym, st_value)),
		.size = elf_word(at + offsetof(Elf32_Sym, st_size)),
		.name = elf_word(at + offsetof(Elf32_Sym, st_name)),
		.section = elf_symbol_section(symbols, index, wide),
		.info = at[offsetof(Elf32_Sym, st_info)],
		.other = at[offsetof(Elf32_Sym, st_other)],
	};
}

#endif
