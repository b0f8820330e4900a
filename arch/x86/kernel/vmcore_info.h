/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _X86_KERNEL_VMCORE_INFO_H
#define _X86_KERNEL_VMCORE_INFO_H

/*
 * The lines of vmcoreinfo that both kinds of x86 have.
 */

#include <linux/numa.h>
#include <linux/vmcore_info.h>

#include <asm/page.h>
#include <asm/setup.h>

/* Where the kernel was relocated to, in virtual addresses. */
static inline void append_offset(void)
{
	vmcoreinfo_append_str("KERNELOFFSET=%lx\n", kaslr_offset());
}

#ifdef CONFIG_NUMA
static inline void append_nodes(void)
{
	VMCOREINFO_SYMBOL_ARRAY(node_data);
	VMCOREINFO_LENGTH(node_data, MAX_NUMNODES);
}
#else
static inline void append_nodes(void) { }
#endif

#endif /* _X86_KERNEL_VMCORE_INFO_H */
