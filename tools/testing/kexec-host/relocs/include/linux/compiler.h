/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KEXEC_HOST_LINUX_COMPILER_H
#define _KEXEC_HOST_LINUX_COMPILER_H

#undef __always_inline
#define __always_inline	inline __attribute__((__always_inline__))
#define __printf(a, b)	__attribute__((__format__(printf, a, b)))

#endif
