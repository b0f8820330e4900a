// SPDX-License-Identifier: GPL-2.0
/*
 * Loads for which there is not enough memory, so that each of them ends in the
 * middle: the kernel's own allocations do not fail before somebody is killed,
 * and that is made the loader, whose load then has to be undone.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kload.h"

#define LEFT		(12UL << 20)	/* what the hog leaves */
#define LARGE		(48UL << 20)	/* what each load takes, and more */
#define HOG_STEP	(256 * PAGE)
#define SPARSE		"/tmp/pressure-initrd"
#define OOM_SCORE	"/proc/self/oom_score_adj"

/* What the kernel could still give, but for caches that it would drop. */
static unsigned long memory_left(void)
{
	struct sysinfo info;

	sysinfo(&info);
	return info.freeram * info.mem_unit;
}

static void hog(void)
{
	while (memory_left() > LEFT) {
		char *p = mmap(NULL, HOG_STEP, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED)
			die("mmap: %m");
		memset(p, 1, HOG_STEP);
	}
}

/* Reads as zeros and takes no memory. */
static void *nothing(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS |
		       MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		die("mmap: %m");
	return p;
}

static long by_segments(unsigned long flags)
{
	struct spans crash;
	struct kexec_segment segment = {
		.buf = nothing(LARGE), .bufsz = LARGE, .memsz = LARGE,
	};
	struct span region;

	spans_read(&crash, "Crash kernel");
	region = crash_region(&crash);
	segment.mem = (void *)(unsigned long)region.start;
	return sys_kexec_load(region.start, 1, &segment, flags);
}

static long by_files(const char *kernel, unsigned long flags)
{
	int kernel_fd = open_or_die(kernel, O_RDONLY);
	int initrd_fd = open_or_die(SPARSE, O_RDONLY);

	return sys_kexec_file_load(kernel_fd, initrd_fd, 1, "", flags);
}

/* "KILLED", or the errno's name. */
static const char *load_result(const struct load_way *way, const char *kernel)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		die("fork: %m");
	if (!pid) {
		long result;

		write_or_die(OOM_SCORE, "1000");
		result = way->files ? by_files(kernel, way->flags) :
				      by_segments(way->flags);
		_exit(result ? errno : 0);
	}
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid: %m");
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return "KILLED";
	return WIFEXITED(status) ? errno_name(WEXITSTATUS(status)) : "DIED";
}

static void sparse_make(void)
{
	int fd = open_or_die(SPARSE, O_WRONLY | O_CREAT | O_TRUNC);

	if (ftruncate(fd, LARGE) || close(fd))
		die(SPARSE ": %m");
}

/*
 * "KERNEL TIMES": each way to load, so many times, with no memory for it.
 * Prints "name RESULT" for each load.
 */
int pressure_run(int argc, char **argv)
{
	unsigned long times;
	size_t i;

	if (argc < 2)
		die("limits pressure: KERNEL and TIMES, please");
	write_or_die(OOM_SCORE, "-1000");
	sparse_make();
	hog();
	for (times = strtoul(argv[1], NULL, 0); times; times--)
		for (i = 0; i < NR_LOAD_WAYS; i++)
			printf("%s %s\n", load_ways[i].name,
			       load_result(&load_ways[i], argv[0]));
	return 0;
}
