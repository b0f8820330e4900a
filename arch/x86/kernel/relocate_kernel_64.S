/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The jump from one kernel into another.
 *
 * This code runs in three places that hold the same bytes: in the kernel,
 * where C calls it; at the same virtual address on the image's transition
 * page tables, where that address is the control page; and at the control
 * page's physical address, which those tables map to itself. Only there do
 * pages move, as any other page may be a destination.
 *
 * So nothing here refers to the kernel by name, and everything that it needs
 * is in registers or in struct kexec_control_data behind the code.
 */

#include <linux/linkage.h>
#include <linux/objtool.h>

#include <asm/kexec.h>
#include <asm/msr-index.h>
#include <asm/nospec-branch.h>
#include <asm/processor-flags.h>
#include <asm/segment.h>
#include <asm/unwind_hints.h>

#include "relocate_kernel_pages.S"

/* Long mode as the boot protocol expects it, caches on, writes unprotected */
#define IDENTITY_CR0	(X86_CR0_PE | X86_CR0_ET | X86_CR0_NE | X86_CR0_PG)

/* The paging mode cannot change; machine checks cannot be turned off in TDX */
#define IDENTITY_CR4	(X86_CR4_PAE | X86_CR4_LA57 | X86_CR4_MCE)

/* Nothing of this kernel leaks into the next, nor does it rely on it. */
.macro CLEAR_REGS
	.irp	reg, eax, ebx, ecx, edx, esi, edi, ebp, \
		     r8d, r9d, r10d, r11d, r12d, r13d, r14d, r15d
	xorl	%\reg, %\reg
	.endr
.endm

/* The MSR \msr into \to; uses %rax, %rcx, %rdx */
.macro READ_MSR msr:req to:req
	movl	$\msr, %ecx
	rdmsr
	shlq	$32, %rdx
	orq	%rdx, %rax
	movq	%rax, \to
.endm

/* \from into the MSR \msr; uses %rax, %rcx, %rdx */
.macro WRITE_MSR msr:req from:req
	movl	$\msr, %ecx
	movq	\from, %rax
	movq	%rax, %rdx
	shrq	$32, %rdx
	wrmsr
.endm

	.text
	.balign	PAGE_SIZE
	.code64

/*
 * unsigned long relocate_kernel(unsigned long head, unsigned long start,
 *				 const void *control_page, unsigned long go)
 *
 * Interrupts are off.
 */
SYM_CODE_START_NOALIGN(relocate_kernel)
	UNWIND_HINT_END_OF_STACK
	ANNOTATE_NOENDBR
.Lcode:
	/* What comes back with KEXEC_GO_AND_RETURN: on the kernel's stack */
	FOR_EACH pushq rbx, rbp, r12, r13, r14, r15
	subq	$32, %rsp
	sgdt	(%rsp)
	sidt	16(%rsp)

	movq	%rdi, %r12			/* head */
	movq	%rsi, %r13			/* start */
	movq	%rcx, %r14			/* go */
	movq	KEXEC_CTL_PHYS(%rdx), %r15	/* control page */
	movq	KEXEC_CTL_PGD(%rdx), %r9

	READ_MSR MSR_EFER, %rbx
	READ_MSR MSR_GS_BASE, %rbp
	movq	%cr0, %r8
	movq	%cr3, %r10
	movq	%cr4, %r11

	/*
	 * CR4 first: CET needs CR0.WP as long as it is on, branch tracking
	 * would trap on the jump below, and without PCIDs and global pages the
	 * new CR3 leaves nothing in the TLB.
	 */
	movq	%r11, %rax
	andl	$IDENTITY_CR4, %eax
	movq	%rax, %cr4
	movl	$IDENTITY_CR0, %eax
	movq	%rax, %cr0
	movq	%r9, %cr3

	leaq	(.Lidentity - .Lcode)(%r15), %rax
	ANNOTATE_RETPOLINE_SAFE
	jmp	*%rax
	int3

.Lidentity:
	UNWIND_HINT_END_OF_STACK
	/* First a stack and tables for an NMI, as the kernel's are gone. */
	movq	%rsp, KEXEC_CTL_SP(%r15)
	leaq	KEXEC_CONTROL_PAGE_SIZE(%r15), %rsp
	lgdt	KEXEC_CTL_GDTR(%r15)
	lidt	KEXEC_CTL_IDTR(%r15)

	movq	%r12, KEXEC_CTL_HEAD(%r15)
	movq	%r8, KEXEC_CTL_CR0(%r15)
	movq	%r10, KEXEC_CTL_CR3(%r15)
	movq	%r11, KEXEC_CTL_CR4(%r15)
	movq	%rbx, KEXEC_CTL_EFER(%r15)
	movq	%rbp, KEXEC_CTL_GSBASE(%r15)

	leaq	.Lflat(%rip), %rax
	pushq	$__BOOT_CS
	pushq	%rax
	lretq

.Lflat:
	UNWIND_HINT_END_OF_STACK
	movl	$__BOOT_DS, %eax
	FOR_EACH "movl %eax," ss, ds, es, fs, gs

	/*
	 * Memory encryption leaves lines of the destinations in the caches
	 * under another address. They must not land on what is copied there.
	 */
	testb	$KEXEC_GO_FLUSH, %r14b
	jz	.Lflushed
	wbinvd
.Lflushed:
	testb	$KEXEC_GO_AND_RETURN, %r14b
	jnz	.Lcall_peer

	WALK_PAGES %r12 COPY_PAGE

	/* On top of the stack, where a peer finds its way back: there is none */
	pushq	$0
	pushq	%r13
	CLEAR_REGS
	ANNOTATE_UNRET_SAFE
	ret
	int3

.Lcall_peer:
	WALK_PAGES %r12 EXCHANGE_PAGE

	/*
	 * The peer finds the way back on top of the stack, whether it returns
	 * or calls us: below it is where it wants to be entered next, which is
	 * where it starts if it returns and the address that it pushes if it
	 * calls.
	 */
	pushq	%r13
	CLEAR_REGS
	ANNOTATE_RETPOLINE_SAFE
	call	*(%rsp)

	/* Nothing is known but this address, and that it maps to itself. */
	UNWIND_HINT_END_OF_STACK
	cli
	cld
	movq	(%rsp), %r13
	leaq	.Lcode(%rip), %r15
	movq	KEXEC_CTL_PGD(%r15), %rax
	movq	%rax, %cr3
	leaq	KEXEC_CONTROL_PAGE_SIZE(%r15), %rsp

	movq	KEXEC_CTL_HEAD(%r15), %r12
	WALK_PAGES %r12 EXCHANGE_PAGE

	/* The kernel is whole again; on to an address that it has as well. */
	movq	KEXEC_CTL_CODE(%r15), %rax
	addq	$(.Lback - .Lcode), %rax
	ANNOTATE_RETPOLINE_SAFE
	jmp	*%rax
	int3

.Lback:
	UNWIND_HINT_END_OF_STACK
	movq	KEXEC_CTL_SP(%r15), %rsp
	movq	KEXEC_CTL_GSBASE(%r15), %rbp
	movq	KEXEC_CTL_CR3(%r15), %r10
	movq	KEXEC_CTL_CR4(%r15), %r11

	/*
	 * EFER first, whose no-execute bit the kernel's tables use. CR0.WP
	 * before CET, and CR4 while the PCID is zero, as it has to be when
	 * they are switched on.
	 */
	WRITE_MSR MSR_EFER, KEXEC_CTL_EFER(%r15)
	movq	KEXEC_CTL_CR0(%r15), %rax
	movq	%rax, %cr0
	movq	%r11, %cr4
	movq	%r10, %cr3

	lgdt	(%rsp)
	lidt	16(%rsp)
	addq	$32, %rsp
	leaq	.Lkernel(%rip), %rax
	pushq	$__KERNEL_CS
	pushq	%rax
	lretq

.Lkernel:
	/* The selectors of user space come back with the processor state. */
	UNWIND_HINT_END_OF_STACK
	movl	$__KERNEL_DS, %eax
	movl	%eax, %ss
	xorl	%eax, %eax
	FOR_EACH "movl %eax," ds, es, fs, gs
	WRITE_MSR MSR_GS_BASE, %rbp

	movq	%r13, %rax
	FOR_EACH popq r15, r14, r13, r12, rbp, rbx
	ANNOTATE_UNRET_SAFE
	ret
	int3

/*
 * An NMI between two kernels is nobody's. The machine would reset if there
 * were no handler, and take the dump with it.
 */
SYM_INNER_LABEL(relocate_kernel_nmi, SYM_L_GLOBAL)
	UNWIND_HINT_IRET_REGS
	ANNOTATE_NOENDBR
	iretq
SYM_INNER_LABEL(relocate_kernel_end, SYM_L_GLOBAL)
	ANNOTATE_NOENDBR
	/* Fails to assemble where the code is too big for its half page. */
	.org	.Lcode + KEXEC_CONTROL_CODE_MAX_SIZE, 0xcc
SYM_CODE_END(relocate_kernel)

/* A probe in here would be copied along. */
_ASM_NOKPROBE(relocate_kernel)
