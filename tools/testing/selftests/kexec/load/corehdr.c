// SPDX-License-Identifier: GPL-2.0
/*
 * The ELF header that the capture kernel finds through elfcorehdr=: a note
 * for each CPU's registers, one for vmcoreinfo, and a segment for each span of
 * memory, as Documentation/admin-guide/kdump describes it.
 */
#include <elf.h>
#include <errno.h>
#include <glob.h>
#include <inttypes.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kload.h"

#define MAX_PHDRS	16384

struct corehdr {
	Elf64_Ehdr ehdr;
	Elf64_Phdr phdr[MAX_PHDRS];
};

static Elf64_Phdr *phdr_next(struct corehdr *core, uint32_t type)
{
	Elf64_Phdr *phdr = &core->phdr[core->ehdr.e_phnum];

	if (core->ehdr.e_phnum++ == MAX_PHDRS)
		die("more than %d program headers", MAX_PHDRS);
	phdr->p_type = type;
	return phdr;
}

static void note_add(struct corehdr *core, uint64_t paddr, uint64_t size)
{
	Elf64_Phdr *phdr = phdr_next(core, PT_NOTE);

	phdr->p_offset = paddr;
	phdr->p_paddr = paddr;
	phdr->p_filesz = size;
	phdr->p_memsz = size;
}

static void load_add(struct corehdr *core, struct span span, uint64_t vaddr)
{
	Elf64_Phdr *phdr = phdr_next(core, PT_LOAD);

	phdr->p_flags = PF_R | PF_W | PF_X;
	phdr->p_offset = span.start;
	phdr->p_paddr = span.start;
	phdr->p_vaddr = vaddr;
	phdr->p_filesz = span.end - span.start + 1;
	phdr->p_memsz = phdr->p_filesz;
}

static uint64_t file_number(const char *path, int base)
{
	struct blob text = blob_read(path);
	uint64_t value = strtoull((char *)text.data, NULL, base);

	free(text.data);
	return value;
}

static void cpu_notes_add(struct corehdr *core)
{
	char size_path[512];
	glob_t found;
	size_t i;

	if (glob("/sys/devices/system/cpu/cpu[0-9]*/crash_notes", 0, NULL,
		 &found))
		die("the kernel shows no crash_notes of any CPU");
	for (i = 0; i < found.gl_pathc; i++) {
		snprintf(size_path, sizeof(size_path), "%s_size",
			 found.gl_pathv[i]);
		note_add(core, file_number(found.gl_pathv[i], 16),
			 file_number(size_path, 10));
	}
	globfree(&found);
}

static void vmcoreinfo_add(struct corehdr *core)
{
	struct blob text = blob_read("/sys/kernel/vmcoreinfo");
	uint64_t paddr, size;

	if (sscanf((char *)text.data, "%" SCNx64 " %" SCNx64, &paddr, &size)
	    != 2)
		die("/sys/kernel/vmcoreinfo: not understood");
	note_add(core, paddr, size);
	free(text.data);
}

/* Of this machine's width, as /proc/kcore is. */
typedef ElfW(Ehdr) elf_header;
typedef ElfW(Phdr) elf_segment;

/* A 32-bit kernel has not all memory mapped; for the rest this stands. */
#define HIGH_MEMORY	(sizeof(void *) == 4)
#define NO_VADDR	UINT64_MAX

/*
 * Where the kernel has mapped physical memory, from /proc/kcore's program
 * headers: the one that holds @paddr, and whose mapping is the kernel's text
 * or not as the caller wants it. 32-bit kernels have none of their text.
 *
 * Return: NULL if there is none
 */
static const elf_segment *kcore_find(const struct blob *kcore, uint64_t paddr,
				     bool text)
{
	const elf_header *ehdr = (const void *)kcore->data;
	const elf_segment *phdr = (const void *)(kcore->data + ehdr->e_phoff);
	unsigned int i;

	for (i = 0; i < ehdr->e_phnum; i++) {
		bool is_text = !HIGH_MEMORY &&
			       phdr[i].p_vaddr >= -(2ULL << 30);

		if (phdr[i].p_type == PT_LOAD &&
		    phdr[i].p_paddr != ~(ElfW(Addr))0 && is_text == text &&
		    paddr >= phdr[i].p_paddr &&
		    paddr - phdr[i].p_paddr < phdr[i].p_memsz)
			return &phdr[i];
	}
	return NULL;
}

/* Just the headers: the file itself is as large as the address space. */
static struct blob kcore_read(void)
{
	struct blob head = { zeroed(16 * PAGE), 16 * PAGE };
	FILE *file = fopen("/proc/kcore", "r");

	if (!file)
		die("/proc/kcore: %m");
	if (fread(head.data, 1, head.size, file) < sizeof(ElfW(Ehdr)))
		die("/proc/kcore: too short");
	fclose(file);
	return head;
}

static void ram_add(struct corehdr *core, struct span span,
		    const struct blob *kcore)
{
	const elf_segment *map = kcore_find(kcore, PAGE_UP(span.start), false);
	struct span high = span;

	if (!map && !HIGH_MEMORY)
		die("/proc/kcore does not map %#" PRIx64, span.start);
	if (!map) {
		load_add(core, span, NO_VADDR);
		return;
	}
	/* Memory across the end of the mapping is two segments. */
	high.start = (uint64_t)map->p_paddr + map->p_memsz;
	if (HIGH_MEMORY && span.end >= high.start)
		span.end = high.start - 1;
	load_add(core, span, map->p_vaddr + (span.start - map->p_paddr));
	if (span.end != high.end)
		ram_add(core, high, kcore);
}

static void pieces_add(struct corehdr *core, struct span span,
		       unsigned int pieces, uint64_t gap,
		       const struct blob *kcore)
{
	uint64_t size = PAGE_DOWN((span.end - span.start + 1) / pieces);

	if (size <= gap)
		die("too little memory for %u program headers", pieces);
	while (--pieces) {
		struct span piece = { span.start, span.start + size - gap - 1 };

		ram_add(core, piece, kcore);
		span.start += size;
	}
	ram_add(core, span, kcore);
}

/* The part of @span that is below the crash region, then what is above it. */
static void outside_add(struct spans *out, struct span span,
			const struct spans *crash)
{
	unsigned int i;

	for (i = 0; i < crash->nr; i++) {
		struct span hole = crash->at[i];
		struct span below = { span.start, hole.start - 1 };

		if (hole.end < span.start || hole.start > span.end)
			continue;
		if (span.start < hole.start)
			outside_add(out, below, crash);
		span.start = hole.end + 1;
	}
	if (span.start <= span.end)
		span_add(out, span);
}

static void ram_outside(struct spans *out, const struct spans *crash)
{
	struct spans ram;
	unsigned int i;

	out->nr = 0;
	spans_read(&ram, "System RAM");
	for (i = 0; i < ram.nr; i++)
		outside_add(out, ram.at[i], crash);
}

/* The kernel's own mapping of itself, which is not that of other memory. */
static void text_add(struct corehdr *core, const struct blob *kcore)
{
	const elf_segment *map;
	struct spans code, bss;
	struct span text;

	spans_read(&code, "Kernel code");
	if (!code.nr)
		return;
	text = code.at[0];
	map = kcore_find(kcore, text.start, true);
	if (!map)
		return;
	spans_read(&bss, "Kernel bss");
	if (bss.nr)
		text.end = bss.at[0].end;
	load_add(core, text, map->p_vaddr + (text.start - map->p_paddr));
}

static void header_fill(Elf64_Ehdr *ehdr, uint16_t machine)
{
	memcpy(ehdr->e_ident, ELFMAG, SELFMAG);
	ehdr->e_ident[EI_CLASS] = ELFCLASS64;
	ehdr->e_ident[EI_DATA] = ELFDATA2LSB;
	ehdr->e_ident[EI_VERSION] = EV_CURRENT;
	ehdr->e_type = ET_CORE;
	ehdr->e_machine = machine;
	ehdr->e_version = EV_CURRENT;
	ehdr->e_phoff = offsetof(struct corehdr, phdr);
	ehdr->e_ehsize = sizeof(Elf64_Ehdr);
	ehdr->e_phentsize = sizeof(Elf64_Phdr);
}

/* The same as ELF32, which old loaders leave: for memory below 4 GiB. */
static struct blob core_narrow(const struct corehdr *core)
{
	size_t size = sizeof(Elf32_Ehdr) +
		      core->ehdr.e_phnum * sizeof(Elf32_Phdr);
	Elf32_Ehdr *ehdr = zeroed(size);
	Elf32_Phdr *phdr = (void *)(ehdr + 1);
	unsigned int i;

	memcpy(ehdr->e_ident, core->ehdr.e_ident, EI_NIDENT);
	ehdr->e_ident[EI_CLASS] = ELFCLASS32;
	ehdr->e_type = core->ehdr.e_type;
	ehdr->e_machine = core->ehdr.e_machine;
	ehdr->e_version = core->ehdr.e_version;
	ehdr->e_phoff = sizeof(*ehdr);
	ehdr->e_ehsize = sizeof(*ehdr);
	ehdr->e_phentsize = sizeof(*phdr);
	ehdr->e_phnum = core->ehdr.e_phnum;
	for (i = 0; i < core->ehdr.e_phnum; i++) {
		const Elf64_Phdr *wide = &core->phdr[i];

		if (wide->p_paddr + wide->p_memsz > 1ULL << 32)
			die("ELF32 does not reach %#" PRIx64, wide->p_paddr);
		phdr[i] = (Elf32_Phdr){
			.p_type = wide->p_type,
			.p_flags = wide->p_flags,
			.p_offset = wide->p_offset,
			.p_vaddr = wide->p_vaddr,
			.p_paddr = wide->p_paddr,
			.p_filesz = wide->p_filesz,
			.p_memsz = wide->p_memsz,
		};
	}
	return (struct blob){ (void *)ehdr, size };
}

struct blob corehdr_build(const struct spans *crash, const struct request *req)
{
	struct corehdr *core = zeroed(sizeof(*core));
	struct blob kcore = kcore_read();
	struct spans ram;
	unsigned int i;

	header_fill(&core->ehdr, ((ElfW(Ehdr) *)kcore.data)->e_machine);
	cpu_notes_add(core);
	vmcoreinfo_add(core);
	ram_outside(&ram, crash);
	if (req->split) {
		pieces_add(core, ram_largest(&ram), req->split, req->gap,
			   &kcore);
	} else {
		text_add(core, &kcore);
		for (i = 0; i < ram.nr; i++)
			ram_add(core, ram.at[i], &kcore);
	}
	free(kcore.data);
	if (req->elf32)
		return core_narrow(core);
	return (struct blob){
		(void *)core,
		offsetof(struct corehdr, phdr) +
		core->ehdr.e_phnum * sizeof(Elf64_Phdr),
	};
}
