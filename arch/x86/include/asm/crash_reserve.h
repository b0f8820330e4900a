/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _X86_CRASH_RESERVE_H
#define _X86_CRASH_RESERVE_H

#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/swiotlb.h>

/* The default CONFIG_PHYSICAL_START: what suits the kernel there, suits it. */
#define CRASH_ALIGN		SZ_16M

/* The e820 table is added around the regions, see e820__reserve_resources(). */
#define HAVE_ARCH_ADD_CRASH_RES_TO_IOMEM_EARLY

#ifdef CONFIG_X86_32

/* The loader and the kernel's first page tables need it in lowmem. */
#define CRASH_ADDR_LOW_MAX	SZ_512M
#define CRASH_ADDR_HIGH_MAX	SZ_512M

/* Never asked for: there is nothing above the low memory. */
#define DEFAULT_CRASH_KERNEL_LOW_SIZE	0

#else

/* 32-bit DMA ends at 4G, and four page-table levels map 64T of RAM. */
#define CRASH_ADDR_LOW_MAX	SZ_4G
#define CRASH_ADDR_HIGH_MAX	SZ_64T

/*
 * The bounce buffers of 32-bit devices have to be below 4G (more of them
 * where swiotlb= or memory encryption ask for it), and some room beside them.
 */
#define crash_low_size_default crash_low_size_default
static inline unsigned long crash_low_size_default(void)
{
	return max(swiotlb_size_or_default() + SZ_8M, (unsigned long)SZ_256M);
}

#endif

#endif /* _X86_CRASH_RESERVE_H */
