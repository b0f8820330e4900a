// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the decompressors copy memory with. In place, source and target may
 * overlap, so it matters that this goes on byte by byte, upwards, as the boot
 * code's does; what the host's library does is its own business.
 */

#include <stddef.h>

void *boot_memcpy(void *to, const void *from, size_t size);
void *boot_memmove(void *to, const void *from, size_t size);
void *boot_memset(void *at, int byte, size_t size);
int boot_memcmp(const void *one, const void *other, size_t size);

void *boot_memcpy(void *to, const void *from, size_t size)
{
	for (size_t i = 0; i < size; i++)
		((char *)to)[i] = ((const char *)from)[i];

	return to;
}

void *boot_memmove(void *to, const void *from, size_t size)
{
	if (to <= from)
		return boot_memcpy(to, from, size);
	while (size--)
		((char *)to)[size] = ((const char *)from)[size];

	return to;
}

void *boot_memset(void *at, int byte, size_t size)
{
	for (size_t i = 0; i < size; i++)
		((char *)at)[i] = byte;

	return at;
}

int boot_memcmp(const void *one, const void *other, size_t size)
{
	const unsigned char *a = one, *b = other;

	for (size_t i = 0; i < size; i++)
		if (a[i] != b[i])
			return a[i] - b[i];

	return 0;
}
