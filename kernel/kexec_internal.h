/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KEXEC_INTERNAL_H
#define _KEXEC_INTERNAL_H

/*
 * What the files of the load and crash stages share. Nothing here is for
 * anybody else; what is, stands in <linux/kexec.h>.
 */

#include <linux/kexec.h>
#include <linux/mutex.h>

struct crypto_shash;

/*
 * kernel/kexec_core.c: which images are armed.
 *
 * kexec_load_lock serialises loaders (trylock: a second one gets -EBUSY),
 * resizing of the crash region and kexec reboots. It may be held for long:
 * files are read and memory is allocated under it. Nothing in a crash takes
 * it.
 *
 * kexec_arm_lock is held while an armed image is replaced or rewritten, over
 * copying only. Inside kexec_load_lock where both are taken. Hotplug handlers
 * take this one alone.
 */
extern struct mutex kexec_load_lock;
extern struct mutex kexec_arm_lock;

/* Replaces what is armed in @image's place by @image; copies its segments. */
int kexec_arm(struct kimage *image);
/* Disarms the image of @type and frees it. */
void kexec_disarm(enum kexec_image_type type);

/*
 * Changing the armed crash image in place (the elfcorehdr of a machine that
 * changed). Between begin and end a crash finds no image and, on another CPU,
 * waits for the end for a bounded time. Returns the image or NULL. Caller
 * holds kexec_arm_lock.
 */
struct kimage *crash_image_change_begin(void);
void crash_image_change_end(struct kimage *image);

/*
 * The crash path's view: claims the armed image for this crash, for good.
 * NULL where none is armed. Takes no lock; bounded. Any context.
 */
struct kimage *crash_image_claim(void);

/* kernel/kimage.c: an image's life and its pages. */
struct kimage *kimage_create(enum kexec_image_type type);
void kimage_destroy(struct kimage *image);
int kimage_prepare(struct kimage *image);
int kimage_load_segments(struct kimage *image);
int kimage_add_control_code(struct kimage *image);

/* kernel/kexec_segment.c: pure checks */
enum kexec_segment_error {
	KEXEC_SEGMENT_OK = 0,
	KEXEC_SEGMENT_UNALIGNED,	/* mem or mem + memsz not on a page */
	KEXEC_SEGMENT_WRAPS,		/* mem + memsz overflows */
	KEXEC_SEGMENT_TOO_HIGH,		/* above the destination limit */
	KEXEC_SEGMENT_OVERLAPS,		/* another segment */
	KEXEC_SEGMENT_BUFSZ,		/* bufsz > memsz */
	KEXEC_SEGMENT_TOO_BIG,		/* alone more than half of RAM */
	KEXEC_SEGMENTS_TOO_BIG,		/* in all more than half of RAM */
	KEXEC_SEGMENT_OUTSIDE,		/* not in the crash region */
};

struct kexec_segment_limits {
	unsigned long dest_limit;	/* highest physical address */
	unsigned long max_pages;	/* of one segment and of all */
	unsigned long region_start;	/* crash images: inclusive ends; */
	unsigned long region_end;	/* 0, 0 for ordinary images */
};

enum kexec_segment_error
kexec_segments_check(const struct kexec_segment *segments, unsigned long nr,
		     const struct kexec_segment_limits *limits,
		     unsigned long *bad);
int kexec_segment_errno(enum kexec_segment_error err);
const char *kexec_segment_strerror(enum kexec_segment_error err);

/* kernel/kexec_place.c: pure placement of a buffer in a range of memory */
bool kexec_place(const struct kexec_segment *taken, unsigned long nr,
		 unsigned long start, unsigned long end, unsigned long size,
		 unsigned long align, bool top_down, unsigned long *where);

/* kernel/kexec_digest.c: SHA-256 over what was loaded */
#ifdef CONFIG_KEXEC_FILE
int kexec_digest_segments(struct kimage *image);
void kimage_file_free(struct kimage *image);
#else
static inline void kimage_file_free(struct kimage *image) { }
#endif

#endif /* _KEXEC_INTERNAL_H */
