/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LINUX_CRASH_DUMP_H
#define _LINUX_CRASH_DUMP_H

/*
 * The capture side of kdump: this kernel was started because another one
 * crashed, whose memory ("old memory") is described by an ELF core header at
 * elfcorehdr_addr and shown as /proc/vmcore.
 */

#include <linux/elf.h>
#include <linux/errno.h>
#include <linux/kexec.h>
#include <linux/oldmem_tables.h>
#include <linux/pgtable.h>
#include <linux/types.h>
#include <uapi/linux/vmcore.h>

struct iov_iter;
struct vm_area_struct;

/* elfcorehdr_addr when nothing crashed, and when the dump can't be used */
#define ELFCORE_ADDR_MAX	(-1ULL)
#define ELFCORE_ADDR_ERR	(-2ULL)

/* From elfcorehdr= or the device tree; size 0 means that nobody told it. */
extern unsigned long long elfcorehdr_addr;
extern unsigned long long elfcorehdr_size;

/**
 * is_kdump_kernel() - was this kernel started to capture a dump?
 *
 * Drivers and the memory management ask it to get by with less memory and to
 * distrust the state that devices are in. It stays true when the dump turns
 * out to be unusable.
 */
#ifndef is_kdump_kernel
static inline bool is_kdump_kernel(void)
{
	return IS_ENABLED(CONFIG_CRASH_DUMP) &&
	       elfcorehdr_addr != ELFCORE_ADDR_MAX;
}
#endif

#ifdef CONFIG_CRASH_DUMP

/* Is there a core header that is still worth a look? */
static inline bool is_vmcore_usable(void)
{
	return elfcorehdr_addr < ELFCORE_ADDR_ERR;
}

/* From here on nobody shall look for a dump, yet it is a capture kernel. */
static inline void vmcore_unusable(void)
{
	elfcorehdr_addr = ELFCORE_ADDR_ERR;
}

/*
 * May a dump whose ELF header is *x be opened here? An architecture that can
 * capture for another one, or only for one class, defines its own in
 * <asm/elf.h> or <asm/kexec.h>.
 */
#ifndef vmcore_elf_check_arch_cross
#define vmcore_elf_check_arch_cross(x)	((void)(x), 0)
#endif

#ifndef vmcore_elf32_check_arch
#define vmcore_elf32_check_arch(x)	elf_check_arch(x)
#endif

#ifndef vmcore_elf64_check_arch
#define vmcore_elf64_check_arch(x)	({				\
	const typeof(x) __ehdr = (x);					\
									\
	elf_check_arch(__ehdr) || vmcore_elf_check_arch_cross(__ehdr);	\
})
#endif

/*
 * What an architecture may override; the generic code has a weak default of
 * each except copy_oldmem_page().
 */

/**
 * elfcorehdr_alloc() - make the core header in this kernel
 * @addr: where it is; what it means is between the four elfcorehdr functions
 * @size: its size in bytes
 *
 * For machines where the crashed kernel did not leave one. The default leaves
 * what elfcorehdr= said.
 *
 * Return: 0 or an errno, which means that there is no dump
 */
int elfcorehdr_alloc(unsigned long long *addr, unsigned long long *size);

/* Undo elfcorehdr_alloc(); called as soon as everything has been read. */
void elfcorehdr_free(unsigned long long addr);

/**
 * elfcorehdr_read() - read a piece of the core header
 * @buf:   in this kernel's memory
 * @count: bytes to read
 * @ppos:  address to read from, advanced by what was read
 *
 * Return: bytes read or an errno
 */
ssize_t elfcorehdr_read(char *buf, size_t count, u64 *ppos);

/* The same for the notes, which the crashed kernel wrote. */
ssize_t elfcorehdr_read_notes(char *buf, size_t count, u64 *ppos);

/**
 * remap_oldmem_pfn_range() - map old memory into a process
 * @vma:  the mapping
 * @from: user address, page aligned
 * @pfn:  first page of old memory
 * @size: in bytes, a multiple of the page size
 * @prot: of the mapping, without the bits of memory encryption
 *
 * May leave pages unmapped; they are then read one by one as they are
 * touched.
 *
 * Return: 0 or an errno
 */
int remap_oldmem_pfn_range(struct vm_area_struct *vma, unsigned long from,
			   unsigned long pfn, unsigned long size,
			   pgprot_t prot);

/**
 * copy_oldmem_page() - copy out of one page of old memory
 * @iter:   where to
 * @pfn:    the page
 * @csize:  bytes to copy, within the page
 * @offset: where in the page
 *
 * Every architecture has one. It is the way to read what oldmem_map() does
 * not map.
 *
 * Return: bytes copied, fewer if @iter faults, or an errno
 */
ssize_t copy_oldmem_page(struct iov_iter *iter, unsigned long pfn,
			 size_t csize, unsigned long offset);

/* The same for memory that the crashed kernel had encrypted (SME, SEV). */
ssize_t copy_oldmem_page_encrypted(struct iov_iter *iter, unsigned long pfn,
				   size_t csize, unsigned long offset);

/**
 * oldmem_map() - map a range of old memory into this kernel
 * @start:     physical address, page aligned
 * @size:      in bytes, a multiple of the page size
 * @encrypted: the crashed kernel had the range encrypted
 *
 * Called for ranges that hold none of this kernel's own memory and nothing
 * that a vmcore_cb said no to. The mapping stays until oldmem_unmap(); there
 * are never more than some dozens. May sleep.
 *
 * Return: the address, or NULL where the range has to be read page by page,
 *         which is the default
 */
void *oldmem_map(phys_addr_t start, size_t size, bool encrypted);

/* Undo oldmem_map(). May sleep. */
void oldmem_unmap(void *addr);

/**
 * oldmem_is_own() - does a range hold memory that this kernel uses itself?
 * @start: physical address
 * @size:  in bytes
 *
 * A core header has no business there, so such pages read as zeros. The
 * default says no: on some machines the two kernels share memory on purpose.
 */
bool oldmem_is_own(phys_addr_t start, u64 size);

/**
 * oldmem_is_device() - does a range hold registers of a device?
 * @start: physical address
 * @size:  in bytes
 *
 * As far as this kernel has found out yet. A core header has no business there
 * either: reading may have effects. Such pages read as zeros. The default says
 * no.
 */
bool oldmem_is_device(phys_addr_t start, u64 size);

/* The first physical address that no memory can have; default: no limit */
u64 oldmem_limit(void);

/**
 * oldmem_tables() - where the crashed kernel's page tables are
 * @info:   its vmcoreinfo, which ends in a NUL; this very kernel wrote it,
 *          before it crashed, but its memory may have been damaged since
 * @tables: to be filled in
 *
 * Return: false where that can't be told, which is the default; then nothing
 *         is left out of a dump
 */
bool oldmem_tables(const char *info, struct oldmem_tables *tables);

/**
 * oldmem_info_number() - a number in vmcoreinfo
 * @info:  the lines, which end in a NUL
 * @name:  as it stands in a line: "NUMBER(phys_base)"
 * @value: to be filled in; a negative one is in two's complement
 *
 * Return: false if there is no such line, or no number in it
 */
bool oldmem_info_number(const char *info, const char *name, u64 *value);

#endif /* CONFIG_CRASH_DUMP */

/**
 * struct vmcore_cb - who knows which pages of old memory may be touched
 * @next:       for the list of them
 * @pfn_is_ram: false for a page that must not be read; it may sleep
 *
 * For hypervisors' balloons, hot-unplugged memory, apertures. A page that
 * any callback refuses reads as zeros.
 */
struct vmcore_cb {
	struct list_head next;
	bool (*pfn_is_ram)(struct vmcore_cb *cb, unsigned long pfn);
};

/* Best done before anyone opens /proc/vmcore; it warns where it is too late */
void register_vmcore_cb(struct vmcore_cb *cb);
void unregister_vmcore_cb(struct vmcore_cb *cb);

/**
 * struct vmcoredd_data - a driver's snapshot of its device
 * @vmcoredd_callback: fills the room of @size bytes at @buf; 0 or an errno
 * @size:              room that the driver needs, in bytes; not 0
 * @dump_name:         which driver and device; not empty
 */
struct vmcoredd_data {
	int (*vmcoredd_callback)(struct vmcoredd_data *data, void *buf);
	unsigned int size;
	char dump_name[VMCOREDD_MAX_NAME_BYTES];
};

/* Without CONFIG_PROC_VMCORE_DEVICE_DUMP: -EOPNOTSUPP */
#ifdef CONFIG_PROC_VMCORE_DEVICE_DUMP
int vmcore_add_device_dump(struct vmcoredd_data *dump);
#else
static inline int vmcore_add_device_dump(struct vmcoredd_data *dump)
{
	return -EOPNOTSUPP;
}
#endif

#ifdef CONFIG_PROC_VMCORE
void vmcore_cleanup(void);
ssize_t read_from_oldmem(struct iov_iter *iter, size_t count, u64 *pos,
			 bool encrypted);
#else
static inline ssize_t
read_from_oldmem(struct iov_iter *iter, size_t count, u64 *pos, bool encrypted)
{
	return -EOPNOTSUPP;
}
#endif

#endif /* _LINUX_CRASH_DUMP_H */
