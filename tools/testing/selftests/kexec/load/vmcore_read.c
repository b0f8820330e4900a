// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/vmcore read, sought and spliced
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "vmcore.h"

#define ROOM	(2 * MIB)

void check_absent(void)
{
	want_errno(open(VMCORE, O_RDONLY), ENOENT, "open");
}

void check_size(void)
{
	int fd = vmcore_open();
	struct stat stat;

	fstat(fd, &stat);
	want_number(stat.st_size, expected_size(), "st_size");
	want_number(lseek(fd, 0, SEEK_END), expected_size(), "the end");
	want_number(stat.st_mode, S_IFREG | 0400, "st_mode");
	want_number(stat.st_uid, 0, "st_uid");
	close(fd);
	fd = open(VMCORE, O_RDWR);
	if (fd >= 0 && write(fd, "x", 1) != -1)
		fail("it can be written to");
}

/* Whatever lseek() says, the next read begins there. */
static void read_here(int fd, uint64_t pos, const char *what)
{
	char buf[64];
	size_t want = 0;

	if (pos < expected_size())
		want = least(sizeof(buf), expected_size() - pos);
	want_number(read(fd, buf, sizeof(buf)), want, what);
	if (want)
		compare(buf, pos, want, what);
}

void check_seek(void)
{
	uint64_t size = expected_size();
	int fd = vmcore_open();

	want_number(lseek(fd, 4000, SEEK_SET), 4000, "SEEK_SET");
	read_here(fd, 4000, "SEEK_SET");
	want_number(lseek(fd, 1000, SEEK_CUR), 5064, "SEEK_CUR");
	read_here(fd, 5064, "SEEK_CUR");
	want_number(lseek(fd, -5000, SEEK_CUR), 128, "SEEK_CUR back");
	read_here(fd, 128, "SEEK_CUR back");
	want_number(lseek(fd, -10, SEEK_END), size - 10, "SEEK_END");
	read_here(fd, size - 10, "SEEK_END");
	want_number(lseek(fd, 0, SEEK_CUR), size, "the end after a read");
	want_number(lseek(fd, PAGE, SEEK_END), size + PAGE, "beyond the end");
	read_here(fd, size + PAGE, "beyond the end");
	want_number(lseek(fd, FAR_AWAY, SEEK_SET), FAR_AWAY, "far beyond");
	read_here(fd, FAR_AWAY, "far beyond");

	want_number(lseek(fd, 77, SEEK_SET), 77, "SEEK_SET");
	want_errno(lseek(fd, -1, SEEK_SET), EINVAL, "SEEK_SET -1");
	want_errno(lseek(fd, -78, SEEK_CUR), EINVAL, "SEEK_CUR below 0");
	want_errno(lseek(fd, -size - 1, SEEK_END), EINVAL, "SEEK_END below 0");
	want_errno(lseek(fd, INT64_MAX, SEEK_CUR), EINVAL,
		   "SEEK_CUR beyond all numbers");
	want_errno(lseek(fd, 0, 99), EINVAL, "an unknown whence");
	read_here(fd, 77, "after refusals");

	want_number(lseek(fd, 5, SEEK_DATA), 5, "SEEK_DATA");
	want_number(lseek(fd, 5, SEEK_HOLE), size, "SEEK_HOLE");
	want_errno(lseek(fd, size, SEEK_DATA), ENXIO, "SEEK_DATA at the end");
	want_errno(lseek(fd, size, SEEK_HOLE), ENXIO, "SEEK_HOLE at the end");
}

/* From the first byte to the last, each read as long as it was asked for. */
static void read_all(const size_t *sizes, size_t nr_sizes, const char *how)
{
	char *buf = room(ROOM);
	uint64_t pos = 0, want;
	int fd = vmcore_open();
	size_t i;

	for (i = 0; pos < expected_size(); i++, pos += want) {
		want = least(sizes[i % nr_sizes], expected_size() - pos);
		want_number(read(fd, buf + i % 9, sizes[i % nr_sizes]), want,
			    how);
		compare(buf + i % 9, pos, want, how);
	}
	want_number(read(fd, buf, PAGE), 0, "read at the end");
}

void check_read_large(void)
{
	static const size_t sizes[] = { MIB };

	read_all(sizes, 1, "read of 1 MiB");
}

void check_read_pages(void)
{
	static const size_t sizes[] = { PAGE };

	read_all(sizes, 1, "read of 4 KiB");
}

void check_read_odd(void)
{
	static const size_t sizes[] = {
		1, 7, 333, PAGE - 1, PAGE + 1, 64 * KIB + 1, 1000003,
	};

	read_all(sizes, sizeof(sizes) / sizeof(sizes[0]), "odd read");
}

static void preadv_one(int fd, char *buf, uint64_t pos)
{
	static const size_t lens[] = { 13, PAGE, 1, 5000 };
	struct iovec iov[4];
	size_t i, total = 0, want;

	for (i = 0; i < 4; i++) {
		iov[i].iov_base = buf + total;
		iov[i].iov_len = lens[i];
		total += lens[i];
	}
	want = least(total, expected_size() - pos);
	want_number(preadv(fd, iov, 4, pos), want, "preadv");
	compare(buf, pos, want, "preadv");
}

void check_pread(void)
{
	uint64_t seed = 1, pos, size = expected_size();
	char *buf = room(ROOM);
	int fd = vmcore_open();
	size_t i;

	for (i = 0; (pos = border(i)); i++)
		pread_one(fd, buf, pos - 9, 18 + i % 3 * PAGE);
	for (i = 0; i < 400; i++) {
		pos = random_next(&seed) % size;
		pread_one(fd, buf, pos, random_next(&seed) %
			  (i % 8 ? 20000 : 600000));
		if (i % 8 == 0)
			preadv_one(fd, buf, pos);
	}
	pread_one(fd, buf, size - 5, PAGE);
	pread_one(fd, buf, size, PAGE);
	pread_one(fd, buf, size + PAGE, PAGE);
	want_errno(pread(fd, buf, 1, -1), EINVAL, "pread at -1");
	want_number(lseek(fd, 0, SEEK_CUR), 0, "the position after pread");
}

/* The size of a pipe, which is what one call can take at most */
#define PIPE_SIZE	(64 * KIB)

static void splice_from(int fd, int *ends, char *buf, uint64_t pos)
{
	uint64_t end = least(pos + 500000, expected_size());
	loff_t offset = pos;
	ssize_t got;

	while (pos < end) {
		got = splice(fd, &offset, ends[1], NULL, PIPE_SIZE, 0);
		if (got <= 0)
			fail("splice at %#llx: %zd (%s)",
			     (unsigned long long)pos, got, strerror(errno));
		want_number(read(ends[0], buf, PIPE_SIZE), got, "the pipe");
		compare(buf, pos, got, "splice");
		pos += got;
		want_number(offset, pos, "splice's offset");
	}
	if (end == expected_size())
		want_number(splice(fd, &offset, ends[1], NULL, PIPE_SIZE, 0),
			    0, "splice at the end");
}

void check_splice(void)
{
	char *buf = room(PIPE_SIZE);
	int fd = vmcore_open();
	int ends[2];
	size_t i;

	if (pipe(ends))
		fail("pipe: %s", strerror(errno));
	for (i = 0; start(i) != UINT64_MAX; i++)
		splice_from(fd, ends, buf, start(i));
	want_number(lseek(fd, 0, SEEK_CUR), 0, "the position after splice");
}

/* With the position in the file, or with one of the caller's own */
static void sendfile_from(int fd, int out, char *buf, uint64_t pos, bool own)
{
	size_t want = least(500000, expected_size() - pos), done = 0;
	off_t offset = pos;
	ssize_t got;

	if (ftruncate(out, 0) || lseek(out, 0, SEEK_SET))
		fail("the target of sendfile: %s", strerror(errno));
	if (!own)
		lseek(fd, pos, SEEK_SET);
	while (done < want) {
		got = sendfile(out, fd, own ? &offset : NULL, want - done);
		if (got <= 0)
			fail("sendfile at %#llx: %zd (%s)",
			     (unsigned long long)(pos + done), got,
			     strerror(errno));
		done += got;
	}
	want_number(own ? offset : lseek(fd, 0, SEEK_CUR), pos + want,
		    "sendfile's offset");
	want_number(pread(out, buf, ROOM, 0), want, "what sendfile wrote");
	compare(buf, pos, want, "sendfile");
	if (pos + want == expected_size())
		want_number(sendfile(out, fd, own ? &offset : NULL, 1), 0,
			    "sendfile at the end");
}

void check_sendfile(void)
{
	int out = memfd_create("out", 0);
	char *buf = room(ROOM);
	int fd = vmcore_open();
	size_t i;

	if (out < 0)
		fail("memfd_create: %s", strerror(errno));
	for (i = 0; start(i) != UINT64_MAX; i++) {
		sendfile_from(fd, out, buf, start(i), true);
		sendfile_from(fd, out, buf, start(i), false);
	}
}

/* A page that can be written to, and none behind it */
static char *last_page(void)
{
	char *p = room(2 * PAGE);

	munmap(p + PAGE, PAGE);
	return p;
}

void check_faults(void)
{
	const uint64_t all[] = { 0, border(0), expected_size() - 3 * PAGE };
	int fd = vmcore_open();
	char *page = last_page();
	char *fixed = room(PAGE);
	size_t i;
	ssize_t got;

	mprotect(fixed, PAGE, PROT_READ);
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		want_errno(pread(fd, page + PAGE, PAGE, all[i]), EFAULT,
			   "no buffer");
		want_errno(pread(fd, (void *)-PAGE, 1, all[i]), EFAULT,
			   "the kernel's memory");
		want_errno(pread(fd, fixed, PAGE, all[i]), EFAULT,
			   "a buffer that is not writable");
		got = pread(fd, page, 2 * PAGE, all[i] + 3);
		if (got <= 0 || (size_t)got > PAGE)
			fail("half a buffer: %zd", got);
		compare(page, all[i] + 3, got, "half a buffer");
	}
	lseek(fd, all[1], SEEK_SET);
	want_errno(read(fd, fixed, PAGE), EFAULT, "read");
	want_number(lseek(fd, 0, SEEK_CUR), all[1], "the position after it");
	got = read(fd, page + 100, PAGE);
	want_number(lseek(fd, 0, SEEK_CUR), all[1] + got,
		    "the position after half a read");
}
