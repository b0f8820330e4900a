// SPDX-License-Identifier: GPL-2.0
/*
 * What the kernel answers to very many calls, good and bad ones, as lines of
 * "name ERRNO": two kernels can be compared by them.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#include "answers.h"

#define NAME_MAX_ROW	256
#define NR_BITS		(8 * sizeof(long))
/* The exit status of a row's process is an errno, DIED, or this. */
#define MORE_THAN_0	254

struct facts facts;

void unchanged(struct call *c, const struct choice *choice)
{
	(void)c;
	(void)choice;
}

void flags_or(struct call *c, const struct choice *choice)
{
	c->flags |= choice->arg;
}

void arm_before(struct call *c, const struct choice *choice)
{
	c->armed = choice->arg;
}

static void kind_is(struct call *c, const struct choice *choice)
{
	c->on_crash = choice->arg;
	if (c->on_crash)
		c->flags |= is_by_files(c->way) ? KEXEC_FILE_ON_CRASH :
						  KEXEC_ON_CRASH;
	call_place(c);
}

const struct choice kinds[] = {
	{ "crash", kind_is, true },
	{ "ordinary", kind_is, false },
	{ 0 }
};

const struct choice just_crash[] = {
	{ "crash", kind_is, true },
	{ 0 }
};

static void without_cap(struct call *c, const struct choice *choice)
{
	c->no_cap = choice->arg;
}

const struct choice caps[] = {
	{ "root", without_cap, false },
	{ "nobody", without_cap, true },
	{ 0 }
};

const struct choice armed[] = {
	{ "none-armed", arm_before, 0 },
	{ "ordinary-armed", arm_before, ARM_ORDINARY },
	{ "crash-armed", arm_before, ARM_CRASH },
	{ 0 }
};

struct choice bits[NR_BITS + 1];

static void bits_init(void)
{
	unsigned int i;

	for (i = 0; i < NR_BITS; i++) {
		char *name;

		if (asprintf(&name, "bit-%u", i) < 0)
			die("no memory");
		bits[i] = (struct choice){ name, flags_or, 1UL << i };
	}
}

static long write_text(const struct call *c)
{
	int fd = open_or_die(c->path, O_WRONLY);
	long result;

	result = write(fd, c->text, strlen(c->text)) < 0 ? -1 : 0;
	return result;
}

/* A 32-bit caller's table is another one; a bad pointer is the same. */
static long call_32(const struct call *c)
{
	static struct kexec_segment_32 table[IMAGE_SEGMENTS];
	int i;

	for (i = 0; i < IMAGE_SEGMENTS; i++)
		table[i] = (struct kexec_segment_32){
			.buf = (unsigned long)c->segment[i].buf,
			.bufsz = c->segment[i].bufsz,
			.mem = (unsigned long)c->segment[i].mem,
			.memsz = c->segment[i].memsz,
		};
	return sys_kexec_load_32(c->entry, c->nr_segments,
				 c->segments == c->segment ? (void *)table :
							     c->segments,
				 c->flags);
}

static long call_make(const struct call *c)
{
	switch (c->way) {
	case BY_SEGMENTS:
		return sys_kexec_load(c->entry, c->nr_segments, c->segments,
				      c->flags);
	case BY_SEGMENTS_32:
		return call_32(c);
	case BY_FILES:
		return sys_kexec_file_load(c->kernel, c->initrd,
					   c->cmdline_len, c->cmdline,
					   c->flags);
	case BY_FILES_32:
		return sys_kexec_file_load_32(c->kernel, c->initrd,
					      c->cmdline_len, c->cmdline,
					      c->flags);
	case BY_WRITING:
		return write_text(c);
	}
	return -1;
}

static void arm(const struct choice *kind)
{
	struct call c = { .way = BY_SEGMENTS };

	call_of_segments(&c);
	kind->apply(&c, kind);
	if (call_make(&c))
		die("%s image: %m", kind->name);
}

static void unload_all(void)
{
	if (sys_kexec_load(0, 0, NULL, KEXEC_ON_CRASH) ||
	    sys_kexec_load(0, 0, NULL, 0))
		die("cannot unload: %m");
}

/* The choices of one row: an index into each column. */
struct row {
	const struct row_group *group;
	size_t at[COLUMNS];
};

static const struct choice *row_choice(const struct row *row, int column)
{
	const struct choice *choices = row->group->columns[column];

	return choices ? &choices[row->at[column]] : NULL;
}

/* Counts like an odometer. False when all rows have been. */
static bool row_next(struct row *row)
{
	int i;

	for (i = COLUMNS - 1; i >= 0; i--) {
		if (!row->group->columns[i])
			continue;
		row->at[i]++;
		if (row_choice(row, i)->name)
			return true;
		row->at[i] = 0;
	}
	return false;
}

static void row_name(const struct row *row, char *name)
{
	size_t used = snprintf(name, NAME_MAX_ROW, "%s", row->group->name);
	int i;

	for (i = 0; i < COLUMNS && row_choice(row, i); i++)
		used += snprintf(name + used, NAME_MAX_ROW - used, "/%s",
				 row_choice(row, i)->name);
}

/*
 * In a process of its own: what the row opens and gives up ends with it. It
 * shares the memory, which is most of what a process takes to make.
 */
static int row_run(const struct row *row)
{
	struct call c = { .way = row->group->way };
	long result;
	int i;

	call_of_segments(&c);
	if (is_by_files(c.way))
		call_of_files(&c);
	for (i = 0; i < COLUMNS && row_choice(row, i); i++)
		row_choice(row, i)->apply(&c, row_choice(row, i));

	if (c.armed & ARM_CRASH)
		arm(&kinds[0]);
	if (c.armed & ARM_ORDINARY)
		arm(&kinds[1]);
	if (c.no_cap)
		become_nobody();
	result = call_make(&c);
	if (result > 0)
		return MORE_THAN_0;
	return result ? errno : 0;
}

static void row_answer(const struct row *row)
{
	char name[NAME_MAX_ROW];
	int status;
	pid_t pid;

	row_name(row, name);
	fflush(stdout);
	pid = vfork();
	if (pid < 0)
		die("vfork: %m");
	if (!pid)
		_exit(row_run(row));
	if (waitpid(pid, &status, 0) != pid)
		die("%s: %m", name);
	if (!WIFEXITED(status))
		printf("%s KILLED\n", name);
	else if (WEXITSTATUS(status) == DIED)
		die("%s: could not be asked", name);
	else if (WEXITSTATUS(status) == MORE_THAN_0)
		printf("%s POSITIVE\n", name);
	else
		printf("%s %s\n", name, errno_name(WEXITSTATUS(status)));
	if (!row->group->keep)
		unload_all();
}

static void facts_read(void)
{
	struct spans crash, ram;
	struct sysinfo info;

	spans_read(&crash, "Crash kernel");
	spans_read(&ram, "System RAM");
	sysinfo(&info);
	/* Without a region, the addresses are those where it was. */
	if (crash.nr)
		facts.region = crash_region(&crash);
	facts.ram = ram_largest(&ram);
	facts.total = (uint64_t)info.totalram * info.mem_unit;
}

/* Are there calls of this kind, and not by another name? */
static bool can_ask(enum call_way way)
{
	return HAS_FILES || (!is_by_files(way) && way != BY_SEGMENTS_32);
}

static void groups_answer(const struct row_group *group, const char *only)
{
	for (; group->name; group++) {
		struct row row = { .group = group };

		if (!can_ask(group->way) ||
		    (only && strcmp(only, group->name)))
			continue;
		facts_read();
		do
			row_answer(&row);
		while (row_next(&row));
	}
}

/*
 * Prints "name ERRNO" for each row of each group, or of the one called @only.
 * @directory has the files: kernel, initrd, and others called image-*.
 *
 * It ends with loading disabled until the next boot.
 */
int answers_run(const char *directory, const char *only)
{
	if (!directory || chdir(directory))
		die("answers: no directory with files to load");
	facts.kernel = "image-good";
	facts.initrd = "initrd-small";
	bits_init();
	images_read(".");
	groups_answer(load_groups, only);
	groups_answer(file_groups, only);
	groups_answer(last_groups, only);
	return 0;
}
