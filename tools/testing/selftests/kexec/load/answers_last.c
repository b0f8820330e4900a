// SPDX-License-Identifier: GPL-2.0
/*
 * What cannot be undone, for answers.c: the crash region is shrunk until there
 * is none, loads are limited, and at last disabled.
 *
 * Here the rows of a group are steps: each finds what those before have done.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "answers.h"

#define CRASH_SIZE	"/sys/kernel/kexec_crash_size"
#define SYSCTL		"/proc/sys/kernel/"
#define MIB		(1UL << 20)

/* The file that the group's steps write to, in its first column. */
enum { SIZE, LIMIT_PANIC, LIMIT_REBOOT, DISABLED };

static void path_is(struct call *c, const struct choice *choice)
{
	static const char *const paths[] = {
		[SIZE] = CRASH_SIZE,
		[LIMIT_PANIC] = SYSCTL "kexec_load_limit_panic",
		[LIMIT_REBOOT] = SYSCTL "kexec_load_limit_reboot",
		[DISABLED] = SYSCTL "kexec_load_disabled",
	};

	c->path = paths[choice->arg];
}

static const struct choice size[] = { { "write", path_is, SIZE }, { 0 } };
static const struct choice panic[] = { { "panic", path_is, LIMIT_PANIC },
				       { 0 } };
static const struct choice reboot[] = { { "reboot", path_is, LIMIT_REBOOT },
					{ 0 } };
static const struct choice disabled[] = { { "step", path_is, DISABLED },
					  { 0 } };

static void text(struct call *c, const struct choice *choice)
{
	(void)choice;
	snprintf(c->text, sizeof(c->text), "word\n");
}

static void number(struct call *c, const struct choice *choice)
{
	snprintf(c->text, sizeof(c->text), "%ld\n", (long)choice->arg);
}

static void size_plus(struct call *c, const struct choice *choice)
{
	struct blob now = blob_read(CRASH_SIZE);
	uint64_t bytes = strtoull((char *)now.data, NULL, 10);

	free(now.data);
	snprintf(c->text, sizeof(c->text), "%" PRIu64 "\n",
		 bytes + choice->arg);
}

/* Loads among the steps: of an ordinary image, unless one says otherwise */

static void load(struct call *c, const struct choice *choice)
{
	c->way = BY_SEGMENTS;
	c->flags |= choice->arg;
}

static void load_crash(struct call *c, const struct choice *choice)
{
	load(c, choice);
	c->flags |= KEXEC_ON_CRASH;
	c->on_crash = true;
	call_place(c);
}

static void load_too_many(struct call *c, const struct choice *choice)
{
	load(c, choice);
	c->nr_segments = KEXEC_SEGMENT_MAX + 1;
}

static void unload(struct call *c, const struct choice *choice)
{
	load(c, choice);
	c->nr_segments = 0;
}

/* Its rows may all be IF_FILES. */
__attribute__((unused))
static void load_files(struct call *c, const struct choice *choice)
{
	c->way = BY_FILES;
	c->flags |= choice->arg;
	call_of_files(c);
}

static void load_32(struct call *c, const struct choice *choice)
{
	c->way = BY_SEGMENTS_32;
	c->flags |= choice->arg;
}

static const struct choice sizes[] = {
	{ "word", text },
	{ "minus-1", number, -1UL },
	{ "a-page-more", size_plus, PAGE },
	{ "a-byte-more", size_plus, 1 },
	{ "as-it-is", size_plus, 0 },
	{ "a-page-less", size_plus, -PAGE },
	{ "a-mebibyte-less", size_plus, -MIB },
	{ "a-byte-less", size_plus, -1UL },
	{ 0 }
};

static const struct choice sizes_armed[] = {
	{ "word", text },
	{ "a-page-more", size_plus, PAGE },
	{ "as-it-is", size_plus, 0 },
	{ "a-mebibyte-less", size_plus, -MIB },
	{ "0", number, 0 },
	{ 0 }
};

static const struct choice just_armed[] = {
	{ "crash-armed", arm_before, ARM_CRASH },
	{ 0 }
};

static void no_kernel(struct call *c, const struct choice *choice)
{
	(void)choice;
	c->kernel = -1;
}

static const struct choice files[] = {
	{ "load", unchanged },
	{ "load-closed", no_kernel },
	{ "load-bad-flags", flags_or, 0x100 },
	{ "unload", flags_or, KEXEC_FILE_UNLOAD },
	{ 0 }
};

static const struct choice none[] = { { "0", number, 0 }, { 0 } };

static const struct choice panic_steps[] = {
	{ "word", text },
	{ "minus-1", number, -1UL },
	{ "minus-2", number, -2UL },
	IF_WIDE("2^32", number, 1UL << 32)
	{ "1000", number, 1000 },
	{ "1000-again", number, 1000 },
	{ "1001", number, 1001 },
	{ "minus-1-then", number, -1UL },
	{ "999", number, 999 },
	{ 0 }
};

/* Which calls are counted, and which are refused when none is left? */
static const struct choice reboot_steps[] = {
	{ "5", number, 5 },
	{ "load-bad-flags", load, 0x8000 },
	{ "now-5", number, 5 },
	{ "now-4", number, 4 },
	{ "load-too-many", load_too_many, 0 },
	{ "now-4-then", number, 4 },
	{ "now-3", number, 3 },
	{ "load", load, 0 },
	{ "now-2", number, 2 },
	{ "unload", unload, 0 },
	{ "now-1", number, 1 },
	IF_FILES("load-files-bad-flags", load_files, 0x100)
	{ "none-load", load, 0 },
	{ "none-load-bad-flags", load, 0x8000 },
	{ "none-unload", unload, 0 },
	IF_FILES("none-load-files", load_files, 0)
	IF_FILES("none-unload-files", load_files, KEXEC_FILE_UNLOAD)
	{ "none-load-crash", load_crash, 0 },
	{ "none-0", number, 0 },
	{ "none-1", number, 1 },
	{ 0 }
};

static const struct choice disabled_steps[] = {
	{ "write-0", number, 0 },
	{ "write-2", number, 2 },
	{ "write-word", text },
	{ "before-load-crash", load_crash, 0 },
	{ "write-1", number, 1 },
	{ "write-1-again", number, 1 },
	{ "write-0-then", number, 0 },
	{ "load-crash", load_crash, 0 },
	{ "load-crash-bad-flags", load_crash, 0x8000 },
	{ "load-too-many", load_too_many, 0 },
	{ "unload-crash", unload, KEXEC_ON_CRASH },
	IF_FILES("load-files", load_files, KEXEC_FILE_ON_CRASH)
	IF_FILES("load-files-bad-flags", load_files, KEXEC_FILE_ON_CRASH | 0x100)
	IF_FILES("unload-files", load_files, KEXEC_FILE_ON_CRASH | KEXEC_FILE_UNLOAD)
	{ "load-32", load_32, KEXEC_ARCH_X86_64 | KEXEC_ON_CRASH },
	{ "load-32-bad-flags", load_32, 0x8000 },
	{ 0 }
};

const struct row_group last_groups[] = {
	{ "size-armed", BY_WRITING, { size, just_armed, sizes_armed } },
	{ "size", BY_WRITING, { size, sizes } },
	{ "size-none", BY_WRITING, { size, none } },
	{ "no-region-size", BY_WRITING, { size, sizes } },
	{ "no-region-load", BY_SEGMENTS,
	  { kinds, unload_or_load, one_segment_bad } },
	{ "no-region-file", BY_FILES, { kinds, files } },
	{ "limit", BY_WRITING, { panic, panic_steps }, true },
	{ "limit", BY_WRITING, { reboot, reboot_steps }, true },
	{ "disabled", BY_WRITING, { disabled, disabled_steps }, true },
	{ 0 }
};
