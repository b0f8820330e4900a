// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ELF core header of this machine.
 *
 * It is built before the crash and tells the capture kernel all that it will
 * know about this one: where each CPU's notes and vmcoreinfo will be, and
 * where there is memory.
 */

#define pr_fmt(fmt) "crash: " fmt

#include <linux/cpumask.h>
#include <linux/kexec.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/vmalloc.h>

#include <asm/sections.h>

#include "crash_elf.h"

#ifndef ELF_OSABI
#define ELF_OSABI ELFOSABI_NONE
#endif

static const struct core_machine this_machine = {
	.data = ELF_DATA,
	.osabi = ELF_OSABI,
	.machine = ELF_ARCH,
};

/* A possible CPU may come online any time before the crash. */
static void add_cpu_notes(struct core_header *h)
{
	unsigned int cpu;

	if (!crash_notes)
		return;

	for_each_possible_cpu(cpu) {
		void *notes = per_cpu_ptr(crash_notes, cpu);

		core_header_note(h, per_cpu_ptr_to_phys(notes),
				 sizeof(note_buf_t));
	}
}

static void add_vmcoreinfo(struct core_header *h)
{
	core_header_note(h, paddr_vmcoreinfo_note(), VMCOREINFO_NOTE_SIZE);
}

/* The addresses that symbols have, where they aren't in the direct map. */
static void add_kernel_map(struct core_header *h)
{
	core_header_load(h, __pa_symbol(_text), (unsigned long)_text,
			 _end - _text);
}

static void add_direct_mapped(struct core_header *h, u64 start, u64 end)
{
	core_header_load(h, start, (unsigned long)__va(start),
			 end - start + 1);
}

static void add_high(struct core_header *h, u64 start, u64 end)
{
	core_header_load(h, start, ~0ULL, end - start + 1);
}

/* A range across the end of the direct map is two. */
static void add_ram(struct core_header *h, const struct range *ram)
{
	u64 high = ~0ULL;

	if (IS_ENABLED(CONFIG_HIGHMEM))
		high = (u64)__pa(high_memory - 1) + 1;

	if (ram->end < high) {
		add_direct_mapped(h, ram->start, ram->end);
	} else if (ram->start >= high) {
		add_high(h, ram->start, ram->end);
	} else {
		add_direct_mapped(h, ram->start, high - 1);
		add_high(h, high, ram->end);
	}
}

/* No fewer than will be written. */
static unsigned long count_phdrs(const struct crash_mem *mem)
{
	return num_possible_cpus() + 1 /* vmcoreinfo */ +
	       1 /* kernel map */ + mem->nr_ranges +
	       1 /* the end of the direct map */;
}

static int write_headers(const struct crash_mem *mem, bool kernel_map,
			 unsigned long nr_phdrs, void *buf)
{
	struct core_header h;

	core_header_begin(&h, buf, nr_phdrs, &this_machine);
	add_cpu_notes(&h);
	add_vmcoreinfo(&h);
	if (kernel_map)
		add_kernel_map(&h);

	for (unsigned int i = 0; i < mem->nr_ranges; i++) {
		kexec_dprintk("dump: memory %#llx-%#llx\n",
			      mem->ranges[i].start, mem->ranges[i].end);
		add_ram(&h, &mem->ranges[i]);
	}

	return core_header_end(&h);
}

/**
 * crash_prepare_elf64_headers() - build the core header of this machine
 * @mem:             the memory to dump
 * @need_kernel_map: also describe the kernel at the addresses it is linked
 *                   for (or moved to), if those aren't in the direct map
 * @addr:            out: the headers, to be freed with vfree()
 * @sz:              out: their bytes, a multiple of ELF_CORE_HEADER_ALIGN;
 *                   zeros at the end
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM; @addr and @sz are as they were then.
 */
int crash_prepare_elf64_headers(struct crash_mem *mem, int need_kernel_map,
				void **addr, unsigned long *sz)
{
	unsigned long nr_phdrs = count_phdrs(mem);
	unsigned long size = ALIGN(core_header_size(nr_phdrs),
				   ELF_CORE_HEADER_ALIGN);
	void *buf;
	int ret;

	buf = vzalloc(size);
	if (!buf)
		return -ENOMEM;

	ret = write_headers(mem, need_kernel_map, nr_phdrs, buf);
	if (WARN_ON_ONCE(ret)) {
		vfree(buf);
		return ret;
	}

	*addr = buf;
	*sz = size;

	return 0;
}
