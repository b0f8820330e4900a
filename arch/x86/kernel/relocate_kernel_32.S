/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The jump from one 32-bit kernel into the next.
 *
 * As on 64 bit, the same bytes are in three places: in the kernel, where C
 * calls them; at the same virtual address on the image's transition tables,
 * where that is the control page; and at the control page's physical address.
 * There paging is turned off, and the pages move.
 *
 * %ebp is that address from the start on; without paging it is the only way
 * to refer to anything.
 */

#include <linux/linkage.h>

#include <asm/kexec.h>
#include <asm/msr-index.h>
#include <asm/nospec-branch.h>
#include <asm/processor-flags.h>
#include <asm/segment.h>

#include "relocate_kernel_pages.S"

/* Protected mode as the boot protocol expects it, caches on */
#define PHYSICAL_CR0	(X86_CR0_PE | X86_CR0_ET | X86_CR0_NE)
#define BRIDGE_CR0	(PHYSICAL_CR0 | X86_CR0_PG)

/* What decides how the page tables of either side of the bridge are read */
#define BRIDGE_CR4	(X86_CR4_PAE | X86_CR4_PSE)

/*
 * What the kernel's stack holds while the peer runs: the descriptor tables'
 * registers, CR0, segments, the caller's registers. The arguments are behind
 * that and the return address.
 */
#define KEPT_GDTR	0
#define KEPT_IDTR	8
#define KEPT_TABLES	16
#define ARGUMENTS	(KEPT_TABLES + 9 * 4 + 4)

/* Nothing of this kernel leaks into the next, nor does it rely on it. */
.macro CLEAR_REGS
	.irp	reg, eax, ebx, ecx, edx, esi, edi, ebp
	xorl	%\reg, %\reg
	.endr
.endm

/* The control page's own segments; uses %eax */
.macro OWN_SEGMENTS
	lgdt	KEXEC_CTL_GDTR(%ebp)
	movl	$__BOOT_DS, %eax
	FOR_EACH "movl %eax," ss, ds, es, fs, gs
.endm

	.text
	.balign	PAGE_SIZE

/*
 * unsigned long relocate_kernel(unsigned long head, unsigned long start,
 *				 const void *control_page, unsigned long go)
 *
 * Interrupts are off.
 */
SYM_CODE_START_NOALIGN(relocate_kernel)
.Lcode:
	FOR_EACH pushl ebp, ebx, esi, edi
	FOR_EACH pushl ds, es, fs, gs
	movl	%cr0, %eax
	pushl	%eax
	subl	$KEPT_TABLES, %esp
	sgdt	KEPT_GDTR(%esp)
	sidt	KEPT_IDTR(%esp)

	movl	(ARGUMENTS + 0)(%esp), %ebx	/* head */
	movl	(ARGUMENTS + 4)(%esp), %ecx	/* start */
	movl	(ARGUMENTS + 8)(%esp), %eax	/* control page */
	movl	(ARGUMENTS + 12)(%esp), %edi	/* go */
	movl	KEXEC_CTL_PHYS(%eax), %ebp
	movl	KEXEC_CTL_PGD(%eax), %edx

	/* Without global pages the new CR3 leaves nothing in the TLB. */
	xorl	%esi, %esi
	testl	$KEXEC_GO_HAS_CR4, %edi
	jz	.Lno_cr4
	movl	%cr4, %esi
	movl	%esi, %eax
	andl	$BRIDGE_CR4, %eax
	movl	%eax, %cr4
.Lno_cr4:
	movl	$BRIDGE_CR0, %eax
	movl	%eax, %cr0
	movl	%cr3, %eax
	movl	%edx, %cr3
	movl	%eax, %edx

	leal	(.Lbridge - .Lcode)(%ebp), %eax
	ANNOTATE_RETPOLINE_SAFE
	jmp	*%eax

.Lbridge:
	movl	$PHYSICAL_CR0, %eax
	movl	%eax, %cr0
	jmp	.Lphysical

.Lphysical:
	movl	%ebx, KEXEC_CTL_HEAD(%ebp)
	movl	%edi, KEXEC_CTL_GO(%ebp)
	movl	%esp, KEXEC_CTL_SP(%ebp)
	movl	%edx, KEXEC_CTL_CR3(%ebp)
	movl	%esi, KEXEC_CTL_CR4(%ebp)
	leal	KEXEC_CONTROL_PAGE_SIZE(%ebp), %esp
	OWN_SEGMENTS
	leal	(.Lflat - .Lcode)(%ebp), %eax
	pushl	$__BOOT_CS
	pushl	%eax
	lretl

.Lflat:
	/* Not before the code segment is one of them: an NMI goes back to it. */
	lidt	KEXEC_CTL_IDTR(%ebp)
	/* On top of the stack, where a peer finds its way back: there is none */
	pushl	$0
	pushl	%ecx				/* start */

	xorl	%eax, %eax
	testl	$KEXEC_GO_HAS_CR4, %edi
	jz	.Lcr4_cleared
	movl	%eax, %cr3
	movl	%eax, %cr4
.Lcr4_cleared:
	testl	$KEXEC_GO_HAS_EFER, %edi
	jz	.Lefer_kept
	movl	$MSR_EFER, %ecx
	rdmsr
	movl	%eax, KEXEC_CTL_EFER(%ebp)
	movl	%edx, (KEXEC_CTL_EFER + 4)(%ebp)
.Lefer_kept:
	movl	KEXEC_CTL_HEAD(%ebp), %eax
	testl	$KEXEC_GO_AND_RETURN, KEXEC_CTL_GO(%ebp)
	jnz	.Lcall_peer

	WALK_PAGES %eax COPY_PAGE

	CLEAR_REGS
	ret

.Lcall_peer:
	WALK_PAGES %eax EXCHANGE_PAGE

	/*
	 * As on 64 bit: what is on top of the stack when the peer comes back
	 * is where it wants to be entered next, whether it returns or calls.
	 */
	CLEAR_REGS
	ANNOTATE_RETPOLINE_SAFE
	call	*(%esp)

	/* Nothing is known but this address, and that there is no paging. */
	cli
	cld
	popl	%esi
	call	.Lhere
.Lhere:
	popl	%ebp
	subl	$(.Lhere - .Lcode), %ebp
	leal	KEXEC_CONTROL_PAGE_SIZE(%ebp), %esp
	pushl	%esi				/* the peer's entry */
	OWN_SEGMENTS
	lidt	KEXEC_CTL_IDTR(%ebp)

	movl	KEXEC_CTL_HEAD(%ebp), %eax
	WALK_PAGES %eax EXCHANGE_PAGE

	/* The kernel is whole again; back over the bridge. */
	popl	%edi
	movl	KEXEC_CTL_GO(%ebp), %ebx
	testl	$KEXEC_GO_HAS_EFER, %ebx
	jz	.Lefer_back
	movl	$MSR_EFER, %ecx
	movl	KEXEC_CTL_EFER(%ebp), %eax
	movl	(KEXEC_CTL_EFER + 4)(%ebp), %edx
	wrmsr
.Lefer_back:
	testl	$KEXEC_GO_HAS_CR4, %ebx
	jz	.Lcr4_bridge
	movl	KEXEC_CTL_CR4(%ebp), %eax
	andl	$BRIDGE_CR4, %eax
	movl	%eax, %cr4
.Lcr4_bridge:
	movl	KEXEC_CTL_PGD(%ebp), %eax
	movl	%eax, %cr3
	movl	$BRIDGE_CR0, %eax
	movl	%eax, %cr0
	movl	KEXEC_CTL_CODE(%ebp), %eax
	addl	$(.Lback - .Lcode), %eax
	ANNOTATE_RETPOLINE_SAFE
	jmp	*%eax

.Lback:
	movl	KEXEC_CTL_SP(%ebp), %esp
	movl	KEXEC_CTL_CR4(%ebp), %esi
	movl	KEXEC_CTL_CR3(%ebp), %eax
	movl	%eax, %cr3
	testl	$KEXEC_GO_HAS_CR4, %ebx
	jz	.Lcr4_back
	movl	%esi, %cr4
.Lcr4_back:
	lgdt	KEPT_GDTR(%esp)
	lidt	KEPT_IDTR(%esp)
	addl	$KEPT_TABLES, %esp
	movl	$__KERNEL_DS, %eax
	movl	%eax, %ss
	call	.Lvirtual
.Lvirtual:
	popl	%eax
	addl	$(.Lkernel - .Lvirtual), %eax
	pushl	$__KERNEL_CS
	pushl	%eax
	lretl

.Lkernel:
	popl	%eax
	movl	%eax, %cr0
	FOR_EACH popl gs, fs, es, ds
	movl	%edi, %eax
	FOR_EACH popl edi, esi, ebx, ebp
	ret

/*
 * An NMI between two kernels is nobody's. The machine would reset if there
 * were no handler, and take the dump with it.
 */
SYM_INNER_LABEL(relocate_kernel_nmi, SYM_L_GLOBAL)
	iretl
SYM_INNER_LABEL(relocate_kernel_end, SYM_L_GLOBAL)
	/* Fails to assemble where the code is too big for its half page. */
	.org	.Lcode + KEXEC_CONTROL_CODE_MAX_SIZE, 0xcc
SYM_CODE_END(relocate_kernel)

/* A probe in here would be copied along. */
_ASM_NOKPROBE(relocate_kernel)
