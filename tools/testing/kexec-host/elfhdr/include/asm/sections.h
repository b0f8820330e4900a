/* SPDX-License-Identifier: GPL-2.0-only */
#define KERNEL_BYTES	4096

extern char kernel_image[KERNEL_BYTES];

#define _text	kernel_image
#define _end	(kernel_image + KERNEL_BYTES)
