// SPDX-License-Identifier: GPL-2.0
/*
 * The memory that it takes to show /proc/vmcore
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "vmcore.h"

/* All pages that this kernel has ever allocated */
static uint64_t pages_allocated(void)
{
	FILE *file = fopen("/proc/vmstat", "r");
	unsigned long long value, total = 0;
	char name[64];

	while (file && fscanf(file, "%63s %llu", name, &value) == 2) {
		if (!strncmp(name, "pgalloc_", strlen("pgalloc_")))
			total += value;
	}
	if (!total)
		fail("/proc/vmstat does not count pages");
	fclose(file);
	return total;
}

static void read_through(int fd, char *buf, size_t step)
{
	uint64_t pos, size = expected_size();

	for (pos = 0; pos < size; pos += step)
		want_number(pread(fd, buf, step, pos), least(step, size - pos),
			    "pread");
}

/*
 * Reading allocates nothing but the page tables of windows, and what vmalloc
 * knows of each window. It forgets that late, so where there are more of them
 * than can be open at once it takes more. The limits leave room for what else
 * the kernel does.
 */
#define SLACK_PAGES	16
#define OPEN_WINDOWS	64
#define WINDOW_BYTES	128

static uint64_t pages_limit(void)
{
	uint64_t windows = expected_ranges();

	if (windows <= OPEN_WINDOWS)
		return SLACK_PAGES;
	return SLACK_PAGES + windows * WINDOW_BYTES / PAGE;
}

static void want_pages(uint64_t before, const char *what)
{
	uint64_t pages = pages_allocated() - before;

	if (pages > pages_limit())
		fail("%s: takes %llu pages", what, (unsigned long long)pages);
}

void check_memory(void)
{
	char *buf = room(MIB);
	int fd = vmcore_open();
	uint64_t before;

	pages_allocated();
	before = pages_allocated();
	read_through(fd, buf, MIB);
	want_pages(before, "reading it once");

	before = pages_allocated();
	read_through(fd, buf, PAGE);
	want_pages(before, "reading it once more");
}

/* A file too large to read all of it: pages here and there */
#define RANDOM_READS	3000

void check_random(void)
{
	uint64_t seed = 7, size = expected_size(), before;
	int fd = vmcore_open();
	char *buf = room(PAGE);
	unsigned int nr;

	pages_allocated();
	before = pages_allocated();
	for (nr = 0; nr < RANDOM_READS; nr++)
		pread_one(fd, buf, random_next(&seed) % size, PAGE);
	want_pages(before, "reading here and there");
}

/* How many mappings of old memory this kernel has */
static unsigned int windows_open(void)
{
	FILE *file = fopen("/proc/vmallocinfo", "r");
	unsigned long long address;
	unsigned int nr = 0;
	char line[512], *at;

	if (!file)
		fail("/proc/vmallocinfo can't be read");
	while (fgets(line, sizeof(line), file)) {
		at = strstr(line, "phys=");
		if (at && sscanf(at, "phys=%llx", &address) == 1 &&
		    expected_source(address))
			nr++;
	}
	fclose(file);
	return nr;
}

static void read_here_and_there(int fd)
{
	uint64_t seed = 5, size = expected_size();
	char *buf = room(PAGE);
	unsigned int nr;

	for (nr = 0; nr < 4 * OPEN_WINDOWS; nr++)
		pread_one(fd, buf, random_next(&seed) % size, PAGE);
}

/* Windows stay as long as somebody has the file open. */
void check_windows(void)
{
	int fd = vmcore_open(), second = vmcore_open();
	unsigned int nr;

	read_here_and_there(fd);
	close(fd);
	nr = windows_open();
	if (!nr || nr > OPEN_WINDOWS)
		fail("%u windows are open", nr);
	close(second);
	want_number(windows_open(), 0, "windows after the last close");
}

void check_no_windows(void)
{
	int fd = vmcore_open();

	read_here_and_there(fd);
	want_number(windows_open(), 0, "windows where there are none");
}
