// SPDX-License-Identifier: GPL-2.0
/*
 * The part of an image's transition page tables that both widths have: the
 * control page, at an address that works before and after the switch of
 * tables, in a page of its own.
 */

#include <linux/kexec.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/pgtable.h>

#include <asm/kexec.h>
#include <asm/page.h>

#define SLOTS_SHIFT	ilog2(PTRS_PER_PTE)

/*
 * Entries of the top table of three say that they are there, where the next
 * table is, and nothing else.
 */
static pteval_t table_flags(unsigned int shift, pteval_t flags)
{
	if (IS_ENABLED(CONFIG_X86_PAE) && shift == PGDIR_SHIFT)
		return _PAGE_PRESENT;
	return flags;
}

/**
 * kexec_pgtable_alloc() - a table for an image
 * @image: whose
 *
 * Context: process, may sleep.
 * Return: a cleared control page, or NULL.
 */
void *kexec_pgtable_alloc(struct kimage *image)
{
	struct page *page = kimage_alloc_control_pages(image, 0);

	if (!page)
		return NULL;

	clear_page(page_address(page));
	return page_address(page);
}

/**
 * kexec_pgtable_map_control() - map the control page in the transition tables
 * @image: whose
 * @top:   its top table, which has no large page there
 * @vaddr: virtual address
 * @enc:   the bit of encrypted memory, or 0
 *
 * Raw entries: the kernel's accessors keep a second set of tables up to date
 * with the first where it isolates its tables.
 *
 * Context: process, may sleep.
 * Return: 0 or -ENOMEM.
 */
int kexec_pgtable_map_control(struct kimage *image, void *top,
			      unsigned long vaddr, pteval_t enc)
{
	const pteval_t page = page_to_phys(image->control_code_page);
	const pteval_t flags = (_KERNPG_TABLE_NOENC | enc) &
			       __default_kernel_pte_mask;
	const unsigned long slots = PTRS_PER_PTE - 1;
	unsigned int shift = PGDIR_SHIFT;
	pteval_t *table = top;

	for (; shift > PAGE_SHIFT; shift -= SLOTS_SHIFT) {
		pteval_t *slot = &table[(vaddr >> shift) & slots];

		if (!(*slot & _PAGE_PRESENT)) {
			void *next = kexec_pgtable_alloc(image);

			if (!next)
				return -ENOMEM;
			*slot = __pa(next) | table_flags(shift, flags);
		}
		table = __va(*slot & PTE_PFN_MASK);
	}

	table[(vaddr >> PAGE_SHIFT) & slots] = page | flags;
	return 0;
}
