// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lines of vmcoreinfo of x86_64: from virtual to physical
 * addresses before any page table is found.
 */

#include <linux/mem_encrypt.h>
#include <linux/pgtable.h>

#include "vmcore_info.h"

void arch_crash_save_vmcoreinfo(void)
{
	VMCOREINFO_NUMBER(phys_base);
	append_offset();
	VMCOREINFO_NUMBER(KERNEL_IMAGE_SIZE);

	/* How to walk the page tables: root, levels, the bit to ignore. */
	VMCOREINFO_SYMBOL_ARRAY(init_top_pgt);
	vmcoreinfo_append_str("NUMBER(pgtable_l5_enabled)=%d\n",
			      pgtable_l5_enabled());
	vmcoreinfo_append_str("NUMBER(sme_mask)=%lld\n", (s64)sme_me_mask);

	append_nodes();
}
