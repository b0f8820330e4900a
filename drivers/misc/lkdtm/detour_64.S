/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A breakpoint's handler runs in a context of its own, in which a crash is the
 * crash of a breakpoint. So the handler only sends the kernel here, and it
 * goes on in the context of the function that it was about to run.
 */
#include <linux/linkage.h>
#include <asm/unwind_hints.h>
#include <asm/nospec-branch.h>

/* What a function may change, and its caller here does not expect it to. */
.macro save_scratch
	pushfq
	.irp reg, rax, rcx, rdx, rsi, rdi, r8, r9, r10, r11
	pushq	%\reg
	.endr
.endm

.macro restore_scratch
	.irp reg, r11, r10, r9, r8, rdi, rsi, rdx, rcx, rax
	popq	%\reg
	.endr
	popfq
.endm

#define SCRATCH_BYTES	(10 * 8)

/*
 * Stack and registers are as at the first instruction of the probed function.
 * On the stack it looks as if that had called us, in its first byte.
 */
SYM_FUNC_START(lkdtm_detour)
	pushq	lkdtm_detour_caller(%rip)
	UNWIND_HINT_FUNC
	save_scratch
	call	lkdtm_detour_crash
	/* Still here: on with the function, from its start. */
	movq	%rax, SCRATCH_BYTES(%rsp)
	restore_scratch
	RET
SYM_FUNC_END(lkdtm_detour)
