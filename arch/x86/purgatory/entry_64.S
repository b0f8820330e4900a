/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Purgatory on x86_64: in and out.
 *
 * It is entered by relocate_kernel in long mode, with physical memory mapped
 * one to one, interrupts off and descriptor tables that no longer exist. It
 * leaves by the 64-bit boot protocol (Documentation/arch/x86/boot.rst): flat
 * segments at the selectors __BOOT_CS and __BOOT_DS, interrupts off, the
 * address of struct boot_params in %rsi.
 */

#include <linux/linkage.h>
#include <linux/purgatory.h>
#include <asm/desc_defs.h>
#include <asm/segment.h>

#define STACK_SIZE	4096

	.text
	.code64
SYM_CODE_START(purgatory_start)
	cli
	cld
	leaq	stack_end(%rip), %rsp

	/*
	 * No descriptor is valid, so that an exception, for instance a region
	 * that isn't mapped, ends in a shutdown of the CPU and the machine is
	 * reset rather than left in an endless loop.
	 */
	lidt	no_idt(%rip)

	/*
	 * The table's address is known only now; the descriptor for lgdt is
	 * made on the stack since the blob itself has to stay as it is.
	 */
	leaq	gdt(%rip), %rax
	subq	$16, %rsp
	movw	$(gdt_end - gdt - 1), 6(%rsp)
	movq	%rax, 8(%rsp)
	lgdt	6(%rsp)
	addq	$16, %rsp

	movl	$__BOOT_DS, %eax
	.irp	segment, ds, es, fs, gs, ss
	movl	%eax, %\segment
	.endr
	leaq	.Lflat(%rip), %rax
	pushq	$__BOOT_CS
	pushq	%rax
	lretq
.Lflat:
	leaq	purgatory_params(%rip), %rdi
	leaq	_edata(%rip), %rsi
	subq	%rdi, %rsi
	xorl	%ebp, %ebp
	call	purgatory_main

	/* Back means intact. Nothing but the argument goes on from here. */
	movq	(purgatory_params + PURGATORY_TARGET_ARG)(%rip), %rsi
	.irp	reg, ax, bx, cx, dx, di
	xorl	%e\reg, %e\reg
	.endr
	.irp	reg, 8, 9, 10, 11, 12, 13, 14, 15
	xorl	%r\reg\()d, %r\reg\()d
	.endr
	jmp	*(purgatory_params + PURGATORY_TARGET_ENTRY)(%rip)
SYM_CODE_END(purgatory_start)

	/* An exception without a table to look its handler up in. */
SYM_CODE_START(purgatory_shutdown)
	lidt	no_idt(%rip)
	ud2
SYM_CODE_END(purgatory_shutdown)

	.section .rodata, "a", @progbits
	.balign 16
SYM_DATA_START_LOCAL(gdt)
	.fill	__BOOT_CS / 8, 8, 0
	.quad	GDT_ENTRY(DESC_CODE64, 0, 0xfffff)	/* __BOOT_CS */
	.quad	GDT_ENTRY(DESC_DATA64, 0, 0xfffff)	/* __BOOT_DS */
SYM_DATA_END_LABEL(gdt, SYM_L_LOCAL, gdt_end)

SYM_DATA_START_LOCAL(no_idt)
	.word	0
	.quad	0
SYM_DATA_END(no_idt)

	.section .bss, "aw", @nobits
	.balign 16
SYM_DATA_START_LOCAL(stack)
	.skip	STACK_SIZE
SYM_DATA_END_LABEL(stack, SYM_L_LOCAL, stack_end)
