/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CRASHKERNEL_PARAM_H
#define CRASHKERNEL_PARAM_H

/*
 * The grammar of crashkernel=, as a function of the command line and of the
 * amount of memory. kernel/crash_reserve.c prints and acts upon the result.
 */

#include <linux/types.h>

/* What a command line can have wrong; see crashkernel_error_text(). */
enum crashkernel_error {
	CRASHKERNEL_OK,
	CRASHKERNEL_NO_NUMBER,		/* a size or address was expected */
	CRASHKERNEL_OVERFLOW,		/* more than 64 bits */
	CRASHKERNEL_JUNK,		/* something after the last part */
	CRASHKERNEL_NO_DASH,		/* "start" without "-end" */
	CRASHKERNEL_NO_COLON,		/* "start-end" without ":size" */
	CRASHKERNEL_EMPTY_RANGE,	/* end is not above start */
	CRASHKERNEL_NO_RANGE,		/* none of the ranges holds the RAM */
	CRASHKERNEL_ZERO,		/* asks for nothing */
	CRASHKERNEL_TOO_LARGE,		/* as much as there is RAM, or more */
	CRASHKERNEL_LONE_LOW,		/* ,low without ,high */
	CRASHKERNEL_NO_HIGH,		/* ,high where the arch has none */
};

/**
 * struct crashkernel_param - what crashkernel= asks for
 * @size:     bytes, not 0
 * @base:     physical address, or 0 for anywhere
 * @low_size: bytes of low memory beside @size, if @low_set
 * @low_set:  ",low" was given; 0 bytes mean none at all
 * @high:     ",high" was given: look above the low memory first
 */
struct crashkernel_param {
	unsigned long long size;
	unsigned long long base;
	unsigned long long low_size;
	bool low_set;
	bool high;
};

/**
 * struct crashkernel_fault - why nothing is asked for
 * @error:  what is wrong
 * @arg:    the argument in question, within the command line
 * @arg_len: its length
 * @pos:    how many characters of it are good
 */
struct crashkernel_fault {
	enum crashkernel_error error;
	const char *arg;
	int arg_len;
	int pos;
};

int crashkernel_parse(const char *cmdline, unsigned long long system_ram,
		      bool has_high, struct crashkernel_param *param,
		      struct crashkernel_fault *fault);
const char *crashkernel_error_text(enum crashkernel_error error);

#endif /* CRASHKERNEL_PARAM_H */
