// SPDX-License-Identifier: GPL-2.0
/*
 * What the running kernel says of itself, and the two system calls.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kload.h"

/* Only i386's headers know no number for it. */
#ifndef SYS_kexec_file_load
#define SYS_kexec_file_load	387
#endif

void drop_capabilities(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = { 0 };

	if (syscall(SYS_capset, &head, data))
		die("capset: %m");
}

#define NOBODY	65534

void become_nobody(void)
{
	if (setgroups(0, NULL) || setuid(NOBODY))
		die("setuid: %m");
}

int open_or_die(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd < 0)
		die("%s: %m", path);
	return fd;
}

void write_or_die(const char *path, const char *text)
{
	int fd = open_or_die(path, O_WRONLY);

	if (write(fd, text, strlen(text)) < 0)
		die("%s: %m", path);
	close(fd);
}

/* A page that is not there until somebody says so through the descriptor. */
int late_page(void **page)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	*page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	reg.range.start = (unsigned long)*page;
	reg.range.len = PAGE;
	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) ||
	    ioctl(fd, UFFDIO_REGISTER, &reg))
		die("userfaultfd: %m");
	return fd;
}

/*
 * Has a thread do something until it waits for late_page()'s page, which never
 * comes: the descriptor is read for that alone.
 */
pthread_t held_thread(int late, void *(*run)(void *), void *arg)
{
	struct uffd_msg fault;
	pthread_t thread;

	if (pthread_create(&thread, NULL, run, arg))
		die("no thread for another loader");
	if (read(late, &fault, sizeof(fault)) != sizeof(fault))
		die("userfaultfd: no fault seen");
	return thread;
}

void *zeroed(size_t size)
{
	void *p = aligned_alloc(PAGE, PAGE_UP(size ? size : 1));

	if (!p)
		die("no memory for %zu bytes", size);
	return memset(p, 0, PAGE_UP(size ? size : 1));
}

/* Files in sysfs and procfs have no size, so read until there is no more. */
struct blob blob_read(const char *path)
{
	struct blob blob = { NULL, 0 };
	size_t room = 0;
	ssize_t got;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		die("%s: %m", path);
	do {
		if (blob.size == room) {
			room = room ? room * 2 : 64 * 1024;
			blob.data = realloc(blob.data, room + 1);
			if (!blob.data)
				die("%s: no memory", path);
		}
		got = read(fd, blob.data + blob.size, room - blob.size);
		if (got < 0)
			die("%s: %m", path);
		blob.size += got;
	} while (got);
	blob.data[blob.size] = '\0';
	close(fd);
	return blob;
}

void span_add(struct spans *out, struct span span)
{
	if (out->nr == MAX_SPANS)
		die("more than %d spans of memory", MAX_SPANS);
	out->at[out->nr++] = span;
}

/* For a reboot: an image goes into the largest RAM. */
struct span ram_largest(const struct spans *ram)
{
	struct span best = { 0, 0 };
	unsigned int i;

	for (i = 0; i < ram->nr; i++)
		if (ram->at[i].end - ram->at[i].start > best.end - best.start)
			best = ram->at[i];
	if (!best.end)
		die("/proc/iomem has no 'System RAM'");
	return best;
}

/*
 * For a crash: of two regions the upper one, however large the low one is. That
 * is for the devices of the capture kernel, and the kernel refuses images there.
 */
struct span crash_region(const struct spans *crash)
{
	struct span best = { 0, 0 };
	unsigned int i;

	for (i = 0; i < crash->nr; i++)
		if (crash->at[i].end > best.end)
			best = crash->at[i];
	if (!best.end)
		die("/proc/iomem has no 'Crash kernel': boot with crashkernel=");
	return best;
}

/* All the spans of this name in /proc/iomem, at any depth, in its order. */
void spans_read(struct spans *out, const char *iomem_name)
{
	struct blob iomem = blob_read("/proc/iomem");
	char *save = NULL;
	char *line = strtok_r((char *)iomem.data, "\n", &save);

	out->nr = 0;
	for (; line; line = strtok_r(NULL, "\n", &save)) {
		unsigned long long start, end;
		int name_at = 0;

		if (sscanf(line, " %llx-%llx : %n", &start, &end, &name_at) < 2)
			continue;
		if (!name_at || strcmp(line + name_at, iomem_name))
			continue;
		span_add(out, (struct span){ start, end });
	}
	free(iomem.data);
}

const char *errno_name(int err)
{
	const char *name = err ? strerrorname_np(err) : "OK";

	return name ? name : "DIED";
}

/* What a system call has said, right after it. */
const char *errno_of(long result)
{
	return errno_name(result ? errno : 0);
}

long sys_kexec_load(unsigned long entry, unsigned long nr_segments,
		    const struct kexec_segment *segments, unsigned long flags)
{
	return syscall(SYS_kexec_load, entry, nr_segments, segments, flags);
}

long sys_kexec_file_load(int kernel_fd, int initrd_fd,
			 unsigned long cmdline_len, const char *cmdline,
			 unsigned long flags)
{
	return syscall(SYS_kexec_file_load, kernel_fd, initrd_fd, cmdline_len,
		       cmdline, flags);
}

const struct load_way load_ways[NR_LOAD_WAYS] = {
	{ "crash-segments", false, KEXEC_ON_CRASH },
	{ "ordinary-segments", false, 0 },
	{ "crash-files", true, KEXEC_FILE_ON_CRASH },
	{ "ordinary-files", true, 0 },
};
