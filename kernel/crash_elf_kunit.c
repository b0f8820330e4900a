// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the writer of ELF core headers promises, see kernel/crash_elf.c, and
 * what this machine's own headers say, see kernel/crash_elfhdr.c.
 */

#include <kunit/test.h>
#include <linux/crash_core.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include <asm/sections.h>

#include "crash_elf.h"

static const struct core_machine machine = {
	.data = ELFDATA2LSB,
	.osabi = ELFOSABI_NONE,
	.machine = EM_X86_64,
	.flags = 0x55,
};

static void free_header(void *header)
{
	kvfree(header);
}

static void *new_header(struct kunit *test, unsigned long nr_phdrs)
{
	void *buf = kvzalloc(core_header_size(nr_phdrs), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, buf);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, free_header, buf));

	return buf;
}

static void says_what_it_is_test(struct kunit *test)
{
	Elf64_Ehdr *ehdr = new_header(test, 0);
	struct core_header h;

	core_header_begin(&h, ehdr, 0, &machine);
	KUNIT_ASSERT_EQ(test, 0, core_header_end(&h));

	KUNIT_EXPECT_MEMEQ(test, ehdr->e_ident, ELFMAG, SELFMAG);
	KUNIT_EXPECT_EQ(test, ehdr->e_ident[EI_CLASS], ELFCLASS64);
	KUNIT_EXPECT_EQ(test, ehdr->e_ident[EI_DATA], ELFDATA2LSB);
	KUNIT_EXPECT_EQ(test, ehdr->e_ident[EI_VERSION], EV_CURRENT);
	KUNIT_EXPECT_EQ(test, ehdr->e_type, ET_CORE);
	KUNIT_EXPECT_EQ(test, ehdr->e_machine, EM_X86_64);
	KUNIT_EXPECT_EQ(test, ehdr->e_version, EV_CURRENT);
	KUNIT_EXPECT_EQ(test, ehdr->e_flags, 0x55);
	KUNIT_EXPECT_EQ(test, ehdr->e_ehsize, 64);
	KUNIT_EXPECT_EQ(test, ehdr->e_phoff, 64);
	KUNIT_EXPECT_EQ(test, ehdr->e_phentsize, 56);
	KUNIT_EXPECT_EQ(test, ehdr->e_phnum, 0);
	KUNIT_EXPECT_EQ(test, ehdr->e_shnum, 0);
}

static void keeps_order_test(struct kunit *test)
{
	Elf64_Ehdr *ehdr = new_header(test, 3);
	Elf64_Phdr *phdr = (Elf64_Phdr *)(ehdr + 1);
	struct core_header h;

	core_header_begin(&h, ehdr, 3, &machine);
	core_header_note(&h, 0x1000, 356);
	core_header_load(&h, 0x100000, 0xffff888000100000, 0x7ff00000);
	core_header_load(&h, 0x100000000, ~0ULL, 0x200000000);
	KUNIT_ASSERT_EQ(test, 0, core_header_end(&h));
	KUNIT_ASSERT_EQ(test, 3, ehdr->e_phnum);

	KUNIT_EXPECT_EQ(test, phdr[0].p_type, PT_NOTE);
	KUNIT_EXPECT_EQ(test, phdr[0].p_offset, 0x1000);
	KUNIT_EXPECT_EQ(test, phdr[0].p_paddr, 0x1000);
	KUNIT_EXPECT_EQ(test, phdr[0].p_vaddr, 0);
	KUNIT_EXPECT_EQ(test, phdr[0].p_filesz, 356);
	KUNIT_EXPECT_EQ(test, phdr[0].p_memsz, 356);

	KUNIT_EXPECT_EQ(test, phdr[1].p_type, PT_LOAD);
	KUNIT_EXPECT_EQ(test, phdr[1].p_flags, PF_R | PF_W | PF_X);
	KUNIT_EXPECT_EQ(test, phdr[1].p_offset, 0x100000);
	KUNIT_EXPECT_EQ(test, phdr[1].p_paddr, 0x100000);
	KUNIT_EXPECT_EQ(test, phdr[1].p_vaddr, 0xffff888000100000);
	KUNIT_EXPECT_EQ(test, phdr[1].p_filesz, 0x7ff00000);
	KUNIT_EXPECT_EQ(test, phdr[1].p_memsz, 0x7ff00000);

	KUNIT_EXPECT_EQ(test, phdr[2].p_paddr, 0x100000000);
	KUNIT_EXPECT_EQ(test, phdr[2].p_vaddr, ~0ULL);
	KUNIT_EXPECT_EQ(test, phdr[2].p_filesz, 0x200000000);
}

static void may_be_fewer_test(struct kunit *test)
{
	Elf64_Ehdr *ehdr = new_header(test, 10);
	struct core_header h;

	core_header_begin(&h, ehdr, 10, &machine);
	core_header_note(&h, 0, 0);
	KUNIT_EXPECT_EQ(test, 0, core_header_end(&h));
	KUNIT_EXPECT_EQ(test, 1, ehdr->e_phnum);
}

static void must_not_be_more_test(struct kunit *test)
{
	/* Room for two, of which one is announced. */
	Elf64_Ehdr *ehdr = new_header(test, 2);
	Elf64_Phdr *phdr = (Elf64_Phdr *)(ehdr + 1);
	struct core_header h;

	core_header_begin(&h, ehdr, 1, &machine);
	core_header_note(&h, 0x1000, 1);
	core_header_note(&h, 0x2000, 1);
	KUNIT_EXPECT_EQ(test, -ENOSPC, core_header_end(&h));
	/* Nothing is written beyond what was announced. */
	KUNIT_EXPECT_EQ(test, 0, phdr[1].p_type);
}

static const unsigned int phdr_counts[] = {
	1, 65534, 65535, 65536, 4096 + 8192 + 3, 100000,
};

static void phdr_count_name(const unsigned int *nr, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "%u program headers", *nr);
}

KUNIT_ARRAY_PARAM(phdr_count, phdr_counts, phdr_count_name);

/* e_phnum has 16 bits; 65535 in it means: see the section header. */
static void counts_test(struct kunit *test)
{
	const unsigned int nr = *(const unsigned int *)test->param_value;
	Elf64_Ehdr *ehdr = new_header(test, nr);
	Elf64_Phdr *phdr = (Elf64_Phdr *)(ehdr + 1);
	struct core_header h;
	Elf64_Shdr *shdr;

	core_header_begin(&h, ehdr, nr, &machine);
	for (unsigned int i = 0; i < nr; i++)
		core_header_load(&h, i * 0x1000ULL, 0, 0x1000);
	KUNIT_ASSERT_EQ(test, 0, core_header_end(&h));

	KUNIT_EXPECT_EQ(test, phdr[nr - 1].p_paddr, (nr - 1) * 0x1000ULL);

	if (nr < 65535) {
		KUNIT_EXPECT_EQ(test, nr, ehdr->e_phnum);
		KUNIT_EXPECT_EQ(test, 0, ehdr->e_shnum);
		KUNIT_EXPECT_EQ(test, 64 + nr * 56UL, core_header_size(nr));
		return;
	}

	KUNIT_EXPECT_EQ(test, 65535, ehdr->e_phnum);
	KUNIT_EXPECT_EQ(test, 1, ehdr->e_shnum);
	KUNIT_EXPECT_EQ(test, 64, ehdr->e_shentsize);
	KUNIT_ASSERT_EQ(test, 64 + nr * 56UL, ehdr->e_shoff);
	KUNIT_EXPECT_EQ(test, 64 + nr * 56UL + 64, core_header_size(nr));
	shdr = (void *)ehdr + ehdr->e_shoff;
	KUNIT_EXPECT_EQ(test, SHT_NULL, shdr->sh_type);
	KUNIT_EXPECT_EQ(test, nr, shdr->sh_info);
}

static void recognises_test(struct kunit *test)
{
	Elf64_Ehdr *ehdr = new_header(test, 0);
	struct core_header h;

	KUNIT_EXPECT_FALSE(test, core_header_recognise(ehdr));

	core_header_begin(&h, ehdr, 0, &machine);
	KUNIT_EXPECT_TRUE(test, core_header_recognise(ehdr));

	/* A kernel is an ELF file too. */
	ehdr->e_type = ET_EXEC;
	KUNIT_EXPECT_FALSE(test, core_header_recognise(ehdr));

	/* Tools for 32-bit machines write the other class. */
	ehdr->e_type = ET_CORE;
	ehdr->e_ident[EI_CLASS] = ELFCLASS32;
	KUNIT_EXPECT_TRUE(test, core_header_recognise(ehdr));

	ehdr->e_ident[EI_MAG3] = 'G';
	KUNIT_EXPECT_FALSE(test, core_header_recognise(ehdr));
}

/* Bounds of memory that is surely in the direct map. */
#define RAM_START	0x100000
#define RAM_END		0x1fffff

static Elf64_Ehdr *new_machine_header(struct kunit *test, int kernel_map,
				      unsigned long *sz)
{
	struct crash_mem *mem;
	void *headers;

	mem = kunit_kzalloc(test, struct_size(mem, ranges, 1), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, mem);
	mem->max_nr_ranges = 1;
	KUNIT_ASSERT_EQ(test, 0, crash_mem_append(mem, RAM_START, RAM_END));
	KUNIT_ASSERT_EQ(test, 0,
			crash_prepare_elf64_headers(mem, kernel_map, &headers,
						    sz));
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, free_header,
						  headers));

	return headers;
}

static void machine_notes_test(struct kunit *test)
{
	unsigned long sz;
	Elf64_Ehdr *ehdr = new_machine_header(test, false, &sz);
	Elf64_Phdr *phdr = (Elf64_Phdr *)(ehdr + 1);
	unsigned int cpu;

	KUNIT_EXPECT_EQ(test, 0, sz % ELF_CORE_HEADER_ALIGN);
	KUNIT_EXPECT_EQ(test, ELF_ARCH, ehdr->e_machine);
	KUNIT_ASSERT_EQ(test, num_possible_cpus() + 2, ehdr->e_phnum);

	for_each_possible_cpu(cpu) {
		u64 last = phdr->p_paddr + phdr->p_memsz - 1;

		KUNIT_EXPECT_EQ(test, PT_NOTE, phdr->p_type);
		KUNIT_EXPECT_EQ(test, sizeof(note_buf_t), phdr->p_memsz);
		KUNIT_EXPECT_EQ(test, phdr->p_paddr,
				per_cpu_ptr_to_phys(per_cpu_ptr(crash_notes,
								cpu)));
		/* What follows a page in memory is not what follows here. */
		KUNIT_EXPECT_EQ(test, phdr->p_paddr >> PAGE_SHIFT,
				last >> PAGE_SHIFT);
		phdr++;
	}

	KUNIT_EXPECT_EQ(test, PT_NOTE, phdr->p_type);
	KUNIT_EXPECT_EQ(test, paddr_vmcoreinfo_note(), phdr->p_paddr);
	KUNIT_EXPECT_EQ(test, VMCOREINFO_NOTE_SIZE, phdr->p_memsz);
}

static void machine_memory_test(struct kunit *test)
{
	unsigned long sz;
	Elf64_Ehdr *ehdr = new_machine_header(test, true, &sz);
	Elf64_Phdr *phdr = (Elf64_Phdr *)(ehdr + 1);

	KUNIT_ASSERT_EQ(test, num_possible_cpus() + 3, ehdr->e_phnum);
	phdr += num_possible_cpus() + 1;

	KUNIT_EXPECT_EQ(test, PT_LOAD, phdr->p_type);
	KUNIT_EXPECT_EQ(test, (unsigned long)_text, phdr->p_vaddr);
	KUNIT_EXPECT_EQ(test, __pa_symbol(_text), phdr->p_paddr);
	KUNIT_EXPECT_EQ(test, _end - _text, phdr->p_memsz);
	phdr++;

	KUNIT_EXPECT_EQ(test, PT_LOAD, phdr->p_type);
	KUNIT_EXPECT_EQ(test, RAM_START, phdr->p_paddr);
	KUNIT_EXPECT_EQ(test, (unsigned long)__va(RAM_START), phdr->p_vaddr);
	KUNIT_EXPECT_EQ(test, RAM_END - RAM_START + 1, phdr->p_memsz);
}

#ifdef CONFIG_CRASH_HOTPLUG
#define APART		0x200000ULL
#define PAGES_TO_SPARE	2

/* As many ranges of memory as there may be, no two of them adjacent. */
static struct crash_mem *new_full_ranges(struct kunit *test)
{
	const unsigned int nr = CONFIG_CRASH_MAX_MEMORY_RANGES;
	struct crash_mem *mem;

	mem = kvzalloc(struct_size(mem, ranges, nr), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, mem);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, free_header, mem));
	mem->max_nr_ranges = nr;
	for (unsigned int i = 0; i < nr; i++)
		KUNIT_ASSERT_EQ(test, 0,
				crash_mem_append(mem, i * APART,
						 i * APART + APART / 2 - 1));

	return mem;
}

/* What user space keeps for headers does for all that may be plugged in. */
static void fullest_machine_test(struct kunit *test)
{
	const unsigned long room = arch_crash_get_elfcorehdr_size();
	struct crash_mem *mem;
	void *headers;
	unsigned long sz;

	if (!IS_ENABLED(CONFIG_MEMORY_HOTPLUG))
		kunit_skip(test, "memory neither comes nor goes");
	mem = new_full_ranges(test);
	KUNIT_ASSERT_EQ(test, CONFIG_CRASH_MAX_MEMORY_RANGES, mem->nr_ranges);
	KUNIT_ASSERT_EQ(test, 0,
			crash_prepare_elf64_headers(mem, true, &headers, &sz));
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, free_header, headers));

	KUNIT_EXPECT_GE(test, room, sz);
	KUNIT_EXPECT_LE(test, room,
			sz + PAGES_TO_SPARE * ELF_CORE_HEADER_ALIGN);
}
#else
static void fullest_machine_test(struct kunit *test)
{
	kunit_skip(test, "nothing comes or goes");
}
#endif

static struct kunit_case crash_elf_cases[] = {
	KUNIT_CASE(says_what_it_is_test),
	KUNIT_CASE(keeps_order_test),
	KUNIT_CASE(may_be_fewer_test),
	KUNIT_CASE(must_not_be_more_test),
	KUNIT_CASE_PARAM(counts_test, phdr_count_gen_params),
	KUNIT_CASE(recognises_test),
	KUNIT_CASE(machine_notes_test),
	KUNIT_CASE(machine_memory_test),
	KUNIT_CASE(fullest_machine_test),
	{ }
};

static struct kunit_suite crash_elf_suite = {
	.name = "crash_elf",
	.test_cases = crash_elf_cases,
};

kunit_test_suite(crash_elf_suite);
