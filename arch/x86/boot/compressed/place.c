// SPDX-License-Identifier: GPL-2.0-only
/*
 * The last steps before the kernel: unpack it and relocate it, where it is.
 *
 * How an image comes to run where it was not linked for differs. The 32-bit
 * kernel maps all memory at one distance, so its virtual addresses move with
 * its physical ones and all of them are changed here. The 64-bit kernel has a
 * mapping of its own, which its first page tables lead to wherever it is:
 * here only a change of its virtual address counts, and only KASLR makes one.
 *
 * This runs before anything has been relocated, as does all code beside it.
 */

#include "misc.h"
#include "image.h"

#include <asm/sections.h>

/* Virtual address that the image is linked for, and its physical one */
#ifdef CONFIG_X86_64
#define LINKED_MAP	__START_KERNEL_map
#else
#define LINKED_MAP	__PAGE_OFFSET
#endif

static const bool wide = IS_ENABLED(CONFIG_X86_64);

static int unpack(unsigned char *output, unsigned long size,
		  struct unpack_plan *plan, struct image_fault *fault)
{
	const struct unpack_file elf = {
		.file = output,
		.size = size,
		.base = LOAD_PHYSICAL_ADDR,
		.room = max(size, kernel_total_size),
		.wide = wide,
	};

	debug_putstr("Unpacking ELF... ");
	if (unpack_prepare(&elf, plan, fault))
		return -1;
	unpack_move(output, plan);

	return 0;
}

static int apply_relocations(unsigned char *output, unsigned long size,
			     const struct unpack_plan *plan,
			     unsigned long virt_addr, struct image_fault *fault)
{
	unsigned long runs_at = wide ? virt_addr : (unsigned long)output;
	const struct relocate_job job = {
		.image = output,
		.size = plan->image_end,
		.linked = LINKED_MAP + (u64)LOAD_PHYSICAL_ADDR,
		.distance = runs_at - LOAD_PHYSICAL_ADDR,
		.table = output + plan->file_end,
		.table_size = size - plan->file_end,
		.wide = wide,
	};

	if (!IS_ENABLED(CONFIG_X86_NEED_RELOCS) || !job.distance)
		return 0;

	debug_putstr("Relocating by 0x");
	debug_puthex(job.distance);
	debug_putstr("... ");

	return relocate(&job, fault);
}

/**
 * place_kernel() - make what was decompressed ready to run
 * @output:    the payload: an ELF file, and the table of relocations
 * @size:      its size
 * @virt_addr: where the kernel will be in its own mapping, without the base
 *             of that; it means nothing to a 32-bit one
 * @fail:      called if the kernel cannot be started; need not return
 *
 * Return: offset from @output of the entry point, or ULONG_MAX after @fail
 */
unsigned long place_kernel(unsigned char *output, unsigned long size,
			   unsigned long virt_addr, void (*fail)(char *why))
{
	struct image_fault fault;
	struct unpack_plan plan;

	if (!unpack(output, size, &plan, &fault) &&
	    !apply_relocations(output, size, &plan, virt_addr, &fault))
		return plan.entry;

	error_putstr("\n\nThe decompressed kernel is damaged (0x");
	error_puthex(fault.value);
	error_putstr("); load another or rebuild it");
	/* All that is seen where EFI firmware has started it. */
	fail((char *)fault.text);

	return ULONG_MAX;
}
