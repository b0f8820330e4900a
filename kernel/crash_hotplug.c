// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPUs and memory that come and go, and the armed capture kernel.
 *
 * The core header in the crash region says where there is memory and whose
 * registers will be where. When that changes, the architecture writes it anew
 * here, instead of user space loading the capture kernel again: there is no
 * moment without a capture kernel, and nothing to do for a udev rule, which
 * can see so in the crash_hotplug files in sysfs.
 */

#define pr_fmt(fmt) "crash hotplug: " fmt

#include <linux/cleanup.h>
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/highmem.h>
#include <linux/init.h>
#include <linux/kexec.h>
#include <linux/memory.h>
#include <linux/minmax.h>
#include <linux/notifier.h>

#include "crash_elf.h"
#include "kexec_internal.h"

static bool segment_is_elfcorehdr(const struct kexec_segment *segment)
{
	void *start;
	bool found;

	if (segment->memsz < PAGE_SIZE)
		return false;

	start = kimage_crash_page_map(segment, 0);
	found = core_header_recognise(start);
	kimage_crash_page_unmap(segment, 0, start);

	return found;
}

/*
 * kexec_load() is not told which segment is what; the file loaders set the
 * index themselves.
 */
static void find_elfcorehdr(struct kimage *image)
{
	if (image->elfcorehdr_index >= 0)
		return;

	for (unsigned long i = 0; i < image->nr_segments; i++) {
		if (segment_is_elfcorehdr(&image->segment[i])) {
			image->elfcorehdr_index = i;
			return;
		}
	}
}

/* What is beyond @sz is zero, as the rest of any segment is. */
static void write_segment(const struct kexec_segment *segment,
			  const void *contents, unsigned long sz)
{
	for (unsigned long at = 0; at < segment->memsz; at += PAGE_SIZE) {
		unsigned long n = at < sz ? min(sz - at, PAGE_SIZE) : 0;
		void *page = kmap_local_page(kimage_crash_page(segment, at));

		memcpy(page, contents + at, n);
		memset(page + n, 0, PAGE_SIZE - n);
		kunmap_local(page);
	}
}

/**
 * crash_replace_elfcorehdr() - give the armed image another core header
 * @image:   as the hotplug handler got it, with @image->elfcorehdr_index
 * @headers: from crash_prepare_elf64_headers(); stay the caller's
 * @sz:      their bytes
 *
 * On failure the image keeps the header it has, which is out of date; from
 * then on the crash_hotplug files in sysfs say that user space has to load
 * the capture kernel again.
 *
 * Context: in arch_crash_handle_hotplug_event().
 * Return: 0; -ENOSPC if the segment is too small; what kimage_crash_open() says.
 */
int crash_replace_elfcorehdr(struct kimage *image, const void *headers,
			     unsigned long sz)
{
	const struct kexec_segment *segment;
	int ret;

	lockdep_assert_held(&kexec_arm_lock);

	segment = &image->segment[image->elfcorehdr_index];
	if (sz > segment->memsz) {
		pr_err("the core header needs %lu bytes and has room for %zu; load the capture kernel again\n",
		       sz, segment->memsz);
		image->hotplug_support = 0;
		return -ENOSPC;
	}

	ret = kimage_crash_open(segment, 1);
	if (ret) {
		image->hotplug_support = 0;
		return ret;
	}

	crash_image_change_begin();
	write_segment(segment, headers, sz);
	crash_image_change_end(image);

	kimage_crash_close(segment, 1);
	image->elfcorehdr_updated = true;
	crash_verify_rewritten(image, image->elfcorehdr_index, headers, sz);

	return 0;
}

/* How often the machine has changed. Protected by kexec_arm_lock. */
static unsigned int events;

/* The region is writable. */
static void update(struct kimage *image, int action, void *arg)
{
	find_elfcorehdr(image);
	if (image->elfcorehdr_index < 0) {
		pr_err("none of the %lu segments is an ELF core header; load the capture kernel again\n",
		       image->nr_segments);
		image->hotplug_support = 0;
		return;
	}

	image->hp_action = action;
	arch_crash_handle_hotplug_event(image, arg);
	image->hp_action = KEXEC_CRASH_HP_NONE;
}

static void handle_event(int action, void *arg)
{
	struct kimage *image;

	guard(mutex)(&kexec_arm_lock);

	WRITE_ONCE(events, events + 1);
	image = kexec_crash_image;
	if (!image || !image->hotplug_support)
		return;

	crash_region_open();
	update(image, action, arg);
	crash_region_close();
}

/**
 * crash_hotplug_events() - a count that every event raises
 *
 * Taken before core headers are made, it tells later whether they are still
 * true.
 */
unsigned int crash_hotplug_events(void)
{
	return READ_ONCE(events);
}

/**
 * crash_hotplug_catch_up() - what changed while an image was being loaded
 * @image: armed just now
 *
 * Its core headers may have been made before the change; those of a loader in
 * user space nobody knows when. Where they can't be rewritten, user space has
 * to load again as for any other change.
 *
 * Context: kexec_arm_lock held, the crash region writable; may sleep.
 */
void crash_hotplug_catch_up(struct kimage *image)
{
	const bool late = image->file_mode && image->hotplug_events != events;

	lockdep_assert_held(&kexec_arm_lock);

	if (!image->hotplug_support)
		return;
	if (!KEXEC_CRASH_HOTPLUG_CATCHES_UP)
		image->hotplug_support = !late;
	else if (late || !image->file_mode)
		update(image, KEXEC_CRASH_HP_NONE, NULL);
}

/* CPUs that leave for a suspend are going to come back. */
static int cpu_comes(unsigned int cpu)
{
	if (!cpuhp_tasks_frozen)
		handle_event(KEXEC_CRASH_HP_ADD_CPU, NULL);

	return 0;
}

static int cpu_goes(unsigned int cpu)
{
	if (!cpuhp_tasks_frozen)
		handle_event(KEXEC_CRASH_HP_REMOVE_CPU, NULL);

	return 0;
}

static int memory_changes(struct notifier_block *nb, unsigned long event,
			  void *arg)
{
	if (event == MEM_ONLINE)
		handle_event(KEXEC_CRASH_HP_ADD_MEMORY, arg);
	else if (event == MEM_OFFLINE)
		handle_event(KEXEC_CRASH_HP_REMOVE_MEMORY, arg);

	return NOTIFY_OK;
}

/**
 * crash_check_hotplug_support() - does the armed image follow hotplug?
 *
 * Context: may sleep.
 * Return: 1 if user space has nothing to do when a CPU or memory comes or
 * goes; 0 if it has to load the capture kernel again, or none is armed.
 */
int crash_check_hotplug_support(void)
{
	guard(mutex)(&kexec_arm_lock);

	return kexec_crash_image && kexec_crash_image->hotplug_support;
}

static int __init crash_hotplug_init(void)
{
	int ret = 0;

	if (IS_ENABLED(CONFIG_MEMORY_HOTPLUG))
		hotplug_memory_notifier(memory_changes, DEFAULT_CALLBACK_PRI);

	if (IS_ENABLED(CONFIG_HOTPLUG_CPU))
		ret = cpuhp_setup_state_nocalls(CPUHP_BP_PREPARE_DYN,
						"crash/cpuhp", cpu_comes,
						cpu_goes);

	return ret < 0 ? ret : 0;
}
subsys_initcall(crash_hotplug_init);
