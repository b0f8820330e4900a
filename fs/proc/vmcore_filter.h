/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _FS_PROC_VMCORE_FILTER_H
#define _FS_PROC_VMCORE_FILTER_H

/*
 * What is left out of the dump, for those who read it. They have it open.
 */

#include <linux/types.h>

struct vmcore_dump;

/* Nothing is left out, and nobody looks at the memory map. */
#define VMCORE_LEVEL_OFF	(-1)

#ifdef CONFIG_VMCORE_FILTER
void vmcore_filter_init(struct vmcore_dump *dump);
void vmcore_filter_free(void);
int vmcore_filter_scan(struct vmcore_dump *dump);
int vmcore_level_parse(const char *text, int *level);
int vmcore_filter_level(void);
int vmcore_filter_set_level(struct vmcore_dump *dump, int level);
long vmcore_filter_count(unsigned int what);

u64 vmcore_filter_run(u64 addr, u64 len, bool *out);
bool vmcore_filter_touchable(u64 start, u64 end);
bool vmcore_filter_scanning(void);
u64 vmcore_filter_out(void);
bool vmcore_filter_zeros(void);
void vmcore_filter_note_zero(u64 pos);

/* vmcore_sysfs.c */
int vmcore_sysfs_create(void);
void vmcore_sysfs_remove(void);
#else
static inline void vmcore_filter_init(struct vmcore_dump *dump) { }
static inline void vmcore_filter_free(void) { }
static inline int vmcore_filter_scan(struct vmcore_dump *dump) { return 0; }

static inline u64 vmcore_filter_run(u64 addr, u64 len, bool *out)
{
	*out = false;
	return len;
}

static inline bool vmcore_filter_touchable(u64 start, u64 end) { return true; }
static inline bool vmcore_filter_scanning(void) { return false; }
static inline u64 vmcore_filter_out(void) { return 0; }
static inline bool vmcore_filter_zeros(void) { return false; }
static inline void vmcore_filter_note_zero(u64 pos) { }
static inline int vmcore_sysfs_create(void) { return 0; }
static inline void vmcore_sysfs_remove(void) { }
#endif

#endif /* _FS_PROC_VMCORE_FILTER_H */
