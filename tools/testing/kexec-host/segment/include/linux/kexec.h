/* SPDX-License-Identifier: GPL-2.0-only */
/* As much of the kernel's as the pure cores take: a segment. */
#ifndef _KEXEC_HOST_LINUX_KEXEC_H
#define _KEXEC_HOST_LINUX_KEXEC_H

#include <linux/errno.h>
#include <linux/types.h>

#define KEXEC_SEGMENT_MAX	16

struct kexec_segment {
	union {
		const void *buf;
		void *kbuf;
	};
	size_t bufsz;
	unsigned long mem;
	size_t memsz;
};

#endif
