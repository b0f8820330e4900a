// SPDX-License-Identifier: GPL-2.0-only
/*
 * An armed crash image in a machine that changes: memory that came or went
 * belongs into the ELF core headers, or out of them.
 *
 * CPUs are in the headers from the start, all possible ones, if this kernel
 * made them. If user space did (kexec_load()), its headers are replaced by the
 * kernel's own as soon as the image is armed: see crash_hotplug_catch_up().
 */

#define pr_fmt(fmt) "crash hotplug: " fmt

#include <linux/align.h>
#include <linux/cpumask.h>
#include <linux/kexec.h>
#include <linux/vmalloc.h>

#include "crash_load.h"

/**
 * arch_crash_hotplug_support() - may the headers of @image be rewritten?
 * @image:       being loaded
 * @kexec_flags: of kexec_load(); 0 for kexec_file_load()
 *
 * User space says so for its images: it has left the segment out of its
 * digests, and made it crash_elfcorehdr_size bytes large.
 *
 * Return: nonzero if they may.
 */
int arch_crash_hotplug_support(struct kimage *image, unsigned long kexec_flags)
{
	const unsigned long asks = KEXEC_UPDATE_ELFCOREHDR |
				   KEXEC_CRASH_HOTPLUG_SUPPORT;

	return image->file_mode || (kexec_flags & asks);
}

/**
 * crash_elfcorehdr_room() - bytes for the headers of the fullest machine
 *
 * That is one with all possible CPUs, and with as many ranges of memory as
 * the configuration allows for, or as there are for good. It is what
 * crash_prepare_elf64_headers() would need there, and a section header more,
 * which counts very many.
 *
 * Return: bytes.
 */
unsigned long crash_elfcorehdr_room(void)
{
	/* vmcoreinfo, the kernel's mapping, and the end of the direct map */
	unsigned long phdrs = num_possible_cpus() + 3;

	if (IS_ENABLED(CONFIG_MEMORY_HOTPLUG))
		phdrs += CONFIG_CRASH_MAX_MEMORY_RANGES;
	else
		phdrs += crash_elfcorehdr_ranges_max();

	return ALIGN(sizeof(Elf64_Ehdr) + phdrs * sizeof(Elf64_Phdr) +
		     sizeof(Elf64_Shdr), ELF_CORE_HEADER_ALIGN);
}

/**
 * arch_crash_get_elfcorehdr_size() - bytes that user space should leave
 *
 * Return: what /sys/kernel/crash_elfcorehdr_size shows.
 */
unsigned int arch_crash_get_elfcorehdr_size(void)
{
	return crash_elfcorehdr_room();
}

static bool headers_cover_cpus(const struct kimage *image)
{
	return image->file_mode || image->elfcorehdr_updated;
}

static bool is_cpu_action(int hp_action)
{
	return hp_action == KEXEC_CRASH_HP_ADD_CPU ||
	       hp_action == KEXEC_CRASH_HP_REMOVE_CPU;
}

static void headers_renew(struct kimage *image)
{
	unsigned long size;
	void *headers;
	int ret;

	ret = crash_elfcorehdr_create(&headers, &size);
	if (ret) {
		pr_err("no memory for new ELF core headers (%d): the old ones stay; load the capture kernel again\n",
		       ret);
		image->hotplug_support = 0;
		return;
	}

	/* Says itself what is wrong, and then the old ones stay as well. */
	crash_replace_elfcorehdr(image, headers, size);
	vfree(headers);
}

/**
 * arch_crash_handle_hotplug_event() - adapt the crash image to the machine
 * @image: the armed crash image
 * @arg:   not looked at: memory that goes is offline by now
 *
 * On failure the old headers stay: a dump that lacks the new memory.
 *
 * Context: kexec_arm_lock held, the crash region writable; may sleep.
 */
void arch_crash_handle_hotplug_event(struct kimage *image, void *arg)
{
	if (is_cpu_action(image->hp_action) && headers_cover_cpus(image))
		return;

	headers_renew(image);
}
