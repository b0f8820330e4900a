// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the bzImage loader: which files it takes (kexec_bzimage_header.c),
 * the memory maps that it writes (kexec_e820.c), and boot parameters as the
 * next kernel will read them (kexec_bootparams.c).
 */

#include <kunit/test.h>
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/kexec.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/unaligned.h>
#include <asm/bootparam.h>
#include <asm/setup_data.h>

#include "kexec_bootparams.h"
#include "kexec_bzimage_header.h"
#include "kexec_e820.h"

/*
 * A file that is good: one sector of setup code behind the boot sector, and
 * a protected-mode kernel of 4 KiB.
 */
#define KERNEL_BYTES	4096
#define SETUP_BYTES	1024
#define FILE_BYTES	(SETUP_BYTES + KERNEL_BYTES)

static void file_init(u8 *file)
{
	struct setup_header hdr = {
		.setup_sects = 1,
		.syssize = KERNEL_BYTES / 16,
		.boot_flag = 0xaa55,
		.jump = 0x6aeb,		/* header ends at 0x26c */
		.header = 0x53726448,
		.version = 0x020f,
		.loadflags = LOADED_HIGH,
		.kernel_alignment = SZ_2M,
		.relocatable_kernel = 1,
		.xloadflags = XLF_KERNEL_64 | XLF_CAN_BE_LOADED_ABOVE_4G,
		.cmdline_size = 2047,
		.payload_offset = 0x300,
		.payload_length = 0x800,
		.pref_address = SZ_16M,
		.init_size = SZ_8M,
	};

	memset(file, 0x90, FILE_BYTES);
	memcpy(file + BZIMAGE_HDR_OFFSET, &hdr, sizeof(hdr));
}

/* A number of @width bytes at @offset in the file, as boot.rst has it */
struct poke {
	u16 offset;
	u8 width;
	u64 value;
};

static void file_poke(u8 *file, const struct poke *poke)
{
	__le64 value = cpu_to_le64(poke->value);

	memcpy(file + poke->offset, &value, poke->width);
}

static const struct file_case {
	const char *name;
	struct poke poke;
	int cut;	/* bytes off the end */
	enum bzimage_fault want;
	enum bzimage_entry entry;
} file_cases[] = {
	{ "good" },
	{ "empty", .cut = FILE_BYTES, .want = BZIMAGE_TOO_SHORT },
	{ "one byte short of two sectors", .cut = FILE_BYTES - 1023,
	  .want = BZIMAGE_TOO_SHORT },
	{ "boot flag", { 0x1fe, 2, 0xaa54 }, 0, BZIMAGE_NO_BOOT_FLAG },
	{ "magic", { 0x202, 4, 0x53726449 }, 0, BZIMAGE_NO_MAGIC },
	{ "protocol 2.11", { 0x206, 2, 0x020b }, 0, BZIMAGE_OLD_PROTOCOL },
	{ "protocol 2.12", { 0x206, 2, 0x020c }, 0, BZIMAGE_OK },
	{ "no jump", { 0x200, 1, 0xe9 }, 0, BZIMAGE_BAD_HEADER_SIZE },
	{ "jump backwards", { 0x201, 1, 0x80 }, 0, BZIMAGE_BAD_HEADER_SIZE },
	{ "header without init_size", { 0x201, 1, 0x61 }, 0,
	  BZIMAGE_BAD_HEADER_SIZE },
	{ "header just with init_size", { 0x201, 1, 0x62 }, 0, BZIMAGE_OK },
	{ "largest header", { 0x201, 1, 0x7f }, 0, BZIMAGE_OK },
	{ "zImage", { 0x211, 1, 0 }, 0, BZIMAGE_NOT_HIGH },
	{ "32-bit", { 0x236, 2, XLF_CAN_BE_LOADED_ABOVE_4G }, 0,
	  BZIMAGE_NOT_64BIT },
	{ "only below 4G", { 0x236, 2, XLF_KERNEL_64 }, 0,
	  BZIMAGE_NOT_ABOVE_4G },
	{ "not relocatable", { 0x234, 1, 0 }, 0, BZIMAGE_OK },
	/* As it is built: nor does it say that it may be above 4 GiB. */
	{ "not relocatable, below 4G", { 0x234, 4, XLF_KERNEL_64 << 16 }, 0,
	  BZIMAGE_OK },
	{ "not relocatable, 32-bit", { 0x234, 4, 0 }, 0, BZIMAGE_NOT_64BIT },
	{ "ends with the setup code", .cut = KERNEL_BYTES,
	  .want = BZIMAGE_NO_KERNEL },
	{ "ends at the entry point", .cut = KERNEL_BYTES - 0x200,
	  .want = BZIMAGE_NO_KERNEL },
	{ "setup_sects too many", { 0x1f1, 1, 9 }, 0, BZIMAGE_NO_KERNEL },
	{ "setup_sects of 0 is 4", { 0x1f1, 1, 0 }, 0, BZIMAGE_TRUNCATED },
	{ "last paragraph cut", .cut = 16, .want = BZIMAGE_TRUNCATED },
	{ "last paragraph not complete", .cut = 15, .want = BZIMAGE_OK },
	{ "syssize too much", { 0x1f4, 4, U32_MAX }, 0, BZIMAGE_TRUNCATED },
	{ "more than syssize", { 0x1f4, 4, 1 }, 0, BZIMAGE_OK },
	{ "payload begins outside", { 0x248, 4, KERNEL_BYTES + 1 }, 0,
	  BZIMAGE_BAD_PAYLOAD },
	{ "payload ends outside", { 0x24c, 4, KERNEL_BYTES - 0x300 + 1 }, 0,
	  BZIMAGE_BAD_PAYLOAD },
	{ "payload ends with the file", { 0x24c, 4, KERNEL_BYTES - 0x300 }, 0,
	  BZIMAGE_OK },
	{ "payload length wraps", { 0x24c, 4, U32_MAX }, 0,
	  BZIMAGE_BAD_PAYLOAD },
	{ "alignment 0", { 0x230, 4, 0 }, 0, BZIMAGE_BAD_ALIGNMENT },
	{ "alignment 3 MiB", { 0x230, 4, SZ_1M * 3 }, 0,
	  BZIMAGE_BAD_ALIGNMENT },
	{ "init_size 0", { 0x260, 4, 0 }, 0, BZIMAGE_BAD_INIT_SIZE },
	{ "init_size less than the file", { 0x260, 4, KERNEL_BYTES - 1 }, 0,
	  BZIMAGE_BAD_INIT_SIZE },
	{ "pref_address at the end", { 0x258, 8, U64_MAX }, 0,
	  BZIMAGE_BAD_ADDRESS },
	{ "init_size wraps", { 0x258, 8, U64_MAX - SZ_8M }, 0,
	  BZIMAGE_BAD_ADDRESS },
	{ "32-bit, for 32 bit", { 0x236, 2, 0 }, 0, BZIMAGE_OK,
	  BZIMAGE_ENTRY_32 },
	{ "64-bit, for 32 bit", { 0x236, 2, XLF_KERNEL_64 }, 0, BZIMAGE_OK,
	  BZIMAGE_ENTRY_32 },
	{ "not relocatable, for 32 bit", { 0x234, 1, 0 }, 0,
	  BZIMAGE_OK, BZIMAGE_ENTRY_32 },
	{ "ends with 32-bit addresses", { 0x258, 8, SZ_4G - SZ_8M }, 0,
	  BZIMAGE_OK, BZIMAGE_ENTRY_32 },
	{ "beyond 32-bit addresses", { 0x258, 8, SZ_4G - SZ_8M + 1 }, 0,
	  BZIMAGE_BAD_ADDRESS, BZIMAGE_ENTRY_32 },
};

KUNIT_ARRAY_PARAM_DESC(file, file_cases, name);

/* One that nothing is wrong with, yet. */
static u8 *file_new(struct kunit *test)
{
	u8 *file = kunit_kmalloc(test, FILE_BYTES, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, file);
	file_init(file);

	return file;
}

static void file_parse(struct kunit *test, const u8 *file,
		       enum bzimage_entry entry, struct bzimage *bz)
{
	KUNIT_ASSERT_EQ(test, bzimage_parse(file, FILE_BYTES, entry, bz),
			BZIMAGE_OK);
}

static void file_test(struct kunit *test)
{
	const struct file_case *c = test->param_value;
	u8 *file = file_new(test);
	size_t size = FILE_BYTES - c->cut;
	enum bzimage_fault got;
	struct bzimage bz;
	u8 *exact;

	file_poke(file, &c->poke);

	/* An allocation of the file's own size: KASAN sees a byte too far. */
	exact = kunit_kmalloc(test, size, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, exact);
	memcpy(exact, file, size);

	got = bzimage_parse(exact, size, c->entry, &bz);
	KUNIT_EXPECT_EQ_MSG(test, got, c->want, "it %s",
			    bzimage_strfault(got));
}

static void file_numbers_test(struct kunit *test)
{
	u8 *file = file_new(test);
	struct bzimage bz;

	/* Neither aligned nor above the first megabyte's end. */
	file_poke(file, &(struct poke) { 0x258, 8, 0x1234 });

	file_parse(test, file, BZIMAGE_ENTRY_64, &bz);
	KUNIT_EXPECT_EQ(test, bz.setup_size, SETUP_BYTES);
	KUNIT_EXPECT_EQ(test, bz.kernel_size, KERNEL_BYTES);
	KUNIT_EXPECT_EQ(test, bz.header_size, 0x26c - 0x1f1);
	KUNIT_EXPECT_EQ(test, bz.init_size, SZ_8M);
	KUNIT_EXPECT_EQ(test, bz.alignment, SZ_2M);
	KUNIT_EXPECT_EQ(test, bz.lowest, SZ_2M);
	KUNIT_EXPECT_EQ(test, bz.cmdline_max, 2047);
	KUNIT_EXPECT_EQ(test, bz.version, 0x020f);
	KUNIT_EXPECT_EQ(test, bz.entry, 0x200);
	KUNIT_EXPECT_EQ(test, bz.highest, U64_MAX);
	KUNIT_EXPECT_EQ(test, bz.initrd_highest, U64_MAX);
}

/* A 32-bit kernel and its initrd stay where 32-bit code reaches them. */
static void file_limits_32_test(struct kunit *test)
{
	u8 *file = file_new(test);
	struct bzimage bz;

	file_poke(file, &(struct poke) { 0x22c, 4, 0x7fffffff });

	file_parse(test, file, BZIMAGE_ENTRY_32, &bz);
	KUNIT_EXPECT_EQ(test, bz.entry, 0);
	KUNIT_EXPECT_EQ(test, bz.highest, U32_MAX);
	KUNIT_EXPECT_EQ(test, bz.initrd_highest, 0x7fffffff);

	file_poke(file, &(struct poke) { 0x236, 2, 0 });
	file_parse(test, file, BZIMAGE_ENTRY_32, &bz);
	KUNIT_EXPECT_EQ(test, bz.highest, SZ_1G - SZ_128M - 1);
}

/* It has one place, and that is where it says. */
static void file_fixed_test(struct kunit *test)
{
	u8 *file = file_new(test);
	struct bzimage bz;

	file_poke(file, &(struct poke) { 0x22c, 4, 0x7fffffff });
	file_parse(test, file, BZIMAGE_ENTRY_64, &bz);
	KUNIT_EXPECT_FALSE(test, bz.fixed);
	KUNIT_EXPECT_EQ(test, bz.params_highest, U64_MAX);

	file_poke(file, &(struct poke) { 0x234, 4, XLF_KERNEL_64 << 16 });
	file_parse(test, file, BZIMAGE_ENTRY_64, &bz);
	KUNIT_EXPECT_TRUE(test, bz.fixed);
	KUNIT_EXPECT_EQ(test, bz.lowest, SZ_16M);
	KUNIT_EXPECT_EQ(test, bz.highest, SZ_16M + SZ_8M - 1);
	KUNIT_EXPECT_EQ(test, bz.initrd_highest, 0x7fffffff);
	KUNIT_EXPECT_EQ(test, bz.params_highest, U32_MAX);

	/* Not aligned, it would run at the next address that is. */
	file_poke(file, &(struct poke) { 0x258, 8, SZ_16M + SZ_4K });
	KUNIT_EXPECT_EQ(test,
			bzimage_parse(file, FILE_BYTES, BZIMAGE_ENTRY_64, &bz),
			BZIMAGE_BAD_ADDRESS);
	/* And one that says nothing of 4 GiB cannot be up there. */
	file_poke(file, &(struct poke) { 0x258, 8, SZ_4G });
	KUNIT_EXPECT_EQ(test,
			bzimage_parse(file, FILE_BYTES, BZIMAGE_ENTRY_64, &bz),
			BZIMAGE_BAD_ADDRESS);
}

/* Every reason has words. */
static void file_fault_test(struct kunit *test)
{
	for (int i = 0; i < BZIMAGE_NR_FAULTS; i++)
		KUNIT_EXPECT_NOT_NULL(test, bzimage_strfault(i));
}

/*
 * Memory maps: 640 KiB, 1 GiB, and some above 4 GiB; with a hole for the
 * firmware's tables and one entry that is rubbish.
 */

#define RAM		KEXEC_E820_RAM
#define RESERVED	KEXEC_E820_RESERVED
#define ACPI		KEXEC_E820_ACPI
#define PERSISTENT	7

static const struct boot_e820_entry firmware[] = {
	{ 0x0, 0x9fc00, RAM },
	{ 0x9fc00, 0x400, RESERVED },
	{ 0x100000, 0x3ff00000, RAM },
	{ 0x40000000, 0x10000, ACPI },
	{ U64_MAX - 10, 20, RESERVED },
	{ 0x100000000, 0x40000000, RAM },
	{ 0x180000000, 0x10000000, PERSISTENT },
};

static void expect_map(struct kunit *test, const struct kexec_e820 *map,
		       const struct boot_e820_entry *want, unsigned int nr)
{
	KUNIT_ASSERT_EQ(test, map->nr, nr);
	for (unsigned int i = 0; i < nr; i++) {
		KUNIT_EXPECT_EQ_MSG(test, map->entries[i].addr, want[i].addr,
				    "entry %u", i);
		KUNIT_EXPECT_EQ_MSG(test, map->entries[i].size, want[i].size,
				    "entry %u", i);
		KUNIT_EXPECT_EQ_MSG(test, map->entries[i].type, want[i].type,
				    "entry %u", i);
	}
}

static void e820_copy_test(struct kunit *test)
{
	static const struct boot_e820_entry want[] = {
		{ 0x0, 0x9fc00, RAM },
		{ 0x100000, 0x3ff00000, RAM },
		{ 0x100000000, 0x40000000, RAM },
		{ 0x9fc00, 0x400, RESERVED },
		{ 0x40000000, 0x10000, ACPI },
		{ 0x180000000, 0x10000000, PERSISTENT },
	};
	struct boot_e820_entry entries[ARRAY_SIZE(want)];
	struct kexec_e820 map = { .entries = entries,
				  .max = ARRAY_SIZE(entries) };

	kexec_e820_copy(firmware, ARRAY_SIZE(firmware), &map);
	expect_map(test, &map, want, ARRAY_SIZE(want));
}

static void e820_confine_test(struct kunit *test)
{
	/* The headers are between the two parts of the crash region. */
	static const struct range usable[] = {
		{ 0x0, 0x9fbff },
		{ 0x20000000, 0x2ffeffff },
		{ 0x2fff0000, 0x2fffffff },
		{ 0x130000000, 0x13fffffff },
	};
	static const struct boot_e820_entry want[] = {
		{ 0x0, 0x9fc00, RAM },
		{ 0x20000000, 0xfff0000, RAM },
		{ 0x2fff0000, 0x10000, RAM },
		{ 0x130000000, 0x10000000, RAM },
		{ 0x9fc00, 0x400, RESERVED },
		{ 0x100000, 0x1ff00000, RESERVED },
		{ 0x30000000, 0x10000000, RESERVED },
		{ 0x40000000, 0x10000, ACPI },
		{ 0x100000000, 0x30000000, RESERVED },
		/* The crashed kernel's: no driver shall find it. */
		{ 0x180000000, 0x10000000, RESERVED },
	};
	struct boot_e820_entry entries[ARRAY_SIZE(want)];
	struct kexec_e820 map = { .entries = entries,
				  .max = ARRAY_SIZE(entries) };

	kexec_e820_confine(firmware, ARRAY_SIZE(firmware), usable,
			   ARRAY_SIZE(usable), &map);
	expect_map(test, &map, want, ARRAY_SIZE(want));
}

/* Counts them all, and writes no more than there is room for. */
static void e820_room_test(struct kunit *test)
{
	struct boot_e820_entry entries[3] = { [2] = { 1, 2, 3 } };
	struct kexec_e820 map = { .entries = entries, .max = 2 };
	struct kexec_e820 count = { };

	kexec_e820_copy(firmware, ARRAY_SIZE(firmware), &map);
	KUNIT_EXPECT_EQ(test, map.nr, 6);
	KUNIT_EXPECT_EQ(test, entries[1].addr, 0x100000);
	KUNIT_EXPECT_EQ(test, entries[2].addr, 1);

	kexec_e820_copy(firmware, ARRAY_SIZE(firmware), &count);
	KUNIT_EXPECT_EQ(test, count.nr, 6);
}

/*
 * Boot parameters, of this machine, for an ordinary image
 */

#define PARAMS_PHYS	0x123450000ULL

static const char cmdline[] = "console=ttyS0 panic=1";

/* What is at @phys, @len bytes of it inside the buffer, or NULL. */
static void *at_phys(const struct bootparams *bp, u64 phys, size_t len)
{
	if (phys < bp->phys || phys - bp->phys > bp->used ||
	    len > bp->used - (phys - bp->phys))
		return NULL;

	return bp->buf + (phys - bp->phys);
}

/* Walks the list as setup.c does, but only inside the buffer. */
static void expect_setup_data(struct kunit *test, const struct bootparams *bp)
{
	u64 phys = bp->params->hdr.setup_data;
	int nodes = 0;

	while (phys) {
		struct setup_data *node = at_phys(bp, phys, sizeof(*node));

		KUNIT_ASSERT_NOT_NULL(test, node);
		KUNIT_ASSERT_NOT_NULL(test, at_phys(bp, phys, sizeof(*node) +
						    node->len));
		KUNIT_EXPECT_LE(test, node->type, SETUP_ENUM_MAX);
		KUNIT_EXPECT_NE(test, node->type, SETUP_NONE);
		KUNIT_EXPECT_TRUE(test, IS_ALIGNED(phys, 8));
		/* Each type once at most, or the list is a ring. */
		KUNIT_ASSERT_LT(test, nodes++, SETUP_ENUM_MAX);
		phys = node->next;
	}
}

static void expect_cmdline(struct kunit *test, const struct bootparams *bp)
{
	u64 phys = bp->params->hdr.cmd_line_ptr |
		   (u64)bp->params->ext_cmd_line_ptr << 32;
	char *line = at_phys(bp, phys, sizeof(cmdline));

	KUNIT_ASSERT_NOT_NULL(test, line);
	KUNIT_EXPECT_STREQ(test, line, cmdline);
}

static void bootparams_test(struct kunit *test)
{
	struct kimage *image = kunit_kzalloc(test, sizeof(*image), GFP_KERNEL);
	u8 *file = file_new(test);
	struct boot_params *params;
	struct bootparams *bp;
	struct bzimage bz;

	KUNIT_ASSERT_NOT_NULL(test, image);
	file_parse(test, file, BZIMAGE_ENTRY_64, &bz);

	bp = bootparams_create(image, &bz, strlen(cmdline));
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bp);
	bp->phys = PARAMS_PHYS;
	params = bp->params;

	KUNIT_EXPECT_EQ(test, bootparams_fill(bp, image, file, &bz), 0);
	bootparams_set_cmdline(bp, image, cmdline, strlen(cmdline));
	bootparams_set_kernel(bp, SZ_16M);
	bootparams_set_initrd(bp, 0x212345000, 0x112345678);

	KUNIT_EXPECT_EQ(test, params->hdr.type_of_loader, 0xd0);
	KUNIT_EXPECT_EQ(test, params->hdr.code32_start, SZ_16M);
	KUNIT_EXPECT_EQ(test, params->hdr.ramdisk_image, 0x12345000);
	KUNIT_EXPECT_EQ(test, params->ext_ramdisk_image, 2);
	KUNIT_EXPECT_EQ(test, params->hdr.ramdisk_size, 0x12345678);
	KUNIT_EXPECT_EQ(test, params->ext_ramdisk_size, 1);
	/* From the file, and nothing else that it has around the header. */
	KUNIT_EXPECT_EQ(test, params->hdr.init_size, SZ_8M);
	KUNIT_EXPECT_EQ(test, params->sentinel, 0);
	/* One entry alone makes the next kernel think that there is no map. */
	KUNIT_EXPECT_GE(test, params->e820_entries, 2);
	KUNIT_EXPECT_EQ(test, params->e820_table[0].type, KEXEC_E820_RAM);
	KUNIT_EXPECT_LE(test, bp->used, bp->size);
	expect_setup_data(test, bp);
	expect_cmdline(test, bp);

	bootparams_destroy(bp);
}

static struct kunit_case loader_cases[] = {
	KUNIT_CASE_PARAM(file_test, file_gen_params),
	KUNIT_CASE(file_numbers_test),
	KUNIT_CASE(file_limits_32_test),
	KUNIT_CASE(file_fixed_test),
	KUNIT_CASE(file_fault_test),
	KUNIT_CASE(e820_copy_test),
	KUNIT_CASE(e820_confine_test),
	KUNIT_CASE(e820_room_test),
	KUNIT_CASE(bootparams_test),
	{}
};

static struct kunit_suite loader_suite = {
	.name = "kexec_bzimage",
	.test_cases = loader_cases,
};

kunit_test_suite(loader_suite);

MODULE_DESCRIPTION("Tests of the bzImage loader of kexec_file_load()");
MODULE_LICENSE("GPL");
