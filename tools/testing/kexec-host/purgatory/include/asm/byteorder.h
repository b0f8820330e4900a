/* SPDX-License-Identifier: GPL-2.0 */
/* The host is little endian. */
#include <linux/types.h>
#define cpu_to_be64(x)	__builtin_bswap64(x)
