/* SPDX-License-Identifier: GPL-2.0-only */
/* Each CPU's is an element of an array, which lies where its address says. */
#define per_cpu_ptr(ptr, cpu)		(&(ptr)[cpu])
#define per_cpu_ptr_to_phys(ptr)	((unsigned long)(ptr))
