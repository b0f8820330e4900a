// SPDX-License-Identifier: GPL-2.0
/*
 * What of starting an image is particular to x86-64: memory encryption.
 */

#include <linux/cc_platform.h>
#include <linux/kexec.h>
#include <linux/set_memory.h>

#include <asm/kexec.h>

/**
 * kexec_go_flags() - what relocate_kernel has to know of this machine
 *
 * Context: any, a crash too.
 * Return: KEXEC_GO_*
 */
unsigned long kexec_go_flags(void)
{
	return cc_platform_has(CC_ATTR_HOST_MEM_ENCRYPT) ? KEXEC_GO_FLUSH : 0;
}

/**
 * arch_kexec_post_alloc_pages() - prepare pages for the next kernel's eyes
 * @vaddr: the pages
 * @pages: how many
 * @gfp:   how they were allocated
 *
 * A host with memory encryption starts the next kernel without: what that
 * one reads has to be in the clear.
 *
 * Return: 0 or the error of the change.
 */
int arch_kexec_post_alloc_pages(void *vaddr, unsigned int pages, gfp_t gfp)
{
	if (!cc_platform_has(CC_ATTR_HOST_MEM_ENCRYPT))
		return 0;
	return set_memory_decrypted((unsigned long)vaddr, pages);
}

/**
 * arch_kexec_pre_free_pages() - undo arch_kexec_post_alloc_pages()
 * @vaddr: the pages
 * @pages: how many
 */
void arch_kexec_pre_free_pages(void *vaddr, unsigned int pages)
{
	if (cc_platform_has(CC_ATTR_HOST_MEM_ENCRYPT))
		set_memory_encrypted((unsigned long)vaddr, pages);
}
