/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_X86_KEXEC_H
#define _ASM_X86_KEXEC_H

/*
 * x86's part of the arch contract in <linux/kexec.h>, and what
 * machine_kexec() and relocate_kernel agree on.
 */

/*
 * The control page: relocate_kernel's code in the lower half; behind it, on
 * 64 bit, the data that the code finds relative to itself; a stack that grows
 * down from the end of the page.
 */
#define KEXEC_CONTROL_PAGE_SIZE		4096
#define KEXEC_CONTROL_CODE_MAX_SIZE	2048

/* What protects the crash region is that it is mapped read-only. */
#define KEXEC_CRASHKRES_READABLE	1

#ifdef CONFIG_X86_32

/* Indices into the page_list argument of the 32-bit relocate_kernel */
#define PA_CONTROL_PAGE	0
#define VA_CONTROL_PAGE	1
#define PA_PGD		2
#define PA_SWAP_PAGE	3
#define PAGES_NR	4

#else /* CONFIG_X86_64 */

/* Offsets in the control page: struct kexec_control_data, for assembly */
#define KEXEC_CTL_PHYS		(KEXEC_CONTROL_CODE_MAX_SIZE + 0x00)
#define KEXEC_CTL_CODE		(KEXEC_CONTROL_CODE_MAX_SIZE + 0x08)
#define KEXEC_CTL_PGD		(KEXEC_CONTROL_CODE_MAX_SIZE + 0x10)
#define KEXEC_CTL_GDTR		(KEXEC_CONTROL_CODE_MAX_SIZE + 0x18)
#define KEXEC_CTL_IDTR		(KEXEC_CONTROL_CODE_MAX_SIZE + 0x28)
#define KEXEC_CTL_HEAD		(KEXEC_CONTROL_CODE_MAX_SIZE + 0x38)
#define KEXEC_CTL_SP		(KEXEC_CONTROL_CODE_MAX_SIZE + 0x40)
#define KEXEC_CTL_CR0		(KEXEC_CONTROL_CODE_MAX_SIZE + 0x48)
#define KEXEC_CTL_CR3		(KEXEC_CONTROL_CODE_MAX_SIZE + 0x50)
#define KEXEC_CTL_CR4		(KEXEC_CONTROL_CODE_MAX_SIZE + 0x58)
#define KEXEC_CTL_EFER		(KEXEC_CONTROL_CODE_MAX_SIZE + 0x60)
#define KEXEC_CTL_GSBASE	(KEXEC_CONTROL_CODE_MAX_SIZE + 0x68)

/* How relocate_kernel is to go */
#define KEXEC_GO_AND_RETURN	0x1	/* exchange pages, call, come back */
#define KEXEC_GO_FLUSHED	0x2	/* write the caches back before */

#endif /* CONFIG_X86_64 */

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

/* Neither copies from nor to high memory; control pages are kernel memory. */
#define KEXEC_SOURCE_MEMORY_LIMIT	(-1UL)
#define KEXEC_DESTINATION_MEMORY_LIMIT	(-1UL)
#define KEXEC_CONTROL_MEMORY_LIMIT	TASK_SIZE

#define KEXEC_ARCH			KEXEC_ARCH_386

/* It can capture for a 64-bit kernel. */
#define vmcore_elf_check_arch_cross(x)	((x)->e_machine == EM_X86_64)

asmlinkage unsigned long
relocate_kernel(unsigned long head, unsigned long page_list,
		unsigned long start, unsigned int has_pae,
		unsigned int preserve_context);

#define ARCH_HAS_KIMAGE_ARCH

struct kimage_arch {
	pgd_t *pgd;
#ifdef CONFIG_X86_PAE
	pmd_t *pmd0;
	pmd_t *pmd1;
#endif
	pte_t *pte0;
	pte_t *pte1;
};

#else /* CONFIG_X86_64 */

/* The identity mapping reaches as far as physical memory can. */
#define KEXEC_SOURCE_MEMORY_LIMIT	(MAXMEM - 1)
#define KEXEC_DESTINATION_MEMORY_LIMIT	(MAXMEM - 1)
#define KEXEC_CONTROL_MEMORY_LIMIT	(MAXMEM - 1)

#define KEXEC_ARCH			KEXEC_ARCH_X86_64

#define ARCH_HAS_KIMAGE_ARCH

/**
 * struct kimage_arch - an image's transition page tables
 * @pgd: physical address of the top table, a control page like all the others
 */
struct kimage_arch {
	unsigned long pgd;
};

/* What lgdt and lidt take, padded so that an array of them stays aligned */
struct kexec_desc_ptr {
	struct desc_ptr ptr;
	u8 pad[6];
} __packed;

/**
 * struct kexec_control_data - data of relocate_kernel, in the control page
 * @phys:   physical address of the control page
 * @code:   virtual address of relocate_kernel, also in the transition tables
 * @pgd:    CR3 of the transition tables
 * @gdtr:   @gdt at its physical address
 * @idtr:   @idt at its physical address
 * @head:   kimage.head, for the way back
 * @sp:     stack pointer of the kernel that is left
 * @cr0:    its control registers ...
 * @cr3:    ... of which CR3 has the PCID
 * @cr4:    ... and CR4 enables that
 * @efer:   its EFER
 * @gsbase: its per-CPU base
 * @gdt:    flat segments, as the 64-bit boot protocol wants them
 * @idt:    up to the NMI, which returns; everything else resets the machine
 *
 * Final before the image is armed, except for @head to @gsbase: these
 * relocate_kernel writes once it runs on the transition tables, where the
 * page is writable.
 */
struct kexec_control_data {
	u64 phys;
	u64 code;
	u64 pgd;
	struct kexec_desc_ptr gdtr;
	struct kexec_desc_ptr idtr;
	u64 head;
	u64 sp;
	u64 cr0;
	u64 cr3;
	u64 cr4;
	u64 efer;
	u64 gsbase;
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

/* arch/x86/kernel/kexec_pgtable.c */
int kexec_pgtable_build(struct kimage *image);

#endif /* CONFIG_X86_64 */

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
 * crash_setup_regs - fill registers for a crash note
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
