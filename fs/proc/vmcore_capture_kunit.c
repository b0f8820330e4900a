// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of what other code does to /proc/vmcore: device dumps, page filters,
 * and its end; and of old memory that can't be mapped.
 *
 * In a kernel that has no dump to show they can only be refused. A capture
 * kernel runs these tests if it is told that its dump is not wanted
 * (vmcore_kunit_spoil): it keeps the device dumps and the filter, for the sake
 * of tools/testing/selftests/kexec/qemu/test_vmcore.py, which looks for them
 * from user space, or has no dump any more.
 */

#include <kunit/static_stub.h>
#include <kunit/test.h>
#include <linux/crash_dump.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/pfn.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/uio.h>

#include "vmcore_internal.h"

static bool spoil;
core_param(vmcore_kunit_spoil, spoil, bool, 0);

/* Every test begins with it. */
static int spare_the_dump(struct kunit *test)
{
	if (vmcore_dump.entry && !spoil)
		kunit_skip(test, "there is a dump, and no vmcore_kunit_spoil=1");
	return 0;
}

/* Of every 4 MiB that the filter is asked about it refuses 64 KiB. */
#define FILTER_PERIOD	(SZ_4M >> PAGE_SHIFT)
#define FILTER_FIRST	8
#define FILTER_END	24

static bool pfn_refused(unsigned long pfn)
{
	unsigned long nr = pfn % FILTER_PERIOD;

	return nr >= FILTER_FIRST && nr < FILTER_END;
}

static unsigned int times_asked;

static bool filter_pfn_is_ram(struct vmcore_cb *cb, unsigned long pfn)
{
	times_asked++;
	return !pfn_refused(pfn);
}

static struct vmcore_cb filter = { .pfn_is_ram = filter_pfn_is_ram };
static bool filter_is_on;

/* The suite leaves it on, and may be run again. */
static void filter_set(bool on)
{
	if (on && !filter_is_on)
		register_vmcore_cb(&filter);
	else if (!on && filter_is_on)
		unregister_vmcore_cb(&filter);
	filter_is_on = on;
}

static void openers_put(void *unused)
{
	guard(mutex)(&vmcore_dump.lock);
	if (!--vmcore_dump.openers)
		vmcore_windows_drop();
}

/* What an open file does to the dump, until the test ends in whatever way */
static void dump_hold(struct kunit *test)
{
	scoped_guard(mutex, &vmcore_dump.lock)
		vmcore_dump.openers++;
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, openers_put,
							   NULL));
}

/* Or before that */
static void dump_let_go(struct kunit *test)
{
	kunit_release_action(test, openers_put, NULL);
}

KUNIT_DEFINE_ACTION_WRAPPER(buffer_free, kvfree, const void *);

static void *buffer_alloc(struct kunit *test, size_t size)
{
	void *buf = kvmalloc(size, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, buf);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, buffer_free,
							   buf));
	return buf;
}

static ssize_t dump_read(void *buf, size_t len, u64 pos)
{
	struct kvec kvec = { .iov_base = buf, .iov_len = len };
	struct iov_iter iter;

	iov_iter_kvec(&iter, ITER_DEST, &kvec, 1, len);
	return vmcore_read(&vmcore_dump, &iter, pos);
}

/* One period of old memory, each page as it has to be with the filter on */
static void expect_filtered(struct kunit *test, const void *plain,
			    const void *filtered)
{
	u64 pfn = PHYS_PFN(vmcore_dump.layout.regions[0].source);
	size_t i, at;

	for (i = 0; i < FILTER_PERIOD; i++) {
		at = i << PAGE_SHIFT;
		if (pfn_refused(pfn + i))
			KUNIT_ASSERT_NULL_MSG(test,
					      memchr_inv(filtered + at, 0,
							 PAGE_SIZE),
					      "page %zu", i);
		else
			KUNIT_ASSERT_EQ_MSG(test, 0,
					    memcmp(filtered + at, plain + at,
						   PAGE_SIZE),
					    "page %zu", i);
	}
}

static void filter_test(struct kunit *test)
{
	u64 pos = vmcore_dump.regions_pos;
	void *before, *after;

	if (!vmcore_dump.entry)
		kunit_skip(test, "there is no dump to filter");
	KUNIT_ASSERT_GE(test, vmcore_dump.layout.regions[0].size, SZ_4M);
	before = buffer_alloc(test, SZ_4M);
	after = buffer_alloc(test, SZ_4M);
	filter_set(false);
	times_asked = 0;
	dump_hold(test);

	KUNIT_EXPECT_EQ(test, dump_read(before, SZ_4M, pos), SZ_4M);
	KUNIT_EXPECT_EQ(test, times_asked, 0);

	filter_set(true);
	KUNIT_EXPECT_EQ(test, dump_read(after, SZ_4M, pos), SZ_4M);
	KUNIT_EXPECT_NE(test, times_asked, 0);
	expect_filtered(test, before, after);

	filter_set(false);
	times_asked = 0;
	KUNIT_EXPECT_EQ(test, dump_read(after, SZ_4M, pos), SZ_4M);
	KUNIT_EXPECT_EQ(test, times_asked, 0);
	KUNIT_EXPECT_EQ(test, 0, memcmp(before, after, SZ_4M));

	dump_let_go(test);
	filter_set(true);
}

/* By whether the decrypted view was wanted */
static unsigned int times_mapped[2];

static void *map_fails(const struct vmcore_extent *extent, bool encrypted)
{
	times_mapped[encrypted]++;
	return NULL;
}

/* Which page can't be read, and with what error it was tried how often */
static unsigned long bad_pfn;
static int bad_error;
static unsigned int bad_times;

static ssize_t copy_fails(struct iov_iter *iter, unsigned long pfn, size_t len,
			  unsigned long offset, bool encrypted)
{
	if (pfn != bad_pfn)
		return iov_iter_zero(len, iter);
	bad_times++;
	return bad_error;
}

/* How much is there, if it is as in a copy? */
static unsigned long look_compare(const void *at, size_t len, void *copy)
{
	return memcmp(at, copy, len) ? 1 : len;
}

/* What no window can be had for is read page by page, and not asked again. */
static void unmapped_test(struct kunit *test)
{
	u64 addr;
	void *mapped, *single;
	unsigned long len;
	int encrypted;

	if (!vmcore_dump.entry)
		kunit_skip(test, "there is no dump to read");
	addr = vmcore_dump.layout.regions[0].source;
	mapped = buffer_alloc(test, SZ_4M);
	single = buffer_alloc(test, SZ_4M);
	memset(times_mapped, 0, sizeof(times_mapped));
	/* Where it says something, there are more windows than these. */
	filter_set(false);
	dump_hold(test);

	KUNIT_EXPECT_EQ(test, vmcore_oldmem_copy(mapped, SZ_4M, addr, false),
			SZ_4M);
	KUNIT_EXPECT_EQ(test, 56, vmcore_oldmem_look(addr + 8, 56, false,
						     look_compare, mapped + 8));
	vmcore_windows_drop();
	/* As far as a window goes, without one before */
	len = vmcore_oldmem_look(addr + 8, SZ_4M - 8, false, look_compare,
				 mapped + 8);
	KUNIT_EXPECT_GT(test, len, 56);
	KUNIT_EXPECT_LE(test, len, SZ_4M - 8);
	vmcore_windows_drop();
	kunit_activate_static_stub(test, vmcore_extent_map, map_fails);
	for (encrypted = 0; encrypted <= 1; encrypted++) {
		memset(single, 0xff, SZ_4M);
		KUNIT_EXPECT_EQ(test, times_mapped[encrypted], 0);
		KUNIT_EXPECT_EQ(test, vmcore_oldmem_copy(single, SZ_4M, addr,
							 encrypted), SZ_4M);
		KUNIT_EXPECT_EQ(test, 0, memcmp(mapped, single, SZ_4M));
		/* For each 2 MiB, the large window and then the small one */
		KUNIT_EXPECT_EQ(test, times_mapped[encrypted], 4);
	}
	KUNIT_EXPECT_EQ(test, vmcore_oldmem_copy(single, SZ_4M, addr, false),
			SZ_4M);
	KUNIT_EXPECT_EQ(test, times_mapped[false], 4);
	KUNIT_EXPECT_EQ(test, 0, vmcore_oldmem_look(addr, 64, false,
						    look_compare, mapped));
	kunit_deactivate_static_stub(test, vmcore_extent_map);

	/* Dropped with the others, and then there are windows again. */
	vmcore_windows_drop();
	KUNIT_EXPECT_EQ(test, vmcore_oldmem_copy(single, SZ_4M, addr, false),
			SZ_4M);
	KUNIT_EXPECT_EQ(test, 0, memcmp(mapped, single, SZ_4M));
}

static const struct unread_case {
	const char *name;
	int error;
	unsigned int want_times;	/* that it is tried */
} unread_cases[] = {
	/* Once at the end of what is before it, and then by itself */
	{ "no page", -EIO, 2 },
	/* And again without windows */
	{ "no memory", -ENOMEM, 3 },
};

KUNIT_ARRAY_PARAM_DESC(unread, unread_cases, name);

/* A page that can't be read is zeros, counts once, and those around it are read. */
static void unread_test(struct kunit *test)
{
	const struct unread_case *row = test->param_value;
	u64 pos = vmcore_dump.regions_pos;
	long before;
	u8 *buf;

	if (!vmcore_dump.entry)
		kunit_skip(test, "there is no dump to read");
	before = atomic_long_read(&vmcore_dump.nr_unread);
	buf = kunit_kmalloc(test, 4 * PAGE_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, buf);
	bad_pfn = PHYS_PFN(vmcore_dump.layout.regions[0].source) + 1;
	bad_error = row->error;
	bad_times = 0;
	vmcore_dump.last_unread = VMCORE_NOWHERE;
	kunit_activate_static_stub(test, vmcore_extent_map, map_fails);
	kunit_activate_static_stub(test, vmcore_page_copy, copy_fails);
	dump_hold(test);

	/* Nothing mapped before may answer. */
	vmcore_windows_drop();
	memset(buf, 0xff, 4 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, dump_read(buf, 4 * PAGE_SIZE, pos),
			4 * PAGE_SIZE);
	KUNIT_EXPECT_NULL(test, memchr_inv(buf, 0, 4 * PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, bad_times, row->want_times);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&vmcore_dump.nr_unread),
			before + 1);

	/* In parts of it */
	KUNIT_EXPECT_EQ(test, dump_read(buf, 512, pos + PAGE_SIZE), 512);
	KUNIT_EXPECT_EQ(test, dump_read(buf, 512, pos + PAGE_SIZE + 512), 512);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&vmcore_dump.nr_unread),
			before + 1);
}

static int fill(struct vmcoredd_data *data, void *buf)
{
	memset(buf, 0xd1, data->size);
	return 0;
}

static int fill_fails(struct vmcoredd_data *data, void *buf)
{
	return -EIO;
}

static const struct refused_case {
	const char *name;
	struct vmcoredd_data data;
	int want;
} refused_cases[] = {
	{
		.name = "no name",
		.data = { .vmcoredd_callback = fill, .size = 100 },
		.want = -EINVAL,
	}, {
		.name = "nobody to fill it",
		.data = { .dump_name = "kunit", .size = 100 },
		.want = -EINVAL,
	}, {
		.name = "no size",
		.data = { .dump_name = "kunit", .vmcoredd_callback = fill },
		.want = -EINVAL,
	}, {
		.name = "the driver fails",
		.data = {
			.dump_name = "kunit",
			.vmcoredd_callback = fill_fails,
			.size = 100,
		},
		.want = -EIO,
	},
};

static void refused_case_name(const struct refused_case *row, char *name)
{
	strscpy(name, row->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(refused, refused_cases, refused_case_name);

static void need_device_dumps(struct kunit *test)
{
	if (!IS_ENABLED(CONFIG_PROC_VMCORE_DEVICE_DUMP))
		kunit_skip(test, "device dumps are not built in");
}

static void device_refused_test(struct kunit *test)
{
	const struct refused_case *row = test->param_value;
	struct vmcoredd_data data = row->data;
	u64 size = vmcore_dump.size;
	int want = row->want;

	need_device_dumps(test);
	/* Nobody puts a driver to work for a dump that is not there. */
	if (data.vmcoredd_callback == fill_fails && !vmcore_dump.entry)
		want = -ENODEV;
	KUNIT_EXPECT_EQ(test, vmcore_add_device_dump(&data), want);
	KUNIT_EXPECT_EQ(test, vmcore_add_device_dump(NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, vmcore_dump.size, size);
}

static void device_dump_test(struct kunit *test)
{
	struct vmcoredd_data first = {
		.dump_name = "kunit-first",
		.vmcoredd_callback = fill,
		.size = 100,
	};
	struct vmcoredd_data second = {
		.dump_name = "kunit-second",
		.vmcoredd_callback = fill,
		.size = PAGE_SIZE,
	};
	struct vmcoredd_data large = {
		.dump_name = "kunit-large",
		.vmcoredd_callback = fill,
		.size = SZ_32M,
	};
	u64 size = vmcore_dump.size;
	struct vmcoredd_header header;

	need_device_dumps(test);
	if (!vmcore_dump.entry) {
		KUNIT_EXPECT_EQ(test, vmcore_add_device_dump(&first), -ENODEV);
		return;
	}

	dump_hold(test);
	KUNIT_EXPECT_EQ(test, vmcore_add_device_dump(&first), -EBUSY);
	dump_let_go(test);
	if (!vmcore_is_64(&vmcore_dump.ehdr))
		KUNIT_EXPECT_EQ(test, vmcore_add_device_dump(&large), -EFBIG);
	KUNIT_EXPECT_EQ(test, vmcore_dump.size, size);

	KUNIT_EXPECT_EQ(test, vmcore_add_device_dump(&first), 0);
	KUNIT_EXPECT_EQ(test, vmcore_add_device_dump(&second), 0);
	KUNIT_EXPECT_EQ(test, vmcore_dump.size, size + 3 * PAGE_SIZE);

	dump_hold(test);
	KUNIT_EXPECT_EQ(test, dump_read(&header, sizeof(header),
					vmcore_dump.headers_size + PAGE_SIZE),
			sizeof(header));
	dump_let_go(test);
	KUNIT_EXPECT_STREQ(test, header.name, VMCOREDD_NOTE_NAME);
	KUNIT_EXPECT_STREQ(test, header.dump_name, "kunit-second");
}

static struct kunit_case capture_cases[] = {
	KUNIT_CASE(unmapped_test),
	KUNIT_CASE_PARAM(unread_test, unread_gen_params),
	KUNIT_CASE(filter_test),
	KUNIT_CASE_PARAM(device_refused_test, refused_gen_params),
	KUNIT_CASE(device_dump_test),
	{ }
};

static struct kunit_suite capture_suite = {
	.name = "vmcore_capture",
	.init = spare_the_dump,
	.test_cases = capture_cases,
};

/* By itself, since nothing is left of the dump. Without one nothing happens. */
static void cleanup_test(struct kunit *test)
{
	struct vmcoredd_data data = {
		.dump_name = "kunit-late",
		.vmcoredd_callback = fill,
		.size = 100,
	};
	char byte;

	if (vmcore_dump.entry)
		KUNIT_EXPECT_EQ(test, dump_read(&byte, 1,
						vmcore_dump.regions_pos), 1);

	vmcore_cleanup();
	KUNIT_EXPECT_NULL(test, vmcore_dump.entry);
	KUNIT_EXPECT_EQ(test, vmcore_dump.size, 0);
	KUNIT_EXPECT_EQ(test, dump_read(&byte, 1, 0), 0);
	if (IS_ENABLED(CONFIG_PROC_VMCORE_DEVICE_DUMP))
		KUNIT_EXPECT_EQ(test, vmcore_add_device_dump(&data), -ENODEV);
	vmcore_cleanup();
}

static struct kunit_case cleanup_cases[] = {
	KUNIT_CASE(cleanup_test),
	{ }
};

static struct kunit_suite cleanup_suite = {
	.name = "vmcore_cleanup",
	.init = spare_the_dump,
	.test_cases = cleanup_cases,
};

kunit_test_suites(&capture_suite, &cleanup_suite);
