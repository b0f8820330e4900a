// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs a fuzz target on files, without a fuzzer: to replay the corpus with
 * any compiler, and to look at one crash.
 */

#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"

static void replay(const char *name)
{
	static uint8_t buf[1 << 16];
	FILE *f = fopen(name, "rb");
	size_t size;
	uint8_t *exact;

	if (!f) {
		perror(name);
		exit(1);
	}
	size = fread(buf, 1, sizeof(buf), f);
	fclose(f);

	exact = malloc(size ? size : 1);
	if (!exact)
		abort();
	for (size_t i = 0; i < size; i++)
		exact[i] = buf[i];
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		replay(argv[i]);
	printf("%d inputs replayed\n", argc - 1);

	return argc < 2;
}
