/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _FS_PROC_VMCORE_PCPLISTS_H
#define _FS_PROC_VMCORE_PCPLISTS_H

/*
 * The free pages that the CPUs of the crashed kernel had on lists of their own.
 */

#include <linux/types.h>

struct page;

/**
 * struct vmcore_pcplists - a look at the lists
 * @read:      copies old memory from a virtual address of the crashed kernel
 * @read_page: copies a struct page from there
 * @found:     is told of free pages: where the crashed kernel had the struct page
 *             of the first one, and how many they are
 *
 * @symbol:    where the crashed kernel had what this one has at an address
 *
 * The first two return 0 or an errno.
 */
struct vmcore_pcplists {
	int (*read)(struct vmcore_pcplists *lists, void *buf, size_t len,
		    u64 at);
	int (*read_page)(struct vmcore_pcplists *lists, struct page *page,
			 u64 at);
	void (*found)(struct vmcore_pcplists *lists, u64 at, unsigned long nr);
	u64 (*symbol)(const void *symbol);
};

int vmcore_pcplists_walk(struct vmcore_pcplists *lists, u64 pcp);
int vmcore_pcplists_walk_all(struct vmcore_pcplists *lists);

#endif /* _FS_PROC_VMCORE_PCPLISTS_H */
