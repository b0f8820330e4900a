// SPDX-License-Identifier: GPL-2.0-only
/*
 * What of the crash stage can be tried without a crash: the notes of a CPU,
 * which oopses are crashes, and the size of the crash region.
 */

#include <kunit/test.h>
#include <linux/cpumask.h>
#include <linux/init_task.h>
#include <linux/kexec.h>
#include <linux/panic.h>
#include <linux/percpu.h>
#include <linux/ptrace.h>
#include <linux/sched.h>

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

static struct kunit_case crash_core_cases[] = {
	KUNIT_CASE(saves_registers_test),
	KUNIT_CASE(ignores_impossible_cpus_test),
	KUNIT_CASE(should_crash_test),
	KUNIT_CASE(region_does_not_grow_test),
	{ }
};

static struct kunit_suite crash_core_suite = {
	.name = "crash_core",
	.test_cases = crash_core_cases,
};

kunit_test_suite(crash_core_suite);
