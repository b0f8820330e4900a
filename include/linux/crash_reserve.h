/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LINUX_CRASH_RESERVE_H
#define LINUX_CRASH_RESERVE_H

/*
 * The reserve stage of kdump: crashkernel= on the command line becomes memory
 * that this kernel keeps its hands off, in /proc/iomem as "Crash kernel".
 *
 * An architecture with ARCH_HAS_GENERIC_CRASHKERNEL_RESERVATION says in
 * <asm/crash_reserve.h>
 *
 * - CRASH_ALIGN: alignment of a region that the kernel places (bytes);
 * - CRASH_ADDR_LOW_MAX: end of the memory that any device can reach;
 * - CRASH_ADDR_HIGH_MAX: end of the memory that a capture kernel can run in;
 * - optionally DEFAULT_CRASH_KERNEL_LOW_SIZE, or a function
 *   crash_low_size_default() and a macro of that name: bytes of low memory
 *   that a capture kernel in high memory needs;
 * - optionally HAVE_ARCH_ADD_CRASH_RES_TO_IOMEM_EARLY: the regions go into
 *   the resource tree when they are reserved, before the RAM around them,
 *   rather than in an initcall;
 *
 * and calls parse_crashkernel(), then reserve_crashkernel_generic(). The
 * others call parse_crashkernel() and set crashk_res themselves.
 */

#include <linux/linkage.h>
#include <linux/elfcore.h>
#include <linux/elf.h>
#include <linux/ioport.h>
#include <linux/types.h>

#ifdef CONFIG_ARCH_HAS_GENERIC_CRASHKERNEL_RESERVATION
#include <asm/crash_reserve.h>
#endif

/*
 * The region that a capture kernel is loaded into, and low memory for its
 * devices where the region is above that. start == end == 0: there is none.
 * Set once at boot. Later only crash_shrink_memory() changes them, under the
 * load lock and while no image is armed; where it gives all of crashk_res back
 * and some low memory is left, that becomes crashk_res and crashk_low_res is
 * empty. So there is never low memory alone.
 */
extern struct resource crashk_res;
extern struct resource crashk_low_res;

int parse_crashkernel(char *cmdline, unsigned long long system_ram,
		      unsigned long long *crash_size,
		      unsigned long long *crash_base,
		      unsigned long long *low_size, bool *high);

#ifndef DEFAULT_CRASH_KERNEL_LOW_SIZE
#define DEFAULT_CRASH_KERNEL_LOW_SIZE	(128UL << 20)
#endif

#ifndef crash_low_size_default
#define crash_low_size_default crash_low_size_default
static inline unsigned long crash_low_size_default(void)
{
	return DEFAULT_CRASH_KERNEL_LOW_SIZE;
}
#endif

#ifdef HAVE_ARCH_ADD_CRASH_RES_TO_IOMEM_EARLY
#define CRASH_RES_IN_IOMEM_EARLY	true
#else
#define CRASH_RES_IN_IOMEM_EARLY	false
#endif

#ifdef CONFIG_ARCH_HAS_GENERIC_CRASHKERNEL_RESERVATION
void reserve_crashkernel_generic(char *cmdline, unsigned long long crash_size,
				 unsigned long long crash_base,
				 unsigned long long crash_low_size, bool high);
#else
static inline void
reserve_crashkernel_generic(char *cmdline, unsigned long long crash_size,
			    unsigned long long crash_base,
			    unsigned long long crash_low_size, bool high)
{
}
#endif

#endif /* LINUX_CRASH_RESERVE_H */
