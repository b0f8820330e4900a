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
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

#define PAGE		4096UL
#define PORTS		"/sys/class/virtio-ports"
#define PORT_NAME	"org.kdump.verdict"
#define PFN_PRESENT	(1ULL << 63)
#define PFN_MASK	((1ULL << 55) - 1)

static __attribute__((noreturn)) void die(const char *what)
{
	fprintf(stderr, "witness: %s: %s\n", what, strerror(errno));
	exit(1);
}

static bool port_is_ours(const char *port)
{
	char path[512], name[64] = "";
	FILE *file;

	snprintf(path, sizeof(path), PORTS "/%s/name", port);
	file = fopen(path, "r");
	if (!file)
		return false;
	if (!fgets(name, sizeof(name), file))
		name[0] = '\0';
	fclose(file);
	name[strcspn(name, "\n")] = '\0';
	return !strcmp(name, PORT_NAME);
}

static FILE *channel_open(void)
{
	DIR *dir = opendir(PORTS);
	struct dirent *entry;
	char path[512];

	while (dir && (entry = readdir(dir))) {
		if (!port_is_ours(entry->d_name))
			continue;
		snprintf(path, sizeof(path), "/dev/%s", entry->d_name);
		return fopen(path, "w");
	}
	errno = ENODEV;
	return NULL;
}

static void json_string(FILE *out, const char *text, size_t size)
{
	size_t i;

	fputc('"', out);
	for (i = 0; i < size; i++) {
		unsigned char c = text[i];

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < 0x20 || c > 0x7e)
			fprintf(out, "\\u%04x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

static void json_file(FILE *out, const char *path)
{
	size_t size = 0, room = 1 << 20, got;
	char *text = malloc(room);
	FILE *file = fopen(path, "r");

	if (!file || !text) {
		fputs("null", out);
		return;
	}
	while (size < room && (got = fread(text + size, 1, room - size, file)))
		size += got;
	json_string(out, text, size);
	fclose(file);
	free(text);
}

/* One write for the whole line, so that two writers do not mix theirs. */
static void line_send(const char *line, size_t size)
{
	FILE *channel = channel_open();

	if (!channel)
		die("no channel to the host");
	setvbuf(channel, NULL, _IOFBF, size + 1);
	if (fwrite(line, 1, size, channel) != size || fclose(channel))
		die("the channel to the host");
}

static int say(int argc, char **argv)
{
	char *line;
	size_t size;
	FILE *out = open_memstream(&line, &size);
	int i;

	fputs("{\"event\": ", out);
	json_string(out, argv[0], strlen(argv[0]));
	for (i = 1; i < argc; i++) {
		char *value = strchr(argv[i], '=');

		if (!value)
			continue;
		fputs(", ", out);
		json_string(out, argv[i], value - argv[i]);
		fputs(": ", out);
		if (value[1] == '@')
			json_file(out, value + 2);
		else
			json_string(out, value + 1, strlen(value + 1));
	}
	fputs("}\n", out);
	fclose(out);
	line_send(line, size);
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

struct marker {
	uint64_t seed;
	uint64_t paddr;
};

static uint64_t physical(const void *page)
{
	uint64_t entry = 0;
	int fd = open("/proc/self/pagemap", O_RDONLY);

	if (fd < 0 ||
	    pread(fd, &entry, sizeof(entry), (uintptr_t)page / PAGE *
		  sizeof(entry)) != sizeof(entry))
		die("pagemap");
	close(fd);
	if (!(entry & PFN_PRESENT) || !(entry & PFN_MASK)) {
		errno = ENXIO;
		die("the marker has no page frame");
	}
	return (entry & PFN_MASK) * PAGE;
}

static struct marker marker_fill(uint64_t *page)
{
	struct marker marker;
	uint64_t state;
	size_t i;

	if (getrandom(&marker.seed, sizeof(marker.seed), 0) !=
	    sizeof(marker.seed))
		die("getrandom");
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
		die("a page of memory");
	return page;
}

/*
 * A page of the kernel's own that a program can write to: the ring of a packet
 * socket. No dump filter leaves it out.
 */
static void *kernel_page(void)
{
	struct tpacket_req ring = {
		.tp_block_size = PAGE,
		.tp_block_nr = 1,
		.tp_frame_size = PAGE,
		.tp_frame_nr = 1,
	};
	int fd = socket(AF_PACKET, SOCK_RAW, 0);
	void *page;

	if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_TX_RING, &ring,
				 sizeof(ring)))
		die("packet ring");
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED)
		die("packet ring");
	return page;
}

static void bind_to(const char *cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(atoi(cpu), &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity");
}

static void testify(const char *cpu)
{
	char line[1024];
	struct marker user, kernel;
	struct utsname uts;
	int size;

	bind_to(cpu);
	prctl(PR_SET_NAME, "kdump-witness");
	user = marker_fill(user_page());
	kernel = marker_fill(kernel_page());
	uname(&uts);
	size = snprintf(line, sizeof(line),
			"{\"event\": \"testimony\", \"pid\": %d, "
			"\"comm\": \"kdump-witness\", \"cpu\": %s, "
			"\"cpus\": %ld, \"release\": \"%s\", \"markers\": {"
			"\"user\": [%" PRIu64 ", %" PRIu64 "], "
			"\"kernel\": [%" PRIu64 ", %" PRIu64 "]}}\n",
			getpid(), cpu, sysconf(_SC_NPROCESSORS_ONLN),
			uts.release, user.seed, user.paddr, kernel.seed,
			kernel.paddr);
	line_send(line, size);
}

static void crash(const char *cpu, const char *path, const char *word)
{
	int fd;

	testify(cpu);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		die(path);
	if (write(fd, word, strlen(word)) < 0)
		die(path);
	errno = 0;
	die("the kernel survived");
}

static void spin(const char *cpu)
{
	testify(cpu);
	for (;;)
		;
}

int main(int argc, char **argv)
{
	if (argc >= 3 && !strcmp(argv[1], "say"))
		return say(argc - 2, argv + 2);
	if (argc == 5 && !strcmp(argv[1], "crash"))
		crash(argv[2], argv[3], argv[4]);
	if (argc == 3 && !strcmp(argv[1], "spin"))
		spin(argv[2]);
	fputs("usage: witness say EVENT [KEY=VALUE|KEY=@FILE]...\n"
	      "       witness crash CPU FILE WORD\n"
	      "       witness spin CPU\n", stderr);
	return 2;
}
