// SPDX-License-Identifier: GPL-2.0
/*
 * Calls of kexec_file_load(2), for answers.c.
 */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "answers.h"

#define NOWHERE		0x1000
#define IMAGES		128
#define IMAGE_PREFIX	"image-"
#define NO_SUCH_FD	9999
#define SCRATCH		"/tmp/kload-scratch"

static const char cmdline[] = "role=none";

void call_of_files(struct call *c)
{
	c->kernel = open_or_die(facts.kernel, O_RDONLY);
	c->initrd = open_or_die(facts.initrd, O_RDONLY);
	c->cmdline = cmdline;
	c->cmdline_len = sizeof(cmdline);
}

/* File descriptors, good and bad */

static int fd_good(void)
{
	return open_or_die(facts.kernel, O_RDONLY);
}

static int fd_negative(void)
{
	return -1;
}

static int fd_closed(void)
{
	return NO_SUCH_FD;
}

static int fd_at_end(void)
{
	int fd = fd_good();

	lseek(fd, 0, SEEK_END);
	return fd;
}

/* A file of @size bytes of nothing, which nobody is writing to. */
static int fd_sparse(off_t size)
{
	int fd = open_or_die(SCRATCH, O_WRONLY | O_CREAT | O_TRUNC);

	if (ftruncate(fd, size))
		die(SCRATCH ": %m");
	close(fd);
	return open_or_die(SCRATCH, O_RDONLY);
}

static int fd_empty(void)
{
	return fd_sparse(0);
}

static int fd_no_kernel(void)
{
	return fd_sparse(64 << 10);
}

static int fd_deleted(void)
{
	int fd = fd_no_kernel();

	unlink(SCRATCH);
	return fd;
}

/* Somebody else is writing to it. */
static int fd_in_writing(void)
{
	int fd = fd_no_kernel();

	open_or_die(SCRATCH, O_WRONLY);
	return fd;
}

static int fd_read_write(void)
{
	fd_no_kernel();
	return open_or_die(SCRATCH, O_RDWR);
}

static int fd_directory(void)
{
	return open_or_die(".", O_RDONLY | O_DIRECTORY);
}

static int fd_pipe(void)
{
	int ends[2];

	if (pipe(ends))
		die("pipe: %m");
	return ends[0];
}

static int fd_socket(void)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
		die("socketpair: %m");
	return ends[0];
}

static int fd_write_only(void)
{
	return open_or_die(SCRATCH, O_WRONLY | O_CREAT | O_TRUNC);
}

static int fd_path_only(void)
{
	return open_or_die(facts.kernel, O_PATH);
}

static int fd_null(void)
{
	return open_or_die("/dev/null", O_RDONLY);
}

static int fd_zero(void)
{
	return open_or_die("/dev/zero", O_RDONLY);
}

static int fd_procfs(void)
{
	return open_or_die("/proc/version", O_RDONLY);
}

static int fd_sysfs(void)
{
	return open_or_die("/sys/kernel/kexec_loaded", O_RDONLY);
}

static int fd_sparse_1g(void)
{
	return fd_sparse(1L << 30);
}

static int fd_sparse_8g(void)
{
	return fd_sparse(8LL << 30);
}

static int fd_sparse_max(void)
{
	return fd_sparse(0x7fffffffffff0000);
}

typedef int (*fd_opener)(void);

static const struct {
	const char *name;
	fd_opener open;
} fds[] = {
	{ "good", fd_good },
	{ "at-end", fd_at_end },
	{ "minus-1", fd_negative },
	{ "closed", fd_closed },
	{ "empty", fd_empty },
	{ "deleted", fd_deleted },
	{ "in-writing", fd_in_writing },
	{ "read-write", fd_read_write },
	{ "directory", fd_directory },
	{ "pipe", fd_pipe },
	{ "socket", fd_socket },
	{ "write-only", fd_write_only },
	{ "path-only", fd_path_only },
	{ "null", fd_null },
	{ "zero", fd_zero },
	{ "procfs", fd_procfs },
	{ "sysfs", fd_sysfs },
	{ "sparse-1G", fd_sparse_1g },
	{ "sparse-8G", fd_sparse_8g },
	{ "sparse-max", fd_sparse_max },
};

#define NR_FDS	(sizeof(fds) / sizeof(fds[0]))

static void kernel_fd(struct call *c, const struct choice *choice)
{
	c->kernel = fds[choice->arg].open();
}

static void initrd_fd(struct call *c, const struct choice *choice)
{
	c->initrd = fds[choice->arg].open();
}

/* Filled by images_read(). */
static struct choice kernel_fds[NR_FDS + 1];
static struct choice initrd_fds[NR_FDS + 1];
static struct choice images[IMAGES + 1];

static void image_is(struct call *c, const struct choice *choice)
{
	char path[512];

	snprintf(path, sizeof(path), IMAGE_PREFIX "%s", choice->name);
	c->kernel = open_or_die(path, O_RDONLY);
}

static int choice_cmp(const void *a, const void *b)
{
	const struct choice *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* Kernels, most of them spoiled: a choice for each file of them. */
void images_read(const char *directory)
{
	DIR *dir = opendir(directory);
	struct dirent *entry;
	size_t nr = 0, i;

	if (!dir)
		die("%s: %m", directory);
	while ((entry = readdir(dir))) {
		size_t skip = strlen(IMAGE_PREFIX);

		if (strncmp(entry->d_name, IMAGE_PREFIX, skip))
			continue;
		if (nr == IMAGES)
			die("more than %d images", IMAGES);
		images[nr++] = (struct choice){ strdup(entry->d_name + skip),
						image_is };
	}
	closedir(dir);
	qsort(images, nr, sizeof(images[0]), choice_cmp);
	for (i = 0; i < NR_FDS; i++) {
		kernel_fds[i] = (struct choice){ fds[i].name, kernel_fd, i };
		initrd_fds[i] = (struct choice){ fds[i].name, initrd_fd, i };
	}
}

/* Flags */

static const struct choice initrd_wanted[] = {
	{ "initramfs", unchanged },
	{ "no-initramfs", flags_or, KEXEC_FILE_NO_INITRAMFS },
	{ 0 }
};

static const struct choice flag_sets[] = {
	{ "none", unchanged },
	{ "debug", flags_or, KEXEC_FILE_DEBUG },
	{ "no-initramfs", flags_or, KEXEC_FILE_NO_INITRAMFS },
	{ "no-initramfs+debug", flags_or,
	  KEXEC_FILE_NO_INITRAMFS | KEXEC_FILE_DEBUG },
	{ "unload", flags_or, KEXEC_FILE_UNLOAD },
	{ "unload+debug", flags_or, KEXEC_FILE_UNLOAD | KEXEC_FILE_DEBUG },
	{ "unload+no-initramfs", flags_or,
	  KEXEC_FILE_UNLOAD | KEXEC_FILE_NO_INITRAMFS },
	{ "all", flags_or,
	  KEXEC_FILE_UNLOAD | KEXEC_FILE_NO_INITRAMFS | KEXEC_FILE_DEBUG },
	{ 0 }
};

static void no_files(struct call *c, const struct choice *choice)
{
	c->kernel = -1;
	c->initrd = -1;
	c->cmdline = NULL;
	c->cmdline_len = choice->arg;
}

static const struct choice files_or_none[] = {
	{ "files", unchanged },
	{ "no-files", no_files, 0 },
	{ "no-files-long-cmdline", no_files, 1UL << 20 },
	{ 0 }
};

/* Command lines */

static void cmdline_long(struct call *c, const struct choice *choice)
{
	char *text = zeroed(choice->arg + 1);

	if (choice->arg)
		memset(text, 'a', choice->arg - 1);
	c->cmdline = text;
	c->cmdline_len = choice->arg;
}

/* As long, but it does not end. */
static void cmdline_open(struct call *c, const struct choice *choice)
{
	char *text = zeroed(choice->arg);

	memset(text, 'a', choice->arg);
	c->cmdline = text;
	c->cmdline_len = choice->arg;
}

static void cmdline_at(struct call *c, unsigned long address,
		       unsigned long len)
{
	c->cmdline = (void *)address;
	c->cmdline_len = len;
}

static void cmdline_null(struct call *c, const struct choice *choice)
{
	cmdline_at(c, 0, choice->arg);
}

static void cmdline_unmapped(struct call *c, const struct choice *choice)
{
	cmdline_at(c, NOWHERE, choice->arg);
}

/* The text is all right, and the length is not the text's. */
static void cmdline_says(struct call *c, const struct choice *choice)
{
	c->cmdline_len = choice->arg;
}

static void cmdline_nul_inside(struct call *c, const struct choice *choice)
{
	static const char two[] = "role=none\0role=other";
	(void)choice;

	c->cmdline = two;
	c->cmdline_len = sizeof(two);
}

static const struct choice cmdlines[] = {
	{ "0-bytes", cmdline_long, 0 },
	{ "1-byte", cmdline_long, 1 },
	{ "2-bytes", cmdline_long, 2 },
	{ "256-bytes", cmdline_long, 256 },
	{ "1024-bytes", cmdline_long, 1024 },
	{ "2010-bytes", cmdline_long, 2010 },
	{ "2015-bytes", cmdline_long, 2015 },
	{ "2016-bytes", cmdline_long, 2016 },
	{ "2017-bytes", cmdline_long, 2017 },
	{ "2018-bytes", cmdline_long, 2018 },
	{ "2019-bytes", cmdline_long, 2019 },
	{ "2020-bytes", cmdline_long, 2020 },
	{ "2047-bytes", cmdline_long, 2047 },
	{ "2048-bytes", cmdline_long, 2048 },
	{ "2049-bytes", cmdline_long, 2049 },
	{ "4096-bytes", cmdline_long, 4096 },
	{ "4097-bytes", cmdline_long, 4097 },
	{ "64K", cmdline_long, 1UL << 16 },
	{ "1M", cmdline_long, 1UL << 20 },
	{ "8M", cmdline_long, 1UL << 23 },
	{ "open-1-byte", cmdline_open, 1 },
	{ "open-10-bytes", cmdline_open, 10 },
	{ "open-2048-bytes", cmdline_open, 2048 },
	{ "open-2049-bytes", cmdline_open, 2049 },
	{ "open-4097-bytes", cmdline_open, 4097 },
	{ "null-0-bytes", cmdline_null, 0 },
	{ "null-1-byte", cmdline_null, 1 },
	{ "null-4097-bytes", cmdline_null, 4097 },
	{ "unmapped-0-bytes", cmdline_unmapped, 0 },
	{ "unmapped-1-byte", cmdline_unmapped, 1 },
	{ "says-9", cmdline_says, sizeof(cmdline) - 1 },
	{ "says-2^31", cmdline_says, 1UL << 31 },
	IF_WIDE("says-2^32", cmdline_says, 1UL << 32)
	IF_WIDE("says-2^63", cmdline_says, 1UL << 63)
	{ "says-2^64-1", cmdline_says, -1UL },
	{ "nul-inside", cmdline_nul_inside },
	{ 0 }
};

/* In which order the flags and the files are looked at */

static void kernel_is(struct call *c, const struct choice *choice)
{
	c->kernel = choice->arg ? fd_no_kernel() : -1;
}

static void initrd_is(struct call *c, const struct choice *choice)
{
	c->initrd = choice->arg ? fd_empty() : -1;
}

static const struct choice flags_few[] = {
	{ "flags", unchanged },
	{ "flags-bad", flags_or, 0x100 },
	{ "unload", flags_or, KEXEC_FILE_UNLOAD },
	{ 0 }
};

static const struct choice kernels_few[] = {
	{ "kernel", unchanged },
	{ "kernel-closed", kernel_is, false },
	{ "kernel-no-kernel", kernel_is, true },
	{ 0 }
};

static const struct choice initrds_few[] = {
	{ "initrd", unchanged },
	{ "initrd-closed", initrd_is, false },
	{ "initrd-empty", initrd_is, true },
	{ "initrd-unwanted", flags_or, KEXEC_FILE_NO_INITRAMFS },
	{ 0 }
};

static const struct choice cmdlines_few[] = {
	{ "cmdline", unchanged },
	{ "cmdline-open", cmdline_open, 10 },
	{ "cmdline-null", cmdline_null, 10 },
	{ "cmdline-long", cmdline_long, 4096 },
	{ 0 }
};

/* By the 32-bit entry, which has no such call under a 64-bit kernel */
static const struct choice calls_32[] = {
	{ "load", unchanged },
	{ "load-bad-flags", flags_or, 0x100 },
	{ "load-closed", kernel_is, false },
	{ "unload", flags_or, KEXEC_FILE_UNLOAD },
	{ 0 }
};

/* An initrd of so many times the crash region, of nothing. */
static void initrd_of_region(struct call *c, const struct choice *choice)
{
	uint64_t size = facts.region.end + 1 - facts.region.start;

	c->initrd = fd_sparse(size * choice->arg / 4);
}

static const struct choice initrd_sizes[] = {
	{ "initrd-quarter-of-region", initrd_of_region, 1 },
	{ "initrd-as-large-as-region", initrd_of_region, 4 },
	{ "initrd-larger-than-region", initrd_of_region, 5 },
	{ 0 }
};

const struct row_group file_groups[] = {
	{ "file-bit", BY_FILES, { kinds, bits } },
	{ "file-flags", BY_FILES, { kinds, armed, flag_sets, files_or_none } },
	{ "file-kernel", BY_FILES, { kinds, kernel_fds } },
	{ "file-initrd", BY_FILES, { kinds, initrd_wanted, initrd_fds } },
	{ "file-initrd-size", BY_FILES, { just_crash, initrd_sizes } },
	{ "file-cmdline", BY_FILES, { kinds, cmdlines } },
	{ "file-image", BY_FILES, { kinds, images } },
	{ "file-order", BY_FILES,
	  { just_crash, flags_few, kernels_few, initrds_few, cmdlines_few } },
	{ "file-caps", BY_FILES,
	  { kinds, caps, flags_few, kernels_few } },
#if defined(__x86_64__)
	{ "file32", BY_FILES_32, { kinds, calls_32 } },
#endif
	{ 0 }
};
