// SPDX-License-Identifier: GPL-2.0-only
/*
 * Purgatory's body, the same on all architectures.
 *
 * It runs alone on one CPU, with nothing of the old kernel left and nothing
 * of the new one started: no interrupts, no allocator, no locks. There are
 * two ways out: back to the architecture's entry code, which enters the next
 * kernel, or a message and a reset. A message on the console is all that
 * a damaged image leaves behind, so it says where the damage is.
 */

#include <linux/kernel.h>

#include "purgatory.h"

static const void *physical(void *ctx, u64 start, u64 len)
{
	return (const void *)(unsigned long)start;
}

u64 __weak purgatory_sha256(u32 *state, const u8 *data, u64 len)
{
	return 0;
}

static void put_string(struct purgatory_uart *uart, const char *s)
{
	for (; *s; s++)
		purgatory_uart_putc(uart, *s);
}

static void put_hex(struct purgatory_uart *uart, u64 value)
{
	int shift = 60;

	while (shift && !(value >> shift))
		shift -= 4;

	put_string(uart, "0x");
	for (; shift >= 0; shift -= 4)
		purgatory_uart_putc(uart,
				    "0123456789abcdef"[(value >> shift) & 15]);
}

static void put_region(struct purgatory_uart *uart,
		       const struct purgatory_region *region)
{
	put_string(uart, " in segment ");
	put_hex(uart, region->segment);
	put_string(uart, ", ");
	put_hex(uart, region->len);
	put_string(uart, " bytes at ");
	put_hex(uart, region->start);
}

static void __noreturn refuse(const struct purgatory_params *params,
			      enum purgatory_verdict verdict, unsigned int bad)
{
	/* Where not even the parameters can be believed. */
	static const struct purgatory_console fallback = {
		.type = PURGATORY_CONSOLE_PROBE,
	};
	bool trusted = verdict == PURGATORY_BAD_REGION ||
		       verdict == PURGATORY_BAD_TARGET;
	struct purgatory_uart uart;

	purgatory_uart_init(&uart, trusted ? &params->console : &fallback);
	put_string(&uart, "\r\npurgatory: ");
	put_string(&uart, purgatory_strerror(verdict));
	if (verdict == PURGATORY_BAD_REGION)
		put_region(&uart, &params->regions[bad]);
	put_string(&uart, ": not started, resetting the machine\r\n");
	purgatory_uart_flush(&uart);

	purgatory_reset();
}

/**
 * purgatory_main() - check the image
 * @params:    the blob's parameters
 * @load_size: how long the blob was when it was linked
 *
 * Return: @params, if their target may be entered; else it does not.
 */
const struct purgatory_params *
purgatory_main(const struct purgatory_params *params, u64 load_size)
{
	enum purgatory_verdict verdict;
	struct purgatory_memory mem;
	unsigned int bad = 0;

	/*
	 * Not an initializer: of a constant one clang makes data, and addresses
	 * in data would have to be relocated.
	 */
	mem.at = physical;
	mem.ctx = NULL;
	mem.sha256 = purgatory_sha256;

	verdict = purgatory_verify(params, load_size, &mem, &bad);
	if (verdict != PURGATORY_INTACT)
		refuse(params, verdict, bad);

	return params;
}
