/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KERNEL_CRASH_ELF_H
#define _KERNEL_CRASH_ELF_H

/*
 * Writing and recognising ELF core headers; compiles outside of the kernel.
 */

#include <linux/elf.h>
#include <linux/types.h>

/* What an ELF header says of the machine. */
struct core_machine {
	u8 data;	/* ELFDATA2LSB or ELFDATA2MSB, the CPU's own order */
	u8 osabi;
	u16 machine;	/* EM_* */
	u32 flags;
};

/**
 * struct core_header - an ELF64 core header while it is being written
 * @ehdr:  where it begins
 * @phdrs: room for @room program headers
 * @room:  as given to core_header_begin()
 * @asked: how many program headers were asked for. Invariant: the first
 *         min(@asked, @room) are written.
 */
struct core_header {
	Elf64_Ehdr *ehdr;
	Elf64_Phdr *phdrs;
	unsigned long room;
	unsigned long asked;
};

unsigned long core_header_size(unsigned long nr_phdrs);
void core_header_begin(struct core_header *h, void *zeroed,
		       unsigned long nr_phdrs, const struct core_machine *m);
void core_header_note(struct core_header *h, u64 paddr, u64 size);
void core_header_load(struct core_header *h, u64 paddr, u64 vaddr, u64 size);
int core_header_end(struct core_header *h);

bool core_header_recognise(const void *start);

#endif /* _KERNEL_CRASH_ELF_H */
