/* SPDX-License-Identifier: GPL-2.0 */
#define _PAGE_PRESENT		0x001ul
#define _KERNPG_TABLE_NOENC	0x063ul
