/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KEXEC_HOST_LINUX_UNALIGNED_H
#define _KEXEC_HOST_LINUX_UNALIGNED_H

#define get_unaligned(from) ({						\
	const struct { __typeof__(*(from)) value; }			\
		__attribute__((packed)) *__from = (const void *)(from);	\
	__from->value;							\
})

#define put_unaligned(new, to) ({					\
	struct { __typeof__(*(to)) value; }				\
		__attribute__((packed)) *__to = (void *)(to);		\
	__to->value = (new);						\
})

#endif
