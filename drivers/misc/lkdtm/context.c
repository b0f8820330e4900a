// SPDX-License-Identifier: GPL-2.0
/*
 * What context the kernel is in, from the numbers that it keeps of it: functions
 * of their arguments, so that a handler that runs in a context of its own can
 * ask about the one that it interrupted.
 */

#include "lkdtm.h"
#include "point.h"

#include <linux/bits.h>
#include <linux/preempt.h>

/**
 * context_of() - describe a context
 * @count: preempt_count() there
 * @irqs_off: interrupts are disabled there
 * @worker: the task is a workqueue's
 *
 * A context that interrupted another one counts as itself, not as that.
 * A task that has softirqs disabled is a task: it does not serve them.
 *
 * Return: CONTEXT_ bits, one of each group.
 */
unsigned int context_of(unsigned int count, bool irqs_off, bool worker)
{
	unsigned int found = irqs_off ? CONTEXT_IRQS_OFF : CONTEXT_IRQS_ON;

	if (count & NMI_MASK)
		return found | CONTEXT_NMI;
	if (count & HARDIRQ_MASK)
		return found | CONTEXT_HARDIRQ;
	if (count & SOFTIRQ_OFFSET)
		return found | CONTEXT_SOFTIRQ;
	return found | CONTEXT_TASK | (worker ? CONTEXT_WORKER : 0);
}

static bool group_fits(unsigned int promised, unsigned int found,
		       unsigned int group)
{
	return !(promised & group) || (promised & found & group);
}

/**
 * context_fits() - whether a hit is what was promised
 * @promised: CONTEXT_ bits of the point
 * @found: context_of() the hit
 *
 * Return: true if nothing that was promised is missing.
 */
bool context_fits(unsigned int promised, unsigned int found)
{
	return group_fits(promised, found, CONTEXT_KINDS) &&
	       group_fits(promised, found, CONTEXT_FLAGS) &&
	       group_fits(promised, found, CONTEXT_WORKER);
}

/**
 * context_name() - a context in words
 * @context: CONTEXT_ bits, more than one kind for a promise
 *
 * Return: words that fit behind "in".
 */
const char *context_name(unsigned int context)
{
	bool off = context & CONTEXT_IRQS_OFF;

	switch (context & CONTEXT_KINDS) {
	case CONTEXT_NMI:
		return "an NMI";
	case CONTEXT_HARDIRQ:
		return "a hardware interrupt";
	case CONTEXT_SOFTIRQ:
		return "a softirq";
	case CONTEXT_HARDIRQ | CONTEXT_SOFTIRQ:
		return "an interrupt or a softirq";
	case CONTEXT_TASK:
		if (context & CONTEXT_WORKER)
			return "a workqueue's task";
		return off ? "a task with interrupts off" : "a task";
	default:
		return "any context";
	}
}
