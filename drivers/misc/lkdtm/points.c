// SPDX-License-Identifier: GPL-2.0
/*
 * The crash points. A name promises a context, and the functions that stand
 * behind it run in that context; which of them exist changes from release to
 * release and from one compiler to the next, so there may be more than one.
 */

#include "lkdtm.h"
#include "point.h"

#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/interrupt.h>
#include <linux/string.h>

/* How often the tasklet is still to run. */
static atomic_t tasklet_left;

static void tasklet_again(struct tasklet_struct *tasklet)
{
	if (atomic_dec_if_positive(&tasklet_left) > 0)
		tasklet_schedule(tasklet);
}

static DECLARE_TASKLET(nudging_tasklet, tasklet_again);

/* Few drivers have tasklets any more, and those may not be busy. */
static void nudge_tasklet(unsigned int hits)
{
	atomic_set(&tasklet_left, hits);
	if (hits)
		tasklet_schedule(&nudging_tasklet);
}

/* Nothing of what a point was nudged with is still to come. */
void points_settle(void)
{
	nudge_tasklet(0);
	tasklet_kill(&nudging_tasklet);
}

#define POINT(NAME, CONTEXT, ...)	\
	{ .name = NAME, .context = CONTEXT, .functions = { __VA_ARGS__ } }

const struct point points[] = {
	/* A device's interrupt, on the interrupt stack. */
	POINT("INT_HARDWARE_ENTRY", CONTEXT_HARDIRQ | CONTEXT_IRQS_OFF,
	      "__common_interrupt", "handle_irq_event"),

	/* Only the thread of a threaded interrupt has them enabled today. */
	POINT("INT_HW_IRQ_EN", CONTEXT_TASK | CONTEXT_IRQS_ON,
	      "irq_thread_fn"),

	/* The CPU's own timer. */
	POINT("INT_TIMER_ENTRY", CONTEXT_HARDIRQ | CONTEXT_IRQS_OFF,
	      "hrtimer_interrupt", "tick_handle_periodic"),

	/*
	 * While the lock is held that orders the CPUs' external NMIs. It is a
	 * function that x86 has a pointer to: the handlers themselves, and
	 * what calls them, can't be probed.
	 */
	POINT("INT_NMI_ENTRY", CONTEXT_NMI,
	      "default_get_nmi_reason"),

	POINT("INT_SOFTIRQ_ENTRY", CONTEXT_SOFTIRQ,
	      "run_timer_softirq", "hrtimer_run_softirq"),

	{
		.name = "INT_TASKLET_ENTRY",
		.context = CONTEXT_SOFTIRQ,
		.functions = { "tasklet_action", "tasklet_action_common" },
		.nudge = nudge_tasklet,
	},

	/* With the lock of the pool held. */
	POINT("WORKQUEUE_ENTRY", CONTEXT_WORKER | CONTEXT_TASK,
	      "process_one_work"),

	/* What a task leaves behind when it is reaped. */
	POINT("RCU_CALLBACK", CONTEXT_SOFTIRQ,
	      "delayed_put_task_struct", "delayed_put_pid"),

	/* With the lock of the memory map or of the area held. */
	POINT("PAGE_FAULT", CONTEXT_TASK,
	      "handle_mm_fault"),

	POINT("MEM_SWAPOUT", CONTEXT_TASK,
	      "swap_writepage", "swap_writeout"),

	POINT("TIMERADD", CONTEXT_TASK,
	      "hrtimer_start_range_ns"),

	POINT("FS_SUBMIT_BH", CONTEXT_TASK,
	      "submit_bh"),

	/* By the flusher; who writes or syncs may do it, too, which is easier. */
	POINT("FS_WRITEBACK", CONTEXT_WORKER | CONTEXT_TASK,
	      "do_writepages"),

	POINT("BLOCK_COMPLETION", CONTEXT_HARDIRQ | CONTEXT_SOFTIRQ,
	      "blk_update_request"),

	POINT("SCSI_QUEUE_RQ", CONTEXT_TASK,
	      "scsi_queue_rq"),

	/* With the lock of the port held. */
	POINT("ATA_QC_ISSUE", CONTEXT_TASK | CONTEXT_IRQS_OFF,
	      "ata_qc_issue"),

	/* What requests have in common that come alone and in a batch. */
	POINT("NVME_QUEUE_RQ", CONTEXT_TASK,
	      "nvme_setup_cmd"),

	POINT("NET_RECEIVE", CONTEXT_SOFTIRQ,
	      "__netif_receive_skb_core", "__netif_receive_skb_core.constprop.0",
	      "__netif_receive_skb_one_core", "__napi_poll"),

	/* With the lock of the consoles held. */
	POINT("CONSOLE_WRITE", CONTEXT_TASK | CONTEXT_IRQS_OFF,
	      "univ8250_console_write"),

	/* With the lock of the I/O APICs held, which the crash path takes, too. */
	POINT("IOAPIC_READ", CONTEXT_IRQS_OFF,
	      "native_io_apic_read"),

	/* With the lock of the loaders held. */
	POINT("KEXEC_LOAD", CONTEXT_TASK,
	      "kexec_commit"),

	/* In the crash path: the kernel has already crashed. */
	POINT("CRASH_SHUTDOWN", 0,
	      "machine_crash_shutdown"),
	POINT("CRASH_LOCAL_IRQS", 0,
	      "lapic_shutdown"),
	POINT("CRASH_IRQ_MODE", 0,
	      "restore_boot_irq_mode"),
	POINT("CRASH_TIMER", 0,
	      "hpet_disable"),
};

const unsigned int nr_points = ARRAY_SIZE(points);

/**
 * point_find() - the point of a name
 * @name: as a user writes it
 *
 * Return: the point, NULL if there is none of that name.
 */
const struct point *point_find(const char *name)
{
	for (unsigned int i = 0; i < nr_points; i++)
		if (!strcmp(points[i].name, name))
			return &points[i];
	return NULL;
}
