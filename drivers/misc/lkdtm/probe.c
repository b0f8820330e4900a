// SPDX-License-Identifier: GPL-2.0
/*
 * Arms crash points: a kprobe on the function counts those hits that are in the
 * context that the point promises, and the last one crashes.
 *
 * A kprobe's handler runs in the context of the breakpoint, which on x86 is an
 * NMI's. To crash in the context of the function the handler sends the kernel
 * on a detour, from which it comes back to the function if the crash was none.
 * An architecture without one crashes in the handler.
 */

#include "lkdtm.h"
#include "point.h"

#include <linux/atomic.h>
#include <linux/cleanup.h>
#include <linux/irqflags.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>

/*
 * What a handler finds added to preempt_count(): x86's exc_int3() and riscv's
 * do_trap_break() enter as for an NMI.
 */
#define BREAKPOINT_COUNT						\
	(IS_ENABLED(CONFIG_X86) || IS_ENABLED(CONFIG_RISCV) ?		\
	 NMI_OFFSET | HARDIRQ_OFFSET : 0)

enum probe_state {
	PROBE_IDLE,
	PROBE_ARMED,
	PROBE_SPENT,		/* its crash was none, or it is under way */
};

/**
 * struct probe - what is at a point
 * @point: the row of the table
 * @kp: the kprobe; registered if @registered
 * @registered: under arming_lock. A spent probe stays until the point is next
 *	used: where it was spent nothing can be unregistered
 * @state: an enum probe_state. The handler makes PROBE_SPENT of PROBE_ARMED,
 *	all else is done under arming_lock
 * @type: set before @state becomes PROBE_ARMED
 * @left: hits that are still to come; set before @state becomes PROBE_ARMED
 */
struct probe {
	const struct point *point;
	struct kprobe kp;
	bool registered;
	atomic_t state;
	const struct crashtype *type;
	atomic_t left;
};

/* Serialises all that is not done by a handler. */
static DEFINE_MUTEX(arming_lock);

/* One for each row of the table, in its order. */
static struct probe *probes;

/*
 * The probe whose crash is on its way from the handler to the detour. There is
 * one at most: whoever claims it may send a CPU there.
 */
static struct probe *detoured;

/* How it crashes; it may be armed anew, and otherwise, meanwhile. */
static const struct crashtype *detoured_type;

/* For lkdtm_detour: an address in the function of @detoured. */
unsigned long lkdtm_detour_caller;

/* Unwinders look for the call right before where it returns to. */
#define DETOUR_CALLED_AT	1

static void probe_crash(const struct point *point,
			const struct crashtype *type, unsigned long function)
{
	/* Printing takes locks that may be held where interrupts are off. */
	if (!irqs_disabled())
		pr_notice("%s: %s at %pS\n", point->name, type->name,
			  (void *)function);
	type->func();
}

/**
 * lkdtm_detour_crash() - crash in the context of a probed function
 *
 * Return: where the kernel has to go on if it lived through it.
 */
asmlinkage unsigned long lkdtm_detour_crash(void)
{
	const struct point *point = READ_ONCE(detoured)->point;
	const struct crashtype *type = detoured_type;
	/* Not from its kprobe: that may have been armed elsewhere since. */
	unsigned long start = lkdtm_detour_caller - DETOUR_CALLED_AT;

	/* Pairs with probe_claim(): all that was read of it has been read. */
	smp_store_release(&detoured, NULL);
	probe_crash(point, type, start);
	module_put(THIS_MODULE);
	return start;
}

static bool __kprobes probe_claim(struct probe *probe)
{
	if (cmpxchg(&detoured, NULL, probe))
		return false;
	/* Not one more detour through code that is about to go. */
	if (!try_module_get(THIS_MODULE)) {
		/* Pairs with the cmpxchg() of the next one. */
		smp_store_release(&detoured, NULL);
		return false;
	}
	detoured_type = probe->type;
	lkdtm_detour_caller = (unsigned long)probe->kp.addr + DETOUR_CALLED_AT;
	return true;
}

static void __kprobes probe_unclaim(void)
{
	module_put(THIS_MODULE);
	/* Pairs with probe_claim(). */
	smp_store_release(&detoured, NULL);
}

static unsigned int __kprobes hit_context(struct probe *probe,
					  struct pt_regs *regs)
{
	unsigned int count = preempt_count();

	/* Not a breakpoint where ftrace calls the handler. */
	if (!kprobe_ftrace(&probe->kp))
		count -= BREAKPOINT_COUNT;
	return context_of(count, point_irqs_off(regs),
			  current->flags & PF_WQ_WORKER);
}

/* Takes a hit off the count. Whether it was the last. */
static bool __kprobes probe_count(struct probe *probe)
{
	return !atomic_dec_if_positive(&probe->left);
}

/* Fails if it has been disarmed. */
static bool __kprobes probe_spend(struct probe *probe)
{
	return atomic_cmpxchg(&probe->state, PROBE_ARMED, PROBE_SPENT) ==
	       PROBE_ARMED;
}

/* Sends the kernel on the detour once the handler returns. */
static bool __kprobes probe_detour(struct probe *probe, struct pt_regs *regs)
{
	if (!probe_claim(probe)) {
		/* Another one is just going: the next hit will be the last. */
		atomic_inc(&probe->left);
		return false;
	}
	if (!probe_spend(probe)) {
		probe_unclaim();
		return false;
	}
	instruction_pointer_set(regs, (unsigned long)lkdtm_detour);
	return true;
}

static int __kprobes probe_hit(struct kprobe *kp, struct pt_regs *regs)
{
	struct probe *probe = container_of(kp, struct probe, kp);

	if (atomic_read_acquire(&probe->state) != PROBE_ARMED ||
	    !context_fits(probe->point->context, hit_context(probe, regs)) ||
	    !probe_count(probe))
		return 0;
	if (HAVE_DETOUR)
		return probe_detour(probe, regs);
	if (probe_spend(probe))
		probe_crash(probe->point, probe->type,
			    (unsigned long)kp->addr);
	return 0;
}

/* A probe that has one is not made a jump, which could not take the detour. */
static void __kprobes probe_stepped(struct kprobe *kp, struct pt_regs *regs,
				    unsigned long flags)
{
}

static int probe_insert_at(struct probe *probe, const char *function)
{
	int ret;

	probe->kp = (struct kprobe) {
		.symbol_name = function,
		.pre_handler = probe_hit,
		.post_handler = probe_stepped,
	};
	ret = register_kprobe(&probe->kp);
	probe->registered = !ret;
	return ret;
}

static int probe_insert(struct probe *probe)
{
	const struct point *point = probe->point;
	int ret = -ENOENT;

	for (int i = 0; i < POINT_CANDIDATES && point->functions[i]; i++) {
		ret = probe_insert_at(probe, point->functions[i]);
		if (!ret)
			return 0;
		pr_info("%s: %s can't be probed: error %d%s\n", point->name,
			point->functions[i], ret,
			ret == -ENOENT ? ", there is none" : "");
	}
	pr_err("%s: this kernel has no function for it; other points are not affected\n",
	       point->name);
	return ret;
}

static void probe_remove(struct probe *probe)
{
	if (probe->registered)
		unregister_kprobe(&probe->kp);
	probe->registered = false;
}

static struct probe *probe_of(const struct point *point)
{
	return &probes[point - points];
}

static void probe_nudge(struct probe *probe, unsigned int hits)
{
	if (probe->point->nudge)
		probe->point->nudge(hits);
}

static int probe_arm(struct probe *probe, const struct crashtype *type,
		     unsigned int count)
{
	int ret;

	probe_remove(probe);
	probe->type = type;
	atomic_set(&probe->left, count);
	ret = probe_insert(probe);
	if (ret)
		return ret;

	pr_info("%s: %s at hit %u of %s in %s\n", probe->point->name,
		type->name, count, probe->kp.symbol_name,
		context_name(probe->point->context));
	/* Pairs with the handler's atomic_read_acquire(). */
	atomic_set_release(&probe->state, PROBE_ARMED);
	probe_nudge(probe, count);
	return 0;
}

/**
 * point_arm() - crash when a point is hit
 * @point: a row of the table
 * @type: how to crash
 * @count: at which hit, from 1
 *
 * Context: may sleep.
 * Return: 0, -EBUSY if it is armed already, -EINVAL for no count, or why none
 * of its functions can be probed.
 */
int point_arm(const struct point *point, const struct crashtype *type,
	      unsigned int count)
{
	struct probe *probe;

	if (!count || count > INT_MAX) {
		pr_err("%s: cpoint_count=%u: give a number of hits, from 1\n",
		       point->name, count);
		return -EINVAL;
	}
	if (!probes)
		return -ENODEV;

	guard(mutex)(&arming_lock);
	probe = probe_of(point);
	if (atomic_read(&probe->state) == PROBE_ARMED) {
		pr_err("%s is armed with %s: disarm it with " POINT_DISARM ", or use another\n",
		       point->name, probe->type->name);
		return -EBUSY;
	}
	return probe_arm(probe, type, count);
}

/**
 * point_disarm() - let nothing happen at a point
 * @point: a row of the table, armed or not
 *
 * Context: may sleep.
 * Return: 0
 */
int point_disarm(const struct point *point)
{
	struct probe *probe;

	if (!probes)
		return -ENODEV;

	guard(mutex)(&arming_lock);
	probe = probe_of(point);
	atomic_set(&probe->state, PROBE_IDLE);
	probe_nudge(probe, 0);
	probe_remove(probe);
	return 0;
}

/**
 * points_init() - make points ready to be armed
 *
 * Return: 0 or -ENOMEM.
 */
int __init points_init(void)
{
	probes = kcalloc(nr_points, sizeof(*probes), GFP_KERNEL);
	if (!probes)
		return -ENOMEM;
	for (unsigned int i = 0; i < nr_points; i++)
		probes[i].point = &points[i];
	return 0;
}

/**
 * points_exit() - disarm all points
 *
 * A detour that is under way holds the module until it is through with its
 * crash; the rest of it are instructions that somebody may just be at.
 */
void points_exit(void)
{
	for (unsigned int i = 0; probes && i < nr_points; i++)
		point_disarm(&points[i]);
	points_settle();
	synchronize_rcu_tasks();
	kfree(probes);
	probes = NULL;
}
