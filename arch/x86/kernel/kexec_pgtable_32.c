// SPDX-License-Identifier: GPL-2.0
/*
 * The transition page tables of an image on 32 bit: a bridge of one page.
 *
 * What runs between two kernels runs without paging, so all that is mapped is
 * the control page: where the kernel has relocate_kernel, and where it is in
 * memory, so that paging can be turned off there, and on for a return.
 */

#include <linux/kexec.h>
#include <linux/mm.h>

#include <asm/kexec.h>
#include <asm/page.h>

/**
 * kexec_pgtable_build() - build the transition page tables of an image
 * @image: the image; its control page is known
 *
 * Writes image->arch.pgd. The tables are control pages: they go with the
 * image, also where this fails half way.
 *
 * Context: process, may sleep.
 * Return: 0 or -ENOMEM.
 */
int kexec_pgtable_build(struct kimage *image)
{
	void *top = kexec_pgtable_alloc(image);
	int err;

	if (!top)
		return -ENOMEM;

	err = kexec_pgtable_map_control(image, top,
					(unsigned long)relocate_kernel, 0);
	if (!err)
		err = kexec_pgtable_map_control(image, top,
						page_to_phys(image->control_code_page),
						0);
	if (err)
		return err;

	image->arch.pgd = __pa(top);
	return 0;
}
