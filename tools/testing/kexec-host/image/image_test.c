// SPDX-License-Identifier: GPL-2.0-only
/*
 * What becomes of ELF files that are good, and of others: tables of small ones
 * made here. With the name of a kernel's payload, and of its relocations, also
 * of that.
 */

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image.h"
#include "image_test.h"

/* Of the kernel that the rows are about */
#define BASE		0x1000000
#define ROOM		0x800
#define FILE_BYTES	0x600
#define ENTRY		(BASE + 0x10)

#define SEGMENTS_MAX	20

struct segment {
	u32 offset;
	u32 filesz;
	u32 paddr;	/* beyond BASE, which may wrap */
	u32 memsz;
	u32 type;
};

struct row {
	const char *what;
	struct segment segments[SEGMENTS_MAX];
	u32 entry;			/* if not ENTRY */
	const char *refused;		/* part of the complaint; NULL: good */
};

#define LOAD(...)	{ __VA_ARGS__, PT_LOAD }
#define GOOD		LOAD(0x200, 0x100, 0, 0x100)
/* As many as there may be, of which all but the first have a byte */
#define BYTE(n)		LOAD(0x200 + (n), 1, (n), 1)
#define MOST		LOAD(0x200, 0x20, 0, 0x20), \
			BYTE(0x20), BYTE(0x21), BYTE(0x22), BYTE(0x23), \
			BYTE(0x24), BYTE(0x25), BYTE(0x26), BYTE(0x27), \
			BYTE(0x28), BYTE(0x29), BYTE(0x2a), BYTE(0x2b), \
			BYTE(0x2c), BYTE(0x2d), BYTE(0x2e)

static const struct row rows[] = {
	{ "one segment", { GOOD } },
	{ "one that stays", { LOAD(0, 0x300, 0, 0x300) } },
	{ "three, each further down",
	  { GOOD, LOAD(0x300, 0x80, 0x100, 0x80),
	    LOAD(0x400, 0x200, 0x180, 0x680) } },
	{ "onto its own source", { LOAD(0x200, 0x400, 0x10, 0x400) },
	  .entry = BASE + 0x20 },
	{ "onto the next one's neighbour",
	  { LOAD(0x200, 0x100, 0x200, 0x100),
	    LOAD(0x300, 0x100, 0x300, 0x100) }, .entry = BASE + 0x2ff },
	{ "no gap at the end", { GOOD, LOAD(0x500, 0x100, 0x500, 0x300) } },
	{ "memory without contents",
	  { GOOD, LOAD(0x300, 0, 0x400, 0x400) } },
	{ "contents of no memory are none",
	  { GOOD, LOAD(FILE_BYTES, 0, 0, 0) } },
	{ "others are no segments",
	  { { 0xffffff00, 0x1000, 0, 0, PT_NOTE }, GOOD,
	    { 0, 0xffffffff, 0, 0, PT_GNU_STACK } } },
	{ "as many as there may be", { MOST } },
	{ "one more", { MOST, BYTE(0x2f) }, .refused = "too many segments" },

	{ "beyond the file", { GOOD, LOAD(FILE_BYTES, 1, 0x200, 1) },
	  .refused = "outside of the file" },
	{ "a byte too long",
	  { LOAD(0x200, FILE_BYTES - 0x200 + 1, 0, ROOM) },
	  .refused = "outside of the file" },
	{ "end wraps", { LOAD(0xffffff00, 0x200, 0, 0x200) },
	  .refused = "outside of the file" },
	{ "size wraps", { LOAD(0x200, 0xffffffff, 0, 0xffffffff) },
	  .refused = "outside of the file" },
	{ "less memory than contents", { LOAD(0x200, 0x100, 0, 0xff) },
	  .refused = "larger than its memory" },
	{ "below the image", { LOAD(0x200, 0x100, -1, 0x100) },
	  .refused = "below the image" },
	{ "a byte too much memory", { LOAD(0x200, 0x100, 0, ROOM + 1) },
	  .refused = "beyond the image's memory" },
	{ "too far up", { GOOD, LOAD(0x400, 0, ROOM, 1) },
	  .refused = "beyond the image's memory" },
	{ "memory wraps", { LOAD(0x200, 0x100, 0x100, 0xffffffff) },
	  .refused = "beyond the image's memory" },
	{ "further up than in the file", { LOAD(0x200, 0x100, 0x201, 0x100) },
	  .refused = "further up" },
	{ "the same bytes twice", { GOOD, LOAD(0x200, 0x100, 0x100, 0x100) },
	  .refused = "overlaps" },
	{ "a common byte in the file",
	  { GOOD, LOAD(0x2ff, 0x100, 0x100, 0x100) }, .refused = "overlaps" },
	{ "a common byte in the image",
	  { GOOD, LOAD(0x300, 0x100, 0xff, 0x100) }, .refused = "overlaps" },
	{ "descending", { LOAD(0x400, 0x80, 0x300, 0x80), GOOD },
	  .refused = "overlaps" },
	{ "crossing", { LOAD(0x200, 0x40, 0x100, 0x40),
			LOAD(0x300, 0x40, 0, 0x40) }, .refused = "overlaps" },
	{ "nothing at all", { }, .refused = "entry point" },
	{ "only memory", { LOAD(0x200, 0, 0, 0x100) },
	  .refused = "entry point" },
	{ "entered below", { GOOD }, BASE - 1, "entry point" },
	{ "entered at 0", { GOOD }, 1, "entry point" },
	{ "entered at the end", { GOOD }, BASE + 0x100, "entry point" },
	{ "entered at the last byte", { GOOD }, BASE + 0xff },
	{ "entered in .bss", { LOAD(0x200, 0x100, 0, 0x200) }, BASE + 0x100,
	  "entry point" },
	{ "entered between",
	  { GOOD, LOAD(0x400, 0x100, 0x200, 0x100) }, BASE + 0x180,
	  "entry point" },
};

static unsigned int failed;

void fail(const char *row, const char *how)
{
	printf("FAIL %s: %s\n", row, how);
	failed++;
}

/*
 * Bytes of which no two neighbours are the same: a move by one is seen
 */
static void fill(u8 *file)
{
	for (u32 i = 0; i < FILE_BYTES; i++)
		file[i] = i * 37 + i / 256;
}

#define WRITE_FILE(bits, machine)					\
static void write_file##bits(u8 *file, const struct row *row)		\
{									\
	Elf##bits##_Ehdr ehdr = {					\
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3,	\
			     ELFCLASS##bits, ELFDATA2LSB, EV_CURRENT },	\
		.e_type = ET_EXEC,					\
		.e_machine = machine,					\
		.e_entry = row->entry ?: ENTRY,				\
		.e_phoff = sizeof(ehdr),				\
		.e_ehsize = sizeof(ehdr),				\
		.e_phentsize = sizeof(Elf##bits##_Phdr),		\
	};								\
									\
	for (const struct segment *seg = row->segments; seg->type; seg++) { \
		Elf##bits##_Phdr phdr = {				\
			.p_type = seg->type,				\
			.p_offset = seg->offset,			\
			.p_filesz = seg->filesz,			\
			.p_paddr = (u32)(BASE + seg->paddr),		\
			.p_memsz = seg->memsz,				\
		};							\
									\
		memcpy(file + sizeof(ehdr) +				\
		       ehdr.e_phnum++ * sizeof(phdr), &phdr,		\
		       sizeof(phdr));					\
	}								\
	memcpy(file, &ehdr, sizeof(ehdr));				\
}

WRITE_FILE(32, EM_386)
WRITE_FILE(64, EM_X86_64)

static u8 *create(const struct row *row, bool wide)
{
	u8 *file = malloc(FILE_BYTES);

	if (!file)
		abort();
	fill(file);
	if (wide)
		write_file64(file, row);
	else
		write_file32(file, row);

	return file;
}

static struct unpack_file describe(const void *file, u64 size, bool wide)
{
	return (struct unpack_file) {
		.file = file,
		.size = size,
		.base = BASE,
		.room = ROOM,
		.wide = wide,
	};
}

/* Where each segment ends up, by the row, not by the plan */
static void check_image(const struct row *row, const u8 *before,
			const u8 *after, const struct unpack_plan *plan)
{
	u32 entry = (row->entry ?: ENTRY) - BASE;

	if (plan->entry != entry)
		fail(row->what, "entered elsewhere");
	for (const struct segment *seg = row->segments; seg->type; seg++)
		if (seg->type == PT_LOAD &&
		    memcmp(after + seg->paddr, before + seg->offset,
			   seg->filesz))
			fail(row->what, "a segment is not what it was");
}

static void test_row(const struct row *row, bool wide)
{
	struct image_fault fault = { };
	struct unpack_plan plan;
	struct unpack_file elf;
	u8 *file = create(row, wide), *before = create(row, wide);

	elf = describe(file, FILE_BYTES, wide);
	if (unpack_prepare(&elf, &plan, &fault)) {
		if (!row->refused || !strstr(fault.text, row->refused))
			fail(row->what, fault.text);
		if (memcmp(file, before, FILE_BYTES))
			fail(row->what, "changed, and then refused");
	} else if (row->refused) {
		fail(row->what, "was taken");
	} else {
		unpack_move(file, &plan);
		check_image(row, before, file, &plan);
	}
	free(before);
	free(file);
}

/* Damage: a number of the file's header is another. */
struct damage {
	const char *what;
	size_t offset, width;
	u64 value;
	const char *refused;
};

#define EHDR(member)	offsetof(Elf64_Ehdr, member),	\
			sizeof(((Elf64_Ehdr *)0)->member)

static const struct damage damages[] = {
	{ "magic", EI_MAG0, 1, 0, "not an ELF file" },
	{ "last of the magic", EI_MAG3, 1, 'f', "not an ELF file" },
	{ "32 bits", EI_CLASS, 1, ELFCLASS32, "class" },
	{ "no bits", EI_CLASS, 1, 0, "class" },
	{ "big-endian", EI_DATA, 1, ELFDATA2MSB, "byte order" },
	{ "a shared object", EHDR(e_type), ET_DYN, "not executable" },
	{ "a core", EHDR(e_type), ET_CORE, "not executable" },
	{ "arm64", EHDR(e_machine), EM_AARCH64, "another machine" },
	{ "i386", EHDR(e_machine), EM_386, "another machine" },
	{ "small headers", EHDR(e_phentsize), 32, "wrong size" },
	{ "no headers", EHDR(e_phentsize), 0, "wrong size" },
	{ "headers at the end", EHDR(e_phoff), FILE_BYTES - 55, "outside" },
	{ "headers behind it", EHDR(e_phoff), FILE_BYTES + 1, "outside" },
	{ "headers far away", EHDR(e_phoff), UINT64_MAX, "outside" },
	{ "most headers", EHDR(e_phnum), 0xffff, "outside" },
	{ "none of them", EHDR(e_phnum), 0, "entry point" },
	{ "entry far away", EHDR(e_entry), UINT64_MAX, "entry point" },
};

static const struct row intact = { "intact", { GOOD } };

static void test_damage(const struct damage *damage)
{
	u8 *file = create(&intact, true);
	struct unpack_file elf = describe(file, FILE_BYTES, true);
	struct image_fault fault = { };
	struct unpack_plan plan;

	memcpy(file + damage->offset, &damage->value, damage->width);
	if (!unpack_prepare(&elf, &plan, &fault))
		fail(damage->what, "was taken");
	else if (!strstr(fault.text, damage->refused))
		fail(damage->what, fault.text);
	free(file);
}

/* Cut off before the end of what is needed, it is refused. */
static void test_truncated(bool wide)
{
	u8 *file = create(&intact, wide);

	for (u64 size = 0; size <= 0x300; size++) {
		u8 *cut = malloc(size ? size : 1);
		struct unpack_file elf = describe(cut, size, wide);
		bool whole = size == 0x300;
		struct image_fault fault = { };
		struct unpack_plan plan;

		if (!cut)
			abort();
		memcpy(cut, file, size);
		if (!unpack_prepare(&elf, &plan, &fault) != whole)
			fail("truncated", fault.text ? fault.text : "was taken");
		free(cut);
	}
	free(file);
}

/* The payload of a kernel, with its table behind it */
struct payload {
	u8 *bytes;
	size_t size;
};

static void payload_append(struct payload *to, const char *path)
{
	FILE *file = fopen(path, "rb");
	long size;

	size = file && !fseek(file, 0, SEEK_END) ? ftell(file) : -1;
	if (size < 0) {
		perror(path);
		exit(1);
	}
	rewind(file);
	to->bytes = realloc(to->bytes, to->size + size);
	if (!to->bytes || fread(to->bytes + to->size, 1, size, file) !=
	    (size_t)size)
		abort();
	fclose(file);
	to->size += size;
}

static void relocate_kernel(u8 *image, const struct payload *payload,
			    const struct unpack_plan *plan, bool wide,
			    u64 linked, u64 distance)
{
	const struct relocate_job job = {
		.image = image,
		.size = plan->image_end,
		.linked = linked,
		.distance = distance,
		.table = payload->bytes + plan->file_end,
		.table_size = payload->size - plan->file_end,
		.wide = wide,
	};
	struct image_fault fault;

	if (relocate(&job, &fault))
		fail("a kernel", fault.text);
}

/* First segment: where the image is linked for */
static void linked_at(const u8 *file, bool wide, u64 *paddr, u64 *vaddr)
{
	const Elf64_Phdr *phdr64 =
		(void *)(file + ((Elf64_Ehdr *)file)->e_phoff);
	const Elf32_Phdr *phdr32 =
		(void *)(file + ((Elf32_Ehdr *)file)->e_phoff);

	*paddr = wide ? phdr64->p_paddr : phdr32->p_paddr;
	*vaddr = wide ? phdr64->p_vaddr : phdr32->p_vaddr;
}

/* Moved up and down again, it is what it was, and between it was not. */
static void test_kernel(char **paths, int nr)
{
	struct payload payload = { }, whole = { };
	struct image_fault fault;
	struct unpack_plan plan;
	struct unpack_file elf;
	u64 vaddr;
	u8 *image;

	for (int i = 0; i < nr; i++) {
		payload_append(&payload, paths[i]);
		payload_append(&whole, paths[i]);
	}
	elf = (struct unpack_file) {
		.file = payload.bytes,
		.size = payload.size,
		.room = 1ull << 30,
		.wide = payload.bytes[EI_CLASS] == ELFCLASS64,
	};
	linked_at(payload.bytes, elf.wide, &elf.base, &vaddr);
	if (unpack_prepare(&elf, &plan, &fault)) {
		fail("a kernel", fault.text);
		goto out;
	}
	unpack_move(payload.bytes, &plan);
	for (unsigned int i = 0; i < plan.nr; i++)
		if (memcmp(payload.bytes + plan.moves[i].to,
			   whole.bytes + plan.moves[i].from,
			   plan.moves[i].size))
			fail("a kernel", "a segment is not what it was");

	image = malloc(plan.image_end);
	if (!image)
		abort();
	memcpy(image, payload.bytes, plan.image_end);
	relocate_kernel(image, &payload, &plan, elf.wide, vaddr, 0x2000000);
	if (nr > 1 && !memcmp(image, payload.bytes, plan.image_end))
		fail("a kernel", "has no relocations");
	relocate_kernel(image, &payload, &plan, elf.wide, vaddr, -0x2000000);
	if (memcmp(image, payload.bytes, plan.image_end))
		fail("a kernel", "does not come back");
	free(image);
out:
	free(payload.bytes);
	free(whole.bytes);
}

int main(int argc, char **argv)
{
	size_t relocations, places;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		test_row(&rows[i], false);
		test_row(&rows[i], true);
	}
	for (size_t i = 0; i < ARRAY_SIZE(damages); i++)
		test_damage(&damages[i]);
	test_truncated(false);
	test_truncated(true);
	relocations = test_relocate();
	places = test_head64();
	if (argc > 1)
		test_kernel(argv + 1, argc - 1);

	printf("%zu ELF files, %zu kinds of damage, %zu tables, %zu places, ",
	       ARRAY_SIZE(rows), ARRAY_SIZE(damages), relocations, places);
	printf("%d kernels: %u failed\n", argc > 1, failed);
	return failed != 0;
}
