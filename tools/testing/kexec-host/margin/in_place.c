// SPDX-License-Identifier: GPL-2.0-only
/*
 * Decompresses in place: the input ends so many bytes behind the output, and
 * nothing else is there.
 *
 *	in_place PACKED PLAIN [PERCENT]	at that much of the margin of margin.h
 *	in_place --need PACKED PLAIN	the least margin that still works, and
 *					what margin.h has
 *
 * Ends with 0 if PLAIN came out, and with 1 if anything else did.
 */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "margin.h"

typedef int decompress_fn(unsigned char *input, long packed,
			  unsigned char *output, long unpacked,
			  void (*fail)(char *why));

decompress_fn unpack_gzip, unpack_bzip2, unpack_lzma, unpack_xz, unpack_lzo,
	      unpack_lz4, unpack_zstd;

static const struct {
	const char *name;
	decompress_fn *unpack;
} decompressors[] = {
	{ "gzip", unpack_gzip }, { "bzip2", unpack_bzip2 },
	{ "lzma", unpack_lzma }, { "xz", unpack_xz }, { "lzo", unpack_lzo },
	{ "lz4", unpack_lz4 }, { "zstd", unpack_zstd },
};

struct file {
	unsigned char *bytes;
	size_t size;
};

static struct file file_read(const char *path)
{
	struct file file = { };
	FILE *stream = fopen(path, "rb");
	long size;

	size = stream && !fseek(stream, 0, SEEK_END) ? ftell(stream) : -1;
	if (size < 0) {
		perror(path);
		exit(2);
	}
	rewind(stream);
	file.size = size;
	file.bytes = malloc(file.size + 1);
	if (!file.bytes || fread(file.bytes, 1, file.size, stream) != file.size)
		abort();
	fclose(stream);

	return file;
}

static decompress_fn *decompressor(const struct payload_format *format)
{
	for (size_t i = 0; i < NR_PAYLOAD_FORMATS; i++)
		if (!strcmp(decompressors[i].name, format->name))
			return decompressors[i].unpack;
	abort();
}

/* As boot's, which halts */
static void fail(char *why)
{
	fprintf(stderr, "%s\n", why);
	_exit(1);
}

/* Memory that a write before or behind would not go unnoticed of */
static unsigned char *guarded(size_t size)
{
	size_t page = sysconf(_SC_PAGESIZE);
	size_t whole = (size + page - 1) / page * page;
	unsigned char *at = mmap(NULL, whole + 2 * page, PROT_NONE,
				 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED ||
	    mprotect(at + page, whole, PROT_READ | PROT_WRITE))
		abort();

	return at + page + whole - size;
}

static int run(const struct payload_format *format, const struct file *packed,
	       const struct file *plain, size_t margin)
{
	/* What does not shrink begins before the output does. */
	size_t end = plain->size + margin;
	size_t before = packed->size > end ? packed->size - end : 0;
	unsigned char *memory = guarded(before + end);
	unsigned char *output = memory + before;
	unsigned char *input = output + end - packed->size;

	memcpy(input, packed->bytes, packed->size);
	if (decompressor(format)(input, packed->size, output, plain->size,
				 fail) < 0)
		return 1;

	return memcmp(output, plain->bytes, plain->size) != 0;
}

/* What has gone wrong may go on in any way, so not in this process */
static bool works(const struct payload_format *format,
		  const struct file *packed, const struct file *plain,
		  size_t margin)
{
	pid_t child = fork();
	int status;

	if (child < 0)
		abort();
	if (!child) {
		/* Nor for ever, nor saying so */
		alarm(120);
		if (!freopen("/dev/null", "w", stderr))
			abort();
		_exit(run(format, packed, plain, margin));
	}
	if (waitpid(child, &status, 0) != child)
		abort();

	return WIFEXITED(status) && !WEXITSTATUS(status);
}

static size_t least(const struct payload_format *format,
		    const struct file *packed, const struct file *plain,
		    size_t margin)
{
	size_t below = 0, enough = margin;

	if (works(format, packed, plain, 0))
		return 0;
	while (enough - below > 1) {
		size_t middle = below + (enough - below) / 2;

		if (works(format, packed, plain, middle))
			enough = middle;
		else
			below = middle;
	}

	return enough;
}

int main(int argc, char **argv)
{
	bool need = argc > 1 && !strcmp(argv[1], "--need");
	const struct payload_format *format;
	struct file packed, plain;
	size_t margin;

	argv += need;
	argc -= need;
	if (argc < 3) {
		fprintf(stderr, "usage: in_place [--need] PACKED PLAIN [PERCENT]\n");
		return 2;
	}
	packed = file_read(argv[1]);
	plain = file_read(argv[2]);
	format = payload_format(packed.bytes, packed.size);
	if (!format) {
		fprintf(stderr, "%s: of no format that is known\n", argv[1]);
		return 2;
	}
	margin = payload_margin(format, plain.size);
	if (need) {
		printf("%zu %zu\n", least(format, &packed, &plain, margin),
		       margin);
		return 0;
	}
	if (argc > 3)
		margin = margin * strtoul(argv[3], NULL, 10) / 100;

	return !works(format, &packed, &plain, margin);
}
