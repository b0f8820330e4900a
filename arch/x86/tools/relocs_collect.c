// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which relocations have to be applied again where the kernel doesn't run
 * where it was linked to.
 *
 * x86-64: what has an address of the image in it. A distance within the image
 * stays as it is. But per-CPU variables of an SMP kernel are linked to 0, and
 * their "addresses" are offsets that never change: an absolute relocation
 * against one is dropped, and a distance from the image to one shrinks by as
 * much as the image moves up, which is the inverse kind.
 *
 * i386: the same without the exception: per-CPU variables are in the image.
 *
 * Real mode code: an address that is an offset in the segment stays. The
 * names of symbols tell those that are linear, and the segment itself.
 *
 * Pure: also built for tests, see tools/testing/kexec-host/relocs.
 */

#include <stdlib.h>

#include "relocs_table.h"

#define NR_TYPES	64
/* What a relocation may become besides a member of a part */
#define DROPPED		(-1)
#define REFUSED		(-2)

/* A file on its way to a table */
struct collector {
	const struct elf_file *elf;
	struct complaint *why;
	struct reloc_table table;
	uint8_t kinds[NR_TYPES];
	bool realmode;

	/* The per-CPU section, if it is linked to 0; else NULL, and no number */
	const struct elf_section *percpu_section;
	uint32_t percpu;
	/* From the addresses in it to those of its first copy, in the image */
	uint64_t percpu_load;

	/* For each symbol of the table at @symtab: is it nothing special? */
	bool *ordinary;
	const uint8_t *symtab;
};

/* The one that is looked at */
struct context {
	struct collector *collector;
	const struct elf_relocs *relocs;
	struct elf_reloc reloc;
	enum reloc_kind kind;
	uint32_t section;	/* of the symbol */
};

static struct elf_symbol context_symbol(const struct context *at)
{
	return elf_symbol_get(&at->relocs->symbols, at->reloc.symbol,
			      at->collector->elf->wide);
}

static int refuse(const struct context *at, const char *reason)
{
	const struct elf_file *elf = at->collector->elf;
	struct elf_symbol symbol = context_symbol(at);
	const char *name = elf_symbol_name(elf, &at->relocs->symbols, &symbol);

	complain(at->collector->why,
		 "%.80s: %s (%u) at %#llx against %.120s (%.80s): %s",
		 at->relocs->name, reloc_type_name(elf->wide, at->reloc.type),
		 at->reloc.type, (unsigned long long)at->reloc.offset,
		 name ? name : "a symbol without a name",
		 elf_section_name(elf, symbol.section), reason);
	return REFUSED;
}

/* What the symbol's name says; REFUSED is none of the meanings. */
static int symbol_meaning(const struct context *at,
			  enum name_meaning (*meaning)(const char *name))
{
	struct elf_symbol symbol = context_symbol(at);
	const char *name = elf_symbol_name(at->collector->elf,
					   &at->relocs->symbols, &symbol);

	return name ? (int)meaning(name)
		    : refuse(at, "its name is not in the string table");
}

static int refuse_absolute(const struct context *at)
{
	return refuse(at, "does an absolute symbol move with the image? define it in a section");
}

static int refuse_type(const struct context *at)
{
	return refuse(at, "not a type that can be relocated at boot");
}

/* A distance, or an address, that has a per-CPU variable at its end */
static int percpu_part(const struct context *at, int image, int percpu)
{
	int meaning = symbol_meaning(at, kernel_name_meaning);

	if (meaning == REFUSED)
		return REFUSED;

	return meaning == NAME_ADDRESS ? image : percpu;
}

static int absolute_part(const struct context *at, int part)
{
	switch (symbol_meaning(at, kernel_name_meaning)) {
	case NAME_ADDRESS:
		return part;
	case NAME_NUMBER:
		return DROPPED;
	case REFUSED:
		return REFUSED;
	default:
		return refuse_absolute(at);
	}
}

static __always_inline int kernel_part(const struct context *at, bool wide)
{
	bool percpu = wide && at->section == at->collector->percpu;
	int part;

	switch (at->kind) {
	case RELOC_RELATIVE32:
		return percpu ? percpu_part(at, DROPPED, PART_INVERSE32)
			      : DROPPED;
	case RELOC_RELATIVE64:
		if (!percpu || percpu_part(at, DROPPED, PART_64) == DROPPED)
			return DROPPED;
		return refuse(at, "a distance to a per-CPU variable has to have 32 bits");
	case RELOC_ABSOLUTE32:
		part = PART_32;
		break;
	case RELOC_ABSOLUTE64:
		part = PART_64;
		break;
	default:
		return refuse_type(at);
	}

	/*
	 * What is weak and missing stays null. (The table of an i386 kernel
	 * has always had it, and that is what its readers expect.)
	 */
	if (wide && at->section == SHN_UNDEF)
		return DROPPED;
	if (percpu)
		return percpu_part(at, part, DROPPED);
	if (at->section == ELF_SECTION_ABS)
		return absolute_part(at, part);

	return part;
}

static int realmode_part(const struct context *at)
{
	bool absolute = at->section == ELF_SECTION_ABS;
	int meaning;

	if (at->kind != RELOC_ABSOLUTE16 && at->kind != RELOC_ABSOLUTE32)
		return refuse_type(at);

	meaning = symbol_meaning(at, realmode_name_meaning);
	if (meaning == REFUSED)
		return REFUSED;
	if (meaning == NAME_ADDRESS)
		return at->kind == RELOC_ABSOLUTE32 ? PART_32 :
		       refuse(at, "a linear address doesn't fit into 16 bits");
	if (!absolute)
		return DROPPED;
	if (meaning == NAME_SEGMENT && at->kind == RELOC_ABSOLUTE16)
		return PART_SEGMENT;

	return refuse_absolute(at);
}

static unsigned int part_width(int part)
{
	return part == PART_64 ? 8 : part == PART_SEGMENT ? 2 : 4;
}

/* Where it is once the image is loaded where it was linked to */
static int record(const struct context *at, int part)
{
	struct collector *collector = at->collector;
	const struct elf_section *target = at->relocs->target;
	uint64_t into = at->reloc.offset - target->address;
	uint64_t address = at->reloc.offset;

	if (into > target->size || target->size - into < part_width(part))
		return refuse(at, "outside of the section that it is for");
	if (!target->bytes)
		return refuse(at, "in a section that has nothing in the file");
	if (target == collector->percpu_section)
		address += collector->percpu_load;
	if (collector->elf->wide && address != (uint64_t)(int32_t)address)
		return refuse(at, "its address is not one of 32 bits with a sign");
	if (!collector->realmode && !(uint32_t)address)
		return refuse(at, "an address of 0 would end its part of the table");

	if (reloc_list_add(&collector->table.parts[part], address))
		return complain(collector->why, "no memory for the table");

	return 0;
}

/*
 * Of the numbers that are none of a section, a linked file has one: even what
 * was common is in a section by then.
 */
static __always_inline bool is_lost(const struct context *at)
{
	return at->section >= at->collector->elf->nr_sections &&
	       at->section != ELF_SECTION_ABS;
}

/*
 * Nearly all symbols are in a section of the image that moves with it, and
 * most relocations are distances to one. So that is found out once for each
 * symbol, and not in the table of symbols, which no cache holds.
 */
static int find_ordinary(struct collector *collector,
			 const struct elf_symtab *symbols)
{
	const struct elf_file *elf = collector->elf;
	uint32_t section;

	if (collector->symtab == symbols->bytes)
		return 0;
	free(collector->ordinary);
	collector->symtab = symbols->bytes;
	collector->ordinary = calloc(symbols->nr + 1ul, sizeof(bool));
	if (!collector->ordinary)
		return complain(collector->why, "no memory for %u symbols",
				symbols->nr);

	for (uint32_t i = 0; i < symbols->nr; i++) {
		section = elf_symbol_section(symbols, i, elf->wide);
		collector->ordinary[i] = section < elf->nr_sections &&
					 section != collector->percpu;
	}

	return 0;
}

static bool is_distance(enum reloc_kind kind)
{
	return kind == RELOC_RELATIVE32 || kind == RELOC_RELATIVE64;
}

static enum reloc_kind kind_of(const struct collector *collector, uint32_t type)
{
	return type < NR_TYPES ? collector->kinds[type] : RELOC_UNKNOWN;
}

/*
 * Half a million turns for a small kernel, here and below: @wide and @realmode
 * are constants.
 */
static __always_inline size_t skip_ordinary(const struct collector *collector,
					    const struct elf_relocs *relocs,
					    size_t i, bool wide)
{
	struct elf_reloc reloc;

	for (; i < relocs->nr; i++) {
		reloc = elf_reloc_get(relocs, i, wide);
		if (!is_distance(kind_of(collector, reloc.type)) ||
		    reloc.symbol >= relocs->symbols.nr ||
		    !collector->ordinary[reloc.symbol])
			break;
	}

	return i;
}

static __always_inline int collect(struct collector *collector,
				   const struct elf_relocs *relocs, bool wide,
				   bool realmode)
{
	struct context at = { .collector = collector, .relocs = relocs };
	int part;

	if (find_ordinary(collector, &relocs->symbols))
		return -1;
	for (size_t i = 0;; i++) {
		if (!realmode)
			i = skip_ordinary(collector, relocs, i, wide);
		if (i == relocs->nr)
			return 0;
		at.reloc = elf_reloc_get(relocs, i, wide);
		if (at.reloc.symbol >= relocs->symbols.nr)
			return complain(collector->why,
					"%.80s: relocation %zu is against symbol %u of %u",
					relocs->name, i, at.reloc.symbol,
					relocs->symbols.nr);
		at.kind = kind_of(collector, at.reloc.type);
		if (at.kind == RELOC_NEVER)
			continue;

		at.section = elf_symbol_section(&relocs->symbols,
						at.reloc.symbol, wide);
		if (is_lost(&at))
			return refuse(&at, "the symbol is in no section of the file");
		part = realmode ? realmode_part(&at) : kernel_part(&at, wide);
		if (part == DROPPED)
			continue;
		if (part == REFUSED || record(&at, part))
			return -1;
	}
}

static int collect_all(struct collector *collector)
{
	const struct elf_file *elf = collector->elf;
	struct elf_relocs relocs;
	int found = 0;

	for (uint32_t i = 0; i < elf->nr_sections && found >= 0; i++) {
		found = elf_relocs_open(elf, i, &relocs, collector->why);
		if (found <= 0)
			continue;
		if (collector->realmode)
			found = collect(collector, &relocs, false, true);
		else if (elf->wide)
			found = collect(collector, &relocs, true, false);
		else
			found = collect(collector, &relocs, false, false);
	}

	return found < 0 ? -1 : 0;
}

/* The value of a symbol that the linker script assigns. Globals come last. */
static bool find_symbol(const struct elf_symtab *symbols, bool wide,
			const char *name, uint64_t *value)
{
	size_t length = strlen(name) + 1;
	struct elf_symbol symbol;

	for (uint32_t i = symbols->nr; i-- > 0;) {
		symbol = elf_symbol_get(symbols, i, wide);
		if (symbol.name >= symbols->names_size ||
		    symbols->names_size - symbol.name < length ||
		    memcmp(symbols->names + symbol.name, name, length))
			continue;
		*value = symbol.value;
		return true;
	}

	return false;
}

static int find_percpu_load(struct collector *collector)
{
	static const char name[] = "__per_cpu_load";
	const struct elf_file *elf = collector->elf;
	struct elf_symtab symbols;

	for (uint32_t i = 0; i < elf->nr_sections; i++) {
		if (elf->sections[i].type != SHT_SYMTAB)
			continue;
		if (elf_symtab_open(elf, i, &symbols, collector->why))
			return -1;
		if (find_symbol(&symbols, elf->wide, name,
				&collector->percpu_load))
			return 0;
	}

	return complain(collector->why,
			"%.80s is linked to 0, but there is no symbol %s for where it is loaded",
			collector->percpu_section->name, name);
}

/* An x86-64 kernel without SMP has its per-CPU variables in the image. */
static int find_percpu(struct collector *collector)
{
	const struct elf_file *elf = collector->elf;

	collector->percpu = ELF_SECTION_UNKNOWN;
	for (uint32_t i = 0; i < elf->nr_sections && elf->wide; i++) {
		if (strcmp(elf->sections[i].name, ".data..percpu"))
			continue;
		if (elf->sections[i].address)
			return 0;
		collector->percpu = i;
		collector->percpu_section = &elf->sections[i];
		return find_percpu_load(collector);
	}

	return 0;
}

/**
 * relocs_collect() - make the table of what has to be relocated at boot
 * @elf:      the linked file, with the relocations that the linker applied
 * @realmode: it is the real mode code of a kernel, and else a kernel
 * @table:    the table, in its final form
 * @why:      filled in where it fails
 *
 * Return: 0, or -1 for a file that has a relocation in it which would be
 * applied wrongly or not at all
 */
int relocs_collect(const struct elf_file *elf, bool realmode,
		   struct reloc_words *table, struct complaint *why)
{
	struct collector collector = {
		.elf = elf,
		.why = why,
		.realmode = realmode,
	};
	int result;

	if (realmode && elf->wide)
		return complain(why, "real mode code is ELF32, and this is ELF64");

	for (uint32_t type = 0; type < NR_TYPES; type++)
		collector.kinds[type] = reloc_type_kind(elf->wide, type);

	result = find_percpu(&collector);
	if (!result)
		result = collect_all(&collector);
	if (!result && reloc_table_pack(&collector.table, elf->wide, realmode,
					table))
		result = complain(why, "no memory for the table");
	reloc_table_free(&collector.table);
	free(collector.ordinary);

	return result;
}
