// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the crashed kernel's ELF core header is.
 *
 * The loader of the capture kernel passes its physical address on the command
 * line (or in the device tree), and that is also how a kernel knows that it
 * is a capture kernel. So this is built in even where /proc/vmcore is not.
 */

#define pr_fmt(fmt) "elfcorehdr: " fmt

#include <linux/crash_dump.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/memory_hotplug.h>
#include <linux/printk.h>

unsigned long long elfcorehdr_addr = ELFCORE_ADDR_MAX;
EXPORT_SYMBOL_GPL(elfcorehdr_addr);

unsigned long long elfcorehdr_size;

/* elfcorehdr=[size[KMG]@]offset[KMG] */
static int __init parse_elfcorehdr(char *arg)
{
	unsigned long long addr, size = 0;
	char *end;

	if (!arg)
		return -EINVAL;

	addr = memparse(arg, &end);
	if (end != arg && *end == '@') {
		size = addr;
		arg = end + 1;
		addr = memparse(arg, &end);
	}
	if (end == arg || *end) {
		pr_err("elfcorehdr= wants [size@]offset, but ends in '%s'; there will be no dump\n",
		       end);
		elfcorehdr_addr = ELFCORE_ADDR_ERR;
		return -EINVAL;
	}

	elfcorehdr_size = size;
	elfcorehdr_addr = addr;
	return 0;
}
early_param("elfcorehdr", parse_elfcorehdr);

#ifdef CONFIG_MEMORY_HOTPLUG
/*
 * Memory that firmware or a driver offers while a capture kernel starts, a DIMM
 * that was plugged in, say, is memory that the crashed kernel had.
 */
static int __init leave_old_memory(void)
{
	if (is_kdump_kernel())
		max_mem_size = 0;
	return 0;
}
core_initcall(leave_old_memory);
#endif
