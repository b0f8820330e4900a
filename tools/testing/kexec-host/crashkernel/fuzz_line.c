// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes as a command line: what comes out must be fit to act upon, or be
 * an error that points into the line.
 */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "crashkernel_param.h"

static const unsigned long long rams[] = {
	0, 1, 1ULL << 20, 2ULL << 30, 1ULL << 40, ULLONG_MAX,
};

#define REQUIRE(cond) do {						\
	if (!(cond)) {							\
		fprintf(stderr, "%s:%d: not so: %s\n", __FILE__,	\
			__LINE__, #cond);				\
		abort();						\
	}								\
} while (0)

static void check_good(const struct crashkernel_param *param,
		       unsigned long long ram, bool has_high)
{
	REQUIRE(param->size > 0);
	REQUIRE(param->size < ram);
	REQUIRE(param->base <= ULLONG_MAX - param->size);
	REQUIRE(!param->high || has_high);
	REQUIRE(!param->high || !param->base);
	REQUIRE(!param->low_set || param->high);
	REQUIRE(!param->low_size || param->low_set);
	REQUIRE(!param->low_size || param->low_size < ram);
}

static void check_fault(const struct crashkernel_fault *fault,
			const char *line)
{
	REQUIRE(fault->arg >= line);
	REQUIRE(fault->arg_len > 0);
	REQUIRE((size_t)(fault->arg - line) + fault->arg_len <= strlen(line));
	REQUIRE(fault->pos >= 0 && fault->pos <= fault->arg_len);
	REQUIRE(!strncmp(fault->arg, "crashkernel=", strlen("crashkernel=")));
	REQUIRE(strcmp(crashkernel_error_text(fault->error),
		       crashkernel_error_text(CRASHKERNEL_OK)));
}

static void check_line(const char *line, unsigned long long ram, bool has_high)
{
	static const struct crashkernel_param nothing;
	struct crashkernel_param param;
	struct crashkernel_fault fault;
	int ret = crashkernel_parse(line, ram, has_high, &param, &fault);

	REQUIRE(ret == 0 || ret == -ENOENT || ret == -EINVAL);
	REQUIRE(ret != -EINVAL || fault.error != CRASHKERNEL_OK);
	REQUIRE(ret != 0 || fault.error == CRASHKERNEL_OK);
	if (fault.error != CRASHKERNEL_OK)
		check_fault(&fault, line);
	if (ret) {
		REQUIRE(param.size == nothing.size);
		REQUIRE(param.base == nothing.base);
		REQUIRE(param.low_size == nothing.low_size);
		REQUIRE(!param.high && !param.low_set);
	} else {
		check_good(&param, ram, has_high);
	}
}

/* What is for init isn't for the kernel. */
static void check_after_dashes(const char *line)
{
	char *behind = malloc(strlen(line) + 4);
	struct crashkernel_param param;
	struct crashkernel_fault fault;

	REQUIRE(behind);
	sprintf(behind, "-- %s", line);
	REQUIRE(crashkernel_parse(behind, ULLONG_MAX, true, &param,
				  &fault) == -ENOENT);
	REQUIRE(fault.error == CRASHKERNEL_OK);
	free(behind);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* As long as it is: the sanitizer sees a byte too many. */
	char *line = malloc(size + 1);
	size_t i;

	REQUIRE(line);
	memcpy(line, data, size);
	line[size] = '\0';

	for (i = 0; i < sizeof(rams) / sizeof(rams[0]); i++) {
		check_line(line, rams[i], true);
		check_line(line, rams[i], false);
	}
	check_after_dashes(line);
	free(line);
	return 0;
}
