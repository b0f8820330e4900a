// SPDX-License-Identifier: GPL-2.0
/*
 * Crash types that are hard on the way to the dump: they panic where the crash
 * path may find a lock taken, a CPU deaf or itself already at work.
 */

#include "lkdtm.h"
#include "point.h"

#include <linux/atomic.h>
#include <linux/console.h>
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/kdebug.h>
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

#if defined(CONFIG_X86_LOCAL_APIC)
#define NMI_WAIT_MS	1000
#define NMI_PANICS	"lkdtm panics"
#define NMI_SPINS	"lkdtm spins"

/*
 * A panic in an NMI:
 * @handled: the handler is registered. It stays: that may be asked for where
 *	the kernel can't sleep, and to unregister it would have to
 * @awaited: the CPU that an NMI is on its way to that is meant, or -1
 */
static struct {
	atomic_t handled;
	int awaited;
} own_nmi = {
	.awaited = -1,
};

static int panic_in_nmi(unsigned int type, struct pt_regs *regs)
{
	if (READ_ONCE(own_nmi.awaited) != raw_smp_processor_id())
		return NMI_DONE;
	nmi_panic(regs, "panic in an NMI");
	return NMI_HANDLED;
}

static bool nmi_handle(void)
{
	if (atomic_xchg(&own_nmi.handled, 1))
		return true;
	if (!register_nmi_handler(NMI_LOCAL, panic_in_nmi, NMI_FLAG_FIRST,
				  NMI_PANICS))
		return true;
	atomic_set(&own_nmi.handled, 0);
	return false;
}

static void lkdtm_PANIC_NMI(void)
{
	int cpu = raw_smp_processor_id();

	if (in_nmi())
		panic("panic in an NMI");
	if (!nmi_handle()) {
		pr_err("FAIL: no handler for an NMI can be registered\n");
		return;
	}
	WRITE_ONCE(own_nmi.awaited, cpu);
	__apic_send_IPI_mask(cpumask_of(cpu), NMI_VECTOR);
	mdelay(NMI_WAIT_MS);
	WRITE_ONCE(own_nmi.awaited, -1);
	pr_err("FAIL: the NMI did not come\n");
}

void __exit lkdtm_dump_exit(void)
{
	if (atomic_read(&own_nmi.handled))
		unregister_nmi_handler(NMI_LOCAL, NMI_PANICS);
}
#else
static void lkdtm_PANIC_NMI(void)
{
	pr_err("XFAIL: there is no NMI to be had on this machine\n");
}

void __exit lkdtm_dump_exit(void)
{
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

/* How long another CPU has for the way to where it stays. */
#define STUCK_WAIT_MS	10000

/* The CPUs that are there. None of them comes back. */
static atomic_t stuck_cpus;

static void stay(void)
{
	atomic_inc(&stuck_cpus);
	for (;;)
		cpu_relax();
}

static bool wait_for_stuck(unsigned int cpus)
{
	for (unsigned int ms = 0; ms < STUCK_WAIT_MS; ms++) {
		if (atomic_read(&stuck_cpus) >= cpus)
			return true;
		mdelay(1);
	}
	pr_err("FAIL: %d of %u CPUs are where they should be after %u ms; those are lost\n",
	       atomic_read(&stuck_cpus), cpus, STUCK_WAIT_MS);
	return false;
}

/*
 * A CPU that is called away in an interrupt holds no lock that is wanted in
 * one, but maybe one that is wanted in a soft interrupt. So the CPU that calls
 * serves none of those until it has called, and then no interrupt either: it
 * would wait for ever for a lock before it comes to its panic.
 */
static void call_begin(void)
{
	cpus_read_lock();
	preempt_disable();
	local_bh_disable();
	atomic_set(&stuck_cpus, 0);
}

static void call_made(void)
{
	local_irq_disable();
}

static void call_failed(void)
{
	local_irq_enable();
	local_bh_enable();
	preempt_enable();
	cpus_read_unlock();
}

static void stay_with_irqs_off(void *unused)
{
	local_irq_disable();
	stay();
}

/* Where they hold no lock that this CPU's panic would take. */
static bool others_stay(void)
{
	smp_call_function(stay_with_irqs_off, NULL, false);
	call_made();
	return wait_for_stuck(num_online_cpus() - 1);
}

/*
 * Only an NMI reaches the others; see PANIC_STOP_IRQOFF for one that waits
 * for all of them in a known place.
 */
static void lkdtm_PANIC_OTHERS_IRQOFF(void)
{
	call_begin();
	if (others_stay())
		panic("panic with the other CPUs spinning with interrupts off");
	call_failed();
}

#if defined(CONFIG_X86_LOCAL_APIC) && defined(CONFIG_SMP)
static struct cpumask others;

/* While an NMI is served there is no other one. */
static int stay_in_nmi(unsigned int type, struct pt_regs *regs)
{
	if (!cpumask_test_cpu(raw_smp_processor_id(), &others))
		return NMI_DONE;
	stay();
	return NMI_HANDLED;
}

static bool nmi_others_stay(void)
{
	return !register_nmi_handler(NMI_LOCAL, stay_in_nmi, NMI_FLAG_FIRST,
				     NMI_SPINS);
}

/* Nothing reaches the others any more, who are there until the end. */
static void lkdtm_PANIC_OTHERS_IN_NMI(void)
{
	if (!nmi_others_stay()) {
		pr_err("FAIL: no handler for an NMI can be registered\n");
		return;
	}
	call_begin();
	if (others_stay()) {
		atomic_set(&stuck_cpus, 0);
		cpumask_andnot(&others, cpu_online_mask,
			       cpumask_of(smp_processor_id()));
		__apic_send_IPI_mask(&others, NMI_VECTOR);
		if (wait_for_stuck(cpumask_weight(&others)))
			panic("panic with the other CPUs spinning in an NMI");
	}
	call_failed();
	/* Who is lost may come to the handler yet, which stays. */
	__module_get(THIS_MODULE);
}
#else
static void lkdtm_PANIC_OTHERS_IN_NMI(void)
{
	pr_err("XFAIL: there is no NMI to be had on this machine\n");
}
#endif

/* The CPU that is in the middle of an oops, and stays there. */
static int oopsing_cpu;

static int stay_in_oops(struct notifier_block *nb, unsigned long event,
			void *args)
{
	if (event != DIE_OOPS || raw_smp_processor_id() != oopsing_cpu)
		return NOTIFY_DONE;
	stay();
	return NOTIFY_DONE;
}

static struct notifier_block oopsing_notifier = {
	.notifier_call = stay_in_oops,
};

static void oops_here(void *type)
{
	((const struct crashtype *)type)->func();
}

/* An oops has a lock that the oops of a crash in the crash path wants. */
static void lkdtm_PANIC_OTHER_IN_OOPS(void)
{
	if (num_online_cpus() == 1) {
		pr_err("FAIL: there is no other CPU\n");
		return;
	}
	if (register_die_notifier(&oopsing_notifier)) {
		pr_err("FAIL: no notifier of an oops can be registered\n");
		return;
	}
	call_begin();
	oopsing_cpu = cpumask_any_but(cpu_online_mask, smp_processor_id());
	if (oopsing_cpu < nr_cpu_ids)
		smp_call_function_single(oopsing_cpu, oops_here,
					 (void *)type_find("BUG"), false);
	call_made();
	if (wait_for_stuck(1))
		panic("panic while CPU %d is in an oops", oopsing_cpu);
	call_failed();
	/* Who is lost may come to the notifier yet, which stays. */
	__module_get(THIS_MODULE);
}

static void lkdtm_PANIC_CONSOLE_LOCK(void)
{
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
	struct page *page;
	LIST_HEAD(pages);

	while (!fatal_signal_pending(current)) {
		page = alloc_page(GFP_KERNEL);
		if (!page)
			break;
		list_add(&page->lru, &pages);
	}
	put_pages_list(&pages);
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
	if (walk_iomem_res_desc(IORES_DESC_CRASH_KERNEL,
				IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY, 0, -1,
				NULL, write_wildly) < 0)
		pr_err("FAIL: there is no memory reserved for a capture kernel\n");
	else
		pr_err("FAIL: the image could be written to\n");
}

static struct crashtype crashtypes[] = {
	CRASHTYPE(PANIC_NMI),
	CRASHTYPE(PANIC_TWICE),
	CRASHTYPE_SLEEPS(PANIC_OTHERS_IRQOFF),
	CRASHTYPE_SLEEPS(PANIC_OTHERS_IN_NMI),
	CRASHTYPE_SLEEPS(PANIC_OTHER_IN_OOPS),
	CRASHTYPE_SLEEPS(PANIC_CONSOLE_LOCK),
	CRASHTYPE(PANIC_ZONE_LOCK),
	CRASHTYPE_SLEEPS(EXHAUST_MEMORY),
	CRASHTYPE(WRITE_CRASH_KERNEL),
};

struct crashtype_category dump_crashtypes = {
	.crashtypes = crashtypes,
	.len	    = ARRAY_SIZE(crashtypes),
};
