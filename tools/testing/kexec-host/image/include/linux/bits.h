/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KEXEC_HOST_LINUX_BITS_H
#define _KEXEC_HOST_LINUX_BITS_H

#define BIT(n)	(1ul << (n))

#endif
