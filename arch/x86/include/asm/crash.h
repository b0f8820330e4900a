/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_X86_CRASH_H
#define _ASM_X86_CRASH_H

#ifdef CONFIG_CRASH_DUMP
/* arch/x86/kernel/crash.c */
void crash_smp_send_stop(void);
void crash_quiesce(void);
#else
static inline void crash_quiesce(void) { }
#endif

#endif /* _ASM_X86_CRASH_H */
