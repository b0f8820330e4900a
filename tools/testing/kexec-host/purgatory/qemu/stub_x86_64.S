/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What stands in for both kernels when purgatory is tried on a bare machine:
 * a multiboot image that enters purgatory the way relocate_kernel does (long
 * mode, memory mapped one to one, interrupts off; or, for i386's, protected
 * mode without paging) and a target for either of them that looks at
 * the state it is entered in. If asked for, the timer sends NMIs from then on.
 *
 * Loaded at 1 MiB. The tables are built below that.
 */

#define LOAD_ADDR	0x100000
#define PML4		0x10000		/* and the next two pages */
#define STACK		0x20000

#define CR0_PG		0x80000000
#define CR4_PAE		0x20
#define MSR_EFER	0xc0000080
#define EFER_LME	0x100

#define PAGE_TABLE	0x3		/* present, writable */
#define PAGE_2M		0x83

/* The timer's interrupt as an NMI, the first a whole period from now */
#define IOAPIC_INDEX	0xfec00000
#define IOAPIC_DATA	0xfec00010
#define TIMER_ENTRY	0x14		/* and what is next: to which CPU */
#define DELIVER_NMI	0x400
#define PIT_CONTROL	0x43
#define PIT_PERIODIC	0x34
#define PIT_PERIOD	0x40

#define EXIT_PORT	0xf4		/* isa-debug-exit: status 2n + 1 */
#define EXIT_ENTERED	0x31
#define EXIT_BAD_STATE	0x10		/* plus the number of the check */

	.section .text
	.code32
	.globl _start
_start:
multiboot:
	.long	0x1badb002
	.long	0x00010000		/* addresses are in here: */
	.long	-(0x1badb002 + 0x00010000)
	.long	multiboot
	.long	LOAD_ADDR
	.long	0			/* load to the end of the file */
	.long	0
	.long	start32

	/* Filled in by the test: where to go, and what is to come through. */
	.balign 64
entry:	.quad	0
arg:	.quad	0
nmis:	.quad	0
narrow:	.quad	0

/* The checks, of either width, jump to 0 with a far return or to their number. */
.macro VERDICTS
0:	movl	$0x18, %ebx
	movl	%ebx, %ds
	movl	%ebx, %ss
	movb	$EXIT_ENTERED, %al
	jmp	6f
	.irp	number, 1, 2, 3, 4, 5
\number:	movb	$(EXIT_BAD_STATE + \number), %al
	jmp	6f
	.endr
6:	outb	%al, $EXIT_PORT
	jmp	6b
.endm

	/* The target is at a place that the test can name. */
	.balign 128
	.code64
target:
	movw	%cs, %bx
	cmpw	$0x10, %bx
	jne	1f
	movw	%ds, %bx
	cmpw	$0x18, %bx
	jne	2f
	movw	%es, %bx
	cmpw	$0x18, %bx
	jne	2f
	movw	%ss, %bx
	cmpw	$0x18, %bx
	jne	2f
	cmpq	arg(%rip), %rsi
	jne	3f
	/* IF and DF are off. */
	pushfq
	popq	%rbx
	testl	$0x600, %ebx
	jnz	4f
	/* Nothing else comes along. */
	orq	%rcx, %rax
	orq	%rdx, %rax
	orq	%rdi, %rax
	orq	%rbp, %rax
	orq	%r8, %rax
	orq	%r9, %rax
	orq	%r10, %rax
	orq	%r11, %rax
	orq	%r12, %rax
	orq	%r13, %rax
	orq	%r14, %rax
	orq	%r15, %rax
	jnz	5f
	/* The segments are usable, not only named. */
	pushq	$0x10
	leaq	0f(%rip), %rbx
	pushq	%rbx
	lretq
	VERDICTS

	.org	512
	.code32
target32:
	orl	%ebx, %eax
	orl	%ecx, %eax
	orl	%edx, %eax
	orl	%edi, %eax
	orl	%ebp, %eax
	jnz	5f
	movw	%cs, %bx
	cmpw	$0x10, %bx
	jne	1f
	.irp	segment, ds, es, ss
	movw	%\segment, %bx
	cmpw	$0x18, %bx
	jne	2f
	.endr
	cmpl	arg, %esi
	jne	3f
	pushfl
	popl	%ebx
	testl	$0x600, %ebx
	jnz	4f
	pushl	$0x10
	pushl	$0f
	lret
	VERDICTS

start32:
	cli
	/* 1 GiB one to one, in large pages */
	movl	$(PML4 + 0x1000 + PAGE_TABLE), PML4
	movl	$0, PML4 + 4
	movl	$(PML4 + 0x2000 + PAGE_TABLE), PML4 + 0x1000
	movl	$0, PML4 + 0x1004
	xorl	%ecx, %ecx
	movl	$PAGE_2M, %eax
6:	movl	%eax, PML4 + 0x2000(, %ecx, 8)
	movl	$0, PML4 + 0x2004(, %ecx, 8)
	addl	$0x200000, %eax
	incl	%ecx
	cmpl	$512, %ecx
	jne	6b

	cmpl	$0, nmis
	je	7f
	movl	$(TIMER_ENTRY + 1), IOAPIC_INDEX
	movl	$0, IOAPIC_DATA
	movl	$TIMER_ENTRY, IOAPIC_INDEX
	movl	$DELIVER_NMI, IOAPIC_DATA
	movb	$PIT_PERIODIC, %al
	outb	%al, $PIT_CONTROL
	movb	$0xff, %al
	outb	%al, $PIT_PERIOD
	outb	%al, $PIT_PERIOD
7:
	/* Selectors that purgatory has to replace, of either width */
	lgdt	gdt_pointer
	cmpl	$0, narrow
	jne	enter32

	movl	$CR4_PAE, %eax
	movl	%eax, %cr4
	movl	$PML4, %eax
	movl	%eax, %cr3
	movl	$MSR_EFER, %ecx
	xorl	%edx, %edx
	movl	$EFER_LME, %eax
	wrmsr
	movl	%cr0, %eax
	orl	$CR0_PG, %eax
	movl	%eax, %cr0

	ljmp	$0x08, $start64

enter32:
	ljmp	$0x20, $8f
8:	movl	$0x28, %eax
	.irp	segment, ds, es, fs, gs, ss
	movl	%eax, %\segment
	.endr
	movl	$-1, %ebp
	movl	%ebp, %edi
	std
	movl	$STACK, %esp
	jmp	*entry

	.code64
start64:
	xorl	%eax, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	/* Registers that must not come through, and the flag that neither. */
	movq	$-1, %rbp
	movq	%rbp, %r8
	movq	%rbp, %r15
	std
	movl	$STACK, %esp
	jmp	*entry(%rip)

	.balign 8
gdt:	.quad	0
	.quad	0x00af9b000000ffff
	.quad	0, 0
	.quad	0x00cf9b000000ffff
	.quad	0x00cf93000000ffff
gdt_pointer:
	.word	. - gdt - 1
	.long	gdt
