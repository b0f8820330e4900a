/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _KEXEC_HOST_RELOCS_TEST_H
#define _KEXEC_HOST_RELOCS_TEST_H

#include <linux/kernel.h>

#include "image.h"
#include "relocs.h"

/*
 * A row: a small ELF image with these relocations, and the table that is made
 * of them, or what is complained of.
 */
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

extern const struct row rows[];
extern const size_t nr_rows;

#endif
