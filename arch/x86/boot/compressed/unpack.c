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

#include <linux/stddef.h>
#include <linux/unaligned.h>
#include <uapi/linux/elf.h>

#include "image.h"

#define MEMBER(type, at, member)					\
	((u64)get_unaligned((const typeof(((type *)NULL)->member) *)	\
			    ((at) + offsetof(type, member))))

/* A number of a header whose 32-bit and 64-bit forms differ */
#define FIELD(elf, struct, at, member)					\
	((elf)->wide ? MEMBER(Elf64_##struct, at, member)		\
		     : MEMBER(Elf32_##struct, at, member))

struct segment {
	u64 offset;
	u64 paddr;
	u64 filesz;
	u64 memsz;
};

/* Sums of two numbers that are in the file might overflow: none is taken. */
static bool is_within(u64 start, u64 size, u64 whole)
{
	return start <= whole && size <= whole - start;
}

static int check_kind(const struct unpack_file *elf, struct image_fault *fault)
{
	const u8 *ident = elf->file;
	u64 machine = elf->wide ? EM_X86_64 : EM_386;
	u8 class = elf->wide ? ELFCLASS64 : ELFCLASS32;

	/* EI_CLASS decides which is read; e_type and on are where both agree. */
	if (elf->size < (elf->wide ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr)))
		return image_refuse(fault, "too short for an ELF header",
				    elf->size);
	if (ident[EI_MAG0] != ELFMAG0 || ident[EI_MAG1] != ELFMAG1 ||
	    ident[EI_MAG2] != ELFMAG2 || ident[EI_MAG3] != ELFMAG3)
		return image_refuse(fault, "not an ELF file",
				    get_unaligned((const u32 *)ident));
	if (ident[EI_CLASS] != class)
		return image_refuse(fault, "ELF file of the wrong class",
				    ident[EI_CLASS]);
	if (ident[EI_DATA] != ELFDATA2LSB)
		return image_refuse(fault, "ELF file of the wrong byte order",
				    ident[EI_DATA]);
	if (FIELD(elf, Ehdr, elf->file, e_type) != ET_EXEC)
		return image_refuse(fault, "ELF file that is not executable",
				    FIELD(elf, Ehdr, elf->file, e_type));
	if (FIELD(elf, Ehdr, elf->file, e_machine) != machine)
		return image_refuse(fault, "ELF file for another machine",
				    FIELD(elf, Ehdr, elf->file, e_machine));

	return 0;
}

static int find_headers(const struct unpack_file *elf, u64 *first, u64 *nr,
			struct image_fault *fault)
{
	u64 expected = elf->wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
	u64 size = FIELD(elf, Ehdr, elf->file, e_phentsize);

	*first = FIELD(elf, Ehdr, elf->file, e_phoff);
	*nr = FIELD(elf, Ehdr, elf->file, e_phnum);
	if (size != expected)
		return image_refuse(fault, "program headers of the wrong size",
				    size);
	if (!is_within(*first, *nr * size, elf->size))
		return image_refuse(fault, "program headers outside of the file",
				    *first);

	return 0;
}

static struct segment read_segment(const struct unpack_file *elf,
				   const void *header)
{
	return (struct segment) {
		.offset = FIELD(elf, Phdr, header, p_offset),
		.paddr = FIELD(elf, Phdr, header, p_paddr),
		.filesz = FIELD(elf, Phdr, header, p_filesz),
		.memsz = FIELD(elf, Phdr, header, p_memsz),
	};
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
	u64 first, nr, entry;

	plan->nr = 0;
	plan->file_end = 0;
	plan->image_end = 0;
	if (check_kind(elf, fault) || find_headers(elf, &first, &nr, fault))
		return -1;

	for (u64 i = 0; i < nr; i++) {
		const void *header = elf->file + first +
			i * (elf->wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr));
		struct segment seg;

		if (FIELD(elf, Phdr, header, p_type) != PT_LOAD)
			continue;
		seg = read_segment(elf, header);
		if (check_segment(elf, &seg, fault))
			return -1;
		if (seg.filesz && add_move(plan, &seg, elf->base, fault))
			return -1;
	}

	entry = FIELD(elf, Ehdr, elf->file, e_entry);
	plan->entry = entry - elf->base;

	return check_entry(plan, entry, fault);
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
