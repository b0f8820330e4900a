// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which console purgatory can use: the first serial one that the kernel logs
 * to and whose hardware purgatory has a driver for.
 */

#include <linux/console.h>
#include <linux/serial_core.h>
#include <linux/string.h>

#include "purgatory.h"

static bool describe(const struct uart_port *port,
		     struct purgatory_console *found)
{
	switch (port->iotype) {
	case UPIO_PORT:
		found->type = PURGATORY_CONSOLE_8250_PORT;
		found->base = port->iobase;
		break;
	case UPIO_MEM:
		found->type = PURGATORY_CONSOLE_8250_MMIO;
		found->base = port->mapbase;
		break;
	case UPIO_MEM32:
		found->type = PURGATORY_CONSOLE_8250_MMIO32;
		found->base = port->mapbase;
		break;
	default:
		return false;
	}

	found->reg_shift = port->regshift;
	return found->base != 0;
}

/* "ttyS" is what the 8250 driver calls its lines. */
static const struct uart_port *serial_port(const struct console *con)
{
	const struct uart_driver *driver;

	if (strcmp(con->name, "ttyS") || con->device != uart_console_device)
		return NULL;

	driver = con->data;
	if (!driver || !driver->state || con->index < 0 ||
	    con->index >= driver->nr)
		return NULL;

	return driver->state[con->index].uart_port;
}

/**
 * purgatory_find_console() - describe a console to purgatory
 * @found: what it is; valid if there is one
 *
 * Return: whether there is one.
 */
bool purgatory_find_console(struct purgatory_console *found)
{
	const struct uart_port *port;
	struct console *con;
	bool ok = false;

	console_list_lock();
	for_each_console(con) {
		port = serial_port(con);
		if (port)
			ok = describe(port, found);
		if (ok)
			break;
	}
	console_list_unlock();

	return ok;
}
