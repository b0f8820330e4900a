// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lines of vmcoreinfo of i386. Kernel memory is mapped linearly from
 * PAGE_OFFSET on, and the kernel with it: where it was moved to, how its page
 * tables look and where the nodes are is all that there is to say.
 */

#include "vmcore_info.h"

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
	append_offset();
	append_levels();
	append_nodes();
}
