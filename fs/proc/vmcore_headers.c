// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the core header that the crashed kernel left to the headers of
 * /proc/vmcore.
 *
 * The core header says p_offset and means physical memory; here it becomes a
 * place in the file. What makes no sense is left out and reported, the rest
 * is the dump.
 */

#define pr_fmt(fmt) "vmcore: " fmt

#include <linux/cc_platform.h>
#include <linux/crash_dump.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/vmalloc.h>

#include "vmcore_internal.h"

/**
 * vmcore_read_exact() - read all of it or none
 * @read: elfcorehdr_read() or elfcorehdr_read_notes()
 * @buf:  room for @len bytes
 * @len:  how many
 * @addr: physical address
 *
 * Return: 0 or an errno, and then what is in @buf means nothing
 */
int vmcore_read_exact(ssize_t (*read)(char *buf, size_t count, u64 *ppos),
		      void *buf, u64 len, u64 addr)
{
	ssize_t got;

	for (; len; buf += got, len -= got) {
		got = read(buf, len, &addr);
		if (got <= 0)
			return got ?: -EIO;
	}
	return 0;
}

/* Read all of it or none. @offset counts from the ELF header. */
static int core_read(void *buf, u64 len, u64 offset)
{
	u64 addr = elfcorehdr_addr + offset;

	if (addr < elfcorehdr_addr)
		return -EINVAL;
	/* Some architectures copy from there without a further look. */
	if (elfcorehdr_size &&
	    (offset > elfcorehdr_size || len > elfcorehdr_size - offset))
		return -EINVAL;
	/* In a dump that reads as zeros, here it would hide what is listed. */
	if (vmcore_hidden_by(addr, len))
		return -EPERM;
	return vmcore_read_exact(elfcorehdr_read, buf, len, addr);
}

static bool machine_fits(bool is_64, const void *raw)
{
	if (is_64)
		return vmcore_elf64_check_arch((const struct elf64_hdr *)raw);
	return vmcore_elf32_check_arch((const struct elf32_hdr *)raw);
}

static int core_read_ehdr(struct vmcore_core *core)
{
	u8 raw[VMCORE_EHDR_MAX] __aligned(8);
	const char *wrong;
	int ret;

	ret = core_read(raw, sizeof(raw), 0);
	if (ret) {
		pr_err("the core header at %#llx can't be read (error %d)\n",
		       elfcorehdr_addr, ret);
		return ret;
	}

	wrong = vmcore_ehdr_load(raw, sizeof(raw), &core->ehdr);
	if (!wrong) {
		core->is_64 = vmcore_is_64(&core->ehdr);
		if (!machine_fits(core->is_64, raw))
			wrong = "of another machine";
	}
	if (wrong) {
		pr_err("what is at elfcorehdr=%#llx is no core header: %s (it begins with %8ph)\n",
		       elfcorehdr_addr, wrong, raw);
		return -EINVAL;
	}
	return 0;
}

/* How many program headers, and is that a number to believe? */
static int core_read_phnum(struct vmcore_core *core)
{
	size_t size = vmcore_phdr_size(core->is_64);
	u8 raw[VMCORE_SHDR_MAX];
	void *shdr = NULL;
	u64 len, most;
	int ret;

	if (vmcore_phnum_extended(&core->ehdr)) {
		shdr = raw;
		ret = core_read(raw, vmcore_shdr_size(core->is_64),
				core->ehdr.e_shoff);
		if (ret) {
			pr_err("the section header of the core header can't be read (error %d)\n",
			       ret);
			return ret;
		}
	}

	core->nr_phdrs = vmcore_phnum(&core->ehdr, shdr);
	len = (u64)core->nr_phdrs * size;
	most = min_t(u64, vmcore_ram_share(), SIZE_MAX);
	if (elfcorehdr_size)
		most = min_t(u64, most, elfcorehdr_size);
	if (!len || len > most) {
		pr_err("the core header claims %u program headers, which is not between 1 and %llu\n",
		       core->nr_phdrs, div_u64(most, size));
		return -EINVAL;
	}
	return 0;
}

static int core_read_phdrs(struct vmcore_core *core)
{
	u64 len = (u64)core->nr_phdrs * vmcore_phdr_size(core->is_64);
	int ret;

	core->phdrs = vmalloc(len);
	if (!core->phdrs)
		return -ENOMEM;
	ret = core_read(core->phdrs, len, core->ehdr.e_phoff);
	if (ret)
		pr_err("the program headers (%llu bytes at offset %llu of the core header) can't be read (error %d)\n",
		       len, (u64)core->ehdr.e_phoff, ret);
	return ret;
}

/* Bytes of the file for old memory: less what comes before it. */
static u64 regions_room(bool is_64, u64 headers_len)
{
	u64 most = is_64 ? MAX_LFS_FILESIZE : U32_MAX;
	u64 before = PAGE_ALIGN(headers_len) + vmcore_devices_max(is_64) +
		     VMCORE_NOTES_MAX;

	return most - min(most, before);
}

static int dump_alloc(struct vmcore_dump *dump, u32 nr_loads)
{
	struct vmcore_layout *layout = &dump->layout;
	bool is_64 = vmcore_is_64(&dump->ehdr);
	u64 len = vmcore_headers_len(is_64, nr_loads + 1);
	u32 room = max(nr_loads, 1U);	/* vmalloc() warns of 0 bytes */

	/* In pages: kmalloc() would round up to a power of two. */
	dump->headers = vmalloc_user(PAGE_ALIGN(len));
	layout->regions = vcalloc(room, sizeof(*layout->regions));
	dump->extents = vcalloc(room, sizeof(*dump->extents));
	if (!dump->headers || !layout->regions || !dump->extents)
		return -ENOMEM;

	layout->max = nr_loads;
	layout->limit = vmcore_oldmem_limit();
	layout->room = regions_room(is_64, len);
	return 0;
}

static void report_bad_load(u32 index, const struct elf64_phdr *phdr,
			    const char *wrong)
{
	static u32 shown;

	if (shown++ < VMCORE_BAD_SHOWN)
		pr_warn("program header %u (%llu bytes at %#llx) is left out: it %s\n",
			index, (u64)phdr->p_filesz, (u64)phdr->p_offset, wrong);
}

static const struct vmcore_core_ops loads_ops = {
	.bad_load = report_bad_load,
};

static void dump_add_loads(struct vmcore_dump *dump,
			   const struct vmcore_core *core)
{
	u32 bad;

	dump->nr_phdrs = vmcore_core_place_loads(core, &dump->layout,
						 dump->headers, &loads_ops);
	bad = core->nr_loads - dump->layout.nr;
	if (bad > VMCORE_BAD_SHOWN)
		pr_warn("%u of %u program headers are left out, the first %u for the reasons above\n",
			bad, core->nr_phdrs, VMCORE_BAD_SHOWN);
	if (core->nr_other)
		pr_warn("%u program headers are neither memory nor notes and are left out\n",
			core->nr_other);
}

/* What is listed, is not the crashed kernel's memory, and will not be read */
static void dump_report_hidden(const struct vmcore_dump *dump)
{
	const struct vmcore_extent *extent;
	const char *what;
	u32 i, nr = 0;

	for (i = 0; i < dump->nr_extents; i++) {
		extent = &dump->extents[i];
		what = vmcore_hidden_by(extent->start, extent->end - extent->start);
		if (what && nr++ < VMCORE_BAD_SHOWN)
			pr_warn("part of [mem %#010llx-%#010llx] is %s; those pages will read as zeros\n",
				extent->start, extent->end - 1, what);
	}
	if (nr > VMCORE_BAD_SHOWN)
		pr_warn("so is part of %u more ranges\n",
			nr - VMCORE_BAD_SHOWN);
}

static int dump_build(struct vmcore_dump *dump, struct vmcore_core *core)
{
	u64 len;
	int ret;

	dump->ehdr = core->ehdr;
	vmcore_core_count(core);
	ret = dump_alloc(dump, core->nr_loads);
	if (ret) {
		pr_err("no memory for %u program headers; try a larger crashkernel=\n",
		       core->nr_phdrs);
		return ret;
	}

	dump_add_loads(dump, core);
	if (!dump->layout.nr) {
		pr_err("none of the %u program headers describes memory\n",
		       core->nr_phdrs);
		return -EINVAL;
	}
	len = vmcore_headers_len(core->is_64, dump->nr_phdrs);
	dump->headers_size = PAGE_ALIGN(len);
	vmcore_ehdr_store(&dump->ehdr, dump->nr_phdrs, dump->headers);

	dump->nr_extents = vmcore_extents_merge(&dump->layout, dump->extents);
	dump_report_hidden(dump);
	vmcore_oldmem_init(dump->extents, dump->nr_extents);

	vmcore_notes_read(&dump->notes, core);
	return 0;
}

/**
 * vmcore_headers_read() - make a dump out of the core header
 * @dump: empty; has headers, notes and regions afterwards, but no file
 *        positions yet
 *
 * Return: 0, or an errno after a line that says what is wrong; then whatever
 *         is there is left to vmcore_headers_free()
 */
int vmcore_headers_read(struct vmcore_dump *dump)
{
	struct vmcore_core core = { };
	int ret;

	ret = core_read_ehdr(&core);
	if (!ret)
		ret = core_read_phnum(&core);
	if (!ret)
		ret = core_read_phdrs(&core);
	if (!ret)
		ret = dump_build(dump, &core);
	vfree(core.phdrs);
	return ret;
}

/**
 * vmcore_headers_place() - give everything its place in the file
 * @dump: whose parts have changed in size
 *
 * Caller holds @dump->lock and there are no openers.
 */
void vmcore_headers_place(struct vmcore_dump *dump)
{
	bool is_64 = vmcore_is_64(&dump->ehdr);
	struct elf64_phdr phdr = {
		.p_type = PT_NOTE,
		.p_offset = dump->headers_size,
		.p_filesz = dump->devices_size + dump->notes.len,
		.p_memsz = dump->devices_size + dump->notes.len,
		.p_align = 4,
	};
	u64 regions_pos = dump->headers_size + dump->devices_size +
			  dump->notes.size;
	u64 moved = regions_pos - dump->regions_pos;
	u32 i;

	vmcore_phdr_store(is_64, &phdr,
			  vmcore_phdr_at(is_64, dump->headers, 0));
	for (i = 1; i < dump->nr_phdrs; i++) {
		void *raw = vmcore_phdr_at(is_64, dump->headers, i);

		vmcore_phdr_load(is_64, raw, &phdr);
		phdr.p_offset += moved;
		vmcore_phdr_store(is_64, &phdr, raw);
	}
	dump->regions_pos = regions_pos;
	dump->size = regions_pos + dump->layout.len;
}

void vmcore_headers_free(struct vmcore_dump *dump)
{
	vmcore_oldmem_init(NULL, 0);
	vmcore_notes_free(&dump->notes);
	vfree(dump->extents);
	vfree(dump->layout.regions);
	vfree(dump->headers);
}

/*
 * What follows an architecture may override; include/linux/crash_dump.h has
 * the contract.
 */

int __weak elfcorehdr_alloc(unsigned long long *addr, unsigned long long *size)
{
	return 0;
}

void __weak elfcorehdr_free(unsigned long long addr)
{
}

static ssize_t oldmem_read_buf(char *buf, size_t count, u64 *ppos,
			       bool encrypted)
{
	ssize_t got = vmcore_oldmem_copy(buf, count, *ppos, encrypted);

	if (got > 0)
		*ppos += got;
	return got;
}

/* Loaded as a segment: plain under SME, in a guest encrypted like the rest */
ssize_t __weak elfcorehdr_read(char *buf, size_t count, u64 *ppos)
{
	return oldmem_read_buf(buf, count, ppos,
			       cc_platform_has(CC_ATTR_GUEST_MEM_ENCRYPT));
}

/* Written by the crashed kernel to its own memory */
ssize_t __weak elfcorehdr_read_notes(char *buf, size_t count, u64 *ppos)
{
	return oldmem_read_buf(buf, count, ppos,
			       cc_platform_has(CC_ATTR_MEM_ENCRYPT));
}
