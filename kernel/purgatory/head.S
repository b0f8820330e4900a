/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a flat purgatory begins with: struct purgatory_params. The sizes are
 * known to the linker, the rest is filled in for each image.
 */

#include <linux/linkage.h>
#include <linux/purgatory.h>

	.section .purgatory.head, "a", %progbits
	.balign 8
SYM_DATA_START(purgatory_params)
	.long	PURGATORY_MAGIC
	.long	PURGATORY_VERSION
	.long	PURGATORY_PARAMS_SIZE
	.long	purgatory_start - purgatory_params
	.long	_edata - purgatory_params
	.long	_end - purgatory_params
	.skip	PURGATORY_PARAMS_SIZE - 24
SYM_DATA_END(purgatory_params)
