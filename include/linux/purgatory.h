/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LINUX_PURGATORY_H
#define _LINUX_PURGATORY_H

/*
 * Purgatory: the program that runs between two kernels. It checks that the
 * one to be started is still what was loaded, and starts it, or says that it
 * is damaged and resets the machine.
 *
 * It exists in two forms. New ones are flat: a blob that runs wherever it is
 * copied to and begins with the parameters below. Those of riscv, s390 and
 * powerpc are ELF objects that are relocated when they are loaded, and whose
 * parameters are variables that are looked up by name.
 *
 * Kernel and purgatory are built together, so the layout of the parameters
 * may change; both sides assert it (kernel/purgatory/params.c).
 */

#define PURGATORY_MAGIC			0x67727570	/* "purg" */
#define PURGATORY_VERSION		1

/* For assembly: sizeof(struct purgatory_params) and offsets in there. */
#define PURGATORY_PARAMS_SIZE		992
#define PURGATORY_TARGET_ENTRY		32
#define PURGATORY_TARGET_ARG		40

/* struct purgatory_console.type */
#define PURGATORY_CONSOLE_NONE		0	/* stay silent */
#define PURGATORY_CONSOLE_PROBE		1	/* look at the usual place */
#define PURGATORY_CONSOLE_8250_PORT	2	/* an 8250 in I/O space */
#define PURGATORY_CONSOLE_8250_MMIO	3	/* in memory, bytewise */
#define PURGATORY_CONSOLE_8250_MMIO32	4	/* in memory, wordwise */

/* struct purgatory_params.flags */
#define PURGATORY_FLAG_SHA		0x1	/* this CPU has instructions for it */
#define PURGATORY_FLAGS			PURGATORY_FLAG_SHA

/* Of an 8250, each 1 << reg_shift bytes apart */
#define PURGATORY_8250_REGISTERS	8

#ifndef __ASSEMBLY__

#include <linux/types.h>
#include <crypto/sha2.h>
#include <uapi/linux/kexec.h>

/**
 * struct purgatory_region - memory that has to be what it was
 * @start:    physical address
 * @len:      bytes
 * @segment:  its number in struct kimage, for messages
 * @reserved: zero
 * @digest:   its SHA-256
 */
struct purgatory_region {
	u64 start;
	u64 len;
	u32 segment;
	u32 reserved;
	u8 digest[SHA256_DIGEST_SIZE];
};

/**
 * struct purgatory_console - where to say that an image is damaged
 * @type:      PURGATORY_CONSOLE_*
 * @reg_shift: registers are 1 << this apart
 * @base:      I/O port or physical address
 */
struct purgatory_console {
	u32 type;
	u32 reg_shift;
	u64 base;
};

/**
 * struct purgatory_params - what a flat purgatory begins with
 * @magic:        PURGATORY_MAGIC
 * @version:      PURGATORY_VERSION
 * @size:         of this structure
 * @entry:        where to enter, as an offset from here
 * @load_size:    bytes to load
 * @run_size:     bytes that it uses when it runs, from here on
 * @nr_regions:   how many of @regions are in use
 * @flags:        PURGATORY_FLAG_*: what the kernel knows of the CPU
 * @target_entry: physical address where the next kernel is entered
 * @target_arg:   its argument (x86: the address of struct boot_params)
 * @console:      for complaints
 * @digest:       SHA-256 of the first @load_size bytes, with zeros for this
 * @regions:      what to check
 *
 * The first six come with the blob; the kernel fills in the others.
 */
struct purgatory_params {
	u32 magic;
	u32 version;
	u32 size;
	u32 entry;
	u32 load_size;
	u32 run_size;
	u32 nr_regions;
	u32 flags;
	u64 target_entry;
	u64 target_arg;
	struct purgatory_console console;
	u8 digest[SHA256_DIGEST_SIZE];
	struct purgatory_region regions[KEXEC_SEGMENT_MAX];
};

/*
 * ELF purgatories: one digest over all regions, in this order. The names are
 * looked up in the object.
 */
struct kexec_sha_region {
	unsigned long start;
	unsigned long len;
};

extern struct kexec_sha_region purgatory_sha_regions[KEXEC_SEGMENT_MAX];
extern u8 purgatory_sha256_digest[SHA256_DIGEST_SIZE];

#endif /* !__ASSEMBLY__ */
#endif /* _LINUX_PURGATORY_H */
