/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HOST_LINUX_UNALIGNED_H
#define _HOST_LINUX_UNALIGNED_H

#include <string.h>
#include <asm/byteorder.h>

static inline u32 get_unaligned_be32(const void *p)
{
	u32 value;

	memcpy(&value, p, sizeof(value));
	return __builtin_bswap32(value);
}

static inline void put_unaligned_be32(u32 value, void *p)
{
	value = __builtin_bswap32(value);
	memcpy(p, &value, sizeof(value));
}

#endif
