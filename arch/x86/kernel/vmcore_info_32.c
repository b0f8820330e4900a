// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lines of vmcoreinfo that only i386 has: how its page tables look, and
 * where the kernel was relocated to. Kernel memory is mapped linearly from
 * PAGE_OFFSET on, wherever the kernel itself is.
 */

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

#ifdef CONFIG_X86_PAE
static void append_levels(void)
{
	VMCOREINFO_CONFIG(X86_PAE);
}
#else
static inline void append_levels(void) { }
#endif

void arch_crash_save_vmcoreinfo(void)
{
	/* Virtual and physical addresses move together. */
	vmcoreinfo_append_str("KERNELOFFSET=%lx\n", kaslr_offset());
	append_levels();
	append_nodes();
}
