// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vmcoreinfo note: what a dump tool must know to read a dump of this
 * kernel
 *
 * The text is composed once, by an initcall, and kept twice: on a page of its
 * own, and in the ELF note that dumps refer to by physical address. While a
 * capture kernel is loaded there is a third copy in the crash region, out of
 * reach of most things that go wrong. A crash makes text and note anew from
 * that one and adds the time.
 *
 * What the lines are is in vmcore_info_lines.c.
 */

#define pr_fmt(fmt) "vmcoreinfo: " fmt

#include <linux/vmcore_info.h>
#include <linux/buildid.h>
#include <linux/cpumask.h>
#include <linux/elf.h>
#include <linux/gfp.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/jhash.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include <linux/utsname.h>

/*
 * Bytes at the end of the page that only a crash may use: the time, and a line
 * with as much of a list.
 */
#define CRASH_LINES_BYTES	128
#define CRASH_LIST_CHARS	80

/* The pointers don't change after boot, so that a wild write can't bend them. */
unsigned char *vmcoreinfo_data __ro_after_init;
u32 *vmcoreinfo_note __ro_after_init;
EXPORT_SYMBOL(vmcoreinfo_note);
size_t vmcoreinfo_size;

/* Length of the text without what a crash adds. */
static size_t boot_size __ro_after_init;
static u32 boot_hash __ro_after_init;

/*
 * The copy in the crash region: boot_size bytes, or NULL. Changed where images
 * are armed and disarmed, which is serialized; a crash reads it at any time.
 */
static const void *safe_copy;

/**
 * append_elf_note() - write an ELF note
 * @buf:      where, aligned to 4
 * @name:     of the note's owner
 * @type:     NT_* of that owner
 * @data:     the contents
 * @data_len: their length in bytes
 *
 * Context: any, a crash included.
 * Return: where the next note goes.
 */
u32 *append_elf_note(u32 *buf, char *name, unsigned int type, void *data,
		     size_t data_len)
{
	const struct elf_note header = {
		.n_namesz = strlen(name) + 1,
		.n_descsz = data_len,
		.n_type = type,
	};
	u8 *at = (u8 *)buf;

	memcpy(at, &header, sizeof(header));
	at += ALIGN(sizeof(header), sizeof(u32));
	memcpy(at, name, header.n_namesz);
	at += ALIGN(header.n_namesz, sizeof(u32));
	memcpy(at, data, data_len);
	return (u32 *)(at + ALIGN(data_len, sizeof(u32)));
}

/**
 * final_note() - end a series of ELF notes by an empty one
 * @buf: what append_elf_note() returned last
 *
 * Context: any, a crash included.
 */
void final_note(u32 *buf)
{
	memset(buf, 0, sizeof(struct elf_note));
}

/* The text becomes the note. */
static void update_note(void)
{
	if (!vmcoreinfo_size)
		return;

	final_note(append_elf_note(vmcoreinfo_note, VMCOREINFO_NOTE_NAME, 0,
				   vmcoreinfo_data, vmcoreinfo_size));
}

/* A line that doesn't fit in full is left out: half of one would mislead. */
__printf(2, 0)
static void append_line(size_t limit, const char *fmt, va_list args)
{
	size_t room = limit - vmcoreinfo_size;
	char *line = vmcoreinfo_data + vmcoreinfo_size;
	struct va_format whole = { .fmt = fmt };
	va_list again;
	size_t len;

	va_copy(again, args);
	whole.va = &again;
	len = vsnprintf(line, room, fmt, args);
	if (len < room) {
		vmcoreinfo_size += len;
	} else {
		*line = '\0';
		pr_warn("%zu bytes are full, line left out: %pV",
			limit, &whole);
	}
	va_end(again);
}

/**
 * vmcoreinfo_append_str() - add a line to vmcoreinfo
 * @fmt: format as for printk(), with the newline
 *
 * The VMCOREINFO_* macros are more convenient for the usual lines.
 *
 * Context: arch_crash_save_vmcoreinfo() and log_buf_vmcoreinfo_setup().
 */
void vmcoreinfo_append_str(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	append_line(VMCOREINFO_BYTES - CRASH_LINES_BYTES, fmt, args);
	va_end(args);
}

__printf(1, 2)
static void append_crash_line(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	append_line(VMCOREINFO_BYTES, fmt, args);
	va_end(args);
}

/* Is the text what it was at boot? */
static bool text_is_whole(void)
{
	return jhash(vmcoreinfo_data, boot_size, 0) == boot_hash;
}

/**
 * crash_save_vmcoreinfo() - bring the note up to date for a dump
 *
 * Calling it again replaces what the first call wrote.
 *
 * Context: a crash, NMI included. Takes no lock and waits for nothing.
 */
void crash_save_vmcoreinfo(void)
{
	const void *copy = READ_ONCE(safe_copy);

	if (!vmcoreinfo_note)
		return;

	/* The copy's mapping may be what went wrong, too. */
	if (copy && !text_is_whole())
		copy_from_kernel_nofault(vmcoreinfo_data, copy, boot_size);
	vmcoreinfo_size = boot_size;

	/* This variant of reading the clock can't loop. */
	append_crash_line("CRASHTIME=%lld\n", __ktime_get_real_seconds());
	update_note();
}

/**
 * crash_save_silent_cpus() - say in the note whose registers the dump lacks
 * @silent: the CPUs, not empty
 *
 * After crash_save_vmcoreinfo(). Where they are too many ranges for the line,
 * it says how many they are.
 *
 * Context: a crash, NMI included. Takes no lock and waits for nothing.
 */
void crash_save_silent_cpus(const struct cpumask *silent)
{
	if (!vmcoreinfo_note)
		return;

	if (snprintf(NULL, 0, "%*pbl", cpumask_pr_args(silent)) <=
	    CRASH_LIST_CHARS)
		append_crash_line("SILENT_CPUS=%*pbl\n",
				  cpumask_pr_args(silent));
	else
		append_crash_line("SILENT_CPUS=%u of them\n",
				  cpumask_weight(silent));
	update_note();
}

/**
 * crash_update_vmcoreinfo_safecopy() - keep a copy in the crash region
 * @ptr: a mapping of VMCOREINFO_BYTES there that can be written to and stays
 *       until the next call; NULL forgets the copy
 *
 * Context: where a crash image is armed or disarmed; calls are serialized by
 * the caller. A crash may come at any time.
 */
void crash_update_vmcoreinfo_safecopy(void *ptr)
{
	if (ptr)
		memcpy(ptr, vmcoreinfo_data, boot_size);
	/* Pairs with the READ_ONCE() in a crash, on this CPU or another. */
	smp_store_release(&safe_copy, ptr);
}

/**
 * arch_crash_save_vmcoreinfo() - add the lines of the architecture
 */
void __weak arch_crash_save_vmcoreinfo(void)
{
}

/**
 * paddr_vmcoreinfo_note() - where a dump finds the note
 *
 * Return: the physical address of VMCOREINFO_NOTE_SIZE bytes.
 */
phys_addr_t __weak paddr_vmcoreinfo_note(void)
{
	return __pa(vmcoreinfo_note);
}
EXPORT_SYMBOL(paddr_vmcoreinfo_note);

static void __init describe_build(void)
{
	vmcoreinfo_append_str("OSRELEASE=%s\n", init_uts_ns.name.release);
	vmcoreinfo_append_str("BUILD-ID=%*phN\n", BUILD_ID_SIZE_MAX,
			      vmlinux_build_id);
	vmcoreinfo_append_str("PAGESIZE=%ld\n", PAGE_SIZE);
}

static int __init crash_save_vmcoreinfo_init(void)
{
	unsigned char *data = (unsigned char *)get_zeroed_page(GFP_KERNEL);
	u32 *note = alloc_pages_exact(VMCOREINFO_NOTE_SIZE,
				      GFP_KERNEL | __GFP_ZERO);

	if (!data || !note) {
		pr_warn("no memory for it; tools can't read a dump of this kernel\n");
		free_page((unsigned long)data);
		if (note)
			free_pages_exact(note, VMCOREINFO_NOTE_SIZE);
		return -ENOMEM;
	}
	vmcoreinfo_data = data;
	vmcoreinfo_note = note;

	describe_build();
	vmcoreinfo_append_lines();
	log_buf_vmcoreinfo_setup();
	arch_crash_save_vmcoreinfo();

	boot_size = vmcoreinfo_size;
	boot_hash = jhash(vmcoreinfo_data, boot_size, 0);
	update_note();
	return 0;
}

/* fadump and other users come with subsys_initcall_sync(). */
subsys_initcall(crash_save_vmcoreinfo_init);
