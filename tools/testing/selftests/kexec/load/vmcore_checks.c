// SPDX-License-Identifier: GPL-2.0
/*
 * What the checks of /proc/vmcore have in common, and the list of them.
 *
 * A check returns if all is well and calls fail() if not.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vmcore.h"

#define NEARBY	500	/* borders of pieces that are looked at */

int vmcore_open(void)
{
	int fd = open(VMCORE, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		fail("open: %s", strerror(errno));
	return fd;
}

/* Memory that is there already, so that reads don't fault on it. */
char *room(size_t size)
{
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (p == MAP_FAILED)
		fail("no memory for %zu bytes", size);
	return p;
}

uint64_t random_next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Some of the borders between pieces, the first one at index 0. */
uint64_t border(size_t index)
{
	return expected_border(index * (1 + expected_pieces() / NEARBY));
}

void want_errno(int64_t result, int want, const char *what)
{
	if (result != -1)
		fail("%s: %lld rather than %s", what, (long long)result,
		     strerrorname_np(want));
	if (errno != want)
		fail("%s: %s rather than %s", what, strerrorname_np(errno),
		     strerrorname_np(want));
}

void want_number(int64_t result, int64_t want, const char *what)
{
	if (result == -1 && want != -1)
		fail("%s: %s", what, strerrorname_np(errno));
	if (result != want)
		fail("%s: %lld rather than %lld", what, (long long)result,
		     (long long)want);
}

/* Where it is of interest to begin, for calls that take their time. */
uint64_t start(size_t index)
{
	const uint64_t size = expected_size();
	const uint64_t all[] = {
		0, border(0) - 100, size / 3 + 1, 2 * GIB - 200000,
		4 * GIB - 200000, size - 300000, size,
	};

	if (index == sizeof(all) / sizeof(all[0]))
		return UINT64_MAX;
	return all[index] <= size ? all[index] : size;
}

void pread_one(int fd, char *buf, uint64_t pos, size_t len)
{
	uint64_t want = 0;

	if (pos < expected_size())
		want = least(len, expected_size() - pos);
	want_number(pread(fd, buf, len, pos), want, "pread");
	if (want)
		compare(buf, pos, want, "pread");
}

void map_one(int fd, uint64_t pos, size_t len, int flags, const char *how)
{
	char *p = mmap(NULL, len, PROT_READ, flags, fd, pos);

	if (p == MAP_FAILED)
		fail("%s: %#zx bytes at %#llx: %s", how, len,
		     (unsigned long long)pos, strerror(errno));
	compare(p, pos, len, how);
	munmap(p, len);
}

const struct check checks[] = {
	{ "absent", check_absent },
	{ "size", check_size },
	{ "seek", check_seek },
	{ "read-large", check_read_large },
	{ "read-pages", check_read_pages },
	{ "read-odd", check_read_odd },
	{ "pread", check_pread },
	{ "splice", check_splice },
	{ "sendfile", check_sendfile },
	{ "mmap-shared", check_mmap_shared },
	{ "mmap-private", check_mmap_private },
	{ "mmap-borders", check_mmap_borders },
	{ "mmap-refused", check_mmap_refused },
	{ "mmap-kept", check_mmap_kept },
	{ "faults", check_faults },
	{ "readers", check_readers },
	{ "killed", check_killed },
	{ "memory", check_memory },
	{ "random", check_random },
	{ "windows", check_windows },
	{ "no-windows", check_no_windows },
	{ }
};
