// SPDX-License-Identifier: GPL-2.0-only
/*
 * Is a file a bzImage that kexec can start, and what does it ask of its
 * loader?
 *
 * The format is that of Documentation/arch/x86/boot.rst. The file comes from
 * user space, maybe unsigned: nothing in it is believed before it has been
 * compared with the size of the file, and no sum of its numbers is taken
 * where it could overflow.
 *
 * Pure: also built on the host, see tools/testing/kexec-host/bzimage.
 */

#include <linux/align.h>
#include <linux/build_bug.h>
#include <linux/log2.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <asm/bootparam.h>

#include "kexec_bzimage_header.h"

#define SECTOR_SIZE_SETUP	512u
/* setup_sects of 0 means 4, for files older than the field */
#define SETUP_SECTS_DEFAULT	4u
/* The boot sector and the setup sector that the header reaches into */
#define SETUP_SIZE_MIN		(2 * SECTOR_SIZE_SETUP)

#define BOOT_FLAG		0xaa55
#define HEADER_MAGIC		0x53726448	/* "HdrS" */
#define PROTOCOL_MIN		0x020c		/* 2.12 brought xloadflags */
#define JUMP_OPCODE		0xeb		/* jmp rel8 */
#define JUMP_DISP_MAX		0x7f
#define PARAGRAPH_SIZE		16ull

/*
 * A 32-bit kernel starts in memory that it maps at once, and checks: 1 GiB of
 * addresses less 128 MiB for its other mappings, with the usual split.
 */
#define LOWMEM_LAST		0x37ffffffull

/* Nothing is loaded below: it belongs to the firmware and to real mode. */
#define KERNEL_ADDR_MIN		0x100000ull

/* File offset of what the displacement of the jump is relative to */
#define JUMP_ORIGIN \
	(BZIMAGE_HDR_OFFSET + offsetof(struct setup_header, header))
/* The last field that is needed, and the end of the hole for the header */
#define HEADER_END_MIN \
	(BZIMAGE_HDR_OFFSET + \
	 offsetof(struct setup_header, handover_offset))

static_assert(JUMP_ORIGIN == 0x202);
static_assert(HEADER_END_MIN == 0x264);
static_assert(offsetof(struct boot_params, hdr) == BZIMAGE_HDR_OFFSET);
/* Whatever the jump says, the header fits where boot_params has room. */
static_assert(JUMP_ORIGIN + JUMP_DISP_MAX <=
	      offsetof(struct boot_params, edd_mbr_sig_buffer));

static enum bzimage_fault check_identity(const struct setup_header *hdr)
{
	if (hdr->boot_flag != BOOT_FLAG)
		return BZIMAGE_NO_BOOT_FLAG;
	if (hdr->header != HEADER_MAGIC)
		return BZIMAGE_NO_MAGIC;
	if (hdr->version < PROTOCOL_MIN)
		return BZIMAGE_OLD_PROTOCOL;

	return BZIMAGE_OK;
}

/* The jump over the header doubles as its size. */
static enum bzimage_fault parse_header_size(const struct setup_header *hdr,
					    struct bzimage *bz)
{
	u32 opcode = hdr->jump & 0xff;
	u32 disp = hdr->jump >> 8;

	if (opcode != JUMP_OPCODE || disp > JUMP_DISP_MAX ||
	    JUMP_ORIGIN + disp < HEADER_END_MIN)
		return BZIMAGE_BAD_HEADER_SIZE;

	bz->header_size = JUMP_ORIGIN + disp - BZIMAGE_HDR_OFFSET;
	return BZIMAGE_OK;
}

/* Every kernel has the 32-bit entry point; the other one it has to name. */
static enum bzimage_fault check_abilities(const struct setup_header *hdr,
					  enum bzimage_entry entry)
{
	if (!(hdr->loadflags & LOADED_HIGH))
		return BZIMAGE_NOT_HIGH;
	if (entry == BZIMAGE_ENTRY_64 && !(hdr->xloadflags & XLF_KERNEL_64))
		return BZIMAGE_NOT_64BIT;
	/* One that is not relocatable says no more than where it has to be. */
	if (entry == BZIMAGE_ENTRY_64 && hdr->relocatable_kernel &&
	    !(hdr->xloadflags & XLF_CAN_BE_LOADED_ABOVE_4G))
		return BZIMAGE_NOT_ABOVE_4G;

	return BZIMAGE_OK;
}

static enum bzimage_fault parse_sizes(const struct setup_header *hdr,
				      size_t size, struct bzimage *bz)
{
	u32 sectors = hdr->setup_sects ?: SETUP_SECTS_DEFAULT;
	u64 rest;

	bz->setup_size = (sectors + 1) * SECTOR_SIZE_SETUP;
	if (size <= bz->setup_size ||
	    size - bz->setup_size <= BZIMAGE_ENTRY64_OFFSET)
		return BZIMAGE_NO_KERNEL;

	/*
	 * All the rest is kernel. It may be more than syssize says, which
	 * doesn't count a signature; syssize itself is in paragraphs, and the
	 * last one need not be complete.
	 */
	bz->kernel_size = size - bz->setup_size;
	if (hdr->syssize * PARAGRAPH_SIZE >
	    ALIGN(bz->kernel_size, PARAGRAPH_SIZE))
		return BZIMAGE_TRUNCATED;

	if (hdr->payload_offset > bz->kernel_size)
		return BZIMAGE_BAD_PAYLOAD;
	rest = bz->kernel_size - hdr->payload_offset;
	if (hdr->payload_length > rest)
		return BZIMAGE_BAD_PAYLOAD;

	return BZIMAGE_OK;
}

/* Where the entry point makes it end: 32-bit addresses, or none that matter */
static void parse_limits(const struct setup_header *hdr,
			 enum bzimage_entry entry, struct bzimage *bz)
{
	bz->entry = entry == BZIMAGE_ENTRY_64 ? BZIMAGE_ENTRY64_OFFSET :
						BZIMAGE_ENTRY32_OFFSET;
	if (entry == BZIMAGE_ENTRY_64 &&
	    hdr->xloadflags & XLF_CAN_BE_LOADED_ABOVE_4G) {
		bz->highest = U64_MAX;
		bz->initrd_highest = U64_MAX;
		bz->params_highest = U64_MAX;
		return;
	}

	bz->highest = hdr->xloadflags & XLF_KERNEL_64 ? U32_MAX :
							LOWMEM_LAST;
	bz->initrd_highest = hdr->initrd_addr_max;
	bz->params_highest = U32_MAX;
}

/* It decompresses itself to there, wherever it was loaded. */
static enum bzimage_fault fix_place(const struct setup_header *hdr,
				    struct bzimage *bz)
{
	if (bz->lowest != hdr->pref_address)
		return BZIMAGE_BAD_ADDRESS;

	bz->fixed = true;
	bz->highest = bz->lowest + bz->init_size - 1;

	return BZIMAGE_OK;
}

static enum bzimage_fault parse_place(const struct setup_header *hdr,
				      struct bzimage *bz)
{
	u64 lowest = hdr->pref_address;

	if (!is_power_of_2(hdr->kernel_alignment))
		return BZIMAGE_BAD_ALIGNMENT;
	bz->alignment = hdr->kernel_alignment;

	if (hdr->init_size < bz->kernel_size)
		return BZIMAGE_BAD_INIT_SIZE;
	bz->init_size = hdr->init_size;

	/*
	 * A relocatable kernel below pref_address moves itself up to it, onto
	 * memory that nobody kept free for it.
	 */
	if (lowest < KERNEL_ADDR_MIN)
		lowest = KERNEL_ADDR_MIN;
	if (lowest > U64_MAX - (bz->alignment - 1) - bz->init_size)
		return BZIMAGE_BAD_ADDRESS;
	bz->lowest = ALIGN(lowest, bz->alignment);
	if (bz->lowest + bz->init_size - 1 > bz->highest)
		return BZIMAGE_BAD_ADDRESS;

	return hdr->relocatable_kernel ? BZIMAGE_OK : fix_place(hdr, bz);
}

/**
 * bzimage_parse() - check a bzImage and read what its loader needs
 * @file:  the file
 * @size:  bytes at @file
 * @entry: how it is to be entered
 * @bz:    filled in; only meaningful with BZIMAGE_OK
 *
 * Context: any; pure.
 * Return: BZIMAGE_OK or the first thing that is wrong.
 */
enum bzimage_fault bzimage_parse(const void *file, size_t size,
				 enum bzimage_entry entry, struct bzimage *bz)
{
	struct setup_header hdr;
	enum bzimage_fault fault;

	memset(bz, 0, sizeof(*bz));
	if (size < SETUP_SIZE_MIN)
		return BZIMAGE_TOO_SHORT;
	memcpy(&hdr, file + BZIMAGE_HDR_OFFSET, sizeof(hdr));

	fault = check_identity(&hdr);
	if (fault)
		return fault;

	fault = parse_header_size(&hdr, bz);
	if (fault)
		return fault;

	fault = check_abilities(&hdr, entry);
	if (fault)
		return fault;

	fault = parse_sizes(&hdr, size, bz);
	if (fault)
		return fault;

	parse_limits(&hdr, entry, bz);
	fault = parse_place(&hdr, bz);
	if (fault)
		return fault;

	bz->cmdline_max = hdr.cmdline_size;
	bz->xloadflags = hdr.xloadflags;
	bz->version = hdr.version;

	return BZIMAGE_OK;
}

static const char * const fault_text[BZIMAGE_NR_FAULTS] = {
	[BZIMAGE_OK] = "is good",
	[BZIMAGE_TOO_SHORT] = "is shorter than the header of a bzImage",
	[BZIMAGE_NO_BOOT_FLAG] = "is not a bzImage: no boot flag 0xAA55",
	[BZIMAGE_NO_MAGIC] = "is not a bzImage: no magic \"HdrS\"",
	[BZIMAGE_OLD_PROTOCOL] =
		"has a boot protocol older than 2.12; use kexec_load()",
	[BZIMAGE_BAD_HEADER_SIZE] = "has a setup header of an impossible size",
	[BZIMAGE_NOT_HIGH] = "is a zImage (LOADED_HIGH is clear)",
	[BZIMAGE_NOT_64BIT] =
		"has no 64-bit entry point (XLF_KERNEL_64 is clear)",
	[BZIMAGE_NOT_ABOVE_4G] =
		"must stay below 4 GiB (XLF_CAN_BE_LOADED_ABOVE_4G is clear)",
	[BZIMAGE_NO_KERNEL] = "is truncated: it ends in the setup code",
	[BZIMAGE_TRUNCATED] = "is truncated: it is shorter than its syssize",
	[BZIMAGE_BAD_PAYLOAD] = "is damaged: its payload is not inside",
	[BZIMAGE_BAD_ALIGNMENT] =
		"is damaged: kernel_alignment is not a power of two",
	[BZIMAGE_BAD_INIT_SIZE] =
		"is damaged: init_size is less than its size",
	[BZIMAGE_BAD_ADDRESS] =
		"is damaged: at pref_address it cannot be entered",
};

/**
 * bzimage_strfault() - why a file was refused
 * @fault: from bzimage_parse()
 *
 * Return: words that go after "the kernel image".
 */
const char *bzimage_strfault(enum bzimage_fault fault)
{
	if ((unsigned int)fault >= BZIMAGE_NR_FAULTS)
		return "is refused for an unknown reason";

	return fault_text[fault];
}
