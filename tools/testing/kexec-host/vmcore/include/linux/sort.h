/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _HOST_LINUX_SORT_H
#define _HOST_LINUX_SORT_H

#include <stdlib.h>

#define sort(base, num, size, cmp, swap)	qsort(base, num, size, cmp)

#endif
