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

/* On the one CPU that runs, with interrupts off: over and back. */
static int jump_alone(struct kimage *image)
{
	int ret = syscore_suspend();

	if (ret)
		return ret;

	/* machine_kexec() saves the processor's state, and restores it. */
	kmsg_dump(KMSG_DUMP_SHUTDOWN);
	machine_kexec(image);
	syscore_resume();

	return 0;
}

/* With devices asleep, which is when interrupts can go. */
static int jump_cpus_asleep(struct kimage *image)
{
	int ret = suspend_disable_secondary_cpus();

	if (!ret) {
		local_irq_disable();
		ret = jump_alone(image);
		local_irq_enable();
	}
	suspend_enable_secondary_cpus();

	return ret;
}

/* With processes frozen. The late phase of devices takes their interrupts. */
static int jump_devices_asleep(struct kimage *image)
{
	int ret;

	suspend_console();
	ret = dpm_suspend_start(PMSG_FREEZE);
	if (!ret)
		ret = dpm_suspend_end(PMSG_FREEZE);
	if (!ret) {
		ret = jump_cpus_asleep(image);
		dpm_resume_start(PMSG_RESTORE);
	}
	dpm_resume_end(PMSG_RESTORE);
	resume_console();

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
	if (!freeze_processes()) {
		ret = jump_devices_asleep(image);
		thaw_processes();
	}
	pm_restore_console();

	return ret;
}
