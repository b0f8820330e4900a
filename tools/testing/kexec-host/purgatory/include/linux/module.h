/* SPDX-License-Identifier: GPL-2.0 */
#include <assert.h>
#define EXPORT_SYMBOL(s)	static_assert(sizeof(#s) > 1, "a name")
#define MODULE_DESCRIPTION(s)	static_assert(sizeof(s) > 1, "text")
#define MODULE_LICENSE(s)	static_assert(sizeof(s) > 1, "text")
