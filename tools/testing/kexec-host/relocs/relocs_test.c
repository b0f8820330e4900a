// SPDX-License-Identifier: GPL-2.0-only
/*
 * What becomes of each kind of relocation, and of damaged files: tables of
 * small ELF images and of what is expected.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>

#include "image.h"
#include "relocs.h"

#define RELOCS_MAX	4
#define WORDS_MAX	8

/* An address of the image in the table */
#define AT64(offset)	((uint32_t)TEXT64 + (offset))
#define AT32(offset)	(TEXT32 + (offset))
#define AT16(offset)	(TEXT16 + (offset))
#define LOADED(offset)	((uint32_t)PERCPU_LOAD + (offset))
/* Where .data..percpu is in a kernel without SMP */
#define UP		(TEXT64 + 0x100000)

enum machine { X86_64, I386, REALMODE };

struct row {
	const char *what;
	enum machine machine;
	uint64_t percpu;
	bool no_load;
	struct image_reloc relocs[RELOCS_MAX];
	unsigned int nr_words;
	uint32_t words[WORDS_MAX];
	const char *refused;	/* part of the complaint; NULL: it is taken */
};

#define RELOCS(...)	.relocs = { __VA_ARGS__ }
#define WORDS(...)							\
	.nr_words = ARRAY_SIZE(((uint32_t[]){ __VA_ARGS__ })),		\
	.words = { __VA_ARGS__ }

static const struct row rows[] = {
	{
		"x86-64: an address of 64 bits", X86_64,
		RELOCS({ IN_TEXT, 8, FUNCTION, R_X86_64_64 }),
		WORDS(0, AT64(8), 0, 0),
	}, {
		"x86-64: an address of 32 bits", X86_64,
		RELOCS({ IN_TEXT, 8, FUNCTION, R_X86_64_32 }),
		WORDS(0, 0, 0, AT64(8)),
	}, {
		"x86-64: an address of 32 bits with sign", X86_64,
		RELOCS({ IN_TEXT, 8, FUNCTION, R_X86_64_32S }),
		WORDS(0, 0, 0, AT64(8)),
	}, {
		"x86-64: distances in the image", X86_64,
		RELOCS({ IN_TEXT, 8, FUNCTION, R_X86_64_PC32 },
		       { IN_TEXT, 12, FUNCTION, R_X86_64_PLT32 },
		       { IN_TEXT, 16, FUNCTION, R_X86_64_PC64 },
		       { IN_TEXT, 24, FUNCTION, R_X86_64_NONE }),
		WORDS(0, 0, 0),
	}, {
		"x86-64: distances to a per-CPU variable", X86_64,
		RELOCS({ IN_TEXT, 12, VARIABLE, R_X86_64_PLT32 },
		       { IN_TEXT, 8, VARIABLE, R_X86_64_PC32 }),
		WORDS(0, 0, AT64(8), AT64(12), 0),
	}, {
		"x86-64: offsets of a per-CPU variable", X86_64,
		RELOCS({ IN_TEXT, 8, VARIABLE, R_X86_64_32S },
		       { IN_TEXT, 16, VARIABLE, R_X86_64_64 }),
		WORDS(0, 0, 0),
	}, {
		"x86-64: the image's copy of a per-CPU variable", X86_64,
		RELOCS({ IN_TEXT, 8, COPY, R_X86_64_PC32 },
		       { IN_TEXT, 16, COPY, R_X86_64_64 },
		       { IN_TEXT, 24, LOAD, R_X86_64_32S }),
		WORDS(0, AT64(16), 0, 0, AT64(24)),
	}, {
		"x86-64: a per-CPU variable has an address in it", X86_64,
		RELOCS({ IN_PERCPU, 0, FUNCTION, R_X86_64_64 }),
		WORDS(0, LOADED(0), 0, 0),
	}, {
		"x86-64: 64 bits are too many for a per-CPU distance", X86_64,
		RELOCS({ IN_TEXT, 8, VARIABLE, R_X86_64_PC64 }),
		.refused = ".rel.text: R_X86_64_PC64 (24) at 0xffffffff81000008 against var",
	}, {
		"x86-64 without SMP: per-CPU variables are in the image",
		X86_64, UP,
		RELOCS({ IN_TEXT, 8, VARIABLE, R_X86_64_PC32 },
		       { IN_TEXT, 16, VARIABLE, R_X86_64_32S },
		       { IN_PERCPU, 0, FUNCTION, R_X86_64_64 }),
		WORDS(0, AT64(0x100000), 0, 0, AT64(16)),
	}, {
		"x86-64: per-CPU variables at 0, loaded nowhere", X86_64,
		.no_load = true,
		RELOCS({ IN_TEXT, 8, FUNCTION, R_X86_64_64 }),
		.refused = "no symbol __per_cpu_load",
	}, {
		"x86-64 without SMP has no need of __per_cpu_load", X86_64, UP,
		.no_load = true,
		RELOCS({ IN_TEXT, 8, FUNCTION, R_X86_64_64 }),
		WORDS(0, AT64(8), 0, 0),
	}, {
		"x86-64: absolute symbols that are known", X86_64,
		RELOCS({ IN_TEXT, 8, ADDRESS, R_X86_64_64 },
		       { IN_TEXT, 16, VERSION, R_X86_64_64 },
		       { IN_TEXT, 24, MYSTERY, R_X86_64_PC32 }),
		WORDS(0, AT64(8), 0, 0),
	}, {
		"x86-64: an absolute symbol that is not", X86_64,
		RELOCS({ IN_TEXT, 8, MYSTERY, R_X86_64_32S }),
		.refused = "R_X86_64_32S (11) at 0xffffffff81000008 against mystery (ABSOLUTE)",
	}, {
		"x86-64: a symbol without a name", X86_64,
		RELOCS({ IN_TEXT, 8, NAMELESS, R_X86_64_32S }),
		.refused = "its name is not in the string table",
	}, {
		"x86-64: what is missing is null", X86_64,
		RELOCS({ IN_TEXT, 8, MISSING, R_X86_64_64 },
		       { IN_TEXT, 16, MISSING, R_X86_64_PC32 },
		       { IN_TEXT, 24, NO_SYMBOL, R_X86_64_32S }),
		WORDS(0, 0, 0),
	}, {
		"x86-64: a type of programs with a GOT", X86_64,
		RELOCS({ IN_TEXT, 8, FUNCTION, R_X86_64_GOTPCREL }),
		.refused = "R_X86_64_GOTPCREL (9) at 0xffffffff81000008 against fn (.text)",
	}, {
		"x86-64: a type that nobody has heard of", X86_64,
		RELOCS({ IN_TEXT, 8, FUNCTION, 0x12345 }),
		.refused = "unknown type (74565)",
	}, {
		"x86-64: too few bits", X86_64,
		RELOCS({ IN_TEXT, 8, FUNCTION, R_X86_64_16 }),
		.refused = "R_X86_64_16 (12)",
	}, {
		"x86-64: debugging information is not in memory", X86_64,
		RELOCS({ IN_DEBUG, 8, MYSTERY, R_X86_64_64 },
		       { IN_DEBUG, 8, LOST, R_X86_64_GOTPCREL }),
		WORDS(0, 0, 0),
	}, {
		"x86-64: the last bytes of a section", X86_64,
		RELOCS({ IN_TEXT, SECTION_BYTES - 8, FUNCTION, R_X86_64_64 }),
		WORDS(0, AT64(SECTION_BYTES - 8), 0, 0),
	}, {
		"x86-64: one byte beyond them", X86_64,
		RELOCS({ IN_TEXT, SECTION_BYTES - 7, FUNCTION, R_X86_64_64 }),
		.refused = "outside of the section",
	}, {
		"x86-64: before a section", X86_64,
		RELOCS({ IN_TEXT, -4, FUNCTION, R_X86_64_32S }),
		.refused = "outside of the section",
	}, {
		"x86-64: a symbol that is not there", X86_64,
		RELOCS({ IN_TEXT, 8, NR_SYMBOLS, R_X86_64_64 }),
		.refused = ".rel.text: relocation 0 is against symbol 13 of 13",
	}, {
		"x86-64: a symbol in a section that is not there", X86_64,
		RELOCS({ IN_TEXT, 8, LOST, R_X86_64_64 }),
		.refused = "against lost (<noname>): the symbol is in no section",
	}, {
		"x86-64: sorted, and twice stays twice", X86_64,
		RELOCS({ IN_TEXT, 0x30, FUNCTION, R_X86_64_64 },
		       { IN_TEXT, 8, FUNCTION, R_X86_64_64 },
		       { IN_PERCPU, 8, FUNCTION, R_X86_64_64 },
		       { IN_TEXT, 8, FUNCTION, R_X86_64_64 }),
		WORDS(0, AT64(8), AT64(8), AT64(0x30), LOADED(8), 0, 0),
	}, {
		"i386: an address", I386,
		RELOCS({ IN_TEXT, 8, FUNCTION, R_386_32 }),
		WORDS(0, AT32(8)),
	}, {
		"i386: distances", I386,
		RELOCS({ IN_TEXT, 8, FUNCTION, R_386_PC32 },
		       { IN_TEXT, 12, FUNCTION, R_386_PLT32 },
		       { IN_TEXT, 16, FUNCTION, R_386_PC16 },
		       { IN_TEXT, 18, FUNCTION, R_386_PC8 }),
		WORDS(0),
	}, {
		"i386: per-CPU variables are in the image", I386,
		TEXT32 + 0x1000,
		RELOCS({ IN_TEXT, 8, VARIABLE, R_386_32 },
		       { IN_TEXT, 12, VARIABLE, R_386_PC32 },
		       { IN_PERCPU, 4, FUNCTION, R_386_32 }),
		WORDS(0, AT32(8), AT32(0x1004)),
	}, {
		"i386: absolute symbols that are known", I386,
		RELOCS({ IN_TEXT, 8, ADDRESS, R_386_32 },
		       { IN_TEXT, 12, VERSION, R_386_32 },
		       { IN_TEXT, 16, MYSTERY, R_386_PC32 }),
		WORDS(0, AT32(8)),
	}, {
		"i386: an absolute symbol that is not", I386,
		RELOCS({ IN_TEXT, 8, MYSTERY, R_386_32 }),
		.refused = "R_386_32 (1) at 0xc1000008 against mystery (ABSOLUTE)",
	}, {
		"i386: 16 bits are for real mode", I386,
		RELOCS({ IN_TEXT, 8, FUNCTION, R_386_16 }),
		.refused = "R_386_16 (20)",
	}, {
		"i386: a GOT", I386,
		RELOCS({ IN_TEXT, 8, FUNCTION, R_386_GOTOFF }),
		.refused = "R_386_GOTOFF (9)",
	}, {
		"i386: 0 would end the table", I386,
		RELOCS({ IN_PERCPU, 0, FUNCTION, R_386_32 }),
		.refused = "an address of 0",
	}, {
		"real mode: offsets in the segment", REALMODE,
		RELOCS({ IN_TEXT, 8, FUNCTION, R_386_16 },
		       { IN_TEXT, 12, FUNCTION, R_386_32 },
		       { IN_TEXT, 16, LINEAR, R_386_PC32 }),
		WORDS(0, 0),
	}, {
		"real mode: the segment", REALMODE,
		RELOCS({ IN_TEXT, 8, SEGMENT, R_386_16 },
		       { IN_TEXT, 2, SEGMENT, R_386_16 }),
		WORDS(2, AT16(2), AT16(8), 0),
	}, {
		"real mode: a linear address", REALMODE,
		RELOCS({ IN_TEXT, 8, LINEAR, R_386_32 }),
		WORDS(0, 1, AT16(8)),
	}, {
		"real mode: both, and one at 0", REALMODE,
		RELOCS({ IN_PERCPU, 0, LINEAR, R_386_32 },
		       { IN_TEXT, 8, SEGMENT, R_386_16 }),
		WORDS(1, AT16(8), 1, 0),
	}, {
		"real mode: a linear address in 16 bits", REALMODE,
		RELOCS({ IN_TEXT, 8, LINEAR, R_386_16 }),
		.refused = "R_386_16 (20) at 0x1008 against pa_x (.text): a linear address",
	}, {
		"real mode: the segment in 32 bits", REALMODE,
		RELOCS({ IN_TEXT, 8, SEGMENT, R_386_32 }),
		.refused = "against real_mode_seg (ABSOLUTE)",
	}, {
		"real mode: a kernel's names mean nothing", REALMODE,
		RELOCS({ IN_TEXT, 8, VERSION, R_386_32 }),
		.refused = "against __crc_x (ABSOLUTE)",
	},
};

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
	{ "all are local", SHDR(SEC_SYMTAB, sh_info), 14, "14 are local" },
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
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
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
	       ARRAY_SIZE(rows) + 2, ARRAY_SIZE(damages), failed);
	return failed != 0;
}
