// SPDX-License-Identifier: GPL-2.0-only
/*
 * Device dumps: what drivers want to have in the dump.
 *
 * A driver that finds itself in a capture kernel can save the state of its
 * device before it resets it. What it saves becomes a note in /proc/vmcore.
 */

#define pr_fmt(fmt) "vmcore: " fmt

#include <linux/build_bug.h>
#include <linux/cleanup.h>
#include <linux/crash_dump.h>
#include <linux/export.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/proc_fs.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "vmcore_internal.h"

/* Tools look for the data at this offset. */
static_assert(sizeof(struct vmcoredd_header) == 64);

/**
 * struct device_dump - the note of one driver
 * @list: in struct vmcore_dump, in the order of the file
 * @buf:  from vmalloc_user(): struct vmcoredd_header and data
 * @size: of @buf, whole pages
 */
struct device_dump {
	struct list_head list;
	void *buf;
	u64 size;
};

static bool device_dumps_off;

static int __init parse_novmcoredd(char *arg)
{
	device_dumps_off = true;
	return 0;
}
early_param("novmcoredd", parse_novmcoredd);

/* The note covers the whole buffer, so that none begins inside a page. */
static void header_write(struct vmcoredd_header *header,
			 const struct vmcoredd_data *data, u64 size)
{
	header->n_namesz = sizeof(header->name);
	header->n_descsz = size - offsetof(struct vmcoredd_header, dump_name);
	header->n_type = NT_VMCOREDD;
	strscpy_pad(header->name, VMCOREDD_NOTE_NAME);
	memcpy(header->dump_name, data->dump_name, sizeof(header->dump_name));
}

/*
 * Why it would not get into the file, or 0. All of them together stay in this
 * kernel's memory, and what saves the dump needs the rest of that.
 */
static int device_dump_check(const struct vmcore_dump *dump, u64 size)
{
	u64 max = min(vmcore_devices_max(vmcore_is_64(&dump->ehdr)),
		      vmcore_ram_share());

	lockdep_assert_held(&dump->lock);
	if (!dump->entry)
		return -ENODEV;
	if (dump->openers)
		return -EBUSY;
	if (size + dump->devices_size > max)
		return -EFBIG;
	return 0;
}

static u64 device_dump_size(const struct vmcoredd_data *data)
{
	return PAGE_ALIGN(sizeof(struct vmcoredd_header) + (u64)data->size);
}

static struct device_dump *device_dump_create(struct vmcoredd_data *data)
{
	struct device_dump *dev;
	int ret = -ENOMEM;

	dev = kzalloc(sizeof(*dev), GFP_KERNEL);
	if (!dev)
		return ERR_PTR(ret);
	dev->size = device_dump_size(data);
	dev->buf = vmalloc_user(dev->size);
	if (!dev->buf)
		goto free_dev;

	header_write(dev->buf, data, dev->size);
	ret = data->vmcoredd_callback(data, dev->buf +
				      sizeof(struct vmcoredd_header));
	if (ret)
		goto free_buf;
	return dev;

free_buf:
	vfree(dev->buf);
free_dev:
	kfree(dev);
	return ERR_PTR(ret);
}

static void device_dump_destroy(struct device_dump *dev)
{
	vfree(dev->buf);
	kfree(dev);
}

/* Put it into the file, unless somebody is reading that. */
static int device_dump_insert(struct vmcore_dump *dump,
			      struct device_dump *dev)
{
	int ret;

	guard(mutex)(&dump->lock);
	ret = device_dump_check(dump, dev->size);
	if (ret)
		return ret;

	list_add_tail(&dev->list, &dump->device_dumps);
	dump->devices_size += dev->size;
	vmcore_headers_place(dump);
	proc_set_size(dump->entry, dump->size);
	return 0;
}

/* Asked before the driver is put to work, and again once it has worked. */
static int device_dump_add(struct vmcore_dump *dump, struct vmcoredd_data *data)
{
	struct device_dump *dev;
	int ret;

	scoped_guard(mutex, &dump->lock)
		ret = device_dump_check(dump, device_dump_size(data));
	if (ret)
		return ret;

	dev = device_dump_create(data);
	if (IS_ERR(dev))
		return PTR_ERR(dev);
	ret = device_dump_insert(dump, dev);
	if (ret)
		device_dump_destroy(dev);
	return ret;
}

/**
 * vmcore_add_device_dump() - add a driver's snapshot to /proc/vmcore
 * @data: what to call it, how much room it needs, and who fills that. The
 *        callback is called once, before this returns.
 *
 * May sleep.
 *
 * Return: 0; -EINVAL if @data lacks something or the user said novmcoredd;
 *         -ENODEV if there is no dump; -EBUSY if /proc/vmcore is open;
 *         -EFBIG or -ENOMEM if it is too large; what the callback returned
 */
int vmcore_add_device_dump(struct vmcoredd_data *data)
{
	int ret;

	if (device_dumps_off) {
		pr_info_once("device dumps are off (novmcoredd)\n");
		return -EINVAL;
	}
	if (!data || !data->dump_name[0] || !data->vmcoredd_callback ||
	    !data->size)
		return -EINVAL;

	ret = device_dump_add(&vmcore_dump, data);
	if (ret)
		pr_warn("device dump '%.*s' of %u bytes is left out (error %d)\n",
			VMCOREDD_MAX_NAME_BYTES, data->dump_name, data->size,
			ret);
	return ret;
}
EXPORT_SYMBOL(vmcore_add_device_dump);

/**
 * vmcore_device_dump_at() - find the device dump at a position
 * @dump:  the dump, held open
 * @pos:   counted from the first device dump, below @dump->devices_size
 * @piece: what is there
 */
void vmcore_device_dump_at(struct vmcore_dump *dump, u64 pos,
			   struct vmcore_piece *piece)
{
	struct device_dump *dev;

	list_for_each_entry(dev, &dump->device_dumps, list) {
		if (pos < dev->size) {
			piece->buf = dev->buf + pos;
			piece->len = dev->size - pos;
			return;
		}
		pos -= dev->size;
	}
}

void vmcore_device_dumps_free(struct vmcore_dump *dump)
{
	struct device_dump *dev, *next;

	list_for_each_entry_safe(dev, next, &dump->device_dumps, list) {
		list_del(&dev->list);
		device_dump_destroy(dev);
	}
	dump->devices_size = 0;
}
