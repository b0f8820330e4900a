// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes small linked ELF files of either class, for tests to read.
 *
 * All have the same sections and symbols; what differs is what is relocated
 * against what. Nothing is checked, for the point is to make what is wrong.
 */

#include <stdlib.h>
#include <string.h>

#include "image.h"

#define IMAGE_MAX	0x40000

static const char strings[] =
	"\0fn\0var\0__per_cpu_load\0init_per_cpu__x\0mystery\0jiffies\0"
	"__crc_x\0missing\0pa_x\0real_mode_seg\0lost\0common";
static const char section_names[] =
	"\0.text\0.data..percpu\0.debug_x\0.rel.text\0.rel.data..percpu\0"
	".rel.debug_x\0.symtab\0.strtab\0.shstrtab";

/* The nth string of a table */
static uint32_t string_at(const char *table, unsigned int n)
{
	const char *at = table;

	while (n--)
		at += strlen(at) + 1;

	return at - table;
}

static uint64_t text_address(const struct image_spec *spec)
{
	return spec->wide ? TEXT64 : spec->realmode ? TEXT16 : TEXT32;
}

static uint64_t section_address(const struct image_spec *spec,
				enum image_section section)
{
	return section == IN_TEXT ? text_address(spec) :
	       section == IN_PERCPU ? spec->percpu : 0;
}

static void append(struct image *image, const void *bytes, size_t size)
{
	if (image->size + size > IMAGE_MAX)
		abort();
	memcpy(image->bytes + image->size, bytes, size);
	image->size += size;
}

static Elf64_Sym symbol(const struct image_spec *spec, enum image_symbol n)
{
	static const uint16_t where[NR_SYMBOLS] = {
		[FUNCTION] = IN_TEXT, [VARIABLE] = IN_PERCPU,
		[LOAD] = IN_PERCPU, [COPY] = IN_PERCPU,
		[MYSTERY] = SHN_ABS, [ADDRESS] = SHN_ABS,
		[VERSION] = SHN_ABS, [LINEAR] = IN_TEXT,
		[SEGMENT] = SHN_ABS, [LOST] = 0x999,
		[COMMON] = SHN_COMMON, [NAMELESS] = SHN_ABS,
	};
	Elf64_Sym symbol = {
		.st_name = n ? string_at(strings, n) : 0,
		.st_shndx = where[n],
		.st_info = n ? ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE) : 0,
		.st_value = section_address(spec, where[n]) + n,
	};

	if (n == LOAD) {
		symbol.st_value = PERCPU_LOAD;
		if (spec->no_load)
			symbol.st_name = 0;
	}
	if (n == NAMELESS)
		symbol.st_name = sizeof(strings);
	return symbol;
}

static void append_symbols(struct image *image, const struct image_spec *spec)
{
	for (int n = 0; n < NR_SYMBOLS; n++) {
		Elf64_Sym wide = symbol(spec, n);
		Elf32_Sym narrow = {
			.st_name = wide.st_name,
			.st_value = wide.st_value,
			.st_info = wide.st_info,
			.st_shndx = wide.st_shndx,
		};

		if (spec->wide)
			append(image, &wide, sizeof(wide));
		else
			append(image, &narrow, sizeof(narrow));
	}
}

static void append_relocs(struct image *image, const struct image_spec *spec,
			  enum image_section in)
{
	for (size_t i = 0; i < spec->nr_relocs; i++) {
		const struct image_reloc *reloc = &spec->relocs[i];
		uint64_t offset = section_address(spec, in) + reloc->offset;
		Elf64_Rela wide = {
			.r_offset = offset,
			.r_info = ELF64_R_INFO((uint64_t)reloc->symbol,
					       reloc->type),
		};
		Elf32_Rel narrow = {
			.r_offset = offset,
			.r_info = ELF32_R_INFO(reloc->symbol, reloc->type),
		};

		if (reloc->in != in)
			continue;
		if (spec->wide)
			append(image, &wide, sizeof(wide));
		else
			append(image, &narrow, sizeof(narrow));
	}
}

static void append_contents(struct image *image, const struct image_spec *spec,
			    unsigned int section)
{
	static const uint8_t zeros[SECTION_BYTES];

	switch (section) {
	case IN_NULL:
		break;
	case IN_TEXT:
	case IN_PERCPU:
	case IN_DEBUG:
		append(image, zeros, sizeof(zeros));
		break;
	case SEC_SYMTAB:
		append_symbols(image, spec);
		break;
	case SEC_STRTAB:
		append(image, strings, sizeof(strings));
		break;
	case SEC_SHSTRTAB:
		append(image, section_names, sizeof(section_names));
		break;
	default:
		append_relocs(image, spec, IN_TEXT + section - SEC_REL);
		break;
	}
}

static Elf64_Shdr section_header(const struct image_spec *spec,
				 unsigned int n)
{
	Elf64_Shdr header = {
		.sh_type = n ? SHT_PROGBITS : SHT_NULL,
		.sh_name = string_at(section_names, n),
		.sh_addr = section_address(spec, n),
		.sh_flags = n == IN_TEXT || n == IN_PERCPU ? SHF_ALLOC : 0,
	};

	if (n >= SEC_REL && n < SEC_SYMTAB) {
		header.sh_type = spec->wide ? SHT_RELA : SHT_REL;
		header.sh_entsize = spec->wide ? sizeof(Elf64_Rela)
					       : sizeof(Elf32_Rel);
		header.sh_link = SEC_SYMTAB;
		header.sh_info = IN_TEXT + n - SEC_REL;
	} else if (n == SEC_SYMTAB) {
		header.sh_type = SHT_SYMTAB;
		header.sh_entsize = spec->wide ? sizeof(Elf64_Sym)
					       : sizeof(Elf32_Sym);
		header.sh_link = SEC_STRTAB;
		header.sh_info = 1;
	} else if (n > SEC_SYMTAB) {
		header.sh_type = SHT_STRTAB;
	}

	return header;
}

static void append_header(struct image *image, const struct image_spec *spec,
			  const Elf64_Shdr *wide)
{
	Elf32_Shdr narrow = {
		.sh_name = wide->sh_name, .sh_type = wide->sh_type,
		.sh_flags = wide->sh_flags, .sh_addr = wide->sh_addr,
		.sh_offset = wide->sh_offset, .sh_size = wide->sh_size,
		.sh_link = wide->sh_link, .sh_info = wide->sh_info,
		.sh_entsize = wide->sh_entsize,
	};

	if (spec->wide)
		append(image, wide, sizeof(*wide));
	else
		append(image, &narrow, sizeof(narrow));
}

#define FILE_HEADER(bits, machine, headers) {				\
	.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3,		\
		     ELFCLASS##bits, ELFDATA2LSB, EV_CURRENT },		\
	.e_type = ET_EXEC, .e_machine = machine,			\
	.e_version = EV_CURRENT, .e_shoff = headers,			\
	.e_ehsize = sizeof(Elf##bits##_Ehdr),				\
	.e_shentsize = sizeof(Elf##bits##_Shdr),			\
	.e_shnum = NR_SECTIONS, .e_shstrndx = SEC_SHSTRTAB,		\
}

/* The file's header comes last, when it is known what it has to say. */
static void write_header(struct image *image, const struct image_spec *spec)
{
	Elf64_Ehdr wide = FILE_HEADER(64, EM_X86_64, image->headers);
	Elf32_Ehdr narrow = FILE_HEADER(32, EM_386, image->headers);

	if (spec->wide)
		memcpy(image->bytes, &wide, sizeof(wide));
	else
		memcpy(image->bytes, &narrow, sizeof(narrow));
}

/* image_destroy() has to follow. */
void image_create(struct image *image, const struct image_spec *spec)
{
	Elf64_Shdr headers[NR_SECTIONS];
	uint8_t *exact;

	image->bytes = calloc(1, IMAGE_MAX);
	if (!image->bytes)
		abort();
	image->size = spec->wide ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr);

	for (unsigned int n = 0; n < NR_SECTIONS; n++) {
		headers[n] = section_header(spec, n);
		headers[n].sh_offset = image->size;
		append_contents(image, spec, n);
		headers[n].sh_size = image->size - headers[n].sh_offset;
	}
	image->headers = image->size;
	for (unsigned int n = 0; n < NR_SECTIONS; n++)
		append_header(image, spec, &headers[n]);
	write_header(image, spec);

	/* So that AddressSanitizer sees the first byte too far */
	exact = realloc(image->bytes, image->size);
	if (!exact)
		abort();
	image->bytes = exact;
}

void image_destroy(struct image *image)
{
	free(image->bytes);
}
