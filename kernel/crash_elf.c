// SPDX-License-Identifier: GPL-2.0-only
/*
 * The writer of ELF core headers.
 *
 *   ELF header | program headers: notes, then memory | section header
 *
 * The section header is there only if there are more program headers than
 * the 16 bits of e_phnum can count; then e_phnum is PN_XNUM and the number is
 * in the section header's sh_info (System V gABI, "Sections"). It comes last,
 * so that the program headers always follow the ELF header.
 *
 * Headers are always ELF64, since physical addresses are longer than 32 bits
 * on most 32-bit machines as well. File offsets are physical addresses: that
 * is how the capture kernel finds what a header is about.
 */

#include <linux/errno.h>
#include <linux/string.h>

#include "crash_elf.h"

#ifndef PN_XNUM
#define PN_XNUM 0xffff
#endif

static bool needs_section(unsigned long nr_phdrs)
{
	return nr_phdrs >= PN_XNUM;
}

/**
 * core_header_size() - bytes that a core header takes
 * @nr_phdrs: with how many program headers, at most
 *
 * Context: any; a function of its arguments.
 * Return: bytes, not rounded to anything.
 */
unsigned long core_header_size(unsigned long nr_phdrs)
{
	unsigned long size = sizeof(Elf64_Ehdr);

	size += nr_phdrs * sizeof(Elf64_Phdr);
	if (needs_section(nr_phdrs))
		size += sizeof(Elf64_Shdr);

	return size;
}

/**
 * core_header_begin() - begin to write a core header
 * @h:        the writer; the caller's, with nothing in it to free
 * @zeroed:   core_header_size(@nr_phdrs) bytes of zeros, aligned for u64
 * @nr_phdrs: how many program headers there will be at most
 * @m:        of which machine
 *
 * Context: any; writes to its arguments only, as all of the writer does.
 */
void core_header_begin(struct core_header *h, void *zeroed,
		       unsigned long nr_phdrs, const struct core_machine *m)
{
	Elf64_Ehdr *ehdr = zeroed;

	memcpy(ehdr->e_ident, ELFMAG, SELFMAG);
	ehdr->e_ident[EI_CLASS] = ELFCLASS64;
	ehdr->e_ident[EI_DATA] = m->data;
	ehdr->e_ident[EI_VERSION] = EV_CURRENT;
	ehdr->e_ident[EI_OSABI] = m->osabi;
	ehdr->e_type = ET_CORE;
	ehdr->e_machine = m->machine;
	ehdr->e_version = EV_CURRENT;
	ehdr->e_flags = m->flags;
	ehdr->e_ehsize = sizeof(*ehdr);
	ehdr->e_phoff = sizeof(*ehdr);
	ehdr->e_phentsize = sizeof(Elf64_Phdr);

	h->ehdr = ehdr;
	h->phdrs = (Elf64_Phdr *)(ehdr + 1);
	h->room = nr_phdrs;
	h->asked = 0;
}

static void add_phdr(struct core_header *h, const Elf64_Phdr *phdr)
{
	if (h->asked < h->room)
		h->phdrs[h->asked] = *phdr;
	h->asked++;
}

/**
 * core_header_note() - a buffer that will hold ELF notes
 * @h:     the writer
 * @paddr: physical address of the buffer
 * @size:  its bytes; the notes in it may be fewer
 */
void core_header_note(struct core_header *h, u64 paddr, u64 size)
{
	const Elf64_Phdr phdr = {
		.p_type = PT_NOTE,
		.p_offset = paddr,
		.p_paddr = paddr,
		.p_filesz = size,
		.p_memsz = size,
	};

	add_phdr(h, &phdr);
}

/**
 * core_header_load() - a range of memory
 * @h:     the writer
 * @paddr: its physical address
 * @vaddr: where the crashed kernel sees it, or all ones for nowhere
 * @size:  its bytes
 */
void core_header_load(struct core_header *h, u64 paddr, u64 vaddr, u64 size)
{
	const Elf64_Phdr phdr = {
		.p_type = PT_LOAD,
		.p_flags = PF_R | PF_W | PF_X,
		.p_offset = paddr,
		.p_vaddr = vaddr,
		.p_paddr = paddr,
		.p_filesz = size,
		.p_memsz = size,
	};

	add_phdr(h, &phdr);
}

/**
 * core_header_end() - the number of program headers, which is now known
 * @h: the writer; of no use after this
 *
 * Return: 0, or -ENOSPC if more headers were asked for than announced; what
 * was written is not to be used then.
 */
int core_header_end(struct core_header *h)
{
	Elf64_Shdr *shdr;

	if (h->asked > h->room)
		return -ENOSPC;

	if (!needs_section(h->asked)) {
		h->ehdr->e_phnum = h->asked;
		return 0;
	}

	shdr = (Elf64_Shdr *)(h->phdrs + h->asked);
	shdr->sh_info = h->asked;
	h->ehdr->e_phnum = PN_XNUM;
	h->ehdr->e_shoff = core_header_size(h->asked) - sizeof(*shdr);
	h->ehdr->e_shentsize = sizeof(*shdr);
	h->ehdr->e_shnum = 1;

	return 0;
}

/**
 * core_header_recognise() - is this the beginning of an ELF core header?
 * @start: at least as many bytes as an ELF header has
 *
 * Either class will do: tools write both.
 */
bool core_header_recognise(const void *start)
{
	const Elf64_Ehdr *ehdr = start;

	/* e_type is at the same place in an Elf32_Ehdr. */
	return !memcmp(ehdr->e_ident, ELFMAG, SELFMAG) &&
	       ehdr->e_type == ET_CORE;
}
