/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_X86_CRASH_H
#define _ASM_X86_CRASH_H

struct boot_params;
struct kimage;

/* arch/x86/kernel/crash_load.c: what a crash image from a file needs. */
int crash_load_segments(struct kimage *image);
int crash_setup_memmap_entries(struct kimage *image,
			       struct boot_params *params);

/* arch/x86/kernel/crash.c: may be called twice, acts once. */
void crash_smp_send_stop(void);

#endif /* _ASM_X86_CRASH_H */
