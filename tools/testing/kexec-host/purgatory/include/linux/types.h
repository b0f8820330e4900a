/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's types, for purgatory's code on the host. */
#ifndef _HOST_LINUX_TYPES_H
#define _HOST_LINUX_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef u32 __u32;
typedef u32 __be32;
typedef u64 __be64;

#define __noreturn	_Noreturn

#endif
