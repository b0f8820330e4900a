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
#include <linux/types.h>
#include <linux/elf.h>
#include <linux/list.h>
#include <linux/range.h>
#include <asm/io.h>

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

#include <linux/compat.h>
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
		void __user *buf;
		void *kbuf;
	};
	size_t bufsz;
	unsigned long mem;
	size_t memsz;
};

#ifdef CONFIG_COMPAT
/* struct kexec_segment of a 32-bit caller */
struct compat_kexec_segment {
	compat_uptr_t buf;
	compat_size_t bufsz;
	compat_ulong_t mem;
	compat_size_t memsz;
};
#endif

/* One entry of the page list: physical address | IND_* */
typedef unsigned long kimage_entry_t;

enum kexec_image_type {
	KEXEC_TYPE_DEFAULT = 0,		/* started by reboot */
	KEXEC_TYPE_CRASH   = 1,		/* started by a crash */
};

#ifdef CONFIG_KEXEC_FILE

/*
 * A file format: @probe says whether it knows the file (0 or -ENOEXEC), @load
 * places the segments and returns loader data (freed by kfree() after
 * @cleanup) or an ERR_PTR, @verify_sig checks the signature that the file
 * carries.
 */
typedef int (kexec_probe_t)(const char *kernel_buf, unsigned long kernel_size);
typedef void *(kexec_load_t)(struct kimage *image, char *kernel_buf,
			     unsigned long kernel_len, char *initrd,
			     unsigned long initrd_len, char *cmdline,
			     unsigned long cmdline_len);
typedef int (kexec_cleanup_t)(void *loader_data);
typedef int (kexec_verify_sig_t)(const char *kernel_buf,
				 unsigned long kernel_len);

struct kexec_file_ops {
	kexec_probe_t *probe;
	kexec_load_t *load;
	kexec_cleanup_t *cleanup;
#ifdef CONFIG_KEXEC_SIG
	kexec_verify_sig_t *verify_sig;
#endif
};

/* The architecture's formats in the order of trying, NULL at the end. */
extern const struct kexec_file_ops * const kexec_file_loaders[];

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
	void *buffer;
	unsigned long bufsz;
	unsigned long mem;
	unsigned long memsz;
	unsigned long buf_align;
	unsigned long buf_min;
	unsigned long buf_max;
	bool top_down;
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
	const Elf_Ehdr *ehdr;
	Elf_Shdr *sechdrs;
	void *purgatory_buf;
};

#endif /* CONFIG_KEXEC_FILE */

/**
 * struct kimage - a kernel that is loaded and not yet started
 *
 * Written by its loader under the load lock until it is armed, by nobody
 * afterwards except the hotplug handler (elfcorehdr segment, hp_action) and
 * the crash path. Architectures know the fields up to @arch by name; some
 * have their offsets in assembly.
 */
struct kimage {
	/*
	 * The page list (IND_*). Invariant: @entry is the next free slot and
	 * @last_entry the last one of the page it is in; both point into
	 * @head itself while the list has no page of its own.
	 */
	kimage_entry_t head;
	kimage_entry_t *entry;
	kimage_entry_t *last_entry;

	unsigned long start;		/* physical entry point */
	struct page *control_code_page;	/* KEXEC_CONTROL_PAGE_SIZE bytes */
	struct page *swap_page;		/* for relocate_kernel's exchange */
	void *vmcoreinfo_data_copy;	/* mapped in the crash region */

	unsigned long nr_segments;
	struct kexec_segment segment[KEXEC_SEGMENT_MAX];

	/*
	 * Blocks that are the image's own, linked through page->lru, their
	 * order in page_private().
	 */
	struct list_head control_pages;

	/* Where to look for the next control page in the crash region. */
	unsigned long control_page;

	unsigned int type : 1;			/* enum kexec_image_type */
	unsigned int preserve_context : 1;	/* kexec jump */
	unsigned int file_mode : 1;		/* by kexec_file_load() */
	unsigned int prepared : 1;		/* machine_kexec_prepare() ran */
	unsigned int staged : 1;		/* segment[].kbuf are our copies */
#ifdef CONFIG_CRASH_HOTPLUG
	unsigned int hotplug_support : 1;	/* headers may be rewritten */
#endif

#ifdef ARCH_HAS_KIMAGE_ARCH
	struct kimage_arch arch;
#endif

#ifdef CONFIG_KEXEC_FILE
	/* The files, until they are loaded. */
	void *kernel_buf;
	unsigned long kernel_buf_len;
	void *initrd_buf;
	unsigned long initrd_buf_len;
	char *cmdline_buf;
	unsigned long cmdline_buf_len;

	const struct kexec_file_ops *fops;	/* who loads it */
	void *image_loader_data;		/* what it needs meanwhile */

	struct purgatory_info purgatory_info;
#endif

#ifdef CONFIG_CRASH_HOTPLUG
	int hp_action;			/* KEXEC_CRASH_HP_* being handled */
	int elfcorehdr_index;		/* its segment, or -1 */
	bool elfcorehdr_updated;
#endif

#ifdef CONFIG_IMA_KEXEC
	void *ima_buffer;
	phys_addr_t ima_buffer_addr;
	size_t ima_buffer_size;
	unsigned long ima_segment_index;
	bool is_ima_segment_index_set;
#endif

	/* The ELF core headers of a crash image loaded from a file. */
	void *elf_headers;
	unsigned long elf_headers_sz;
	unsigned long elf_load_addr;
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

asmlinkage long sys_kexec_load(unsigned long entry, unsigned long nr_segments,
			       struct kexec_segment __user *segments,
			       unsigned long flags);

#ifdef CONFIG_KEXEC_FILE
int kexec_add_buffer(struct kexec_buf *kbuf);
int kexec_locate_mem_hole(struct kexec_buf *kbuf);

int kexec_image_probe_default(struct kimage *image, void *buf,
			      unsigned long buf_len);
int kexec_image_post_load_cleanup_default(struct kimage *image);

int kexec_load_purgatory(struct kimage *image, struct kexec_buf *kbuf);

/* Flat purgatories: where to go on. */
int kexec_purgatory_set_target(struct kimage *image, u64 entry, u64 arg);

/* ELF purgatories: their variables by name. */
int kexec_purgatory_get_set_symbol(struct kimage *image, const char *name,
				   void *buf, unsigned int size,
				   bool get_value);

#ifdef CONFIG_KEXEC_SIG
void set_kexec_sig_enforced(void);
#ifdef CONFIG_SIGNED_PE_FILE_VERIFICATION
int kexec_kernel_verify_pe_sig(const char *kernel, unsigned long kernel_len);
#endif
#endif
#endif /* CONFIG_KEXEC_FILE */

#ifdef CONFIG_KEXEC_ELF
struct kexec_elf_info {
	/* Not owned: the file, and the ELF header that the caller keeps. */
	const char *buffer;
	const struct elfhdr *ehdr;
	/* Owned: program headers in the CPU's byte order. */
	const struct elf_phdr *proghdrs;
};

int kexec_build_elf_info(const char *buf, size_t len, struct elfhdr *ehdr,
			 struct kexec_elf_info *elf_info);
int kexec_elf_load(struct kimage *image, struct elfhdr *ehdr,
		   struct kexec_elf_info *elf_info, struct kexec_buf *kbuf,
		   unsigned long *lowest_load_addr);
void kexec_free_elf_info(struct kexec_elf_info *elf_info);
int kexec_elf_probe(const char *buf, unsigned long len);
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
 *   May allocate control pages. May sleep.
 * - machine_kexec_cleanup(image): undoes it.
 * - machine_kexec(image): goes. Interrupts are off and the other CPUs
 *   stopped; returns only after a kexec jump.
 * - machine_shutdown(): quiesces the machine for a reboot into an image.
 * - machine_crash_shutdown(regs): in a crash: stops the other CPUs in bounded
 *   time, saves their registers and those of this one (crash_save_cpu()),
 *   and quiesces what would disturb the next kernel. Takes no lock.
 *
 * What follows has a default that an architecture replaces by a function and
 * a macro of the same name.
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

#ifdef CONFIG_KEXEC_JUMP
#define KEXEC_FLAGS (KEXEC_ON_CRASH | KEXEC_PRESERVE_CONTEXT | \
		     KEXEC_UPDATE_ELFCOREHDR | KEXEC_CRASH_HOTPLUG_SUPPORT)
#else
#define KEXEC_FLAGS (KEXEC_ON_CRASH | KEXEC_UPDATE_ELFCOREHDR | \
		     KEXEC_CRASH_HOTPLUG_SUPPORT)
#endif

#define KEXEC_FILE_FLAGS (KEXEC_FILE_UNLOAD | KEXEC_FILE_ON_CRASH | \
			  KEXEC_FILE_NO_INITRAMFS | KEXEC_FILE_DEBUG)

/* After the segments are in place: flush caches, copy code. May sleep. */
#ifndef machine_kexec_post_load
static inline int machine_kexec_post_load(struct kimage *image)
{
	return 0;
}
#endif

/* Make the crash region read-only, and writable again. */
#ifndef arch_kexec_protect_crashkres
static inline void arch_kexec_protect_crashkres(void) { }
#endif
#ifndef arch_kexec_unprotect_crashkres
static inline void arch_kexec_unprotect_crashkres(void) { }
#endif

/*
 * Pages that the next kernel will read without this one's page tables, e.g.
 * in the clear where this one encrypts memory.
 */
#ifndef arch_kexec_post_alloc_pages
static inline int arch_kexec_post_alloc_pages(void *vaddr, unsigned int pages,
					      gfp_t gfp)
{
	return 0;
}
#endif
#ifndef arch_kexec_pre_free_pages
static inline void arch_kexec_pre_free_pages(void *vaddr, unsigned int pages)
{
}
#endif

/* Where the boot CPU sees physical memory elsewhere than the kernel does. */
#ifndef page_to_boot_pfn
static inline unsigned long page_to_boot_pfn(struct page *page)
{
	return page_to_pfn(page);
}
#endif
#ifndef boot_pfn_to_page
static inline struct page *boot_pfn_to_page(unsigned long boot_pfn)
{
	return pfn_to_page(boot_pfn);
}
#endif
#ifndef phys_to_boot_phys
static inline unsigned long phys_to_boot_phys(phys_addr_t phys)
{
	return phys;
}
#endif
#ifndef boot_phys_to_phys
static inline phys_addr_t boot_phys_to_phys(unsigned long boot_phys)
{
	return boot_phys;
}
#endif
#ifndef crash_free_reserved_phys_range
void crash_free_reserved_phys_range(unsigned long begin, unsigned long end);
#endif

#ifdef CONFIG_KEXEC_FILE
/* Which of kexec_file_loaders[] takes the file. */
#ifndef arch_kexec_kernel_image_probe
static inline int arch_kexec_kernel_image_probe(struct kimage *image, void *buf,
						unsigned long buf_len)
{
	return kexec_image_probe_default(image, buf, buf_len);
}
#endif

/* Free what the loader kept; idempotent. */
#ifndef arch_kimage_file_post_load_cleanup
static inline int arch_kimage_file_post_load_cleanup(struct kimage *image)
{
	return kexec_image_post_load_cleanup_default(image);
}
#endif

/* Find a hole for a buffer: sets kbuf->mem or returns -EADDRNOTAVAIL. */
#ifndef arch_kexec_locate_mem_hole
static inline int arch_kexec_locate_mem_hole(struct kexec_buf *kbuf)
{
	return kexec_locate_mem_hole(kbuf);
}
#endif

/* Relocate a section of an ELF purgatory. */
#ifndef arch_kexec_apply_relocations_add
static inline int
arch_kexec_apply_relocations_add(struct purgatory_info *pi, Elf_Shdr *section,
				 const Elf_Shdr *relsec,
				 const Elf_Shdr *symtab)
{
	pr_err("RELA relocation unsupported.\n");
	return -ENOEXEC;
}
#endif
#ifndef arch_kexec_apply_relocations
static inline int
arch_kexec_apply_relocations(struct purgatory_info *pi, Elf_Shdr *section,
			     const Elf_Shdr *relsec, const Elf_Shdr *symtab)
{
	pr_err("REL relocation unsupported.\n");
	return -ENOEXEC;
}
#endif
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
