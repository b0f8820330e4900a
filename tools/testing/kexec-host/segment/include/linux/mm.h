/* SPDX-License-Identifier: GPL-2.0-only */
#define PAGE_SIZE	4096UL
#define PAGE_ALIGNED(x)	(!((unsigned long)(x) & (PAGE_SIZE - 1)))
