// SPDX-License-Identifier: GPL-2.0
/*
 * x86's side of starting an image: the control page, the way out of this
 * kernel, and the protection of what is armed.
 */

#define pr_fmt(fmt) "kexec: " fmt

#include <linux/build_bug.h>
#include <linux/crash_reserve.h>
#include <linux/io.h>
#include <linux/kexec.h>
#include <linux/mm.h>
#include <linux/set_memory.h>
#include <linux/string.h>
#include <linux/suspend.h>

#include <asm/cpu.h>
#include <asm/crash.h>
#include <asm/debugreg.h>
#include <asm/desc.h>
#include <asm/io_apic.h>
#include <asm/kexec.h>
#include <asm/trapnr.h>

/* relocate_kernel_*.S has these by number. */
#define CONTROL_DATA_AT(field, at)					\
	static_assert(KEXEC_CONTROL_CODE_MAX_SIZE +			\
		      offsetof(struct kexec_control_data, field) == (at))

CONTROL_DATA_AT(phys, KEXEC_CTL_PHYS);
CONTROL_DATA_AT(code, KEXEC_CTL_CODE);
CONTROL_DATA_AT(pgd, KEXEC_CTL_PGD);
CONTROL_DATA_AT(gdtr, KEXEC_CTL_GDTR);
CONTROL_DATA_AT(idtr, KEXEC_CTL_IDTR);
CONTROL_DATA_AT(head, KEXEC_CTL_HEAD);
CONTROL_DATA_AT(go, KEXEC_CTL_GO);
CONTROL_DATA_AT(sp, KEXEC_CTL_SP);
CONTROL_DATA_AT(cr0, KEXEC_CTL_CR0);
CONTROL_DATA_AT(cr3, KEXEC_CTL_CR3);
CONTROL_DATA_AT(cr4, KEXEC_CTL_CR4);
CONTROL_DATA_AT(gsbase, KEXEC_CTL_GSBASE);
CONTROL_DATA_AT(efer, KEXEC_CTL_EFER);

/* The walk over the pages calls nothing: half a KiB of stack is plenty. */
static_assert(KEXEC_CONTROL_CODE_MAX_SIZE + sizeof(struct kexec_control_data) +
	      512 <= KEXEC_CONTROL_PAGE_SIZE);

/*
 * Segments of the boot protocol (Documentation/arch/x86/boot.rst): 4 GiB flat,
 * code execute/read, data read/write; marked as accessed, so that nobody
 * writes to them.
 */
#define FLAT_CODE	(IS_ENABLED(CONFIG_X86_64) ? DESC_CODE64 : DESC_CODE32)

static void fill_descriptor_tables(struct kexec_control_data *data,
				   unsigned long at)
{
	const unsigned long nmi = data->phys + (relocate_kernel_nmi -
				      (const char *)relocate_kernel);

	data->gdt[GDT_ENTRY_BOOT_CS] = GDT_ENTRY(FLAT_CODE, 0, 0xfffff);
	data->gdt[GDT_ENTRY_BOOT_DS] = GDT_ENTRY(DESC_DATA32, 0, 0xfffff);
	data->gdtr.ptr.size = sizeof(data->gdt) - 1;
	data->gdtr.ptr.address = at + offsetof(typeof(*data), gdt);

	pack_gate(&data->idt[X86_TRAP_NMI], GATE_INTERRUPT, nmi, 0, 0,
		  __BOOT_CS);
	/* On 64 bit pack_gate() takes no segment but the kernel's. */
	data->idt[X86_TRAP_NMI].segment = __BOOT_CS;
	data->idtr.ptr.size = sizeof(data->idt) - 1;
	data->idtr.ptr.address = at + offsetof(typeof(*data), idt);
}

static void fill_control_page(struct kimage *image)
{
	void *page = page_address(image->control_code_page);
	struct kexec_control_data *data = page + KEXEC_CONTROL_CODE_MAX_SIZE;
	const unsigned long phys = page_to_phys(image->control_code_page);

	memset(page, 0, KEXEC_CONTROL_PAGE_SIZE);
	memcpy(page, relocate_kernel,
	       relocate_kernel_end - (const char *)relocate_kernel);

	data->phys = phys;
	data->code = (unsigned long)relocate_kernel;
	data->pgd = image->arch.pgd;
	fill_descriptor_tables(data, phys + KEXEC_CONTROL_CODE_MAX_SIZE);
}

/**
 * machine_kexec_prepare() - make everything that the jump will need
 * @image: the image; its control page is allocated, its segments are checked
 *
 * After this the control page and the transition page tables are final:
 * nothing has to be written to them through the kernel's mapping, which is
 * read-only by the time of a crash.
 *
 * Context: process, may sleep.
 * Return: 0 or -ENOMEM.
 */
int machine_kexec_prepare(struct kimage *image)
{
	int err = kexec_pgtable_build(image);

	if (err) {
		pr_err("no memory for the page tables of the jump\n");
		return err;
	}

	fill_control_page(image);
	return 0;
}

/**
 * machine_kexec_cleanup() - undo machine_kexec_prepare()
 * @image: the image
 *
 * Nothing to do: the control page and the tables are the image's pages.
 */
void machine_kexec_cleanup(struct kimage *image)
{
}

#if defined(CONFIG_KEXEC_JUMP) && defined(CONFIG_X86_IO_APIC)
/* Its locks are sound here: unlike in a crash, nobody was stopped inside. */
static void mask_ioapic(void)
{
	clear_IO_APIC();
}
#else
static inline void mask_ioapic(void)
{
}
#endif

#ifdef CONFIG_KEXEC_JUMP
/*
 * The peer gets interrupts the way a kernel does at boot. Without a return
 * machine_shutdown() or the crash has done this.
 */
static void leave_for_return(void)
{
	save_processor_state();
	mask_ioapic();
	restore_boot_irq_mode();
}

static void come_back(void)
{
	restore_processor_state();
}
#else
static void leave_for_return(void)
{
}

static void come_back(void)
{
}
#endif

/**
 * machine_kexec() - start an image
 * @image: the image, armed
 *
 * Writes to nothing of the image but, after a jump back, @image->start: there
 * the peer wants to be entered the next time.
 *
 * Context: the only CPU that runs; interrupts off; may be a crash.
 * Returns only for an image with preserve_context.
 */
void machine_kexec(struct kimage *image)
{
	const void *page = page_address(image->control_code_page);
	unsigned long go = kexec_go_flags();
	unsigned long reentry;

	if (image->preserve_context) {
		go |= KEXEC_GO_AND_RETURN;
		leave_for_return();
	}

	local_irq_disable();

	/* Where the crash's shutdown crashed: what is left of it */
	if (image->type == KEXEC_TYPE_CRASH)
		crash_quiesce();

	/* A debug exception between the kernels would reset the machine. */
	hw_breakpoint_disable();

	/* CR4 turns it off below; the next kernel must not find old settings. */
	if (!image->preserve_context)
		cet_disable();

	reentry = relocate_kernel(image->head, image->start, page, go);

	image->start = reentry;
	come_back();
}

#ifdef CONFIG_CRASH_DUMP
/* What of it is always mapped; nothing else can be written to by mistake. */
static int mapped_pages(const struct resource *region)
{
	phys_addr_t end = min_t(phys_addr_t, region->end + 1,
				__pa(high_memory - 1) + 1);

	return end > region->start ? (end - region->start) >> PAGE_SHIFT : 0;
}

static void set_region_access(const struct resource *region, bool writable)
{
	struct page *page = pfn_to_page(PFN_DOWN(region->start));
	int nr = region->end ? mapped_pages(region) : 0;
	int err;

	if (!nr)
		return;

	err = writable ? set_pages_rw(page, nr) : set_pages_ro(page, nr);
	if (err)
		pr_warn("cannot make the crash region %pR %s (error %d)\n",
			region, writable ? "writable" : "read-only", err);
}

/**
 * arch_kexec_protect_crashkres() - make the crash region read-only
 *
 * All of it: the jump writes to it on the image's own page tables only.
 * Context: process, may sleep.
 */
void arch_kexec_protect_crashkres(void)
{
	set_region_access(&crashk_res, false);
}

/**
 * arch_kexec_unprotect_crashkres() - make the crash region writable
 *
 * Context: process, may sleep.
 */
void arch_kexec_unprotect_crashkres(void)
{
	set_region_access(&crashk_res, true);
}
#endif /* CONFIG_CRASH_DUMP */
