/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KEXEC_SEGMENT_H
#define _KEXEC_SEGMENT_H

#include <linux/kexec.h>
#include <linux/types.h>

/*
 * Segments as numbers: which are an image, and where there is room between
 * them. Functions of their arguments.
 */

/* kernel/kexec_segment.c: the rules */
enum kexec_segment_error {
	KEXEC_SEGMENT_OK = 0,
	KEXEC_SEGMENT_UNALIGNED,	/* mem or mem + memsz not on a page */
	KEXEC_SEGMENT_WRAPS,		/* mem + memsz overflows */
	KEXEC_SEGMENT_TOO_HIGH,		/* above the destination limit */
	KEXEC_SEGMENT_OVERLAPS,		/* another segment */
	KEXEC_SEGMENT_BUFSZ,		/* bufsz > memsz */
	KEXEC_SEGMENT_TOO_BIG,		/* alone more than half of RAM */
	KEXEC_SEGMENTS_TOO_BIG,		/* in all more than half of RAM */
	KEXEC_SEGMENT_OUTSIDE,		/* not in the crash region */
};

struct kexec_segment_limits {
	unsigned long dest_limit;	/* highest physical address */
	unsigned long max_pages;	/* of one segment and of all */
	unsigned long region_start;	/* crash images: inclusive ends; */
	unsigned long region_end;	/* 0, 0 for ordinary images */
};

enum kexec_segment_error
kexec_segments_check(const struct kexec_segment *segments, unsigned long nr,
		     const struct kexec_segment_limits *limits,
		     unsigned long *bad);
int kexec_segment_errno(enum kexec_segment_error err);
const char *kexec_segment_strerror(enum kexec_segment_error err);

/*
 * Is a byte of [start, last] the segment's? By last bytes, as either may end
 * with the address space.
 */
static inline bool kexec_segment_meets(const struct kexec_segment *segment,
				       unsigned long start, unsigned long last)
{
	return segment->memsz && segment->mem <= last &&
	       start <= segment->mem + (segment->memsz - 1);
}

/* kernel/kexec_place.c: the placement of a buffer in a range of memory */
bool kexec_place(const struct kexec_segment *taken, unsigned long nr,
		 unsigned long start, unsigned long end, unsigned long size,
		 unsigned long align, bool top_down, unsigned long *where);

#endif /* _KEXEC_SEGMENT_H */
