/* SPDX-License-Identifier: GPL-2.0-only */
/* Exactly, so that the sanitizer sees the first byte too much. */
#include <stdlib.h>

#define vzalloc(size)	calloc(1, size)
#define vfree(ptr)	free(ptr)
