/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As much of the kernel's as the makers of core headers take, on a machine that
 * has memory hotplug.
 */
#ifndef _KEXEC_HOST_LINUX_KEXEC_H
#define _KEXEC_HOST_LINUX_KEXEC_H

#include <linux/align.h>
#include <linux/crash_mem.h>
#include <linux/elf.h>
#include <linux/errno.h>
#include <linux/types.h>
#include <stdio.h>

#define IS_ENABLED(CONFIG_option)	CONFIG_option
#define CONFIG_X86_64			1
#define CONFIG_HIGHMEM			0
#define CONFIG_CRASH_HOTPLUG		1
#define CONFIG_MEMORY_HOTPLUG		1
#define CONFIG_CRASH_MAX_MEMORY_RANGES	8192

#define kexec_dprintk(...)	do { } while (0)
#define pr_err(...)		printf(__VA_ARGS__)
#define WARN_ON_ONCE(condition)	(condition)

#define ELF_DATA		1	/* ELFDATA2LSB */
#define ELF_ARCH		62	/* EM_X86_64 */
#define ELF_CORE_HEADER_ALIGN	4096
#define VMCOREINFO_NOTE_SIZE	4096
#define VMCOREINFO_PADDR	0x12345000

typedef u32 note_buf_t[90];

extern note_buf_t *crash_notes;

#define paddr_vmcoreinfo_note()	VMCOREINFO_PADDR

#define KEXEC_UPDATE_ELFCOREHDR		0x00000004
#define KEXEC_CRASH_HOTPLUG_SUPPORT	0x00000008

enum {
	KEXEC_CRASH_HP_NONE,
	KEXEC_CRASH_HP_ADD_CPU,
	KEXEC_CRASH_HP_REMOVE_CPU,
};

struct kimage {
	bool file_mode, hotplug_support, elfcorehdr_updated;
	int hp_action, elfcorehdr_index;
	unsigned long nr_segments;
};

int crash_prepare_elf64_headers(struct crash_mem *mem, int need_kernel_map,
				void **addr, unsigned long *sz);
int crash_replace_elfcorehdr(struct kimage *image, const void *headers,
			     unsigned long sz);
int arch_crash_hotplug_support(struct kimage *image, unsigned long kexec_flags);
void arch_crash_handle_hotplug_event(struct kimage *image, void *arg);
unsigned int arch_crash_get_elfcorehdr_size(void);

#endif
