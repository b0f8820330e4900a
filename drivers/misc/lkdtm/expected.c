// SPDX-License-Identifier: GPL-2.0
/*
 * What to think of a test that was not stopped: the kernel may have been built
 * or booted without what would have stopped it. It has failed all the same: a
 * line with XFAIL: would have tools/testing/selftests/lkdtm/run.sh skip it.
 */

#include "lkdtm.h"

#include <linux/cleanup.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/kstrtox.h>
#include <linux/slab.h>
#include <linux/string.h>

/**
 * lkdtm_explain_config() - whether a failure had to be expected
 * @option: the option that makes the difference, with CONFIG_
 * @built: it is set in this kernel
 */
void lkdtm_explain_config(const char *option, bool built)
{
	if (built)
		pr_err("FAIL: not expected, this kernel (%s) was built with %s=y\n",
		       lkdtm_kernel_info, option);
	else
		pr_warn("expected: this kernel (%s) was built without %s=y\n",
			lkdtm_kernel_info, option);
}

#ifdef MODULE
/* The command line is not there for modules to read. */
static int boot_param(const char *param)
{
	return -ENOENT;
}
#else
static int boot_param(const char *param)
{
	char *line __free(kfree) = kstrdup(saved_command_line, GFP_KERNEL);
	char *rest = line, *name, *value;
	int found = -ENOENT;
	bool on;

	/* The last one counts. */
	while (rest && *(rest = skip_spaces(rest))) {
		rest = next_arg(rest, &name, &value);
		if (!strcmp(name, param) && !kstrtobool(value ?: "1", &on))
			found = on;
	}
	return found;
}
#endif

/**
 * lkdtm_explain_param() - whether a failure had to be expected
 * @option: what the kernel does if nothing is said at boot
 * @built: that is to stop such a thing
 * @param: the boot parameter that decides if it is given
 */
void lkdtm_explain_param(const char *option, bool built, const char *param)
{
	int on = boot_param(param);

	if (on < 0)
		lkdtm_explain_config(option, built);
	else if (on)
		pr_err("FAIL: not expected, this kernel (%s) was booted with '%s' on\n",
		       lkdtm_kernel_info, param);
	else
		pr_warn("expected: this kernel (%s) was booted with '%s' off\n",
			lkdtm_kernel_info, param);
}
