/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Purgatory on i386: in and out.
 *
 * It is entered by relocate_kernel in protected mode without paging, with
 * interrupts off and descriptor tables that no longer exist. It leaves by the
 * 32-bit boot protocol (Documentation/arch/x86/boot.rst): flat segments at
 * the selectors __BOOT_CS and __BOOT_DS, interrupts off, the address of
 * struct boot_params in %esi; %ebp, %edi and %ebx zero.
 */

#include <linux/linkage.h>
#include <linux/purgatory.h>
#include <asm/desc_defs.h>
#include <asm/segment.h>

#define STACK_SIZE	4096

/* Where a symbol is, given that %ebx is where .Lhere is */
#define AT(symbol)	(symbol - .Lhere)(%ebx)

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
	leal	AT(stack_end), %esp

	/*
	 * No descriptor is valid, so that an exception ends in a shutdown of
	 * the CPU and the machine is reset rather than left in an endless
	 * loop.
	 */
	lidt	AT(no_idt)

	/*
	 * The table's address is known only now; the descriptor for lgdt is
	 * made on the stack since the blob itself has to stay as it is.
	 */
	leal	AT(gdt), %eax
	subl	$8, %esp
	movw	$(gdt_end - gdt - 1), 2(%esp)
	movl	%eax, 4(%esp)
	lgdt	2(%esp)
	addl	$8, %esp

	movl	$__BOOT_DS, %eax
	.irp	segment, ds, es, fs, gs, ss
	movl	%eax, %\segment
	.endr
	leal	AT(.Lflat), %eax
	pushl	$__BOOT_CS
	pushl	%eax
	lretl
.Lflat:
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

	.section .rodata, "a", @progbits
	.balign 16
SYM_DATA_START_LOCAL(gdt)
	.fill	__BOOT_CS / 8, 8, 0
	.quad	GDT_ENTRY(DESC_CODE32, 0, 0xfffff)	/* __BOOT_CS */
	.quad	GDT_ENTRY(DESC_DATA32, 0, 0xfffff)	/* __BOOT_DS */
SYM_DATA_END_LABEL(gdt, SYM_L_LOCAL, gdt_end)

SYM_DATA_START_LOCAL(no_idt)
	.word	0
	.long	0
SYM_DATA_END(no_idt)

	.section .bss, "aw", @nobits
	.balign 16
SYM_DATA_START_LOCAL(stack)
	.skip	STACK_SIZE
SYM_DATA_END_LABEL(stack, SYM_L_LOCAL, stack_end)
