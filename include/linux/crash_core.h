/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LINUX_CRASH_CORE_H
#define _LINUX_CRASH_CORE_H

/*
 * The crash stage: from panic() to the jump into the capture kernel, and the
 * description of memory (ELF core headers) that the capture kernel is given.
 *
 * Most users want <linux/kexec.h>, which includes this.
 */

#include <linux/crash_mem.h>
#include <linux/elf.h>
#include <linux/elfcore.h>
#include <linux/linkage.h>
#include <linux/vmcore_info.h>

struct kimage;
struct pt_regs;
struct task_struct;

/* Room for the notes of one CPU: NT_PRSTATUS and the note that ends them. */
#define KEXEC_CORE_NOTE_NAME		CRASH_CORE_NOTE_NAME
#define KEXEC_NOTE_HEAD_BYTES		CRASH_CORE_NOTE_HEAD_BYTES
#define KEXEC_CORE_NOTE_DESC_BYTES	CRASH_CORE_NOTE_DESC_BYTES
#define KEXEC_NOTE_BYTES		CRASH_CORE_NOTE_BYTES

/* Which change of the machine an image is being updated for. */
#define KEXEC_CRASH_HP_NONE		0
#define KEXEC_CRASH_HP_ADD_CPU		1
#define KEXEC_CRASH_HP_REMOVE_CPU	2
#define KEXEC_CRASH_HP_ADD_MEMORY	3
#define KEXEC_CRASH_HP_REMOVE_MEMORY	4
#define KEXEC_CRASH_HP_INVALID_CPU	-1U

/* Alignment of the ELF core header's segment, in bytes. */
#define ELF_CORE_HEADER_ALIGN		4096

#ifdef CONFIG_CRASH_DUMP

/* One buffer a CPU, written by crash_save_cpu() when that CPU is stopped. */
extern note_buf_t __percpu *crash_notes;

/* Crash entry points. All may be called in any context, NMI included. */
void crash_kexec(struct pt_regs *regs);
void __crash_kexec(struct pt_regs *regs);
void crash_kexec_hold(void);
int kexec_should_crash(struct task_struct *p);
int kexec_crash_loaded(void);
void crash_save_cpu(struct pt_regs *regs, int cpu);
void crash_mark_silent(const struct cpumask *stopped);

/* In the arch contract of <linux/kexec.h>. */
void machine_crash_shutdown(struct pt_regs *regs);

/* The crash region at run time; both take the load lock and may sleep. */
int crash_shrink_memory(unsigned long new_size);
ssize_t crash_get_memory_size(void);

/* The ELF core headers of what is in @mem. */
int crash_prepare_elf64_headers(struct crash_mem *mem, int need_kernel_map,
				void **addr, unsigned long *sz);

/*
 * Hotplug, see kernel/crash_hotplug.c. The handler of an architecture is
 * called with the image that is armed, kexec_arm_lock held and the crash
 * region writable. image->hp_action says what happened, and
 * image->elfcorehdr_index which segment lists the memory.
 * @arg is the struct memory_notify, or NULL for a CPU; memory that goes is
 * still among the resources. May sleep. It builds new headers first, and
 * hands them to crash_replace_elfcorehdr(), which is all that a crash can
 * ever wait for.
 */
#ifdef CONFIG_CRASH_HOTPLUG
int crash_replace_elfcorehdr(struct kimage *image, const void *headers,
			     unsigned long sz);
#endif

void arch_crash_handle_hotplug_event(struct kimage *image, void *arg);

/* May the core headers of @image be rewritten? The default says no. */
int arch_crash_hotplug_support(struct kimage *image,
			       unsigned long kexec_flags);

/* Room in bytes that user space leaves for the core headers; 0: unknown */
unsigned int arch_crash_get_elfcorehdr_size(void);
#define crash_get_elfcorehdr_size arch_crash_get_elfcorehdr_size

int crash_check_hotplug_support(void);

#else /* !CONFIG_CRASH_DUMP */

static inline void crash_kexec(struct pt_regs *regs) { }

static inline void __crash_kexec(struct pt_regs *regs) { }
static inline void crash_kexec_hold(void) { }

static inline int kexec_should_crash(struct task_struct *p)
{
	return 0;
}

static inline int kexec_crash_loaded(void)
{
	return 0;
}

static inline void crash_save_cpu(struct pt_regs *regs, int cpu) { }

#endif /* CONFIG_CRASH_DUMP */

#endif /* _LINUX_CRASH_CORE_H */
