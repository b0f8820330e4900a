// SPDX-License-Identifier: GPL-2.0
/*
 * measure: does a piece of work inside the machine and prints what it took, in
 * ticks of the processor's counter and in nanoseconds of the kernel's clock.
 *
 *   measure read BLOCK FILE
 *	Reads LENGTH bytes in the middle of FILE, BLOCK at a time.
 *   measure map WINDOW FILE
 *	Maps the same bytes, WINDOW at a time, and looks at each cache line.
 *   measure copy FILE TO
 *	Copies them, and prints nothing.
 *   measure run PROGRAM [ARGUMENT]...
 *	Runs a program; what it prints is dropped.
 *   measure crash
 *	Tells the host where the counter stands, crashes the kernel.
 *   measure restart kexec|firmware
 *	Tells the host where the counter stands, starts the loaded kernel or
 *	resets the machine.
 *   measure boot
 *	Prints where the counter stands and for how many nanoseconds the log's
 *	clock has run, both now, and where the counter stood when init started.
 *
 * As a kernel's first program it notes the counter for "boot", says on the
 * console that it is there, and becomes /init.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <inttypes.h>
#include <linux/reboot.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "die.h"
#include "page.h"

#define LENGTH		(256UL << 20)
#define LINE		64
#define COPY_BLOCK	(1UL << 20)
#define INIT_TICKS	"init_ticks"
#define LOG_SHIFT	"sched_clock: Marking stable"

static int print_took(struct took took)
{
	printf("%" PRIu64 " %" PRIu64 "\n", took.ticks, took.ns);
	return 0;
}

/* The bytes that are read: page aligned, as those who map them need it. */
struct part {
	int fd;
	off_t start;
};

static struct part part_open(const char *path)
{
	struct part part = { .fd = open(path, O_RDONLY) };
	struct stat st;

	if (part.fd < 0 || fstat(part.fd, &st))
		die("%s: %m", path);
	if (st.st_size < (off_t)LENGTH)
		die("%s: too short", path);
	part.start = PAGE_DOWN((st.st_size - LENGTH) / 2);
	return part;
}

/* Every page of it is there before anything is measured. */
static void *buffer_new(size_t size)
{
	void *buffer = aligned_alloc(PAGE, PAGE_UP(size));

	if (!buffer)
		die("no buffer: %m");
	return memset(buffer, 1, size);
}

static size_t size_parse(const char *text)
{
	size_t size = strtoull(text, NULL, 0);

	if (!size || LENGTH % size)
		die("%s: no part of %#lx", text, LENGTH);
	return size;
}

static void block_read(int fd, void *buffer, size_t size, const char *path)
{
	ssize_t got = read(fd, buffer, size);

	if (got < 0)
		die("%s: %m", path);
	if ((size_t)got != size)
		die("%s: %#zx bytes, not %#zx", path, got, size);
}

static int measure_read(size_t block, const char *path)
{
	struct part part = part_open(path);
	void *buffer = buffer_new(block);
	struct took begin;
	size_t done;

	if (lseek(part.fd, part.start, SEEK_SET) < 0)
		die("%s: %m", path);
	begin = took_begin();
	for (done = 0; done < LENGTH; done += block)
		block_read(part.fd, buffer, block, path);
	return print_took(took_since(begin));
}

static int measure_map(size_t window, const char *path)
{
	struct part part = part_open(path);
	struct took begin = took_begin();
	uint64_t sum = 0;
	size_t done, i;

	for (done = 0; done < LENGTH; done += window) {
		uint64_t *at = mmap(NULL, window, PROT_READ, MAP_PRIVATE,
				    part.fd, part.start + done);

		if (at == MAP_FAILED)
			die("%s: %m", path);
		for (i = 0; i < window; i += LINE)
			sum += at[i / sizeof(*at)];
		munmap(at, window);
	}
	/* Somebody wants it, so all is looked at. */
	asm volatile("" : : "r" (sum));
	return print_took(took_since(begin));
}

static int measure_copy(const char *path, const char *to)
{
	struct part part = part_open(path);
	int fd = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	void *buffer = buffer_new(COPY_BLOCK);
	size_t done;

	if (fd < 0)
		die("%s: %m", to);
	if (lseek(part.fd, part.start, SEEK_SET) < 0)
		die("%s: %m", path);
	for (done = 0; done < LENGTH; done += COPY_BLOCK) {
		block_read(part.fd, buffer, COPY_BLOCK, path);
		if (write(fd, buffer, COPY_BLOCK) != (ssize_t)COPY_BLOCK)
			die("%s: %m", to);
	}
	return 0;
}

static int measure_run(char **command)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct took begin = took_begin();
	pid_t pid = fork();
	int status;

	if (pid < 0)
		die("fork: %m");
	if (!pid) {
		dup2(null, STDOUT_FILENO);
		execvp(command[0], command);
		die("%s: %m", command[0]);
	}
	if (waitpid(pid, &status, 0) != pid)
		die("%s: %m", command[0]);
	if (status) {
		fprintf(stderr, "measure: %s: status %#x\n", command[0],
			status);
		return 1;
	}
	return print_took(took_since(begin));
}

/* Standard output has to be the channel to the host: a line of JSON. */
static void tell_ticks(const char *event)
{
	dprintf(STDOUT_FILENO, "{\"event\": \"%s\", \"ticks\": %" PRIu64
		"}\n", event, ticks_now());
}

static int measure_restart(const char *how)
{
	int command = strcmp(how, "kexec") ? LINUX_REBOOT_CMD_RESTART :
					     LINUX_REBOOT_CMD_KEXEC;

	tell_ticks("restart");
	syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, command,
		NULL);
	die("%s: %m", how);
}

static int measure_crash(void)
{
	int fd = open("/proc/sysrq-trigger", O_WRONLY);

	if (fd < 0)
		die("/proc/sysrq-trigger: %m");
	tell_ticks("crash");
	if (write(fd, "c", 1) < 0)
		die("/proc/sysrq-trigger: %m");
	die("the kernel survived");
}

/* Lines of /dev/kmsg look like "6,339,5140900,-;text": the third is in us. */
static void log_scan(int fd, const char *last, uint64_t *us, int64_t *shift_ns)
{
	char line[2048];
	ssize_t got;

	while ((got = read(fd, line, sizeof(line) - 1)) > 0) {
		line[got] = '\0';
		if (strstr(line, LOG_SHIFT))
			sscanf(strstr(line, LOG_SHIFT), LOG_SHIFT
			       " (%*d, %*d)->(%*d, %" SCNd64 ")", shift_ns);
		if (strstr(line, last) &&
		    sscanf(line, "%*u,%*u,%" SCNu64, us) == 1)
			return;
	}
	die("/dev/kmsg: %m");
}

/*
 * The log's clock is the processor's counter as the kernel reads it, but for a
 * shift that comes from its having been another one while it was not known to
 * be steady; the kernel tells of that once.
 */
static int measure_boot(void)
{
	static const char text[] = "measure: now\n";
	const char *init = getenv(INIT_TICKS);
	int fd = open("/dev/kmsg", O_RDWR | O_NONBLOCK);
	int64_t shift_ns = 0;
	uint64_t ticks, us;

	if (!init)
		die(INIT_TICKS " is not set");
	if (fd < 0)
		die("/dev/kmsg: %m");
	ticks = ticks_now();
	if (write(fd, text, strlen(text)) < 0)
		die("/dev/kmsg: %m");
	log_scan(fd, text, &us, &shift_ns);
	printf("%" PRIu64 " %" PRId64 " %s\n", ticks,
	       (int64_t)us * 1000 - shift_ns, init);
	return 0;
}

static void become_init(void)
{
	char ticks[32];

	snprintf(ticks, sizeof(ticks), "%" PRIu64, ticks_now());
	setenv(INIT_TICKS, ticks, 1);
	dprintf(STDOUT_FILENO, "measure: first program\n");
	execl("/init", "/init", NULL);
	die("/init: %m");
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";

	if (getpid() == 1)
		become_init();
	if (argc == 4 && !strcmp(verb, "read"))
		return measure_read(size_parse(argv[2]), argv[3]);
	if (argc == 4 && !strcmp(verb, "map"))
		return measure_map(size_parse(argv[2]), argv[3]);
	if (argc == 4 && !strcmp(verb, "copy"))
		return measure_copy(argv[2], argv[3]);
	if (argc > 2 && !strcmp(verb, "run"))
		return measure_run(argv + 2);
	if (argc == 2 && !strcmp(verb, "crash"))
		return measure_crash();
	if (argc == 3 && !strcmp(verb, "restart"))
		return measure_restart(argv[2]);
	if (argc == 2 && !strcmp(verb, "boot"))
		return measure_boot();
	fputs("usage: measure read BLOCK FILE\n"
	      "       measure map WINDOW FILE\n"
	      "       measure copy FILE TO\n"
	      "       measure run PROGRAM [ARGUMENT]...\n"
	      "       measure crash\n"
	      "       measure restart kexec|firmware\n"
	      "       measure boot\n", stderr);
	return 2;
}
