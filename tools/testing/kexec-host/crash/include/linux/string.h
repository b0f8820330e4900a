/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KEXEC_HOST_LINUX_STRING_H
#define _KEXEC_HOST_LINUX_STRING_H

#include <string.h>

#endif
