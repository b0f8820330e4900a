/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KERNEL_PURGATORY_H
#define _KERNEL_PURGATORY_H

#include <linux/purgatory.h>

/* What purgatory finds. */
enum purgatory_verdict {
	PURGATORY_INTACT = 0,
	PURGATORY_BAD_HEADER,	/* not the parameters of this purgatory */
	PURGATORY_BAD_SELF,	/* parameters or code changed since sealing */
	PURGATORY_BAD_COUNT,	/* more regions than there is room for */
	PURGATORY_BAD_TARGET,	/* no kernel to enter */
	PURGATORY_BAD_RANGE,	/* a region wraps around */
	PURGATORY_BAD_REGION,	/* a region's contents changed */
};

/**
 * struct purgatory_memory - how to reach physical memory, and to digest it
 * @at:     returns where [@start, @start + @len) can be read, or NULL
 * @ctx:    its first argument
 * @sha256: digests whole blocks with instructions that the CPU has for it,
 *          from the first on, into the eight words of state; returns for how
 *          many bytes it did. Used where PURGATORY_FLAG_SHA is set.
 *
 * In purgatory itself physical memory is simply there.
 */
struct purgatory_memory {
	const void *(*at)(void *ctx, u64 start, u64 len);
	void *ctx;
	u64 (*sha256)(u32 *state, const u8 *data, u64 len);
};

/* params.c: also part of the kernel */
enum purgatory_verdict
purgatory_params_check(const struct purgatory_params *params, u64 load_size);
void purgatory_params_seal(struct purgatory_params *params);
bool purgatory_params_sealed(const struct purgatory_params *params);

/* verify.c: also part of the kernel */
enum purgatory_verdict
purgatory_verify(const struct purgatory_params *params, u64 load_size,
		 const struct purgatory_memory *mem, unsigned int *bad);
const char *purgatory_strerror(enum purgatory_verdict verdict);

/* The blob or object, as the kernel carries it: arch/.../purgatory/ */
extern const u8 kexec_purgatory[];
extern const size_t kexec_purgatory_size;

/* console.c: only in the kernel */
#ifdef CONFIG_SERIAL_CORE_CONSOLE
bool purgatory_find_console(struct purgatory_console *found);
#else
static inline bool purgatory_find_console(struct purgatory_console *found)
{
	return false;
}
#endif

/* main.c: only in the blob */
const struct purgatory_params *
purgatory_main(const struct purgatory_params *params, u64 load_size);

/*
 * What an architecture brings along, besides the entry: a console that gives
 * up rather than wait for ever, and a reset that works.
 */
struct purgatory_uart {
	struct purgatory_console console;
	unsigned int polls;	/* left until it is given up */
	bool dead;		/* nothing there, or it got stuck */
};

void purgatory_uart_init(struct purgatory_uart *uart,
			 const struct purgatory_console *console);
void purgatory_uart_putc(struct purgatory_uart *uart, char c);
void purgatory_uart_flush(struct purgatory_uart *uart);
void __noreturn purgatory_reset(void);

/* struct purgatory_memory.sha256; without one of its own it does nothing. */
u64 purgatory_sha256(u32 *state, const u8 *data, u64 len);

#endif /* _KERNEL_PURGATORY_H */
