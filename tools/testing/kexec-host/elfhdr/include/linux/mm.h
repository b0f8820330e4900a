/* SPDX-License-Identifier: GPL-2.0-only */
/* A direct map as x86_64's, with no end. */
#define DIRECT_MAP		0xffff888000000000UL

#define __va(paddr)		((void *)((paddr) + DIRECT_MAP))
#define __pa(vaddr)		((unsigned long)(vaddr) - DIRECT_MAP)
#define __pa_symbol(symbol)	((unsigned long)(symbol) & 0xffffffffUL)
#define high_memory		((char *)DIRECT_MAP)
