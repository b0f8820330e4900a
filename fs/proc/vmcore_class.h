/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _FS_PROC_VMCORE_CLASS_H
#define _FS_PROC_VMCORE_CLASS_H

/*
 * What a page was for in the kernel that crashed, as its struct page tells.
 *
 * Pure: functions of their arguments. A struct page is one that was copied out
 * of old memory, so what it points to is nowhere, and nothing in it is
 * believed: see vmcore_class.c.
 */

#include <linux/types.h>

struct page;

/**
 * enum vmcore_class - kinds of pages; why each is what it is: vmcore_classes
 * @VMCORE_KERNEL:        the kernel's own, and what is not known to be else
 * @VMCORE_STRANGE:       its struct page makes no sense
 * @VMCORE_NO_PAGE:       it has no struct page that can be read
 * @VMCORE_CACHE:         page cache without private data
 * @VMCORE_CACHE_PRIVATE: page cache with private data
 * @VMCORE_USER:          memory of processes
 * @VMCORE_FREE:          free
 * @VMCORE_FREE_PCP:      free, on a list of a CPU
 * @VMCORE_OFFLINE:       not there: in a balloon, unplugged, not yet accepted
 * @VMCORE_POISONED:      failed, and an access may be the machine's end
 * @VMCORE_NR_CLASSES:    how many there are
 */
enum vmcore_class {
	VMCORE_KERNEL,
	VMCORE_STRANGE,
	VMCORE_NO_PAGE,
	VMCORE_CACHE,
	VMCORE_CACHE_PRIVATE,
	VMCORE_USER,
	VMCORE_FREE,
	VMCORE_FREE_PCP,
	VMCORE_OFFLINE,
	VMCORE_POISONED,
	VMCORE_NR_CLASSES,
};

/**
 * enum vmcore_count - what pages are counted as, behind enum vmcore_class
 * @VMCORE_COUNT_MEMMAP:   pages of the memory map that describe only such as are
 *                         left out
 * @VMCORE_COUNT_ZERO:     pages of zeros, as far as somebody has looked for data
 * @VMCORE_COUNT_LEFT_OUT: all that are left out, less those of zeros
 * @VMCORE_NR_COUNTS:      how many counts there are, with those of the classes
 */
enum vmcore_count {
	VMCORE_COUNT_MEMMAP = VMCORE_NR_CLASSES,
	VMCORE_COUNT_ZERO,
	VMCORE_COUNT_LEFT_OUT,
	VMCORE_NR_COUNTS,
};

/* Bits of a dump level: those of makedumpfile, and one more */
#define VMCORE_LEVEL_ZERO		1
#define VMCORE_LEVEL_CACHE		2
#define VMCORE_LEVEL_CACHE_PRIVATE	4
#define VMCORE_LEVEL_USER		8
#define VMCORE_LEVEL_FREE		16
#define VMCORE_LEVEL_MEMMAP		32
#define VMCORE_LEVEL_MAX		63

/**
 * struct vmcore_class_row - what is done with the pages of a class
 * @name:        of its file in /sys/kernel/vmcore/pages
 * @level:       bits of the level any of which leaves it out
 * @untouchable: it is left out at every level, and never read or mapped
 */
struct vmcore_class_row {
	const char *name;
	u8 level;
	bool untouchable;
};

extern const struct vmcore_class_row vmcore_classes[VMCORE_NR_CLASSES];

static inline bool vmcore_class_is_out(enum vmcore_class class, u8 level)
{
	return vmcore_classes[class].untouchable ||
	       vmcore_classes[class].level & level;
}

/**
 * struct vmcore_block - pages of which the first one tells for all
 * @first:    its page frame number
 * @nr:       how many they are; 0: there is no such block
 * @head:     of a compound page: where the crashed kernel had the first one's
 *            struct page, to which those of the others point
 * @class:    what they all are
 * @compound: it is a compound page, and no free block
 */
struct vmcore_block {
	unsigned long first;
	unsigned long nr;
	unsigned long head;
	enum vmcore_class class;
	bool compound;
};

/**
 * struct vmcore_page_walk - struct pages that are gone through in order
 * @block: the block that the last one was of; empty to begin with
 * @read:  how to get at the first page of a block that begins further back:
 *         copies @nr struct pages, from that of @pfn on, which the crashed
 *         kernel should have had at @at. Returns 0 or an errno.
 */
struct vmcore_page_walk {
	struct vmcore_block block;
	int (*read)(struct vmcore_page_walk *walk, struct page *pages,
		    unsigned long pfn, unsigned long nr, unsigned long at);
};

bool vmcore_page_has_failed(const struct page *page);
bool vmcore_page_may_hold_pages(const struct page *page);
bool vmcore_page_may_be_free(const struct page *page);
bool vmcore_page_is_reserved(const struct page *page, unsigned long at);
unsigned long vmcore_compound_head(const struct page *pages,
				   unsigned long *nr);
enum vmcore_class vmcore_classify(struct vmcore_page_walk *walk,
				  const struct page *page, unsigned long pfn,
				  unsigned long at);
unsigned long vmcore_free_rest(const struct vmcore_page_walk *walk,
			       const struct page *page, unsigned long pfn,
			       unsigned long end);

#endif /* _FS_PROC_VMCORE_CLASS_H */
