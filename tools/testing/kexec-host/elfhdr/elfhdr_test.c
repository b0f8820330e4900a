// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes the core headers of machines as large as they may be, reads them as
 * the specification says, and asks whether the room that is kept for headers
 * would have done. Allocations are exact and under the sanitizer's eyes.
 */

#include <assert.h>
#include <stdlib.h>

#include <asm/sections.h>
#include <linux/cpumask.h>
#include <linux/kexec.h>
#include <linux/mm.h>

#include "crash_load.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define RANGE_STEP	0x8000000ULL	/* a memory block, every other of them */
#define RANGE_BYTES	0x4000000ULL

/* How much more than the largest header may be asked for */
#define PAGES_TO_SPARE	2

unsigned int possible_cpus;
note_buf_t *crash_notes;
char kernel_image[KERNEL_BYTES];

static const struct machine {
	unsigned int cpus, ranges;
} machines[] = {
	{ 1, 1 },
	{ 64, 8192 },
	{ 4096, 1 },
	{ 4096, 8192 },
	{ 8192, 8192 },
	/* As many as e_phnum counts, less the two for kernel and vmcoreinfo */
	{ 4096, 65534 - 4096 - 2 },
	{ 4096, 65535 - 4096 - 2 },
	{ 4096, 100000 },
};

/* Where there are no headers to be renewed, these are not called. */
int crash_elfcorehdr_create(void **headers, unsigned long *size)
{
	abort();
}

int crash_replace_elfcorehdr(struct kimage *image, const void *headers,
			     unsigned long sz)
{
	abort();
}

unsigned int crash_elfcorehdr_ranges_max(void)
{
	abort();
}

static struct crash_mem *ranges_make(unsigned int nr)
{
	struct crash_mem *mem = calloc(1, sizeof(*mem) +
					  nr * sizeof(mem->ranges[0]));

	assert(mem);
	mem->max_nr_ranges = nr;
	mem->nr_ranges = nr;
	for (unsigned int i = 0; i < nr; i++) {
		mem->ranges[i].start = i * RANGE_STEP;
		mem->ranges[i].end = i * RANGE_STEP + RANGE_BYTES - 1;
	}
	return mem;
}

static unsigned long count_of(const Elf64_Ehdr *ehdr)
{
	const Elf64_Shdr *shdr;

	if (ehdr->e_phnum != PN_XNUM)
		return ehdr->e_phnum;
	shdr = (const void *)((const char *)ehdr + ehdr->e_shoff);
	return shdr->sh_info;
}

static const Elf64_Phdr *check_note(const Elf64_Phdr *phdr, u64 paddr,
				    u64 size)
{
	assert(phdr->p_type == PT_NOTE);
	assert(phdr->p_paddr == paddr && phdr->p_offset == paddr);
	assert(phdr->p_memsz == size && phdr->p_filesz == size);
	return phdr + 1;
}

static const Elf64_Phdr *check_load(const Elf64_Phdr *phdr, u64 paddr,
				    u64 vaddr, u64 size)
{
	assert(phdr->p_type == PT_LOAD);
	assert(phdr->p_paddr == paddr && phdr->p_offset == paddr);
	assert(phdr->p_vaddr == vaddr);
	assert(phdr->p_memsz == size && phdr->p_filesz == size);
	return phdr + 1;
}

static void check_headers(const struct machine *m, const Elf64_Ehdr *ehdr)
{
	const Elf64_Phdr *phdr = (const void *)((const char *)ehdr +
						ehdr->e_phoff);

	assert(count_of(ehdr) == m->cpus + 2UL + m->ranges);
	for (unsigned int i = 0; i < m->cpus; i++)
		phdr = check_note(phdr, (unsigned long)&crash_notes[i],
				  sizeof(note_buf_t));
	phdr = check_note(phdr, VMCOREINFO_PADDR, VMCOREINFO_NOTE_SIZE);
	phdr = check_load(phdr, __pa_symbol(kernel_image),
			  (unsigned long)kernel_image, KERNEL_BYTES);
	for (unsigned int i = 0; i < m->ranges; i++)
		phdr = check_load(phdr, i * RANGE_STEP,
				  (unsigned long)__va(i * RANGE_STEP),
				  RANGE_BYTES);
}

/* What user space is told to keep does for @size bytes, and is not plenty. */
static void check_room(const struct machine *m, unsigned long size)
{
	unsigned long room = arch_crash_get_elfcorehdr_size();

	assert(room % ELF_CORE_HEADER_ALIGN == 0);
	assert(room == crash_elfcorehdr_room());
	if (m->ranges > CONFIG_CRASH_MAX_MEMORY_RANGES)
		return;
	assert(room >= size);
	if (m->ranges == CONFIG_CRASH_MAX_MEMORY_RANGES)
		assert(room <= size + PAGES_TO_SPARE * ELF_CORE_HEADER_ALIGN);
}

static void try(const struct machine *m)
{
	struct crash_mem *mem = ranges_make(m->ranges);
	unsigned long size = 0;
	void *headers = NULL;

	possible_cpus = m->cpus;
	crash_notes = calloc(m->cpus, sizeof(*crash_notes));
	assert(crash_notes);
	assert(!crash_prepare_elf64_headers(mem, true, &headers, &size));
	assert(size && size % ELF_CORE_HEADER_ALIGN == 0);
	check_headers(m, headers);
	check_room(m, size);
	printf("%u CPUs, %u ranges: %lu bytes, room for %u\n", m->cpus,
	       m->ranges, size, arch_crash_get_elfcorehdr_size());
	free(headers);
	free(crash_notes);
	free(mem);
}

int main(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++)
		try(&machines[i]);
	return 0;
}
