// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of what is made of the crashed kernel's vmcoreinfo (vmcore_oldinfo.c):
 * text that anything may have written over.
 */

#include <kunit/test.h>
#include <linux/crash_dump.h>
#include <linux/elf.h>
#include <linux/limits.h>
#include <linux/string.h>
#include <linux/vmcore_info.h>

#include "vmcore_internal.h"
#include "vmcore_oldinfo.h"

#define UNTOUCHED	0x5a5aULL

static const struct number_case {
	const char *name;
	const char *info;
	const char *key;
	bool want;
	u64 value;
} number_cases[] = {
	{ "decimal", "A=1\nB=12\nC=3\n", "B", true, 12 },
	{ "the first line", "A=1\nB=12\n", "A", true, 1 },
	{ "the last one, without an end", "A=1\nB=12", "B", true, 12 },
	{ "the first of two", "B=12\nB=13\n", "B", true, 12 },
	{ "a name that goes on", "BB=11\nB=12\n", "B", true, 12 },
	{ "a name that ends as another", "AB=11\nB=12\n", "B", true, 12 },
	{ "only names that go on", "BB=11\nB()=12\n", "B", false, 0 },
	{ "not at the beginning of a line", "A= B=12\n", "B", false, 0 },
	{ "the name and no =", "B\nC=3\n", "B", false, 0 },
	{ "the name and no more", "A=1\nB", "B", false, 0 },
	{ "nothing behind the =", "B=\nC=3\n", "B", false, 0 },
	{ "nothing at all behind the =", "B=", "B", false, 0 },
	{ "no text", "", "B", false, 0 },
	{ "only ends of lines", "\n\n\n", "B", false, 0 },
	{ "no digits", "B=x\n", "B", false, 0 },
	{ "digits and more", "B=12 3\n", "B", false, 0 },
	{ "digits of another base", "B=1f\n", "B", false, 0 },
	{ "hexadecimal", "SYMBOL(x)=ffffffff81000000\n", "SYMBOL(x)", true,
	  0xffffffff81000000ULL },
	{ "hexadecimal, only digits", "SYMBOL(x)=10\n", "SYMBOL(x)", true, 16 },
	{ "an offset of the kernel", "KERNELOFFSET=1f000000\n", "KERNELOFFSET",
	  true, 0x1f000000 },
	{ "less than nothing", "NUMBER(x)=-2\n", "NUMBER(x)", true, -2ULL },
	{ "only a sign", "NUMBER(x)=-\n", "NUMBER(x)", false, 0 },
	{ "two signs", "NUMBER(x)=--2\n", "NUMBER(x)", false, 0 },
	{ "the least", "B=-9223372036854775808\n", "B", true, 1ULL << 63 },
	{ "less than that", "B=-9223372036854775809\n", "B", false, 0 },
	{ "the largest", "B=18446744073709551615\n", "B", true, U64_MAX },
	{ "larger than that", "B=18446744073709551616\n", "B", false, 0 },
	{ "too large in hexadecimal", "SYMBOL(x)=10000000000000000\n",
	  "SYMBOL(x)", false, 0 },
	/* What of it there is room for would be 0. */
	{ "longer than any", "B=000000000000000000000000000012\n", "B", false,
	  0 },
};

KUNIT_ARRAY_PARAM_DESC(number, number_cases, name);

static void number_test(struct kunit *test)
{
	const struct number_case *row = test->param_value;
	u64 value = UNTOUCHED;

	KUNIT_EXPECT_EQ(test, row->want,
			oldmem_info_number(row->info, row->key, &value));
	KUNIT_EXPECT_EQ(test, row->want ? row->value : UNTOUCHED, value);
}

static const struct build_case {
	const char *name;
	const char *theirs;
	const char *ours;
	bool want;
} build_cases[] = {
	{ "the same", "A=1\nBUILD-ID=0a1b\n", "BUILD-ID=0a1b\nB=2\n", true },
	{ "the same, without an end", "BUILD-ID=0a1b", "BUILD-ID=0a1b\n", true },
	{ "another", "BUILD-ID=0a1c\n", "BUILD-ID=0a1b\n", false },
	{ "the beginning of ours", "BUILD-ID=0a\n", "BUILD-ID=0a1b\n", false },
	{ "ours and more", "BUILD-ID=0a1b2c\n", "BUILD-ID=0a1b\n", false },
	{ "none", "A=1\n", "BUILD-ID=0a1b\n", false },
	{ "none of ours", "BUILD-ID=0a1b\n", "A=1\n", false },
	{ "both empty", "BUILD-ID=\n", "BUILD-ID=\n", false },
	/* What a kernel has that was linked without one */
	{ "both zeros", "BUILD-ID=0000\n", "BUILD-ID=0000\n", false },
	{ "both zeros, without an end", "BUILD-ID=0000", "BUILD-ID=0000", false },
};

KUNIT_ARRAY_PARAM_DESC(build, build_cases, name);

static void build_test(struct kunit *test)
{
	const struct build_case *row = test->param_value;

	KUNIT_EXPECT_EQ(test, row->want,
			vmcore_oldinfo_is_same_build(row->theirs, row->ours));
}

/* Notes, one behind the other */
static u8 buf[3 * VMCOREINFO_BYTES] __aligned(4);

static void note_add(struct vmcore_notes *notes, const char *name,
		     const char *text, u32 len)
{
	struct elf64_note *note = notes->buf + notes->len;
	u32 name_len = strlen(name) + 1;

	*note = (struct elf64_note) { .n_namesz = name_len, .n_descsz = len };
	memcpy(note + 1, name, name_len);
	notes->len += sizeof(*note) + ALIGN(name_len, 4);
	memcpy(notes->buf + notes->len, text, len);
	notes->len += ALIGN(len, 4);
}

static void find_test(struct kunit *test)
{
	struct vmcore_notes notes = { .buf = buf };
	const char *text = "A=1\nB=2\n", *info;
	u64 whole, len;

	memset(buf, 0, sizeof(buf));
	KUNIT_EXPECT_NULL(test, vmcore_oldinfo_find(&notes));
	note_add(&notes, "CORE", "VMCOREINFO", 10);
	note_add(&notes, "VMCOREINFO2", "A=7\n", 4);
	note_add(&notes, "VMCOREINFA", "A=8\n", 4);
	KUNIT_EXPECT_NULL(test, vmcore_oldinfo_find(&notes));
	note_add(&notes, VMCOREINFO_NOTE_NAME, text, strlen(text));
	note_add(&notes, "CORE", "behind", 6);
	info = vmcore_oldinfo_find(&notes);
	KUNIT_ASSERT_NOT_NULL(test, info);
	KUNIT_EXPECT_STREQ(test, info, text);

	/* Cut anywhere: in its header, its name, its descriptor */
	whole = notes.len - sizeof(struct elf64_note) - 8 - 8;
	for (len = 0; len < whole; len++) {
		notes.len = len;
		KUNIT_EXPECT_NULL_MSG(test, vmcore_oldinfo_find(&notes),
				      "at %llu", len);
	}
	notes.len = whole;
	KUNIT_EXPECT_NOT_NULL(test, vmcore_oldinfo_find(&notes));
}

/* One that is too long is cut, and nothing of it is in the next one. */
static void find_long_test(struct kunit *test)
{
	struct vmcore_notes notes = { .buf = buf };
	static char text[VMCOREINFO_BYTES + 8];
	const char *info;

	memset(text, 'x', sizeof(text));
	note_add(&notes, VMCOREINFO_NOTE_NAME, text, sizeof(text));
	info = vmcore_oldinfo_find(&notes);
	KUNIT_ASSERT_NOT_NULL(test, info);
	KUNIT_EXPECT_EQ(test, strlen(info), VMCOREINFO_BYTES);

	notes.len = 0;
	note_add(&notes, VMCOREINFO_NOTE_NAME, "A=1", 3);
	info = vmcore_oldinfo_find(&notes);
	KUNIT_ASSERT_NOT_NULL(test, info);
	KUNIT_EXPECT_STREQ(test, info, "A=1");
}

static struct kunit_case oldinfo_cases[] = {
	KUNIT_CASE_PARAM(number_test, number_gen_params),
	KUNIT_CASE_PARAM(build_test, build_gen_params),
	KUNIT_CASE(find_test),
	KUNIT_CASE(find_long_test),
	{ }
};

static struct kunit_suite oldinfo_suite = {
	.name = "vmcore_oldinfo",
	.test_cases = oldinfo_cases,
};

kunit_test_suite(oldinfo_suite);
