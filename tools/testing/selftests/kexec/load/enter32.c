// SPDX-License-Identifier: GPL-2.0
/*
 * The system calls as a 32-bit program makes them. A 64-bit one may do that too,
 * with arguments and pointers that fit.
 */
#include <errno.h>

#include "answers.h"

#if defined(__x86_64__)
/* Numbers of the 32-bit table */
#define NR_KEXEC_LOAD_32	283
#define NR_KEXEC_FILE_LOAD_32	387

static long syscall_32(unsigned long nr, unsigned long a, unsigned long b,
		       unsigned long c, unsigned long d, unsigned long e)
{
	long result;

	asm volatile("int $0x80"
		     : "=a" (result)
		     : "a" (nr), "b" (a), "c" (b), "d" (c), "S" (d), "D" (e)
		     : "memory", "r8", "r9", "r10", "r11");
	if (result >= 0)
		return result;
	errno = -result;
	return -1;
}

long sys_kexec_load_32(uint32_t entry, uint32_t nr_segments,
		       const void *segments, uint32_t flags)
{
	return syscall_32(NR_KEXEC_LOAD_32, entry, nr_segments,
			  (unsigned long)segments, flags, 0);
}

long sys_kexec_file_load_32(int kernel_fd, int initrd_fd, uint32_t cmdline_len,
			    const char *cmdline, uint32_t flags)
{
	return syscall_32(NR_KEXEC_FILE_LOAD_32, (uint32_t)kernel_fd,
			  (uint32_t)initrd_fd, cmdline_len,
			  (unsigned long)cmdline, flags);
}
#else
long sys_kexec_load_32(uint32_t entry, uint32_t nr_segments,
		       const void *segments, uint32_t flags)
{
	return sys_kexec_load(entry, nr_segments, segments, flags);
}

long sys_kexec_file_load_32(int kernel_fd, int initrd_fd, uint32_t cmdline_len,
			    const char *cmdline, uint32_t flags)
{
	return sys_kexec_file_load(kernel_fd, initrd_fd, cmdline_len, cmdline,
				   flags);
}
#endif
