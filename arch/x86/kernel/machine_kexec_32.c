// SPDX-License-Identifier: GPL-2.0
/*
 * What of starting an image is particular to 32 bit: processors that lack what
 * later ones have.
 */

#include <linux/kexec.h>

#include <asm/cpufeature.h>
#include <asm/kexec.h>
#include <asm/processor.h>

/**
 * kexec_go_flags() - what relocate_kernel has to know of this machine
 *
 * A processor has CR4 if the CPUID instruction tells of more than an FPU; one
 * that knows pages that are not executable has EFER, which turns them on.
 *
 * Context: any, a crash too.
 * Return: KEXEC_GO_*
 */
unsigned long kexec_go_flags(void)
{
	unsigned long go = 0;

	if (boot_cpu_data.x86_capability[CPUID_1_EDX] & ~BIT(X86_FEATURE_FPU))
		go |= KEXEC_GO_HAS_CR4;
	if (boot_cpu_has(X86_FEATURE_NX))
		go |= KEXEC_GO_HAS_EFER;
	return go;
}
