// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the names of symbols and relocation types mean.
 *
 * A linker doesn't say everything. One that assigns a symbol of its script
 * outside of any section may call it absolute, or attach it to the section
 * before, be that the per-CPU one; and what is absolute may be an address of
 * the image or a number. So for the symbols of vmlinux.lds.S of which that is
 * known to happen, and for the numbers that the build makes into symbols, the
 * name decides. Any other absolute symbol is refused where it is relocated
 * against: it is a mistake that breaks the kernel only once it has moved.
 *
 * The types are those of the psABI supplements for i386 and x86-64.
 */

#include <stdlib.h>

#include <linux/kernel.h>

#include "relocs.h"

/* Sorted */
static const char *const image_addresses[] = {
	"__alt_instructions",
	"__alt_instructions_end",
	"__apicdrivers",
	"__apicdrivers_end",
	"__end_rodata",
	"__end_rodata_aligned",
	"__end_rodata_hpage_align",
	"__init_begin",
	"__init_end",
	"__initramfs_start",
	"__per_cpu_load",
	"__smp_locks",
	"__smp_locks_end",
	"__start___bug_table",
	"__start___kcrctab",
	"__start___kcrctab_gpl",
	"__start___ksymtab",
	"__start___ksymtab_gpl",
	"__start___modver",
	"__start___param",
	"__start_notes",
	"__stop___bug_table",
	"__stop___kcrctab",
	"__stop___kcrctab_gpl",
	"__stop___ksymtab",
	"__stop___ksymtab_gpl",
	"__stop___modver",
	"__stop___param",
	"__stop_notes",
	"__tracedata_end",
	"__tracedata_start",
	"__vvar_page",
	"__x86_cpu_dev_end",
	"__x86_cpu_dev_start",
	"_end",
	"jiffies",
};

static const struct {
	const char *prefix;
	enum name_meaning meaning;
} families[] = {
	/* INIT_PER_CPU(): a per-CPU variable's first copy, in the image */
	{ "init_per_cpu__", NAME_ADDRESS },
	{ "__start_pci_", NAME_ADDRESS },
	{ "__end_pci_", NAME_ADDRESS },
	/* Versions of exported symbols, types of functions for CFI */
	{ "__crc_", NAME_NUMBER },
	{ "__kcfi_typeid_", NAME_NUMBER },
	/* Offsets in the vDSO, which is mapped elsewhere */
	{ "VDSO", NAME_NUMBER },
};

static bool has_prefix(const char *name, const char *prefix)
{
	return !strncmp(name, prefix, strlen(prefix));
}

static int compare_names(const void *name, const void *entry)
{
	return strcmp(name, *(const char *const *)entry);
}

/**
 * kernel_name_meaning() - what the name of a symbol of vmlinux says
 * @name: the name
 *
 * Return: NAME_PLAIN for nearly all
 */
enum name_meaning kernel_name_meaning(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		if (has_prefix(name, families[i].prefix))
			return families[i].meaning;

	if (bsearch(name, image_addresses, ARRAY_SIZE(image_addresses),
		    sizeof(image_addresses[0]), compare_names))
		return NAME_ADDRESS;

	return NAME_PLAIN;
}

/**
 * realmode_name_meaning() - what the name of a symbol of realmode.elf says
 * @name: the name
 *
 * Its build makes a symbol pa_X for each X, to be used where the address
 * itself is meant and not the offset in the segment.
 */
enum name_meaning realmode_name_meaning(const char *name)
{
	if (has_prefix(name, "pa_"))
		return NAME_ADDRESS;
	if (!strcmp(name, "real_mode_seg"))
		return NAME_SEGMENT;

	return NAME_PLAIN;
}

struct type {
	uint32_t number;
	const char *name;
	enum reloc_kind kind;
};

#define KNOWN(type, kind)	{ type, #type, kind }

/*
 * Relative ones of i386 never lead out of the image: per-CPU variables are
 * linked into it, and reached by their addresses.
 */
static const struct type types_i386[] = {
	KNOWN(R_386_NONE, RELOC_NEVER),
	KNOWN(R_386_32, RELOC_ABSOLUTE32),
	KNOWN(R_386_PC32, RELOC_NEVER),
	KNOWN(R_386_GOT32, RELOC_UNKNOWN),
	KNOWN(R_386_PLT32, RELOC_NEVER),
	KNOWN(R_386_COPY, RELOC_UNKNOWN),
	KNOWN(R_386_GLOB_DAT, RELOC_UNKNOWN),
	KNOWN(R_386_JMP_SLOT, RELOC_UNKNOWN),
	KNOWN(R_386_RELATIVE, RELOC_UNKNOWN),
	KNOWN(R_386_GOTOFF, RELOC_UNKNOWN),
	KNOWN(R_386_GOTPC, RELOC_UNKNOWN),
	KNOWN(R_386_16, RELOC_ABSOLUTE16),
	KNOWN(R_386_PC16, RELOC_NEVER),
	KNOWN(R_386_8, RELOC_UNKNOWN),
	KNOWN(R_386_PC8, RELOC_NEVER),
};

/* A PLT32 is a PC32 in what is linked statically. */
static const struct type types_x86_64[] = {
	KNOWN(R_X86_64_NONE, RELOC_NEVER),
	KNOWN(R_X86_64_64, RELOC_ABSOLUTE64),
	KNOWN(R_X86_64_PC32, RELOC_RELATIVE32),
	KNOWN(R_X86_64_GOT32, RELOC_UNKNOWN),
	KNOWN(R_X86_64_PLT32, RELOC_RELATIVE32),
	KNOWN(R_X86_64_COPY, RELOC_UNKNOWN),
	KNOWN(R_X86_64_GLOB_DAT, RELOC_UNKNOWN),
	KNOWN(R_X86_64_JUMP_SLOT, RELOC_UNKNOWN),
	KNOWN(R_X86_64_RELATIVE, RELOC_UNKNOWN),
	KNOWN(R_X86_64_GOTPCREL, RELOC_UNKNOWN),
	KNOWN(R_X86_64_32, RELOC_ABSOLUTE32),
	KNOWN(R_X86_64_32S, RELOC_ABSOLUTE32),
	KNOWN(R_X86_64_16, RELOC_UNKNOWN),
	KNOWN(R_X86_64_PC16, RELOC_UNKNOWN),
	KNOWN(R_X86_64_8, RELOC_UNKNOWN),
	KNOWN(R_X86_64_PC8, RELOC_UNKNOWN),
	KNOWN(R_X86_64_PC64, RELOC_RELATIVE64),
	KNOWN(R_X86_64_GOTOFF64, RELOC_UNKNOWN),
	KNOWN(R_X86_64_GOTPC32, RELOC_UNKNOWN),
};

static const struct type *find_type(bool wide, uint32_t number)
{
	const struct type *types = wide ? types_x86_64 : types_i386;
	size_t nr = wide ? ARRAY_SIZE(types_x86_64) : ARRAY_SIZE(types_i386);

	for (size_t i = 0; i < nr; i++)
		if (types[i].number == number)
			return &types[i];

	return NULL;
}

/**
 * reloc_type_kind() - what relocations of a type ask for
 * @wide: the type is one of x86-64, and else of i386
 * @type: the number in the relocation
 */
enum reloc_kind reloc_type_kind(bool wide, uint32_t type)
{
	const struct type *found = find_type(wide, type);

	return found ? found->kind : RELOC_UNKNOWN;
}

/**
 * reloc_type_name() - the psABI's name of a type
 * @wide: the type is one of x86-64, and else of i386
 * @type: the number in the relocation
 */
const char *reloc_type_name(bool wide, uint32_t type)
{
	const struct type *found = find_type(wide, type);

	return found ? found->name : "unknown type";
}
