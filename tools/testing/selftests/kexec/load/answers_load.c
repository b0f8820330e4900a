// SPDX-License-Identifier: GPL-2.0
/*
 * Calls of kexec_load(2), for answers.c.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "answers.h"

#define SEGMENTS	2	/* of an image, where nothing is said of it */
#define NOWHERE		0x1000	/* an address that nothing is mapped at */

/*
 * What all segments are made of. Not on the heap: a 32-bit caller's pointers
 * reach here, since the program is linked statically.
 */
static unsigned char page[2 * PAGE] __attribute__((aligned(PAGE)));

static void *address(uint64_t value)
{
	return (void *)(unsigned long)value;
}

/* Where images go. An ordinary one's may be anywhere; this is free as a rule. */
static struct span where(const struct call *c)
{
	struct span upper = facts.ram;

	if (c->on_crash)
		return facts.region;
	upper.start = PAGE_UP(upper.start + (upper.end - upper.start) / 2);
	return upper;
}

/* Segments of a page each, a page apart. The first one is entered. */
void call_place(struct call *c)
{
	uint64_t at = where(c).start;
	int i;

	c->entry = at;
	for (i = 0; i < IMAGE_SEGMENTS; i++)
		c->segment[i].mem = address(at + 2 * i * PAGE);
}

void call_of_segments(struct call *c)
{
	int i;

	for (i = 0; i < IMAGE_SEGMENTS; i++)
		c->segment[i] = (struct kexec_segment){
			.buf = page, .bufsz = PAGE, .memsz = PAGE,
		};
	c->segments = c->segment;
	c->nr_segments = SEGMENTS;
	c->bad = &c->segment[0];
	c->other = &c->segment[SEGMENTS - 1];
	call_place(c);
}

/* The flags, and what kind of machine the image is for */

static const struct choice flag_pairs[] = {
	{ "none", unchanged },
	{ "jump", flags_or, KEXEC_PRESERVE_CONTEXT },
	{ "update", flags_or, KEXEC_UPDATE_ELFCOREHDR },
	{ "hotplug", flags_or, KEXEC_CRASH_HOTPLUG_SUPPORT },
	{ "jump+update", flags_or,
	  KEXEC_PRESERVE_CONTEXT | KEXEC_UPDATE_ELFCOREHDR },
	{ "jump+hotplug", flags_or,
	  KEXEC_PRESERVE_CONTEXT | KEXEC_CRASH_HOTPLUG_SUPPORT },
	{ "update+hotplug", flags_or,
	  KEXEC_UPDATE_ELFCOREHDR | KEXEC_CRASH_HOTPLUG_SUPPORT },
	{ "all", flags_or, KEXEC_PRESERVE_CONTEXT | KEXEC_UPDATE_ELFCOREHDR |
			   KEXEC_CRASH_HOTPLUG_SUPPORT },
	{ 0 }
};

static void no_segments(struct call *c, const struct choice *choice)
{
	(void)choice;
	c->nr_segments = 0;
	c->segments = NULL;
}

const struct choice unload_or_load[] = {
	{ "load", unchanged },
	{ "unload", no_segments },
	{ 0 }
};

#define ARCH(name)	{ #name, flags_or, KEXEC_ARCH_##name }

static const struct choice arches[] = {
	ARCH(DEFAULT), ARCH(386), ARCH(68K), ARCH(MIPS_LE), ARCH(MIPS),
	ARCH(PARISC), ARCH(PPC), ARCH(PPC64), ARCH(S390), ARCH(ARM), ARCH(SH),
	ARCH(IA_64), ARCH(X86_64), ARCH(AARCH64), ARCH(RISCV),
	ARCH(LOONGARCH), ARCH(MASK),
	{ 0 }
};

/* How many segments, and is there a table of them? */

static void count_is(struct call *c, const struct choice *choice)
{
	c->nr_segments = choice->arg;
}

static const struct choice counts[] = {
	{ "0", count_is, 0 },
	{ "1", count_is, 1 },
	{ "2", count_is, 2 },
	{ "max-1", count_is, KEXEC_SEGMENT_MAX - 1 },
	{ "max", count_is, KEXEC_SEGMENT_MAX },
	{ "max+1", count_is, KEXEC_SEGMENT_MAX + 1 },
	{ "twice-max", count_is, 2 * KEXEC_SEGMENT_MAX },
	{ "2^16", count_is, 1UL << 16 },
	{ "2^31", count_is, 1UL << 31 },
	IF_WIDE("2^32", count_is, 1UL << 32)
	IF_WIDE("2^32+2", count_is, (1UL << 32) + 2)
	IF_WIDE("2^59+2", count_is, (1UL << 59) + 2)
	IF_WIDE("2^63", count_is, 1UL << 63)
	{ "-1", count_is, -1UL },
	{ 0 }
};

/* Memory that ends @room bytes after the pointer that this returns. */
static void *before_nothing(size_t room)
{
	unsigned char *p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED || munmap(p + PAGE, PAGE))
		die("mmap: %m");
	return p + PAGE - room;
}

static void table_at(struct call *c, const struct choice *choice)
{
	c->segments = address(choice->arg);
}

/* The second entry is not mapped. */
static void table_ends(struct call *c, const struct choice *choice)
{
	struct kexec_segment *table = before_nothing(sizeof(*table));

	(void)choice;
	table[0] = c->segment[0];
	c->segments = table;
}

static void table_odd(struct call *c, const struct choice *choice)
{
	unsigned char *table = zeroed(sizeof(c->segment) + 1);

	(void)choice;
	memcpy(table + 1, c->segment, sizeof(c->segment));
	c->segments = (void *)(table + 1);
}

static const struct choice tables[] = {
	{ "table", unchanged },
	{ "table-unaligned", table_odd },
	{ "table-null", table_at, 0 },
	{ "table-unmapped", table_at, NOWHERE },
	{ "table-of-kernel", table_at, KERNEL_ADDRESS },
	{ "table-half-mapped", table_ends },
	{ 0 }
};

/* Which segment is bad */

static void bad_is(struct call *c, const struct choice *choice)
{
	bool first = !choice->arg;

	c->bad = &c->segment[choice->arg];
	c->other = &c->segment[first ? c->nr_segments - 1 : 0];
}

static void max_bad(struct call *c, const struct choice *choice)
{
	c->nr_segments = KEXEC_SEGMENT_MAX;
	bad_is(c, choice);
}

static const struct choice positions[] = {
	{ "first", bad_is, 0 },
	{ "last", bad_is, SEGMENTS - 1 },
	{ 0 }
};

static const struct choice of_many[] = {
	{ "first-of-max", max_bad, 0 },
	{ "last-of-max", max_bad, KEXEC_SEGMENT_MAX - 1 },
	{ 0 }
};

/* What is bad about it */

static void mem_is(struct call *c, const struct choice *choice)
{
	c->bad->mem = address(choice->arg);
}

static void mem_plus(struct call *c, const struct choice *choice)
{
	c->bad->mem += choice->arg;
}

static void mem_from_start(struct call *c, const struct choice *choice)
{
	c->bad->mem = address(where(c).start + choice->arg);
}

static void mem_from_end(struct call *c, const struct choice *choice)
{
	c->bad->mem = address(where(c).end + 1 + choice->arg);
}

static void mem_from_other(struct call *c, const struct choice *choice)
{
	c->bad->mem = c->other->mem + choice->arg;
}

static void two_from_start(struct call *c, const struct choice *choice)
{
	mem_from_start(c, choice);
	c->bad->memsz = 2 * PAGE;
}

static void two_from_end(struct call *c, const struct choice *choice)
{
	mem_from_end(c, choice);
	c->bad->memsz = 2 * PAGE;
}

static void two_from_other(struct call *c, const struct choice *choice)
{
	mem_from_other(c, choice);
	c->bad->memsz = 2 * PAGE;
}

static void three_from_other(struct call *c, const struct choice *choice)
{
	mem_from_other(c, choice);
	c->bad->memsz = 3 * PAGE;
}

static void inside_other(struct call *c, const struct choice *choice)
{
	c->other->memsz = 3 * PAGE;
	mem_from_other(c, choice);
}

static void two_at(struct call *c, const struct choice *choice)
{
	mem_is(c, choice);
	c->bad->memsz = 2 * PAGE;
}

static void memsz_is(struct call *c, const struct choice *choice)
{
	c->bad->memsz = choice->arg;
}

static void memsz_plus(struct call *c, const struct choice *choice)
{
	c->bad->memsz += choice->arg;
}

/* The end stays where it is. */
static void start_plus(struct call *c, const struct choice *choice)
{
	mem_plus(c, choice);
	c->bad->memsz -= choice->arg;
	c->bad->bufsz = 16;
}

static void bufsz_is(struct call *c, const struct choice *choice)
{
	c->bad->bufsz = choice->arg;
}

static void buf_is(struct call *c, const struct choice *choice)
{
	c->bad->buf = address(choice->arg);
}

static void buf_plus(struct call *c, const struct choice *choice)
{
	c->bad->buf = page + choice->arg;
}

static void buf_ends(struct call *c, const struct choice *choice)
{
	c->bad->buf = before_nothing(choice->arg);
}

static void buf_protected(struct call *c, const struct choice *choice)
{
	c->bad->buf = zeroed(PAGE);
	if (mprotect((void *)c->bad->buf, PAGE, choice->arg))
		die("mprotect: %m");
}

/* No contents, from a pointer that would be bad if there were some. */
static void no_contents(struct call *c, const struct choice *choice)
{
	buf_is(c, choice);
	c->bad->bufsz = 0;
}

static void size_zero(struct call *c)
{
	c->bad->bufsz = 0;
	c->bad->memsz = 0;
}

static void empty_plus(struct call *c, const struct choice *choice)
{
	mem_plus(c, choice);
	size_zero(c);
}

static void empty_from_start(struct call *c, const struct choice *choice)
{
	mem_from_start(c, choice);
	size_zero(c);
}

static void empty_from_end(struct call *c, const struct choice *choice)
{
	mem_from_end(c, choice);
	size_zero(c);
}

static void empty_inside(struct call *c, const struct choice *choice)
{
	inside_other(c, choice);
	size_zero(c);
}

static void empty_of_nothing(struct call *c, const struct choice *choice)
{
	(void)choice;
	size_zero(c);
	c->bad->buf = NULL;
	c->bad->mem = NULL;
}

/* Two things at once: which one is it that is answered? */

static void unaligned_larger(struct call *c, const struct choice *choice)
{
	mem_plus(c, choice);
	c->bad->bufsz = 2 * PAGE;
}

static void outside_larger(struct call *c, const struct choice *choice)
{
	mem_from_end(c, choice);
	c->bad->bufsz = 2 * PAGE;
}

static void outside_unmapped(struct call *c, const struct choice *choice)
{
	mem_from_end(c, choice);
	c->bad->buf = address(NOWHERE);
}

static void overlap_larger(struct call *c, const struct choice *choice)
{
	mem_from_other(c, choice);
	c->bad->bufsz = 2 * PAGE;
}

static void overlap_unmapped(struct call *c, const struct choice *choice)
{
	mem_from_other(c, choice);
	c->bad->buf = address(NOWHERE);
}

static void larger_unmapped(struct call *c, const struct choice *choice)
{
	bufsz_is(c, choice);
	c->bad->buf = address(NOWHERE);
}

static const struct choice defects[] = {
	{ "good", unchanged },
	{ "start-unaligned-1", mem_plus, 1 },
	{ "start-unaligned-16", mem_plus, 16 },
	{ "start-unaligned-half", mem_plus, PAGE / 2 },
	{ "start-alone-unaligned", start_plus, 16 },
	{ "end-unaligned-1", memsz_plus, 1 },
	{ "end-unaligned-half", memsz_plus, PAGE / 2 },
	{ "end-unaligned-less", memsz_plus, -16UL },
	{ "same-as-other", mem_from_other, 0 },
	{ "half-over-other", mem_from_other, PAGE / 2 },
	{ "over-start-of-other", two_from_other, -PAGE },
	{ "over-other-and-more", two_from_other, 0 },
	{ "around-other", three_from_other, -PAGE },
	{ "inside-other", inside_other, PAGE },
	{ "just-before-other", mem_from_other, -PAGE },
	{ "just-behind-other", mem_from_other, PAGE },
	{ "at-0", mem_is, 0 },
	{ "at-page-1", mem_is, PAGE },
	{ "at-1M", mem_is, 1UL << 20 },
	IF_WIDE("at-4G", mem_is, 1UL << 32)
	IF_WIDE("at-1T", mem_is, 1UL << 40)
	IF_WIDE("ends-below-2^46", mem_is, (1UL << 46) - 2 * PAGE)
	IF_WIDE("ends-at-2^46", mem_is, (1UL << 46) - PAGE)
	IF_WIDE("at-2^46", mem_is, 1UL << 46)
	IF_WIDE("ends-below-2^52", mem_is, (1UL << 52) - 2 * PAGE)
	IF_WIDE("ends-at-2^52", mem_is, (1UL << 52) - PAGE)
	IF_WIDE("at-2^52", mem_is, 1UL << 52)
	IF_WIDE("at-2^63", mem_is, 1UL << 63)
	{ "ends-below-top", mem_is, -2 * PAGE },
	{ "ends-at-top", mem_is, -PAGE },
	{ "wraps", two_at, -PAGE },
	{ "memsz-wraps", memsz_is, -PAGE },
	IF_WIDE("memsz-2^63", memsz_is, 1UL << 63)
	{ "memsz-max", memsz_is, -1UL },
	{ "below", mem_from_start, -PAGE },
	{ "across-start", two_from_start, -PAGE },
	{ "last-page", mem_from_end, -PAGE },
	{ "across-end", two_from_end, -PAGE },
	{ "above", mem_from_end, 0 },
	{ "bufsz-1", bufsz_is, 1 },
	{ "bufsz-page-1", bufsz_is, PAGE - 1 },
	{ "bufsz-page+1", bufsz_is, PAGE + 1 },
	{ "bufsz-2-pages", bufsz_is, 2 * PAGE },
	IF_WIDE("bufsz-2^63", bufsz_is, 1UL << 63)
	{ "bufsz-max", bufsz_is, -1UL },
	{ "no-contents-null", no_contents, 0 },
	{ "no-contents-unmapped", no_contents, NOWHERE },
	{ "buf-null", buf_is, 0 },
	{ "buf-unmapped", buf_is, NOWHERE },
	{ "buf-of-kernel", buf_is, KERNEL_ADDRESS },
	IF_WIDE("buf-not-canonical", buf_is, 1UL << 62)
	{ "buf-unaligned", buf_plus, 1 },
	{ "buf-half-mapped", buf_ends, PAGE / 2 },
	{ "buf-just-mapped", buf_ends, PAGE },
	{ "buf-read-only", buf_protected, PROT_READ },
	{ "buf-not-readable", buf_protected, PROT_NONE },
	{ "memsz-0", memsz_is, 0 },
	{ "empty", empty_plus, 0 },
	{ "empty-unaligned", empty_plus, 16 },
	{ "empty-below", empty_from_start, -PAGE },
	{ "empty-at-start", empty_from_start, 0 },
	{ "empty-at-end", empty_from_end, 0 },
	{ "empty-above", empty_from_end, PAGE },
	{ "empty-inside-other", empty_inside, PAGE },
	{ "empty-of-nothing", empty_of_nothing },
	{ "unaligned-and-bufsz", unaligned_larger, 16 },
	{ "outside-and-bufsz", outside_larger, 0 },
	{ "outside-and-buf", outside_unmapped, 0 },
	{ "overlap-and-bufsz", overlap_larger, 0 },
	{ "overlap-and-buf", overlap_unmapped, 0 },
	{ "bufsz-and-buf", larger_unmapped, 2 * PAGE },
	{ 0 }
};

/* Two bad segments, in either order: a defect for each rule. */

enum { GOOD, UNALIGNED, TOO_HIGH, OVERLAPS, BUFSZ, OUTSIDE, UNMAPPED };

const struct choice one_segment_bad[] = {
	[GOOD]		= { "good", unchanged },
	[UNALIGNED]	= { "unaligned", mem_plus, 16 },
	[TOO_HIGH]	= { "too-high", mem_is, -2 * PAGE },
	[OVERLAPS]	= { "overlaps", two_from_other, -PAGE },
	[BUFSZ]		= { "bufsz", bufsz_is, 2 * PAGE },
	[OUTSIDE]	= { "outside", mem_from_end, 0 },
	[UNMAPPED]	= { "unmapped", buf_is, NOWHERE },
	{ 0 }
};

static void next_bad(struct call *c, const struct choice *choice)
{
	const struct choice *defect = &one_segment_bad[choice->arg];
	struct kexec_segment *other = c->other;

	c->other = c->bad;
	c->bad = other;
	defect->apply(c, defect);
}

static const struct choice then_bad[] = {
	{ "good", next_bad, GOOD },
	{ "unaligned", next_bad, UNALIGNED },
	{ "too-high", next_bad, TOO_HIGH },
	{ "overlaps", next_bad, OVERLAPS },
	{ "bufsz", next_bad, BUFSZ },
	{ "outside", next_bad, OUTSIDE },
	{ "unmapped", next_bad, UNMAPPED },
	{ 0 }
};

/* How much of RAM: shares of it, in so many segments one behind the other */

static void share(struct call *c, unsigned long nr, uint64_t bytes)
{
	uint64_t at = where(c).start;
	unsigned long i;

	c->nr_segments = nr;
	for (i = 0; i < nr; i++) {
		c->segment[i].bufsz = 0;
		c->segment[i].mem = address(at);
		c->segment[i].memsz = bytes;
		at += bytes;
	}
}

static uint64_t half_of_ram(void)
{
	return facts.total / PAGE / 2 * PAGE;
}

static void half_plus(struct call *c, const struct choice *choice)
{
	share(c, 1, half_of_ram() + choice->arg);
}

static void part_each(struct call *c, const struct choice *choice)
{
	share(c, 2, PAGE_UP(facts.total / choice->arg));
}

static const struct choice shares[] = {
	{ "half-of-ram", half_plus, 0 },
	{ "half-of-ram-and-a-page", half_plus, PAGE },
	{ "third-of-ram-twice", part_each, 3 },
	{ "all-of-ram", part_each, 2 },
	{ 0 }
};

/* Where it is entered */

static void entry_is(struct call *c, const struct choice *choice)
{
	c->entry = choice->arg;
}

static void entry_from_start(struct call *c, const struct choice *choice)
{
	c->entry = where(c).start + choice->arg;
}

static void entry_from_end(struct call *c, const struct choice *choice)
{
	c->entry = where(c).end + choice->arg;
}

static const struct choice entries[] = {
	{ "at-start", entry_from_start, 0 },
	{ "unaligned", entry_from_start, 1 },
	{ "last-of-segment", entry_from_start, PAGE - 1 },
	{ "between-segments", entry_from_start, PAGE },
	{ "last-of-all", entry_from_end, 0 },
	{ "below", entry_from_start, -1UL },
	{ "above", entry_from_end, 1 },
	{ "0", entry_is, 0 },
	IF_WIDE("2^52", entry_is, 1UL << 52)
	{ "max", entry_is, -1UL },
	{ 0 }
};

/* In which order the caller, the flags, the count and the table are looked at */

static const struct choice flags_bad[] = {
	{ "flags", unchanged },
	{ "flags-bad", flags_or, 0x8000 },
	{ "flags-foreign", flags_or, KEXEC_ARCH_S390 },
	{ 0 }
};

static const struct choice counts_bad[] = {
	{ "count", unchanged },
	{ "count-0", count_is, 0 },
	{ "count-max+1", count_is, KEXEC_SEGMENT_MAX + 1 },
	{ 0 }
};

static const struct choice tables_bad[] = {
	{ "table", unchanged },
	{ "table-unmapped", table_at, NOWHERE },
	{ 0 }
};

static void entry_outside(struct call *c, const struct choice *choice)
{
	c->entry = where(c).end + 1 + choice->arg;
}

static const struct choice entries_bad[] = {
	{ "entry", unchanged },
	{ "entry-outside", entry_outside, 0 },
	{ 0 }
};

static const struct choice arches_32[] = {
	ARCH(DEFAULT), ARCH(386), ARCH(X86_64), ARCH(S390),
	{ 0 }
};

const struct row_group load_groups[] = {
	{ "load-bit", BY_SEGMENTS, { kinds, bits } },
	{ "load-flags", BY_SEGMENTS, { kinds, unload_or_load, flag_pairs } },
	{ "load-arch", BY_SEGMENTS, { kinds, unload_or_load, arches } },
	{ "load-count", BY_SEGMENTS, { kinds, counts, tables } },
	{ "load-segment", BY_SEGMENTS, { kinds, positions, defects } },
	{ "load-max", BY_SEGMENTS, { kinds, of_many, one_segment_bad } },
	{ "load-two", BY_SEGMENTS, { kinds, one_segment_bad, then_bad } },
	{ "load-ram", BY_SEGMENTS, { kinds, shares } },
	{ "load-entry", BY_SEGMENTS, { kinds, entries } },
	{ "load-entry-and", BY_SEGMENTS,
	  { kinds, entries_bad, one_segment_bad } },
	{ "load-order", BY_SEGMENTS,
	  { kinds, caps, flags_bad, counts_bad, tables_bad } },
	{ "load-armed", BY_SEGMENTS,
	  { kinds, armed, unload_or_load, one_segment_bad } },
	{ "load32-arch", BY_SEGMENTS_32, { kinds, unload_or_load, arches_32 } },
	{ "load32-count", BY_SEGMENTS_32,
	  { kinds, arches_32, counts_bad, tables_bad } },
	{ "load32-segment", BY_SEGMENTS_32,
	  { kinds, arches_32, one_segment_bad } },
	{ 0 }
};
