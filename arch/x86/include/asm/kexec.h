/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_X86_KEXEC_H
#define _ASM_X86_KEXEC_H

/*
 * x86's part of the arch contract in <linux/kexec.h>, and what
 * machine_kexec() and relocate_kernel agree on.
 */

#include <asm/bitsperlong.h>

/*
 * The control page: relocate_kernel's code in the lower half; behind it the
 * data that the code finds relative to itself; a stack that grows down from
 * the end of the page.
 */
#define KEXEC_CONTROL_PAGE_SIZE		4096
#define KEXEC_CONTROL_CODE_MAX_SIZE	2048

/* arch_crash_handle_hotplug_event() makes the whole core header anew each time. */
#define KEXEC_CRASH_HOTPLUG_CATCHES_UP	1

/* Offsets in the control page: struct kexec_control_data, for assembly */
#define KEXEC_CTL(word) \
	(KEXEC_CONTROL_CODE_MAX_SIZE + (word) * (BITS_PER_LONG / 8))
#define KEXEC_CTL_PHYS		KEXEC_CTL(0)
#define KEXEC_CTL_CODE		KEXEC_CTL(1)
#define KEXEC_CTL_PGD		KEXEC_CTL(2)
#define KEXEC_CTL_GDTR		KEXEC_CTL(3)
#define KEXEC_CTL_IDTR		KEXEC_CTL(5)
#define KEXEC_CTL_HEAD		KEXEC_CTL(7)
#define KEXEC_CTL_GO		KEXEC_CTL(8)
#define KEXEC_CTL_SP		KEXEC_CTL(9)
#define KEXEC_CTL_CR0		KEXEC_CTL(10)
#define KEXEC_CTL_CR3		KEXEC_CTL(11)
#define KEXEC_CTL_CR4		KEXEC_CTL(12)
#define KEXEC_CTL_GSBASE	KEXEC_CTL(13)
#define KEXEC_CTL_EFER		KEXEC_CTL(14)

/* How relocate_kernel is to go */
#define KEXEC_GO_AND_RETURN	0x1	/* exchange pages, call, come back */
#define KEXEC_GO_FLUSH		0x2	/* write the caches back before */
#define KEXEC_GO_HAS_CR4	0x4	/* 32 bit: what not every CPU has */
#define KEXEC_GO_HAS_EFER	0x8

#ifndef __ASSEMBLY__

#include <linux/instruction_pointer.h>
#include <linux/string.h>
#include <linux/types.h>

#include <asm/asm.h>
#include <asm/desc_defs.h>
#include <asm/irqflags.h>
#include <asm/page.h>
#include <asm/pgtable_types.h>
#include <asm/ptrace.h>
#include <asm/segment.h>

struct kimage;

#ifdef CONFIG_X86_32

/* The copying runs without paging; control pages are kernel memory. */
#define KEXEC_SOURCE_MEMORY_LIMIT	(-1UL)
#define KEXEC_DESTINATION_MEMORY_LIMIT	(-1UL)
#define KEXEC_CONTROL_MEMORY_LIMIT	TASK_SIZE

/* A crash region at an address of somebody's choice may be in high memory. */
#define KEXEC_CRASH_CONTROL_MEMORY_LIMIT	(__pa(high_memory - 1))

#define KEXEC_ARCH			KEXEC_ARCH_386

/* It can capture for a 64-bit kernel. */
#define vmcore_elf_check_arch_cross(x)	((x)->e_machine == EM_X86_64)

#else /* CONFIG_X86_64 */

/* The identity mapping reaches as far as physical memory can. */
#define KEXEC_SOURCE_MEMORY_LIMIT	(MAXMEM - 1)
#define KEXEC_DESTINATION_MEMORY_LIMIT	(MAXMEM - 1)
#define KEXEC_CONTROL_MEMORY_LIMIT	(MAXMEM - 1)

#define KEXEC_ARCH			KEXEC_ARCH_X86_64

#endif /* CONFIG_X86_64 */

#define ARCH_HAS_KIMAGE_ARCH

/**
 * struct kimage_arch - an image's transition page tables
 * @pgd: physical address of the top table, a control page like all the others
 */
struct kimage_arch {
	unsigned long pgd;
};

/* What lgdt and lidt take, padded so that what follows stays aligned */
struct kexec_desc_ptr {
	struct desc_ptr ptr;
	u8 pad[2 * sizeof(long) - sizeof(struct desc_ptr)];
} __packed;

/**
 * struct kexec_control_data - data of relocate_kernel, in the control page
 * @phys:   physical address of the control page
 * @code:   virtual address of relocate_kernel, also in the transition tables
 * @pgd:    CR3 of the transition tables
 * @gdtr:   @gdt at its physical address
 * @idtr:   @idt at its physical address
 * @head:   kimage.head, for the way back
 * @go:     KEXEC_GO_*, likewise (32 bit)
 * @sp:     stack pointer of the kernel that is left
 * @cr0:    its control registers ...
 * @cr3:    ... of which CR3 has the PCID
 * @cr4:    ... and CR4 enables that
 * @gsbase: its per-CPU base (64 bit)
 * @efer:   its EFER
 * @gdt:    flat segments, as the boot protocol wants them
 * @idt:    up to the NMI, which returns; everything else resets the machine
 *
 * Final before the image is armed, except for @head to @efer: these
 * relocate_kernel writes once it runs on the transition tables, where the
 * page is writable.
 */
struct kexec_control_data {
	unsigned long phys;
	unsigned long code;
	unsigned long pgd;
	struct kexec_desc_ptr gdtr;
	struct kexec_desc_ptr idtr;
	unsigned long head;
	unsigned long go;
	unsigned long sp;
	unsigned long cr0;
	unsigned long cr3;
	unsigned long cr4;
	unsigned long gsbase;
	u64 efer;
	u64 gdt[GDT_ENTRY_BOOT_DS + 1];
	gate_desc idt[3];
};

/*
 * Starts the image at @start. Returns only with KEXEC_GO_AND_RETURN, and then
 * the address at which the peer wants to be entered the next time.
 */
asmlinkage unsigned long
relocate_kernel(unsigned long head, unsigned long start,
		const void *control_page, unsigned long go);

/* Labels in relocate_kernel, addressed relative to it */
extern const char relocate_kernel_nmi[];
extern const char relocate_kernel_end[];

/* arch/x86/kernel/kexec_pgtable_{32,64}.c */
int kexec_pgtable_build(struct kimage *image);

/* arch/x86/kernel/kexec_pgtable.c */
void *kexec_pgtable_alloc(struct kimage *image);
int kexec_pgtable_map_control(struct kimage *image, void *top,
			      unsigned long vaddr, pteval_t enc);

/* arch/x86/kernel/machine_kexec_{32,64}.c */
unsigned long kexec_go_flags(void);

/* Of the caller's own registers those that only one width has */
#ifdef CONFIG_X86_64
static __always_inline void crash_store_other_regs(struct pt_regs *regs)
{
	asm volatile("mov %%r8, %[r8]; mov %%r9, %[r9]\n\t"
		     "mov %%r10, %[r10]; mov %%r11, %[r11]\n\t"
		     "mov %%r12, %[r12]; mov %%r13, %[r13]\n\t"
		     "mov %%r14, %[r14]; mov %%r15, %[r15]"
		     : [r8] "=m" (regs->r8), [r9] "=m" (regs->r9),
		       [r10] "=m" (regs->r10), [r11] "=m" (regs->r11),
		       [r12] "=m" (regs->r12), [r13] "=m" (regs->r13),
		       [r14] "=m" (regs->r14), [r15] "=m" (regs->r15));
}
#else
static __always_inline void crash_store_other_regs(struct pt_regs *regs)
{
	savesegment(ds, regs->ds);
	savesegment(es, regs->es);
	savesegment(fs, regs->fs);
	savesegment(gs, regs->gs);
}
#endif

/**
 * crash_setup_regs() - fill registers for a crash note
 * @newregs: where to
 * @oldregs: the registers at the crash, or NULL where there was no exception:
 *           then the caller's own, here and now
 *
 * Inlined, so that instruction pointer, stack pointer and frame belong
 * together and the dump's reader can unwind from them. In a crash; no lock.
 */
static __always_inline void crash_setup_regs(struct pt_regs *newregs,
					     struct pt_regs *oldregs)
{
	if (oldregs) {
		memcpy(newregs, oldregs, sizeof(*newregs));
		return;
	}

	asm volatile("mov %%" _ASM_AX ", %[ax]; mov %%" _ASM_BX ", %[bx]\n\t"
		     "mov %%" _ASM_CX ", %[cx]; mov %%" _ASM_DX ", %[dx]\n\t"
		     "mov %%" _ASM_SI ", %[si]; mov %%" _ASM_DI ", %[di]\n\t"
		     "mov %%" _ASM_BP ", %[bp]; mov %%" _ASM_SP ", %[sp]"
		     : [ax] "=m" (newregs->ax), [bx] "=m" (newregs->bx),
		       [cx] "=m" (newregs->cx), [dx] "=m" (newregs->dx),
		       [si] "=m" (newregs->si), [di] "=m" (newregs->di),
		       [bp] "=m" (newregs->bp), [sp] "=m" (newregs->sp));
	crash_store_other_regs(newregs);
	savesegment(cs, newregs->cs);
	savesegment(ss, newregs->ss);
	newregs->orig_ax = -1;
	newregs->flags = native_save_fl();
	newregs->ip = _THIS_IP_;
}

#ifdef CONFIG_CRASH_DUMP
/* smp_ops.crash_stop_other_cpus; arch/x86/kernel/crash.c */
void kdump_nmi_shootdown_cpus(void);
#endif

#endif /* !__ASSEMBLY__ */
#endif /* _ASM_X86_KEXEC_H */
