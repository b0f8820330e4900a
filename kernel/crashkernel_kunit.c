// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the grammar of crashkernel=
 *
 * A row is a command line, the RAM of the machine that it is read on, and what
 * comes out of it. For a refused line that is the error, and the part of the
 * argument from the first bad character on.
 */

#include <kunit/test.h>
#include <linux/crash_reserve.h>
#include <linux/errno.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "crashkernel_param.h"

#define RAM (2ULL * SZ_1G)
#define M(n) ((unsigned long long)(n) << 20)
#define G(n) ((unsigned long long)(n) << 30)

struct good_row {
	const char *line;
	unsigned long long ram;
	struct crashkernel_param want;
};

static const struct good_row good_rows[] __initconst = {
	/* Sizes, as memparse() reads them. */
	{ "crashkernel=256M", RAM, { .size = M(256) } },
	{ "crashkernel=256m", RAM, { .size = M(256) } },
	{ "crashkernel=1G", RAM, { .size = G(1) } },
	{ "crashkernel=65536K", RAM, { .size = M(64) } },
	{ "crashkernel=67108864", RAM, { .size = M(64) } },
	{ "crashkernel=0x4000000", RAM, { .size = M(64) } },
	{ "crashkernel=0X40m", RAM, { .size = M(64) } },
	{ "crashkernel=0100M", RAM, { .size = M(64) } },
	{ "crashkernel=1T", G(4096), { .size = G(1024) } },
	{ "crashkernel=1p", ULLONG_MAX, { .size = 1ULL << 50 } },
	{ "crashkernel=1e", ULLONG_MAX, { .size = 1ULL << 60 } },

	/* Addresses. */
	{ "crashkernel=64M@16M", RAM, { .size = M(64), .base = M(16) } },
	{ "crashkernel=64M@0x1000000", RAM, { .size = M(64), .base = M(16) } },
	{ "crashkernel=64M@8G", G(16), { .size = M(64), .base = G(8) } },
	{ "crashkernel=64M@0", RAM, { .size = M(64) } },

	/* Ranges: the start is part of one, the end is not. */
	{ "crashkernel=512M-2G:64M,2G-:128M", M(512), { .size = M(64) } },
	{ "crashkernel=512M-2G:64M,2G-:128M", G(2) - M(128),
	  { .size = M(64) } },
	{ "crashkernel=512M-2G:64M,2G-:128M", G(2), { .size = M(128) } },
	{ "crashkernel=512M-2G:64M,2G-:128M", ULLONG_MAX, { .size = M(128) } },
	{ "crashkernel=512M-2G:64M,2G-:128M@32M", G(1),
	  { .size = M(64), .base = M(32) } },
	/* RAM counts in steps of 128 MiB, as firmware keeps some of it. */
	{ "crashkernel=512M-2G:64M,2G-:128M", M(511), { .size = M(64) } },
	{ "crashkernel=512M-2G:64M,2G-:128M", G(2) - 1, { .size = M(128) } },
	{ "crashkernel=512M-2G:64M,2G-:128M", G(2) - M(128) + 1,
	  { .size = M(128) } },
	{ "crashkernel=0-:64M", RAM, { .size = M(64) } },
	{ "crashkernel=0x40000000-0x80000000:64M", G(1), { .size = M(64) } },
	/* The first one that fits counts. */
	{ "crashkernel=1G-4G:64M,1G-4G:128M", RAM, { .size = M(64) } },
	{ "crashkernel=4G-:512M,1G-4G:128M", RAM, { .size = M(128) } },

	/* High and low. */
	{ "crashkernel=64M,high", RAM, { .size = M(64), .high = true } },
	{ "crashkernel=64M,high crashkernel=32M,low", RAM,
	  { .size = M(64), .high = true, .low_set = true,
	    .low_size = M(32) } },
	{ "crashkernel=0,low crashkernel=64M,high", RAM,
	  { .size = M(64), .high = true, .low_set = true } },
	{ "crashkernel=1M,high crashkernel=2M,high", RAM,
	  { .size = M(2), .high = true } },
	{ "crashkernel=64M,high crashkernel=1M,low crashkernel=2M,low", RAM,
	  { .size = M(64), .high = true, .low_set = true, .low_size = M(2) } },
	/* Without a suffix it counts alone, wherever it is. */
	{ "crashkernel=64M crashkernel=128M,high", RAM, { .size = M(64) } },
	{ "crashkernel=bad,high crashkernel=64M", RAM, { .size = M(64) } },

	/* Its place on the line. */
	{ "crashkernel=64M crashkernel=128M", RAM, { .size = M(128) } },
	{ "crashkernel=bad crashkernel=128M", RAM, { .size = M(128) } },
	{ "ro quiet crashkernel=64M root=/dev/vda", RAM, { .size = M(64) } },
	{ "  ro\tcrashkernel=64M\n", RAM, { .size = M(64) } },
	{ "crashkernel=64M xcrashkernel=128M", RAM, { .size = M(64) } },
	{ "crashkernel=64M a=\"b crashkernel=128M\"", RAM,
	  { .size = M(64) } },
	{ "crashkernel=64M -- crashkernel=128M", RAM, { .size = M(64) } },
	{ "crashkernel=\"64M\"", RAM, { .size = M(64) } },
	{ "\"crashkernel=64M\"", RAM, { .size = M(64) } },
	{ "crashkernel=\"64M,high\"", RAM, { .size = M(64), .high = true } },

	/* Limits. */
	{ "crashkernel=1", 2, { .size = 1 } },
	{ "crashkernel=2047M", RAM, { .size = M(2047) } },
	{ "crashkernel=18446744073709551614", ULLONG_MAX,
	  { .size = ULLONG_MAX - 1 } },
	{ "crashkernel=1@18446744073709551614", ULLONG_MAX,
	  { .size = 1, .base = ULLONG_MAX - 1 } },
};

static void __init good_lines(struct kunit *test)
{
	const struct good_row *row;

	for (row = good_rows; row < good_rows + ARRAY_SIZE(good_rows); row++) {
		struct crashkernel_param got;
		struct crashkernel_fault fault;
		int ret = crashkernel_parse(row->line, row->ram, true, &got,
					    &fault);

		KUNIT_EXPECT_EQ_MSG(test, ret, 0, "%s: %s", row->line,
				    crashkernel_error_text(fault.error));
		KUNIT_EXPECT_EQ_MSG(test, fault.error, CRASHKERNEL_OK, "%s",
				    row->line);
		KUNIT_EXPECT_EQ_MSG(test, got.size, row->want.size, "%s",
				    row->line);
		KUNIT_EXPECT_EQ_MSG(test, got.base, row->want.base, "%s",
				    row->line);
		KUNIT_EXPECT_EQ_MSG(test, got.high, row->want.high, "%s",
				    row->line);
		KUNIT_EXPECT_EQ_MSG(test, got.low_set, row->want.low_set, "%s",
				    row->line);
		KUNIT_EXPECT_EQ_MSG(test, got.low_size, row->want.low_size,
				    "%s", row->line);
	}
}

struct bad_row {
	const char *line;
	int ret;
	enum crashkernel_error error;
	const char *rest;	/* of the argument, from fault.pos on */
};

static const struct bad_row bad_rows[] __initconst = {
	/* Nothing is asked for. */
	{ "", -ENOENT },
	{ "   ", -ENOENT },
	{ "ro quiet", -ENOENT },
	{ "crashkernel", -ENOENT },
	{ "crashkernels=64M", -ENOENT },
	{ "-- crashkernel=64M", -ENOENT },
	{ "a=\"crashkernel=64M", -ENOENT },
	{ "crashkernel=64M,low", -ENOENT, CRASHKERNEL_LONE_LOW,
	  "crashkernel=64M,low" },

	{ "crashkernel=", -EINVAL, CRASHKERNEL_NO_NUMBER, "" },
	{ "crashkernel=M", -EINVAL, CRASHKERNEL_NO_NUMBER, "M" },
	{ "crashkernel=-1", -EINVAL, CRASHKERNEL_NO_NUMBER, "-1" },
	{ "crashkernel=,high", -EINVAL, CRASHKERNEL_NO_NUMBER, ",high" },
	{ "crashkernel=auto", -EINVAL, CRASHKERNEL_NO_NUMBER, "auto" },
	{ "crashkernel=@16M", -EINVAL, CRASHKERNEL_NO_NUMBER, "@16M" },
	{ "crashkernel=64M@", -EINVAL, CRASHKERNEL_NO_NUMBER, "" },
	{ "crashkernel=64M @16M crashkernel=@1", -EINVAL,
	  CRASHKERNEL_NO_NUMBER, "@1" },

	{ "crashkernel=64MB", -EINVAL, CRASHKERNEL_JUNK, "B" },
	{ "crashkernel=64X", -EINVAL, CRASHKERNEL_JUNK, "X" },
	{ "crashkernel=08M", -EINVAL, CRASHKERNEL_JUNK, "8M" },
	{ "crashkernel=0x", -EINVAL, CRASHKERNEL_JUNK, "x" },
	{ "crashkernel=64M,", -EINVAL, CRASHKERNEL_JUNK, "," },
	{ "crashkernel=64M,hi", -EINVAL, CRASHKERNEL_JUNK, ",hi" },
	{ "crashkernel=64M@16M@16M", -EINVAL, CRASHKERNEL_JUNK, "@16M" },
	{ "crashkernel=64M@16M,high", -EINVAL, CRASHKERNEL_JUNK,
	  "@16M,high" },
	{ "crashkernel=64M,high,high", -EINVAL, CRASHKERNEL_JUNK,
	  ",high,high" },
	{ "crashkernel=1M,high crashkernel=1MM,low", -EINVAL,
	  CRASHKERNEL_JUNK, "M,low" },

	{ "crashkernel=1G:64M", -EINVAL, CRASHKERNEL_NO_DASH, ":64M" },
	{ "crashkernel=1G-2G:64M,2G:1M", -EINVAL, CRASHKERNEL_NO_DASH, ":1M" },
	{ "crashkernel=1G-2G:64M,3G-4G", -EINVAL, CRASHKERNEL_NO_COLON, "" },
	{ "crashkernel=1G-2G:64M,3G-", -EINVAL, CRASHKERNEL_NO_NUMBER, "" },
	{ "crashkernel=1G-2G:64M,", -EINVAL, CRASHKERNEL_NO_NUMBER, "" },
	{ "crashkernel=1G-2G:", -EINVAL, CRASHKERNEL_NO_NUMBER, "" },
	{ "crashkernel=-2G:64M", -EINVAL, CRASHKERNEL_NO_NUMBER, "-2G:64M" },
	{ "crashkernel=2G-1G:64M", -EINVAL, CRASHKERNEL_EMPTY_RANGE,
	  "1G:64M" },
	{ "crashkernel=2G-2G:64M", -EINVAL, CRASHKERNEL_EMPTY_RANGE,
	  "2G:64M" },
	/* Also behind the range that counts. */
	{ "crashkernel=1G-4G:64M,5G-4G:64M", -EINVAL, CRASHKERNEL_EMPTY_RANGE,
	  "4G:64M" },
	{ "crashkernel=1G-2G:64M,4G-:1G", -EINVAL, CRASHKERNEL_NO_RANGE,
	  "1G-2G:64M,4G-:1G" },

	{ "crashkernel=0", -EINVAL, CRASHKERNEL_ZERO, "0" },
	{ "crashkernel=0M@16M", -EINVAL, CRASHKERNEL_ZERO, "0M@16M" },
	{ "crashkernel=0,high", -EINVAL, CRASHKERNEL_ZERO, "0,high" },
	{ "crashkernel=0-:0", -EINVAL, CRASHKERNEL_ZERO, "0-:0" },

	{ "crashkernel=2G", -EINVAL, CRASHKERNEL_TOO_LARGE, "2G" },
	{ "crashkernel=1G-:3G", -EINVAL, CRASHKERNEL_TOO_LARGE, "1G-:3G" },
	{ "crashkernel=1T,high", -EINVAL, CRASHKERNEL_TOO_LARGE, "1T,high" },
	{ "crashkernel=1M,high crashkernel=2G,low", -EINVAL,
	  CRASHKERNEL_TOO_LARGE, "2G,low" },

	{ "crashkernel=18446744073709551616", -EINVAL, CRASHKERNEL_OVERFLOW,
	  "18446744073709551616" },
	{ "crashkernel=99999999999999999999M", -EINVAL, CRASHKERNEL_OVERFLOW,
	  "99999999999999999999M" },
	{ "crashkernel=16E", -EINVAL, CRASHKERNEL_OVERFLOW, "16E" },
	{ "crashkernel=0x10000000000000000", -EINVAL, CRASHKERNEL_OVERFLOW,
	  "0x10000000000000000" },
	{ "crashkernel=1M@16E", -EINVAL, CRASHKERNEL_OVERFLOW, "16E" },
	{ "crashkernel=2@18446744073709551614", -EINVAL, CRASHKERNEL_OVERFLOW,
	  "18446744073709551614" },
};

static void __init bad_lines(struct kunit *test)
{
	const struct bad_row *row;

	for (row = bad_rows; row < bad_rows + ARRAY_SIZE(bad_rows); row++) {
		struct crashkernel_param got;
		struct crashkernel_fault fault;
		int ret = crashkernel_parse(row->line, RAM, true, &got, &fault);

		KUNIT_EXPECT_EQ_MSG(test, ret, row->ret, "%s", row->line);
		KUNIT_EXPECT_EQ_MSG(test, got.size, 0, "%s", row->line);
		KUNIT_EXPECT_EQ_MSG(test, fault.error, row->error, "%s",
				    row->line);
		if (!row->rest || !fault.arg)
			continue;
		KUNIT_EXPECT_LE_MSG(test, fault.pos, fault.arg_len, "%s",
				    row->line);
		KUNIT_EXPECT_EQ_MSG(test, strlen(row->rest),
				    fault.arg_len - fault.pos, "%s", row->line);
		KUNIT_EXPECT_EQ_MSG(test, 0,
				    strncmp(fault.arg + fault.pos, row->rest,
					    strlen(row->rest)),
				    "%s", row->line);
	}
}

/* Where the architecture places the region by itself. */
static void __init without_high(struct kunit *test)
{
	struct crashkernel_param got;
	struct crashkernel_fault fault;

	KUNIT_EXPECT_EQ(test, -ENOENT,
			crashkernel_parse("crashkernel=64M,high", RAM, false,
					  &got, &fault));
	KUNIT_EXPECT_EQ(test, fault.error, CRASHKERNEL_NO_HIGH);

	KUNIT_EXPECT_EQ(test, 0,
			crashkernel_parse("crashkernel=64M,high crashkernel=1M",
					  RAM, false, &got, &fault));
	KUNIT_EXPECT_EQ(test, got.size, M(1));
	KUNIT_EXPECT_FALSE(test, got.high);
}

static void __init every_error_has_a_text(struct kunit *test)
{
	const char *fine = crashkernel_error_text(CRASHKERNEL_OK);
	int error;

	for (error = CRASHKERNEL_OK + 1; error <= CRASHKERNEL_NO_HIGH; error++)
		KUNIT_EXPECT_STRNEQ(test, crashkernel_error_text(error), fine);
}

/* What the architectures see. */
static void __init interface_for_architectures(struct kunit *test)
{
	unsigned long long size = 1, base = 1, low = 1;
	bool high = true;

	KUNIT_EXPECT_EQ(test, 0,
			parse_crashkernel("crashkernel=64M@16M", RAM, &size,
					  &base, NULL, NULL));
	KUNIT_EXPECT_EQ(test, size, M(64));
	KUNIT_EXPECT_EQ(test, base, M(16));

	KUNIT_EXPECT_EQ(test, 0,
			parse_crashkernel("crashkernel=64M", RAM, &size, &base,
					  &low, &high));
	KUNIT_EXPECT_EQ(test, base, 0);
	KUNIT_EXPECT_FALSE(test, high);
	KUNIT_EXPECT_EQ_MSG(test, low, 1, "set without ,high");

	KUNIT_EXPECT_EQ(test, 0,
			parse_crashkernel("crashkernel=64M,high", RAM, &size,
					  &base, &low, &high));
	KUNIT_EXPECT_TRUE(test, high);
	KUNIT_EXPECT_EQ(test, low, crash_low_size_default());

	KUNIT_EXPECT_EQ(test, 0,
			parse_crashkernel("crashkernel=64M,high crashkernel=0,low",
					  RAM, &size, &base, &low, &high));
	KUNIT_EXPECT_EQ(test, low, 0);

	KUNIT_EXPECT_EQ(test, -ENOENT,
			parse_crashkernel("ro", RAM, &size, &base, &low,
					  &high));
	KUNIT_EXPECT_EQ(test, size, 0);
	KUNIT_EXPECT_EQ(test, base, 0);
	KUNIT_EXPECT_FALSE(test, high);
}

static struct kunit_case __refdata crashkernel_cases[] = {
	KUNIT_CASE(good_lines),
	KUNIT_CASE(bad_lines),
	KUNIT_CASE(without_high),
	KUNIT_CASE(every_error_has_a_text),
	KUNIT_CASE(interface_for_architectures),
	{}
};

static struct kunit_suite crashkernel_suite = {
	.name = "crashkernel",
	.test_cases = crashkernel_cases,
};

/* The grammar is __init, and so are its tests. */
kunit_test_init_section_suite(crashkernel_suite);
