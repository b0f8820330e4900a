// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzes the writer of ELF core headers: what a reader that goes by the
 * specification finds is what was written, and not a byte more than announced
 * is touched.
 *
 * An input is: one byte, ff for headers around the most that e_phnum counts;
 * one with the number of headers announced (from MANY on, if so); a signed one
 * with how many more of them (or fewer) are asked for. What the headers hold
 * is made from up to eight more.
 */

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crash_elf.h"

#define MANY		65408UL

struct input {
	unsigned long announced;
	unsigned long asked;
	u64 seed;
};

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/* The @i'th header to be, as a number that all its fields are made from. */
static u64 seed(const struct input *in, unsigned long i)
{
	return (in->seed + i) * 0x9e3779b97f4a7c15ULL;
}

static void write_all(const struct input *in, struct core_header *h)
{
	for (unsigned long i = 0; i < in->asked; i++) {
		u64 s = seed(in, i);

		if (s & 1)
			core_header_note(h, s, s >> 32);
		else
			core_header_load(h, s, ~s, s >> 16);
	}
}

static unsigned long read_count(const void *buf)
{
	const Elf64_Ehdr *ehdr = buf;
	const Elf64_Shdr *shdr;

	if (ehdr->e_phnum != 0xffff) {
		assert(!ehdr->e_shnum && !ehdr->e_shoff);
		return ehdr->e_phnum;
	}

	assert(ehdr->e_shnum == 1);
	assert(ehdr->e_shentsize == sizeof(*shdr));
	assert(!(ehdr->e_shoff % sizeof(u64)));
	shdr = (const void *)((const char *)buf + ehdr->e_shoff);

	return shdr->sh_info;
}

static void check_one(const struct input *in, unsigned long i,
		      const Elf64_Phdr *phdr)
{
	u64 s = seed(in, i);

	assert(phdr->p_type == (s & 1 ? PT_NOTE : PT_LOAD));
	assert(phdr->p_offset == s && phdr->p_paddr == s);
	assert(phdr->p_memsz == (s & 1 ? s >> 32 : s >> 16));
	assert(phdr->p_filesz == phdr->p_memsz);
	assert(phdr->p_vaddr == (s & 1 ? 0 : ~s));
}

static void check_all(const struct input *in, const void *buf)
{
	const Elf64_Ehdr *ehdr = buf;
	const Elf64_Phdr *phdr;

	assert(core_header_recognise(buf));
	assert(ehdr->e_phentsize == sizeof(*phdr));
	assert(read_count(buf) == in->asked);

	phdr = (const void *)((const char *)buf + ehdr->e_phoff);
	for (unsigned long i = 0; i < in->asked; i++)
		check_one(in, i, &phdr[i]);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static const struct core_machine machine = {
		.data = ELFDATA2LSB,
		.machine = EM_X86_64,
	};
	struct core_header h;
	struct input in;
	void *buf;
	int ret;

	if (size < 3)
		return 0;
	in.announced = data[1] + (data[0] == 0xff ? MANY : 0);
	in.asked = in.announced + (signed char)data[2];
	if ((signed char)data[2] < 0 && in.asked > in.announced)
		in.asked = 0;
	in.seed = 0;
	memcpy(&in.seed, data + 3, size < 11 ? size - 3 : 8);

	/* Exactly, so that the sanitizer sees the first byte too much. */
	buf = calloc(1, core_header_size(in.announced));
	assert(buf);
	core_header_begin(&h, buf, in.announced, &machine);
	write_all(&in, &h);
	ret = core_header_end(&h);
	assert(ret == (in.asked > in.announced ? -ENOSPC : 0));
	if (!ret)
		check_all(&in, buf);
	free(buf);

	return 0;
}
