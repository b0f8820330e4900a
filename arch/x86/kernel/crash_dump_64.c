// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a 64-bit capture kernel gets at old memory.
 *
 * Old memory is not in this kernel's memory map, so it is mapped like a
 * device that wants to be cached. That takes huge pages where it can.
 */

#include <linux/crash_dump.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/uio.h>
#include <asm/processor.h>

void *oldmem_map(phys_addr_t start, size_t size, bool encrypted)
{
	return encrypted ? (__force void *)ioremap_encrypted(start, size) :
			   (__force void *)ioremap_cache(start, size);
}

void oldmem_unmap(void *addr)
{
	iounmap((__force void __iomem *)addr);
}

/* Mapping it once more would alias what the allocator hands out. */
bool oldmem_is_own(phys_addr_t start, u64 size)
{
	return region_intersects(start, size, IORESOURCE_SYSTEM_RAM,
				 IORES_DESC_NONE) != REGION_DISJOINT;
}

u64 oldmem_limit(void)
{
	return 1ULL << boot_cpu_data.x86_phys_bits;
}

static ssize_t page_copy(struct iov_iter *iter, unsigned long pfn,
			 size_t csize, unsigned long offset, bool encrypted)
{
	void *addr;

	if (!csize)
		return 0;
	addr = oldmem_map(PFN_PHYS(pfn), PAGE_SIZE, encrypted);
	if (!addr)
		return -ENOMEM;
	csize = copy_to_iter(addr + offset, csize, iter);
	oldmem_unmap(addr);
	return csize;
}

ssize_t copy_oldmem_page(struct iov_iter *iter, unsigned long pfn,
			 size_t csize, unsigned long offset)
{
	return page_copy(iter, pfn, csize, offset, false);
}

ssize_t copy_oldmem_page_encrypted(struct iov_iter *iter, unsigned long pfn,
				   size_t csize, unsigned long offset)
{
	return page_copy(iter, pfn, csize, offset, true);
}

/*
 * The pages are cached in the windows too, and that is what memory wants. The
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
