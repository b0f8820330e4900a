/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's own, without what is only for calls through pointers in the
 * kernel: a type before the function that CFI looks at.
 */
#include <linux/linkage.h>
#include <linux/cfi_types.h>

#undef SYM_TYPED_FUNC_START
#define SYM_TYPED_FUNC_START	SYM_FUNC_START

#include "../crypto/sha256_ni_asm.S"
