/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Purgatory as the kernel carries it around: kernel/kexec_purgatory.c makes a
 * copy for each image.
 */

#include <linux/linkage.h>
#include <asm/asm.h>

	.section .rodata, "a", @progbits

	.balign 8
SYM_DATA_START(kexec_purgatory)
	.incbin "arch/x86/purgatory/purgatory.bin"
SYM_DATA_END_LABEL(kexec_purgatory, SYM_L_LOCAL, kexec_purgatory_end)

	.balign 8
SYM_DATA_START(kexec_purgatory_size)
	_ASM_PTR	kexec_purgatory_end - kexec_purgatory
SYM_DATA_END(kexec_purgatory_size)
