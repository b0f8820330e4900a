// SPDX-License-Identifier: GPL-2.0
/*
 * witness: what a test wants to know from inside the machine, told in lines
 * of JSON, and the task that is to be found in the dump.
 *
 *   witness say EVENT [KEY=VALUE | KEY=@FILE]...
 *	Writes {"event": EVENT, KEY: VALUE, ...} to the host.
 *   witness crash CPU FILE WORD
 *	Plants the markers, tells the host who and where it is, and writes
 *	WORD to FILE, which is the end of this kernel.
 *   witness spin CPU
 *	The same, but then it keeps CPU busy for whatever comes.
 *   witness hold COUNT
 *	Fills COUNT pages of the kernel's at random, each some way from the
 *	next, tells the host where they are and what their checksums are, and
 *	leaves a child that keeps them.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <inttypes.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "die.h"
#include "page.h"
#include "tell.h"

static int say(int argc, char **argv)
{
	struct event event;
	int i;

	event_begin(&event, argv[0]);
	for (i = 1; i < argc; i++) {
		char *value = strchr(argv[i], '=');

		if (!value)
			continue;
		*value++ = '\0';
		if (*value == '@')
			event_file(&event, argv[i], value + 1);
		else
			event_text(&event, argv[i], value);
	}
	event_send(&event);
	return 0;
}

/* xorshift64*: the judge makes the same words from the same seed. */
static uint64_t word_next(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dULL;
}

static void fill_random(void *buffer, size_t size)
{
	if (getrandom(buffer, size, 0) != (ssize_t)size)
		die("getrandom: %m");
}

struct marker {
	uint64_t seed;
	uint64_t paddr;
};

static struct marker marker_fill(uint64_t *page)
{
	struct marker marker;
	uint64_t state;
	size_t i;

	fill_random(&marker.seed, sizeof(marker.seed));
	marker.seed |= 1;
	state = marker.seed;
	for (i = 0; i < PAGE / sizeof(*page); i++)
		page[i] = word_next(&state);
	marker.paddr = physical(page);
	return marker;
}

/* A page of a program: dump filters leave it out. */
static void *user_page(void)
{
	void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED || mlock(page, PAGE))
		die("a page of memory: %m");
	return page;
}

/*
 * Pages of the kernel's own that a program can write to: the ring of a packet
 * socket. No dump filter leaves them out.
 */
static void *kernel_pages(unsigned int count)
{
	struct tpacket_req ring = {
		.tp_block_size = PAGE,
		.tp_block_nr = count,
		.tp_frame_size = PAGE,
		.tp_frame_nr = count,
	};
	int fd = socket(AF_PACKET, SOCK_RAW, 0);
	void *page;

	if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_TX_RING, &ring,
				 sizeof(ring)))
		die("packet ring: %m");
	page = mmap(NULL, count * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		    0);
	if (page == MAP_FAILED)
		die("packet ring: %m");
	return page;
}

static void bind_to(const char *cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(atoi(cpu), &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity: %m");
}

static void testify(const char *cpu)
{
	struct marker user, kernel;
	struct event event;
	struct utsname uts;

	bind_to(cpu);
	prctl(PR_SET_NAME, "kdump-witness");
	user = marker_fill(user_page());
	kernel = marker_fill(kernel_pages(1));
	uname(&uts);
	event_begin(&event, "testimony");
	event_json(&event, "pid", "%d", getpid());
	event_text(&event, "comm", "kdump-witness");
	event_json(&event, "cpu", "%s", cpu);
	event_json(&event, "cpus", "%ld", sysconf(_SC_NPROCESSORS_ONLN));
	event_text(&event, "release", uts.release);
	event_json(&event, "markers", "{\"user\": [%" PRIu64 ", %" PRIu64 "], "
		   "\"kernel\": [%" PRIu64 ", %" PRIu64 "]}", user.seed,
		   user.paddr, kernel.seed, kernel.paddr);
	event_send(&event);
}

static void crash(const char *cpu, const char *path, const char *word)
{
	int fd;

	testify(cpu);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		die("%s: %m", path);
	if (write(fd, word, strlen(word)) < 0)
		die("%s: %m", path);
	die("the kernel survived");
}

/* What comes, comes at any time: no other task may have the CPU by then. */
static void keep_cpu(void)
{
	const struct sched_param highest = {
		.sched_priority = sched_get_priority_max(SCHED_FIFO),
	};
	int fd = open("/proc/sys/kernel/sched_rt_runtime_us", O_WRONLY);

	/* Or else the others get a share of every second. */
	if (fd < 0 || write(fd, "-1", 2) != 2)
		die("sched_rt_runtime_us: %m");
	close(fd);
	if (sched_setscheduler(0, SCHED_FIFO, &highest))
		die("sched_setscheduler: %m");
}

static void spin(const char *cpu)
{
	keep_cpu();
	testify(cpu);
	for (;;)
		;
}

/* zlib's Adler-32, which the judge has a function for */
static uint32_t checksum(const uint8_t *page)
{
	uint32_t low = 1, high = 0;
	size_t i;

	for (i = 0; i < PAGE; i++) {
		low = (low + page[i]) % 65521;
		high = (high + low) % 65521;
	}
	return high << 16 | low;
}

/* Of so many pages one is filled: a third of a small machine's memory. */
#define APART		32

static void hold(unsigned int count)
{
	uint8_t *pages = kernel_pages(count * APART);
	struct event event;
	FILE *list;
	char *text;
	size_t size;
	unsigned int i;

	list = open_memstream(&text, &size);
	if (!list)
		die("a list: %m");
	for (i = 0; i < count; i++) {
		uint8_t *page;
		uint32_t which;

		fill_random(&which, sizeof(which));
		page = pages + (i * APART + which % APART) * PAGE;
		fill_random(page, PAGE);
		fprintf(list, "%s[%" PRIu64 ", %" PRIu32 "]", i ? ", " : "",
			physical(page), checksum(page));
	}
	fclose(list);
	event_begin(&event, "held");
	event_json(&event, "pages", "[%s]", text);
	event_send(&event);
	switch (fork()) {
	case -1:
		die("fork: %m");
	case 0:
		for (;;)
			pause();
	}
	exit(0);
}

int main(int argc, char **argv)
{
	if (argc >= 3 && !strcmp(argv[1], "say"))
		return say(argc - 2, argv + 2);
	if (argc == 5 && !strcmp(argv[1], "crash"))
		crash(argv[2], argv[3], argv[4]);
	if (argc == 3 && !strcmp(argv[1], "spin"))
		spin(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "hold"))
		hold(atoi(argv[2]));
	fputs("usage: witness say EVENT [KEY=VALUE|KEY=@FILE]...\n"
	      "       witness crash CPU FILE WORD\n"
	      "       witness spin CPU\n"
	      "       witness hold COUNT\n", stderr);
	return 2;
}
