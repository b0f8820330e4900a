/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As much of the kernel's as the pure cores and kexec_internal.h take: a
 * segment, and an image that nobody looks into.
 */
#ifndef _KEXEC_HOST_LINUX_KEXEC_H
#define _KEXEC_HOST_LINUX_KEXEC_H

#include <linux/errno.h>
#include <linux/types.h>

#define KEXEC_SEGMENT_MAX	16

#define IS_ENABLED(CONFIG_option)	0
#define DEFINE_FREE(name, type, free)

typedef unsigned int gfp_t;

struct list_head;
struct page;

struct kexec_segment {
	union {
		const void *buf;
		void *kbuf;
	};
	size_t bufsz;
	unsigned long mem;
	size_t memsz;
};

enum kexec_image_type { KEXEC_TYPE_DEFAULT, KEXEC_TYPE_CRASH };

struct kimage {
	enum kexec_image_type type;
	bool file_mode;
	struct kexec_segment segment[KEXEC_SEGMENT_MAX];
	void *copies[KEXEC_SEGMENT_MAX];
};

#endif
