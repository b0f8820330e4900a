/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KEXEC_INTERNAL_H
#define _KEXEC_INTERNAL_H

/*
 * What the files of the load and crash stages share. Nothing here is for
 * anybody else; what is, stands in <linux/kexec.h>.
 */

#include <linux/cleanup.h>
#include <linux/crash_reserve.h>
#include <linux/ima.h>
#include <linux/kexec.h>
#include <linux/mutex.h>

#include "kexec_segment.h"

struct shash_desc;

/*
 * kernel/kexec_core.c: which images are armed.
 *
 * kexec_load_lock serialises loaders (trylock: a second one gets -EBUSY),
 * resizing of the crash region and kexec reboots. It may be held for long:
 * files are read and memory is allocated under it. Nothing in a crash takes
 * it.
 *
 * kexec_arm_lock is held while an armed image is replaced or rewritten, or a
 * megabyte of it is verified. Nothing under it waits for user space. Inside
 * kexec_load_lock where both are taken. Hotplug handlers take this one alone.
 */
extern struct mutex kexec_load_lock;
extern struct mutex kexec_arm_lock;

bool kexec_region_missing(const struct kimage *image);
int kexec_check_segments(const struct kimage *image);
int kexec_commit(struct kimage *image);
void kexec_unload(enum kexec_image_type type);

/*
 * IMA keeps the pages mapped that its list waits in, and writes to them at the
 * reboot: it has to be told of each ordinary image, with a list or without, and
 * of one that goes before its pages do.
 */
#ifdef CONFIG_IMA_KEXEC
static inline void kimage_ima_loaded(struct kimage *image)
{
	ima_kexec_post_load(image);
}

static inline void kimage_ima_unloads(struct kimage *image)
{
	if (!image)
		return;
	image->ima_buffer_addr = 0;
	ima_kexec_post_load(image);
}
#else
static inline void kimage_ima_loaded(struct kimage *image) { }
static inline void kimage_ima_unloads(struct kimage *image) { }
#endif

/* What segment @i holds, in kernel memory; NULL where it is the caller's. */
static inline void *kimage_contents(const struct kimage *image,
				    unsigned long i)
{
	return image->file_mode ? image->segment[i].kbuf : image->copies[i];
}

struct kimage *crash_image_change_begin(void);
void crash_image_change_end(struct kimage *image);
unsigned int crash_image_changes(void);
struct kimage *crash_image_claim(void);
void crash_image_unclaim(void);

void crash_region_open(void);
void crash_region_close(void);

/*
 * kernel/crash_core.c: vmcoreinfo in the crash region. The first makes room in
 * an image that is being loaded and writes nothing; the second says which image
 * is armed from now on (NULL: none), and so where a crash writes vmcoreinfo.
 */
int kimage_crash_copy_vmcoreinfo(struct kimage *image);
void kimage_crash_armed(struct kimage *image);

static inline bool kimage_is_crash(const struct kimage *image)
{
	return IS_ENABLED(CONFIG_CRASH_DUMP) && image->type == KEXEC_TYPE_CRASH;
}

/* The crash region as segments see it; both 0 where there is none. */
#ifdef CONFIG_CRASH_DUMP
static inline unsigned long crash_region_start(void)
{
	return crashk_res.end ? phys_to_boot_phys(crashk_res.start) : 0;
}

static inline unsigned long crash_region_end(void)
{
	return crashk_res.end ? phys_to_boot_phys(crashk_res.end) : 0;
}
#else
static inline unsigned long crash_region_start(void)
{
	return 0;
}

static inline unsigned long crash_region_end(void)
{
	return 0;
}
#endif

/*
 * kernel/kimage.c: an image's life, its control pages, and the blocks of
 * pages that images are made of.
 */
struct kimage *kimage_create(enum kexec_image_type type);
int kimage_prepare(struct kimage *image);
void kimage_destroy(struct kimage *image);
DEFINE_FREE(kimage, struct kimage *, kimage_destroy(_T))

struct page *kimage_alloc_block(gfp_t gfp, unsigned int order);
void kimage_free_block(struct page *pages);
void kimage_free_blocks(struct list_head *blocks);

/* kernel/kimage_pages.c: the contents of the segments */
int kimage_load_pages(struct kimage *image);
int kimage_stage(struct kimage *image);
void kimage_unstage(struct kimage *image);
int kimage_crash_open(const struct kexec_segment *segments, unsigned long nr);
void kimage_crash_close(const struct kexec_segment *segments, unsigned long nr);
struct page *kimage_crash_page(const struct kexec_segment *segment,
			       size_t offset);
void kimage_copy_crash(struct kimage *image);
void *kimage_crash_page_map(const struct kexec_segment *segment, size_t offset);
void kimage_crash_page_unmap(const struct kexec_segment *segment, size_t offset,
			     void *addr);
void kimage_free_copies(struct kimage *image);

#ifdef CONFIG_CRASH_HOTPLUG
/* kernel/crash_hotplug.c */
unsigned int crash_hotplug_events(void);
void crash_hotplug_catch_up(struct kimage *image);

static inline void kimage_hotplug_init(struct kimage *image)
{
	image->hp_action = KEXEC_CRASH_HP_NONE;
	image->elfcorehdr_index = -1;
	image->hotplug_events = crash_hotplug_events();
}

/* May its core headers be rewritten? @flags: of kexec_load(), or 0 */
static inline void kimage_hotplug_set(struct kimage *image, unsigned long flags)
{
	image->hotplug_support = kimage_is_crash(image) &&
				 arch_crash_hotplug_support(image, flags);
}
#else
static inline void kimage_hotplug_init(struct kimage *image) { }
static inline void kimage_hotplug_set(struct kimage *image,
				      unsigned long flags) { }
static inline void crash_hotplug_catch_up(struct kimage *image) { }
#endif

/* kernel/kexec_jump.c: into the image and back */
#ifdef CONFIG_KEXEC_JUMP
int kexec_jump(struct kimage *image);
#else
static inline int kexec_jump(struct kimage *image)
{
	return -EINVAL;
}
#endif

/* kernel/kexec_file.c */
#ifdef CONFIG_KEXEC_FILE
void kimage_file_free(struct kimage *image);

/* The image's own purgatory, or NULL */
static inline const void *kimage_purgatory(const struct kimage *image)
{
	return image->purgatory_info.purgatory_buf;
}
#else
static inline void kimage_file_free(struct kimage *image) { }

static inline const void *kimage_purgatory(const struct kimage *image)
{
	return NULL;
}
#endif

/* kernel/kexec_digest.c: SHA-256 over what was loaded */
#if IS_ENABLED(CONFIG_KEXEC_FILE) || IS_ENABLED(CONFIG_CRASH_VERIFY)
struct shash_desc *kexec_sha_alloc(void);
void kexec_sha_free(struct shash_desc *sha);
DEFINE_FREE(kexec_sha, struct shash_desc *, kexec_sha_free(_T))
int kexec_sha_update(struct shash_desc *sha, const u8 *data, size_t len);
int kexec_digest_segments(struct kimage *image);
bool kexec_purgatory_checks(const struct kimage *image, unsigned long i);
#else
static inline int kexec_digest_segments(struct kimage *image)
{
	return 0;
}
#endif

/* kernel/kexec_purgatory.c, or kexec_purgatory_elf.c */
#if IS_ENABLED(CONFIG_KEXEC_PURGATORY) || IS_ENABLED(CONFIG_KEXEC_PURGATORY_ELF)
int kexec_purgatory_seal(struct kimage *image, struct shash_desc *sha);
#else
static inline int kexec_purgatory_seal(struct kimage *image,
				       struct shash_desc *sha)
{
	return 0;
}
#endif

/* kernel/crash_verify.c: is what is armed still what was loaded? */
#ifdef CONFIG_CRASH_VERIFY
void crash_verify_prepared(struct kimage *image);
void crash_verify_rewritten(struct kimage *image, unsigned long i,
			    const void *contents, size_t len);
#else
static inline void crash_verify_prepared(struct kimage *image) { }
static inline void crash_verify_rewritten(struct kimage *image,
					  unsigned long i,
					  const void *contents, size_t len) { }
#endif

#endif /* _KEXEC_INTERNAL_H */
