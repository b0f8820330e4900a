// SPDX-License-Identifier: GPL-2.0
/*
 * frames: pages of known kinds and contents, before a crash and after it.
 *
 *   frames make DEVICE
 *	Makes pages that processes and files have, the page cache of DEVICE
 *	among them, and lists them: "KIND PFN SEED", as
 *	/sys/kernel/debug/crash_frames does. A process stays that has them.
 *   frames look LIST
 *	Looks for them in /proc/vmcore, in each way in which it can be read, and
 *	counts, for each kind: what is data and as it was, what is a hole, and
 *	what is neither. A line for each kind: "KIND DATA HOLE BAD".
 *   frames map
 *	The holes of /proc/vmcore, by the page frame numbers of the first page
 *	and of the one behind the last: "FIRST END".
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/elf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "die.h"
#include "page.h"

#define WORDS		(PAGE / sizeof(uint64_t))
#define MIX		0x9e3779b97f4a7c15ULL
#define NR_PAGES	8UL
#define KINDS_MAX	32
#define STRETCH		(4UL << 20)
#define VMCORE		"/proc/vmcore"

/* Seeds of pages that processes have, out of the way of the kernel's */
static uint64_t seed = 1000000;

static void fill(void *addr)
{
	uint64_t *word = addr;
	size_t i;

	seed++;
	for (i = 0; i < WORDS; i++)
		word[i] = seed * MIX + i;
}

static char *map(size_t size, int flags, int fd)
{
	char *addr = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);

	if (addr == MAP_FAILED)
		die("mmap: %m");
	return addr;
}

/* Of an area, so many pages that are spread over it */
static void tell_pages(const char *kind, char *addr, size_t size)
{
	size_t step = size / NR_PAGES, at;

	for (at = 0; at < size; at += step) {
		fill(addr + at);
		printf("%s %" PRIu64 " %" PRIu64 "\n", kind, pfn_of(addr + at),
		       seed);
	}
}

static void make_anonymous(void)
{
	char *addr = map(NR_PAGES * PAGE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	if (mlock(addr, NR_PAGES * PAGE))
		die("mlock: %m");
	tell_pages("anonymous", addr, NR_PAGES * PAGE);
}

/* What an entry of the last but one level of page tables maps */
static size_t huge_size(void)
{
	const char *path = "/sys/kernel/mm/transparent_hugepage/hpage_pmd_size";
	FILE *file = fopen(path, "r");
	size_t size;

	if (!file || fscanf(file, "%zu", &size) != 1)
		die("%s: %m", path);
	fclose(file);
	return size;
}

static void make_huge(void)
{
	size_t size = huge_size();
	char *addr = map(2 * size, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	addr = (char *)(((uintptr_t)addr + size - 1) & ~(size - 1));
	if (madvise(addr, size, MADV_HUGEPAGE))
		die("MADV_HUGEPAGE: %m");
	memset(addr, 1, size);
	tell_pages("huge", addr, size);
	addr = map(size, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1);
	memset(addr, 1, size);
	tell_pages("hugetlb", addr, size);
}

/* Written to and synced: what it is then is up to the filesystem. */
static void make_file(const char *kind, const char *path, int flags)
{
	static char page[PAGE];
	int fd = open(path, O_RDWR | flags, 0600);
	char *addr;
	size_t i;

	if (fd < 0)
		die("%s: %m", path);
	for (i = 0; i < NR_PAGES; i++)
		if (write(fd, page, PAGE) != PAGE)
			die("%s: %m", path);
	addr = map(NR_PAGES * PAGE, MAP_SHARED, fd);
	tell_pages(kind, addr, NR_PAGES * PAGE);
	if (msync(addr, NR_PAGES * PAGE, MS_SYNC) || fsync(fd))
		die("%s: %m", path);
}

static int make(const char *device)
{
	make_anonymous();
	make_huge();
	make_file("shmem", "/tmp/frames", O_CREAT);
	make_file("file", "/frames", O_CREAT);
	make_file("buffered", device, 0);
	if (fflush(stdout))
		die("the list: %m");
	if (daemon(1, 0))
		die("daemon: %m");
	for (;;)
		pause();
}

static struct elf64_phdr *phdrs;
static unsigned int nr_phdrs;

static int vmcore_open(void)
{
	int fd = open(VMCORE, O_RDONLY);
	struct elf64_hdr ehdr;
	ssize_t size;

	if (fd < 0 || pread(fd, &ehdr, sizeof(ehdr), 0) != sizeof(ehdr))
		die(VMCORE ": %m");
	nr_phdrs = ehdr.e_phnum;
	size = nr_phdrs * sizeof(*phdrs);
	phdrs = malloc(size);
	if (!phdrs || pread(fd, phdrs, size, ehdr.e_phoff) != size)
		die(VMCORE ": %m");
	return fd;
}

/* Where a page is in the file; 0 if it is nowhere */
static off_t position(uint64_t pfn)
{
	uint64_t off;
	unsigned int i;

	for (i = 0; i < nr_phdrs; i++) {
		off = pfn * PAGE - phdrs[i].p_paddr;
		if (phdrs[i].p_type == PT_LOAD &&
		    pfn * PAGE >= phdrs[i].p_paddr && off < phdrs[i].p_filesz)
			return phdrs[i].p_offset + off;
	}
	return 0;
}

static bool is_filled(const uint64_t *page, uint64_t with_seed)
{
	size_t i;

	for (i = 0; i < WORDS; i++)
		if (page[i] != with_seed * MIX + i)
			return false;
	return true;
}

static bool is_zero(const uint64_t *page)
{
	size_t i;

	for (i = 0; i < WORDS; i++)
		if (page[i])
			return false;
	return true;
}

static bool stretch_is_same(int fd, off_t pos, size_t size)
{
	static char copy[STRETCH];
	char *mapped = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, pos);
	size_t done = 0;
	ssize_t got;
	bool same;

	if (mapped == MAP_FAILED)
		return false;
	for (; done < size; done += got) {
		got = pread(fd, copy + done, size - done, pos + done);
		if (got <= 0)
			break;
	}
	same = done == size && !memcmp(copy, mapped, size);
	munmap(mapped, size);
	return same;
}

/*
 * Is what is around a position read as it is mapped? What is mapped at once are
 * runs of what is left out and of what is not, by turns. Looked at once, however
 * many frames are there.
 */
static bool is_same_around(int fd, off_t pos)
{
	static off_t end;
	static char *seen;
	off_t nr = pos / STRETCH, at = nr * STRETCH;

	if (!seen) {
		end = lseek(fd, 0, SEEK_END);
		seen = calloc(end / STRETCH + 1, 1);
		if (end <= 0 || !seen)
			die(VMCORE ": %m");
	}
	if (!seen[nr])
		seen[nr] = stretch_is_same(fd, at, end - at < (off_t)STRETCH ?
					   end - at : (off_t)STRETCH) ? 1 : 2;
	return seen[nr] == 1;
}

/* Stacks, tables and struct pages are the kernel's, which has more than zeros. */
static bool is_kept(const uint64_t *page, const char *kind, uint64_t with_seed)
{
	if (with_seed)
		return is_filled(page, with_seed);
	return is_zero(page) == !strcmp(kind, "zero");
}

/* 0: data, as it was; 1: a hole; 2: neither */
static int look_at(int fd, const char *kind, uint64_t pfn, uint64_t with_seed)
{
	static uint64_t page[WORDS];
	off_t pos = position(pfn), data;

	if (!pos || pread(fd, page, PAGE, pos) != PAGE ||
	    !is_same_around(fd, pos))
		return 2;

	data = lseek(fd, pos, SEEK_DATA);
	if (data != pos)
		return (data > pos || errno == ENXIO) && is_zero(page) &&
		       lseek(fd, pos, SEEK_HOLE) == pos ? 1 : 2;
	return lseek(fd, pos, SEEK_HOLE) >= pos + (off_t)PAGE &&
	       is_kept(page, kind, with_seed) ? 0 : 2;
}

static int look(const char *path)
{
	static struct {
		char name[16];
		unsigned int nr[3];
	} kinds[KINDS_MAX];
	FILE *list = fopen(path, "r");
	uint64_t pfn, with_seed;
	unsigned int i;
	char name[16];
	int fd;

	if (!list)
		die("%s: %m", path);
	fd = vmcore_open();
	while (fscanf(list, "%15s %" SCNu64 " %" SCNu64, name, &pfn,
		      &with_seed) == 3) {
		for (i = 0; kinds[i].name[0] && strcmp(kinds[i].name, name); i++)
			if (i == KINDS_MAX - 2)
				die("too many kinds");
		memcpy(kinds[i].name, name, sizeof(name));
		kinds[i].nr[look_at(fd, name, pfn, with_seed)]++;
	}
	for (i = 0; kinds[i].name[0]; i++)
		printf("%s %u %u %u\n", kinds[i].name, kinds[i].nr[0],
		       kinds[i].nr[1], kinds[i].nr[2]);
	return 0;
}

static int map_holes(void)
{
	int fd = vmcore_open();
	unsigned int i;

	for (i = 0; i < nr_phdrs; i++) {
		off_t pos = phdrs[i].p_offset, end = pos + phdrs[i].p_filesz;
		uint64_t pages = phdrs[i].p_paddr / PAGE - pos / PAGE;
		off_t data;

		if (phdrs[i].p_type != PT_LOAD)
			continue;
		for (; pos < end; pos = data) {
			pos = lseek(fd, pos, SEEK_HOLE);
			if (pos < 0)
				die("SEEK_HOLE: %m");
			data = lseek(fd, pos, SEEK_DATA);
			if (data < 0 || data > end)
				data = end;
			if (pos < end)
				printf("%" PRIu64 " %" PRIu64 "\n",
				       pages + pos / PAGE, pages + data / PAGE);
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "make"))
		return make(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "look"))
		return look(argv[2]);
	if (argc == 2 && !strcmp(argv[1], "map"))
		return map_holes();
	fputs("usage: frames make DEVICE | frames look LIST | frames map\n",
	      stderr);
	return 2;
}
