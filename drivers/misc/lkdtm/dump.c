// SPDX-License-Identifier: GPL-2.0
/*
 * Crash types that are hard on the way to the dump: they panic where the crash
 * path may find a lock taken, a CPU deaf or itself already at work.
 */

#include "lkdtm.h"

#include <linux/atomic.h>
#include <linux/console.h>
#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/interrupt.h>
#include <linux/ioport.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/notifier.h>
#include <linux/panic_notifier.h>
#include <linux/sched/signal.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/topology.h>

#if defined(CONFIG_X86_LOCAL_APIC)
#include <asm/apic.h>
#include <asm/nmi.h>
#endif

/* What needs to sleep can't be done at points where the kernel may not. */
static bool may_sleep(const char *type)
{
	if (in_task() && !irqs_disabled())
		return true;
	pr_err("FAIL: %s has to sleep: use it with DIRECT\n", type);
	return false;
}

#if defined(CONFIG_X86_LOCAL_APIC)
#define NMI_WAIT_MS	1000

static int panic_in_nmi(unsigned int type, struct pt_regs *regs)
{
	panic("panic in an NMI");
}

static void lkdtm_PANIC_NMI(void)
{
	if (in_nmi())
		panic("panic in an NMI");
	if (register_nmi_handler(NMI_LOCAL, panic_in_nmi, NMI_FLAG_FIRST,
				 "lkdtm")) {
		pr_err("FAIL: no handler for an NMI can be registered\n");
		return;
	}
	__apic_send_IPI_mask(cpumask_of(raw_smp_processor_id()), NMI_VECTOR);
	mdelay(NMI_WAIT_MS);
	unregister_nmi_handler(NMI_LOCAL, "lkdtm");
	pr_err("FAIL: the NMI did not come\n");
}
#else
static void lkdtm_PANIC_NMI(void)
{
	pr_err("XFAIL: there is no NMI to be had on this machine\n");
}
#endif

static int panic_again(struct notifier_block *nb, unsigned long event,
		       void *message)
{
	static atomic_t panicked;

	/* The panic inside comes here as well. */
	if (atomic_xchg(&panicked, 1))
		return NOTIFY_DONE;
	panic("panic inside a panic");
}

static struct notifier_block panicking_notifier = {
	.notifier_call = panic_again,
};

/*
 * The notifiers come before the capture kernel where it was booted with
 * crash_kexec_post_notifiers, and else only if there is none.
 */
static void lkdtm_PANIC_TWICE(void)
{
	atomic_notifier_chain_register(&panic_notifier_list,
				       &panicking_notifier);
	panic("panic with a notifier that panics");
}

static void spin_with_irqs_off(void *waiting)
{
	atomic_dec(waiting);
	local_irq_disable();
	for (;;)
		cpu_relax();
}

/*
 * Only an NMI reaches the others; see PANIC_STOP_IRQOFF for one that waits
 * for all of them in a known place.
 */
static void lkdtm_PANIC_OTHERS_IRQOFF(void)
{
	atomic_t waiting = ATOMIC_INIT(num_online_cpus() - 1);

	if (!may_sleep("PANIC_OTHERS_IRQOFF"))
		return;
	preempt_disable();
	smp_call_function(spin_with_irqs_off, &waiting, false);
	while (atomic_read(&waiting))
		cpu_relax();
	panic("panic with the other CPUs spinning with interrupts off");
}

#if defined(CONFIG_X86_LOCAL_APIC) && defined(CONFIG_SMP)
static atomic_t deaf_cpus;

/* While an NMI is served there is no other one. */
static int spin_in_nmi(unsigned int type, struct pt_regs *regs)
{
	atomic_inc(&deaf_cpus);
	for (;;)
		cpu_relax();
	return NMI_HANDLED;
}

/* Nothing reaches the others any more. */
static void lkdtm_PANIC_OTHERS_IN_NMI(void)
{
	static struct cpumask others;

	if (!may_sleep("PANIC_OTHERS_IN_NMI"))
		return;
	if (register_nmi_handler(NMI_LOCAL, spin_in_nmi, NMI_FLAG_FIRST,
				 "lkdtm")) {
		pr_err("FAIL: no handler for an NMI can be registered\n");
		return;
	}
	preempt_disable();
	cpumask_andnot(&others, cpu_online_mask,
		       cpumask_of(smp_processor_id()));
	__apic_send_IPI_mask(&others, NMI_VECTOR);
	while (atomic_read(&deaf_cpus) < num_online_cpus() - 1)
		cpu_relax();
	panic("panic with the other CPUs spinning in an NMI");
}
#else
static void lkdtm_PANIC_OTHERS_IN_NMI(void)
{
	pr_err("XFAIL: there is no NMI to be had on this machine\n");
}
#endif

static void lkdtm_PANIC_CONSOLE_LOCK(void)
{
	if (!may_sleep("PANIC_CONSOLE_LOCK"))
		return;
	console_lock();
	panic("panic with the console lock held");
}

static struct zone *some_zone(void)
{
	struct page *page = alloc_page(GFP_NOWAIT | __GFP_NOWARN);
	struct zone *zone = NULL;

	if (page) {
		zone = page_zone(page);
		__free_page(page);
	}
	return zone;
}

static void lkdtm_PANIC_ZONE_LOCK(void)
{
	struct zone *zone = in_nmi() ? NULL : some_zone();
	unsigned long flags;

	if (!zone || !spin_trylock_irqsave(&zone->lock, flags)) {
		pr_err("FAIL: there is no zone to lock\n");
		return;
	}
	panic("panic with the lock of zone %s held", zone->name);
}

/* Ends in a panic where panic_on_oom is set or nothing is left to be killed. */
static void lkdtm_EXHAUST_MEMORY(void)
{
	struct page *page, *next;
	LIST_HEAD(pages);

	if (!may_sleep("EXHAUST_MEMORY"))
		return;
	while (!fatal_signal_pending(current)) {
		page = alloc_page(GFP_KERNEL);
		if (!page)
			break;
		list_add(&page->lru, &pages);
	}
	list_for_each_entry_safe(page, next, &pages, lru)
		__free_page(page);
	pr_err("FAIL: out of memory, but no panic: set vm.panic_on_oom\n");
}

static int write_wildly(struct resource *region, void *unused)
{
	pr_info("writing to %pR, where the capture kernel is\n", region);
	memset(phys_to_virt(region->start), 0x5a, resource_size(region));
	return 1;
}

/* Is stopped where the architecture protects the loaded image. */
static void lkdtm_WRITE_CRASH_KERNEL(void)
{
	if (!walk_iomem_res_desc(IORES_DESC_CRASH_KERNEL,
				 IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY, 0, -1,
				 NULL, write_wildly))
		pr_err("FAIL: there is no memory reserved for a capture kernel\n");
	else
		pr_err("FAIL: the image could be written to\n");
}

static struct crashtype crashtypes[] = {
	CRASHTYPE(PANIC_NMI),
	CRASHTYPE(PANIC_TWICE),
	CRASHTYPE(PANIC_OTHERS_IRQOFF),
	CRASHTYPE(PANIC_OTHERS_IN_NMI),
	CRASHTYPE(PANIC_CONSOLE_LOCK),
	CRASHTYPE(PANIC_ZONE_LOCK),
	CRASHTYPE(EXHAUST_MEMORY),
	CRASHTYPE(WRITE_CRASH_KERNEL),
};

struct crashtype_category dump_crashtypes = {
	.crashtypes = crashtypes,
	.len	    = ARRAY_SIZE(crashtypes),
};
