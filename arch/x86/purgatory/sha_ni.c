// SPDX-License-Identifier: GPL-2.0-only
/*
 * SHA-256 by the instructions that a CPU may have for it. They are some ten
 * times as fast as others, and an image is digested while a machine is down.
 */

#include <linux/kernel.h>
#include <asm/processor-flags.h>

#include "../../../kernel/purgatory/purgatory.h"

/* sha256_ni.S */
asmlinkage void sha256_ni_transform(u32 *state, const u8 *data, u64 blocks);

/*
 * What the crashed kernel left in the control registers is not what a kernel
 * is entered with, and goes back there.
 */
struct sse_state {
	unsigned long cr0, cr4;
};

static struct sse_state sse_begin(void)
{
	struct sse_state was;

	asm volatile("mov %%cr0, %0" : "=r" (was.cr0));
	asm volatile("mov %%cr4, %0" : "=r" (was.cr4));
	asm volatile("mov %0, %%cr0"
		     : : "r" (was.cr0 & ~(X86_CR0_EM | X86_CR0_TS)) : "memory");
	asm volatile("mov %0, %%cr4"
		     : : "r" (was.cr4 | X86_CR4_OSFXSR) : "memory");
	return was;
}

static void sse_end(struct sse_state was)
{
	asm volatile("mov %0, %%cr4" : : "r" (was.cr4) : "memory");
	asm volatile("mov %0, %%cr0" : : "r" (was.cr0) : "memory");
}

u64 purgatory_sha256(u32 *state, const u8 *data, u64 len)
{
	const u64 blocks = len / SHA256_BLOCK_SIZE;
	struct sse_state was = sse_begin();

	sha256_ni_transform(state, data, blocks);
	sse_end(was);

	return blocks * SHA256_BLOCK_SIZE;
}
