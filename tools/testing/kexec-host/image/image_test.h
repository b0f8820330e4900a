/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _KEXEC_HOST_IMAGE_TEST_H
#define _KEXEC_HOST_IMAGE_TEST_H

#include <stddef.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* One more that failed: of which row, and how */
void fail(const char *row, const char *how);

/* Each returns the number of its rows. */
size_t test_relocate(void);
size_t test_head64(void);

#endif
