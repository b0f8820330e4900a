// SPDX-License-Identifier: GPL-2.0
/*
 * The machine after a crash: the other CPUs stopped with their registers in
 * the dump, and everything quiet that could disturb the capture kernel.
 *
 * Anything here may itself be what is broken. So each step is taken at most
 * once: a step that crashes brings its CPU back, through panic() and the crash
 * stage to machine_kexec(), which has the walk go on behind it. No step waits
 * for a lock that a stopped CPU may hold, and none waits for anything without
 * a limit.
 */

#define pr_fmt(fmt) "crash: " fmt

#include <linux/cpumask.h>
#include <linux/crash_core.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/kexec.h>
#include <linux/smp.h>

#include <asm/apic.h>
#include <asm/cpu.h>
#include <asm/crash.h>
#include <asm/hpet.h>
#include <asm/intel_pt.h>
#include <asm/io_apic.h>
#include <asm/reboot.h>
#include <asm/sev.h>
#include <asm/smp.h>
#include <asm/x86_init.h>

/**
 * struct crash_progress - how far the crash has got
 * @next_step: index of the step to take next. Advanced before a step is
 *             taken, so that a crash in it does not take it again.
 * @stop_begun: the other CPUs have been told to stop
 * @stopped:   CPUs that answered, each setting its own bit after its registers
 *             are saved
 *
 * Belongs to the CPU that crashed: panic_cpu admits only one. @stopped alone
 * is written by others.
 */
struct crash_progress {
	unsigned int next_step;
	bool stop_begun;
	cpumask_t stopped;
};

static struct crash_progress progress;

#ifdef CONFIG_SMP

/* NMI context, on a CPU that is being stopped; never returns from the NMI. */
static void stop_cpu(int cpu, struct pt_regs *regs)
{
	crash_save_cpu(regs, cpu);
	cpumask_set_cpu(cpu, &progress.stopped);

	/* It writes to memory on its own, and its output is in the dump. */
	cpu_emergency_stop_pt();
	/* SEV-SNP can be ended only once every CPU has flushed its caches. */
	kdump_sev_callback();
	disable_local_APIC();
}

/**
 * kdump_nmi_shootdown_cpus() - stop the other CPUs and save their registers
 *
 * Waits for them as long as nmi_shootdown_cpus() does, a second at most. Only
 * once in a kernel's life. Crash context.
 */
void kdump_nmi_shootdown_cpus(void)
{
	nmi_shootdown_cpus(stop_cpu);
}

/**
 * crash_smp_send_stop() - stop the other CPUs because this one has crashed
 *
 * Called by machine_crash_shutdown() and, where crash_kexec_post_notifiers
 * wants the notifiers run before it, by panic(). Acts on the first call only,
 * even if that one crashed on the way. Crash context.
 */
void crash_smp_send_stop(void)
{
	/* Not everything that stands in for the native smp_ops has a stop. */
	void (*stop)(void) = smp_ops.crash_stop_other_cpus ?: smp_send_stop;

	if (progress.stop_begun)
		return;
	progress.stop_begun = true;
	stop();
}

#else /* !CONFIG_SMP */

void crash_smp_send_stop(void)
{
}

#endif /* CONFIG_SMP */

/* A step of its own: also where stopping them crashed, or was done earlier. */
static void mark_silent_cpus(void)
{
	crash_mark_silent(&progress.stopped);
}

/* An encrypted guest: no page changes between shared and private any more. */
static void freeze_encryption(void)
{
	x86_platform.guest.enc_kexec_begin();
}

/* The capture kernel cannot use what is left shared with the hypervisor. */
static void unshare_memory(void)
{
	x86_platform.guest.enc_kexec_finish();
}

/*
 * In this order: conversions freeze while all CPUs still exist; the I/O APIC
 * goes before the local one, as some chips hang where an interrupt is on its
 * way to a local APIC that is off; what the boot kernel found (virtual wire
 * mode, HPET as the firmware left it) comes back last.
 */
static void (* const crash_steps[])(void) = {
	freeze_encryption,
	crash_smp_send_stop,
	mark_silent_cpus,
	cpu_emergency_disable_virtualization,
	cpu_emergency_stop_pt,
#ifdef CONFIG_X86_IO_APIC
	/* This CPU or one that was stopped may have been inside. */
	ioapic_zap_locks,
	/* Pending and later interrupts stay away from the capture kernel. */
	clear_IO_APIC,
#endif
	lapic_shutdown,
#ifdef CONFIG_X86_IO_APIC
	/* clear_IO_APIC() may have crashed inside. */
	ioapic_zap_locks,
#endif
	restore_boot_irq_mode,
#ifdef CONFIG_HPET_TIMER
	hpet_disable,
#endif
	unshare_memory,
};

/**
 * crash_quiesce() - take the steps that have not been taken
 *
 * Context: crash; any, NMI included. Interrupts are off.
 */
void crash_quiesce(void)
{
	while (progress.next_step < ARRAY_SIZE(crash_steps))
		crash_steps[progress.next_step++]();
}

/**
 * native_machine_crash_shutdown() - make the machine fit for the capture kernel
 * @regs: registers at the crash, which are in the notes of this CPU already
 *
 * Context: crash; any, NMI included. Returns with interrupts off.
 */
void native_machine_crash_shutdown(struct pt_regs *regs)
{
	local_irq_disable();

	/* Callees that know how to do without a lock or sleep look at this. */
	if (!oops_in_progress)
		oops_in_progress = 1;

	crash_quiesce();
}
