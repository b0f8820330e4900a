// SPDX-License-Identifier: GPL-2.0-only
/*
 * kexec_load(2): the caller has done the work, and hands over segments and an
 * entry point. The kernel checks them and keeps them.
 */

#define pr_fmt(fmt) "kexec: " fmt

#include <linux/cleanup.h>
#include <linux/compat.h>
#include <linux/crash_reserve.h>
#include <linux/kexec.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/syscalls.h>
#include <linux/uaccess.h>

#include "kexec_internal.h"

/* Kexec jump is the one flag that not every kernel can follow. */
static const unsigned long known_flags =
	KEXEC_ON_CRASH | KEXEC_UPDATE_ELFCOREHDR | KEXEC_CRASH_HOTPLUG_SUPPORT |
	(IS_ENABLED(CONFIG_KEXEC_JUMP) ? KEXEC_PRESERVE_CONTEXT : 0);

static enum kexec_image_type type_of(unsigned long flags)
{
	return flags & KEXEC_ON_CRASH ? KEXEC_TYPE_CRASH : KEXEC_TYPE_DEFAULT;
}

/* Is the caller allowed to, and does it ask for something that exists? */
static int check_request(unsigned long nr_segments, unsigned long flags)
{
	int ret;

	if (!kexec_load_permitted(type_of(flags)))
		return -EPERM;

	ret = security_kernel_load_data(LOADING_KEXEC_IMAGE, false);
	if (ret < 0)
		return ret;

	ret = security_locked_down(LOCKDOWN_KEXEC);
	if (ret < 0)
		return ret;

	if (flags & ~(known_flags | KEXEC_ARCH_MASK))
		return -EINVAL;

	if (nr_segments > KEXEC_SEGMENT_MAX)
		return -EINVAL;

	return 0;
}

/* An image that is complete but for its contents. */
static struct kimage *image_from(unsigned long entry, unsigned long nr,
				 const struct kexec_segment *segments,
				 unsigned long flags)
{
	struct kimage *image = kimage_create(type_of(flags));

	if (!image)
		return NULL;

	image->start = entry;
	image->nr_segments = nr;
	memcpy(image->segment, segments, nr * sizeof(*segments));
	/* Nobody comes back from a crash. */
	image->preserve_context = image->type == KEXEC_TYPE_DEFAULT &&
				  (flags & KEXEC_PRESERVE_CONTEXT);
	kimage_hotplug_set(image, flags);

	return image;
}

static int load(unsigned long entry, unsigned long nr,
		const struct kexec_segment *segments, unsigned long flags)
{
	struct kimage *image __free(kimage) =
		image_from(entry, nr, segments, flags);
	int ret;

	if (!image)
		return -ENOMEM;

	ret = kexec_check_segments(image);
	if (ret)
		return ret;

	if (image->type == KEXEC_TYPE_CRASH) {
		ret = kimage_stage(image) ?: kexec_digest_segments(image);
		if (ret)
			return ret;
	}

	ret = kexec_commit(image);
	if (ret)
		return ret;

	kimage_unstage(no_free_ptr(image));

	return 0;
}

static int do_kexec_load(unsigned long entry, unsigned long nr,
			 const struct kexec_segment *segments,
			 unsigned long flags)
{
	int ret = 0;

	/* A second loader would only replace what this one is loading. */
	if (!mutex_trylock(&kexec_load_lock))
		return -EBUSY;

	if (nr)
		ret = load(entry, nr, segments, flags);
	else
		kexec_unload(type_of(flags));

	mutex_unlock(&kexec_load_lock);

	return ret;
}

/**
 * sys_kexec_load() - load an image from segments, or unload one
 * @entry:       physical address that the image is entered at
 * @nr_segments: how many segments; 0 unloads
 * @segments:    the segments
 * @flags:       KEXEC_*, and KEXEC_ARCH_* in the high half
 *
 * KEXEC_ON_CRASH says which image is meant: the one that a crash starts,
 * which has to lie in the memory that crashkernel= reserved, or the one that
 * reboot(LINUX_REBOOT_CMD_KEXEC) starts. A load takes the place of the image
 * of its kind; where it fails, that one stays loaded, unless this is a crash
 * image and the architecture prepares it in place of that
 * (CONFIG_KEXEC_PREPARE_IN_PLACE).
 *
 * Return: 0, or
 * -EPERM          no CAP_SYS_BOOT, kexec_load_disabled, no loads left, or
 *                 lockdown
 * -EINVAL         unknown flags or architecture, too many segments, segments
 *                 that overlap or are smaller than their contents, or an
 *                 ordinary image of more than half of RAM
 * -EADDRNOTAVAIL  a segment that is not page aligned, too high, or outside
 *                 of the crash region; or nothing is reserved
 * -EBUSY          another load is under way
 * -EFAULT         @segments or what they point to cannot be read
 * -ENOMEM         no memory for copies, or for control pages in the region
 */
SYSCALL_DEFINE4(kexec_load, unsigned long, entry, unsigned long, nr_segments,
		struct kexec_segment __user *, segments, unsigned long, flags)
{
	unsigned long arch = flags & KEXEC_ARCH_MASK;
	struct kexec_segment *copy __free(kfree) = NULL;
	int ret;

	ret = check_request(nr_segments, flags);
	if (ret)
		return ret;

	if (arch != KEXEC_ARCH && arch != KEXEC_ARCH_DEFAULT)
		return -EINVAL;

	copy = memdup_array_user(segments, nr_segments, sizeof(*copy));
	if (IS_ERR(copy))
		return PTR_ERR(copy);

	return do_kexec_load(entry, nr_segments, copy, flags);
}

#ifdef CONFIG_COMPAT
/* A segment as a 32-bit caller lays it out. */
struct compat_kexec_segment {
	compat_uptr_t from;
	compat_size_t bytes;
	compat_ulong_t to;
	compat_size_t room;
};

static_assert(sizeof(struct compat_kexec_segment) == 16);

COMPAT_SYSCALL_DEFINE4(kexec_load, compat_ulong_t, entry,
		       compat_ulong_t, nr,
		       struct compat_kexec_segment __user *, segments,
		       compat_ulong_t, flags)
{
	struct kexec_segment wide[KEXEC_SEGMENT_MAX];
	int ret;

	ret = check_request(nr, flags);
	if (ret)
		return ret;

	/*
	 * The default architecture is the caller's, 32-bit one. An image for
	 * this kernel's has to be asked for by name.
	 */
	if ((flags & KEXEC_ARCH_MASK) != KEXEC_ARCH)
		return -EINVAL;

	for (unsigned long i = 0; i < nr; i++) {
		struct compat_kexec_segment narrow;

		if (copy_from_user(&narrow, &segments[i], sizeof(narrow)))
			return -EFAULT;

		wide[i].mem = narrow.to;
		wide[i].memsz = narrow.room;
		wide[i].bufsz = narrow.bytes;
		wide[i].buf = compat_ptr(narrow.from);
	}

	return do_kexec_load(entry, nr, wide, flags);
}
#endif /* CONFIG_COMPAT */
