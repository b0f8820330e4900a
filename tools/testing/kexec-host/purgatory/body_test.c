// SPDX-License-Identifier: GPL-2.0-only
/*
 * Purgatory's body from end to end, with a console and a reset that the test
 * can look at: what is intact is let through in silence, what is not is named
 * and never entered.
 */

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image.h"

static struct machine {
	jmp_buf reset;
	char console[512];
	size_t printed;
	bool flushed;
	struct purgatory_console asked;
} machine;

void purgatory_uart_init(struct purgatory_uart *uart,
			 const struct purgatory_console *console)
{
	uart->console = *console;
	uart->dead = false;
	machine.asked = *console;
}

void purgatory_uart_putc(struct purgatory_uart *uart, char c)
{
	if (machine.printed < sizeof(machine.console) - 1)
		machine.console[machine.printed++] = c;
}

void purgatory_uart_flush(struct purgatory_uart *uart)
{
	machine.flushed = true;
}

void __noreturn purgatory_reset(void)
{
	longjmp(machine.reset, 1);
}

/* Returns whether the next kernel was entered. */
static bool run(const struct purgatory_params *params)
{
	memset(&machine, 0, sizeof(machine));
	if (setjmp(machine.reset))
		return false;
	return purgatory_main(params, BLOB_SIZE) == params;
}

static void reseal(struct image *image)
{
	purgatory_params_seal(image->params);
}

static void nothing(struct image *image)
{
}

static void no_regions(struct image *image)
{
	image->params->nr_regions = 0;
	reseal(image);
}

static void first_byte(struct image *image)
{
	image->mem[0][0] ^= 1;
}

static void last_byte(struct image *image)
{
	image->mem[2][image->len[2] - 1] ^= 0x80;
}

static void code(struct image *image)
{
	((u8 *)image->params)[BLOB_SIZE - 1] ^= 1;
}

static void target(struct image *image)
{
	image->params->target_entry += 1;
}

static void no_target(struct image *image)
{
	image->params->target_entry = 0;
	reseal(image);
}

static void digest(struct image *image)
{
	image->params->regions[1].digest[31] ^= 1;
}

static void magic(struct image *image)
{
	image->params->magic = 0;
}

static void erased(struct image *image)
{
	memset(image->params, 0, BLOB_SIZE);
}

static void count(struct image *image)
{
	image->params->nr_regions = KEXEC_SEGMENT_MAX + 1;
	reseal(image);
}

static void huge_count(struct image *image)
{
	image->params->nr_regions = ~0U;
	reseal(image);
}

static void size(struct image *image)
{
	image->params->load_size = ~0U;
}

static void wraps(struct image *image)
{
	image->params->regions[0].len = ~0ULL;
	reseal(image);
}

static void fewer(struct image *image)
{
	image->params->nr_regions--;
}

static const struct {
	const char *what;
	void (*damage)(struct image *image);
	const char *says;	/* NULL: entered */
} cases[] = {
	{ "intact", nothing, NULL },
	{ "nothing to check", no_regions, NULL },
	{ "first byte of a region", first_byte, "image damaged in segment 0x0, " },
	{ "last byte of a region", last_byte, "image damaged in segment 0x2, 0x1001 " },
	{ "purgatory's code", code, "its own parameters or code" },
	{ "another target", target, "its own parameters or code" },
	{ "a digest", digest, "its own parameters or code" },
	{ "one region fewer", fewer, "its own parameters or code" },
	{ "no target", no_target, "no kernel to enter" },
	{ "no magic", magic, "its own header" },
	{ "all zeros", erased, "its own header" },
	{ "another size", size, "its own header" },
	{ "one region too many", count, "more regions" },
	{ "far too many regions", huge_count, "more regions" },
	{ "a region that wraps", wraps, "no end" },
};

static bool check(bool ok, const char *what, const char *why)
{
	if (!ok)
		printf("FAIL %s: %s; console: \"%s\"\n", what, why,
		       machine.console);
	return ok;
}

static bool run_case(unsigned int i)
{
	static const size_t len[] = { 64, 0, 4097, 1 };
	const char *what = cases[i].what, *says = cases[i].says;
	struct image image;
	bool entered, ok;

	image_create(&image, len, ARRAY_SIZE(len));
	image.params->console.type = PURGATORY_CONSOLE_8250_PORT;
	reseal(&image);
	cases[i].damage(&image);
	entered = run(image.params);

	if (!says) {
		ok = check(entered, what, "not entered") &&
		     check(!machine.printed, what, "not silent");
	} else {
		ok = check(!entered, what, "entered") &&
		     check(strstr(machine.console, says), what,
			   "does not say so") &&
		     check(strstr(machine.console, "resetting"), what,
			   "message not complete") &&
		     check(machine.flushed, what, "message not flushed");
	}
	/* The console in parameters that can't be believed isn't used. */
	if (ok && says && strstr(says, "its own"))
		ok = check(machine.asked.type == PURGATORY_CONSOLE_PROBE,
			   what, "used a console that can't be believed");
	if (ok)
		printf("ok %s\n", what);

	image_destroy(&image);
	return ok;
}

int main(void)
{
	unsigned int failed = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++)
		failed += !run_case(i);

	printf("purgatory body: %zu cases, %u failed\n", ARRAY_SIZE(cases),
	       failed);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
