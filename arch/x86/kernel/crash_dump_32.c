// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a 32-bit capture kernel gets at old memory: page by page.
 *
 * There are no addresses to spare for windows, but a page that is high memory
 * to this kernel, or that it knows nothing of, is mapped quickly enough.
 */

#include <linux/crash_dump.h>
#include <linux/highmem.h>
#include <linux/uio.h>

ssize_t copy_oldmem_page(struct iov_iter *iter, unsigned long pfn,
			 size_t csize, unsigned long offset)
{
	void *addr;

	if (!csize)
		return 0;
	addr = kmap_local_pfn(pfn);
	csize = copy_to_iter(addr + offset, csize, iter);
	kunmap_local(addr);
	return csize;
}
