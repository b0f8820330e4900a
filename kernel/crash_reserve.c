// SPDX-License-Identifier: GPL-2.0-only
/*
 * What crashkernel= asks for, and the regions it leads to
 *
 * The grammar is in crashkernel_param.c. This file tells the log what is wrong
 * with an argument and holds the two resources, which every architecture
 * fills: those with the generic reservation through crash_reserve_generic.c,
 * the others by themselves.
 */

#define pr_fmt(fmt) "crashkernel: " fmt

#include <linux/crash_reserve.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/sizes.h>

#include "crashkernel_param.h"

/* Both are "Crash kernel" to the readers of /proc/iomem; empty at first. */
#define CRASH_REGION {							\
	.name	= "Crash kernel",					\
	.desc	= IORES_DESC_CRASH_KERNEL,				\
	.flags	= IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY,		\
}

struct resource crashk_res = CRASH_REGION;
struct resource crashk_low_res = CRASH_REGION;

/* Say what was asked, where it went wrong and what would be right. */
static void __init report_fault(const struct crashkernel_fault *fault,
				unsigned long long system_ram)
{
	if (fault->error == CRASHKERNEL_OK)
		return;

	pr_warn("no memory reserved for '%.*s': %s (at character %d, '%.*s'; %llu MiB of RAM)\n",
		fault->arg_len, fault->arg,
		crashkernel_error_text(fault->error), fault->pos + 1,
		fault->arg_len - fault->pos, fault->arg + fault->pos,
		system_ram / SZ_1M);
}

/**
 * parse_crashkernel() - find out what crashkernel= asks for
 * @cmdline:    the kernel's command line
 * @system_ram: bytes of RAM, which the ranges in the argument go by
 * @crash_size: out: bytes to reserve
 * @crash_base: out: physical address, or 0 for anywhere
 * @low_size:   out, or NULL where the architecture has no ",high": bytes of
 *              low memory to reserve if the region is above it, as ",low"
 *              says or by default; untouched without ",high"
 * @high:       out, or NULL: ",high" was given
 *
 * A malformed argument and one that is ignored are reported in the log.
 *
 * Context: early boot.
 * Return: 0, -ENOENT if nothing is asked for, -EINVAL if it makes no sense.
 * The sizes are 0 then.
 */
int __init parse_crashkernel(char *cmdline, unsigned long long system_ram,
			     unsigned long long *crash_size,
			     unsigned long long *crash_base,
			     unsigned long long *low_size, bool *high)
{
	struct crashkernel_param param;
	struct crashkernel_fault fault;
	int ret;

	ret = crashkernel_parse(cmdline, system_ram, high, &param, &fault);
	report_fault(&fault, system_ram);

	*crash_size = param.size;
	*crash_base = param.base;
	if (high)
		*high = param.high;
	if (low_size && param.high)
		*low_size = param.low_set ? param.low_size :
					    crash_low_size_default();
	return ret;
}

/*
 * The architecture reads the argument itself, when it knows all memory. This
 * tells the rest of the kernel that it is no stranger, to be handed to init.
 */
static int __init crashkernel_is_known(char *value)
{
	return 0;
}
early_param("crashkernel", crashkernel_is_known);
