// SPDX-License-Identifier: GPL-2.0-only
/*
 * The armed images: which one a reboot and which one a crash starts.
 *
 * A loader builds an image on its own and ends with kexec_commit(), which
 * puts the image in the place of the one that was armed. Until then the old
 * one stays good; from then on the new one is. What can fail on a request's
 * account fails before.
 *
 * A crash may come at any moment and takes no lock. What it needs to know is
 * whether the image in kexec_crash_image is whole, and nobody may begin to
 * take it apart once it has looked. One atomic word says so, see struct
 * crash_image_state.
 */

#define pr_fmt(fmt) "kexec: " fmt

#include <linux/atomic.h>
#include <linux/cleanup.h>
#include <linux/cpumask.h>
#include <linux/crash_reserve.h>
#include <linux/delay.h>
#include <linux/kexec.h>
#include <linux/kmsg_dump.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/reboot.h>
#include <linux/sched.h>
#include <linux/syscore_ops.h>

#include "kexec_internal.h"

/* Protects: kexec_image; there is one loader, reboot or resizing at a time. */
DEFINE_MUTEX(kexec_load_lock);

/* Protects: kexec_crash_image and what is in the armed crash image. */
DEFINE_MUTEX(kexec_arm_lock);

struct kimage *kexec_image;
struct kimage *kexec_crash_image;

bool kexec_in_progress;
bool kexec_file_dbg_print;

/* How long a crash waits for another CPU to finish a change, in ms. */
#define CRASH_IMAGE_WAIT_MS	1000

/**
 * struct crash_image_state - may a crash use kexec_crash_image?
 * @phase:   one of CRASH_IMAGE_*; the word that changers and crash race for
 * @changer: the task that is in CRASH_IMAGE_CHANGING, to tell a crash of
 *           its own (nobody will finish) from one elsewhere
 * @changes: how many there have been. Protected by kexec_arm_lock
 *
 *   STABLE ---- changer ----> CHANGING ---- changer ----> STABLE
 *      \------- crash  ----> CLAIMED
 *
 * CLAIMED is for good, unless there is nothing to start, or what was started
 * comes back.
 */
static struct crash_image_state {
	atomic_t phase;
	struct task_struct *changer;
	unsigned int changes;
} crash_image;

enum {
	CRASH_IMAGE_STABLE,
	CRASH_IMAGE_CHANGING,
	CRASH_IMAGE_CLAIMED,
};

/**
 * crash_image_change_begin() - begin to change or replace the crash image
 *
 * Until crash_image_change_end() a crash finds no image; one on another CPU
 * waits for it, but not for long: copy, and do nothing else. Preemption is off
 * until then. A task that ran here in between and crashed would keep this CPU
 * while it waits for the changer, which had no other to go on.
 *
 * Context: kexec_arm_lock held.
 * Return: the image that was armed, or NULL.
 */
struct kimage *crash_image_change_begin(void)
{
	lockdep_assert_held(&kexec_arm_lock);

	preempt_disable();
	WRITE_ONCE(crash_image.changer, current);
	/*
	 * Full ordering, as with a crash's own cmpxchg that succeeds: the crash
	 * sees CHANGING before anything of the change, or it was here first.
	 * Then this CPU is about to be stopped, and must not touch the image.
	 * Who sees CHANGING sees the changer, too: the smp_rmb() there.
	 */
	while (atomic_cmpxchg(&crash_image.phase, CRASH_IMAGE_STABLE,
			      CRASH_IMAGE_CHANGING) != CRASH_IMAGE_STABLE)
		cpu_relax();

	return kexec_crash_image;
}

/**
 * crash_image_change_end() - the crash image is whole again
 * @image: what is armed from now on, or NULL
 *
 * Context: kexec_arm_lock held.
 */
void crash_image_change_end(struct kimage *image)
{
	crash_image.changes++;
	WRITE_ONCE(kexec_crash_image, image);
	/* Pairs with both looks at the phase in crash_image_claim(). */
	atomic_set_release(&crash_image.phase, CRASH_IMAGE_STABLE);
	preempt_enable();
}

/**
 * crash_image_changes() - a count that every change raises
 *
 * Context: kexec_arm_lock held.
 */
unsigned int crash_image_changes(void)
{
	lockdep_assert_held(&kexec_arm_lock);

	return crash_image.changes;
}

/**
 * crash_image_unclaim() - the machine goes on after all
 *
 * Context: any; whoever had crash_image_claim() succeed.
 */
void crash_image_unclaim(void)
{
	atomic_set_release(&crash_image.phase, CRASH_IMAGE_STABLE);
}

/**
 * crash_image_claim() - the armed image, for a crash that will start it
 *
 * From here on nobody changes it. A crash on the way to the jump may claim
 * it again.
 *
 * Context: any, NMI included; takes no lock and waits a second at most.
 * Return: the image, or NULL where none is armed or it is in pieces.
 */
struct kimage *crash_image_claim(void)
{
	unsigned int waited = 0;
	struct kimage *image;
	int phase;

	/* In this order: a change that has ended has left its image. */
	phase = atomic_read_acquire(&crash_image.phase);
	if (phase != CRASH_IMAGE_CHANGING && !READ_ONCE(kexec_crash_image))
		return NULL;

	for (;;) {
		phase = atomic_cmpxchg(&crash_image.phase, CRASH_IMAGE_STABLE,
				       CRASH_IMAGE_CLAIMED);
		if (phase != CRASH_IMAGE_CHANGING) {
			image = READ_ONCE(kexec_crash_image);
			if (!image)
				crash_image_unclaim();
			return image;
		}

		/* A cmpxchg that fails orders nothing: with change_begin(). */
		smp_rmb();
		/* Will somebody else go on while this CPU waits? */
		if (READ_ONCE(crash_image.changer) == current ||
		    num_online_cpus() == 1 || waited >= CRASH_IMAGE_WAIT_MS)
			break;
		mdelay(1);
		waited++;
	}

	pr_emerg("crash image was being replaced (waited %u ms): no dump\n",
		 waited);
	return NULL;
}

static struct kexec_segment_limits limits_of(const struct kimage *image)
{
	struct kexec_segment_limits limits = {
		.dest_limit = KEXEC_DESTINATION_MEMORY_LIMIT,
		.max_pages = totalram_pages() / 2,
	};

	if (kimage_is_crash(image)) {
		limits.region_start = crash_region_start();
		limits.region_end = crash_region_end();
	}

	return limits;
}

static bool crash_region_has(unsigned long addr)
{
	return addr >= crash_region_start() && addr <= crash_region_end();
}

/**
 * kexec_region_missing() - has a crash image nowhere to go at all?
 * @image: the image
 *
 * Context: any.
 * Return: true after a line in the log.
 */
bool kexec_region_missing(const struct kimage *image)
{
	if (image->type != KEXEC_TYPE_CRASH || crash_region_end())
		return false;

	pr_err_ratelimited("no memory is reserved for a crash image; boot with crashkernel=, and leave some in kexec_crash_size\n");
	return true;
}

/**
 * kexec_check_segments() - may this image be started on this machine?
 * @image: with its segments and its entry point
 *
 * Context: any.
 * Return: 0 or the negative errno of the first rule that is broken, after a
 * line in the log.
 */
int kexec_check_segments(const struct kimage *image)
{
	struct kexec_segment_limits limits = limits_of(image);
	enum kexec_segment_error err;
	unsigned long bad = 0;

	if (kexec_region_missing(image))
		return -EADDRNOTAVAIL;

	if (kimage_is_crash(image) && !crash_region_has(image->start)) {
		pr_err_ratelimited("entry point %#lx is outside of the crash region %#lx-%#lx\n",
				   image->start, crash_region_start(),
				   crash_region_end());
		return -EADDRNOTAVAIL;
	}

	err = kexec_segments_check(image->segment, image->nr_segments, &limits,
				   &bad);
	if (!err)
		return 0;

	pr_err_ratelimited("segment %lu (%#zx bytes for %#zx at %#lx) %s\n",
			   bad, image->segment[bad].bufsz,
			   image->segment[bad].memsz, image->segment[bad].mem,
			   kexec_segment_strerror(err));
	return kexec_segment_errno(err);
}

/*
 * Copies a crash image over the one that is armed, and arms it.
 *
 * That takes some milliseconds for every 10 MB, without preemption: where the
 * kernel is not preemptible, a system call has its CPU for as long. A shorter
 * time would take an image that is armed and not whole. Interrupts come in. A
 * crash in one of them, or in the copying, is this task's and has no dump; on
 * any other CPU it waits, and has one.
 */
static int replace_crash(struct kimage *image)
{
	struct kimage *old;
	int ret;

	ret = kimage_crash_open(image->segment, image->nr_segments);
	if (ret)
		return ret;

	old = crash_image_change_begin();
	image->head = IND_DONE;
	kimage_copy_crash(image);
	ret = machine_kexec_post_load(image);
	/* The old image's page for vmcoreinfo may belong to a segment now. */
	kimage_crash_armed(ret ? NULL : image);
	crash_image_change_end(ret ? NULL : image);

	kimage_crash_close(image->segment, image->nr_segments);
	kimage_destroy(old);

	return ret;
}

static int commit_normal(struct kimage *image)
{
	struct kimage *old;
	int ret;

	ret = kimage_prepare(image);
	if (ret)
		return ret;

	ret = kimage_load_pages(image);
	if (ret)
		return ret;

	ret = machine_kexec_post_load(image);
	if (ret)
		return ret;

	kimage_ima_loaded(image);

	old = kexec_image;
	WRITE_ONCE(kexec_image, image);
	kimage_destroy(old);

	return 0;
}

/* How many have the crash region open. Protected by kexec_arm_lock. */
static unsigned int region_openers;

/**
 * crash_region_open() - make the crash region writable
 *
 * It is protected while something is armed in it. A loader has it open for
 * longer than it holds the lock, and others open and close it meanwhile: the
 * last one protects it again.
 *
 * Context: kexec_arm_lock held; may sleep.
 */
void crash_region_open(void)
{
	lockdep_assert_held(&kexec_arm_lock);
	if (!region_openers++ && kexec_crash_image)
		arch_kexec_unprotect_crashkres();
}

/**
 * crash_region_close() - undo crash_region_open()
 *
 * Context: kexec_arm_lock held; may sleep.
 */
void crash_region_close(void)
{
	lockdep_assert_held(&kexec_arm_lock);
	if (WARN_ON_ONCE(!region_openers))
		return;
	if (!--region_openers && kexec_crash_image)
		arch_kexec_protect_crashkres();
}

/*
 * Control pages are in the region too, and written before the image is. That
 * takes no arm lock: they keep clear of the armed image, which only a loader
 * replaces; and some architectures read the caller's memory then, who can have
 * them wait for it for ever. Some write what the armed image needs: there it
 * goes first, as it is worth nothing from then on.
 */
static int commit_crash(struct kimage *image)
{
	int ret;

	if (IS_ENABLED(CONFIG_KEXEC_PREPARE_IN_PLACE))
		kexec_unload(KEXEC_TYPE_CRASH);

	scoped_guard(mutex, &kexec_arm_lock)
		crash_region_open();
	ret = kimage_prepare(image);
	if (!ret && IS_ENABLED(CONFIG_KEXEC_PREPARE_IN_PLACE) &&
	    !image->file_mode) {
		/* What that changed of the segments counts. */
		kimage_unstage(image);
		ret = kimage_stage(image) ?: kexec_digest_segments(image);
	}

	guard(mutex)(&kexec_arm_lock);
	if (!ret)
		ret = replace_crash(image);
	if (!ret) {
		crash_hotplug_catch_up(image);
		crash_verify_prepared(image);
	}
	crash_region_close();

	return ret;
}

/**
 * kexec_commit() - load a complete image and arm it
 * @image: with all its segments, checked; a crash image's from kernel memory
 *
 * On success the image is armed and no longer the caller's, and the one that
 * was armed in its place is gone. On failure it is as if nothing had been
 * asked, and the image stays the caller's. A crash image is not armed any more
 * if its machine_kexec_post_load() failed. Where an architecture prepares one
 * image in the place of another (CONFIG_KEXEC_PREPARE_IN_PLACE), no crash image
 * is armed any more, and what an ordinary one was prepared with may be gone.
 *
 * Context: load lock held; may sleep.
 * Return: 0 or a negative errno.
 */
int kexec_commit(struct kimage *image)
{
	lockdep_assert_held(&kexec_load_lock);

	if (kimage_is_crash(image))
		return commit_crash(image);

	return commit_normal(image);
}

/* The region becomes writable: there is nothing in it to protect any more. */
static struct kimage *disarm_crash(void)
{
	struct kimage *old;

	guard(mutex)(&kexec_arm_lock);

	crash_region_open();
	old = crash_image_change_begin();
	crash_image_change_end(NULL);
	kimage_crash_armed(NULL);
	crash_region_close();

	return old;
}

static struct kimage *disarm_normal(void)
{
	struct kimage *old = kexec_image;

	WRITE_ONCE(kexec_image, NULL);
	kimage_ima_unloads(old);

	return old;
}

/**
 * kexec_unload() - disarm and free an image
 * @type: which
 *
 * Context: load lock held; may sleep.
 */
void kexec_unload(enum kexec_image_type type)
{
	struct kimage *old;

	lockdep_assert_held(&kexec_load_lock);

	if (type != KEXEC_TYPE_CRASH)
		old = disarm_normal();
	else if (IS_ENABLED(CONFIG_CRASH_DUMP))
		old = disarm_crash();
	else
		return;

	kimage_destroy(old);
}

/* Devices are shut down as for a reboot, and this is the boot CPU now. */
static void shut_down_devices(void)
{
	kexec_in_progress = true;
	kernel_restart_prepare("kexec reboot");
	migrate_to_reboot_cpu();
}

static void shut_down_cpus(void)
{
	syscore_shutdown();

	/*
	 * migrate_to_reboot_cpu() left CPU hotplug disabled, and some
	 * architectures take the other CPUs down in machine_shutdown().
	 */
	cpu_hotplug_enable();
	machine_shutdown();
}

static void reboot_into(struct kimage *image)
{
	shut_down_devices();
	pr_notice("Starting new kernel\n");
	shut_down_cpus();

	/* The last that is logged goes to pstore and the like. */
	kmsg_dump(KMSG_DUMP_SHUTDOWN);
	machine_kexec(image);
}

/**
 * kernel_kexec() - reboot into the loaded image
 *
 * Context: reboot(2), with system_transition_mutex held.
 * Return: -EBUSY while a load is under way, -EINVAL where nothing is loaded;
 * 0 or an error of the suspend path when a kexec jump has come back.
 */
int kernel_kexec(void)
{
	int ret = 0;

	if (!mutex_trylock(&kexec_load_lock))
		return -EBUSY;

	if (!kexec_image)
		ret = -EINVAL;
	else if (kexec_image->preserve_context)
		ret = kexec_jump(kexec_image);
	else
		reboot_into(kexec_image);

	mutex_unlock(&kexec_load_lock);

	return ret;
}
