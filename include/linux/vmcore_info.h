/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LINUX_VMCORE_INFO_H
#define LINUX_VMCORE_INFO_H

/*
 * vmcoreinfo: what a dump tool has to know about this kernel before it can
 * find anything in a dump of it. Lines of text ("OFFSET(page.flags)=0") in an
 * ELF note, whose address is in /sys/kernel/vmcoreinfo and which a dump
 * carries. Tools parse the lines by name: one, once there, is ABI.
 */

#include <linux/cpumask_types.h>
#include <linux/elf.h>
#include <linux/elfcore.h>
#include <linux/linkage.h>
#include <linux/types.h>

/* What one part of an ELF note takes: head, name or description (bytes). */
#define ELF_NOTE_PART(bytes)	ALIGN(bytes, 4)

/*
 * The buffer that crash_save_cpu() fills: the note with the registers, and the
 * empty one that ends it.
 */
#define CRASH_CORE_NOTE_NAME	"CORE"
#define CRASH_CORE_NOTE_NAME_BYTES				\
	ELF_NOTE_PART(sizeof(CRASH_CORE_NOTE_NAME))
#define CRASH_CORE_NOTE_HEAD_BYTES				\
	ELF_NOTE_PART(sizeof(struct elf_note))
#define CRASH_CORE_NOTE_DESC_BYTES				\
	ELF_NOTE_PART(sizeof(struct elf_prstatus))
#define CRASH_CORE_NOTE_BYTES					\
	(2 * CRASH_CORE_NOTE_HEAD_BYTES +			\
	 CRASH_CORE_NOTE_NAME_BYTES + CRASH_CORE_NOTE_DESC_BYTES)

typedef u32 note_buf_t[CRASH_CORE_NOTE_BYTES / 4];

/* The same of vmcoreinfo; its text has a page, of which it need not fill all. */
#define VMCOREINFO_NOTE_NAME	"VMCOREINFO"
#define VMCOREINFO_NOTE_NAME_BYTES				\
	ELF_NOTE_PART(sizeof(VMCOREINFO_NOTE_NAME))
#define VMCOREINFO_BYTES	PAGE_SIZE
#define VMCOREINFO_NOTE_SIZE					\
	(2 * CRASH_CORE_NOTE_HEAD_BYTES +			\
	 VMCOREINFO_NOTE_NAME_BYTES + VMCOREINFO_BYTES)

/*
 * The note, the text that it holds a copy of, and the length of that without
 * the NUL. Built by an initcall and constant from then on, but for the time of
 * the crash, which crash_save_vmcoreinfo() adds.
 */
extern u32 *vmcoreinfo_note;
extern unsigned char *vmcoreinfo_data;
extern size_t vmcoreinfo_size;

/* In a crash. */
void crash_save_vmcoreinfo(void);
void crash_save_silent_cpus(const struct cpumask *silent);

/* While a crash image is armed or disarmed. */
void crash_update_vmcoreinfo_safecopy(void *ptr);

/* The generic lines, for kernel/vmcore_info.c. */
void vmcoreinfo_append_lines(void);

/* What architectures append, with the macros below or this. */
void arch_crash_save_vmcoreinfo(void);
__printf(1, 2) void vmcoreinfo_append_str(const char *fmt, ...);

/* Where dumps find the note; Xen has another answer than __pa(). */
phys_addr_t paddr_vmcoreinfo_note(void);

/* The lines that tools know, by kind. */
#define VMCOREINFO_FMT_SYMBOL	"SYMBOL(%s)=%lx\n"
#define VMCOREINFO_FMT_SIZE	"SIZE(%s)=%lu\n"
#define VMCOREINFO_FMT_OFFSET	"OFFSET(%s)=%lu\n"
#define VMCOREINFO_FMT_LENGTH	"LENGTH(%s)=%lu\n"
#define VMCOREINFO_FMT_NUMBER	"NUMBER(%s)=%ld\n"

#define VMCOREINFO_SYMBOL(name)						\
	vmcoreinfo_append_str(VMCOREINFO_FMT_SYMBOL, #name,		\
			      (unsigned long)&(name))
#define VMCOREINFO_SYMBOL_ARRAY(name)					\
	vmcoreinfo_append_str(VMCOREINFO_FMT_SYMBOL, #name,		\
			      (unsigned long)name)
#define VMCOREINFO_SIZE(name)						\
	vmcoreinfo_append_str(VMCOREINFO_FMT_SIZE, #name,		\
			      (unsigned long)sizeof(name))
#define VMCOREINFO_STRUCT_SIZE(name)					\
	vmcoreinfo_append_str(VMCOREINFO_FMT_SIZE, #name,		\
			      (unsigned long)sizeof(struct name))
#define VMCOREINFO_OFFSET(name, field)					\
	vmcoreinfo_append_str(VMCOREINFO_FMT_OFFSET, #name "." #field,	\
			      (unsigned long)offsetof(struct name, field))
#define VMCOREINFO_TYPE_OFFSET(name, field)				\
	vmcoreinfo_append_str(VMCOREINFO_FMT_OFFSET, #name "." #field,	\
			      (unsigned long)offsetof(name, field))
#define VMCOREINFO_LENGTH(name, value)					\
	vmcoreinfo_append_str(VMCOREINFO_FMT_LENGTH, #name,		\
			      (unsigned long)(value))
#define VMCOREINFO_NUMBER(name)						\
	vmcoreinfo_append_str(VMCOREINFO_FMT_NUMBER, #name, (long)(name))
#define VMCOREINFO_CONFIG(name)						\
	vmcoreinfo_append_str("CONFIG_%s=y\n", #name)

/* ELF notes in memory, for vmcoreinfo and for the registers of a CPU. */
u32 *append_elf_note(u32 *buf, char *name, unsigned int type, void *data,
		     size_t data_len);
void final_note(u32 *buf);

#endif /* LINUX_VMCORE_INFO_H */
