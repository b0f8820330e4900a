// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a 64-bit capture kernel gets at old memory.
 *
 * Old memory is not in this kernel's memory map, so it is mapped like a
 * device that wants to be cached. That takes huge pages where it can, and
 * there are addresses enough for large windows.
 */

#include <linux/crash_dump.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/uio.h>

void *oldmem_map(phys_addr_t start, size_t size, bool encrypted)
{
	return encrypted ? (__force void *)ioremap_encrypted(start, size) :
			   (__force void *)ioremap_cache(start, size);
}

void oldmem_unmap(void *addr)
{
	iounmap((__force void __iomem *)addr);
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
