// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/vmcore mapped, and used by several at once
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vmcore.h"

#define NR_READERS	4
#define ROOM		(2 * MIB)

/* All of it at once; the file has whole pages. */
void check_mmap_shared(void)
{
	map_one(vmcore_open(), 0, expected_size(), MAP_SHARED, "mmap shared");
}

/* In chunks that are no multiple of anything */
void check_mmap_private(void)
{
	const size_t chunk = 1021 * PAGE;
	int fd = vmcore_open();
	uint64_t pos;

	for (pos = 0; pos < expected_size(); pos += chunk)
		map_one(fd, pos, least(chunk, expected_size() - pos),
			MAP_PRIVATE, "mmap private");
}

void check_mmap_borders(void)
{
	uint64_t pos, size = expected_size();
	int fd = vmcore_open();
	size_t i;

	for (i = 0; (pos = border(i)); i++) {
		map_one(fd, pos - PAGE, 2 * PAGE, MAP_PRIVATE, "around");
		map_one(fd, pos, PAGE, MAP_SHARED, "behind");
	}
	map_one(fd, size - PAGE, PAGE, MAP_PRIVATE, "the last page");
	for (i = 0; start(i) != UINT64_MAX; i++) {
		pos = start(i) & ~(PAGE - 1);
		if (pos < size)
			map_one(fd, pos, least(100 * PAGE, size - pos),
				MAP_PRIVATE, "a hundred pages");
	}
}

static int64_t map_refused(int fd, uint64_t pos, size_t len, int prot,
			   int flags)
{
	return (intptr_t)mmap(NULL, len, prot, flags, fd, pos);
}

void check_mmap_refused(void)
{
	const int rw = PROT_READ | PROT_WRITE;
	uint64_t size = expected_size();
	int fd = vmcore_open();
	int fd_rw = open(VMCORE, O_RDWR);
	char *p;

	want_errno(map_refused(fd, 0, PAGE, rw, MAP_PRIVATE), EPERM,
		   "writable, private");
	want_errno(map_refused(fd, 0, PAGE, rw, MAP_SHARED), EACCES,
		   "writable, shared");
	if (fd_rw >= 0)
		want_errno(map_refused(fd_rw, 0, PAGE, rw, MAP_SHARED), EPERM,
			   "writable, shared, open for writing");
	want_errno(map_refused(fd, 0, PAGE, PROT_READ | PROT_EXEC,
			       MAP_PRIVATE), EPERM, "executable");
	want_errno(map_refused(fd, size, PAGE, PROT_READ, MAP_PRIVATE),
		   EINVAL, "behind the end");
	want_errno(map_refused(fd, size - PAGE, 2 * PAGE, PROT_READ,
			       MAP_SHARED), EINVAL, "across the end");
	if (size + PAGE <= SIZE_MAX)
		want_errno(map_refused(fd, 0, size + PAGE, PROT_READ,
				       MAP_SHARED),
			   EINVAL, "more than all of it");
	want_errno(map_refused(fd, FAR_AWAY, PAGE, PROT_READ, MAP_SHARED),
		   EINVAL, "far behind the end");
	want_errno(map_refused(fd, LAST_PAGE, 2 * PAGE, PROT_READ, MAP_SHARED),
		   EOVERFLOW, "around the end of all numbers");

	p = mmap(NULL, 2 * PAGE, PROT_READ, MAP_PRIVATE, fd, size - 2 * PAGE);
	if (p == MAP_FAILED)
		fail("the last two pages: %s", strerror(errno));
	want_errno(mprotect(p, PAGE, rw), EACCES, "made writable");
	want_errno(mprotect(p, PAGE, PROT_READ | PROT_EXEC), EACCES,
		   "made executable");
	compare(p, size - 2 * PAGE, 2 * PAGE, "after refusals");
}

/* The headers alone, which are this kernel's memory, can be dropped. */
static void headers_dropped(int fd)
{
	char *p = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);

	if (p == MAP_FAILED)
		fail("mmap of the headers: %s", strerror(errno));
	if (madvise(p, PAGE, MADV_DONTNEED))
		fail("headers are not dropped: %s", strerror(errno));
	compare(p, 0, PAGE, "after they were dropped");
}

/* A mapping outlives its file, and what a fork has of it too. */
void check_mmap_kept(void)
{
	size_t len = least(64 * PAGE, expected_size());
	int fd = vmcore_open();
	char *p = mmap(NULL, len, PROT_READ, MAP_SHARED, fd, 0);
	int status;

	if (p == MAP_FAILED)
		fail("mmap: %s", strerror(errno));
	headers_dropped(fd);
	close(fd);
	if (!fork()) {
		compare(p, 0, len, "in a child");
		_exit(0);
	}
	wait(&status);
	want_number(status, 0, "the child");
	munmap(p + PAGE, PAGE);
	compare(p, 0, PAGE, "before what was unmapped");
	compare(p + 2 * PAGE, 2 * PAGE, len - 2 * PAGE,
		"behind what was unmapped");
}

static void reader(unsigned int number)
{
	uint64_t seed = 77 + number, pos, size = expected_size();
	char *buf = room(ROOM);
	int fd = -1;
	size_t i;

	for (i = 0; i < 200; i++) {
		if (i % 16 == 0) {
			close(fd);
			fd = vmcore_open();
		}
		pos = random_next(&seed) % size;
		if (i % 4) {
			pread_one(fd, buf, pos, 1 + random_next(&seed) %
				  (i % 8 == 1 ? 300000 : 9000));
			continue;
		}
		pos &= ~(PAGE - 1);
		map_one(fd, pos, least(PAGE * (1 + random_next(&seed) % 64),
				       size - pos), MAP_SHARED, "mmap");
	}
}

void check_readers(void)
{
	unsigned int i;
	int status;

	for (i = 0; i < NR_READERS; i++) {
		if (!fork()) {
			reader(i);
			_exit(0);
		}
	}
	for (i = 0; i < NR_READERS; i++) {
		if (wait(&status) < 0)
			fail("a reader is lost");
		if (status)
			fail(" (a reader ended with status %#x)", status);
	}
}

#define KILLS		20
#define KILL_US		3000	/* more from one to the next */

/* Maps all of it and reads it in large pieces, until somebody ends that. */
static __attribute__((noreturn)) void reader_endless(void)
{
	uint64_t pos, size = expected_size();
	int fd = vmcore_open();
	char *buf = room(MIB);
	char *p;

	for (;;) {
		p = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (p != MAP_FAILED)
			munmap(p, size);
		for (pos = 0; pos < size; pos += MIB)
			if (pread(fd, buf, MIB, pos) < 0)
				_exit(1);
	}
}

/* One who is killed at any time dies, and leaves the others what they want. */
void check_killed(void)
{
	uint64_t seed = 9, size = expected_size();
	int fd = vmcore_open(), status, i;
	char *buf = room(PAGE);
	pid_t pid;

	for (i = 0; i < KILLS; i++) {
		pid = fork();
		if (!pid)
			reader_endless();
		usleep(i * KILL_US);
		kill(pid, SIGKILL);
		if (waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status))
			fail("a reader ended with status %#x", status);
		pread_one(fd, buf, random_next(&seed) % size, PAGE);
	}
}
