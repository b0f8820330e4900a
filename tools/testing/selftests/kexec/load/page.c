// SPDX-License-Identifier: GPL-2.0
/*
 * Where a page of this program is, from /proc/self/pagemap
 * (Documentation/admin-guide/mm/pagemap.rst).
 */
#include <fcntl.h>
#include <unistd.h>

#include "die.h"
#include "page.h"

#define PAGEMAP		"/proc/self/pagemap"
#define PFN_PRESENT	(1ULL << 63)
#define PFN_MASK	((1ULL << 55) - 1)

uint64_t pfn_of(const void *page)
{
	int fd = open(PAGEMAP, O_RDONLY | O_CLOEXEC);
	uint64_t entry = 0;

	if (fd < 0 ||
	    pread(fd, &entry, sizeof(entry), (uintptr_t)page / PAGE *
		  sizeof(entry)) != sizeof(entry))
		die(PAGEMAP ": %m");
	close(fd);
	/* Who may not know gets a 0. */
	if (!(entry & PFN_PRESENT) || !(entry & PFN_MASK))
		die("no page frame at %p", page);
	return entry & PFN_MASK;
}
