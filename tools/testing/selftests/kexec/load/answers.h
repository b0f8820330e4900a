/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ANSWERS_H
#define ANSWERS_H

/*
 * Calls by the hundred. A group has columns of choices, and each combination
 * is a row: a call that would succeed, changed by one choice of each column.
 */

#include <stdbool.h>
#include <stddef.h>

#include "kload.h"

/* Headers of the system that compiles this may be older than these. */
#ifndef KEXEC_UPDATE_ELFCOREHDR
#define KEXEC_UPDATE_ELFCOREHDR		0x00000004
#endif
#ifndef KEXEC_CRASH_HOTPLUG_SUPPORT
#define KEXEC_CRASH_HOTPLUG_SUPPORT	0x00000008
#endif
#ifndef KEXEC_FILE_DEBUG
#define KEXEC_FILE_DEBUG		0x00000008
#endif

enum call_way {
	BY_SEGMENTS, BY_SEGMENTS_32, BY_FILES, BY_FILES_32, BY_WRITING
};

enum { ARM_ORDINARY = 1, ARM_CRASH = 2 };

static inline bool is_by_files(enum call_way way)
{
	return way == BY_FILES || way == BY_FILES_32;
}

/* What a row asks of the kernel. */
struct call {
	enum call_way way;
	bool on_crash;
	bool no_cap;
	unsigned int armed;	/* ARM_*: what is loaded before */
	unsigned long flags;

	/* kexec_load(2) */
	unsigned long entry;
	unsigned long nr_segments;
	struct kexec_segment segment[IMAGE_SEGMENTS];
	const struct kexec_segment *segments;
	/* The segment that a choice spoils, and one that is left good. */
	struct kexec_segment *bad, *other;

	/* kexec_file_load(2) */
	int kernel, initrd;
	const char *cmdline;
	unsigned long cmdline_len;

	/* write(2) */
	const char *path;
	char text[32];
};

struct choice {
	const char *name;
	void (*apply)(struct call *c, const struct choice *choice);
	unsigned long arg;
};

/*
 * Choices that take a long of 64 bits, and those that take a base's kernel with
 * kexec_file_load(2) and with callers of another width. Where there is no such
 * long it has neither.
 */
#if __SIZEOF_LONG__ == 8
#define IF_WIDE(...)	{ __VA_ARGS__ },
#define IF_FILES(...)	{ __VA_ARGS__ },
#define HAS_FILES	true
#define KERNEL_ADDRESS	0xffffffff81000000
#else
#define IF_WIDE(...)
#define IF_FILES(...)
#define HAS_FILES	false
#define KERNEL_ADDRESS	0xc1000000
#endif

#define COLUMNS	5

/*
 * Its rows are called name/choice/choice. An array of choices ends with one
 * that has no name, and an array of groups does too.
 */
struct row_group {
	const char *name;
	enum call_way way;
	const struct choice *columns[COLUMNS];
	bool keep;		/* the next row finds what this one has loaded */
};

/* What calls are made of. */
struct facts {
	struct span region;	/* the crash kernel's, while there is one */
	struct span ram;	/* the largest */
	uint64_t total;		/* bytes of RAM that the kernel manages */
	const char *kernel;	/* a small file that loads */
	const char *initrd;
};

extern struct facts facts;

/* What a 32-bit caller gives kexec_load(2). */
struct kexec_segment_32 {
	uint32_t buf;
	uint32_t bufsz;
	uint32_t mem;
	uint32_t memsz;
};

/* enter32.c: both by the entry for 32-bit programs */
long sys_kexec_load_32(uint32_t entry, uint32_t nr_segments,
		       const void *segments, uint32_t flags);
long sys_kexec_file_load_32(int kernel_fd, int initrd_fd, uint32_t cmdline_len,
			    const char *cmdline, uint32_t flags);

/* answers.c: choices for both system calls */
void unchanged(struct call *c, const struct choice *choice);
void flags_or(struct call *c, const struct choice *choice);
void arm_before(struct call *c, const struct choice *choice);
extern const struct choice kinds[], just_crash[], caps[], armed[];
extern struct choice bits[];

/* answers_load.c, answers_file.c: the groups of each, and calls that succeed */
void call_of_segments(struct call *c);
void call_of_files(struct call *c);
void call_place(struct call *c);
void images_read(const char *directory);
extern const struct choice one_segment_bad[], unload_or_load[];
extern const struct row_group load_groups[], file_groups[];

/* answers_last.c: what cannot be undone; after all the others */
extern const struct row_group last_groups[];

#endif /* ANSWERS_H */
