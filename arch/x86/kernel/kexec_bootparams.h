/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _X86_KEXEC_BOOTPARAMS_H
#define _X86_KEXEC_BOOTPARAMS_H

#include <linux/types.h>

struct boot_params;
struct bzimage;
struct kimage;

/**
 * struct bootparams - all that the next kernel is told, in one buffer
 * @buf:    struct boot_params, and what it points to behind it
 * @size:   bytes at @buf
 * @used:   bytes of it that are given out. Invariant: used <= size
 * @phys:   where @buf will be in memory
 * @params: @buf, typed
 * @link:   where the address of the next struct setup_data goes
 *
 * Create it (its size is known then), place it (then @phys is), fill it.
 */
struct bootparams {
	void *buf;
	size_t size;
	size_t used;
	u64 phys;
	struct boot_params *params;
	u64 *link;
};

struct bootparams *bootparams_create(const struct kimage *image,
				     const struct bzimage *bz,
				     size_t cmdline_len);
void bootparams_release(struct bootparams *bp);
void bootparams_destroy(struct bootparams *bp);

int bootparams_fill(struct bootparams *bp, const struct kimage *image,
		    const void *kernel, const struct bzimage *bz);
void bootparams_set_cmdline(struct bootparams *bp, const struct kimage *image,
			    const char *cmdline, size_t cmdline_len);
void bootparams_set_kernel(struct bootparams *bp, u64 addr);
void bootparams_set_initrd(struct bootparams *bp, u64 addr, u64 size);

#endif /* _X86_KEXEC_BOOTPARAMS_H */
