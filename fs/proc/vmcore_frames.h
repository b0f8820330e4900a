/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _FS_PROC_VMCORE_FRAMES_H
#define _FS_PROC_VMCORE_FRAMES_H

/*
 * A set of page frames, most of which lie together: 1 KiB for each aligned run
 * of 32 MiB that has some.
 */

#include <linux/types.h>
#include <linux/xarray.h>

/**
 * struct vmcore_frames - the set
 * @runs: a bitmap for each run of VMCORE_CHUNK_PAGES, by its number
 * @nr:   how many they are
 * @max:  how many there may be
 */
struct vmcore_frames {
	struct xarray runs;
	u64 nr;
	u64 max;
};

void vmcore_frames_init(struct vmcore_frames *frames, u64 max_bytes);
void vmcore_frames_free(struct vmcore_frames *frames);
bool vmcore_frames_has(struct vmcore_frames *frames, unsigned long pfn);
int vmcore_frames_add(struct vmcore_frames *frames, unsigned long pfn,
		      unsigned long nr, unsigned long *nr_new);

#endif /* _FS_PROC_VMCORE_FRAMES_H */
