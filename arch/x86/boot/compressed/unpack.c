// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the ELF file that was decompressed to an image that can run.
 *
 * The payload is vmlinux without its debugging information, decompressed to
 * the very memory in which it will run. Its segments have to move down, each
 * by a different distance, over the headers and over the gaps between them:
 *
 *	file	| headers | text ...    | data ...  | percpu | init ... | table
 *	         .---------'   .---------'   .-------'  .-----'
 *	image	| text ...    | data ... | percpu | init ...   (.bss, .brk)
 *
 * So all headers are read first, and checked, and only then is anything
 * moved, in the order of the file. If no segment moves up and they ascend in
 * file and image alike, what one writes on has been read before: it ends
 * before its own source does, and so before that of the next begins.
 *
 * The image's .bss is not cleared here, for the table is still there; the
 * kernel does that itself.
 *
 * Pure: also built on the host, see tools/testing/kexec-host/image.
 */

#include <uapi/linux/elf.h>

#include "image.h"

/* What of an ELF header matters, of either size */
struct header {
	u64 entry;
	u64 phoff;
	u16 type;
	u16 machine;
	u16 phentsize;
	u16 phnum;
};

struct segment {
	u32 type;
	u64 offset;
	u64 paddr;
	u64 filesz;
	u64 memsz;
};

static struct header read_header32(const void *from)
{
	Elf32_Ehdr ehdr;

	__builtin_memcpy(&ehdr, from, sizeof(ehdr));

	return (struct header) {
		.entry = ehdr.e_entry, .phoff = ehdr.e_phoff,
		.type = ehdr.e_type, .machine = ehdr.e_machine,
		.phentsize = ehdr.e_phentsize, .phnum = ehdr.e_phnum,
	};
}

static struct header read_header64(const void *from)
{
	Elf64_Ehdr ehdr;

	__builtin_memcpy(&ehdr, from, sizeof(ehdr));

	return (struct header) {
		.entry = ehdr.e_entry, .phoff = ehdr.e_phoff,
		.type = ehdr.e_type, .machine = ehdr.e_machine,
		.phentsize = ehdr.e_phentsize, .phnum = ehdr.e_phnum,
	};
}

static struct segment read_segment32(const void *from)
{
	Elf32_Phdr phdr;

	__builtin_memcpy(&phdr, from, sizeof(phdr));

	return (struct segment) {
		.type = phdr.p_type, .offset = phdr.p_offset,
		.paddr = phdr.p_paddr, .filesz = phdr.p_filesz,
		.memsz = phdr.p_memsz,
	};
}

static struct segment read_segment64(const void *from)
{
	Elf64_Phdr phdr;

	__builtin_memcpy(&phdr, from, sizeof(phdr));

	return (struct segment) {
		.type = phdr.p_type, .offset = phdr.p_offset,
		.paddr = phdr.p_paddr, .filesz = phdr.p_filesz,
		.memsz = phdr.p_memsz,
	};
}

/* Sums of two numbers that are in the file might overflow: none is taken. */
static bool is_within(u64 start, u64 size, u64 whole)
{
	return start <= whole && size <= whole - start;
}

static int check_kind(const struct unpack_file *elf, struct image_fault *fault)
{
	const u8 *ident = elf->file;
	u8 class = elf->wide ? ELFCLASS64 : ELFCLASS32;

	if (elf->size < (elf->wide ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr)))
		return image_refuse(fault, "too short for an ELF header",
				    elf->size);
	if (ident[EI_MAG0] != ELFMAG0 || ident[EI_MAG1] != ELFMAG1 ||
	    ident[EI_MAG2] != ELFMAG2 || ident[EI_MAG3] != ELFMAG3)
		return image_refuse(fault, "not an ELF file", ident[EI_MAG0]);
	if (ident[EI_CLASS] != class)
		return image_refuse(fault, "ELF file of the wrong class",
				    ident[EI_CLASS]);
	if (ident[EI_DATA] != ELFDATA2LSB)
		return image_refuse(fault, "ELF file of the wrong byte order",
				    ident[EI_DATA]);

	return 0;
}

static int check_header(const struct unpack_file *elf,
			const struct header *header, struct image_fault *fault)
{
	u64 expected = elf->wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);

	if (header->type != ET_EXEC)
		return image_refuse(fault, "ELF file that is not executable",
				    header->type);
	if (header->machine != (elf->wide ? EM_X86_64 : EM_386))
		return image_refuse(fault, "ELF file for another machine",
				    header->machine);
	if (header->phentsize != expected)
		return image_refuse(fault, "program headers of the wrong size",
				    header->phentsize);
	if (!is_within(header->phoff, header->phnum * expected, elf->size))
		return image_refuse(fault, "program headers outside of the file",
				    header->phoff);

	return 0;
}

static int check_segment(const struct unpack_file *elf,
			 const struct segment *seg, struct image_fault *fault)
{
	if (!is_within(seg->offset, seg->filesz, elf->size))
		return image_refuse(fault, "segment outside of the file",
				    seg->offset);
	if (seg->filesz > seg->memsz)
		return image_refuse(fault, "segment larger than its memory",
				    seg->filesz);
	if (seg->paddr < elf->base)
		return image_refuse(fault, "segment below the image",
				    seg->paddr);
	if (!is_within(seg->paddr - elf->base, seg->memsz, elf->room))
		return image_refuse(fault, "segment beyond the image's memory",
				    seg->paddr);

	return 0;
}

static int add_move(struct unpack_plan *plan, const struct segment *seg,
		    u64 base, struct image_fault *fault)
{
	u64 to = seg->paddr - base;

	if (plan->nr == UNPACK_MOVES_MAX)
		return image_refuse(fault, "too many segments", plan->nr + 1);
	if (seg->offset < plan->file_end || to < plan->image_end)
		return image_refuse(fault, "segment overlaps the one before it",
				    seg->paddr);
	if (to > seg->offset)
		return image_refuse(fault, "segment further up than in the file",
				    seg->paddr);

	plan->moves[plan->nr++] = (struct unpack_move) {
		.from = seg->offset,
		.to = to,
		.size = seg->filesz,
	};
	plan->file_end = seg->offset + seg->filesz;
	plan->image_end = to + seg->filesz;

	return 0;
}

/* Control goes there next: it has to be something that was in the file. */
static int check_entry(const struct unpack_plan *plan, u64 address,
		       struct image_fault *fault)
{
	for (unsigned int i = 0; i < plan->nr; i++) {
		const struct unpack_move *move = &plan->moves[i];

		if (plan->entry >= move->to &&
		    plan->entry - move->to < move->size)
			return 0;
	}

	return image_refuse(fault, "entry point outside of the image", address);
}

/**
 * unpack_prepare() - check an ELF file, and see what goes where
 * @elf:   the file, which is not changed
 * @plan:  filled in
 * @fault: what is wrong
 *
 * Return: 0, or -1 with @fault
 */
int unpack_prepare(const struct unpack_file *elf, struct unpack_plan *plan,
		   struct image_fault *fault)
{
	struct header header;

	plan->nr = 0;
	plan->file_end = 0;
	plan->image_end = 0;
	if (check_kind(elf, fault))
		return -1;
	header = elf->wide ? read_header64(elf->file) : read_header32(elf->file);
	if (check_header(elf, &header, fault))
		return -1;

	for (unsigned int i = 0; i < header.phnum; i++) {
		const void *from = elf->file + header.phoff +
				   i * header.phentsize;
		struct segment seg = elf->wide ? read_segment64(from)
					       : read_segment32(from);

		if (seg.type != PT_LOAD)
			continue;
		if (check_segment(elf, &seg, fault))
			return -1;
		if (seg.filesz && add_move(plan, &seg, elf->base, fault))
			return -1;
	}
	plan->entry = header.entry - elf->base;

	return check_entry(plan, header.entry, fault);
}

/**
 * unpack_move() - make the image
 * @image: where the file is, and where the image will be
 * @plan:  from unpack_prepare() for that file
 */
void unpack_move(void *image, const struct unpack_plan *plan)
{
	for (unsigned int i = 0; i < plan->nr; i++) {
		const struct unpack_move *move = &plan->moves[i];

		__builtin_memmove(image + move->to, image + move->from,
				  move->size);
	}
}
