/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _KEXEC_HOST_RELOCS_IMAGE_H
#define _KEXEC_HOST_RELOCS_IMAGE_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT64		0xffffffff81000000ull
#define TEXT32		0xc1000000u
#define TEXT16		0x1000u
/* __per_cpu_load: what is in the image for a variable at 0 */
#define PERCPU_LOAD	(TEXT64 + 0x200000)
#define SECTION_BYTES	0x40

enum image_section {
	IN_NULL,
	IN_TEXT,
	IN_PERCPU,
	IN_DEBUG,
	SEC_REL,		/* of these three, in their order */
	SEC_SYMTAB = SEC_REL + 3,
	SEC_STRTAB,
	SEC_SHSTRTAB,
	NR_SECTIONS,
};

enum image_symbol {
	NO_SYMBOL,
	FUNCTION,		/* in .text */
	VARIABLE,		/* in .data..percpu */
	LOAD,			/* __per_cpu_load */
	COPY,			/* init_per_cpu__x, which is in .data..percpu */
	MYSTERY,		/* absolute, and nobody knows what it is */
	ADDRESS,		/* absolute, and known to be an address */
	VERSION,		/* absolute, and known to be a number */
	MISSING,		/* undefined */
	LINEAR,			/* pa_x */
	SEGMENT,		/* real_mode_seg */
	LOST,			/* in a section that is not there */
	COMMON,			/* in none yet */
	NAMELESS,		/* absolute, its name beyond all strings */
	NR_SYMBOLS,
};

struct image_reloc {
	enum image_section in;
	uint32_t offset;	/* in that section */
	uint32_t symbol;
	uint32_t type;
};

struct image_spec {
	bool wide;
	bool realmode;
	uint64_t percpu;	/* the address of .data..percpu */
	bool no_load;		/* there is no __per_cpu_load */
	const struct image_reloc *relocs;
	size_t nr_relocs;
};

struct image {
	uint8_t *bytes;		/* a heap block of @size bytes */
	size_t size;
	size_t headers;		/* offset of the section headers */
};

void image_create(struct image *image, const struct image_spec *spec);
void image_destroy(struct image *image);

#endif
