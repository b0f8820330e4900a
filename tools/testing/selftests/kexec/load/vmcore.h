/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VMCORE_H
#define VMCORE_H

/*
 * vmcore: examines /proc/vmcore in a guest whose old memory the host has
 * filled, byte by byte against what the host expects there.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "page.h"

#define KIB	1024UL
#define MIB	(KIB * KIB)
#define GIB	(KIB * MIB)

/* Far beyond any file, and the last page that can be asked for. */
#ifdef __x86_64__
#define FAR_AWAY	(1ULL << 62)
#define LAST_PAGE	(-1ULL - PAGE + 1)
#else
#define FAR_AWAY	(1ULL << 43)
#define LAST_PAGE	((1ULL << 44) - PAGE)
#endif

/* vmcore_expect.c: what the file has to be */
uint64_t expected_size(void);
uint64_t expected_pieces(void);
uint64_t expected_ranges(void);
bool expected_source(uint64_t address);
uint64_t expected_border(size_t index);	/* where pieces begin; 0: no more */
void expected_load(const char *path);
void compare(const void *buf, uint64_t pos, size_t len, const char *how);

/* vmcore_checks.c: what checks have in common */
#define VMCORE	"/proc/vmcore"

int vmcore_open(void);
char *room(size_t size);
uint64_t random_next(uint64_t *state);
uint64_t least(uint64_t a, uint64_t b);
uint64_t border(size_t index);		/* as expected_border(), but fewer */
uint64_t start(size_t index);		/* UINT64_MAX: no more */
void want_errno(int64_t result, int want, const char *what);
void want_number(int64_t result, int64_t want, const char *what);
void pread_one(int fd, char *buf, uint64_t pos, size_t len);
void map_one(int fd, uint64_t pos, size_t len, int flags, const char *how);

/* and all that there are; the last one has no name */
struct check {
	const char *name;
	void (*run)(void);
};

extern const struct check checks[];

/* vmcore_read.c, vmcore_map.c, vmcore_memory.c */
void check_absent(void);
void check_size(void);
void check_seek(void);
void check_read_large(void);
void check_read_pages(void);
void check_read_odd(void);
void check_pread(void);
void check_splice(void);
void check_sendfile(void);
void check_mmap_shared(void);
void check_mmap_private(void);
void check_mmap_borders(void);
void check_mmap_refused(void);
void check_mmap_kept(void);
void check_faults(void);
void check_readers(void);
void check_killed(void);
void check_memory(void);
void check_random(void);
void check_windows(void);
void check_no_windows(void);

/* vmcore.c: the end of a check */
void fail(const char *format, ...)
	__attribute__((noreturn, format(printf, 1, 2)));

#endif /* VMCORE_H */
