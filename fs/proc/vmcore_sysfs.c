// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/vmcore: what is left out of the dump, and how much that is.
 */

#include <linux/cleanup.h>
#include <linux/kobject.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "vmcore_class.h"
#include "vmcore_filter.h"
#include "vmcore_internal.h"

static struct kobject *vmcore_kobj;

static ssize_t level_show(struct kobject *kobj, struct kobj_attribute *attr,
			  char *buf)
{
	int level;

	/* Somebody may be looking at a very long memory map. */
	scoped_cond_guard(mutex_intr, return -ERESTARTSYS,
			  &vmcore_dump.lock)
		level = vmcore_filter_level();
	if (level == VMCORE_LEVEL_OFF)
		return sysfs_emit(buf, "off\n");
	return sysfs_emit(buf, "%d\n", level);
}

static ssize_t level_store(struct kobject *kobj, struct kobj_attribute *attr,
			   const char *buf, size_t count)
{
	int level, ret;

	ret = vmcore_level_parse(buf, &level);
	if (ret)
		return ret;

	scoped_cond_guard(mutex_intr, return -ERESTARTSYS,
			  &vmcore_dump.lock)
		ret = vmcore_filter_set_level(&vmcore_dump, level);
	return ret ?: count;
}

static struct kobj_attribute level_attr = __ATTR_RW(level);

/* Each with the number that vmcore_filter_count() takes for it */
static struct kobj_attribute count_attrs[VMCORE_NR_COUNTS];
static struct attribute *count_list[VMCORE_NR_COUNTS + 1];

static const struct attribute_group count_group = {
	.name = "pages",
	.attrs = count_list,
};

/* To count takes a look at the memory map, which the first reader takes. */
static ssize_t count_show(struct kobject *kobj, struct kobj_attribute *attr,
			  char *buf)
{
	long count;
	int ret;

	if (mutex_lock_killable(&vmcore_dump.lock))
		return -EINTR;
	ret = vmcore_filter_scan(&vmcore_dump);
	count = vmcore_filter_count(attr - count_attrs);
	mutex_unlock(&vmcore_dump.lock);
	if (ret)
		return ret;
	return count < 0 ? count : sysfs_emit(buf, "%ld\n", count);
}

static const char *count_name(unsigned int what)
{
	switch (what) {
	case VMCORE_COUNT_MEMMAP:
		return "memmap";
	case VMCORE_COUNT_ZERO:
		return "zero";
	case VMCORE_COUNT_LEFT_OUT:
		return "left_out";
	default:
		return vmcore_classes[what].name;
	}
}

static void count_attrs_init(void)
{
	unsigned int i;

	for (i = 0; i < VMCORE_NR_COUNTS; i++) {
		sysfs_attr_init(&count_attrs[i].attr);
		count_attrs[i].attr.name = count_name(i);
		count_attrs[i].attr.mode = 0400;
		count_attrs[i].show = count_show;
		count_list[i] = &count_attrs[i].attr;
	}
}

/**
 * vmcore_sysfs_create() - make /sys/kernel/vmcore
 *
 * Return: 0 or an errno; the dump can do without
 */
int vmcore_sysfs_create(void)
{
	int ret;

	vmcore_kobj = kobject_create_and_add("vmcore", kernel_kobj);
	if (!vmcore_kobj)
		return -ENOMEM;
	count_attrs_init();
	ret = sysfs_create_file(vmcore_kobj, &level_attr.attr);
	if (!ret)
		ret = sysfs_create_group(vmcore_kobj, &count_group);
	if (ret)
		vmcore_sysfs_remove();
	return ret;
}

/* Waits for those who are reading or writing, so without vmcore_dump.lock */
void vmcore_sysfs_remove(void)
{
	kobject_del(vmcore_kobj);
	kobject_put(vmcore_kobj);
	vmcore_kobj = NULL;
}
