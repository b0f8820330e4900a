// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes as the memory of a crashed kernel: a core header at its
 * beginning, read the way the capture kernel does, and what must hold of the
 * outcome.
 */

#include <stdlib.h>
#include <string.h>

#include <linux/limits.h>

#include "vmcore_elf.h"
#include "vmcore_layout.h"

#define PAGE		4096ULL
#define PHDRS_MAX	4096
#define WINDOW		(64ULL << 20)
#define HUGE		(2ULL << 20)
#define ROOM		0x4000000000000000ULL
#define LIMIT		0x10000000000000ULL

#define MUST(condition)	do { if (!(condition)) abort(); } while (0)

/* The largest headers that are looked at: 64 bits, 17 bits of count */
#define PHDRS_TOP	(1U << 17)
#define HEADERS_TOP	(4096 + PHDRS_TOP * sizeof(struct elf64_phdr))

struct memory {
	const u8 *data;
	size_t size;
};

/*
 * What an input needs, taken from the end of arrays that stay, so that one
 * past the end is in no array and the sanitizer sees it. Megabytes for each
 * input from malloc() would be all that there is time for.
 */
static struct vmcore_region regions_room[PHDRS_TOP];
static struct vmcore_extent extents_room[PHDRS_TOP];
static u8 headers_room[HEADERS_TOP] __attribute__((aligned(8)));

/* NULL where the capture kernel would fail to read */
static const void *memory_at(const struct memory *mem, u64 addr, u64 len)
{
	if (addr > mem->size || len > mem->size - addr)
		return NULL;
	return mem->data + addr;
}

static u64 notes_walk(const struct memory *mem, const struct elf64_phdr *phdr)
{
	u64 len = 0, left = phdr->p_filesz, step;
	const void *raw;
	struct elf64_note note;

	while (left >= sizeof(note)) {
		raw = memory_at(mem, phdr->p_offset + len, sizeof(note));
		if (!raw)
			break;
		memcpy(&note, raw, sizeof(note));
		if (vmcore_note_len(&note, left, &step) <= 0)
			break;
		MUST(step > sizeof(note) && step <= left && !(step & 3));
		len += step;
		left -= step;
	}
	MUST(len + left == phdr->p_filesz);
	return len;
}

/* Each region is found from every position in it, and has its memory. */
static void layout_check(const struct vmcore_layout *layout)
{
	struct vmcore_extent *extents, window;
	const struct vmcore_extent *extent;
	u64 pos = 0, addr;
	u32 i, nr, at;

	extents = &extents_room[PHDRS_TOP - layout->nr];
	nr = vmcore_extents_merge(layout, extents);
	MUST(nr <= layout->nr && !nr == !layout->nr);
	for (i = 0; i < nr; i++) {
		MUST(extents[i].start < extents[i].end);
		MUST(extents[i].end <= LIMIT);
		MUST(!i || extents[i].start > extents[i - 1].end);
	}

	for (i = 0; i < layout->nr; i++) {
		const struct vmcore_region *region = &layout->regions[i];

		MUST(region->pos == pos && region->size);
		MUST(!((region->pos | region->source | region->size) %
		       PAGE));
		for (at = 0; at < 3; at++) {
			u64 off = at == 0 ? 0 : at == 1 ? region->size / 2 :
				  region->size - 1;

			MUST(vmcore_layout_find(layout, pos + off) == i);
			addr = region->source + off;
			extent = vmcore_extent_find(extents, nr, addr);
			MUST(extent);
			window = vmcore_extent_window(extent, addr, WINDOW,
						      HUGE);
			MUST(window.start <= addr && addr < window.end);
			MUST(window.start >= extent->start);
			MUST(window.end <= extent->end);
			MUST(window.end - window.start <= WINDOW);
			MUST(!(window.start % HUGE) ||
			     window.end - window.start < HUGE);
		}
		pos += region->size;
	}
	MUST(pos == layout->len && pos <= layout->room);
}

/* What is written reads back as the same, whatever the class. */
static void headers_check(const struct elf64_hdr *ehdr, u32 nr_phdrs,
			  const struct elf64_phdr *phdr)
{
	bool is_64 = vmcore_is_64(ehdr);
	u64 len = vmcore_headers_len(is_64, nr_phdrs);
	const void *shdr = NULL;
	struct elf64_phdr back;
	struct elf64_hdr out;
	u8 *headers;

	MUST(len <= sizeof(headers_room));
	headers = headers_room + sizeof(headers_room) - len;
	vmcore_ehdr_store(ehdr, nr_phdrs, headers);
	MUST(!vmcore_ehdr_load(headers, len, &out));
	MUST(out.e_machine == ehdr->e_machine);
	if (vmcore_phnum_extended(&out))
		shdr = headers + out.e_shoff;
	MUST(vmcore_phnum(&out, shdr) == nr_phdrs);

	if (vmcore_phdr_store(is_64, phdr,
			      vmcore_phdr_at(is_64, headers, nr_phdrs - 1))) {
		vmcore_phdr_load(is_64,
				 vmcore_phdr_at(is_64, headers, nr_phdrs - 1),
				 &back);
		MUST(!memcmp(phdr, &back, sizeof(back)));
	} else {
		MUST(!is_64);
	}
}

static void core_check(const struct memory *mem, const struct elf64_hdr *ehdr,
		       u32 nr_phdrs)
{
	bool is_64 = vmcore_is_64(ehdr);
	struct vmcore_layout layout = {
		.max = nr_phdrs,
		.room = is_64 ? ROOM : U32_MAX,
		.limit = LIMIT,
	};
	struct elf64_phdr phdr = { 0 };
	const void *raw;
	u64 pos;
	u32 i;

	layout.regions = &regions_room[PHDRS_TOP - nr_phdrs];
	for (i = 0; i < nr_phdrs; i++) {
		raw = memory_at(mem, ehdr->e_phoff +
				(u64)i * vmcore_phdr_size(is_64),
				vmcore_phdr_size(is_64));
		if (!raw)
			break;
		vmcore_phdr_load(is_64, raw, &phdr);
		if (phdr.p_type == PT_NOTE)
			notes_walk(mem, &phdr);
		else if (!vmcore_layout_add(&layout, &phdr, &pos))
			MUST(pos < layout.len);
	}
	layout_check(&layout);
	headers_check(ehdr, nr_phdrs, &phdr);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct memory mem = { .data = data, .size = size };
	const void *shdr = NULL;
	struct elf64_hdr ehdr;
	u32 nr_phdrs;

	if (vmcore_ehdr_load(data, size, &ehdr))
		return 0;
	if (vmcore_phnum_extended(&ehdr)) {
		shdr = memory_at(&mem, ehdr.e_shoff,
				 vmcore_shdr_size(vmcore_is_64(&ehdr)));
		if (!shdr)
			return 0;
	}
	nr_phdrs = vmcore_phnum(&ehdr, shdr);
	if (nr_phdrs && (nr_phdrs <= PHDRS_MAX || nr_phdrs >> 16 == 1))
		core_check(&mem, &ehdr, nr_phdrs);
	return 0;
}
