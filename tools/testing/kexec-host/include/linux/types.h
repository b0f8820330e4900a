/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's types for code that also builds on the host. */
#ifndef _KEXEC_HOST_LINUX_TYPES_H
#define _KEXEC_HOST_LINUX_TYPES_H

#include_next <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;
typedef __s64 s64;

#define U64_MAX ((u64)~0ULL)
#define U32_MAX		((u32)~0U)

#endif /* _KEXEC_HOST_LINUX_TYPES_H */
