// SPDX-License-Identifier: GPL-2.0
/*
 * The transition page tables of an image on 64 bit: what is mapped between two
 * kernels.
 *
 * Neither kernel's own tables will do. The old one's have no identity mapping
 * to go on in once it is overwritten, the new one's do not exist yet. These
 * are built when the image is loaded, from the image's own pages, so that a
 * crash need not allocate and a wild write does not reach them: a crash
 * image's lie in the crash region.
 */

#define pr_fmt(fmt) "kexec: " fmt

#include <linux/efi.h>
#include <linux/ioport.h>
#include <linux/kexec.h>
#include <linux/mm.h>
#include <linux/pgtable.h>

#include <asm/efi.h>
#include <asm/init.h>
#include <asm/kexec.h>
#include <asm/page.h>
#include <asm/setup.h>

/**
 * struct transition - tables under construction
 * @image: whose they are and whose pages they are made of
 * @info:  how the identity mapping is made
 * @pgd:   the top table
 */
struct transition {
	struct kimage *image;
	struct x86_mapping_info info;
	pgd_t *pgd;
};

static void *alloc_table(void *context)
{
	return kexec_pgtable_alloc(context);
}

/* [start, end) at its own address */
static int map_identity(struct transition *t, u64 start, u64 end)
{
	if (start >= end)
		return 0;
	return kernel_ident_mapping_init(&t->info, t->pgd, start, end);
}

static int map_memory(struct transition *t)
{
	int i, err;

	for (i = 0; i < nr_pfn_mapped; i++) {
		err = map_identity(t, PFN_PHYS(pfn_mapped[i].start),
				   PFN_PHYS(pfn_mapped[i].end));
		if (err)
			return err;
	}
	return 0;
}

/* Mostly part of the memory, but a loader may know of more than we map. */
static int map_segments(struct transition *t)
{
	const struct kimage *image = t->image;
	unsigned long i;
	int err;

	for (i = 0; i < image->nr_segments; i++) {
		const struct kexec_segment *segment = &image->segment[i];

		err = map_identity(t, segment->mem,
				   segment->mem + segment->memsz);
		if (err)
			return err;
	}
	return 0;
}

static int map_resource(struct resource *res, void *transition)
{
	return map_identity(transition, res->start, res->end + 1);
}

/*
 * What the decompressor of the next kernel reads while it still runs on these
 * tables, looking for the memory encryption's secrets page and the RSDP.
 */
static int map_firmware(struct transition *t)
{
	const unsigned long flags = IORESOURCE_MEM | IORESOURCE_BUSY;
	const struct efi_info *efi = &boot_params.efi_info;
	u64 systab;
	int err;

	err = walk_iomem_res_desc(IORES_DESC_ACPI_TABLES, flags, 0, -1, t,
				  map_resource);
	if (err && err != -EINVAL)	/* there is none */
		return err;
	err = walk_iomem_res_desc(IORES_DESC_ACPI_NV_STORAGE, flags, 0, -1, t,
				  map_resource);
	if (err && err != -EINVAL)
		return err;

	if (!efi_enabled(EFI_BOOT))
		return 0;

	systab = efi->efi_systab | (u64)efi->efi_systab_hi << 32;
	err = map_identity(t, systab, systab + PAGE_SIZE);
	if (err || efi_config_table == EFI_INVALID_TABLE_ADDR)
		return err;

	return map_identity(t, efi_config_table, efi_config_table + PAGE_SIZE);
}

#ifdef CONFIG_KEXEC_FILE
/* What purgatory says that the image is damaged on, if that is in memory */
static int map_console(struct transition *t)
{
	const struct purgatory_params *params =
		t->image->purgatory_info.purgatory_buf;
	u64 start, end;

	if (!params || (params->console.type != PURGATORY_CONSOLE_8250_MMIO &&
			params->console.type != PURGATORY_CONSOLE_8250_MMIO32))
		return 0;

	start = params->console.base;
	end = start + (PURGATORY_8250_REGISTERS << params->console.reg_shift);
	return map_identity(t, PAGE_ALIGN_DOWN(start), PAGE_ALIGN(end));
}
#else
static int map_console(struct transition *t)
{
	return 0;
}
#endif

/**
 * kexec_pgtable_build() - build the transition page tables of an image
 * @image: the image; its segments and its control page are known
 *
 * Maps to itself all memory that this kernel maps, the segments, the
 * firmware's tables and purgatory's console, and the control page also where
 * relocate_kernel is.
 * Writes image->arch.pgd. The tables are control pages: they go with the
 * image, also where this fails half way.
 *
 * Context: process, may sleep.
 * Return: 0 or -ENOMEM.
 */
int kexec_pgtable_build(struct kimage *image)
{
	struct transition t = {
		.image = image,
		.info = {
			.alloc_pgt_page = alloc_table,
			.context = image,
			/* Global entries would outlive a jump back. */
			.page_flag = __PAGE_KERNEL_LARGE_EXEC & ~_PAGE_GLOBAL,
			.kernpg_flag = _KERNPG_TABLE_NOENC,
			.direct_gbpages = direct_gbpages,
		},
	};
	int err;

	/*
	 * A guest's memory is encrypted on either side of the jump. A host's
	 * image is in the clear, as the next kernel starts without encryption.
	 */
	if (cc_platform_has(CC_ATTR_GUEST_MEM_ENCRYPT)) {
		t.info.page_flag |= _PAGE_ENC;
		t.info.kernpg_flag |= _PAGE_ENC;
	}

	t.pgd = kexec_pgtable_alloc(image);
	if (!t.pgd)
		return -ENOMEM;

	err = map_memory(&t);
	if (!err)
		err = map_segments(&t);
	if (!err)
		err = map_firmware(&t);
	if (!err)
		err = map_console(&t);
	if (!err)
		err = kexec_pgtable_map_control(image, t.pgd,
						(unsigned long)relocate_kernel,
						t.info.kernpg_flag & _PAGE_ENC);
	if (err)
		return err;

	image->arch.pgd = __pa(t.pgd) | (t.info.kernpg_flag & _PAGE_ENC);
	return 0;
}
