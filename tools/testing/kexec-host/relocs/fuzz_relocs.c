// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzes all that reads an ELF file. An input is one; what is taken has to
 * give a table that its readers can walk.
 */

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"
#include "relocs.h"

static void check_ascending(const uint32_t *words, size_t nr)
{
	for (size_t i = 1; i < nr; i++)
		assert(words[i - 1] <= words[i]);
}

/* From its end, as the decompressor does: each part ends in a zero. */
static void check_kernel_table(const struct reloc_words *table, bool wide)
{
	size_t end = table->nr;

	for (int part = wide ? 3 : 1; part; part--) {
		size_t start = end;

		while (start && table->words[start - 1])
			start--;
		assert(start);
		check_ascending(table->words + start, end - start);
		end = start - 1;
	}
	assert(!end);
}

/* From its start, by its counts, as the setup of the trampoline does */
static void check_realmode_table(const struct reloc_words *table)
{
	size_t at = 0;

	for (int part = 0; part < 2; part++) {
		size_t count;

		assert(at < table->nr);
		count = table->words[at++];
		assert(count <= table->nr - at);
		check_ascending(table->words + at, count);
		at += count;
	}
	assert(at == table->nr);
}

static void check_table(const struct elf_file *elf, bool realmode)
{
	struct reloc_words table;
	struct complaint why = { };

	if (relocs_collect(elf, realmode, &table, &why)) {
		assert(why.text[0]);
		return;
	}
	if (realmode)
		check_realmode_table(&table);
	else
		check_kernel_table(&table, elf->wide);
	free(table.words);
}

static void check_reports(const struct elf_file *elf)
{
	static FILE *sink;
	struct complaint why;

	if (!sink)
		sink = fopen("/dev/null", "w");
	assert(sink);
	report_absolute_symbols(elf, sink, &why);
	report_absolute_relocs(elf, false, sink, &why);
	report_absolute_relocs(elf, true, sink, &why);
	report_relocs(elf, sink, &why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct complaint why = { };
	struct elf_file elf;

	if (elf_open(&elf, data, size, &why)) {
		assert(why.text[0]);
		return 0;
	}
	check_table(&elf, false);
	check_table(&elf, true);
	check_reports(&elf);
	elf_close(&elf);

	return 0;
}
