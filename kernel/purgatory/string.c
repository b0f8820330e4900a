// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory functions that the compiler and SHA-256 call. Small ones will do:
 * the regions themselves are read in place.
 */

#include <linux/string.h>

/* Where they are macros, for what a compiler may make a call of one of these */
#undef memcpy
#undef memset
#undef memcmp

void *memcpy(void *to, const void *from, size_t n)
{
	const u8 *src = from;
	u8 *dst = to;

	while (n--)
		*dst++ = *src++;
	return to;
}

void *memset(void *to, int c, size_t n)
{
	u8 *dst = to;

	while (n--)
		*dst++ = c;
	return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const u8 *p = a, *q = b;

	for (; n; n--, p++, q++) {
		if (*p != *q)
			return *p < *q ? -1 : 1;
	}
	return 0;
}
