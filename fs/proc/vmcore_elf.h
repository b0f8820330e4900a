/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _FS_PROC_VMCORE_ELF_H
#define _FS_PROC_VMCORE_ELF_H

/*
 * ELF core headers of both classes, as bytes that nobody vouches for. What is
 * read is widened to the 64-bit structures, what is written is narrowed, and
 * everything in between knows one class only.
 *
 * Pure: functions of their arguments, built on the host too.
 */

#include <linux/elf.h>
#include <linux/types.h>

/* Enough to read the ELF header of either class */
#define VMCORE_EHDR_MAX		sizeof(struct elf64_hdr)
#define VMCORE_SHDR_MAX		sizeof(struct elf64_shdr)

static inline bool vmcore_is_64(const struct elf64_hdr *ehdr)
{
	return ehdr->e_ident[EI_CLASS] == ELFCLASS64;
}

size_t vmcore_ehdr_size(bool is_64);
size_t vmcore_phdr_size(bool is_64);
size_t vmcore_shdr_size(bool is_64);

const char *vmcore_ehdr_load(const void *raw, size_t len,
			     struct elf64_hdr *ehdr);
bool vmcore_phnum_extended(const struct elf64_hdr *ehdr);
u32 vmcore_phnum(const struct elf64_hdr *ehdr, const void *raw_shdr);

void vmcore_phdr_load(bool is_64, const void *raw, struct elf64_phdr *phdr);
bool vmcore_phdr_store(bool is_64, const struct elf64_phdr *phdr, void *raw);

u64 vmcore_headers_len(bool is_64, u32 nr_phdrs);
void vmcore_ehdr_store(const struct elf64_hdr *ehdr, u32 nr_phdrs,
		       void *headers);
void *vmcore_phdr_at(bool is_64, void *headers, u32 index);

int vmcore_note_len(const struct elf64_note *note, u64 left, u64 *len);

#endif /* _FS_PROC_VMCORE_ELF_H */
