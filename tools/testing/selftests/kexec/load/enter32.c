// SPDX-License-Identifier: GPL-2.0
/*
 * The system call as a 32-bit program makes it. A 64-bit one may do that too,
 * with arguments and pointers that fit.
 */
#include <errno.h>

#include "answers.h"

#if defined(__x86_64__)
#define NR_KEXEC_LOAD_32	283	/* of the 32-bit table */

long sys_kexec_load_32(uint32_t entry, uint32_t nr_segments,
		       const void *segments, uint32_t flags)
{
	long result;

	asm volatile("int $0x80"
		     : "=a" (result)
		     : "a" (NR_KEXEC_LOAD_32), "b" ((unsigned long)entry),
		       "c" ((unsigned long)nr_segments), "d" (segments),
		       "S" ((unsigned long)flags)
		     : "memory", "r8", "r9", "r10", "r11");
	if (result >= 0)
		return result;
	errno = -result;
	return -1;
}
#else
long sys_kexec_load_32(uint32_t entry, uint32_t nr_segments,
		       const void *segments, uint32_t flags)
{
	return sys_kexec_load(entry, nr_segments, segments, flags);
}
#endif
