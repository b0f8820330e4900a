// SPDX-License-Identifier: GPL-2.0-only
/*
 * ELF core headers, ELF32 and ELF64, read and written through one form.
 *
 * The bytes come from a kernel that crashed: any of them can be anything.
 */

#include <linux/align.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/string.h>

#include "vmcore_elf.h"

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define BYTE_ORDER_HERE	ELFDATA2LSB
#else
#define BYTE_ORDER_HERE	ELFDATA2MSB
#endif

size_t vmcore_ehdr_size(bool is_64)
{
	return is_64 ? sizeof(struct elf64_hdr) : sizeof(struct elf32_hdr);
}

size_t vmcore_phdr_size(bool is_64)
{
	return is_64 ? sizeof(struct elf64_phdr) : sizeof(struct elf32_phdr);
}

size_t vmcore_shdr_size(bool is_64)
{
	return is_64 ? sizeof(struct elf64_shdr) : sizeof(struct elf32_shdr);
}

static void ehdr_widen(const struct elf32_hdr *narrow, struct elf64_hdr *ehdr)
{
	memcpy(ehdr->e_ident, narrow->e_ident, EI_NIDENT);
	ehdr->e_type = narrow->e_type;
	ehdr->e_machine = narrow->e_machine;
	ehdr->e_version = narrow->e_version;
	ehdr->e_entry = narrow->e_entry;
	ehdr->e_phoff = narrow->e_phoff;
	ehdr->e_shoff = narrow->e_shoff;
	ehdr->e_flags = narrow->e_flags;
	ehdr->e_ehsize = narrow->e_ehsize;
	ehdr->e_phentsize = narrow->e_phentsize;
	ehdr->e_phnum = narrow->e_phnum;
	ehdr->e_shentsize = narrow->e_shentsize;
	ehdr->e_shnum = narrow->e_shnum;
	ehdr->e_shstrndx = narrow->e_shstrndx;
}

static const char *ident_check(const unsigned char *ident)
{
	if (memcmp(ident, ELFMAG, SELFMAG))
		return "no ELF magic";
	if (ident[EI_CLASS] != ELFCLASS32 && ident[EI_CLASS] != ELFCLASS64)
		return "neither ELF32 nor ELF64";
	if (ident[EI_DATA] != BYTE_ORDER_HERE)
		return "the other byte order";
	if (ident[EI_VERSION] != EV_CURRENT)
		return "unknown ELF version";
	return NULL;
}

/**
 * vmcore_ehdr_load() - check an ELF header and widen it
 * @raw:  the bytes
 * @len:  how many there are; VMCORE_EHDR_MAX is enough
 * @ehdr: the header, in its 64-bit form
 *
 * The machine is left for the caller to check.
 *
 * Return: NULL, or what is wrong with it
 */
const char *vmcore_ehdr_load(const void *raw, size_t len,
			     struct elf64_hdr *ehdr)
{
	unsigned char ident[EI_NIDENT];
	const char *wrong;
	struct elf32_hdr narrow;
	bool is_64;

	if (len < sizeof(ident))
		return "cut short";
	memcpy(ident, raw, sizeof(ident));
	wrong = ident_check(ident);
	if (wrong)
		return wrong;

	is_64 = ident[EI_CLASS] == ELFCLASS64;
	if (len < vmcore_ehdr_size(is_64))
		return "cut short";
	if (is_64) {
		memcpy(ehdr, raw, sizeof(*ehdr));
	} else {
		memcpy(&narrow, raw, sizeof(narrow));
		ehdr_widen(&narrow, ehdr);
	}

	if (ehdr->e_version != EV_CURRENT)
		return "unknown ELF version";
	if (ehdr->e_type != ET_CORE)
		return "not a core file";
	if (ehdr->e_phentsize != vmcore_phdr_size(is_64))
		return "program headers of an unknown size";
	if (!ehdr->e_phnum)
		return "no program headers";
	if (vmcore_phnum_extended(ehdr) &&
	    ehdr->e_shentsize != vmcore_shdr_size(is_64))
		return "section header of an unknown size";
	return NULL;
}

/* Does the number of program headers stand in section header 0? */
bool vmcore_phnum_extended(const struct elf64_hdr *ehdr)
{
	return ehdr->e_phnum == PN_XNUM && ehdr->e_shoff;
}

/**
 * vmcore_phnum() - the number of program headers
 * @ehdr:     from vmcore_ehdr_load()
 * @raw_shdr: section header 0; NULL unless vmcore_phnum_extended()
 */
u32 vmcore_phnum(const struct elf64_hdr *ehdr, const void *raw_shdr)
{
	struct elf64_shdr wide;
	struct elf32_shdr narrow;

	if (!raw_shdr)
		return ehdr->e_phnum;
	if (vmcore_is_64(ehdr)) {
		memcpy(&wide, raw_shdr, sizeof(wide));
		return wide.sh_info;
	}
	memcpy(&narrow, raw_shdr, sizeof(narrow));
	return narrow.sh_info;
}

void vmcore_phdr_load(bool is_64, const void *raw, struct elf64_phdr *phdr)
{
	struct elf32_phdr narrow;

	if (is_64) {
		memcpy(phdr, raw, sizeof(*phdr));
		return;
	}
	memcpy(&narrow, raw, sizeof(narrow));
	phdr->p_type = narrow.p_type;
	phdr->p_flags = narrow.p_flags;
	phdr->p_offset = narrow.p_offset;
	phdr->p_vaddr = narrow.p_vaddr;
	phdr->p_paddr = narrow.p_paddr;
	phdr->p_filesz = narrow.p_filesz;
	phdr->p_memsz = narrow.p_memsz;
	phdr->p_align = narrow.p_align;
}

/**
 * vmcore_phdr_store() - write a program header in the class of the file
 * @is_64: the class
 * @phdr:  what to write
 * @raw:   room for vmcore_phdr_size()
 *
 * Return: false if it doesn't fit, and then nothing is written
 */
bool vmcore_phdr_store(bool is_64, const struct elf64_phdr *phdr, void *raw)
{
	struct elf32_phdr narrow;

	if (is_64) {
		memcpy(raw, phdr, sizeof(*phdr));
		return true;
	}
	if ((phdr->p_offset | phdr->p_vaddr | phdr->p_paddr | phdr->p_filesz |
	     phdr->p_memsz | phdr->p_align) > U32_MAX)
		return false;
	narrow.p_type = phdr->p_type;
	narrow.p_flags = phdr->p_flags;
	narrow.p_offset = phdr->p_offset;
	narrow.p_vaddr = phdr->p_vaddr;
	narrow.p_paddr = phdr->p_paddr;
	narrow.p_filesz = phdr->p_filesz;
	narrow.p_memsz = phdr->p_memsz;
	narrow.p_align = phdr->p_align;
	memcpy(raw, &narrow, sizeof(narrow));
	return true;
}

/* ELF header, program headers and, for many of those, section header 0 */
u64 vmcore_headers_len(bool is_64, u32 nr_phdrs)
{
	u64 len = vmcore_ehdr_size(is_64) +
		  (u64)nr_phdrs * vmcore_phdr_size(is_64);

	return nr_phdrs < PN_XNUM ? len : len + vmcore_shdr_size(is_64);
}

void *vmcore_phdr_at(bool is_64, void *headers, u32 index)
{
	return headers + vmcore_ehdr_size(is_64) +
	       (size_t)index * vmcore_phdr_size(is_64);
}

/* The gABI's way to count beyond 16 bits: an otherwise empty section header */
static void shdr_store(bool is_64, u32 nr_phdrs, void *raw)
{
	struct elf64_shdr wide = { .sh_size = 1, .sh_info = nr_phdrs };
	struct elf32_shdr narrow = { .sh_size = 1, .sh_info = nr_phdrs };

	if (is_64)
		memcpy(raw, &wide, sizeof(wide));
	else
		memcpy(raw, &narrow, sizeof(narrow));
}

static void ehdr_store_64(const struct elf64_hdr *ehdr, u64 shoff, u16 phnum,
			  void *raw)
{
	struct elf64_hdr out = *ehdr;

	out.e_ehsize = sizeof(out);
	out.e_phoff = sizeof(out);
	out.e_phentsize = sizeof(struct elf64_phdr);
	out.e_phnum = phnum;
	out.e_shoff = shoff;
	out.e_shentsize = shoff ? sizeof(struct elf64_shdr) : 0;
	out.e_shnum = shoff ? 1 : 0;
	out.e_shstrndx = SHN_UNDEF;
	memcpy(raw, &out, sizeof(out));
}

static void ehdr_store_32(const struct elf64_hdr *ehdr, u64 shoff, u16 phnum,
			  void *raw)
{
	struct elf32_hdr out = {
		.e_type = ehdr->e_type,
		.e_machine = ehdr->e_machine,
		.e_version = ehdr->e_version,
		.e_entry = ehdr->e_entry,
		.e_flags = ehdr->e_flags,
		.e_ehsize = sizeof(out),
		.e_phoff = sizeof(out),
		.e_phentsize = sizeof(struct elf32_phdr),
		.e_phnum = phnum,
		.e_shoff = shoff,
		.e_shentsize = shoff ? sizeof(struct elf32_shdr) : 0,
		.e_shnum = shoff ? 1 : 0,
		.e_shstrndx = SHN_UNDEF,
	};

	memcpy(out.e_ident, ehdr->e_ident, EI_NIDENT);
	memcpy(raw, &out, sizeof(out));
}

/**
 * vmcore_ehdr_store() - begin the headers of a file
 * @ehdr:     whose identity they take over
 * @nr_phdrs: how many program headers there will be
 * @headers:  room for vmcore_headers_len()
 *
 * Writes the ELF header and, where it takes one to count the program headers,
 * the section header behind them.
 */
void vmcore_ehdr_store(const struct elf64_hdr *ehdr, u32 nr_phdrs,
		       void *headers)
{
	bool is_64 = vmcore_is_64(ehdr);
	u16 phnum = nr_phdrs;
	u64 shoff = 0;

	if (nr_phdrs >= PN_XNUM) {
		phnum = PN_XNUM;
		shoff = vmcore_headers_len(is_64, nr_phdrs) -
			vmcore_shdr_size(is_64);
		shdr_store(is_64, nr_phdrs, headers + shoff);
	}

	if (is_64)
		ehdr_store_64(ehdr, shoff, phnum, headers);
	else
		ehdr_store_32(ehdr, shoff, phnum, headers);
}

/**
 * vmcore_note_len() - how long is the note that begins with this header?
 * @note: the same in both classes
 * @left: bytes from the beginning of the note to the end of its segment
 * @len:  of the note with header, name, descriptor and padding
 *
 * Return: 1 and @len; 0 at the empty note that ends a CPU's notes;
 *         -EOVERFLOW for a note that runs past its segment
 */
int vmcore_note_len(const struct elf64_note *note, u64 left, u64 *len)
{
	if (!note->n_namesz)
		return 0;
	*len = sizeof(*note) + ALIGN((u64)note->n_namesz, 4) +
	       ALIGN((u64)note->n_descsz, 4);
	return *len <= left ? 1 : -EOVERFLOW;
}
