// SPDX-License-Identifier: GPL-2.0-only
/*
 * Wraps the compressed kernel for the assembler: the bytes, and what those
 * who place and decompress them have to know. That is, in numbers that the
 * linker and header.S see:
 *
 *	z_input_len	size of the compressed kernel
 *	z_output_len	and of what it decompresses to
 *	z_margin	how much further than the output it has to end, so that
 *			it can be decompressed in place: margin.h says why
 *
 * and in variables that the decompressor reads: input_len, output_len.
 *
 * Usage: mkpiggy FILE > piggy.S
 */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <linux/compiler.h>

#include "margin.h"

#define HEAD_SIZE	8
/* gzip has it there anyway, and for all others the build appends it. */
#define LENGTH_SIZE	4

struct payload {
	const char *path;
	const struct payload_format *format;
	unsigned int packed;
	unsigned int unpacked;
};

static void __noreturn __printf(2, 3)
die(const char *path, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "mkpiggy: %s: ", path);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(EXIT_FAILURE);
}

/* Returns the size of the file, which the header of a bzImage has 32 bits for. */
static unsigned int measure(FILE *file, const char *path)
{
	long size;

	if (fseek(file, 0, SEEK_END))
		die(path, "%s", strerror(errno));
	size = ftell(file);
	if (size < 0)
		die(path, "%s", strerror(errno));
	if (size < HEAD_SIZE + LENGTH_SIZE)
		die(path, "%ld bytes are too few for a compressed kernel", size);
	if ((unsigned long long)size > INT32_MAX)
		die(path, "%ld bytes are too many for a kernel", size);

	return size;
}

static void read_at(FILE *file, const char *path, long offset, int whence,
		    void *to, size_t size)
{
	if (fseek(file, offset, whence))
		die(path, "%s", strerror(errno));
	if (fread(to, 1, size, file) != size)
		die(path, "%s", ferror(file) ? strerror(errno) : "ends early");
}

static struct payload inspect(const char *path)
{
	struct payload payload = { .path = path };
	unsigned char head[HEAD_SIZE], length[LENGTH_SIZE];
	FILE *file = fopen(path, "rb");

	if (!file)
		die(path, "%s", strerror(errno));
	payload.packed = measure(file, path);
	read_at(file, path, 0, SEEK_SET, head, sizeof(head));
	read_at(file, path, -LENGTH_SIZE, SEEK_END, length, sizeof(length));
	fclose(file);

	payload.format = payload_format(head, sizeof(head));
	if (!payload.format)
		die(path, "begins with %02x %02x %02x %02x: no known compression (margin.h)",
		    head[0], head[1], head[2], head[3]);

	for (int i = LENGTH_SIZE; i--; )
		payload.unpacked = payload.unpacked << 8 | length[i];
	if (!payload.unpacked || payload.unpacked > INT32_MAX)
		die(path, "ends with the length %u, which no kernel has",
		    payload.unpacked);

	return payload;
}

static void number(const char *name, uint64_t value)
{
	printf(".globl %s\n"
	       "%s = %llu\n", name, name, (unsigned long long)value);
}

static void variable(const char *name, unsigned int value)
{
	printf("\t.balign 4\n"
	       "\t.globl %s\n"
	       "%s:\n"
	       "\t.long %u\n", name, name, value);
}

static void wrap(const struct payload *payload)
{
	printf("/* Made by mkpiggy from a kernel packed by %s */\n",
	       payload->format->name);
	number("z_input_len", payload->packed);
	number("z_output_len", payload->unpacked);
	number("z_margin", payload_margin(payload->format, payload->unpacked));

	printf("\t.section \".rodata..compressed\", \"a\", @progbits\n"
	       "\t.globl input_data\n"
	       "input_data:\n"
	       "\t.incbin \"%s\"\n", payload->path);

	printf("\t.section \".rodata\", \"a\", @progbits\n");
	variable("input_len", payload->packed);
	variable("output_len", payload->unpacked);
}

int main(int argc, char **argv)
{
	struct payload payload;

	if (argc != 2)
		die("usage", "mkpiggy FILE > piggy.S");

	payload = inspect(argv[1]);
	wrap(&payload);
	if (fflush(stdout) || ferror(stdout))
		die("standard output", "%s", strerror(errno));

	return EXIT_SUCCESS;
}
