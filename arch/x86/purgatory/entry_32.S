/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Purgatory on i386: in and out.
 *
 * It is entered by relocate_kernel in protected mode without paging, with
 * interrupts off and the descriptor tables of the control page. It leaves by the
 * 32-bit boot protocol (Documentation/arch/x86/boot.rst): flat segments at
 * the selectors __BOOT_CS and __BOOT_DS, interrupts off, the address of
 * struct boot_params in %esi; %ebp, %edi and %ebx zero.
 */

#include <linux/linkage.h>
#include <linux/purgatory.h>

/* Where a symbol is, given that %ebx is where .Lhere is */
#define AT(symbol)	(symbol - .Lhere)(%ebx)
#define FLAT_CODE	DESC_CODE32
#include "entry_flat.S"

	.text
	.code32
SYM_CODE_START(purgatory_start)
	cli
	cld

	/*
	 * Where is this? Code can ask only by way of a stack: the one that
	 * relocate_kernel left in its control page will do for a word.
	 */
	call	.Lhere
.Lhere:
	popl	%ebx
	ENTER_FLAT

	/* purgatory_main(params, load_size), of which the second has 64 bits */
	leal	AT(purgatory_params), %eax
	leal	AT(_edata), %edx
	subl	%eax, %edx
	xorl	%ecx, %ecx
	xorl	%ebp, %ebp
	call	purgatory_main

	/* Back means intact. Nothing but the argument goes on from here. */
	movl	AT(purgatory_params + PURGATORY_TARGET_ARG), %esi
	pushl	AT(purgatory_params + PURGATORY_TARGET_ENTRY)
	.irp	reg, eax, ebx, ecx, edx, edi, ebp
	xorl	%\reg, %\reg
	.endr
	ret
SYM_CODE_END(purgatory_start)

	/* An exception without a table to look its handler up in. */
SYM_CODE_START(purgatory_shutdown)
	pushl	$0
	pushl	$0
	lidt	(%esp)
	ud2
SYM_CODE_END(purgatory_shutdown)
