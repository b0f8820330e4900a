// SPDX-License-Identifier: GPL-2.0-only
/*
 * What becomes of the rows, and of damaged files: tables of small ELF images and
 * of what is expected.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relocs_test.h"

static unsigned int failed;

static void fail(const char *what, const char *found)
{
	printf("FAIL %s: %s\n", what, found);
	failed++;
}

/* Returns 0, with a table to free, or -1. */
static int convert(const struct image *image, bool realmode,
		   struct reloc_words *table, struct complaint *why)
{
	struct elf_file elf;
	int result;

	if (elf_open(&elf, image->bytes, image->size, why))
		return -1;
	result = relocs_collect(&elf, realmode, table, why);
	elf_close(&elf);

	return result;
}

static void create(struct image *image, const struct row *row)
{
	struct image_spec spec = {
		.wide = row->machine == X86_64,
		.realmode = row->machine == REALMODE,
		.percpu = row->percpu,
		.no_load = row->no_load,
		.relocs = row->relocs,
	};

	while (spec.nr_relocs < RELOCS_MAX && row->relocs[spec.nr_relocs].in)
		spec.nr_relocs++;
	image_create(image, &spec);
}

static void test_row(const struct row *row)
{
	struct complaint why = { };
	struct reloc_words table;
	struct image image;
	int result;

	create(&image, row);
	result = convert(&image, row->machine == REALMODE, &table, &why);
	image_destroy(&image);

	if (result) {
		if (!row->refused || !strstr(why.text, row->refused))
			fail(row->what, why.text);
		return;
	}
	if (row->refused)
		fail(row->what, "was taken");
	else if (table.nr != row->nr_words ||
		 memcmp(table.words, row->words, table.nr * sizeof(uint32_t)))
		fail(row->what, "another table");
	free(table.words);
}

/* Damage: one number of the file's header or of a section's is another. */
enum where { FILE_HEADER, SECTION_HEADER };

struct damage {
	const char *what;
	enum where where;
	unsigned int section;
	size_t offset, width;
	uint64_t value;
	const char *refused;
};

#define EHDR(member)	FILE_HEADER, 0, offsetof(Elf64_Ehdr, member),	\
			sizeof(((Elf64_Ehdr *)0)->member)
#define IDENT(index)	FILE_HEADER, 0, index, 1
#define SHDR(section, member)						\
			SECTION_HEADER, section,			\
			offsetof(Elf64_Shdr, member),			\
			sizeof(((Elf64_Shdr *)0)->member)

static const struct damage damages[] = {
	{ "magic", IDENT(EI_MAG0), 0, "magic" },
	{ "class", IDENT(EI_CLASS), 3, "class 3" },
	{ "other class", IDENT(EI_CLASS), ELFCLASS32, "ELF header of" },
	{ "big-endian", IDENT(EI_DATA), ELFDATA2MSB, "byte order 2" },
	{ "version", IDENT(EI_VERSION), 2, "version 2" },
	{ "object file", EHDR(e_type), ET_REL, "type 1" },
	{ "core", EHDR(e_type), ET_CORE, "type 4" },
	{ "arm64", EHDR(e_machine), EM_AARCH64, "machine 183" },
	{ "i386 in ELF64", EHDR(e_machine), EM_386, "machine 3" },
	{ "small header", EHDR(e_ehsize), 52, "header of 52" },
	{ "headers far away", EHDR(e_shoff), UINT64_MAX, "no section headers" },
	{ "headers nowhere", EHDR(e_shoff), 0, "no section headers" },
	{ "headers of no size", EHDR(e_shentsize), 0, "headers of 0 bytes" },
	{ "large headers", EHDR(e_shentsize), 0xffff, "headers of 65535" },
	{ "more sections", EHDR(e_shnum), NR_SECTIONS + 1, "11 section" },
	{ "most sections", EHDR(e_shnum), 0xffff, "65535 section" },
	{ "no sections", EHDR(e_shnum), 0, "0 section headers" },
	{ "names nowhere", EHDR(e_shstrndx), NR_SECTIONS, "in number 10" },
	{ "names in text", EHDR(e_shstrndx), IN_TEXT, "names of sections" },
	{ "names not here", EHDR(e_shstrndx), SHN_XINDEX, "of type 0" },
	{ "text out of the file", SHDR(IN_TEXT, sh_offset), 1ull << 40,
	  "section 1: 0x40 bytes at 0x10000000000" },
	{ "text wraps", SHDR(IN_TEXT, sh_size), UINT64_MAX - 0x50,
	  "section 1" },
	{ "its name", SHDR(IN_TEXT, sh_name), 0xffffffff, "section 1" },
	{ "text is smaller", SHDR(IN_TEXT, sh_size), 4, "outside of" },
	{ "text is elsewhere", SHDR(IN_TEXT, sh_addr), 0, "outside of" },
	{ "text is not there", SHDR(IN_TEXT, sh_type), SHT_NOBITS,
	  "nothing in the file" },
	{ "half a relocation", SHDR(SEC_REL, sh_size), 12, "in 12," },
	{ "relocations of no size", SHDR(SEC_REL, sh_entsize), 0,
	  "entries of 0 bytes" },
	{ "huge relocations", SHDR(SEC_REL, sh_entsize), UINT64_MAX,
	  "expected 24 each" },
	{ "of what?", SHDR(SEC_REL, sh_info), 0x1000, "section 4096 of 10" },
	{ "of no memory", SHDR(SEC_REL, sh_info), IN_DEBUG, NULL },
	{ "against what?", SHDR(SEC_REL, sh_link), NR_SECTIONS,
	  ".rel.text: links to section 10 of 10" },
	{ "against text", SHDR(SEC_REL, sh_link), IN_TEXT,
	  ".rel.text: links to .text of type 1" },
	{ "without addends", SHDR(SEC_REL, sh_type), SHT_REL, "expected 16" },
	{ "all are local", SHDR(SEC_SYMTAB, sh_info), 15, "15 are local" },
	{ "fewer symbols", SHDR(SEC_SYMTAB, sh_size), 96, "symbol 6 of 4" },
	{ "names are text", SHDR(SEC_SYMTAB, sh_link), IN_TEXT,
	  ".symtab: links to .text" },
	{ "no end of strings", SHDR(SEC_STRTAB, sh_size), 2,
	  "section 8: the last string has no end" },
	{ "no strings", SHDR(SEC_STRTAB, sh_size), 0, "__per_cpu_load" },
	{ "strings are not there", SHDR(SEC_STRTAB, sh_type), SHT_NOBITS,
	  "of type 8, expected 3" },
};

static const struct row intact = {
	"intact", X86_64,
	RELOCS({ IN_TEXT, 8, FUNCTION, R_X86_64_64 },
	       { IN_TEXT, 16, VARIABLE, R_X86_64_PC32 },
	       { IN_PERCPU, 8, ADDRESS, R_X86_64_32S },
	       { IN_DEBUG, 8, FUNCTION, R_X86_64_64 }),
	WORDS(0, AT64(8), 0, AT64(16), 0, LOADED(8)),
};

static const struct row intact32 = {
	"intact, i386", I386, TEXT32 + 0x1000,
	RELOCS({ IN_TEXT, 8, FUNCTION, R_386_32 },
	       { IN_PERCPU, 8, ADDRESS, R_386_32 }),
	WORDS(0, AT32(8), AT32(0x1008)),
};

/* What to say of a file whose reading has to end, and may end either way */
static void read_somehow(const struct image *image)
{
	struct reloc_words table;
	struct complaint why;

	for (int realmode = 0; realmode < 2; realmode++)
		if (!convert(image, realmode, &table, &why))
			free(table.words);
}

static void test_damage(const struct damage *damage)
{
	struct complaint why = { };
	struct reloc_words table;
	struct image image;
	size_t at = damage->offset;
	int result;

	create(&image, &intact);
	if (damage->where == SECTION_HEADER)
		at += image.headers + damage->section * sizeof(Elf64_Shdr);
	memcpy(image.bytes + at, &damage->value, damage->width);
	result = convert(&image, false, &table, &why);
	image_destroy(&image);

	if (!result) {
		free(table.words);
		if (damage->refused)
			fail(damage->what, "was taken");
	} else if (!damage->refused || !strstr(why.text, damage->refused)) {
		fail(damage->what, why.text);
	}
}

/* Cut off anywhere: the section headers are at the end, so it is seen. */
static void test_truncated(const struct row *row)
{
	struct image image, cut;
	struct reloc_words table;
	struct complaint why;

	create(&image, row);
	for (cut.size = 0; cut.size < image.size; cut.size++) {
		cut.bytes = malloc(cut.size ? cut.size : 1);
		if (!cut.bytes)
			abort();
		memcpy(cut.bytes, image.bytes, cut.size);
		if (!convert(&cut, false, &table, &why)) {
			free(table.words);
			fail(row->what, "cut off, and taken");
		}
		free(cut.bytes);
	}
	image_destroy(&image);
}

/* Each byte by itself is something else. The sanitizers judge. */
static void test_bytes(const struct row *row)
{
	static const uint8_t flips[] = { 0x01, 0x80, 0xff };
	struct image image;

	create(&image, row);
	for (size_t i = 0; i < image.size; i++) {
		for (size_t j = 0; j < ARRAY_SIZE(flips); j++) {
			image.bytes[i] ^= flips[j];
			read_somehow(&image);
			image.bytes[i] ^= flips[j];
		}
	}
	image_destroy(&image);
}

/* More than a list's first room, in an order that has to be sorted */
static void test_many(void)
{
	enum { MANY = 5000 };
	struct image_reloc *relocs = calloc(MANY, sizeof(*relocs));
	struct image_spec spec = {
		.wide = true, .relocs = relocs, .nr_relocs = MANY,
	};
	struct reloc_words table;
	struct complaint why;
	struct image image;

	if (!relocs)
		abort();
	for (int i = 0; i < MANY; i++)
		relocs[i] = (struct image_reloc) {
			i & 1 ? IN_TEXT : IN_PERCPU, (i * 37) % 0x38,
			FUNCTION, R_X86_64_64
		};
	image_create(&image, &spec);
	if (convert(&image, false, &table, &why)) {
		fail("many", why.text);
	} else {
		if (table.nr != MANY + 3)
			fail("many", "of another number");
		for (size_t i = 2; i <= MANY && i < table.nr; i++)
			if (table.words[i - 1] > table.words[i])
				fail("many", "not in order");
		free(table.words);
	}
	image_destroy(&image);
	free(relocs);
}

static void test_realmode_is_32_bit(void)
{
	struct reloc_words table;
	struct complaint why = { };
	struct image image;

	create(&image, &intact);
	if (!convert(&image, true, &table, &why))
		fail("--realmode of ELF64", "was taken");
	else if (!strstr(why.text, "ELF32"))
		fail("--realmode of ELF64", why.text);
	image_destroy(&image);
}

int main(void)
{
	for (size_t i = 0; i < nr_rows; i++)
		test_row(&rows[i]);
	test_row(&intact);
	test_row(&intact32);
	for (size_t i = 0; i < ARRAY_SIZE(damages); i++)
		test_damage(&damages[i]);
	test_truncated(&intact);
	test_truncated(&intact32);
	test_bytes(&intact);
	test_bytes(&intact32);
	test_many();
	test_realmode_is_32_bit();

	printf("%zu rows, %zu kinds of damage: %u failed\n",
	       nr_rows + 2, ARRAY_SIZE(damages), failed);
	return failed != 0;
}
