// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages of every kind that a dump filter tells apart, for a test that crashes
 * this kernel and looks at what of them is in the dump.
 *
 * Reading /sys/kernel/debug/crash_frames makes them. A line for each page:
 *
 *	KIND PFN SEED
 *
 * A page of SEED holds the words SEED * MIX + 0, + 1, ...; one of SEED 0 holds
 * what it happens to. The pages stay until the machine is restarted, as they
 * are: among them are such as no kernel could go on with for long.
 *
 * What processes have, a program in tools/testing/selftests/kexec/load makes
 * in the same way.
 */

#define pr_fmt(fmt) "crash_frames: " fmt

#include <linux/debugfs.h>
#include <linux/gfp.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/page-flags.h>
#include <linux/panic.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/sched/task_stack.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/zsmalloc.h>

#define MIX		0x9e3779b97f4a7c15ULL
#define NR_PAGES	8

static u64 seed;

/* The next seed's page. */
static void fill(void *addr)
{
	u64 *word = addr;
	unsigned int i;

	seed++;
	for (i = 0; i < PAGE_SIZE / sizeof(*word); i++)
		word[i] = seed * MIX + i;
}

static void tell(struct seq_file *list, const char *kind, unsigned long pfn,
		 u64 with_seed)
{
	seq_printf(list, "%s %lu %llu\n", kind, pfn, with_seed);
}

static void fill_and_tell(struct seq_file *list, const char *kind, void *addr,
			  struct page *page)
{
	fill(addr);
	tell(list, kind, page_to_pfn(page), seed);
}

static bool make_pages(struct seq_file *list, const char *kind, gfp_t flags,
		       unsigned int order, void (*change)(struct page *page))
{
	struct page *page = alloc_pages(GFP_KERNEL | flags, order);
	unsigned int i;

	if (!page)
		return false;
	for (i = 0; i < 1U << order; i++)
		fill_and_tell(list, kind, page_address(page + i), page + i);
	if (change)
		change(page);
	return true;
}

static bool make_kernel(struct seq_file *list)
{
	return make_pages(list, "kernel", 0, 0, NULL) &&
	       make_pages(list, "kernel", 0, 3, NULL) &&
	       make_pages(list, "compound", __GFP_COMP, 3, NULL);
}

static bool make_zero(struct seq_file *list)
{
	struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);

	if (page)
		tell(list, "zero", page_to_pfn(page), 0);
	return page;
}

static bool make_slab(struct seq_file *list)
{
	/* As large as the largest cache, so aligned, and in a slab all the same */
	void *object = kmalloc(KMALLOC_MAX_CACHE_SIZE, GFP_KERNEL);

	if (!object)
		return false;
	fill_and_tell(list, "slab", object, virt_to_page(object));
	return true;
}

static bool make_vmalloc(struct seq_file *list)
{
	char *area = vmalloc(NR_PAGES * PAGE_SIZE);
	unsigned int i;

	if (!area)
		return false;
	for (i = 0; i < NR_PAGES; i++)
		fill_and_tell(list, "vmalloc", area + i * PAGE_SIZE,
			      vmalloc_to_page(area + i * PAGE_SIZE));
	return true;
}

static bool make_percpu(struct seq_file *list)
{
	void __percpu *area = __alloc_percpu(PAGE_SIZE, PAGE_SIZE);
	void *here;

	if (!area)
		return false;
	here = per_cpu_ptr(area, 0);
	fill(here);
	tell(list, "percpu", PHYS_PFN(per_cpu_ptr_to_phys(here)), seed);
	return true;
}

static int sleep_for_ever(void *unused)
{
	while (!kthread_should_stop()) {
		set_current_state(TASK_IDLE);
		schedule();
	}
	return 0;
}

/* A page of the first process, which does not end */
static struct page *first_table(void)
{
	struct task_struct *task;
	struct page *page;

	rcu_read_lock();
	for (task = current; task->pid > 1;)
		task = rcu_dereference(task->real_parent);
	page = virt_to_page(task->mm->pgd);
	rcu_read_unlock();
	return page;
}

static bool make_stack(struct seq_file *list)
{
	struct task_struct *task = kthread_run(sleep_for_ever, NULL,
					       "crash_frames");
	void *stack;

	if (IS_ERR(task))
		return false;
	stack = task_stack_page(task);
	tell(list, "stack", is_vmalloc_addr(stack) ? vmalloc_to_pfn(stack) :
	     page_to_pfn(virt_to_page(stack)), 0);
	tell(list, "table", page_to_pfn(first_table()), 0);
	return true;
}

static void reserve(struct page *page)
{
	SetPageReserved(page);
}

static void take_offline(struct page *page)
{
	__SetPageOffline(page);
}

static bool make_marked(struct seq_file *list)
{
	unsigned int i;

	for (i = 0; i < NR_PAGES; i++)
		if (!make_pages(list, "reserved", 0, 0, reserve) ||
		    !make_pages(list, "offline", 0, 0, take_offline))
			return false;
	return true;
}

#ifdef CONFIG_MEMORY_FAILURE
static void poison(struct page *page)
{
	SetPageHWPoison(page);
}

static bool make_poisoned(struct seq_file *list)
{
	return make_pages(list, "poisoned", 0, 0, poison) &&
	       make_pages(list, "poisoned", 0, 0, poison);
}
#else
static bool make_poisoned(struct seq_file *list)
{
	return true;
}
#endif

#if IS_ENABLED(CONFIG_ZSMALLOC)
/* Objects of a page each */
static bool make_zsmalloc(struct seq_file *list)
{
	struct zs_pool *pool = zs_create_pool("crash_frames");
	unsigned int i;

	for (i = 0; pool && i < NR_PAGES; i++) {
		unsigned long handle = zs_malloc(pool, PAGE_SIZE, GFP_KERNEL);
		void *object;

		if (IS_ERR_VALUE(handle))
			return false;
		object = zs_map_object(pool, handle, ZS_MM_WO);
		fill_and_tell(list, "zsmalloc", object, virt_to_page(object));
		zs_unmap_object(pool, handle);
	}
	return pool;
}
#else
static bool make_zsmalloc(struct seq_file *list)
{
	return true;
}
#endif

#if defined(CONFIG_X86) && defined(CONFIG_SPARSEMEM_VMEMMAP)
static void tell_struct_pages(struct seq_file *list, struct page *page)
{
	tell(list, "head", PHYS_PFN(slow_virt_to_phys(page)), 0);
	tell(list, "memmap", PHYS_PFN(slow_virt_to_phys(page + 256)), 0);
}
#else
static void tell_struct_pages(struct seq_file *list, struct page *page)
{
}
#endif

/*
 * A block of the largest size goes to the buddy allocator at once, which then
 * gives away smaller ones first; but huge pages stay on a CPU's list for a
 * while, and where they are as large, it is one of half the size. Its struct
 * pages have pages of their own, of which the first one is that tools find the
 * block by.
 */
#ifdef CONFIG_TRANSPARENT_HUGEPAGE
#define FREE_ORDER	(MAX_PAGE_ORDER - (HPAGE_PMD_ORDER == MAX_PAGE_ORDER))
#else
#define FREE_ORDER	MAX_PAGE_ORDER
#endif

static bool make_free(struct seq_file *list)
{
	struct page *page = alloc_pages(GFP_KERNEL, FREE_ORDER);
	unsigned int i, nr = 1U << FREE_ORDER;

	if (!page)
		return false;
	for (i = 0; i < nr; i += nr / NR_PAGES)
		fill_and_tell(list, "free", page_address(page + i), page + i);
	tell_struct_pages(list, page);
	__free_pages(page, FREE_ORDER);
	return true;
}

static int crash_frames_show(struct seq_file *list, void *unused)
{
	add_taint(TAINT_TEST, LOCKDEP_STILL_OK);
	/* What is free is to be so at the end. */
	if (!make_kernel(list) || !make_zero(list) || !make_slab(list) ||
	    !make_vmalloc(list) || !make_percpu(list) || !make_stack(list) ||
	    !make_marked(list) || !make_poisoned(list) ||
	    !make_zsmalloc(list) || !make_free(list)) {
		pr_err("no memory for all pages\n");
		return -ENOMEM;
	}
	return 0;
}

/* All at once: what does not fit would be made anew. */
#define LIST_SIZE	(64 << 10)

static int crash_frames_open(struct inode *inode, struct file *file)
{
	return single_open_size(file, crash_frames_show, NULL, LIST_SIZE);
}

static const struct file_operations crash_frames_fops = {
	.owner = THIS_MODULE,
	.open = crash_frames_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = single_release,
};

static struct dentry *crash_frames_file;

static int __init crash_frames_init(void)
{
	crash_frames_file = debugfs_create_file("crash_frames", 0400, NULL, NULL,
						&crash_frames_fops);
	return PTR_ERR_OR_ZERO(crash_frames_file);
}
module_init(crash_frames_init);

static void __exit crash_frames_exit(void)
{
	debugfs_remove(crash_frames_file);
}
module_exit(crash_frames_exit);

MODULE_DESCRIPTION("Pages of every kind, to be looked for in a crash dump");
MODULE_LICENSE("GPL");
