// SPDX-License-Identifier: GPL-2.0-only
/*
 * What old memory is on x86, whatever the word size.
 */

#include <linux/crash_dump.h>
#include <linux/ioport.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <asm/apicdef.h>
#include <asm/cpufeature.h>
#include <asm/mtrr.h>
#include <asm/processor.h>
#include <asm/sections.h>

/*
 * This kernel uses whole pages. A loader may leave it a fragment of one, whose
 * rest is old memory.
 */
static int has_page(struct resource *ram, void *unused)
{
	return PFN_UP(ram->start) < PFN_DOWN(ram->end + 1);
}

/* Mapping it once more would alias what the allocator hands out. */
bool oldmem_is_own(phys_addr_t start, u64 size)
{
	u64 first = PAGE_ALIGN_DOWN(start);
	u64 end = PAGE_ALIGN(start + size);

	return walk_system_ram_res(first, end - 1, NULL, has_page) > 0;
}

static bool is_uncached(u64 start, u64 end)
{
	u8 uniform;

	return mtrr_type_lookup(start, end, &uniform) == MTRR_TYPE_UNCACHABLE;
}

static int is_no_ram(struct resource *res, void *unused)
{
	return !(res->flags & IORESOURCE_SYSRAM);
}

static bool has_resource(u64 start, u64 end, unsigned long flags)
{
	return walk_iomem_res_desc(IORES_DESC_NONE, IORESOURCE_MEM | flags,
				   start, end - 1, NULL, is_no_ram) > 0;
}

/* The list of resources has it late, or by its virtual address. */
static bool is_local_apic(u64 start, u64 end)
{
	return boot_cpu_has(X86_FEATURE_APIC) &&
	       start < APIC_DEFAULT_PHYS_BASE + PAGE_SIZE &&
	       end > APIC_DEFAULT_PHYS_BASE;
}

/*
 * What a BAR decodes, and what firmware has told the processor not to cache
 * if something is known to be there: an interrupt controller, the window of a
 * bridge, what is reserved. Neither of the latter is enough by itself: old
 * memory may be reserved to keep this kernel away from it, and where the
 * processor has been told nothing it says "uncached" of all memory, this
 * kernel's too.
 */
bool oldmem_is_device(phys_addr_t start, u64 size)
{
	u64 text = __pa_symbol(_text);
	u64 first = PAGE_ALIGN_DOWN(start);
	u64 end = PAGE_ALIGN(start + size);

	/* Of all that is in the list only BARs are aligned to their size. */
	if (is_local_apic(first, end) ||
	    has_resource(first, end, IORESOURCE_SIZEALIGN))
		return true;
	return is_uncached(first, end) &&
	       !is_uncached(text, text + PAGE_SIZE) &&
	       has_resource(first, end, 0);
}

u64 oldmem_limit(void)
{
	return min_t(u64, BIT_ULL(boot_cpu_data.x86_phys_bits), PHYS_ADDR_MAX);
}

/*
 * Memory wants to be cached, as it is in the windows that this kernel has. The
 * tracking of memory types knows only of the windows there are just now, so it
 * would make other pages of the same mapping uncached, or refuse the mixture.
 */
int remap_oldmem_pfn_range(struct vm_area_struct *vma, unsigned long from,
			   unsigned long pfn, unsigned long size,
			   pgprot_t prot)
{
	return remap_pfn_range_notrack(vma, from, pfn, size,
				       pgprot_encrypted(prot));
}
