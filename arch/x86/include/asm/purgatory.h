/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_X86_PURGATORY_H
#define _ASM_X86_PURGATORY_H

#include <linux/purgatory.h>

/*
 * Where purgatory complains if the kernel knows of no serial console: a PC
 * has COM1 at a fixed place, and purgatory can tell whether it is there.
 */
#define PURGATORY_CONSOLE_DEFAULT	PURGATORY_CONSOLE_PROBE

#ifndef __ASSEMBLY__
/* In the blob: shuts the CPU down, which resets the machine. */
void __noreturn purgatory_shutdown(void);
#endif

#endif /* _ASM_X86_PURGATORY_H */
