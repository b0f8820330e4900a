// SPDX-License-Identifier: GPL-2.0-only
/*
 * Purgatory's reset of a PC: the ways known, from the most thorough to the
 * one that can't fail.
 */

#include <asm/purgatory.h>
#include <asm/shared/io.h>

#include "../../../kernel/purgatory/purgatory.h"

/* The chipset's reset control register */
#define RESET_CONTROL		0xcf9
#define RESET_CONTROL_HARD	0x02
#define RESET_CONTROL_CPU	0x04	/* 0 -> 1 does it */

/* The keyboard controller, one of whose outputs is the reset line */
#define KBC_COMMAND		0x64
#define KBC_STATUS_INPUT_FULL	0x02
#define KBC_PULSE_RESET		0xfe

/* Some 10 to 50 ms from a time stamp counter at 1 to 5 GHz */
#define SETTLE_CYCLES		50000000ull
/* should the counter stand still */
#define SETTLE_LOOPS		20000000u

static u64 cycles(void)
{
	u32 low, high;

	asm volatile("rdtsc" : "=a" (low), "=d" (high));
	return (u64)high << 32 | low;
}

static void settle(void)
{
	u64 start = cycles();
	u32 i;

	for (i = 0; i < SETTLE_LOOPS; i++) {
		if (cycles() - start > SETTLE_CYCLES)
			break;
		asm volatile("pause");
	}
}

static void reset_by_chipset(void)
{
	outb(RESET_CONTROL_HARD, RESET_CONTROL);
	outb(RESET_CONTROL_HARD | RESET_CONTROL_CPU, RESET_CONTROL);
	settle();
}

static void reset_by_keyboard(void)
{
	unsigned int i;

	for (i = 0; i < 10000; i++) {
		if (!(inb(KBC_COMMAND) & KBC_STATUS_INPUT_FULL))
			break;
	}
	outb(KBC_PULSE_RESET, KBC_COMMAND);
	settle();
}

void __noreturn purgatory_reset(void)
{
	reset_by_chipset();
	reset_by_keyboard();
	purgatory_shutdown();
}
