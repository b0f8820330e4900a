/* SPDX-License-Identifier: GPL-2.0 */
#define FIXMAP_PMD_TOP	507
#define FIXMAP_PMD_NUM	2
