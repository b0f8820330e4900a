/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_X86_KEXEC_BZIMAGE64_H
#define _ASM_X86_KEXEC_BZIMAGE64_H

/* The file loader for 64-bit bzImages, see kernel/kexec-bzimage64.c. */
extern const struct kexec_file_ops kexec_bzImage64_ops;

#endif /* _ASM_X86_KEXEC_BZIMAGE64_H */
