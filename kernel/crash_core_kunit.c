// SPDX-License-Identifier: GPL-2.0-only
/*
 * What of the crash stage can be tried without a crash: the notes of a CPU,
 * which oopses are crashes, the size of the crash region, and a crash that
 * comes while the image is being changed.
 */

#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/init_task.h>
#include <linux/kexec.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/panic.h>
#include <linux/percpu.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/uaccess.h>

#include "kexec_internal.h"

/* The notes of a CPU as they were, for a test that writes some. */
static u32 *borrow_notes(struct kunit *test, unsigned int cpu, u32 *saved)
{
	u32 *notes = *per_cpu_ptr(crash_notes, cpu);

	memcpy(saved, notes, sizeof(note_buf_t));
	memset(notes, 0xff, sizeof(note_buf_t));

	return notes;
}

static void return_notes(unsigned int cpu, const u32 *saved)
{
	memcpy(*per_cpu_ptr(crash_notes, cpu), saved, sizeof(note_buf_t));
}

static void saves_registers_test(struct kunit *test)
{
	const unsigned int cpu = cpumask_first(cpu_possible_mask);
	struct elf_prstatus *prstatus, expected = { };
	struct pt_regs *regs;
	u32 *notes, *saved;
	struct elf_note *n;

	regs = kunit_kzalloc(test, sizeof(*regs), GFP_KERNEL);
	saved = kunit_kzalloc(test, sizeof(note_buf_t), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, regs);
	KUNIT_ASSERT_NOT_NULL(test, saved);
	KUNIT_ASSERT_NOT_NULL(test, (void __force *)crash_notes);
	memset(regs, 0x5a, sizeof(*regs));
	elf_core_copy_regs(&expected.pr_reg, regs);

	notes = borrow_notes(test, cpu, saved);
	crash_save_cpu(regs, cpu);

	n = (struct elf_note *)notes;
	KUNIT_EXPECT_EQ(test, sizeof("CORE"), n->n_namesz);
	KUNIT_EXPECT_EQ(test, sizeof(*prstatus), n->n_descsz);
	KUNIT_EXPECT_EQ(test, NT_PRSTATUS, n->n_type);
	KUNIT_EXPECT_STREQ(test, "CORE", (char *)(n + 1));
	prstatus = (void *)(n + 1) + ALIGN(sizeof("CORE"), 4);
	KUNIT_EXPECT_EQ(test, current->pid, prstatus->common.pr_pid);
	KUNIT_EXPECT_MEMEQ(test, &prstatus->pr_reg, &expected.pr_reg,
			   sizeof(expected.pr_reg));

	/* The empty note ends them, and the buffer. */
	n = (void *)prstatus + ALIGN(sizeof(*prstatus), 4);
	KUNIT_EXPECT_EQ(test, 0, n->n_namesz);
	KUNIT_EXPECT_EQ(test, 0, n->n_descsz);
	KUNIT_EXPECT_EQ(test, 0, n->n_type);
	KUNIT_EXPECT_PTR_EQ(test, (void *)(n + 1),
			    (void *)notes + sizeof(note_buf_t));

	return_notes(cpu, saved);
}

/* In a crash, the number of a CPU may be anything. */
static void ignores_impossible_cpus_test(struct kunit *test)
{
	const unsigned int cpu = cpumask_first(cpu_possible_mask);
	u32 *notes, *saved, *filled;
	struct pt_regs *regs;

	regs = kunit_kzalloc(test, sizeof(*regs), GFP_KERNEL);
	saved = kunit_kzalloc(test, sizeof(note_buf_t), GFP_KERNEL);
	filled = kunit_kzalloc(test, sizeof(note_buf_t), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, regs);
	KUNIT_ASSERT_NOT_NULL(test, saved);
	KUNIT_ASSERT_NOT_NULL(test, filled);
	KUNIT_ASSERT_NOT_NULL(test, (void __force *)crash_notes);
	memset(filled, 0xff, sizeof(note_buf_t));

	notes = borrow_notes(test, cpu, saved);
	crash_save_cpu(regs, -1);
	crash_save_cpu(regs, nr_cpu_ids);
	crash_save_cpu(regs, INT_MAX);
	crash_save_cpu(regs, INT_MIN);
	crash_save_cpu(NULL, cpu);
	KUNIT_EXPECT_MEMEQ(test, notes, filled, sizeof(note_buf_t));

	return_notes(cpu, saved);
}

/* Which task's oops the machine does not survive. */
static void should_crash_test(struct kunit *test)
{
	const bool post_notifiers = crash_kexec_post_notifiers;
	const int on_oops = panic_on_oops;

	crash_kexec_post_notifiers = false;
	panic_on_oops = 0;
	KUNIT_EXPECT_FALSE(test, kexec_should_crash(current));
	KUNIT_EXPECT_TRUE(test, kexec_should_crash(&init_task));

	panic_on_oops = 1;
	KUNIT_EXPECT_TRUE(test, kexec_should_crash(current));

	/* Then it is for panic(), which runs the notifiers first. */
	crash_kexec_post_notifiers = true;
	KUNIT_EXPECT_FALSE(test, kexec_should_crash(current));
	KUNIT_EXPECT_FALSE(test, kexec_should_crash(&init_task));

	panic_on_oops = on_oops;
	crash_kexec_post_notifiers = post_notifiers;
}

static void region_does_not_grow_test(struct kunit *test)
{
	const ssize_t size = crash_get_memory_size();

	if (kexec_crash_loaded())
		kunit_skip(test, "a capture kernel is armed");

	KUNIT_ASSERT_GE(test, size, 0);
	KUNIT_EXPECT_EQ(test, 0, crash_shrink_memory(size));
	KUNIT_EXPECT_EQ(test, -EINVAL, crash_shrink_memory(size + 1));
	KUNIT_EXPECT_EQ(test, -EINVAL, crash_shrink_memory(ULONG_MAX));
	KUNIT_EXPECT_EQ(test, size, crash_get_memory_size());
}

/* From here on nobody arms an image, but the test. Skips where one is. */
static void nothing_armed_begin(struct kunit *test)
{
	mutex_lock(&kexec_load_lock);
	if (kexec_crash_loaded()) {
		/* Skipping does not return. */
		mutex_unlock(&kexec_load_lock);
		kunit_skip(test, "a capture kernel is armed");
	}
}

static void nothing_armed_end(void)
{
	mutex_unlock(&kexec_load_lock);
}

/* Whom a crash is not to wait for: the task that it interrupted. */
static void claim_of_changer_test(struct kunit *test)
{
	struct kimage *image;

	image = kunit_kzalloc(test, sizeof(*image), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, image);

	nothing_armed_begin(test);
	mutex_lock(&kexec_arm_lock);
	KUNIT_EXPECT_NULL(test, crash_image_claim());
	KUNIT_EXPECT_NULL(test, crash_image_change_begin());
	KUNIT_EXPECT_NULL(test, crash_image_claim());

	crash_image_change_end(image);
	KUNIT_EXPECT_PTR_EQ(test, crash_image_claim(), image);
	/* A crash on the way to the jump */
	KUNIT_EXPECT_PTR_EQ(test, crash_image_claim(), image);
	crash_image_unclaim();

	KUNIT_EXPECT_PTR_EQ(test, crash_image_change_begin(), image);
	crash_image_change_end(NULL);
	KUNIT_EXPECT_NULL(test, crash_image_claim());
	mutex_unlock(&kexec_arm_lock);
	nothing_armed_end();
}

/* Writes to the crash region as a wild pointer would: 0 or -EFAULT. */
static long write_to_region(void)
{
	u8 *byte = page_address(pfn_to_page(PHYS_PFN(crashk_res.start)));

	return copy_to_kernel_nofault(byte, byte, sizeof(*byte));
}

static const long closed = IS_ENABLED(CONFIG_X86) || IS_ENABLED(CONFIG_S390) ?
			   -EFAULT : 0;

/* A loader has the region open while others open and close it. */
static void region_stays_open_test(struct kunit *test)
{
	struct kimage *image;

	if (!crashk_res.end)
		kunit_skip(test, "no crashkernel=");
	image = kunit_kzalloc(test, sizeof(*image), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, image);

	nothing_armed_begin(test);
	mutex_lock(&kexec_arm_lock);
	/* The first image: there is nothing to protect until it is armed. */
	crash_region_open();
	KUNIT_EXPECT_EQ(test, write_to_region(), 0);
	crash_image_change_begin();
	crash_image_change_end(image);
	crash_region_close();
	KUNIT_EXPECT_EQ(test, write_to_region(), closed);

	crash_region_open();
	KUNIT_EXPECT_EQ(test, write_to_region(), 0);
	crash_region_open();
	crash_region_close();
	KUNIT_EXPECT_EQ(test, write_to_region(), 0);
	crash_region_close();
	KUNIT_EXPECT_EQ(test, write_to_region(), closed);

	crash_region_open();
	crash_image_change_begin();
	crash_image_change_end(NULL);
	crash_region_close();
	KUNIT_EXPECT_EQ(test, write_to_region(), 0);
	mutex_unlock(&kexec_arm_lock);
	nothing_armed_end();
}

static struct kimage *arm_nothing(struct kunit *test)
{
	struct kimage *image = kimage_create(KEXEC_TYPE_CRASH);

	KUNIT_EXPECT_NOT_NULL(test, image);
	guard(mutex)(&kexec_arm_lock);
	crash_region_open();
	crash_image_change_begin();
	crash_image_change_end(image);
	crash_region_close();

	return image;
}

/* Whatever was unloaded before, what is loaded is protected. */
static void region_after_unload_test(struct kunit *test)
{
	if (!crashk_res.end)
		kunit_skip(test, "no crashkernel=");

	nothing_armed_begin(test);
	/* Nothing is there to be unloaded. */
	kexec_unload(KEXEC_TYPE_CRASH);
	for (unsigned int round = 0; round < 2; round++) {
		if (!arm_nothing(test))
			break;
		KUNIT_EXPECT_EQ(test, write_to_region(), closed);
		kexec_unload(KEXEC_TYPE_CRASH);
		KUNIT_EXPECT_EQ(test, write_to_region(), 0);
	}
	nothing_armed_end();
}

struct claim {
	struct completion begun, changing, done;
	struct kimage *got;
};

static int claim_elsewhere(void *arg)
{
	struct claim *claim = arg;

	complete(&claim->begun);
	wait_for_completion(&claim->changing);
	claim->got = crash_image_claim();
	if (claim->got)
		crash_image_unclaim();
	complete(&claim->done);

	return 0;
}

/* Where the changer is not, who lets nobody else run. Cannot migrate. */
static bool claim_start(struct claim *claim)
{
	struct task_struct *task;

	init_completion(&claim->begun);
	init_completion(&claim->changing);
	init_completion(&claim->done);
	task = kthread_create(claim_elsewhere, claim, "kunit-claim");
	if (IS_ERR(task))
		return false;
	kthread_bind(task, cpumask_any_but(cpu_online_mask,
					   raw_smp_processor_id()));
	wake_up_process(task);
	wait_for_completion(&claim->begun);

	return true;
}

/* How long a change is waited for, on a host that has much else to do. */
#define CLAIM_PATIENCE	(60 * HZ)

static void claim_watch(struct claim *claim)
{
	unsigned long end = jiffies + CLAIM_PATIENCE;

	while (!completion_done(&claim->done) && time_before(jiffies, end))
		cpu_relax();
}

static const struct claim_case {
	const char *name;
	bool ends;			/* or goes on until nobody waits */
} claim_cases[] = {
	{ "a change that ends", true },
	{ "one that takes too long", false },
};

static void claim_case_name(const struct claim_case *c, char *name)
{
	strscpy(name, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(claim, claim_cases, claim_case_name);

/*
 * A crash on another CPU waits for the image, and not for ever. A host that
 * runs this CPU no more can make a change last too long that was to end; so the
 * clock says which of both it was.
 */
static void claim_from_elsewhere_test(struct kunit *test)
{
	const struct claim_case *c = test->param_value;
	struct claim claim = { };
	struct kimage *image;
	ktime_t begun;
	bool started;
	s64 ms;

	if (num_online_cpus() == 1)
		kunit_skip(test, "nobody is elsewhere");
	image = kunit_kzalloc(test, sizeof(*image), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, image);

	nothing_armed_begin(test);
	migrate_disable();
	mutex_lock(&kexec_arm_lock);
	started = claim_start(&claim);
	begun = ktime_get();
	crash_image_change_begin();
	complete(&claim.changing);
	if (started && c->ends)
		mdelay(20);
	else if (started)
		claim_watch(&claim);
	crash_image_change_end(image);
	ms = ktime_ms_delta(ktime_get(), begun);
	if (started)
		wait_for_completion(&claim.done);
	crash_image_change_begin();
	crash_image_change_end(NULL);
	mutex_unlock(&kexec_arm_lock);
	migrate_enable();
	nothing_armed_end();

	KUNIT_ASSERT_TRUE(test, started);
	/* Half of what a crash waits: that counts in a clock of its own. */
	if (c->ends && ms >= MSEC_PER_SEC / 2 && !claim.got)
		kunit_skip(test, "the host kept this CPU for %lld ms", ms);
	KUNIT_EXPECT_PTR_EQ(test, claim.got, c->ends ? image : NULL);
}

static struct kunit_case crash_core_cases[] = {
	KUNIT_CASE(saves_registers_test),
	KUNIT_CASE(ignores_impossible_cpus_test),
	KUNIT_CASE(should_crash_test),
	KUNIT_CASE(region_does_not_grow_test),
	KUNIT_CASE(region_stays_open_test),
	KUNIT_CASE(region_after_unload_test),
	KUNIT_CASE(claim_of_changer_test),
	KUNIT_CASE_PARAM(claim_from_elsewhere_test, claim_gen_params),
	{ }
};

static struct kunit_suite crash_core_suite = {
	.name = "crash_core",
	.test_cases = crash_core_cases,
};

kunit_test_suite(crash_core_suite);
