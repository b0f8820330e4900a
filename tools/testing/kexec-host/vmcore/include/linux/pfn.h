/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _HOST_LINUX_PFN_H
#define _HOST_LINUX_PFN_H

#include <linux/types.h>

#define PFN_PHYS(x)	((u64)(x) << 12)
#define PHYS_PFN(x)	((unsigned long)((x) >> 12))

#endif
