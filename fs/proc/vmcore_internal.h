/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _FS_PROC_VMCORE_INTERNAL_H
#define _FS_PROC_VMCORE_INTERNAL_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/sizes.h>
#include <linux/types.h>

#include "vmcore_core.h"
#include "vmcore_elf.h"
#include "vmcore_layout.h"

struct iov_iter;
struct proc_dir_entry;
struct vm_area_struct;

/**
 * struct vmcore_notes - the notes of the crashed kernel, one behind the other
 * @buf:  from vmalloc_user(), whole pages
 * @len:  bytes of notes
 * @size: bytes of @buf
 */
struct vmcore_notes {
	void *buf;
	u64 len;
	u64 size;
};

/**
 * struct vmcore_dump - everything about the one dump there is
 * @lock:       @openers, @opened, and the layout as long as @openers is 0
 * @openers:    open files and what is mapped from them
 * @opened:     somebody has had it open already
 * @ehdr:       ELF header of the core header, widened
 * @encrypted:  old memory has to be read as encrypted
 * @headers:    ELF header and program headers, from vmalloc_user()
 * @nr_phdrs:   program headers in @headers
 * @headers_size: bytes of @headers, whole pages
 * @device_dumps: list of struct device_dump, all of whole pages
 * @devices_size: bytes of all device dumps
 * @notes:      the notes; they follow the device dumps
 * @regions_pos: where the regions begin in the file
 * @layout:     the regions
 * @last:       index of the region that was read last; a hint for the next
 *              read, so it needs no lock
 * @extents:    what old memory there is, for windows on it
 * @nr_extents: how many they are
 * @size:       of the file
 * @entry:      /proc/vmcore
 * @nr_unread:  pages that could not be read, and were zeros for who wanted them
 * @last_unread: address of the last one, or VMCORE_NOWHERE, so that it counts
 *              once however small the reads are; a hint, as @last
 * @told_unread: how many the log has told of; under @lock
 *
 * The file is @headers, device dumps, notes, regions, each of whole pages.
 * While anybody has it open nothing of what says where things are changes, so
 * that readers need no lock.
 */
struct vmcore_dump {
	struct mutex lock;	/* openers, opened; see above */
	unsigned int openers;
	bool opened;

	struct elf64_hdr ehdr;
	bool encrypted;

	void *headers;
	u32 nr_phdrs;
	u64 headers_size;

	struct list_head device_dumps;
	u64 devices_size;

	struct vmcore_notes notes;

	u64 regions_pos;
	struct vmcore_layout layout;
	u32 last;
	struct vmcore_extent *extents;
	u32 nr_extents;

	u64 size;
	struct proc_dir_entry *entry;

	atomic_long_t nr_unread;
	u64 last_unread;
	long told_unread;
};

/**
 * struct vmcore_piece - what a stretch of the file is
 * @buf:    it is in this kernel's memory, from vmalloc_user(), or NULL
 * @source: it is in old memory at this physical address
 * @len:    in bytes
 */
struct vmcore_piece {
	void *buf;
	u64 source;
	u64 len;
};

/* As an address: there is no page of memory there, and none that follows. */
#define VMCORE_NOWHERE	((u64)-2 * PAGE_SIZE)

extern struct vmcore_dump vmcore_dump;

/* vmcore.c */
void vmcore_piece_at(struct vmcore_dump *dump, u64 pos, u64 len,
		     struct vmcore_piece *piece);
ssize_t vmcore_read(struct vmcore_dump *dump, struct iov_iter *iter, u64 pos);

/*
 * What drivers may add, and what of notes is believed: more than those of 4096
 * CPUs of any architecture. In an ELF32 file there is less room.
 */
#define VMCORE_DEVICES_MAX	((u64)SZ_1G)
#define VMCORE_DEVICES_MAX_32	((u64)SZ_32M)
#define VMCORE_NOTES_MAX	((u64)SZ_64M)

/*
 * Of this kernel's memory, what headers, notes, tables or bitmaps may take: one
 * part in so many
 */
#define VMCORE_RAM_SHARE	8

/* That part, in bytes */
static inline u64 vmcore_ram_share(void)
{
	return (u64)totalram_pages() * PAGE_SIZE / VMCORE_RAM_SHARE;
}

static inline u64 vmcore_devices_max(bool is_64)
{
	return is_64 ? VMCORE_DEVICES_MAX : VMCORE_DEVICES_MAX_32;
}

/*
 * A damaged core header may have thousands of bad program headers, and each
 * line takes its time on a serial console. This many are told one by one.
 */
#define VMCORE_BAD_SHOWN	16

/* vmcore_headers.c */
int vmcore_headers_read(struct vmcore_dump *dump);
void vmcore_headers_place(struct vmcore_dump *dump);
void vmcore_headers_free(struct vmcore_dump *dump);
int vmcore_read_exact(ssize_t (*read)(char *buf, size_t count, u64 *ppos),
		      void *buf, u64 len, u64 addr);

/* vmcore_notes.c */
void vmcore_notes_read(struct vmcore_notes *notes, struct vmcore_core *core);
void vmcore_notes_free(struct vmcore_notes *notes);

/* vmcore_oldmem.c */
u64 vmcore_oldmem_limit(void);
void vmcore_oldmem_init(const struct vmcore_extent *extents, u32 nr_extents);
ssize_t vmcore_oldmem_read(struct iov_iter *iter, u64 addr, size_t len,
			   bool encrypted);
ssize_t vmcore_oldmem_copy(void *buf, size_t len, u64 addr, bool encrypted);
unsigned long vmcore_oldmem_look(u64 addr, u64 len, bool encrypted,
				 unsigned long (*look)(const void *at,
						       size_t len, void *data),
				 void *data);
ssize_t vmcore_page_copy(struct iov_iter *iter, unsigned long pfn, size_t len,
			 unsigned long offset, bool encrypted);
void *vmcore_extent_map(const struct vmcore_extent *extent, bool encrypted);
void vmcore_windows_drop(void);

/* vmcore_pages.c */
const char *vmcore_hidden_by(u64 start, u64 size);
bool vmcore_range_plain(u64 start, u64 size);
bool vmcore_page_readable(unsigned long pfn);
struct vmcore_extent vmcore_run_around(const struct vmcore_extent *range,
				       u64 addr, bool *readable);

/* vmcore_seek.c */
loff_t vmcore_seek(struct vmcore_dump *dump, loff_t pos, int whence);

/* vmcore_mmap.c */
#ifdef CONFIG_MMU
int vmcore_mmap(struct vmcore_dump *dump, struct vm_area_struct *vma);
#else
static inline int vmcore_mmap(struct vmcore_dump *dump,
			      struct vm_area_struct *vma)
{
	return -ENODEV;
}
#endif

/* vmcore_device_dump.c */
#ifdef CONFIG_PROC_VMCORE_DEVICE_DUMP
void vmcore_device_dump_at(struct vmcore_dump *dump, u64 pos,
			   struct vmcore_piece *piece);
void vmcore_device_dumps_free(struct vmcore_dump *dump);
#else
static inline void vmcore_device_dump_at(struct vmcore_dump *dump, u64 pos,
					 struct vmcore_piece *piece)
{
}

static inline void vmcore_device_dumps_free(struct vmcore_dump *dump)
{
}
#endif

#endif /* _FS_PROC_VMCORE_INTERNAL_H */
