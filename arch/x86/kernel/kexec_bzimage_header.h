/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _X86_KEXEC_BZIMAGE_HEADER_H
#define _X86_KEXEC_BZIMAGE_HEADER_H

#include <linux/types.h>

/* Where the setup header is in the file and in struct boot_params */
#define BZIMAGE_HDR_OFFSET	0x1f1
/* The entry points, from the start of the protected-mode kernel */
#define BZIMAGE_ENTRY32_OFFSET	0
#define BZIMAGE_ENTRY64_OFFSET	0x200

/* At which of them it is to be entered: in which mode, that is */
enum bzimage_entry {
	BZIMAGE_ENTRY_64,	/* long mode */
	BZIMAGE_ENTRY_32,	/* protected mode without paging */
};

/* What is wrong with a bzImage. All of them make it -ENOEXEC. */
enum bzimage_fault {
	BZIMAGE_OK = 0,
	BZIMAGE_TOO_SHORT,
	BZIMAGE_NO_BOOT_FLAG,
	BZIMAGE_NO_MAGIC,
	BZIMAGE_OLD_PROTOCOL,
	BZIMAGE_BAD_HEADER_SIZE,
	BZIMAGE_NOT_HIGH,
	BZIMAGE_NOT_64BIT,
	BZIMAGE_NOT_ABOVE_4G,
	BZIMAGE_NO_KERNEL,
	BZIMAGE_TRUNCATED,
	BZIMAGE_BAD_PAYLOAD,
	BZIMAGE_BAD_ALIGNMENT,
	BZIMAGE_BAD_INIT_SIZE,
	BZIMAGE_BAD_ADDRESS,
	BZIMAGE_NR_FAULTS,
};

/**
 * struct bzimage - what a loader has to know of a bzImage
 * @setup_size:   bytes of boot sector and real-mode code; the protected-mode
 *                kernel is the rest of the file
 * @header_size:  bytes of the setup header at BZIMAGE_HDR_OFFSET
 * @kernel_size:  bytes of the protected-mode kernel in the file.
 *                Invariant: more than BZIMAGE_ENTRY64_OFFSET
 * @init_size:    bytes that it needs from where it runs.
 *                Invariant: at least @kernel_size
 * @alignment:    of the address where it runs. Invariant: a power of two
 * @fixed:        it is not relocatable: it runs from @lowest to @highest
 * @lowest:       lowest address where it runs without moving itself first.
 *                Invariant: aligned; it fits between @lowest and @highest
 * @highest:      last address that it may use when it starts
 * @initrd_highest: last address that its initrd may have
 * @params_highest: last address that its boot parameters may have
 * @entry:        where to enter it, from the start of the protected-mode kernel
 * @cmdline_max:  longest command line, without its NUL
 * @xloadflags:   XLF_*
 * @version:      of the boot protocol, (major << 8) + minor
 */
struct bzimage {
	u32 setup_size;
	u32 header_size;
	u64 kernel_size;
	u64 init_size;
	u64 alignment;
	bool fixed;
	u64 lowest;
	u64 highest;
	u64 initrd_highest;
	u64 params_highest;
	u32 entry;
	u32 cmdline_max;
	u16 xloadflags;
	u16 version;
};

enum bzimage_fault bzimage_parse(const void *file, size_t size,
				 enum bzimage_entry entry, struct bzimage *bz);
const char *bzimage_strfault(enum bzimage_fault fault);

#endif /* _X86_KEXEC_BZIMAGE_HEADER_H */
