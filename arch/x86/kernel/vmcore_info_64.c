// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lines of vmcoreinfo that only x86_64 has: from virtual to physical
 * addresses before any page table is found.
 */

#include <linux/init.h>
#include <linux/mem_encrypt.h>
#include <linux/numa.h>
#include <linux/pgtable.h>
#include <linux/vmcore_info.h>

#include <asm/page.h>
#include <asm/setup.h>

#ifdef CONFIG_NUMA
static void append_nodes(void)
{
	VMCOREINFO_SYMBOL_ARRAY(node_data);
	VMCOREINFO_LENGTH(node_data, MAX_NUMNODES);
}
#else
static inline void append_nodes(void) { }
#endif

void arch_crash_save_vmcoreinfo(void)
{
	/* Where the kernel was relocated to. */
	VMCOREINFO_NUMBER(phys_base);
	vmcoreinfo_append_str("KERNELOFFSET=%lx\n", kaslr_offset());
	VMCOREINFO_NUMBER(KERNEL_IMAGE_SIZE);

	/* How to walk the page tables: root, levels, the bit to ignore. */
	VMCOREINFO_SYMBOL_ARRAY(init_top_pgt);
	vmcoreinfo_append_str("NUMBER(pgtable_l5_enabled)=%d\n",
			      pgtable_l5_enabled());
	vmcoreinfo_append_str("NUMBER(sme_mask)=%lld\n", (s64)sme_me_mask);

	append_nodes();
}
