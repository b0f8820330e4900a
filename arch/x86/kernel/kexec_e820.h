/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _X86_KEXEC_E820_H
#define _X86_KEXEC_E820_H

#include <linux/types.h>
#include <linux/range.h>
#include <asm/bootparam.h>

/* E820_TYPE_* of <asm/e820/types.h>, which is not for user space */
#define KEXEC_E820_RAM		1
#define KEXEC_E820_RESERVED	2
#define KEXEC_E820_ACPI		3
#define KEXEC_E820_NVS		4
#define KEXEC_E820_UNUSABLE	5

/**
 * struct kexec_e820 - a memory map for the next kernel while it is written
 * @entries: room for @max entries, or NULL to only count
 * @max:     how many fit
 * @nr:      how many there are; those from @max on were not stored
 */
struct kexec_e820 {
	struct boot_e820_entry *entries;
	unsigned int max;
	unsigned int nr;
};

void kexec_e820_copy(const struct boot_e820_entry *fw, unsigned int nr,
		     struct kexec_e820 *out);
void kexec_e820_confine(const struct boot_e820_entry *fw, unsigned int nr,
			const struct range *usable, unsigned int nr_usable,
			struct kexec_e820 *out);

#endif /* _X86_KEXEC_E820_H */
