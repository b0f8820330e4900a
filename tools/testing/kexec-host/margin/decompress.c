// SPDX-License-Identifier: GPL-2.0-only
/*
 * One of the kernel's decompressors, as the boot code of x86 has it: in one
 * unit with its users, with a heap that is a block of memory. The Makefile
 * says which one (DECOMPRESSOR), its CONFIG_KERNEL_*, and what the function is
 * called here (ENTRY); it is compiled as the boot code is.
 */

#include <linux/linkage.h>
#include <asm/boot.h>
#include <asm/page.h>

#define STATIC		static
#define MALLOC_VISIBLE	static
#define memzero(s, n)	memset((s), 0, (n))
#define memmove		memmove

#undef memcpy
#undef memset
void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *at, int byte, size_t size);

static unsigned long free_mem_ptr;
static unsigned long free_mem_end_ptr;
static unsigned char heap[BOOT_HEAP_SIZE] __aligned(8);

#include <linux/decompress/mm.h>
#include DECOMPRESSOR

int ENTRY(unsigned char *input, long packed, unsigned char *output,
	  long unpacked, void (*fail)(char *why));

int ENTRY(unsigned char *input, long packed, unsigned char *output,
	  long unpacked, void (*fail)(char *why))
{
	free_mem_ptr = (unsigned long)heap;
	free_mem_end_ptr = free_mem_ptr + sizeof(heap);

	return __decompress(input, packed, NULL, NULL, output, unpacked, NULL,
			    fail);
}
