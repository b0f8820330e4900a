// SPDX-License-Identifier: GPL-2.0-only
/*
 * relocs - what in a kernel has to change when it runs elsewhere
 *
 * Reads a kernel that was linked with --emit-relocs and writes the table of
 * addresses that the decompressor goes through when it has chosen where the
 * kernel is to run; with --realmode, the table for the real mode trampoline.
 * The build waits for this twice per kernel.
 *
 * A table is complete or it is not written at all: what is not understood
 * stops the build.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "relocs.h"

enum output {
	OUTPUT_TABLE,
	OUTPUT_TEXT,
	OUTPUT_ABSOLUTE_SYMBOLS,
	OUTPUT_ABSOLUTE_RELOCS,
	OUTPUT_RELOCS,
};

struct command {
	enum output output;
	bool realmode;
	const char *file;
};

static const struct option {
	const char *name;
	enum output output;
} options[] = {
	{ "--text", OUTPUT_TEXT },
	{ "--abs-syms", OUTPUT_ABSOLUTE_SYMBOLS },
	{ "--abs-relocs", OUTPUT_ABSOLUTE_RELOCS },
	{ "--reloc-info", OUTPUT_RELOCS },
	{ }
};

static const char usage[] =
	"usage: relocs [OPTION] FILE\n"
	"FILE is a kernel, linked with --emit-relocs. Writes its table of relocations.\n"
	"  --realmode    FILE is the real mode code of a kernel, and not a kernel\n"
	"and one of\n"
	"  --text        write the table in the assembler's language\n"
	"  --abs-syms    list absolute symbols\n"
	"  --abs-relocs  list relocations against them that nothing explains\n"
	"  --reloc-info  list all relocations\n";

static bool parse_option(const char *word, struct command *command)
{
	const struct option *option;

	if (!strcmp(word, "--realmode")) {
		command->realmode = true;
		return true;
	}
	for (option = options; option->name; option++) {
		if (strcmp(word, option->name))
			continue;
		/* One output only */
		if (command->output != OUTPUT_TABLE)
			return false;
		command->output = option->output;
		return true;
	}

	return false;
}

static bool parse_word(const char *word, struct command *command)
{
	if (word[0] == '-')
		return parse_option(word, command);
	/* One file only */
	if (command->file)
		return false;
	command->file = word;

	return true;
}

static bool parse_command(int argc, char **argv, struct command *command)
{
	*command = (struct command) { };
	for (int i = 1; i < argc; i++)
		if (!parse_word(argv[i], command))
			return false;

	return command->file;
}

/*
 * Mapped and not read: most of a kernel with debugging information is never
 * looked at.
 */
static int map_file(const char *name, const void **bytes, size_t *size,
		    struct complaint *why)
{
	int fd = open(name, O_RDONLY);
	struct stat status;
	void *map;

	if (fd < 0 || fstat(fd, &status)) {
		complain(why, "cannot be opened: %s", strerror(errno));
		goto close;
	}
	if (!S_ISREG(status.st_mode) || status.st_size <= 0 ||
	    (uintmax_t)status.st_size > SIZE_MAX) {
		complain(why, "not a file with something in it that fits into memory");
		goto close;
	}

	map = mmap(NULL, status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED) {
		complain(why, "cannot be mapped: %s", strerror(errno));
		goto close;
	}
	close(fd);
	*bytes = map;
	*size = status.st_size;
	return 0;

close:
	if (fd >= 0)
		close(fd);
	return -1;
}

static void write_binary(struct reloc_words *table)
{
	for (size_t i = 0; i < table->nr; i++)
		table->words[i] = htole32(table->words[i]);
	fwrite(table->words, sizeof(*table->words), table->nr, stdout);
}

static void write_text(const struct reloc_words *table)
{
	fputs(".section \".data.reloc\",\"a\"\n.balign 4\n", stdout);
	for (size_t i = 0; i < table->nr; i++)
		printf("\t.long 0x%08x\n", table->words[i]);
}

static int write_table(const struct elf_file *elf,
		       const struct command *command, struct complaint *why)
{
	struct reloc_words table;

	if (relocs_collect(elf, command->realmode, &table, why))
		return -1;
	if (command->output == OUTPUT_TEXT)
		write_text(&table);
	else
		write_binary(&table);
	free(table.words);

	return 0;
}

static int write_output(const struct elf_file *elf,
			const struct command *command, struct complaint *why)
{
	switch (command->output) {
	case OUTPUT_ABSOLUTE_SYMBOLS:
		return report_absolute_symbols(elf, stdout, why);
	case OUTPUT_ABSOLUTE_RELOCS:
		return report_absolute_relocs(elf, command->realmode, stdout,
					      why);
	case OUTPUT_RELOCS:
		return report_relocs(elf, stdout, why);
	default:
		return write_table(elf, command, why);
	}
}

static int run(const struct command *command, struct complaint *why)
{
	struct elf_file elf;
	const void *bytes;
	size_t size;
	int result;

	if (map_file(command->file, &bytes, &size, why) ||
	    elf_open(&elf, bytes, size, why))
		return -1;
	result = write_output(&elf, command, why);
	elf_close(&elf);
	/* A full disk may show only now. */
	if (!result && (fflush(stdout) || ferror(stdout)))
		result = complain(why, "its output cannot be written: %s",
				  strerror(errno));

	return result;
}

int main(int argc, char **argv)
{
	struct complaint why;
	struct command command;

	if (!parse_command(argc, argv, &command)) {
		fputs(usage, stderr);
		return 1;
	}
	if (run(&command, &why)) {
		fprintf(stderr, "relocs: %s: %s\n", command.file, why.text);
		return 1;
	}

	return 0;
}
