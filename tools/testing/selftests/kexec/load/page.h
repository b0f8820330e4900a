/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PAGE_H
#define PAGE_H

/* Pages of this program: how large one is, and where it is in memory. */

#include <stdint.h>

#define PAGE		4096UL
#define PAGE_UP(x)	(((x) + PAGE - 1) & ~(PAGE - 1))
#define PAGE_DOWN(x)	((x) & ~(PAGE - 1))

/* The page frame number of a page that is there; takes CAP_SYS_ADMIN. */
uint64_t pfn_of(const void *page);

/* The physical address of what is at an address of this program's. */
static inline uint64_t physical(const void *page)
{
	return pfn_of(page) * PAGE;
}

#endif /* PAGE_H */
