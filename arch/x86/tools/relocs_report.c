// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is in a linked kernel, for people: its absolute symbols, what is
 * relocated against them, and all relocations.
 *
 * An absolute symbol is not relocated, which is right for a number and wrong
 * for an address that became absolute by mistake. Only who wrote it can tell.
 */

#include <linux/kernel.h>

#include "relocs.h"

static const char *bind_name(const struct elf_symbol *symbol)
{
	switch (ELF64_ST_BIND(symbol->info)) {
	case STB_LOCAL:
		return "STB_LOCAL";
	case STB_GLOBAL:
		return "STB_GLOBAL";
	case STB_WEAK:
		return "STB_WEAK";
	default:
		return "unknown";
	}
}

static const char *type_name(const struct elf_symbol *symbol)
{
	static const char *const names[] = {
		[STT_NOTYPE] = "STT_NOTYPE",
		[STT_OBJECT] = "STT_OBJECT",
		[STT_FUNC] = "STT_FUNC",
		[STT_SECTION] = "STT_SECTION",
		[STT_FILE] = "STT_FILE",
		[STT_COMMON] = "STT_COMMON",
		[STT_TLS] = "STT_TLS",
	};
	unsigned int type = ELF64_ST_TYPE(symbol->info);

	return type < ARRAY_SIZE(names) ? names[type] : "unknown";
}

static const char *visibility_name(const struct elf_symbol *symbol)
{
	static const char *const names[] = {
		[STV_DEFAULT] = "STV_DEFAULT",
		[STV_INTERNAL] = "STV_INTERNAL",
		[STV_HIDDEN] = "STV_HIDDEN",
		[STV_PROTECTED] = "STV_PROTECTED",
	};

	return names[ELF64_ST_VISIBILITY(symbol->other)];
}

static const char *print_name(const struct elf_file *elf,
			      const struct elf_symtab *symbols,
			      const struct elf_symbol *symbol)
{
	const char *name = elf_symbol_name(elf, symbols, symbol);

	return name ? name : "<noname>";
}

/* Digits of an address */
static int digits(const struct elf_file *elf)
{
	return elf->wide ? 16 : 8;
}

static void print_symbol(const struct elf_file *elf,
			 const struct elf_symtab *symbols, uint32_t index,
			 FILE *out)
{
	struct elf_symbol symbol = elf_symbol_get(symbols, index, elf->wide);

	if (symbol.section != ELF_SECTION_ABS)
		return;
	fprintf(out, "%5u %0*llx %s%5llu %10s %10s %12s %s\n", index,
		digits(elf), (unsigned long long)symbol.value,
		elf->wide ? "" : " ", (unsigned long long)symbol.size,
		type_name(&symbol), bind_name(&symbol),
		visibility_name(&symbol), print_name(elf, symbols, &symbol));
}

/**
 * report_absolute_symbols() - list all symbols that belong to no section
 * @elf: the file
 * @out: where to
 * @why: filled in where it fails
 *
 * Return: 0 or -1
 */
int report_absolute_symbols(const struct elf_file *elf, FILE *out,
			    struct complaint *why)
{
	struct elf_symtab symbols;

	fputs("Absolute symbols\n"
	      " Num:    Value Size  Type       Bind        Visibility  Name\n",
	      out);
	for (uint32_t i = 0; i < elf->nr_sections; i++) {
		if (elf->sections[i].type != SHT_SYMTAB)
			continue;
		if (elf_symtab_open(elf, i, &symbols, why))
			return -1;
		for (uint32_t j = 0; j < symbols.nr; j++)
			print_symbol(elf, &symbols, j, out);
	}
	fputc('\n', out);

	return 0;
}

/* One relocation that a report looks at */
struct row {
	const struct elf_file *elf;
	const struct elf_relocs *relocs;
	struct elf_reloc reloc;
	struct elf_symbol symbol;
};

/* What is printed of all relocations of interest */
struct report {
	FILE *out;
	bool realmode;
	unsigned int nr;	/* rows printed */
	void (*print)(struct report *report, const struct row *row);
	/* May the symbol be of interest? Asked before it is read. */
	bool (*wants)(uint32_t section);
};

static int report_section(struct report *report, const struct elf_file *elf,
			  const struct elf_relocs *relocs,
			  struct complaint *why)
{
	struct row row = { .elf = elf, .relocs = relocs };
	const struct elf_symtab *symbols = &relocs->symbols;
	uint32_t section;

	for (size_t i = 0; i < relocs->nr; i++) {
		row.reloc = elf_reloc_get(relocs, i, elf->wide);
		if (row.reloc.symbol >= symbols->nr)
			return complain(why, "%.80s: relocation %zu is against symbol %u of %u",
					relocs->name, i, row.reloc.symbol,
					symbols->nr);
		section = elf_symbol_section(symbols, row.reloc.symbol,
					     elf->wide);
		if (!report->wants(section))
			continue;
		row.symbol = elf_symbol_get(symbols, row.reloc.symbol,
					    elf->wide);
		report->print(report, &row);
	}

	return 0;
}

static int report_run(struct report *report, const struct elf_file *elf,
		      struct complaint *why)
{
	struct elf_relocs relocs;
	int found;

	for (uint32_t i = 0; i < elf->nr_sections; i++) {
		found = elf_relocs_open(elf, i, &relocs, why);
		if (found < 0 ||
		    (found && report_section(report, elf, &relocs, why)))
			return -1;
	}

	return 0;
}

static bool wants_absolute(uint32_t section)
{
	return section == ELF_SECTION_ABS;
}

/* Of what the name explains, nobody has to be warned. */
static bool is_explained(const char *name, bool realmode)
{
	return realmode ? realmode_name_meaning(name) == NAME_ADDRESS
			: kernel_name_meaning(name) != NAME_PLAIN;
}

static void print_absolute(struct report *report, const struct row *row)
{
	const char *name = print_name(row->elf, &row->relocs->symbols,
				      &row->symbol);
	const struct elf_reloc *reloc = &row->reloc;
	uint64_t info = row->elf->wide ? ELF64_R_INFO((uint64_t)reloc->symbol,
						      reloc->type)
				       : ELF32_R_INFO(reloc->symbol,
						      reloc->type);

	if (is_explained(name, report->realmode))
		return;
	if (!report->nr++)
		fputs("WARNING: Absolute relocations present\n"
		      "Offset     Info     Type     Sym.Value Sym.Name\n",
		      report->out);
	fprintf(report->out, "%0*llx %0*llx %10s %0*llx  %s\n",
		digits(row->elf), (unsigned long long)reloc->offset,
		digits(row->elf), (unsigned long long)info,
		reloc_type_name(row->elf->wide, reloc->type),
		digits(row->elf), (unsigned long long)row->symbol.value, name);
}

/**
 * report_absolute_relocs() - warn of what is relocated against absolute symbols
 * @elf:      the file
 * @realmode: it is real mode code, and else a kernel
 * @out:      where to; nothing is written where there is nothing to warn of
 * @why:      filled in where it fails
 *
 * Return: 0 or -1
 */
int report_absolute_relocs(const struct elf_file *elf, bool realmode,
			   FILE *out, struct complaint *why)
{
	struct report report = {
		.out = out,
		.realmode = realmode,
		.print = print_absolute,
		.wants = wants_absolute,
	};

	if (report_run(&report, elf, why))
		return -1;
	if (report.nr)
		fputc('\n', out);

	return 0;
}

static bool wants_all(uint32_t section)
{
	return true;
}

static void print_any(struct report *report, const struct row *row)
{
	fprintf(report->out, "%s\t%s\t%s\t%s\n", row->relocs->target->name,
		reloc_type_name(row->elf->wide, row->reloc.type),
		print_name(row->elf, &row->relocs->symbols, &row->symbol),
		elf_section_name(row->elf, row->symbol.section));
}

/**
 * report_relocs() - list all relocations of what is in memory at run time
 * @elf: the file
 * @out: where to
 * @why: filled in where it fails
 *
 * Return: 0 or -1
 */
int report_relocs(const struct elf_file *elf, FILE *out, struct complaint *why)
{
	struct report report = {
		.out = out,
		.print = print_any,
		.wants = wants_all,
	};

	fputs("reloc section\treloc type\tsymbol\tsymbol section\n", out);

	return report_run(&report, elf, why);
}
