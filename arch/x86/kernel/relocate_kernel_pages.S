/* SPDX-License-Identifier: GPL-2.0 */

/*
 * What relocate_kernel does in either width: the walk over an image's page
 * list, and what is done with a page. Included by both.
 */

#include <linux/kexec.h>

#include <asm/asm.h>
#include <asm/page_types.h>

#define WORD_SIZE	__ASM_SEL_RAW(4, 8)
#define WORD_COPY	__ASM_SIZE(movs)

/*
 * Walks the page list that starts with the entry in \head and does \transfer
 * for each page: from (E|R)SI to (E|R)DI, both advanced by a page. Uses AX,
 * BX, CX, DX. No conditional moves: the oldest processors have none.
 */
.macro WALK_PAGES head:req transfer:req
	mov	\head, %_ASM_AX
	jmp	.Lentry\@
.Lnext\@:
	mov	(%_ASM_BX), %_ASM_AX
	add	$WORD_SIZE, %_ASM_BX
.Lentry\@:
	mov	%_ASM_AX, %_ASM_SI
	and	$PAGE_MASK, %_ASM_SI
	testb	$IND_DESTINATION, %al
	jz	.Lno_destination\@
	mov	%_ASM_SI, %_ASM_DI
.Lno_destination\@:
	testb	$IND_INDIRECTION, %al
	jz	.Lno_indirection\@
	mov	%_ASM_SI, %_ASM_BX
.Lno_indirection\@:
	testb	$IND_DONE, %al
	jnz	.Lwalked\@
	testb	$IND_SOURCE, %al
	jz	.Lnext\@
	movl	$(PAGE_SIZE / WORD_SIZE), %ecx
	\transfer
	jmp	.Lnext\@
.Lwalked\@:
.endm

.macro COPY_PAGE
	rep WORD_COPY
.endm

/* Through registers: what is exchanged needs no third page. */
.macro EXCHANGE_PAGE
.Lword\@:
	mov	(%_ASM_SI), %_ASM_AX
	mov	(%_ASM_DI), %_ASM_DX
	mov	%_ASM_DX, (%_ASM_SI)
	mov	%_ASM_AX, (%_ASM_DI)
	add	$WORD_SIZE, %_ASM_SI
	add	$WORD_SIZE, %_ASM_DI
	decl	%ecx
	jnz	.Lword\@
.endm

/* \insn with each of \regs, in this order */
.macro FOR_EACH insn:req regs:vararg
	.irp	reg, \regs
	\insn	%\reg
	.endr
.endm
