// SPDX-License-Identifier: GPL-2.0-only
/* Runs the fuzz target on files: the corpus, or what a fuzzer has found. */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int argc, char **argv)
{
	static uint8_t buf[1 << 16];
	int i;

	for (i = 1; i < argc; i++) {
		FILE *file = fopen(argv[i], "rb");
		size_t size;

		if (!file) {
			perror(argv[i]);
			return EXIT_FAILURE;
		}
		size = fread(buf, 1, sizeof(buf), file);
		fclose(file);
		LLVMFuzzerTestOneInput(buf, size);
	}
	printf("%d inputs\n", argc - 1);
	return argc > 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}
