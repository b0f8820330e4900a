/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KEXEC_HOST_FUZZ_H
#define _KEXEC_HOST_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* A fuzz target: what libFuzzer and replay.c call with each input. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
