/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __LKDTM_POINT_H
#define __LKDTM_POINT_H

/*
 * Crash points: the places that the kernel can be made to crash at, and the
 * engine that arms them. The files are
 *
 *	core.c		the debugfs directory and the module parameters
 *	points.c	the table of points
 *	probe.c		arms a point and counts its hits
 *	detour_64.S	carries out the crash in the probed function's context
 *	context.c	what context a hit is in
 *	types.c		finds and lists crash types
 */
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/linkage.h>
#include <linux/printk.h>
#include <linux/types.h>

struct pt_regs;
struct crashtype;

#define POINT_CANDIDATES	4

/*
 * What a point promises of its hits, and what a hit is found to be: one bit of
 * the kinds, one of the interrupt flag's states, CONTEXT_WORKER or not. Of a
 * group from which nothing is promised everything will do.
 */
#define CONTEXT_NMI		BIT(0)
#define CONTEXT_HARDIRQ		BIT(1)
#define CONTEXT_SOFTIRQ		BIT(2)
#define CONTEXT_TASK		BIT(3)
#define CONTEXT_KINDS		GENMASK(3, 0)
#define CONTEXT_IRQS_ON		BIT(4)
#define CONTEXT_IRQS_OFF	BIT(5)
#define CONTEXT_FLAGS		GENMASK(5, 4)
#define CONTEXT_WORKER		BIT(6)

unsigned int context_of(unsigned int count, bool irqs_off, bool worker);
bool context_fits(unsigned int promised, unsigned int found);
const char *context_name(unsigned int context);

/**
 * struct point - a place to crash at
 * @name: what users call it
 * @context: CONTEXT_ bits that a hit has to have
 * @functions: where it may be: the first that is there and can be probed
 * @nudge: makes so many hits happen, where the kernel by itself may have none;
 *	what is left of an earlier nudge is forgotten
 */
struct point {
	const char *name;
	unsigned int context;
	const char *functions[POINT_CANDIDATES];
	void (*nudge)(unsigned int hits);
};

extern const struct point points[];
extern const unsigned int nr_points;

void points_settle(void);
const struct point *point_find(const char *name);

#ifdef CONFIG_KPROBES
int point_arm(const struct point *point, const struct crashtype *type,
	      unsigned int count);
int point_disarm(const struct point *point);
int points_init(void);
void points_exit(void);
#else
static inline int point_arm(const struct point *point,
			    const struct crashtype *type, unsigned int count)
{
	pr_err("%s: this kernel has no kprobes, there is only DIRECT\n",
	       point->name);
	return -EOPNOTSUPP;
}

static inline int point_disarm(const struct point *point)
{
	return -EOPNOTSUPP;
}

static inline int points_init(void)
{
	return 0;
}

static inline void points_exit(void)
{
}
#endif

/* What the detour takes, of probe.c. */
extern unsigned long lkdtm_detour_caller;
asmlinkage unsigned long lkdtm_detour_crash(void);

#ifdef CONFIG_X86_64
#define HAVE_DETOUR	1
asmlinkage void lkdtm_detour(void);
#else
#define HAVE_DETOUR	0
static inline void lkdtm_detour(void)
{
}
#endif

/* A breakpoint turns interrupts off, whatever they were, on most of them. */
#if defined(CONFIG_X86) || defined(CONFIG_S390) || defined(CONFIG_RISCV) || \
	defined(CONFIG_LOONGARCH)
#define point_irqs_off(regs)	regs_irqs_disabled(regs)
#elif defined(CONFIG_ARM) || defined(CONFIG_ARM64)
#define point_irqs_off(regs)	(!interrupts_enabled(regs))
#else
#define point_irqs_off(regs)	((void)(regs), irqs_disabled())
#endif

/* The word that disarms a point, where others name a crash type. */
#define POINT_DISARM	"NONE"

const struct crashtype *type_find(const char *name);
size_t types_list(char *buffer, size_t size);
size_t names_cut(const char *names, size_t most);

#endif
