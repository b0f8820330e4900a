/* SPDX-License-Identifier: GPL-2.0 */
#ifndef DIE_H
#define DIE_H

/* The end of a program that cannot go on. */

#define DIED	255	/* its exit status, which is no errno */

/* Says why, after the program's name; %m is errno's text. */
void die(const char *format, ...)
	__attribute__((noreturn, format(printf, 1, 2)));

#endif /* DIE_H */
