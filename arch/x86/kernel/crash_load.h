/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _X86_CRASH_LOAD_H
#define _X86_CRASH_LOAD_H

#include <linux/kexec.h>

struct kexec_e820;

/* crash_elfcorehdr.c */
unsigned int crash_elfcorehdr_ranges_max(void);
int crash_elfcorehdr_create(void **headers, unsigned long *size);

/* crash_hotplug.c */
#ifdef CONFIG_CRASH_HOTPLUG
unsigned long crash_elfcorehdr_room(void);

/* The segment that was just added is that of the headers. */
static inline void crash_elfcorehdr_is_last(struct kimage *image)
{
	image->elfcorehdr_index = image->nr_segments - 1;
}
#else
static inline unsigned long crash_elfcorehdr_room(void)
{
	return 0;
}

static inline void crash_elfcorehdr_is_last(struct kimage *image) { }
#endif

/* "elfcorehdr=0x" and an address, a space, the terminating NUL */
#define CRASH_ELFCOREHDR_ARG_MAX	(sizeof("elfcorehdr=0x") + 16 + 1)

/* crash_load.c */
#ifdef CONFIG_CRASH_DUMP
int crash_load_elfcorehdr(struct kimage *image);
size_t crash_format_elfcorehdr(const struct kimage *image, char *buf,
			       size_t size);
int crash_fill_e820(const struct kimage *image, struct kexec_e820 *map);
#else
static inline int crash_load_elfcorehdr(struct kimage *image)
{
	return -EINVAL;
}

static inline size_t crash_format_elfcorehdr(const struct kimage *image,
					     char *buf, size_t size)
{
	return 0;
}

static inline int crash_fill_e820(const struct kimage *image,
				  struct kexec_e820 *map)
{
	return -EINVAL;
}
#endif

#endif /* _X86_CRASH_LOAD_H */
