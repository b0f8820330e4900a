// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads an ELF file of either class: sections, symbols, relocations.
 *
 * Every size and index that the reading relies on is checked once, when the
 * file is opened, so that the loops over half a million relocations need not.
 * Nothing is copied but the section headers: relocations of a kernel with
 * debugging information are some hundred megabytes, of which a few matter.
 *
 * The format is that of the System V ABI, chapters 4 and 5, and of its
 * supplements for i386 (relocations have no addend) and x86-64 (they do).
 *
 * Pure: also built for tests, see tools/testing/kexec-host/relocs.
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "relocs_elf.h"

/**
 * complain() - say why a file is refused
 * @why:    filled in
 * @format: as of printf(); what is too long is cut off
 *
 * Return: -1, for the caller to pass on
 */
int complain(struct complaint *why, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why->text, sizeof(why->text), format, args);
	va_end(args);

	return -1;
}

/* What of the file's header is used */
struct header {
	uint64_t table;		/* offset of the section headers */
	uint32_t nr;		/* of them; 0: it is in the first one's size */
	uint32_t names;		/* SHN_XINDEX: it is in the first one's link */
	uint32_t entry_size;
};

/* Is there room for @nr entries of @entry_size bytes at @offset? */
static bool fits(const struct elf_file *elf, uint64_t offset, uint64_t nr,
		 uint64_t entry_size)
{
	return offset <= elf->size && nr <= (elf->size - offset) / entry_size;
}

static int check_ident(struct elf_file *elf, struct complaint *why)
{
	const uint8_t *ident = elf->bytes;

	if (elf->size < EI_NIDENT || memcmp(ident, ELFMAG, SELFMAG))
		return complain(why, "not an ELF file: the magic is missing");
	if (ident[EI_CLASS] != ELFCLASS32 && ident[EI_CLASS] != ELFCLASS64)
		return complain(why, "ELF class %u is neither 32 nor 64 bits",
				ident[EI_CLASS]);
	if (ident[EI_DATA] != ELFDATA2LSB)
		return complain(why, "byte order %u, where x86 is little-endian",
				ident[EI_DATA]);
	if (ident[EI_VERSION] != EV_CURRENT)
		return complain(why, "ELF version %u is not known",
				ident[EI_VERSION]);

	elf->wide = ident[EI_CLASS] == ELFCLASS64;
	return 0;
}

static int check_kind(const struct elf_file *elf, struct complaint *why)
{
	uint32_t type = elf_half(elf->bytes + offsetof(Elf64_Ehdr, e_type));
	uint32_t is = elf_half(elf->bytes + offsetof(Elf64_Ehdr, e_machine));
	uint32_t wanted = elf->wide ? EM_X86_64 : EM_386;

	if (type != ET_EXEC && type != ET_DYN)
		return complain(why, "ELF type %u is not a linked program",
				type);
	if (is != wanted)
		return complain(why, "made for machine %u, where ELF%u is for %u",
				is, elf->wide ? 64 : 32, wanted);

	return 0;
}

static int read_header(const struct elf_file *elf, struct header *header,
		       struct complaint *why)
{
	const uint8_t *at = elf->bytes;
	bool wide = elf->wide;
	uint32_t is, wanted = wide ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr);

	if (elf->size < wanted)
		return complain(why, "cut off in the ELF header");
	is = elf_half(at + (wide ? offsetof(Elf64_Ehdr, e_ehsize)
				 : offsetof(Elf32_Ehdr, e_ehsize)));
	if (is != wanted)
		return complain(why, "ELF header of %u bytes, expected %u",
				is, wanted);

	header->table = elf_native(at + (wide ? offsetof(Elf64_Ehdr, e_shoff)
					      : offsetof(Elf32_Ehdr, e_shoff)),
				   wide);
	header->entry_size = elf_half(at +
				      (wide ? offsetof(Elf64_Ehdr, e_shentsize)
					    : offsetof(Elf32_Ehdr, e_shentsize)));
	header->nr = elf_half(at + (wide ? offsetof(Elf64_Ehdr, e_shnum)
					 : offsetof(Elf32_Ehdr, e_shnum)));
	header->names = elf_half(at + (wide ? offsetof(Elf64_Ehdr, e_shstrndx)
					    : offsetof(Elf32_Ehdr, e_shstrndx)));

	wanted = wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);
	if (header->entry_size != wanted)
		return complain(why, "section headers of %u bytes, expected %u",
				header->entry_size, wanted);
	if (!header->table || !fits(elf, header->table, 1, wanted))
		return complain(why, "no section headers at offset %#llx of %#zx",
				(unsigned long long)header->table, elf->size);

	return 0;
}

/* A section header of either class. Names stay numbers. */
struct raw_section {
	uint32_t name;
	uint64_t offset;
	uint64_t entry_size;
	struct elf_section neutral;
};

static void read_section32(const uint8_t *at, struct raw_section *raw)
{
	Elf32_Shdr from;

	memcpy(&from, at, sizeof(from));
	raw->name = le32toh(from.sh_name);
	raw->offset = le32toh(from.sh_offset);
	raw->entry_size = le32toh(from.sh_entsize);
	raw->neutral = (struct elf_section) {
		.address = le32toh(from.sh_addr),
		.size = le32toh(from.sh_size),
		.flags = le32toh(from.sh_flags),
		.type = le32toh(from.sh_type),
		.link = le32toh(from.sh_link),
		.info = le32toh(from.sh_info),
	};
}

static void read_section64(const uint8_t *at, struct raw_section *raw)
{
	Elf64_Shdr from;

	memcpy(&from, at, sizeof(from));
	raw->name = le32toh(from.sh_name);
	raw->offset = le64toh(from.sh_offset);
	raw->entry_size = le64toh(from.sh_entsize);
	raw->neutral = (struct elf_section) {
		.address = le64toh(from.sh_addr),
		.size = le64toh(from.sh_size),
		.flags = le64toh(from.sh_flags),
		.type = le32toh(from.sh_type),
		.link = le32toh(from.sh_link),
		.info = le32toh(from.sh_info),
	};
}

static void read_section(const struct elf_file *elf,
			 const struct header *header, uint32_t index,
			 struct raw_section *raw)
{
	const uint8_t *at = elf->bytes + header->table +
			    (size_t)index * header->entry_size;

	if (elf->wide)
		read_section64(at, raw);
	else
		read_section32(at, raw);
}

/* Numbers that do not fit into the header are in the first section's. */
static int read_far_numbers(const struct elf_file *elf, struct header *header,
			    struct complaint *why)
{
	struct raw_section first;
	uint64_t nr = header->nr;

	read_section(elf, header, 0, &first);
	if (!nr)
		nr = first.neutral.size;
	if (header->names == SHN_XINDEX)
		header->names = first.neutral.link;

	if (!nr || nr > UINT32_MAX ||
	    !fits(elf, header->table, nr, header->entry_size))
		return complain(why, "%llu section headers at offset %#llx of %#zx",
				(unsigned long long)nr,
				(unsigned long long)header->table, elf->size);
	if (header->names >= nr)
		return complain(why, "the names of %llu sections are in number %u",
				(unsigned long long)nr, header->names);

	header->nr = nr;
	return 0;
}

/* The size that entries of a table have to have; 0: it is no such table */
static uint32_t table_entry_size(const struct elf_file *elf, uint32_t type)
{
	switch (type) {
	case SHT_SYMTAB:
		return elf_symbol_size(elf->wide);
	case SHT_RELA:
		return elf->wide ? sizeof(Elf64_Rela) : sizeof(Elf32_Rela);
	case SHT_REL:
		return elf->wide ? sizeof(Elf64_Rel) : sizeof(Elf32_Rel);
	case SHT_SYMTAB_SHNDX:
		return sizeof(Elf32_Word);
	default:
		return 0;
	}
}

static int place_section(struct elf_file *elf, const struct raw_section *raw,
			 uint32_t index, struct complaint *why)
{
	struct elf_section *section = &elf->sections[index];
	uint32_t entry_size = table_entry_size(elf, raw->neutral.type);

	*section = raw->neutral;
	section->name = "";
	if (section->type == SHT_NULL || section->type == SHT_NOBITS)
		return 0;

	if (!fits(elf, raw->offset, section->size, 1))
		return complain(why, "section %u: %#llx bytes at %#llx of a file of %#zx",
				index, (unsigned long long)section->size,
				(unsigned long long)raw->offset, elf->size);
	section->bytes = elf->bytes + raw->offset;

	if (entry_size && (raw->entry_size != entry_size ||
			   section->size % entry_size))
		return complain(why, "section %u: entries of %llu bytes in %llu, expected %u each",
				index, (unsigned long long)raw->entry_size,
				(unsigned long long)section->size, entry_size);
	if (section->type == SHT_STRTAB && section->size &&
	    section->bytes[section->size - 1])
		return complain(why, "section %u: the last string has no end",
				index);

	return 0;
}

static int read_sections(struct elf_file *elf, const struct header *header,
			 struct complaint *why)
{
	struct raw_section raw;

	for (uint32_t i = 0; i < header->nr; i++) {
		read_section(elf, header, i, &raw);
		if (place_section(elf, &raw, i, why))
			return -1;
	}

	return 0;
}

static int name_sections(struct elf_file *elf, const struct header *header,
			 struct complaint *why)
{
	const struct elf_section *names = &elf->sections[header->names];
	struct raw_section raw;

	if (names->type != SHT_STRTAB)
		return complain(why, "section %u, for the names of sections, is of type %u",
				header->names, names->type);

	for (uint32_t i = 0; i < elf->nr_sections; i++) {
		read_section(elf, header, i, &raw);
		if (raw.name >= names->size)
			return complain(why, "section %u: its name is at %#x of %#llx",
					i, raw.name,
					(unsigned long long)names->size);
		elf->sections[i].name = (const char *)names->bytes + raw.name;
	}

	return 0;
}

/* Does @section link to one of @type? */
static int check_link(const struct elf_file *elf,
		      const struct elf_section *section, uint32_t type,
		      struct complaint *why)
{
	if (section->link >= elf->nr_sections)
		return complain(why, "%.80s: links to section %u of %u",
				section->name, section->link,
				elf->nr_sections);
	if (elf->sections[section->link].type != type)
		return complain(why, "%.80s: links to %.80s of type %u, expected %u",
				section->name,
				elf->sections[section->link].name,
				elf->sections[section->link].type, type);

	return 0;
}

static int check_links(const struct elf_file *elf, struct complaint *why)
{
	const struct elf_section *end = elf->sections + elf->nr_sections;
	const struct elf_section *section;

	for (section = elf->sections; section < end; section++) {
		if (section->type == SHT_SYMTAB &&
		    check_link(elf, section, SHT_STRTAB, why))
			return -1;
		if (section->type == SHT_SYMTAB_SHNDX &&
		    check_link(elf, section, SHT_SYMTAB, why))
			return -1;
		if ((section->type == SHT_RELA || section->type == SHT_REL) &&
		    section->info >= elf->nr_sections)
			return complain(why, "%.80s: relocates section %u of %u",
					section->name, section->info,
					elf->nr_sections);
	}

	return 0;
}

/**
 * elf_open() - check a file and find its sections
 * @elf:   filled in; elf_close() has to follow where it succeeds
 * @bytes: the file, which has to stay where it is
 * @size:  of the file
 * @why:   filled in where it fails
 *
 * Return: 0, or -1 for what is not a sound ELF file of x86
 */
int elf_open(struct elf_file *elf, const void *bytes, size_t size,
	     struct complaint *why)
{
	struct header header = { };

	*elf = (struct elf_file) { .bytes = bytes, .size = size };
	if (check_ident(elf, why) || read_header(elf, &header, why) ||
	    check_kind(elf, why) || read_far_numbers(elf, &header, why))
		return -1;

	elf->nr_sections = header.nr;
	elf->sections = calloc(header.nr, sizeof(*elf->sections));
	if (!elf->sections)
		return complain(why, "no memory for %u sections", header.nr);

	if (!read_sections(elf, &header, why) &&
	    !name_sections(elf, &header, why) && !check_links(elf, why))
		return 0;

	elf_close(elf);
	return -1;
}

/**
 * elf_close() - free what elf_open() allocated
 * @elf: the file, whose bytes are not touched
 */
void elf_close(struct elf_file *elf)
{
	free(elf->sections);
	elf->sections = NULL;
}

/* The extended section indices that belong to a symbol table, or NULL */
static const struct elf_section *far_indices(const struct elf_file *elf,
					     uint32_t symtab)
{
	for (uint32_t i = 0; i < elf->nr_sections; i++)
		if (elf->sections[i].type == SHT_SYMTAB_SHNDX &&
		    elf->sections[i].link == symtab)
			return &elf->sections[i];

	return NULL;
}

/**
 * elf_symtab_open() - make ready for reading symbols
 * @elf:     the file
 * @section: number of a section of type SHT_SYMTAB
 * @symbols: filled in
 * @why:     filled in where it fails
 *
 * Return: 0, or -1 where what belongs to the table is not as large as it
 */
int elf_symtab_open(const struct elf_file *elf, uint32_t section,
		    struct elf_symtab *symbols, struct complaint *why)
{
	const struct elf_section *table = &elf->sections[section];
	const struct elf_section *names = &elf->sections[table->link];
	const struct elf_section *far = far_indices(elf, section);
	uint64_t nr = table->size / elf_symbol_size(elf->wide);

	if (nr > UINT32_MAX || table->info > nr)
		return complain(why, "%.80s: %llu symbols, of which %u are local",
				table->name, (unsigned long long)nr,
				table->info);
	if (far && far->size / sizeof(Elf32_Word) < nr)
		return complain(why, "%.80s: has %llu bytes for %llu symbols",
				far->name, (unsigned long long)far->size,
				(unsigned long long)nr);

	*symbols = (struct elf_symtab) {
		.bytes = table->bytes,
		.nr = nr,
		.names = (const char *)names->bytes,
		.names_size = names->size,
		.far = far ? far->bytes : NULL,
	};
	return 0;
}

/**
 * elf_relocs_open() - make ready for reading relocations
 * @elf:     the file
 * @section: number of any section
 * @relocs:  filled in
 * @why:     filled in where it fails
 *
 * Relocations of what is not in memory at run time, such as debugging
 * information, are of no interest.
 *
 * Return: 1, 0 for a section without relocations of interest, or -1
 */
int elf_relocs_open(const struct elf_file *elf, uint32_t section,
		    struct elf_relocs *relocs, struct complaint *why)
{
	const struct elf_section *table = &elf->sections[section];
	uint32_t wanted = elf->wide ? SHT_RELA : SHT_REL;
	const struct elf_section *target;

	if ((table->type != SHT_RELA && table->type != SHT_REL) || !table->size)
		return 0;
	target = &elf->sections[table->info];
	if (!(target->flags & SHF_ALLOC))
		return 0;

	if (table->type != wanted)
		return complain(why, "%.80s: of section type %u, where ELF%u of x86 has %u",
				table->name, table->type, elf->wide ? 64 : 32,
				wanted);
	if (check_link(elf, table, SHT_SYMTAB, why) ||
	    elf_symtab_open(elf, table->link, &relocs->symbols, why))
		return -1;

	relocs->name = table->name;
	relocs->bytes = table->bytes;
	relocs->nr = table->size / elf_reloc_size(elf->wide);
	relocs->target = target;
	return 1;
}

/**
 * elf_section_name() - what to call where a symbol is
 * @elf:     the file
 * @section: as in struct elf_symbol
 *
 * Return: a string that lives as long as the file
 */
const char *elf_section_name(const struct elf_file *elf, uint32_t section)
{
	if (section == ELF_SECTION_ABS)
		return "ABSOLUTE";
	if (section == ELF_SECTION_COMMON)
		return "COMMON";
	if (section >= elf->nr_sections)
		return "<noname>";

	return elf->sections[section].name;
}

/**
 * elf_symbol_name() - what to call a symbol
 * @elf:     the file
 * @symbols: the table that it is of
 * @symbol:  the symbol. That of a section has no name but the section's.
 *
 * Return: a string that lives as long as the file, or NULL where the name is
 * not in the string table
 */
const char *elf_symbol_name(const struct elf_file *elf,
			    const struct elf_symtab *symbols,
			    const struct elf_symbol *symbol)
{
	if (!symbol->name)
		return elf_section_name(elf, symbol->section);
	if (symbol->name >= symbols->names_size)
		return NULL;

	return symbols->names + symbol->name;
}
