/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _HOST_LINUX_BITMAP_H
#define _HOST_LINUX_BITMAP_H

/* What the kernel has of the same name, a bit at a time. */

#include <stdbool.h>
#include <string.h>

#define BITS_PER_LONG		(8 * sizeof(long))
#define BITS_TO_LONGS(nr)	(((nr) + BITS_PER_LONG - 1) / BITS_PER_LONG)
#define DECLARE_BITMAP(name, bits)	unsigned long name[BITS_TO_LONGS(bits)]

static inline bool test_bit(unsigned long nr, const unsigned long *bits)
{
	return bits[nr / BITS_PER_LONG] >> nr % BITS_PER_LONG & 1;
}

static inline void __set_bit(unsigned long nr, unsigned long *bits)
{
	bits[nr / BITS_PER_LONG] |= 1UL << nr % BITS_PER_LONG;
}

static inline unsigned long find_next(const unsigned long *bits,
				      unsigned long size, unsigned long nr,
				      bool want)
{
	while (nr < size && test_bit(nr, bits) != want)
		nr++;
	return nr < size ? nr : size;
}

#define find_next_bit(bits, size, nr)		find_next(bits, size, nr, true)
#define find_next_zero_bit(bits, size, nr)	find_next(bits, size, nr, false)

static inline unsigned int bitmap_weight(const unsigned long *bits,
					 unsigned int nr)
{
	unsigned int weight = 0;

	while (nr--)
		weight += test_bit(nr, bits);
	return weight;
}

static inline void bitmap_copy(unsigned long *to, const unsigned long *from,
			       unsigned int nr)
{
	memcpy(to, from, BITS_TO_LONGS(nr) * sizeof(long));
}

#endif
