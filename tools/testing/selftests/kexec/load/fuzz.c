// SPDX-License-Identifier: GPL-2.0
/*
 * Very many random calls of kexec_load(2) and kexec_file_load(2), from two
 * threads, while a third looks at everything that the kernel tells about
 * loaded images and takes a CPU away and back.
 *
 * Prints what was answered how often, and whatever must not be: a complaint
 * in the kernel's log, an armed image that is damaged.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "fuzz.h"

#define PLAYERS		2
#define ERRNOS		134
#define MEET		4	/* one call in so many may meet another */
#define PLUG		256	/* one look in so many takes a CPU away */
#define LOOK_NS		2000000

/* Steps of splitmix64: any seed is as good as any other. */
uint64_t dice_roll(struct dice *d)
{
	uint64_t z = d->state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

uint64_t address_any(struct dice *d, const struct arena *arena)
{
	const uint64_t edges[] = {
		arena->region.start, arena->region.end + 1, arena->ram.start,
		arena->ram.end + 1, 0, 1ULL << 20, 1ULL << 32, 1ULL << 46,
		1ULL << 52, -PAGE,
	};
	uint64_t at = edges[dice_below(d, sizeof(edges) / sizeof(edges[0]))];

	at += (dice_below(d, 9) - 4) * PAGE;
	if (dice_one_in(d, 4))
		at = dice_roll(d) >> dice_below(d, 64) & -PAGE;
	if (dice_one_in(d, 8))
		at += dice_below(d, PAGE);
	return at;
}

uint64_t size_any(struct dice *d, const struct arena *arena)
{
	uint64_t region = arena->region.end + 1 - arena->region.start;

	switch (dice_below(d, 5)) {
	case 0:
		return dice_below(d, 16 * PAGE);
	case 1:
		return dice_below(d, 16) * PAGE;
	case 2:
		return (1ULL << dice_below(d, 22)) + dice_below(d, 3) - 1;
	case 3:
		return -dice_below(d, 1ULL << dice_below(d, 64));
	default:
		/* What takes long, or nearly all there is: seldom. */
		if (!dice_one_in(d, 64))
			return 1ULL << (30 + dice_below(d, 34));
		return region + (dice_below(d, 3) - 1) * PAGE;
	}
}

const void *pointer_any(struct dice *d, const struct arena *arena)
{
	switch (dice_below(d, 6)) {
	case 0:
		return NULL;
	case 1:
		return (const void *)PAGE;
	case 2:		/* the kernel's */
		return (const void *)(uintptr_t)(-1ULL << 40 |
						 dice_roll(d) >> 24);
	case 3:
		return arena->edge;
	case 4:		/* some of it is there */
		return arena->edge - dice_below(d, 4 * PAGE);
	default:
		return arena->good + dice_below(d, GOOD_BYTES);
	}
}

static void arena_fill(struct arena *arena, const char *kernel)
{
	unsigned char *p = mmap(NULL, GOOD_BYTES + PAGE, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	struct spans spans;
	size_t i;

	if (p == MAP_FAILED || mprotect(p + GOOD_BYTES, PAGE, PROT_NONE))
		die("memory: %m");
	for (i = 0; i < GOOD_BYTES - 1; i++)
		p[i] = i * 7 + i / PAGE;
	memcpy(p, "\177ELF", 4);
	p[GOOD_BYTES - 1] = '\0';
	arena->good = p;
	arena->edge = p + GOOD_BYTES;
	spans_read(&spans, "Crash kernel");
	arena->region = crash_region(&spans);
	spans_read(&spans, "System RAM");
	arena->ram = ram_largest(&spans);
	arena->kernel = blob_read(kernel);
}

/* What each call has answered, by errno; of all players. */
static unsigned long answers[2][ERRNOS];
static const char * const calls[] = { "segments", "files" };

static unsigned long to_do;	/* inputs that nobody has taken yet */
static bool over;
static pthread_rwlock_t turn = PTHREAD_RWLOCK_INITIALIZER;

static void player_open(struct player *p, const struct arena *arena,
			unsigned int number, uint64_t seed)
{
	p->dice.state = seed;
	p->arena = arena;
	p->low = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	if (p->low == MAP_FAILED)
		die("memory: %m");
	files_open(p, number);
}

static bool input_take(void)
{
	unsigned long left = __atomic_load_n(&to_do, __ATOMIC_RELAXED);

	while (left && !__atomic_compare_exchange_n(&to_do, &left, left - 1,
						    true, __ATOMIC_RELAXED,
						    __ATOMIC_RELAXED))
		;
	return left;
}

/*
 * Most calls are made one at a time: if they all met, most would be told EBUSY
 * and nothing else.
 */
static void player_once(struct player *p)
{
	bool files = dice_below(&p->dice, 2);
	int err;

	if (dice_one_in(&p->dice, MEET))
		pthread_rwlock_rdlock(&turn);
	else
		pthread_rwlock_wrlock(&turn);
	err = (files ? files_input(p) : segments_input(p)) ? errno : 0;
	pthread_rwlock_unlock(&turn);
	if (err >= ERRNOS)
		die("%s: errno %d", calls[files], err);
	__atomic_add_fetch(&answers[files][err], 1, __ATOMIC_RELAXED);
	/* Being in the way of another is no input. */
	if (err == EBUSY)
		__atomic_add_fetch(&to_do, 1, __ATOMIC_RELAXED);
}

static void *player_run(void *player)
{
	while (input_take())
		player_once(player);
	return NULL;
}

static const char * const shown[] = {
	"/sys/kernel/kexec_loaded",
	"/sys/kernel/kexec_crash_loaded",
	"/sys/kernel/kexec_crash_size",
	"/sys/kernel/kexec_crash_verify",
	"/sys/kernel/crash_elfcorehdr_size",
	"/sys/kernel/vmcoreinfo",
	"/sys/devices/system/cpu/crash_hotplug",
	"/sys/devices/system/cpu/cpu0/crash_notes",
#ifdef __x86_64__
	/* Memory comes and goes only in 64-bit kernels. */
	"/sys/devices/system/memory/crash_hotplug",
#endif
	"/proc/iomem",
};

#define VERIFY	3

static void look(size_t i)
{
	char text[4096] = "";
	int fd = open(shown[i], O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		die("%s: %m", shown[i]);
	got = read(fd, text, sizeof(text) - 1);
	/* The region's size is nothing to rely on while somebody loads. */
	if (got < 0 && errno != EBUSY)
		die("%s: %m", shown[i]);
	close(fd);
	if (got < 0)
		return;
	if (i == VERIFY && strcmp(text, "ok\n") && strcmp(text, "none\n"))
		printf("damaged %s", text);
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	/* Sizes that cannot be, a region in use: being refused is an answer. */
	if (fd >= 0 && write(fd, text, strlen(text)) < 0 && errno == EFAULT)
		die("%s: EFAULT", path);
	if (fd >= 0)
		close(fd);
}

static void resize(struct dice *d, const struct arena *arena)
{
	char text[32];

	/* Never smaller than it is, or there would soon be nothing left. */
	snprintf(text, sizeof(text), "%llu", (unsigned long long)
		 (arena->region.end + 1 - arena->region.start +
		  dice_below(d, 1ULL << dice_below(d, 63))));
	write_file("/sys/kernel/kexec_crash_size", text);
}

struct onlooker {
	struct dice dice;
	const struct arena *arena;
	unsigned long looks;
};

static void *onlooker_run(void *arg)
{
	static const char plug[] = "/sys/devices/system/cpu/cpu1/online";
	static const struct timespec pause = { .tv_nsec = LOOK_NS };
	struct onlooker *o = arg;

	while (!__atomic_load_n(&over, __ATOMIC_ACQUIRE)) {
		look(dice_below(&o->dice, sizeof(shown) / sizeof(shown[0])));
		if (dice_one_in(&o->dice, 16))
			resize(&o->dice, o->arena);
		if (dice_one_in(&o->dice, PLUG)) {
			write_file(plug, "0");
			write_file(plug, "1");
		}
		o->looks++;
		nanosleep(&pause, NULL);
	}
	return NULL;
}

static void thread_start(pthread_t *thread, void *(*run)(void *), void *arg)
{
	if (pthread_create(thread, NULL, run, arg))
		die("no thread");
}

static void tell(const struct watch *watch, const struct onlooker *onlooker,
		 struct took took)
{
	int call, err;

	for (call = 0; call < 2; call++)
		for (err = 0; err < ERRNOS; err++)
			if (answers[call][err])
				printf("%s %s %lu\n", calls[call],
				       errno_name(err), answers[call][err]);
	printf("log %lu lines %lu lost %lu bad\n", watch->lines, watch->lost,
	       watch->bad);
	printf("looks %lu\ntook %llu ms\n", onlooker->looks,
	       (unsigned long long)(took.ns / 1000000));
}

/*
 * "SEED INPUTS KERNEL": so many inputs, with @KERNEL for a good image. Leaves
 * nothing loaded.
 */
int fuzz_run(int argc, char **argv)
{
	static struct player players[PLAYERS];
	static struct arena arena;
	pthread_t player[PLAYERS], watcher, looker;
	struct took begin = took_begin();
	struct onlooker onlooker = { .arena = &arena };
	struct watch watch = { 0 };
	struct dice seeds;
	int i;

	if (argc < 3)
		die("fuzz: SEED, INPUTS and KERNEL, please");
	seeds.state = strtoull(argv[0], NULL, 0);
	printf("seed %#llx\n", (unsigned long long)seeds.state);
	to_do = strtoul(argv[1], NULL, 0);
	arena_fill(&arena, argv[2]);
	onlooker.dice.state = dice_roll(&seeds);

	watch_open(&watch);
	thread_start(&watcher, watch_run, &watch);
	thread_start(&looker, onlooker_run, &onlooker);
	for (i = 0; i < PLAYERS; i++) {
		player_open(&players[i], &arena, i, dice_roll(&seeds));
		thread_start(&player[i], player_run, &players[i]);
	}
	for (i = 0; i < PLAYERS; i++) {
		pthread_join(player[i], NULL);
		files_close(&players[i]);
	}
	__atomic_store_n(&over, true, __ATOMIC_RELEASE);
	pthread_join(looker, NULL);
	if (sys_kexec_load(0, 0, NULL, KEXEC_ON_CRASH) ||
	    sys_kexec_load(0, 0, NULL, 0))
		die("cannot unload: %m");
	__atomic_store_n(&watch.end, true, __ATOMIC_RELEASE);
	pthread_join(watcher, NULL);
	tell(&watch, &onlooker, took_since(begin));
	return 0;
}
