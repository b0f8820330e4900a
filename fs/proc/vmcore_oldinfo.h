/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _FS_PROC_VMCORE_OLDINFO_H
#define _FS_PROC_VMCORE_OLDINFO_H

/*
 * What the crashed kernel tells of itself. For a number in it see
 * oldmem_info_number() in crash_dump.h.
 */

#include <linux/types.h>

struct vmcore_notes;

const char *vmcore_oldinfo_find(const struct vmcore_notes *notes);
bool vmcore_oldinfo_is_same_build(const char *theirs, const char *ours);

#endif /* _FS_PROC_VMCORE_OLDINFO_H */
