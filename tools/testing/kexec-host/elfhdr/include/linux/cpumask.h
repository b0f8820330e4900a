/* SPDX-License-Identifier: GPL-2.0-only */
/* As many CPUs as the test says. */
extern unsigned int possible_cpus;

#define num_possible_cpus()	possible_cpus
#define for_each_possible_cpu(cpu) \
	for ((cpu) = 0; (cpu) < possible_cpus; (cpu)++)
