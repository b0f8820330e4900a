// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/vmcore mapped into a process, read-only.
 *
 * All of it is mapped at once: what this kernel made, page by page; old
 * memory in runs that are as long as they can be, with the zero page in the
 * place of each page that must not be touched or is left out. What an
 * architecture can't map is read when it is touched.
 */

#include <linux/cleanup.h>
#include <linux/crash_dump.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/pgtable.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/uio.h>
#include <linux/vmalloc.h>

#include "vmcore_filter.h"
#include "vmcore_internal.h"

static vm_fault_t mapping_fault(struct vm_fault *vmf)
{
	struct vmcore_dump *dump = vmf->vma->vm_private_data;
	struct kvec kvec = { .iov_len = PAGE_SIZE };
	struct iov_iter iter;
	struct page *page;
	ssize_t got;

	/* A mapping may outlive the dump: see vmcore_cleanup(). */
	guard(mutex)(&dump->lock);
	page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!page)
		return VM_FAULT_OOM;
	kvec.iov_base = page_address(page);
	iov_iter_kvec(&iter, ITER_DEST, &kvec, 1, PAGE_SIZE);
	got = vmcore_read(dump, &iter, (u64)vmf->pgoff << PAGE_SHIFT);
	if (got != PAGE_SIZE) {
		__free_page(page);
		return VM_FAULT_SIGBUS;
	}
	flush_dcache_page(page);
	vmf->page = page;
	return 0;
}

static const struct vm_operations_struct mapping_ops = {
	.fault = mapping_fault,
};

int __weak remap_oldmem_pfn_range(struct vm_area_struct *vma,
				  unsigned long from, unsigned long pfn,
				  unsigned long size, pgprot_t prot)
{
	return remap_pfn_range(vma, from, pfn, size, pgprot_encrypted(prot));
}

/* Map pages that may all be read, or that all may not. */
static int run_map(struct vm_area_struct *vma, unsigned long from,
		   unsigned long pfn, unsigned long nr_pages, bool readable)
{
	int ret = 0;

	if (readable)
		return remap_oldmem_pfn_range(vma, from, pfn,
					      nr_pages << PAGE_SHIFT,
					      vma->vm_page_prot);

	/* How the zero page is cached nobody has to look up for each of them. */
	for (; nr_pages && !ret; nr_pages--, from += PAGE_SIZE)
		ret = remap_pfn_range_notrack(vma, from, my_zero_pfn(from),
					      PAGE_SIZE, vma->vm_page_prot);
	return ret;
}

/*
 * Map old memory, no more of it than this before a look at signals and the
 * scheduler: so much if there is nothing to ask about single pages, and if there
 * is.
 */
#define PLAIN_SIZE	((u64)SZ_1G)
#define ASK_SIZE	((u64)SZ_2M)

static int kept_map(struct vm_area_struct *vma, unsigned long from,
		    u64 source, u64 len)
{
	struct vmcore_extent range, run;
	bool plain = vmcore_range_plain(source, len), readable = true;
	int ret;

	while (len) {
		range.start = source;
		range.end = source + min(len, plain ? PLAIN_SIZE : ASK_SIZE);
		run = plain ? range :
			      vmcore_run_around(&range, source, &readable);
		ret = run_map(vma, from, PHYS_PFN(source),
			      PHYS_PFN(run.end - source), readable);
		if (ret)
			return ret;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
		from += run.end - source;
		len -= run.end - source;
		source = run.end;
	}
	return 0;
}

/* Holes have no pages, so what of them is mapped is the zero page. */
static int oldmem_vma_map(struct vm_area_struct *vma, unsigned long from,
			  u64 source, u64 len)
{
	bool out;
	u64 run;
	int ret;

	for (; len; from += run, source += run, len -= run) {
		run = vmcore_filter_run(source, len, &out);
		if (out) {
			run = min(run, ASK_SIZE);
			ret = run_map(vma, from, 0, run >> PAGE_SHIFT, false);
		} else {
			ret = kept_map(vma, from, source, run);
		}
		if (ret)
			return ret;
		if (run < len && fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

static int piece_map(struct vm_area_struct *vma, unsigned long from,
		     const struct vmcore_piece *piece, unsigned long len)
{
	if (piece->buf)
		return remap_vmalloc_range_partial(vma, from, piece->buf, 0,
						   len);
	return oldmem_vma_map(vma, from, piece->source, len);
}

/**
 * vmcore_mmap() - map a part of the dump
 * @dump: the dump, held open
 * @vma:  the mapping
 *
 * Return: 0; -EINVAL if it leaves the file; -EPERM if it is not read-only;
 *         -EAGAIN if something can't be mapped; -EINTR for a task that is
 *         being killed
 */
int vmcore_mmap(struct vmcore_dump *dump, struct vm_area_struct *vma)
{
	u64 size = vma->vm_end - vma->vm_start, len;
	u64 pos = (u64)vma->vm_pgoff << PAGE_SHIFT;
	unsigned long from = vma->vm_start;
	struct vmcore_piece piece;
	int ret;

	if (size > dump->size || pos > dump->size - size)
		return -EINVAL;
	if (vma->vm_flags & (VM_WRITE | VM_EXEC))
		return -EPERM;

	/* Both kinds of pages, and it shall never become writable. */
	vm_flags_mod(vma, VM_MIXEDMAP, VM_MAYWRITE | VM_MAYEXEC);
	vma->vm_ops = &mapping_ops;
	vma->vm_private_data = dump;

	for (; from < vma->vm_end; from += len, pos += len) {
		vmcore_piece_at(dump, pos, vma->vm_end - from, &piece);
		len = piece.len;
		/* The core unmaps what is there so far. */
		ret = piece_map(vma, from, &piece, len);
		if (ret)
			return ret == -EINTR ? ret : -EAGAIN;
		/* Pieces may be as many as program headers. */
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}
