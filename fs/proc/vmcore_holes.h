/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _FS_PROC_VMCORE_HOLES_H
#define _FS_PROC_VMCORE_HOLES_H

/*
 * Which pages of old memory are left out of the dump.
 *
 * Pure: functions of their arguments, built on the host too. Whoever makes a
 * set brings the memory for it.
 */

#include <linux/bitmap.h>
#include <linux/bits.h>
#include <linux/types.h>

#include "vmcore_layout.h"

/* The pages that are told of together: 32 MiB of them, in a bitmap of 1 KiB */
#define VMCORE_CHUNK_SHIFT	13
#define VMCORE_CHUNK_PAGES	BIT(VMCORE_CHUNK_SHIFT)

/**
 * enum vmcore_chunk_state - what is known of a chunk
 * @VMCORE_CHUNK_KEPT:   none of its pages is left out
 * @VMCORE_CHUNK_OUT:    all of them are
 * @VMCORE_CHUNK_MIXED:  its bitmap tells
 * @VMCORE_CHUNK_COARSE: there was no memory for a bitmap: one bit tells of
 *                       VMCORE_COARSE_PAGES
 */
enum vmcore_chunk_state {
	VMCORE_CHUNK_KEPT,
	VMCORE_CHUNK_OUT,
	VMCORE_CHUNK_MIXED,
	VMCORE_CHUNK_COARSE,
};

#define VMCORE_COARSE_PAGES	(VMCORE_CHUNK_PAGES / 64)

/**
 * struct vmcore_chunk - what is left out of an aligned run of pages
 * @bits:        of a mixed chunk: set for a page that is left out
 * @coarse:      of a coarse chunk: set for a run of which all is left out
 * @state:       see enum vmcore_chunk_state
 * @untouchable: some of what is left out must not be mapped or read either
 */
struct vmcore_chunk {
	union {
		unsigned long *bits;
		u64 coarse;
	};
	u8 state;
	bool untouchable;
};

/**
 * struct vmcore_holes - the pages that are left out
 * @extents:    what old memory there is
 * @nr_extents: how many they are
 * @firsts:     for each extent, the index of its first chunk; one more for the
 *              number of all
 * @chunks:     those of all extents, one behind the other
 *
 * Two extents may meet in a chunk; each has its own then.
 */
struct vmcore_holes {
	const struct vmcore_extent *extents;
	u32 nr_extents;
	u32 *firsts;
	struct vmcore_chunk *chunks;
};

/**
 * struct vmcore_verdict - what is to become of the pages of a chunk
 * @out:         set for a page to be left out
 * @untouchable: set for one that must not be touched; a subset of @out
 */
struct vmcore_verdict {
	DECLARE_BITMAP(out, VMCORE_CHUNK_PAGES);
	DECLARE_BITMAP(untouchable, VMCORE_CHUNK_PAGES);
};

/**
 * struct vmcore_span - the pages of a chunk that are in its extent
 * @index: of the chunk
 * @first: page frame number
 * @end:   the one behind the last
 */
struct vmcore_span {
	u32 index;
	unsigned long first;
	unsigned long end;
};

u32 vmcore_holes_count(const struct vmcore_extent *extents, u32 nr_extents,
		       u32 *firsts);
void vmcore_holes_span(const struct vmcore_holes *holes, u32 index,
		       struct vmcore_span *span);
enum vmcore_chunk_state
vmcore_verdict_state(const struct vmcore_verdict *verdict,
		     const struct vmcore_span *span);
unsigned long vmcore_holes_set(struct vmcore_holes *holes,
			       const struct vmcore_span *span,
			       const struct vmcore_verdict *verdict,
			       enum vmcore_chunk_state state,
			       unsigned long *bits);
struct vmcore_chunk *vmcore_holes_chunk(const struct vmcore_holes *holes,
					u64 addr);
bool vmcore_chunk_out(const struct vmcore_chunk *chunk, unsigned long pfn);
unsigned long vmcore_chunk_weight(const struct vmcore_chunk *chunk,
				  const struct vmcore_span *span);
u64 vmcore_holes_run(const struct vmcore_holes *holes, u64 addr, u64 len,
		     bool *out);
bool vmcore_holes_touchable(const struct vmcore_holes *holes, u64 start,
			    u64 end);

#endif /* _FS_PROC_VMCORE_HOLES_H */
