/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_LINUX_KEXEC_H
#define _UAPI_LINUX_KEXEC_H

/*
 * The binary interface of kexec_load(2) and kexec_file_load(2).
 *
 * Every value here is fixed: programs that were compiled years ago pass them.
 */

#include <linux/types.h>

/* kexec_load(2): the low 16 bits are flags ... */
#define KEXEC_ON_CRASH			0x00000001
#define KEXEC_PRESERVE_CONTEXT		0x00000002
#define KEXEC_UPDATE_ELFCOREHDR		0x00000004
#define KEXEC_CRASH_HOTPLUG_SUPPORT	0x00000008
/* ... and the high 16 bits name the architecture that the image is for. */
#define KEXEC_ARCH_MASK			0xffff0000

/* kexec_file_load(2) */
#define KEXEC_FILE_UNLOAD		0x00000001
#define KEXEC_FILE_ON_CRASH		0x00000002
#define KEXEC_FILE_NO_INITRAMFS		0x00000004
#define KEXEC_FILE_DEBUG		0x00000008

/* Architectures: the ELF machine number in the high half of the flags. */
#define KEXEC_ARCH_DEFAULT	(0 << 16)
#define KEXEC_ARCH_386		(3 << 16)
#define KEXEC_ARCH_68K		(4 << 16)
#define KEXEC_ARCH_MIPS_LE	(10 << 16)
#define KEXEC_ARCH_MIPS		(8 << 16)
#define KEXEC_ARCH_PARISC	(15 << 16)
#define KEXEC_ARCH_PPC		(20 << 16)
#define KEXEC_ARCH_PPC64	(21 << 16)
#define KEXEC_ARCH_S390		(22 << 16)
#define KEXEC_ARCH_ARM		(40 << 16)
#define KEXEC_ARCH_SH		(42 << 16)
#define KEXEC_ARCH_IA_64	(50 << 16)
#define KEXEC_ARCH_X86_64	(62 << 16)
#define KEXEC_ARCH_AARCH64	(183 << 16)
#define KEXEC_ARCH_RISCV	(243 << 16)
#define KEXEC_ARCH_LOONGARCH	(258 << 16)

/* The most segments that one image may have. */
#define KEXEC_SEGMENT_MAX	16

#ifndef __KERNEL__
/**
 * struct kexec_segment - one piece of the image, as kexec_load(2) takes it
 * @buf:   the caller's memory to copy from
 * @bufsz: bytes at @buf
 * @mem:   physical address to copy to, page aligned
 * @memsz: bytes at @mem, page aligned and at least @bufsz; the rest is zeroed
 */
struct kexec_segment {
	const void *buf;
	__kernel_size_t bufsz;
	const void *mem;
	__kernel_size_t memsz;
};
#endif /* __KERNEL__ */

#endif /* _UAPI_LINUX_KEXEC_H */
