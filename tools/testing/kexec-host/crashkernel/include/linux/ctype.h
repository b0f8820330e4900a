/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's take any char, also a negative one, and know Latin-1's space. */
#include <ctype.h>

#undef isspace
#define isspace(c)	((isspace)((unsigned char)(c)) || \
			 (unsigned char)(c) == 0xa0)
#undef isxdigit
#define isxdigit(c)	(isxdigit)((unsigned char)(c))
#undef tolower
#define tolower(c)	(tolower)((unsigned char)(c))
