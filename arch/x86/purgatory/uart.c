// SPDX-License-Identifier: GPL-2.0-only
/*
 * Purgatory's console: an 8250 or a descendant, set up by firmware or by the
 * kernel that ran before, in I/O space or in memory.
 *
 * The machine is about to be reset whatever happens here, and a console that
 * accepts no character, or each of them late, must not keep it from that: it
 * is given up.
 */

#include <linux/compiler.h>
#include <linux/serial_reg.h>
#include <asm/shared/io.h>

#include "../../../kernel/purgatory/purgatory.h"

#define COM1	0x3f8

/*
 * For all that there is to say. A register of an 8250 takes about a
 * microsecond to read on a real bus, so this is a second; at 9600 baud a
 * character takes a thousandth of it.
 */
#define POLLS	1000000

static u8 uart_read(const struct purgatory_uart *uart, unsigned int reg)
{
	unsigned long at = uart->console.base +
			   ((u64)reg << uart->console.reg_shift);

	switch (uart->console.type) {
	case PURGATORY_CONSOLE_8250_MMIO:
		return READ_ONCE(*(u8 *)at);
	case PURGATORY_CONSOLE_8250_MMIO32:
		return READ_ONCE(*(u32 *)at);
	default:
		return inb(at);
	}
}

static void uart_write(const struct purgatory_uart *uart, unsigned int reg,
		       u8 value)
{
	unsigned long at = uart->console.base +
			   ((u64)reg << uart->console.reg_shift);

	switch (uart->console.type) {
	case PURGATORY_CONSOLE_8250_MMIO:
		WRITE_ONCE(*(u8 *)at, value);
		break;
	case PURGATORY_CONSOLE_8250_MMIO32:
		WRITE_ONCE(*(u32 *)at, value);
		break;
	default:
		outb(value, at);
	}
}

/* The scratch register keeps what is written; a port without device doesn't. */
static bool uart_present(const struct purgatory_uart *uart)
{
	uart_write(uart, UART_SCR, 0x5a);
	if (uart_read(uart, UART_SCR) != 0x5a)
		return false;
	uart_write(uart, UART_SCR, 0xa5);
	return uart_read(uart, UART_SCR) == 0xa5;
}

static bool uart_wait(struct purgatory_uart *uart, u8 bits)
{
	while (uart->polls) {
		if ((uart_read(uart, UART_LSR) & bits) == bits)
			return true;
		uart->polls--;
		asm volatile("pause");
	}
	return false;
}

void purgatory_uart_init(struct purgatory_uart *uart,
			 const struct purgatory_console *console)
{
	uart->console = *console;
	uart->dead = false;
	uart->polls = POLLS;

	switch (console->type) {
	case PURGATORY_CONSOLE_PROBE:
		uart->console.type = PURGATORY_CONSOLE_8250_PORT;
		uart->console.base = COM1;
		uart->console.reg_shift = 0;
		uart->dead = !uart_present(uart);
		break;
	case PURGATORY_CONSOLE_8250_PORT:
	case PURGATORY_CONSOLE_8250_MMIO:
	case PURGATORY_CONSOLE_8250_MMIO32:
		break;
	default:
		uart->dead = true;
	}
	if (uart->dead)
		return;

	/* No interrupts, and the divisor latch out of the way. */
	uart_write(uart, UART_LCR, UART_LCR_WLEN8);
	uart_write(uart, UART_IER, 0);
}

void purgatory_uart_putc(struct purgatory_uart *uart, char c)
{
	if (uart->dead)
		return;
	if (!uart_wait(uart, UART_LSR_THRE)) {
		uart->dead = true;
		return;
	}
	uart_write(uart, UART_TX, c);
}

/* A reset would cut off what is still in the FIFO. */
void purgatory_uart_flush(struct purgatory_uart *uart)
{
	if (!uart->dead)
		uart_wait(uart, UART_LSR_TEMT);
}
