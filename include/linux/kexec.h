/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LINUX_KEXEC_H
#define _LINUX_KEXEC_H

#include <linux/bits.h>

/*
 * kexec: load a kernel now, start it later - at reboot or at a crash.
 *
 * This is what the rest of the kernel sees: the image (struct kimage), what
 * callers in panic, reboot, IMA and drivers may ask, and the contract with
 * the architectures, which comes last and is written down there in full.
 */

/*
 * The page list of an image. Each entry is a page frame's physical address
 * with one of these in its low bits; relocate_kernel of every architecture
 * walks it from kimage.head.
 */
#define IND_DESTINATION_BIT	0	/* copy to here from now on */
#define IND_INDIRECTION_BIT	1	/* the list goes on in this page */
#define IND_DONE_BIT		2	/* end of the list */
#define IND_SOURCE_BIT		3	/* copy this page */

#define IND_DESTINATION		BIT(IND_DESTINATION_BIT)
#define IND_INDIRECTION		BIT(IND_INDIRECTION_BIT)
#define IND_DONE		BIT(IND_DONE_BIT)
#define IND_SOURCE		BIT(IND_SOURCE_BIT)
#define IND_FLAGS \
	(IND_DESTINATION | IND_INDIRECTION | IND_DONE | IND_SOURCE)

#ifndef __ASSEMBLY__

#include <linux/vmcore_info.h>
#include <linux/crash_reserve.h>
#include <linux/io.h>
#include <linux/types.h>
#include <linux/elf.h>
#include <linux/list.h>
#include <linux/range.h>

#include <uapi/linux/kexec.h>

struct kimage;
struct pt_regs;
struct task_struct;

/* Set by kernel/kexec_file.c from KEXEC_FILE_DEBUG of the load under way. */
extern bool kexec_file_dbg_print;

/* printk() of what a loader does, for the load that asked for it */
#define kexec_dprintk(fmt, ...) do {					\
	if (kexec_file_dbg_print)					\
		pr_info(fmt, ##__VA_ARGS__);				\
} while (0)

#ifdef CONFIG_KEXEC_CORE

#include <linux/ioport.h>
#include <linux/mm_types.h>
#include <linux/module.h>
#include <linux/purgatory.h>
#include <asm/kexec.h>

/**
 * struct kexec_segment - one piece of an image, inside the kernel
 * @buf:   source in the memory of the caller of kexec_load()
 * @kbuf:  source in kernel memory, for kexec_file_load()
 * @bufsz: bytes at the source
 * @mem:   physical address of the destination (page aligned)
 * @memsz: bytes at the destination (page aligned, >= @bufsz); what the source
 *         does not fill is zero
 */
struct kexec_segment {
	union {
		void *kbuf;
		void __user *buf;
	};
	size_t bufsz;
	unsigned long mem;
	size_t memsz;
};

/* One entry of the page list: physical address | IND_* */
typedef unsigned long kimage_entry_t;

enum kexec_image_type {
	KEXEC_TYPE_DEFAULT = 0,		/* started by reboot */
	KEXEC_TYPE_CRASH   = 1,		/* started by a crash */
};

#ifdef CONFIG_KEXEC_FILE

/**
 * struct kexec_file_ops - the loader of a file format
 * @probe:      does it know this file? 0 or -ENOEXEC
 * @load:       places the segments, with the lengths in bytes and the command
 *              line's final NUL counted; returns its own data, for @cleanup
 *              and then kvfree(), or NULL for none, or an ERR_PTR
 * @cleanup:    undoes what @load did beside that, or NULL
 * @verify_sig: is the signature that the file carries good? NULL where files
 *              of the format carry none
 */
struct kexec_file_ops {
	int (*probe)(const char *file, unsigned long len);
	void *(*load)(struct kimage *image,
		      char *kernel, unsigned long kernel_size,
		      char *initrd, unsigned long initrd_size,
		      char *cmdline, unsigned long cmdline_size);
	int (*cleanup)(void *loader_data);
#ifdef CONFIG_KEXEC_SIG
	int (*verify_sig)(const char *file, unsigned long len);
#endif
};

/* The architecture's formats in the order of trying, NULL at the end. */
extern const struct kexec_file_ops *const kexec_file_loaders[];

/* kexec_buf.mem: anywhere between buf_min and buf_max */
#ifndef KEXEC_BUF_MEM_UNKNOWN
#define KEXEC_BUF_MEM_UNKNOWN 0
#endif

/**
 * struct kexec_buf - a buffer that wants to become a segment
 * @image:     of which image
 * @buffer:    kernel memory with the contents; stays the caller's and must
 *             live until the image is loaded
 * @bufsz:     bytes at @buffer
 * @mem:       in: the physical address, or KEXEC_BUF_MEM_UNKNOWN;
 *             out: the address it got
 * @memsz:     bytes at the destination; rounded up to whole pages
 * @buf_align: alignment of @mem in bytes, rounded up to a page
 * @buf_min:   lowest physical address
 * @buf_max:   highest physical address (inclusive)
 * @top_down:  take the highest hole that fits rather than the lowest
 */
struct kexec_buf {
	struct kimage *image;
	bool top_down;

	unsigned long buf_min, buf_max;
	unsigned long buf_align;

	unsigned long mem, memsz;

	void *buffer;
	unsigned long bufsz;
};

/**
 * struct purgatory_info - an image's purgatory while it is being prepared
 * @ehdr:          the ELF object, as the kernel was linked with it
 * @sechdrs:       a copy of its section headers, sh_addr being the address
 *                 that each section will run at
 * @purgatory_buf: the loaded sections (sh_offset is an offset in here), or
 *                 the flat blob, beginning with struct purgatory_params
 *
 * The first two are NULL where purgatory is a flat blob. @sechdrs and
 * @purgatory_buf are from vmalloc().
 */
struct purgatory_info {
	void *purgatory_buf;
	Elf_Shdr *sechdrs;
	const Elf_Ehdr *ehdr;
};

#endif /* CONFIG_KEXEC_FILE */

/*
 * A kernel that is loaded and not yet started.
 *
 * Written by its loader under the load lock until it is armed, by nobody
 * afterwards except the hotplug handler (elfcorehdr segment, hp_action) and
 * the crash path; but what it takes to load it (@copies, files, sources of
 * segments) is the loader's until that is done with it. Architectures know the
 * fields up to @arch by name; some have their offsets in assembly.
 */
struct kimage {
	enum kexec_image_type type;

	bool file_mode;			/* by kexec_file_load() */
	bool preserve_context;		/* kexec jump */
	bool prepared;			/* machine_kexec_prepare() ran */

	/* What is copied where, and where it is entered. */
	struct kexec_segment segment[KEXEC_SEGMENT_MAX];
	unsigned long nr_segments;
	unsigned long start;

	/*
	 * While a crash image of kexec_load() is loaded, what its segments
	 * hold. They go on naming the caller's memory: architectures read it.
	 */
	void *copies[KEXEC_SEGMENT_MAX];

	/*
	 * SHA-256 of what each was loaded with, where somebody will check, and
	 * of a crash image's control pages.
	 */
	u8 digests[KEXEC_SEGMENT_MAX][SHA256_DIGEST_SIZE];
	u8 control_digest[SHA256_DIGEST_SIZE];

	/*
	 * The page list (IND_*). Invariant: @entry is the next free slot and
	 * @last_entry the last one of the page it is in; both point to @head
	 * itself while the list has no page of its own.
	 */
	kimage_entry_t *entry, *last_entry;
	kimage_entry_t head;

	/*
	 * Blocks that are the image's own, linked through page->lru, their
	 * order in page_private(); and where to look for the next one in the
	 * crash region.
	 */
	struct list_head control_pages;
	unsigned long control_page;

	/* Control pages by what they are for. */
	struct page *control_code_page;	/* KEXEC_CONTROL_PAGE_SIZE bytes */
	void *vmcoreinfo_data_copy;	/* mapped in the crash region */

	/* The ELF core headers of a crash image loaded from a file. */
	unsigned long elf_load_addr;
	unsigned long elf_headers_sz;
	void *elf_headers;

#ifdef CONFIG_CRASH_HOTPLUG
	bool hotplug_support;		/* the headers may be rewritten */
	bool elfcorehdr_updated;	/* they have been */
	int elfcorehdr_index;		/* their segment, or -1 */
	int hp_action;			/* KEXEC_CRASH_HP_* being handled */
	unsigned int hotplug_events;	/* before its headers were made */
#endif

#ifdef CONFIG_KEXEC_FILE
	/* Who loads it, and what it needs meanwhile. */
	void *image_loader_data;
	const struct kexec_file_ops *fops;
	struct purgatory_info purgatory_info;

	/* The files, until they are loaded. */
	void *kernel_buf, *initrd_buf;
	char *cmdline_buf;
	unsigned long kernel_buf_len, initrd_buf_len, cmdline_buf_len;
#endif

#ifdef CONFIG_IMA_KEXEC
	/* IMA's list for the next kernel, and which segment it is. */
	bool is_ima_segment_index_set;
	unsigned long ima_segment_index;
	size_t ima_buffer_size;
	phys_addr_t ima_buffer_addr;
	void *ima_buffer;
#endif

#ifdef ARCH_HAS_KIMAGE_ARCH
	struct kimage_arch arch;
#endif
};

/* The armed images. See kernel/kexec_core.c for who may change them. */
extern struct kimage *kexec_image;
extern struct kimage *kexec_crash_image;

/* A kexec reboot is under way; drivers quiesce harder in shutdown(). */
extern bool kexec_in_progress;

int kernel_kexec(void);

struct page *kimage_alloc_control_pages(struct kimage *image,
					unsigned int order);
int kimage_is_destination_range(struct kimage *image, unsigned long start,
				unsigned long end);
void *kimage_map_segment(struct kimage *image, unsigned long addr,
			 unsigned long size);
void kimage_unmap_segment(void *buffer);
bool kexec_load_permitted(int kexec_image_type);

#ifdef CONFIG_KEXEC_FILE
int kexec_locate_mem_hole(struct kexec_buf *kbuf);
int kexec_add_buffer(struct kexec_buf *kbuf);

int kexec_image_post_load_cleanup_default(struct kimage *image);
int kexec_image_probe_default(struct kimage *image, void *file,
			      unsigned long size);

/*
 * Purgatory becomes a segment, and the image's entry point. A flat one is
 * told where to go on; variables of an ELF one are set by name.
 */
int kexec_load_purgatory(struct kimage *image, struct kexec_buf *kbuf);
int kexec_purgatory_set_target(struct kimage *image, u64 entry, u64 arg);
int kexec_purgatory_get_set_symbol(struct kimage *image, const char *symbol,
				   void *value, unsigned int size, bool get);

#ifdef CONFIG_KEXEC_SIG
void set_kexec_sig_enforced(void);
#ifdef CONFIG_SIGNED_PE_FILE_VERIFICATION
int kexec_kernel_verify_pe_sig(const char *file, unsigned long size);
#endif
#endif
#endif /* CONFIG_KEXEC_FILE */

#ifdef CONFIG_KEXEC_ELF
/**
 * struct kexec_elf_info - an ELF kernel while it is being loaded
 * @proghdrs: its program headers in the CPU's byte order; owned
 * @ehdr:     its ELF header, kept by the caller
 * @buffer:   the file, likewise
 */
struct kexec_elf_info {
	const struct elf_phdr *proghdrs;
	const struct elfhdr *ehdr;
	const char *buffer;
};

int kexec_elf_probe(const char *file, unsigned long size);
int kexec_build_elf_info(const char *file, size_t size, struct elfhdr *header,
			 struct kexec_elf_info *info);
void kexec_free_elf_info(struct kexec_elf_info *info);
int kexec_elf_load(struct kimage *image, struct elfhdr *header,
		   struct kexec_elf_info *info, struct kexec_buf *kbuf,
		   unsigned long *lowest);
#endif /* CONFIG_KEXEC_ELF */

/**
 * DOC: The arch contract of kexec
 *
 * An architecture with ARCH_SUPPORTS_KEXEC provides, in <asm/kexec.h>:
 *
 * - KEXEC_SOURCE_MEMORY_LIMIT, KEXEC_DESTINATION_MEMORY_LIMIT,
 *   KEXEC_CONTROL_MEMORY_LIMIT: highest physical address of a source page, of
 *   a segment, of a control page; KEXEC_CONTROL_PAGE_SIZE: bytes of
 *   kimage.control_code_page; KEXEC_ARCH: its KEXEC_ARCH_* number;
 * - crash_setup_regs(newregs, oldregs): copy @oldregs, or the caller's own
 *   registers where it is NULL;
 * - optionally struct kimage_arch with ARCH_HAS_KIMAGE_ARCH;
 *
 * and these functions:
 *
 * - machine_kexec_prepare(image): last refusal before segments are copied.
 *   May allocate control pages. May sleep. For an image of kexec_load() the
 *   segments' @buf names the caller's memory, to be read by copy_from_user();
 *   it can have changed since the kernel copied it. For a crash image, what is
 *   armed is still whole and may be needed: nothing is written to the crash
 *   region but the image's own control pages.
 * - machine_kexec_cleanup(image): undoes it.
 * - machine_kexec(image): goes. The other CPUs are stopped. Interrupts are off
 *   in a crash and in a kexec jump; for a reboot, turn them off here. Returns
 *   only after a kexec jump.
 * - machine_shutdown(): quiesces the machine for a reboot into an image.
 * - machine_crash_shutdown(regs): in a crash: stops the other CPUs in bounded
 *   time, has each save its registers (crash_save_cpu(); those of this one are
 *   saved), and quiesces what would disturb the next kernel. Takes no lock.
 *   Should say who has not (crash_mark_silent()), or the dump does not.
 *
 * The rest has weak defaults that are right for a machine without the
 * peculiarity; an architecture that has it defines the function. They are in
 * kernel/kexec_arch.c, or beside the code that calls them:
 * kernel/crash_region.c, kernel/vmcore_info.c, kernel/panic.c and, for the
 * capture kernel, fs/proc/vmcore_*.c (see <linux/crash_dump.h>).
 */
void machine_kexec(struct kimage *image);
int machine_kexec_prepare(struct kimage *image);
void machine_kexec_cleanup(struct kimage *image);
void machine_shutdown(void);

/* Highest physical address of a control page of a crash image. */
#ifndef KEXEC_CRASH_CONTROL_MEMORY_LIMIT
#define KEXEC_CRASH_CONTROL_MEMORY_LIMIT KEXEC_CONTROL_MEMORY_LIMIT
#endif

/* How control pages are allocated outside the crash region. */
#ifndef KEXEC_CONTROL_MEMORY_GFP
#define KEXEC_CONTROL_MEMORY_GFP (GFP_KERNEL | __GFP_NORETRY)
#endif

/* Alignment of the crash region when it is shrunk. */
#ifndef KEXEC_CRASH_MEM_ALIGN
#define KEXEC_CRASH_MEM_ALIGN PAGE_SIZE
#endif

/*
 * After the segments are in place: flush caches, copy code. May sleep, but not
 * for a crash image, which a crash on another CPU may be waiting for.
 */
int machine_kexec_post_load(struct kimage *image);

/*
 * Make the crash region read-only, and writable again. May sleep. It is read
 * in between.
 */
void arch_kexec_protect_crashkres(void);
void arch_kexec_unprotect_crashkres(void);

/*
 * Does arch_crash_handle_hotplug_event() bring the core header up to date for
 * KEXEC_CRASH_HP_NONE, too, without a change that is named?
 */
#ifndef KEXEC_CRASH_HOTPLUG_CATCHES_UP
#define KEXEC_CRASH_HOTPLUG_CATCHES_UP 0
#endif

/* Give a page of the crash region back to the page allocator. */
void crash_free_reserved_phys_range(unsigned long begin, unsigned long end);

/*
 * Pages that the next kernel will read without this one's page tables, e.g.
 * in the clear where this one encrypts memory; and the way back.
 */
int arch_kexec_post_alloc_pages(void *vaddr, unsigned int pages, gfp_t gfp);
void arch_kexec_pre_free_pages(void *vaddr, unsigned int pages);

/*
 * Where the boot CPU sees physical memory elsewhere than the kernel does. An
 * architecture has all four or none.
 */
#ifndef phys_to_boot_phys
#define phys_to_boot_phys(phys)	((unsigned long)(phys))
#define boot_phys_to_phys(boot)	((phys_addr_t)(boot))
#define page_to_boot_pfn(page)	page_to_pfn(page)
#define boot_pfn_to_page(pfn)	pfn_to_page(pfn)
#endif

#ifdef CONFIG_KEXEC_FILE
/* Which of kexec_file_loaders[] takes the file: sets image->fops. */
int arch_kexec_kernel_image_probe(struct kimage *image, void *file,
				  unsigned long size);

/* Free what the loader kept; idempotent. */
int arch_kimage_file_post_load_cleanup(struct kimage *image);

/* Find a hole for a buffer: sets kbuf->mem or returns -EADDRNOTAVAIL. */
int arch_kexec_locate_mem_hole(struct kexec_buf *kbuf);

/* Relocate a section of an ELF purgatory: REL and RELA. */
int arch_kexec_apply_relocations(struct purgatory_info *info,
				 Elf_Shdr *section, const Elf_Shdr *relocs,
				 const Elf_Shdr *symbols);
int arch_kexec_apply_relocations_add(struct purgatory_info *info,
				     Elf_Shdr *section, const Elf_Shdr *relocs,
				     const Elf_Shdr *symbols);
#endif /* CONFIG_KEXEC_FILE */

#else /* !CONFIG_KEXEC_CORE */

#define kexec_in_progress false

static inline void *kimage_map_segment(struct kimage *image,
				       unsigned long addr, unsigned long size)
{
	return NULL;
}

static inline void kimage_unmap_segment(void *buffer) { }

#endif /* CONFIG_KEXEC_CORE */

#include <linux/crash_core.h>

#endif /* !__ASSEMBLY__ */
#endif /* _LINUX_KEXEC_H */
