// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kexec jump: start an image and come back.
 *
 * The machine is suspended as for hibernation, the image and this kernel
 * change places in memory, and whatever the image leaves behind when it
 * returns is resumed from. The order is that of kernel/power/hibernate.c.
 */

#define pr_fmt(fmt) "kexec: " fmt

#include <linux/console.h>
#include <linux/cpu.h>
#include <linux/freezer.h>
#include <linux/kexec.h>
#include <linux/kmsg_dump.h>
#include <linux/pm.h>
#include <linux/suspend.h>
#include <linux/syscore_ops.h>

#include "kexec_internal.h"

/* With devices asleep: one CPU, no interrupts, over and back. */
static int jump_alone(struct kimage *image)
{
	int ret;

	ret = suspend_disable_secondary_cpus();
	if (ret)
		goto enable_cpus;

	local_irq_disable();
	ret = syscore_suspend();
	if (ret)
		goto enable_irqs;

	/* machine_kexec() saves the processor's state and restores it. */
	kmsg_dump(KMSG_DUMP_SHUTDOWN);
	machine_kexec(image);

	syscore_resume();
enable_irqs:
	local_irq_enable();
enable_cpus:
	suspend_enable_secondary_cpus();

	return ret;
}

static int jump_devices_asleep(struct kimage *image)
{
	int ret;

	ret = dpm_suspend_start(PMSG_FREEZE);
	if (ret)
		goto resume;

	/* The late phase too: interrupts of devices are off after it. */
	ret = dpm_suspend_end(PMSG_FREEZE);
	if (ret)
		goto resume;

	ret = jump_alone(image);
	dpm_resume_start(PMSG_RESTORE);
resume:
	dpm_resume_end(PMSG_RESTORE);

	return ret;
}

/**
 * kexec_jump() - run an image that returns
 * @image: loaded with KEXEC_PRESERVE_CONTEXT
 *
 * Context: load lock and system_transition_mutex held; may sleep.
 * Return: 0 after the image returned, or why it was not started: -EBUSY when
 * processes cannot be frozen, or what the first device said that did not
 * suspend.
 */
int kexec_jump(struct kimage *image)
{
	int ret = -EBUSY;

	pm_prepare_console();
	if (freeze_processes())
		goto restore_console;

	suspend_console();
	ret = jump_devices_asleep(image);
	resume_console();
	thaw_processes();
restore_console:
	pm_restore_console();

	return ret;
}
