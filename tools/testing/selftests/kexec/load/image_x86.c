// SPDX-License-Identifier: GPL-2.0
/*
 * A bzImage in segments, entered at the entry point for programs as wide as
 * this one. See Documentation/arch/x86/boot.rst, "32-bit Boot Protocol" and
 * "64-bit Boot Protocol", and zero-page.rst.
 */
#include <asm/bootparam.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kload.h"

#define SECTOR		512
#define HDR_MAGIC	0x53726448	/* "HdrS" */
#define HDR_AT		offsetof(struct boot_params, hdr)
#define LOADER_OTHER	0xff
#define LOW_MEGABYTE	0x100000

/* Entries of the memory map's type, as in zero-page.rst. */
enum { MAP_RAM = 1, MAP_RESERVED = 2, MAP_ACPI = 3, MAP_NVS = 4 };

const unsigned long image_foreign_arch = KEXEC_ARCH_S390;

/*
 * The first instructions after the jump. The protocol wants a GDT with flat
 * segments at 0x10 and 0x18 and the boot parameters in (E|R)SI. The last two
 * words are the addresses to fill in.
 */
extern const unsigned char enter_start[], enter_params[], enter_end[];
#ifdef __x86_64__
#define ENTRY		0x200
#define NEEDED		XLF_KERNEL_64
asm("	.pushsection .rodata\n"
"	.balign 16\n"
"enter_start:\n"
"	leaq	2f(%rip), %rax\n"
"	movq	%rax, 1f+2(%rip)\n"
"	lgdt	1f(%rip)\n"
"	movl	$0x18, %eax\n"
"	movl	%eax, %ds\n"
"	movl	%eax, %es\n"
"	movl	%eax, %ss\n"
"	movl	%eax, %fs\n"
"	movl	%eax, %gs\n"
"	leaq	4f(%rip), %rsp\n"
"	movq	enter_params(%rip), %rsi\n"
"	pushq	$0x10\n"
"	pushq	enter_params+8(%rip)\n"
"	lretq\n"
"	.balign 16\n"
"1:	.word	3f - 2f - 1\n"
"	.quad	0\n"
"	.balign 16\n"
"2:	.quad	0, 0\n"
"	.quad	0x00af9a000000ffff\n"	/* 0x10: 64-bit code */
"	.quad	0x00cf92000000ffff\n"	/* 0x18: data */
"3:	.fill	64, 1, 0\n"
"4:\n"
"enter_params:\n"
"	.quad	0, 0\n"
"enter_end:\n"
"	.popsection\n");
#else
/* There is a stack of a few words, which is enough to find out where this is. */
#define ENTRY		0
#define NEEDED		0
asm("	.pushsection .rodata\n"
"	.balign 16\n"
"enter_start:\n"
"	call	0f\n"
"0:	popl	%ebp\n"
"	leal	2f-0b(%ebp), %eax\n"
"	movl	%eax, 1f-0b+2(%ebp)\n"
"	lgdt	1f-0b(%ebp)\n"
"	movl	$0x18, %eax\n"
"	movl	%eax, %ds\n"
"	movl	%eax, %es\n"
"	movl	%eax, %ss\n"
"	movl	%eax, %fs\n"
"	movl	%eax, %gs\n"
"	leal	4f-0b(%ebp), %esp\n"
"	movl	enter_params-0b(%ebp), %esi\n"
"	pushl	$0x10\n"
"	pushl	enter_params-0b+4(%ebp)\n"
"	xorl	%ebp, %ebp\n"
"	xorl	%edi, %edi\n"
"	xorl	%ebx, %ebx\n"
"	lretl\n"
"	.balign 16\n"
"1:	.word	3f - 2f - 1\n"
"	.long	0\n"
"	.balign 16\n"
"2:	.quad	0, 0\n"
"	.quad	0x00cf9a000000ffff\n"	/* 0x10: 32-bit code */
"	.quad	0x00cf92000000ffff\n"	/* 0x18: data */
"3:	.fill	64, 1, 0\n"
"4:\n"
"enter_params:\n"
"	.long	0, 0\n"
"enter_end:\n"
"	.popsection\n");
#endif

/* A bump allocator over the addresses between which the image has to be. */
struct place {
	uint64_t next;
	uint64_t limit;
};

static uint64_t take(struct place *place, uint64_t size, uint64_t align)
{
	uint64_t at = (place->next + align - 1) & ~(align - 1);

	if (at + PAGE_UP(size) - 1 > place->limit)
		die("%#" PRIx64 " bytes do not fit below %#" PRIx64, size,
		    place->limit);
	place->next = at + PAGE_UP(size);
	return at;
}

static const struct setup_header *header(const struct blob *kernel)
{
	const struct setup_header *hdr = (void *)(kernel->data + HDR_AT);

	if (kernel->size < HDR_AT + sizeof(*hdr) || hdr->header != HDR_MAGIC)
		die("the kernel is not a bzImage");
	if ((hdr->xloadflags & NEEDED) != NEEDED)
		die("the kernel has no entry for this");
	return hdr;
}

static size_t setup_size(const struct setup_header *hdr)
{
	return ((hdr->setup_sects ? hdr->setup_sects : 4) + 1) * SECTOR;
}

static void check_payload(const struct blob *kernel,
			  const struct setup_header *hdr)
{
	size_t setup = setup_size(hdr);
	uint64_t end = (uint64_t)hdr->payload_offset + hdr->payload_length;

	if (kernel->size <= setup || kernel->size - setup < end)
		die("the kernel is cut off: its payload is not all there");
}

/*
 * A relocatable kernel below pref_address would move itself up to it, onto
 * what else is there; another one has to be at that address.
 */
static uint64_t kernel_place(struct place *place,
			     const struct setup_header *hdr)
{
	uint64_t at;

	if (place->next < hdr->pref_address)
		place->next = hdr->pref_address;
	if (!(hdr->xloadflags & XLF_CAN_BE_LOADED_ABOVE_4G) &&
	    place->limit > UINT32_MAX)
		place->limit = UINT32_MAX;
	at = take(place, hdr->init_size, hdr->kernel_alignment);
	if (!hdr->relocatable_kernel && at != hdr->pref_address)
		die("the kernel is not relocatable: it has to be at %#" PRIx64,
		    (uint64_t)hdr->pref_address);
	return at;
}

static struct boot_params *params_new(const struct blob *kernel)
{
	struct boot_params *params = zeroed(sizeof(*params));
	size_t end = 0x202 + kernel->data[0x201];

	memcpy(&params->hdr, kernel->data + HDR_AT, end - HDR_AT);
	params->hdr.type_of_loader = LOADER_OTHER;
	return params;
}

static void map_add(struct boot_params *params, struct span span, int type)
{
	if (params->e820_entries == E820_MAX_ENTRIES_ZEROPAGE)
		die("the memory map has too many entries");
	params->e820_table[params->e820_entries++] = (struct boot_e820_entry){
		.addr = span.start,
		.size = span.end - span.start + 1,
		.type = type,
	};
}

static int map_type(const char *name)
{
	static const struct { const char *name; int type; } known[] = {
		{ "System RAM", MAP_RAM },
		{ "ACPI Tables", MAP_ACPI },
		{ "ACPI Non-volatile Storage", MAP_NVS },
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strncmp(name, known[i].name, strlen(known[i].name)))
			return known[i].type;
	return MAP_RESERVED;
}

static struct blob firmware_file(const char *entry, const char *field)
{
	char path[512];

	snprintf(path, sizeof(path), "/sys/firmware/memmap/%s/%s", entry,
		 field);
	return blob_read(path);
}

/*
 * The firmware's memory map. A capture kernel gets of its RAM only the crash
 * region less the core headers, and the first megabyte, which its boot needs
 * and the crashed kernel has left alone.
 */
static void map_fill(struct boot_params *params, bool on_crash,
		     const struct spans *own)
{
	DIR *dir = opendir("/sys/firmware/memmap");
	struct dirent *entry;
	unsigned int i;

	if (!dir)
		die("/sys/firmware/memmap is missing");
	while ((entry = readdir(dir))) {
		struct blob type, start, end;
		struct span span;
		int kind;

		if (entry->d_name[0] == '.')
			continue;
		type = firmware_file(entry->d_name, "type");
		start = firmware_file(entry->d_name, "start");
		end = firmware_file(entry->d_name, "end");
		kind = map_type((char *)type.data);
		span.start = strtoull((char *)start.data, NULL, 16);
		span.end = strtoull((char *)end.data, NULL, 16);
		if (kind != MAP_RAM || !on_crash || span.end < LOW_MEGABYTE)
			map_add(params, span, kind);
		free(type.data);
		free(start.data);
		free(end.data);
	}
	closedir(dir);
	for (i = 0; on_crash && i < own->nr; i++)
		map_add(params, own->at[i], MAP_RAM);
}

/* The crash regions without the core headers, which are at @hole. */
static void own_memory(const struct spans *crash, struct span hole,
		       struct spans *own)
{
	unsigned int i;

	own->nr = 0;
	for (i = 0; i < crash->nr; i++) {
		struct span span = crash->at[i];

		if (hole.start > span.end || hole.end < span.start) {
			own->at[own->nr++] = span;
			continue;
		}
		if (hole.start > span.start)
			own->at[own->nr++] = (struct span){ span.start,
							    hole.start - 1 };
		if (hole.end < span.end)
			own->at[own->nr++] = (struct span){ hole.end + 1,
							    span.end };
	}
}

static uint32_t low_half(uint64_t value)
{
	return value;
}

static uint32_t high_half(uint64_t value)
{
	return value >> 32;
}

void image_build(const struct request *req, struct span where,
		 const struct spans *crash, struct image *out)
{
	const struct setup_header *hdr = header(&req->kernel);
	struct boot_params *params = params_new(&req->kernel);
	size_t setup = setup_size(hdr);
	struct place place = { PAGE_UP(where.start), where.end };
	size_t enter_size = enter_end - enter_start;
	unsigned char *enter = zeroed(enter_size);
	uint64_t kernel, initrd, zero_page;
	unsigned long words[2];
	char *cmdline = zeroed(PAGE);
	struct span core_at = { 1, 0 };
	struct spans own;

	check_payload(&req->kernel, hdr);
	kernel = kernel_place(&place, hdr);
	image_add(out, req->kernel.data + setup, req->kernel.size - setup,
		  kernel, hdr->init_size);
	if (req->initrd.size) {
		initrd = take(&place, req->initrd.size, PAGE);
		image_add(out, req->initrd.data, req->initrd.size, initrd,
			  req->initrd.size);
		params->hdr.ramdisk_image = low_half(initrd);
		params->ext_ramdisk_image = high_half(initrd);
		params->hdr.ramdisk_size = low_half(req->initrd.size);
		params->ext_ramdisk_size = high_half(req->initrd.size);
	}
	snprintf(cmdline, PAGE, "%s", req->cmdline);
	if (req->on_crash && (req->room || !req->room_is_said)) {
		struct blob core = corehdr_build(crash, req);
		uint64_t room = req->room_is_said ? req->room : core.size;

		core_at.start = take(&place, room, PAGE);
		core_at.end = core_at.start + PAGE_UP(room) - 1;
		image_add(out, core.data, core.size, core_at.start, room);
		snprintf(cmdline, PAGE, "%s elfcorehdr=0x%" PRIx64,
			 req->cmdline, req->elfcorehdr_lies ?
			 req->elfcorehdr_says : core_at.start);
	}
	own_memory(crash, core_at, &own);
	map_fill(params, req->on_crash, &own);

	/* Boot parameters, command line and entry code, a page each. */
	zero_page = take(&place, 3 * PAGE, PAGE);
	params->hdr.cmd_line_ptr = low_half(zero_page + PAGE);
	params->ext_cmd_line_ptr = high_half(zero_page + PAGE);
	words[0] = zero_page;
	words[1] = kernel + ENTRY;
	memcpy(enter, enter_start, enter_size);
	memcpy(enter + (enter_params - enter_start), words, sizeof(words));
	image_add(out, params, sizeof(*params), zero_page, PAGE);
	image_add(out, cmdline, PAGE, zero_page + PAGE, PAGE);
	image_add(out, enter, enter_size, zero_page + 2 * PAGE, PAGE);
	out->entry = zero_page + 2 * PAGE;
}
