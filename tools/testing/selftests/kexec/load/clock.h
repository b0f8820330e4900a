/* SPDX-License-Identifier: GPL-2.0 */
#ifndef CLOCK_H
#define CLOCK_H

/*
 * Two clocks for what a piece of work takes. The processor's counter goes on
 * through kexec; in an emulator that derives guest time from the instructions
 * it has run, it counts them.
 */

#include <stdint.h>
#include <time.h>

struct took {
	uint64_t ticks;
	uint64_t ns;
};

static inline uint64_t ns_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_RAW, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

#if __has_builtin(__builtin_ia32_rdtsc)
static inline uint64_t ticks_now(void)
{
	return __builtin_ia32_rdtsc();
}
#else
static inline uint64_t ticks_now(void)
{
	return ns_now();
}
#endif

/* The ticks innermost: it takes instructions to ask for the nanoseconds. */
static inline struct took took_begin(void)
{
	struct took begin;

	begin.ns = ns_now();
	begin.ticks = ticks_now();
	return begin;
}

static inline struct took took_since(struct took begin)
{
	begin.ticks = ticks_now() - begin.ticks;
	begin.ns = ns_now() - begin.ns;
	return begin;
}

#endif /* CLOCK_H */
