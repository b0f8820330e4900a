// SPDX-License-Identifier: GPL-2.0-only
/*
 * A deadline for the capture kernel: capture_timeout=
 *
 * A machine that crashed is of no use until it is up again. A capture kernel
 * that waits for a disk that doesn't answer, or for a password, keeps it down
 * for ever, and nobody is there to see it. With a deadline it restarts the
 * machine, dump or no dump.
 *
 * It is a timer that fires in the interrupt itself: whatever tasks and soft
 * interrupts do, but not in a kernel that hangs with interrupts off, as one
 * does that waits for a hanging CPU to print. That is what hardware watchdogs
 * are for. A capture kernel that panics doesn't wait for it.
 */

#define pr_fmt(fmt) "capture: " fmt

#include <linux/console.h>
#include <linux/crash_dump.h>
#include <linux/hrtimer.h>
#include <linux/init.h>
#include <linux/ktime.h>
#include <linux/moduleparam.h>
#include <linux/notifier.h>
#include <linux/panic.h>
#include <linux/panic_notifier.h>
#include <linux/printk.h>
#include <linux/reboot.h>
#include <linux/string.h>

/* A dump of terabytes takes hours; a deadline of months is a mistake. */
#define TIMEOUT_MAX	(7 * 24 * 60 * 60)

/* For who looks at the console to read why. */
#define PANIC_SECONDS	10

/**
 * struct deadline - when a capture kernel has to be done
 * @timer:   pending while there is a deadline, once @counts
 * @seconds: what was asked for, 0 for none. Written where parameters are:
 *           before there are tasks, then with the parameters' lock held.
 * @counts:  this is a capture kernel that has got as far as its initcalls
 */
struct deadline {
	struct hrtimer timer;
	unsigned int seconds;
	bool counts;
};

static struct deadline deadline;

/*
 * printk() would wait for whoever is printing to hand the console over, and
 * that may be the task that hangs. Here the console is asked for once.
 */
static void tell(void)
{
	printk_deferred_enter();
	pr_emerg("not done after capture_timeout=%u seconds; restarting the machine\n",
		 READ_ONCE(deadline.seconds));
	printk_deferred_exit();

	/* Drivers of consoles look at it, and leave their locks alone then. */
	oops_in_progress = 1;
	if (console_trylock())
		console_unlock();
}

static enum hrtimer_restart deadline_passed(struct hrtimer *timer)
{
	tell();
	emergency_restart();

	return HRTIMER_NORESTART;
}

/* @from: when the seconds began */
static void deadline_start(ktime_t from)
{
	ktime_t end = ktime_add(from, ktime_set(deadline.seconds, 0));

	hrtimer_cancel(&deadline.timer);
	if (deadline.seconds)
		hrtimer_start(&deadline.timer, end, HRTIMER_MODE_ABS_HARD);
}

/* Who asks for a deadline does not want to find a panic that waits for him. */
static int restart_soon(struct notifier_block *nb, unsigned long event,
			void *message)
{
	if (deadline.seconds && !panic_timeout)
		panic_timeout = PANIC_SECONDS;

	return NOTIFY_DONE;
}

static struct notifier_block panic_block = { .notifier_call = restart_soon };

/* On the command line, and later through sysfs, where it counts from then. */
static int timeout_set(const char *value, const struct kernel_param *kp)
{
	int err = param_set_uint_minmax(value, kp, 0, TIMEOUT_MAX);

	if (err) {
		value = value ?: "";
		pr_err("capture_timeout=%.*s: give seconds, at most %u, or 0 for no limit\n",
		       (int)strcspn(value, "\n"), value, TIMEOUT_MAX);
		return err;
	}
	if (deadline.counts)
		deadline_start(ktime_get());
	return 0;
}

static const struct kernel_param_ops timeout_ops = {
	.set = timeout_set,
	.get = param_get_uint,
};

/* A parameter of the kernel's, not of a file of it. */
#undef MODULE_PARAM_PREFIX
#define MODULE_PARAM_PREFIX ""
module_param_cb(capture_timeout, &timeout_ops, &deadline.seconds, 0644);

/*
 * As soon as timers work: drivers are what hangs. And once more for s390, which
 * is a capture kernel from the moment on that it has made its core headers.
 */
static int __init deadline_init(void)
{
	if (deadline.counts || !is_kdump_kernel())
		return 0;

	hrtimer_init(&deadline.timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_HARD);
	deadline.timer.function = deadline_passed;
	deadline.counts = true;
	deadline_start(0);
	atomic_notifier_chain_register(&panic_notifier_list, &panic_block);
	return 0;
}
early_initcall(deadline_init);
fs_initcall_sync(deadline_init);
