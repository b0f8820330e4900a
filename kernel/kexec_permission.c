// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who may load an image, and how often: CAP_SYS_BOOT and the sysctls
 *
 *   kernel.kexec_load_disabled     1 and never 0 again: no more loads
 *   kernel.kexec_load_limit_panic  loads of a crash image that are left
 *   kernel.kexec_load_limit_reboot loads of an ordinary image that are left
 *
 * The limits begin at -1, which is no limit, and can only be made stricter.
 */

#include <linux/capability.h>
#include <linux/init.h>
#include <linux/kexec.h>
#include <linux/mutex.h>
#include <linux/sysctl.h>

/* Loads of one type that are left; -1: any number. */
struct load_limit {
	struct mutex lock;	/* Protects: left */
	int left;
};

static struct load_limit limits[] = {
	[KEXEC_TYPE_DEFAULT] = {
		.lock = __MUTEX_INITIALIZER(limits[KEXEC_TYPE_DEFAULT].lock),
		.left = -1,
	},
	[KEXEC_TYPE_CRASH] = {
		.lock = __MUTEX_INITIALIZER(limits[KEXEC_TYPE_CRASH].lock),
		.left = -1,
	},
};

static int load_disabled;

/* Takes one of the loads that are left. */
static bool limit_take(struct load_limit *limit)
{
	guard(mutex)(&limit->lock);

	if (!limit->left)
		return false;
	if (limit->left > 0)
		limit->left--;

	return true;
}

static int limit_lower(struct load_limit *limit, int to)
{
	guard(mutex)(&limit->lock);

	if (to < 0 || (limit->left >= 0 && to >= limit->left))
		return -EINVAL;
	limit->left = to;

	return 0;
}

/**
 * kexec_load_permitted() - may the caller load an image now?
 * @kexec_image_type: enum kexec_image_type
 *
 * Counts against the limit of the type, so it is asked once for each load or
 * unload.
 *
 * Context: process; may sleep.
 * Return: whether it may; -EPERM is the answer where not.
 */
bool kexec_load_permitted(int kexec_image_type)
{
	if (!capable(CAP_SYS_BOOT) || READ_ONCE(load_disabled))
		return false;

	return limit_take(&limits[kexec_image_type]);
}

#ifdef CONFIG_SYSCTL
static int limit_handler(const struct ctl_table *table, int write,
			 void *buffer, size_t *lenp, loff_t *ppos)
{
	struct load_limit *limit = table->data;
	int value = READ_ONCE(limit->left);
	struct ctl_table one = {
		.procname = table->procname,
		.data = &value,
		.maxlen = sizeof(value),
		.mode = table->mode,
	};
	int ret;

	ret = proc_dointvec(&one, write, buffer, lenp, ppos);
	if (ret || !write)
		return ret;

	return limit_lower(limit, value);
}

static struct ctl_table permission_table[] = {
	{
		.procname	= "kexec_load_disabled",
		.data		= &load_disabled,
		.maxlen		= sizeof(load_disabled),
		.mode		= 0644,
		/* From 0 to 1 only. */
		.proc_handler	= proc_dointvec_minmax,
		.extra1		= SYSCTL_ONE,
		.extra2		= SYSCTL_ONE,
	},
	{
		.procname	= "kexec_load_limit_panic",
		.data		= &limits[KEXEC_TYPE_CRASH],
		.mode		= 0644,
		.proc_handler	= limit_handler,
	},
	{
		.procname	= "kexec_load_limit_reboot",
		.data		= &limits[KEXEC_TYPE_DEFAULT],
		.mode		= 0644,
		.proc_handler	= limit_handler,
	},
};

static int __init permission_init(void)
{
	register_sysctl_init("kernel", permission_table);
	return 0;
}
late_initcall(permission_init);
#endif /* CONFIG_SYSCTL */
