/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _FS_PROC_VMCORE_CORE_H
#define _FS_PROC_VMCORE_CORE_H

/*
 * What the core header of a crashed kernel says, gone through once and sorted
 * into what makes sense and what does not.
 *
 * Pure: functions of their arguments, built on the host too. Old memory is
 * reached through struct vmcore_core_ops.
 */

#include "vmcore_elf.h"
#include "vmcore_layout.h"

/**
 * struct vmcore_core - the core header as it was found
 * @ehdr:     its ELF header, widened
 * @is_64:    its class
 * @phdrs:    its program headers, as they are
 * @nr_phdrs: how many
 * @nr_loads: how many of them are PT_LOAD
 * @nr_other: how many are of a type that has no place in a dump
 */
struct vmcore_core {
	struct elf64_hdr ehdr;
	bool is_64;
	void *phdrs;
	u32 nr_phdrs;
	u32 nr_loads;
	u32 nr_other;
};

/**
 * struct vmcore_core_ops - what it takes to go through a core header
 * @read:     copy all of this old memory, or return an errno
 * @may_read: is a range the crashed kernel's alone?
 * @bad_load: a PT_LOAD is left out, and why
 * @bad_note: a PT_NOTE is left out after so many bytes, and the errno why
 */
struct vmcore_core_ops {
	int (*read)(void *buf, u64 len, u64 addr);
	bool (*may_read)(u64 addr, u64 len);
	void (*bad_load)(u32 index, const struct elf64_phdr *phdr,
			 const char *wrong);
	void (*bad_note)(u32 index, const struct elf64_phdr *phdr, u64 len,
			 int error);
};

void vmcore_core_phdr(const struct vmcore_core *core, u32 index,
		      struct elf64_phdr *phdr);
void vmcore_core_count(struct vmcore_core *core);
u32 vmcore_core_place_loads(const struct vmcore_core *core,
			    struct vmcore_layout *layout, void *headers,
			    const struct vmcore_core_ops *ops);
u64 vmcore_core_measure_notes(struct vmcore_core *core, u64 max,
			      const struct vmcore_core_ops *ops);

#endif /* _FS_PROC_VMCORE_CORE_H */
