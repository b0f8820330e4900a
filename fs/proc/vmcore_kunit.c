// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the pure parts of /proc/vmcore: core headers of both classes
 * (vmcore_elf.c) and the layout of the file (vmcore_layout.c).
 */

#include <kunit/test.h>
#include <linux/limits.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "vmcore_elf.h"
#include "vmcore_layout.h"

#define P	((u64)PAGE_SIZE)

#ifdef __LITTLE_ENDIAN
#define DATA_HERE	ELFDATA2LSB
#define DATA_OTHER	ELFDATA2MSB
#else
#define DATA_HERE	ELFDATA2MSB
#define DATA_OTHER	ELFDATA2LSB
#endif

/* A core header as a kernel with two CPUs and two banks of memory leaves it */
static const struct elf64_hdr sane = {
	.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, DATA_HERE, EV_CURRENT },
	.e_type = ET_CORE,
	.e_machine = EM_X86_64,
	.e_version = EV_CURRENT,
	.e_phoff = sizeof(struct elf64_hdr),
	.e_ehsize = sizeof(struct elf64_hdr),
	.e_phentsize = sizeof(struct elf64_phdr),
	.e_phnum = 5,
};

static const struct elf32_hdr sane_32 = {
	.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS32, DATA_HERE, EV_CURRENT },
	.e_type = ET_CORE,
	.e_machine = EM_386,
	.e_version = EV_CURRENT,
	.e_phoff = sizeof(struct elf32_hdr),
	.e_ehsize = sizeof(struct elf32_hdr),
	.e_phentsize = sizeof(struct elf32_phdr),
	.e_phnum = 3,
};

/* What is wrong with a header when one of its fields is something else? */
static const struct ehdr_case {
	const char *name;
	size_t at;
	size_t size;	/* of the field */
	u32 value;
	const char *want;
} ehdr_cases[] = {
	{ "nothing", EI_PAD, 1, 1, NULL },
	{ "magic", EI_MAG1, 1, 'e', "no ELF magic" },
	{ "class", EI_CLASS, 1, 3, "neither ELF32 nor ELF64" },
	{ "byte order", EI_DATA, 1, DATA_OTHER, "the other byte order" },
	{ "version of the identification", EI_VERSION, 1, 2,
	  "unknown ELF version" },
	{ "version", offsetof(struct elf64_hdr, e_version), 4, 7,
	  "unknown ELF version" },
	{ "type", offsetof(struct elf64_hdr, e_type), 2, ET_EXEC,
	  "not a core file" },
	{ "size of a program header",
	  offsetof(struct elf64_hdr, e_phentsize), 2, 32,
	  "program headers of an unknown size" },
	{ "number of program headers", offsetof(struct elf64_hdr, e_phnum),
	  2, 0, "no program headers" },
	{ "counted elsewhere, but nowhere",
	  offsetof(struct elf64_hdr, e_phnum), 2, PN_XNUM, NULL },
};

static void field_set(void *field, size_t size, u32 value)
{
	if (size == sizeof(u8))
		*(u8 *)field = value;
	else if (size == sizeof(u16))
		*(u16 *)field = value;
	else
		*(u32 *)field = value;
}

static void ehdr_case_name(const struct ehdr_case *row, char *name)
{
	strscpy(name, row->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(ehdr, ehdr_cases, ehdr_case_name);

static void ehdr_load_test(struct kunit *test)
{
	const struct ehdr_case *row = test->param_value;
	u8 raw[VMCORE_EHDR_MAX] __aligned(8);
	struct elf64_hdr ehdr;
	const char *wrong;

	memcpy(raw, &sane, sizeof(raw));
	field_set(raw + row->at, row->size, row->value);

	wrong = vmcore_ehdr_load(raw, sizeof(raw), &ehdr);
	if (row->want)
		KUNIT_EXPECT_STREQ(test, wrong ?: "nothing", row->want);
	else
		KUNIT_EXPECT_NULL(test, wrong);
}

static void ehdr_short_test(struct kunit *test)
{
	struct elf64_hdr ehdr;
	size_t len;

	for (len = 0; len < sizeof(sane); len++)
		KUNIT_EXPECT_STREQ(test, "cut short",
				   vmcore_ehdr_load(&sane, len, &ehdr) ?: "");
	for (len = 0; len < sizeof(sane_32); len++)
		KUNIT_EXPECT_STREQ(test, "cut short",
				   vmcore_ehdr_load(&sane_32, len, &ehdr) ?:
				   "");
}

static void ehdr_class_test(struct kunit *test)
{
	struct elf64_hdr ehdr;

	KUNIT_ASSERT_NULL(test, vmcore_ehdr_load(&sane_32, sizeof(sane_32),
						 &ehdr));
	KUNIT_EXPECT_FALSE(test, vmcore_is_64(&ehdr));
	KUNIT_EXPECT_EQ(test, ehdr.e_machine, EM_386);
	KUNIT_EXPECT_EQ(test, ehdr.e_phoff, sizeof(struct elf32_hdr));
	KUNIT_EXPECT_EQ(test, vmcore_phnum(&ehdr, NULL), 3);

	KUNIT_ASSERT_NULL(test, vmcore_ehdr_load(&sane, sizeof(sane), &ehdr));
	KUNIT_EXPECT_TRUE(test, vmcore_is_64(&ehdr));
	KUNIT_EXPECT_EQ(test, vmcore_phnum(&ehdr, NULL), 5);
}

/* Writes the headers of a file with this many and reads them back. */
static void phnum_round_trip(struct kunit *test, const void *raw, u32 nr)
{
	struct elf64_hdr ehdr;
	u8 *headers;
	void *shdr = NULL;
	bool is_64;
	u64 len;

	KUNIT_ASSERT_NULL(test, vmcore_ehdr_load(raw, VMCORE_EHDR_MAX, &ehdr));
	is_64 = vmcore_is_64(&ehdr);
	len = vmcore_headers_len(is_64, nr);
	headers = kvzalloc(len + 1, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, headers);
	headers[len] = 0xa5;

	vmcore_ehdr_store(&ehdr, nr, headers);
	KUNIT_EXPECT_EQ(test, headers[len], 0xa5);
	KUNIT_EXPECT_NULL(test, vmcore_ehdr_load(headers, len, &ehdr));
	KUNIT_EXPECT_EQ(test, vmcore_phnum_extended(&ehdr), nr >= PN_XNUM);
	if (vmcore_phnum_extended(&ehdr)) {
		KUNIT_EXPECT_EQ(test, ehdr.e_shnum, 1);
		KUNIT_EXPECT_EQ(test, ehdr.e_shoff + vmcore_shdr_size(is_64),
				len);
		shdr = headers + ehdr.e_shoff;
	}
	KUNIT_EXPECT_EQ(test, vmcore_phnum(&ehdr, shdr), nr);
	KUNIT_EXPECT_EQ(test, ehdr.e_phoff, vmcore_ehdr_size(is_64));
	KUNIT_EXPECT_PTR_EQ(test, vmcore_phdr_at(is_64, headers, nr),
			    (void *)headers + vmcore_ehdr_size(is_64) +
			    (size_t)nr * vmcore_phdr_size(is_64));
	kvfree(headers);
}

static void phnum_test(struct kunit *test)
{
	static const u32 numbers[] = { 1, 2, 65534, 65535, 65536, 100000 };
	u8 raw_32[VMCORE_EHDR_MAX] = { };
	int i;

	memcpy(raw_32, &sane_32, sizeof(sane_32));
	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		phnum_round_trip(test, &sane, numbers[i]);
		phnum_round_trip(test, raw_32, numbers[i]);
	}
}

static void phdr_class_test(struct kunit *test)
{
	struct elf64_phdr phdr = {
		.p_type = PT_LOAD, .p_flags = PF_R | PF_X,
		.p_offset = 0x11000, .p_vaddr = 0xc0001000,
		.p_paddr = 0x1000, .p_filesz = 0x2345,
		.p_memsz = 0xfffff000, .p_align = 4,
	};
	u8 raw[sizeof(struct elf64_phdr)];
	struct elf64_phdr back;

	memset(raw, 0, sizeof(raw));
	KUNIT_EXPECT_TRUE(test, vmcore_phdr_store(false, &phdr, raw));
	vmcore_phdr_load(false, raw, &back);
	KUNIT_EXPECT_MEMEQ(test, &phdr, &back, sizeof(phdr));

	phdr.p_paddr = 1ULL << 32;
	KUNIT_EXPECT_FALSE(test, vmcore_phdr_store(false, &phdr, raw));
	vmcore_phdr_load(false, raw, &back);
	KUNIT_EXPECT_EQ(test, back.p_paddr, 0x1000);

	KUNIT_EXPECT_TRUE(test, vmcore_phdr_store(true, &phdr, raw));
	vmcore_phdr_load(true, raw, &back);
	KUNIT_EXPECT_MEMEQ(test, &phdr, &back, sizeof(phdr));
}

static const struct note_case {
	const char *name;
	u32 namesz;
	u32 descsz;
	u64 left;
	int want;
	u64 want_len;
} note_cases[] = {
	{ "registers of a CPU", 5, 336, 4096, 1, 12 + 8 + 336 },
	{ "fits exactly", 5, 336, 356, 1, 356 },
	{ "one byte too long", 5, 336, 355, -EOVERFLOW },
	{ "padding does not fit", 5, 1, 12 + 8 + 1, -EOVERFLOW },
	{ "no descriptor", 4, 0, 16, 1, 16 },
	{ "the last one", 0, 0, 4096, 0 },
	{ "no name is the last one too", 0, 336, 4096, 0 },
	{ "endless name", U32_MAX, 0, SZ_64M, -EOVERFLOW },
	{ "endless both", U32_MAX, U32_MAX, SZ_64M, -EOVERFLOW },
};

static void note_case_name(const struct note_case *row, char *name)
{
	strscpy(name, row->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(note, note_cases, note_case_name);

static void note_len_test(struct kunit *test)
{
	const struct note_case *row = test->param_value;
	struct elf64_note note = {
		.n_namesz = row->namesz,
		.n_descsz = row->descsz,
	};
	u64 len = 0;

	KUNIT_EXPECT_EQ(test, vmcore_note_len(&note, row->left, &len),
			row->want);
	if (row->want > 0)
		KUNIT_EXPECT_EQ(test, len, row->want_len);
}

/* On a machine with 1 TiB of addresses and a file of at most 64 GiB */
static const struct load_case {
	const char *name;
	u64 offset;
	u64 filesz;
	u64 memsz;
	const char *want;
	u64 want_pos;
	u64 want_size;
} load_cases[] = {
	{ "whole pages", SZ_1M, SZ_2M, SZ_2M, NULL, 0, SZ_2M },
	{ "address 0", 0, P, P, NULL, 0, P },
	{ "begins inside a page", SZ_1M + 0x10, P - 0x10, P - 0x10, NULL,
	  0x10, P },
	{ "ends inside a page", SZ_1M, P + 1, P + 1, NULL, 0, 2 * P },
	{ "one byte in each of two pages", SZ_1M + P - 1, 2, 2, NULL, P - 1,
	  2 * P },
	{ "part of it in memory only", SZ_1M, P, SZ_2M, NULL, 0, P },
	{ "up to the last address", SZ_1T - P, P, P, NULL, 0, P },
	{ "as large as the file can be", 0, SZ_64G, SZ_64G, NULL, 0, SZ_64G },

	{ "nothing", SZ_1M, 0, P, "is empty" },
	{ "more in the file than in memory", SZ_1M, SZ_2M, SZ_1M,
	  "has more bytes in the file than in memory" },
	{ "wraps around", -P, 2 * P, 2 * P,
	  "wraps around the end of the address space" },
	{ "up to the last byte", 1, U64_MAX, U64_MAX,
	  "is beyond the memory that this machine can have" },
	{ "longer than there is", 2, U64_MAX, U64_MAX,
	  "wraps around the end of the address space" },
	{ "last byte there is", U64_MAX, 1, 1,
	  "is beyond the memory that this machine can have" },
	{ "one byte beyond", SZ_1T - P, P + 1, P + 1,
	  "is beyond the memory that this machine can have" },
	{ "beyond", SZ_1T, P, P,
	  "is beyond the memory that this machine can have" },
	{ "too large", 0, SZ_64G + 1, SZ_64G + 1,
	  "makes the file larger than its format can describe" },
};

static void load_case_name(const struct load_case *row, char *name)
{
	strscpy(name, row->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(load, load_cases, load_case_name);

static void layout_add_test(struct kunit *test)
{
	const struct load_case *row = test->param_value;
	struct vmcore_region region = { };
	struct vmcore_layout layout = {
		.regions = &region, .max = 1,
		.room = SZ_64G, .limit = SZ_1T,
	};
	struct elf64_phdr phdr = {
		.p_type = PT_LOAD, .p_offset = row->offset,
		.p_filesz = row->filesz, .p_memsz = row->memsz,
	};
	const char *wrong;
	u64 pos = 0;

	wrong = vmcore_layout_add(&layout, &phdr, &pos);
	if (row->want) {
		KUNIT_EXPECT_STREQ(test, wrong ?: "nothing", row->want);
		KUNIT_EXPECT_EQ(test, layout.nr, 0);
		KUNIT_EXPECT_EQ(test, layout.len, 0);
		return;
	}
	KUNIT_EXPECT_NULL(test, wrong);
	KUNIT_EXPECT_EQ(test, pos, row->want_pos);
	KUNIT_EXPECT_EQ(test, region.source, row->offset - row->want_pos);
	KUNIT_EXPECT_EQ(test, region.size, row->want_size);
	KUNIT_EXPECT_EQ(test, layout.len, row->want_size);

	KUNIT_EXPECT_NOT_NULL(test, vmcore_layout_add(&layout, &phdr, &pos));
	KUNIT_EXPECT_EQ(test, layout.nr, 1);
}

/* Memory in any order, some of it twice; as many as are not empty */
#define MEMORIES	6

static const struct memory_case {
	const char *name;
	struct { u64 start, size; } memory[MEMORIES];
	u32 want_nr;
	struct vmcore_extent want[MEMORIES];
} memory_cases[] = {
	{ "one", { { SZ_1M, SZ_2M } }, 1, { { SZ_1M, SZ_1M + SZ_2M } } },
	{ "two with a hole", { { 0, P }, { 2 * P, P } },
	  2, { { 0, P }, { 2 * P, 3 * P } } },
	{ "neighbours", { { 0, P }, { P, P }, { 2 * P, P } },
	  1, { { 0, 3 * P } } },
	{ "neighbours, last one first", { { 2 * P, P }, { P, P }, { 0, P } },
	  1, { { 0, 3 * P } } },
	{ "the kernel's text first",
	  { { SZ_16M, SZ_8M }, { SZ_1M, SZ_1G }, { SZ_4G, SZ_1G } },
	  2, { { SZ_1M, SZ_1M + SZ_1G }, { SZ_4G, SZ_4G + SZ_1G } } },
	{ "overlap", { { 0, 4 * P }, { 2 * P, 4 * P } },
	  1, { { 0, 6 * P } } },
	{ "the same six times",
	  { { P, P }, { P, P }, { P, P }, { P, P }, { P, P }, { P, P } },
	  1, { { P, 2 * P } } },
	{ "many in one, then a hole",
	  { { 8 * P, P }, { 0, 4 * P }, { P, P }, { 2 * P, P }, { 3 * P, P } },
	  2, { { 0, 4 * P }, { 8 * P, 9 * P } } },
};

static void memory_case_name(const struct memory_case *row, char *name)
{
	strscpy(name, row->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(memory, memory_cases, memory_case_name);

static void memory_add(struct kunit *test, const struct memory_case *row,
		       struct vmcore_layout *layout)
{
	struct elf64_phdr phdr = { .p_type = PT_LOAD };
	u64 pos;
	int i;

	for (i = 0; i < MEMORIES && row->memory[i].size; i++) {
		phdr.p_offset = row->memory[i].start;
		phdr.p_filesz = row->memory[i].size;
		phdr.p_memsz = row->memory[i].size;
		KUNIT_ASSERT_NULL(test, vmcore_layout_add(layout, &phdr, &pos));
	}
}

static void extents_test(struct kunit *test)
{
	const struct memory_case *row = test->param_value;
	struct vmcore_region regions[MEMORIES];
	struct vmcore_extent extents[MEMORIES];
	struct vmcore_layout layout = {
		.regions = regions, .max = MEMORIES,
		.room = U64_MAX, .limit = U64_MAX,
	};
	const struct vmcore_extent *found;
	u32 i, nr;

	memory_add(test, row, &layout);
	nr = vmcore_extents_merge(&layout, extents);
	KUNIT_ASSERT_EQ(test, nr, row->want_nr);
	for (i = 0; i < nr; i++) {
		KUNIT_EXPECT_EQ(test, extents[i].start, row->want[i].start);
		KUNIT_EXPECT_EQ(test, extents[i].end, row->want[i].end);

		found = vmcore_extent_find(extents, nr, extents[i].start);
		KUNIT_EXPECT_PTR_EQ(test, found, &extents[i]);
		found = vmcore_extent_find(extents, nr, extents[i].end - 1);
		KUNIT_EXPECT_PTR_EQ(test, found, &extents[i]);
		found = vmcore_extent_find(extents, nr, extents[i].end);
		KUNIT_EXPECT_NULL(test, found);
		found = vmcore_extent_find(extents, nr, extents[i].start - 1);
		KUNIT_EXPECT_NULL(test, found);
	}
	KUNIT_EXPECT_NULL(test, vmcore_extent_find(extents, 0, 0));
}

static void layout_find_test(struct kunit *test)
{
	const struct memory_case *row = test->param_value;
	struct vmcore_region regions[MEMORIES];
	struct vmcore_layout layout = {
		.regions = regions, .max = MEMORIES,
		.room = U64_MAX, .limit = U64_MAX,
	};
	u64 pos = 0;
	u32 i;

	memory_add(test, row, &layout);
	for (i = 0; i < layout.nr; i++) {
		KUNIT_EXPECT_EQ(test, regions[i].pos, pos);
		KUNIT_EXPECT_EQ(test, vmcore_layout_find(&layout, pos), i);
		pos += regions[i].size;
		KUNIT_EXPECT_EQ(test, vmcore_layout_find(&layout, pos - 1), i);
	}
	KUNIT_EXPECT_EQ(test, layout.len, pos);
}

/* Windows of 64 MiB, huge pages of 2 MiB */
static const struct window_case {
	const char *name;
	struct vmcore_extent extent;
	u64 addr;
	struct vmcore_extent want;
} window_cases[] = {
	{ "in the middle of a large extent", { 0, SZ_4G }, SZ_1G + 5,
	  { SZ_1G, SZ_1G + SZ_64M } },
	{ "last byte of a window", { 0, SZ_4G }, SZ_64M - 1, { 0, SZ_64M } },
	{ "first byte of the next", { 0, SZ_4G }, SZ_64M,
	  { SZ_64M, 2ULL * SZ_64M } },
	{ "small extent", { SZ_1M, SZ_1M + P }, SZ_1M, { SZ_1M, SZ_1M + P } },
	{ "before the first huge page", { SZ_1M, SZ_1G }, SZ_2M - 1,
	  { SZ_1M, SZ_2M } },
	{ "at the first huge page", { SZ_1M, SZ_1G }, SZ_2M,
	  { SZ_2M, SZ_64M } },
	{ "extent ends in the window", { SZ_2M, SZ_4M + P }, SZ_4M,
	  { SZ_2M, SZ_4M + P } },
	{ "last page there is", { -2 * P, -P }, -P - 1, { -2 * P, -P } },
};

static void window_case_name(const struct window_case *row, char *name)
{
	strscpy(name, row->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(window, window_cases, window_case_name);

static void extent_window_test(struct kunit *test)
{
	const struct window_case *row = test->param_value;
	struct vmcore_extent window;

	window = vmcore_extent_window(&row->extent, row->addr, SZ_64M, SZ_2M);
	KUNIT_EXPECT_EQ(test, window.start, row->want.start);
	KUNIT_EXPECT_EQ(test, window.end, row->want.end);
}

static struct kunit_case vmcore_cases[] = {
	KUNIT_CASE_PARAM(ehdr_load_test, ehdr_gen_params),
	KUNIT_CASE(ehdr_short_test),
	KUNIT_CASE(ehdr_class_test),
	KUNIT_CASE(phnum_test),
	KUNIT_CASE(phdr_class_test),
	KUNIT_CASE_PARAM(note_len_test, note_gen_params),
	KUNIT_CASE_PARAM(layout_add_test, load_gen_params),
	KUNIT_CASE_PARAM(extents_test, memory_gen_params),
	KUNIT_CASE_PARAM(layout_find_test, memory_gen_params),
	KUNIT_CASE_PARAM(extent_window_test, window_gen_params),
	{ }
};

static struct kunit_suite vmcore_suite = {
	.name = "vmcore",
	.test_cases = vmcore_cases,
};

kunit_test_suite(vmcore_suite);
