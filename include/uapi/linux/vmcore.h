/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_VMCORE_H
#define _UAPI_VMCORE_H

#include <linux/types.h>

/* The n_name of a device dump's note, and the room for the dump's own name */
#define VMCOREDD_NOTE_NAME		"LINUX"
#define VMCOREDD_MAX_NAME_BYTES		44

/**
 * struct vmcoredd_header - what a device dump in /proc/vmcore begins with
 * @n_namesz:  size of @name
 * @n_descsz:  size of @dump_name and of the data that follow it
 * @n_type:    NT_VMCOREDD
 * @name:      VMCOREDD_NOTE_NAME, padded with zeros
 * @dump_name: which device and driver the data are from
 *
 * An ELF note whose descriptor begins with the name of the dump. Tools find
 * the data right behind this header.
 */
struct vmcoredd_header {
	__u32 n_namesz;
	__u32 n_descsz;
	__u32 n_type;
	__u8 name[8];
	__u8 dump_name[VMCOREDD_MAX_NAME_BYTES];
};

#endif /* _UAPI_VMCORE_H */
