/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's types, for purgatory's code on the host. */
#ifndef _HOST_LINUX_TYPES_H
#define _HOST_LINUX_TYPES_H

#include <stdbool.h>
#include <stddef.h>

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef u32 __u32;
typedef u32 __be32;
typedef u64 __be64;

#define __noreturn	__attribute__((noreturn))
#define __weak		__attribute__((weak))

#endif
