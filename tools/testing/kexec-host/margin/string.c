// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the decompressors copy memory with. In place, source and target may
 * overlap, so it matters that this does what the boot code's does: it copies
 * upwards, and where that would spoil the source, from its end. (The boot
 * code's takes whole words upwards, which comes to the same, for then the
 * target is below the source.) What the host's library does is its own
 * business.
 */

#include <stddef.h>

void *boot_memcpy(void *to, const void *from, size_t size);
void *boot_memmove(void *to, const void *from, size_t size);
void *boot_memset(void *at, int byte, size_t size);
int boot_memcmp(const void *one, const void *other, size_t size);

void *boot_memmove(void *to, const void *from, size_t size)
{
	if (to <= from) {
		for (size_t i = 0; i < size; i++)
			((char *)to)[i] = ((const char *)from)[i];
		return to;
	}
	while (size--)
		((char *)to)[size] = ((const char *)from)[size];

	return to;
}

void *boot_memcpy(void *to, const void *from, size_t size)
{
	return boot_memmove(to, from, size);
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
