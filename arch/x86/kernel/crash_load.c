// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a crash image loaded from files has more than an ordinary one: the ELF
 * core headers, a parameter that says where they are, and a memory map that
 * keeps the capture kernel out of what it is to save.
 */

#define pr_fmt(fmt) "crash: " fmt

#include <linux/cleanup.h>
#include <linux/crash_reserve.h>
#include <linux/kexec.h>
#include <linux/range.h>
#include <linux/slab.h>
#include <asm/e820/api.h>

#include "crash_load.h"
#include "kexec_e820.h"

/* The first 640 KiB: real mode needs some, to start the other CPUs. */
#define LOW_RAM_END	(ISA_START_ADDRESS - 1)

/* Crash regions: the high one in two parts, around the headers; the low one */
#define CRASH_USABLE_MAX	3

/**
 * crash_load_elfcorehdr() - make the headers of a crash image a segment
 * @image: owns the headers afterwards, also after an error
 *
 * Context: may sleep.
 * Return: 0, -ENOMEM or -EADDRNOTAVAIL.
 */
int crash_load_elfcorehdr(struct kimage *image)
{
	struct kexec_buf kbuf = {
		.image = image,
		.mem = KEXEC_BUF_MEM_UNKNOWN,
		.buf_align = ELF_CORE_HEADER_ALIGN,
		.buf_max = ULONG_MAX,
		.top_down = true,
	};
	int ret;

	ret = crash_elfcorehdr_create(&image->elf_headers,
				      &image->elf_headers_sz);
	if (ret) {
		pr_err("cannot make the ELF core headers (%d)\n", ret);
		return ret;
	}

	kbuf.buffer = image->elf_headers;
	kbuf.bufsz = image->elf_headers_sz;
	/* The kernel grows into the rest when memory is added. */
	kbuf.memsz = max(kbuf.bufsz, crash_elfcorehdr_room());
	ret = kexec_add_buffer(&kbuf);
	if (ret)
		return ret;

	image->elf_load_addr = kbuf.mem;
	crash_elfcorehdr_is_last(image);
	kexec_dprintk("ELF core headers: %#lx bytes for %#lx at %#lx\n",
		      kbuf.bufsz, kbuf.memsz, kbuf.mem);

	return 0;
}

/**
 * crash_format_elfcorehdr() - the parameter that says where the headers are
 * @image: after crash_load_elfcorehdr()
 * @buf:   gets it, with a space after it
 * @size:  of @buf, CRASH_ELFCOREHDR_ARG_MAX or more
 *
 * Return: its length.
 */
size_t crash_format_elfcorehdr(const struct kimage *image, char *buf,
			       size_t size)
{
	return scnprintf(buf, size, "elfcorehdr=0x%lx ", image->elf_load_addr);
}

static const struct kexec_segment *
elfcorehdr_segment(const struct kimage *image)
{
	for (unsigned long i = 0; i < image->nr_segments; i++)
		if (image->segment[i].mem == image->elf_load_addr)
			return &image->segment[i];

	return NULL;
}

static void usable_add(struct range *usable, unsigned int *nr, u64 start,
		       u64 end)
{
	usable[(*nr)++] = (struct range) { .start = start, .end = end };
}

static unsigned int usable_add_low_ram(struct range *usable)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < e820_table_kexec->nr_entries; i++) {
		const struct e820_entry *e = &e820_table_kexec->entries[i];

		if (e->type == E820_TYPE_RAM && e->size &&
		    e->addr <= LOW_RAM_END)
			usable_add(usable, &nr, e->addr,
				   min_t(u64, e->addr + e->size - 1,
					 LOW_RAM_END));
	}

	return nr;
}

/* The headers must survive until they are read: they are no RAM to use. */
static unsigned int usable_add_crash_regions(const struct kimage *image,
					     struct range *usable)
{
	const struct kexec_segment *headers = elfcorehdr_segment(image);
	u64 start = crashk_res.start, end = crashk_res.end;
	unsigned int nr = 0;

	if (crashk_low_res.end)
		usable_add(usable, &nr, crashk_low_res.start,
			   crashk_low_res.end);

	if (headers) {
		if (headers->mem > start)
			usable_add(usable, &nr, start, headers->mem - 1);
		start = headers->mem + headers->memsz;
	}
	if (start <= end)
		usable_add(usable, &nr, start, end);

	return nr;
}

/**
 * crash_fill_e820() - the memory map of a capture kernel
 * @image: with its ELF core headers placed
 * @map:   where entries are added
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int crash_fill_e820(const struct kimage *image, struct kexec_e820 *map)
{
	const struct e820_table *fw = e820_table_kexec;
	struct range *usable __free(kvfree) =
		kvcalloc(fw->nr_entries + CRASH_USABLE_MAX, sizeof(*usable),
			 GFP_KERNEL);
	unsigned int nr;

	if (!usable)
		return -ENOMEM;

	nr = usable_add_low_ram(usable);
	nr += usable_add_crash_regions(image, usable + nr);
	sort_range(usable, nr);

	kexec_e820_confine((const struct boot_e820_entry *)fw->entries,
			   fw->nr_entries, usable, nr, map);

	return 0;
}
