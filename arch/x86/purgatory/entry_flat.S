/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A flat world to run in, of either width: all memory in each segment, no
 * exceptions but an NMI that is ignored, a stack. Who includes this has said
 * how the code finds a symbol, AT(symbol), and which code is to run, FLAT_CODE.
 */

#include <asm/asm.h>
#include <asm/desc_defs.h>
#include <asm/segment.h>
#include <asm/trapnr.h>

#define STACK_SIZE	4096
#define WORD_BYTES	__ASM_SEL(4, 8)

/* The third word of an interrupt gate, whose type is 14 */
#define GATE_WORD	((_DESC_PRESENT | _DESC_SYSTEM(14)) << 8)

/*
 * In place of what relocate_kernel left behind, whose table of interrupts serves
 * until there is another; uses the accumulator.
 */
.macro ENTER_FLAT
	__ASM_SIZE(lea)	AT(stack_end), %_ASM_SP

	/*
	 * The table's address is known only now; the descriptor for lgdt is
	 * made on the stack since the blob itself has to stay as it is.
	 */
	__ASM_SIZE(lea)	AT(gdt), %_ASM_AX
	push	%_ASM_AX
	pushw	$(gdt_end - gdt - 1)
	lgdt	(%_ASM_SP)
	__ASM_SIZE(add)	$(WORD_BYTES + 2), %_ASM_SP

	movl	$__BOOT_DS, %eax
	.irp	segment, ds, es, fs, gs, ss
	movl	%eax, %\segment
	.endr
	__ASM_SIZE(lea)	AT(.Lflat), %_ASM_AX
	push	$__BOOT_CS
	push	%_ASM_AX
	__ASM_SIZE(lret)
.Lflat:
	IGNORE_NMI
.endm

/*
 * The digest takes long enough for an NMI to come, from a watchdog or from
 * who presses the button a second time, and it would be a pity about the dump.
 * For all else no descriptor is valid, so that an exception, for instance a
 * region that isn't mapped, ends in a shutdown of the CPU and the machine is
 * reset rather than left in an endless loop.
 *
 * The table is made where the stack begins, and stays there until the next
 * kernel has one of its own. A gate is the same in its first eight bytes
 * whatever its width; a long one has the upper half of the address behind
 * them. Uses the accumulator and the counter.
 */
.macro IGNORE_NMI
	__ASM_SIZE(lea)	AT(nmi_ignored), %_ASM_AX
	.if	WORD_BYTES == 8
	__ASM_SIZE(mov)	%_ASM_AX, %_ASM_CX
	__ASM_SIZE(shr)	$32, %_ASM_CX
	push	%_ASM_CX
	.endif
	movl	%eax, %ecx
	shrl	$16, %ecx
	pushw	%cx
	pushw	$GATE_WORD
	pushw	$__BOOT_CS
	pushw	%ax
	.rept	2 * X86_TRAP_NMI
	push	$0
	.endr

	__ASM_SIZE(mov)	%_ASM_SP, %_ASM_AX
	push	%_ASM_AX
	pushw	$((X86_TRAP_NMI + 1) * 2 * WORD_BYTES - 1)
	lidt	(%_ASM_SP)
	__ASM_SIZE(mov)	%_ASM_AX, %_ASM_SP
	__ASM_SIZE(and)	$-16, %_ASM_SP
.endm

	.text
SYM_CODE_START_LOCAL(nmi_ignored)
	__ASM_SIZE(iret)
SYM_CODE_END(nmi_ignored)

	.section .rodata, "a", @progbits
	.balign 16
SYM_DATA_START_LOCAL(gdt)
	.fill	__BOOT_CS / 8, 8, 0
	.quad	GDT_ENTRY(FLAT_CODE, 0, 0xfffff)	/* __BOOT_CS */
	.quad	GDT_ENTRY(DESC_DATA32, 0, 0xfffff)	/* __BOOT_DS */
SYM_DATA_END_LABEL(gdt, SYM_L_LOCAL, gdt_end)

/* For who wants to be reset */
SYM_DATA_START_LOCAL(no_idt)
	.word	0
	.quad	0
SYM_DATA_END(no_idt)

	.section .bss, "aw", @nobits
	.balign 16
SYM_DATA_START_LOCAL(stack)
	.skip	STACK_SIZE
SYM_DATA_END_LABEL(stack, SYM_L_LOCAL, stack_end)
