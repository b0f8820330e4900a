/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Purgatory on x86_64: in and out.
 *
 * It is entered by relocate_kernel in long mode, with physical memory mapped
 * one to one, interrupts off, and the descriptor tables of the control page. It
 * leaves by the 64-bit boot protocol (Documentation/arch/x86/boot.rst): flat
 * segments at the selectors __BOOT_CS and __BOOT_DS, interrupts off, the
 * address of struct boot_params in %rsi.
 */

#include <linux/linkage.h>
#include <linux/purgatory.h>

#define AT(symbol)	(symbol)(%rip)
#define FLAT_CODE	DESC_CODE64
#include "entry_flat.S"

	.text
	.code64
SYM_CODE_START(purgatory_start)
	cli
	cld
	ENTER_FLAT

	leaq	AT(purgatory_params), %rdi
	leaq	AT(_edata), %rsi
	subq	%rdi, %rsi
	xorl	%ebp, %ebp
	call	purgatory_main

	/* Back means intact. Nothing but the argument goes on from here. */
	movq	AT(purgatory_params + PURGATORY_TARGET_ARG), %rsi
	.irp	reg, ax, bx, cx, dx, di
	xorl	%e\reg, %e\reg
	.endr
	.irp	reg, 8, 9, 10, 11, 12, 13, 14, 15
	xorl	%r\reg\()d, %r\reg\()d
	.endr
	jmp	*AT(purgatory_params + PURGATORY_TARGET_ENTRY)
SYM_CODE_END(purgatory_start)

	/* An exception without a table to look its handler up in. */
SYM_CODE_START(purgatory_shutdown)
	lidt	AT(no_idt)
	ud2
SYM_CODE_END(purgatory_shutdown)
