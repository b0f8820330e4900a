/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FUZZ_H
#define FUZZ_H

/*
 * Random calls, each of them drawn from a seed: the same seed and the same
 * number of threads draw the same calls. How they interleave is the
 * scheduler's.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kload.h"

/* Where all addresses fit into 32 bits, or none need to. */
#ifndef MAP_32BIT
#define MAP_32BIT	0
#endif

struct dice {
	uint64_t state;
};

uint64_t dice_roll(struct dice *d);

static inline uint64_t dice_below(struct dice *d, uint64_t limit)
{
	return dice_roll(d) % limit;
}

static inline bool dice_one_in(struct dice *d, unsigned int n)
{
	return !dice_below(d, n);
}

/* What calls are drawn from. Nobody writes to it once the threads run. */
#define GOOD_BYTES	(64 * PAGE)

struct arena {
	struct span region;	/* the crash kernel's */
	struct span ram;	/* the largest */
	unsigned char *good;	/* GOOD_BYTES that can be read ... */
	unsigned char *edge;	/* ... and right behind them one that cannot */
	struct blob kernel;	/* a small image that loads */
};

/* A thread that loads, and what only it touches. */
struct player {
	struct dice dice;
	const struct arena *arena;
	int kernel, initrd;	/* files, to read */
	char kernel_path[32], initrd_path[32];
	bool kernel_dirty;
	unsigned char *low;	/* a page that a 32-bit pointer reaches */
};

/* Numbers near those at which something changes. */
uint64_t address_any(struct dice *d, const struct arena *arena);
uint64_t size_any(struct dice *d, const struct arena *arena);
const void *pointer_any(struct dice *d, const struct arena *arena);

/* fuzz_segments.c, fuzz_files.c: draw a call and make it; 0 or -1 and errno */
long segments_input(struct player *p);
long files_input(struct player *p);
void files_open(struct player *p, unsigned int number);
void files_close(struct player *p);

/* fuzz_watch.c: what the kernel logs meanwhile; a thread's function */
struct watch {
	int fd;
	bool end;		/* set by others: come to an end */
	unsigned long lines;	/* of the log */
	unsigned long lost;	/* overwritten before they were read, at least */
	unsigned long bad;	/* that complain */
};

void watch_open(struct watch *watch);
void *watch_run(void *watch);

#endif /* FUZZ_H */
