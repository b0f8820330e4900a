// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes as the memory of a crashed kernel: a core header at its
 * beginning, gone through by what the capture kernel goes through it with, and
 * what must hold of the outcome.
 */

#include <stdlib.h>
#include <string.h>

#include <linux/errno.h>
#include <linux/limits.h>

#include "vmcore_core.h"

#define PAGE		4096ULL
#define PHDRS_MAX	4096
#define WINDOW		(64ULL << 20)
#define HUGE		(2ULL << 20)
#define ROOM		0x7fffffff00000000ULL
#define LIMIT		0x10000000000000ULL
#define NOTES_MAX	4096

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

static u8 phdrs_room[HEADERS_TOP];

/* The input, for what has no argument to get it through */
static struct memory oldmem;

/* NULL where the capture kernel would fail to read */
static const void *memory_at(const struct memory *mem, u64 addr, u64 len)
{
	if (addr > mem->size || len > mem->size - addr)
		return NULL;
	return mem->data + addr;
}

static int oldmem_read(void *buf, u64 len, u64 addr)
{
	const void *data = memory_at(&oldmem, addr, len);

	if (!data)
		return -EINVAL;
	memcpy(buf, data, len);
	return 0;
}

/* Every 64th page is the capture kernel's own. */
static bool oldmem_may_read(u64 addr, u64 len)
{
	u64 page = addr / PAGE;

	return len && addr + len - 1 >= addr &&
	       page % 64 + (addr + len - 1) / PAGE - page < 63;
}

static u32 bad_loads;

static void bad_load(u32 index, const struct elf64_phdr *phdr,
		     const char *wrong)
{
	MUST(phdr->p_type == PT_LOAD && *wrong);
	bad_loads++;
}

static void bad_note(u32 index, const struct elf64_phdr *phdr, u64 len,
		     int error)
{
	MUST(phdr->p_type == PT_NOTE && error < 0);
	MUST(len <= phdr->p_filesz);
}

static const struct vmcore_core_ops ops = {
	.read = oldmem_read,
	.may_read = oldmem_may_read,
	.bad_load = bad_load,
	.bad_note = bad_note,
};

/* What was measured is there, note by note, to the last byte. */
static void notes_check(const struct vmcore_core *core, u64 total)
{
	struct elf64_phdr phdr;
	struct elf64_note note;
	u64 at, step, sum = 0;
	u32 i;

	for (i = 0; i < core->nr_phdrs; i++) {
		vmcore_core_phdr(core, i, &phdr);
		if (phdr.p_type != PT_NOTE)
			continue;
		for (at = 0; at < phdr.p_filesz; at += step) {
			MUST(!oldmem_read(&note, sizeof(note),
					  phdr.p_offset + at));
			MUST(vmcore_note_len(&note, phdr.p_filesz - at,
					     &step) == 1);
			MUST(oldmem_may_read(phdr.p_offset + at, step));
		}
		sum += phdr.p_filesz;
	}
	MUST(sum == total && total <= NOTES_MAX);
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
		MUST(extents[i].end <= layout->limit);
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

/* The headers of the dump: every PT_LOAD that was not refused, in order */
static void loads_check(struct vmcore_core *core)
{
	/* e_entry means nothing in a core header: it draws the machine. */
	u64 dice = core->ehdr.e_entry;
	struct vmcore_layout layout = {
		.regions = &regions_room[PHDRS_TOP - core->nr_loads],
		.max = core->nr_loads,
		.room = !core->is_64 ? U32_MAX : dice & 1 ? ROOM : ROOM >> 16,
		.limit = dice & 2 ? U64_MAX : LIMIT,
	};
	u64 len = vmcore_headers_len(core->is_64, core->nr_loads + 1);
	u8 *headers = headers_room + sizeof(headers_room) - len;
	struct elf64_phdr phdr;
	u32 i, nr;

	bad_loads = 0;
	nr = vmcore_core_place_loads(core, &layout, headers, &ops);
	MUST(nr == layout.nr + 1);
	MUST(layout.nr + bad_loads == core->nr_loads);
	for (i = 1; i < nr; i++) {
		vmcore_phdr_load(core->is_64, vmcore_phdr_at(core->is_64,
							     headers, i), &phdr);
		MUST(phdr.p_type == PT_LOAD);
		MUST(vmcore_layout_find(&layout, phdr.p_offset) == i - 1);
	}
	layout_check(&layout);
}

static void core_check(struct vmcore_core *core)
{
	u64 size = vmcore_phdr_size(core->is_64);
	u64 len = core->nr_phdrs * size;
	struct elf64_phdr first = { 0 };
	const void *raw;

	/* Whatever their number, without more than one to copy */
	raw = memory_at(&oldmem, core->ehdr.e_phoff, size);
	if (raw)
		vmcore_phdr_load(core->is_64, raw, &first);
	headers_check(&core->ehdr, core->nr_phdrs, &first);

	core->phdrs = phdrs_room + sizeof(phdrs_room) - len;
	if (oldmem_read(core->phdrs, len, core->ehdr.e_phoff))
		return;
	vmcore_core_count(core);
	MUST(core->nr_loads + core->nr_other <= core->nr_phdrs);
	loads_check(core);
	notes_check(core, vmcore_core_measure_notes(core, NOTES_MAX, &ops));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct vmcore_core core = { .is_64 = false };
	const void *shdr = NULL;

	oldmem = (struct memory){ .data = data, .size = size };
	if (vmcore_ehdr_load(data, size, &core.ehdr))
		return 0;
	core.is_64 = vmcore_is_64(&core.ehdr);
	if (vmcore_phnum_extended(&core.ehdr)) {
		shdr = memory_at(&oldmem, core.ehdr.e_shoff,
				 vmcore_shdr_size(core.is_64));
		if (!shdr)
			return 0;
	}
	core.nr_phdrs = vmcore_phnum(&core.ehdr, shdr);
	if (core.nr_phdrs && (core.nr_phdrs <= PHDRS_MAX ||
			      core.nr_phdrs >> 16 == 1))
		core_check(&core);
	return 0;
}
