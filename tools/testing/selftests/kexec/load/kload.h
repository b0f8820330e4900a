/* SPDX-License-Identifier: GPL-2.0 */
#ifndef KLOAD_H
#define KLOAD_H

/*
 * A loader for tests: kexec_load(2) and kexec_file_load(2) as their manual
 * pages describe them, with nothing between the caller and the kernel. It is
 * linked statically, so that an initramfs needs nothing else.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/kexec.h>

#include "die.h"
#include "page.h"

/* A span of physical memory; end is the last byte, as in /proc/iomem. */
struct span {
	uint64_t start;
	uint64_t end;
};

#define MAX_SPANS	128

struct spans {
	struct span at[MAX_SPANS];
	unsigned int nr;
};

/* A file in memory. */
struct blob {
	unsigned char *data;
	size_t size;
};

/* What the command line asks for. */
struct request {
	bool on_crash;
	struct blob kernel;
	struct blob initrd;
	const char *cmdline;
	/* Where the capture kernel is told to find the core headers. */
	uint64_t elfcorehdr_says;
	bool elfcorehdr_lies;
	/* Core headers of just the largest memory, in so many pieces, */
	unsigned int split;
	/* and each without so many bytes at its end. */
	uint64_t gap;
	bool elf32;
	/* So much memory for them, if that is said; none are there for 0. */
	uint64_t room;
	bool room_is_said;
};

/* What kexec_load(2) takes. More room than the kernel allows, on purpose. */
#define IMAGE_SEGMENTS	32

struct image {
	unsigned long entry;
	struct kexec_segment segment[IMAGE_SEGMENTS];
	unsigned long nr_segments;
};

/* system.c: what the running kernel says of itself */
struct blob blob_read(const char *path);
void *zeroed(size_t size);
void drop_capabilities(void);
void become_nobody(void);
int open_or_die(const char *path, int flags);
void write_or_die(const char *path, const char *text);
int late_page(void **page);
pthread_t held_thread(int late, void *(*run)(void *), void *arg);
void spans_read(struct spans *out, const char *iomem_name);
void span_add(struct spans *out, struct span span);
struct span ram_largest(const struct spans *ram);
struct span crash_region(const struct spans *crash);
const char *errno_name(int err);
const char *errno_of(long result);
long sys_kexec_load(unsigned long entry, unsigned long nr_segments,
		    const struct kexec_segment *segments, unsigned long flags);
long sys_kexec_file_load(int kernel_fd, int initrd_fd,
			 unsigned long cmdline_len, const char *cmdline,
			 unsigned long flags);

/* Each system call, for each kind of image */
#define NR_LOAD_WAYS	4
extern const struct load_way {
	const char *name;
	bool files;
	unsigned long flags;
} load_ways[NR_LOAD_WAYS];

/* corehdr.c: the ELF header of /proc/vmcore, for images of kexec_load(2) */
struct blob corehdr_build(const struct spans *crash, const struct request *req);

/* image_<arch>.c: a kernel image in segments, between these addresses */
void image_build(const struct request *req, struct span where,
		 const struct spans *crash, struct image *out);
void image_add(struct image *image, const void *buf, size_t bufsz,
	       uint64_t mem, size_t memsz);
extern const unsigned long image_foreign_arch;	/* KEXEC_ARCH_* of others */

/* refuse.c */
int refuse_run(const char *only);

/* answers.c */
int answers_run(const char *directory, const char *only);

/* limits.c */
int limits_run(int argc, char **argv);

/* pressure.c */
int pressure_run(int argc, char **argv);

/* fail.c */
int fail_run(int argc, char **argv);

/* jump.c */
long sys_reboot_kexec(void);
int jump_run(int argc, char **argv);

/* fuzz.c */
int fuzz_run(int argc, char **argv);

#endif /* KLOAD_H */
