// SPDX-License-Identifier: GPL-2.0-only
/*
 * The crash stage: from a kernel that cannot go on to the jump into the one
 * that saves its memory.
 *
 * Nothing here can be relied upon: any lock may be held for ever, memory may
 * be gone, and what broke the kernel may break this as well. So it takes no
 * lock and allocates nothing, and each of its steps is taken once: a crash in
 * the middle of a step comes back in at the top and goes on with the next.
 */

#define pr_fmt(fmt) "crash: " fmt

#include <linux/atomic.h>
#include <linux/btf.h>
#include <linux/cpumask.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/irqflags.h>
#include <linux/kexec.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/panic.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/vmalloc.h>

#include "kexec_internal.h"

/* The steps of a crash, in their order. */
enum crash_step {
	CRASH_STEP_NONE,
	CRASH_STEP_REGISTERS,
	CRASH_STEP_VMCOREINFO,
	CRASH_STEP_SHUTDOWN,
	CRASH_STEP_SILENT,
	CRASH_STEP_JUMP,
};

static const char * const step_names[] = {
	[CRASH_STEP_NONE]	= "beginning",
	[CRASH_STEP_REGISTERS]	= "saving registers",
	[CRASH_STEP_VMCOREINFO]	= "saving vmcoreinfo",
	[CRASH_STEP_SHUTDOWN]	= "stopping the machine",
	[CRASH_STEP_SILENT]	= "noting which CPUs are silent",
	[CRASH_STEP_JUMP]	= "starting the capture kernel",
};

/**
 * struct crash_stage - how far a crash has come
 * @cpu:     the CPU that is in the stage, or CRASH_NO_CPU. The one that
 *           sets it writes the rest.
 * @step:    the last step that was begun. Invariant: only grows, and before
 *           the step does anything.
 * @entries: how often the stage was entered
 * @jumps:   how often the jump was tried
 * @quiet:   what this CPU says goes into the log only
 * @regs:    registers of @cpu when it crashed first
 * @silent:  CPUs that did not stop, once the others have
 */
struct crash_stage {
	atomic_t cpu;
	enum crash_step step;
	unsigned int entries;
	unsigned int jumps;
	bool quiet;
	struct pt_regs regs;
	cpumask_t silent;
};

#define CRASH_NO_CPU	(-1)

/*
 * On its way the jump goes on with what the architecture's shutdown could not
 * finish, a step at a time. One bad pointer may break several of them, and
 * each takes one try.
 */
#define CRASH_JUMPS_MAX	16

static struct crash_stage crash = {
	.cpu = ATOMIC_INIT(CRASH_NO_CPU),
};

note_buf_t __percpu *crash_notes;

/*
 * The address of a CPU's notes is given out as a physical one, so they must
 * not go on in another page.
 */
static int __init crash_notes_init(void)
{
	const size_t align = roundup_pow_of_two(sizeof(note_buf_t));

	BUILD_BUG_ON(sizeof(note_buf_t) > PAGE_SIZE);

	crash_notes = __alloc_percpu(sizeof(note_buf_t), align);
	if (!crash_notes) {
		pr_warn("no memory for the notes of %u CPUs (%zu bytes each); dumps will lack registers\n",
			num_possible_cpus(), sizeof(note_buf_t));
		return -ENOMEM;
	}

	return 0;
}
subsys_initcall(crash_notes_init);

/**
 * crash_save_cpu() - save registers in a CPU's notes
 * @regs: registers of the CPU
 * @cpu:  its number; one that is not possible is ignored
 *
 * What was saved for the CPU before is replaced. The process is the one that
 * runs on the CPU that calls.
 *
 * Context: any, NMI included.
 */
void crash_save_cpu(struct pt_regs *regs, int cpu)
{
	struct elf_prstatus prstatus = { };
	u32 *notes;

	if (!crash_notes || !regs)
		return;
	if (cpu < 0 || cpu >= nr_cpu_ids || !cpu_possible(cpu))
		return;

	prstatus.common.pr_pid = current->pid;
	elf_core_copy_regs(&prstatus.pr_reg, regs);

	notes = *per_cpu_ptr(crash_notes, cpu);
	notes = append_elf_note(notes, KEXEC_CORE_NOTE_NAME, NT_PRSTATUS,
				&prstatus, sizeof(prstatus));
	final_note(notes);
}

/**
 * crash_mark_silent() - CPUs that did not answer are marked as such
 * @stopped: those that did, their registers saved
 *
 * The architecture's shutdown calls it once it has waited for them. The dump
 * then says in vmcoreinfo which of them it has no registers of.
 *
 * Context: a crash, NMI included, on the CPU that crashed.
 */
void crash_mark_silent(const struct cpumask *stopped)
{
	cpumask_andnot(&crash.silent, cpu_online_mask, stopped);
	cpumask_clear_cpu(raw_smp_processor_id(), &crash.silent);
	if (cpumask_empty(&crash.silent))
		return;

	pr_emerg("CPUs %*pbl did not answer the NMI; going on without their registers\n",
		 cpumask_pr_args(&crash.silent));

	/* On the way to the jump, after a crash: the step for it is over. */
	if (crash.step > CRASH_STEP_SILENT)
		crash_save_silent_cpus(&crash.silent);
}

/* For this CPU, however often it comes; another one has come too late. */
static bool stage_enter(void)
{
	int owner = CRASH_NO_CPU;
	int cpu = raw_smp_processor_id();

	return atomic_try_cmpxchg(&crash.cpu, &owner, cpu) || owner == cpu;
}

static void stage_leave(void)
{
	atomic_set(&crash.cpu, CRASH_NO_CPU);
}

/* The CPU in the stage will stop this one, and save its registers. */
static void __noreturn wait_to_be_stopped(struct pt_regs *regs)
{
	if (regs)
		nmi_panic_self_stop(regs);
	panic_smp_self_stop();
}

/*
 * A CPU may be stopped anywhere, also inside the lock of the console's
 * semaphore, which whoever prints takes without asking who has it. So from
 * here on this CPU prints into the log only, where the dump has it: the rest
 * of this crash, and those that may come, with all that an oops and a panic
 * have to say. An interrupt that would show it won't come any more.
 */
static void quiet_begin(void)
{
	if (!crash.quiet)
		printk_deferred_enter();
	crash.quiet = true;
}

/* There is no jump, so the console is all that is left to be told. */
static void quiet_end(void)
{
	if (crash.quiet)
		printk_deferred_exit();
	crash.quiet = false;
}

/* The console may be what crashed. */
static void note_second_crash(void)
{
	if (!crash.entries++)
		return;

	quiet_begin();
	pr_emerg("crashed again while %s; going on\n",
		 step_names[crash.step]);
}

/* Is it @step's turn? It won't be again, whatever happens in it. */
static bool step_begin(enum crash_step step)
{
	if (crash.step >= step)
		return false;

	WRITE_ONCE(crash.step, step);
	/* A crash in the step comes back in here, on this CPU. */
	barrier();

	return true;
}

/* Whoever looks for the dump that is not there finds this in the log. */
static void note_no_jump(void)
{
	pr_emerg("gave up after %u tries to start the capture kernel\n",
		 CRASH_JUMPS_MAX);
}

static bool jump_begin(void)
{
	step_begin(CRASH_STEP_JUMP);
	if (crash.jumps++ < CRASH_JUMPS_MAX)
		return true;
	note_no_jump();
	return false;
}

/**
 * __crash_kexec() - start the capture kernel, if one is armed
 * @regs: where it crashed, or NULL for where this is called from
 *
 * Called by the CPU that won panic_cpu, with interrupts off. That CPU may
 * come again, from a crash on the way.
 *
 * Context: any, NMI included.
 * Return: not at all, unless nothing is armed or the jump failed.
 */
void __crash_kexec(struct pt_regs *regs)
{
	struct kimage *image = crash_image_claim();

	if (!image)
		return;
	if (!stage_enter())
		wait_to_be_stopped(regs);
	note_second_crash();

	if (step_begin(CRASH_STEP_REGISTERS)) {
		/* Here, since the frame must live until the jump. */
		crash_setup_regs(&crash.regs, regs);
		crash_save_cpu(&crash.regs, raw_smp_processor_id());
	}
	if (step_begin(CRASH_STEP_VMCOREINFO))
		crash_save_vmcoreinfo();
	if (step_begin(CRASH_STEP_SHUTDOWN)) {
		quiet_begin();
		machine_crash_shutdown(&crash.regs);
	}
	if (step_begin(CRASH_STEP_SILENT) && !cpumask_empty(&crash.silent))
		crash_save_silent_cpus(&crash.silent);
	if (jump_begin())
		machine_kexec(image);

	quiet_end();
	crash_image_unclaim();
	stage_leave();
}

/**
 * crash_kexec_hold() - have the armed image stay as it is for __crash_kexec()
 *
 * For a panic that stops the other CPUs before it comes there: one that is
 * stopped in the middle of a change could not be waited for any more.
 *
 * Context: as __crash_kexec().
 */
void crash_kexec_hold(void)
{
	crash_image_claim();
}

/* Is it this CPU that panics? */
static bool panics_here(void)
{
	return atomic_read(&panic_cpu) == raw_smp_processor_id();
}

/**
 * crash_kexec() - start the capture kernel, from outside of panic()
 * @regs: where it crashed, or NULL for where this is called from
 *
 * Context: any, NMI included.
 * Return: not at all, unless nothing is armed, the jump failed, or another
 * CPU panics, which will stop this one.
 */
__bpf_kfunc void crash_kexec(struct pt_regs *regs)
{
	int nobody = PANIC_CPU_INVALID;
	unsigned long flags;

	/* This CPU is who it says it is until the end. */
	local_irq_save(flags);

	if (atomic_try_cmpxchg(&panic_cpu, &nobody, raw_smp_processor_id())) {
		__crash_kexec(regs);
		atomic_set(&panic_cpu, PANIC_CPU_INVALID);
	} else if (panics_here()) {
		/* The panic itself crashed, and won't get to its end. */
		__crash_kexec(regs);
	}

	local_irq_restore(flags);
}

/**
 * kexec_should_crash() - will this oops end in a panic anyhow?
 * @p: the task that caused it
 *
 * If so, the capture kernel is better started at once, by crash_kexec().
 * Unless the panic notifiers are to run first: panic() sees to that. But an
 * oops in the middle of panic() has come from there, and running them once
 * more would only bring it back.
 *
 * Context: any.
 */
int kexec_should_crash(struct task_struct *p)
{
	if (panics_here())
		return 1;
	if (crash_kexec_post_notifiers)
		return 0;

	return panic_on_oops || in_interrupt() || !p->pid || is_global_init(p);
}

/**
 * kexec_crash_loaded() - is a capture kernel armed?
 *
 * Context: any.
 */
int kexec_crash_loaded(void)
{
	return !!READ_ONCE(kexec_crash_image);
}
EXPORT_SYMBOL_GPL(kexec_crash_loaded);

/**
 * kimage_crash_copy_vmcoreinfo() - room for vmcoreinfo in the crash region
 * @image: a crash image that is being loaded
 *
 * vmcoreinfo lies in memory that a wild write may hit. A copy of it is made
 * where only this mapping can write, and written once more by the crash.
 * Nothing is written yet: the page may be of use to the image that is armed.
 *
 * Context: load lock held; may sleep.
 * Return: 0 or -ENOMEM. What it took goes with the image.
 */
int kimage_crash_copy_vmcoreinfo(struct kimage *image)
{
	struct page *page;
	void *copy;

	BUILD_BUG_ON(VMCOREINFO_BYTES > PAGE_SIZE);

	page = kimage_alloc_control_pages(image, 0);
	if (!page) {
		pr_err("no page for vmcoreinfo in the crash region; boot with a larger crashkernel=\n");
		return -ENOMEM;
	}

	copy = vmap(&page, 1, VM_MAP, PAGE_KERNEL);
	if (!copy) {
		pr_err("cannot map vmcoreinfo's page in the crash region\n");
		return -ENOMEM;
	}

	image->vmcoreinfo_data_copy = copy;

	return 0;
}

/**
 * kimage_crash_armed() - a crash writes its vmcoreinfo into this image
 * @image: what is armed from now on, or NULL
 *
 * To be called before the image that was armed is taken apart.
 *
 * Context: kexec_arm_lock held.
 */
void kimage_crash_armed(struct kimage *image)
{
	crash_update_vmcoreinfo_safecopy(image ? image->vmcoreinfo_data_copy :
						 NULL);
}
