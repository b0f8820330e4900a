// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of purgatory's parameters and of its check: what is sealed is found
 * intact, and nothing else is. The image here is never loaded; its segments'
 * addresses are made up and lead back to their buffers.
 */

#include <kunit/test.h>
#include <linux/kexec.h>
#include <linux/sizes.h>
#include <linux/vmalloc.h>

#include "../kexec_internal.h"
#include "purgatory.h"

#define TARGET_ENTRY	0x12345000ULL
#define TARGET_ARG	0x54321000ULL

/*
 * The rules for parameters
 */

static struct purgatory_params valid_params(void)
{
	return (struct purgatory_params) {
		.magic = PURGATORY_MAGIC,
		.version = PURGATORY_VERSION,
		.size = sizeof(struct purgatory_params),
		.entry = sizeof(struct purgatory_params),
		.load_size = SZ_4K,
		.run_size = SZ_8K,
		.nr_regions = 1,
		.target_entry = TARGET_ENTRY,
		.regions = { { .start = SZ_1M, .len = SZ_4K } },
	};
}

/* A field of the parameters that gets another value; all have 32 bits. */
#define FIELD(_field)	offsetof(struct purgatory_params, _field)

static const struct param_case {
	const char *what;
	size_t at;
	u32 value;
	enum purgatory_verdict verdict;
} param_cases[] = {
	{ "as valid as before", FIELD(nr_regions), 1, PURGATORY_INTACT },
	{ "nothing to check", FIELD(nr_regions), 0, PURGATORY_INTACT },
	{ "another magic", FIELD(magic), 0, PURGATORY_BAD_HEADER },
	{ "another version", FIELD(version), PURGATORY_VERSION + 1,
	  PURGATORY_BAD_HEADER },
	{ "another layout", FIELD(size), sizeof(struct purgatory_params) + 8,
	  PURGATORY_BAD_HEADER },
	{ "entry in the parameters", FIELD(entry),
	  sizeof(struct purgatory_params) - 1, PURGATORY_BAD_HEADER },
	{ "entry at the last byte", FIELD(entry), SZ_4K - 1, PURGATORY_INTACT },
	{ "entry behind the blob", FIELD(entry), SZ_4K, PURGATORY_BAD_HEADER },
	{ "longer than it is", FIELD(load_size), SZ_4K + 1,
	  PURGATORY_BAD_HEADER },
	{ "shorter than it is", FIELD(load_size), SZ_4K - 1,
	  PURGATORY_BAD_HEADER },
	{ "runs in less than it has", FIELD(run_size), SZ_4K - 1,
	  PURGATORY_BAD_HEADER },
	{ "all flags", FIELD(flags), PURGATORY_FLAGS, PURGATORY_INTACT },
	{ "an unknown flag", FIELD(flags), PURGATORY_FLAGS + 1,
	  PURGATORY_BAD_HEADER },
	{ "as many regions as fit", FIELD(nr_regions), KEXEC_SEGMENT_MAX,
	  PURGATORY_INTACT },
	{ "one region too many", FIELD(nr_regions), KEXEC_SEGMENT_MAX + 1,
	  PURGATORY_BAD_COUNT },
	{ "far too many regions", FIELD(nr_regions), U32_MAX,
	  PURGATORY_BAD_COUNT },
};

KUNIT_ARRAY_PARAM_DESC(param, param_cases, what);

static void params_check_test(struct kunit *test)
{
	const struct param_case *c = test->param_value;
	static struct purgatory_params params;	/* half a KiB */

	params = valid_params();
	*(u32 *)((u8 *)&params + c->at) = c->value;

	KUNIT_EXPECT_EQ(test, purgatory_params_check(&params, SZ_4K),
			c->verdict);
}

static void params_region_test(struct kunit *test)
{
	static struct purgatory_params params;

	params = valid_params();
	params.nr_regions = 2;
	params.regions[1].start = -(u64)SZ_1M;
	params.regions[1].len = SZ_1M - 1;
	KUNIT_EXPECT_EQ(test, purgatory_params_check(&params, SZ_4K),
			PURGATORY_INTACT);

	params.regions[1].len = SZ_1M + 1;
	KUNIT_EXPECT_EQ(test, purgatory_params_check(&params, SZ_4K),
			PURGATORY_BAD_RANGE);

	/* A region that isn't used doesn't matter. */
	params.nr_regions = 1;
	KUNIT_EXPECT_EQ(test, purgatory_params_check(&params, SZ_4K),
			PURGATORY_INTACT);
}

static void blob_test(struct kunit *test)
{
	const struct purgatory_params *params = (const void *)kexec_purgatory;

	KUNIT_EXPECT_EQ(test, purgatory_params_check(params,
						     kexec_purgatory_size),
			PURGATORY_INTACT);
	KUNIT_EXPECT_EQ(test, params->nr_regions, 0);
	KUNIT_EXPECT_EQ(test, params->target_entry, 0);
}

/*
 * An image, digested by the kernel and checked by purgatory's code
 */

/* What the image is made of: one region is more than a block of SHA-256 ... */
static const struct {
	size_t bufsz, memsz;
	unsigned long mem;
} layout[] = {
	{ 3 * SZ_4K + 17, SZ_64K, 0x01000000 },
	{ 5, SZ_4K, 0x02000000 },
	{ 0, SZ_4K, 0x03000000 },	/* ... one is only room, ... */
	{ 0, 0, 0x04000000 },		/* ... and one is nothing at all */
};

struct fixture {
	struct kimage *image;
	struct purgatory_params *params;
};

static int digest_init(struct kunit *test)
{
	struct kexec_segment *segment;
	struct fixture *f;
	unsigned int i;
	size_t j;
	u8 *buf;

	f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, f);
	f->image = kunit_kzalloc(test, sizeof(*f->image), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, f->image);
	f->image->file_mode = true;
	f->params = kunit_kzalloc(test, kexec_purgatory_size, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, f->params);
	test->priv = f;

	for (i = 0; i < ARRAY_SIZE(layout); i++) {
		buf = kunit_kzalloc(test, layout[i].bufsz + 1, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, buf);
		for (j = 0; j < layout[i].bufsz; j++)
			buf[j] = i * 31 + j * 7;

		segment = &f->image->segment[f->image->nr_segments++];
		segment->kbuf = buf;
		segment->bufsz = layout[i].bufsz;
		segment->memsz = layout[i].memsz;
		segment->mem = layout[i].mem;
	}

	memcpy(f->params, kexec_purgatory, kexec_purgatory_size);
	f->image->purgatory_info.purgatory_buf = f->params;
	segment = &f->image->segment[f->image->nr_segments++];
	segment->kbuf = f->params;
	segment->bufsz = kexec_purgatory_size;
	segment->memsz = PAGE_ALIGN(f->params->run_size);
	segment->mem = 0x05000000;

	kimage_hotplug_init(f->image);
	return kexec_purgatory_set_target(f->image, TARGET_ENTRY, TARGET_ARG);
}

static const void *segment_at(void *ctx, u64 start, u64 len)
{
	struct kimage *image = ctx;
	unsigned long i;

	for (i = 0; i < image->nr_segments; i++) {
		const struct kexec_segment *segment = &image->segment[i];

		if (segment->mem == start && segment->bufsz == len)
			return segment->kbuf;
	}
	return NULL;
}

/* In place of a CPU's instructions: whole blocks, and no more. */
static u64 whole_blocks(u32 *state, const u8 *data, u64 len)
{
	const u64 whole = round_down(len, SHA256_BLOCK_SIZE);
	struct sha256_state sha;

	sha256_init(&sha);
	sha256_update(&sha, data, whole);
	memcpy(state, sha.state, sizeof(sha.state));
	return whole;
}

static enum purgatory_verdict verify(struct fixture *f, unsigned int *bad)
{
	struct purgatory_memory mem = {
		.at = segment_at,
		.ctx = f->image,
		.sha256 = whole_blocks,
	};

	return purgatory_verify(f->params, kexec_purgatory_size, &mem, bad);
}

static void digest_regions_test(struct kunit *test)
{
	/* The digests of "", and of the five bytes 31 38 45 52 59. */
	static const u8 nothing[SHA256_DIGEST_SIZE] = {
		0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14,
		0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
		0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c,
		0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
	};
	static const u8 five[SHA256_DIGEST_SIZE] = {
		0xaf, 0x03, 0x5b, 0xa0, 0x9e, 0x35, 0x5b, 0x7c,
		0xb5, 0x6b, 0x30, 0xd1, 0x11, 0xf8, 0xca, 0x24,
		0xbb, 0xa1, 0xcd, 0xae, 0x1f, 0x0d, 0x2d, 0xda,
		0x03, 0x7a, 0x73, 0xe5, 0x10, 0x40, 0x6d, 0x3f,
	};
	struct fixture *f = test->priv;
	struct purgatory_region *regions = f->params->regions;
	unsigned int bad;

	KUNIT_ASSERT_EQ(test, kexec_digest_segments(f->image), 0);

	KUNIT_EXPECT_EQ(test, f->params->nr_regions, 3);
	KUNIT_EXPECT_EQ(test, regions[0].start, 0x01000000);
	KUNIT_EXPECT_EQ(test, regions[0].len, 3 * SZ_4K + 17);
	KUNIT_EXPECT_EQ(test, regions[1].segment, 1);
	KUNIT_EXPECT_EQ(test, regions[1].len, 5);
	KUNIT_EXPECT_MEMEQ(test, regions[1].digest, five, sizeof(five));
	KUNIT_EXPECT_EQ(test, regions[2].len, 0);
	KUNIT_EXPECT_MEMEQ(test, regions[2].digest, nothing, sizeof(nothing));

	KUNIT_EXPECT_EQ(test, f->params->target_entry, TARGET_ENTRY);
	KUNIT_EXPECT_EQ(test, f->params->target_arg, TARGET_ARG);
	KUNIT_EXPECT_EQ(test, verify(f, &bad), PURGATORY_INTACT);
}

static void digest_no_target_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	unsigned int bad;

	f->params->target_entry = 0;
	KUNIT_EXPECT_EQ(test, kexec_digest_segments(f->image), -EINVAL);

	purgatory_params_seal(f->params);
	KUNIT_EXPECT_EQ(test, verify(f, &bad), PURGATORY_BAD_TARGET);
}

static void digest_no_purgatory_test(struct kunit *test)
{
	struct fixture *f = test->priv;

	f->image->purgatory_info.purgatory_buf = NULL;
	KUNIT_EXPECT_EQ(test, kexec_digest_segments(f->image), 0);
	KUNIT_EXPECT_EQ(test, f->params->nr_regions, 0);
	KUNIT_EXPECT_EQ(test, kexec_purgatory_set_target(f->image, 1, 2),
			-EINVAL);
}

/* Every byte of every segment counts. */
static void damaged_segment_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	unsigned int i, bad;
	size_t j;
	u8 *buf;

	KUNIT_ASSERT_EQ(test, kexec_digest_segments(f->image), 0);

	for (i = 0; i < ARRAY_SIZE(layout); i++) {
		buf = f->image->segment[i].kbuf;
		for (j = 0; j < layout[i].bufsz; j += 61) {
			buf[j] ^= 1 << (j % 8);
			bad = ~0;
			KUNIT_EXPECT_EQ(test, verify(f, &bad),
					PURGATORY_BAD_REGION);
			KUNIT_EXPECT_EQ(test, bad, i);
			buf[j] ^= 1 << (j % 8);
		}
	}
	KUNIT_EXPECT_EQ(test, verify(f, &bad), PURGATORY_INTACT);
}

/* So does every byte of purgatory's parameters, and its code. */
static void damaged_self_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	u8 *blob = (u8 *)f->params;
	unsigned int bad, step;
	size_t j;

	KUNIT_ASSERT_EQ(test, kexec_digest_segments(f->image), 0);

	for (j = 0; j < kexec_purgatory_size; j += step) {
		step = j < sizeof(*f->params) ? 1 : 13;
		blob[j] ^= 0x10;
		KUNIT_EXPECT_NE(test, verify(f, &bad), PURGATORY_INTACT);
		blob[j] ^= 0x10;
	}
	KUNIT_EXPECT_EQ(test, verify(f, &bad), PURGATORY_INTACT);
}

static void unreachable_region_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	unsigned int bad = ~0;

	KUNIT_ASSERT_EQ(test, kexec_digest_segments(f->image), 0);

	f->image->segment[1].mem += SZ_4K;
	KUNIT_EXPECT_EQ(test, verify(f, &bad), PURGATORY_BAD_REGION);
	KUNIT_EXPECT_EQ(test, bad, 1);
}

#ifdef CONFIG_CRASH_HOTPLUG
/* Headers that hotplug rewrites must not be held against the image. */
static void rewritten_segment_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	unsigned int bad;

	f->image->elfcorehdr_index = 0;
	KUNIT_ASSERT_EQ(test, kexec_digest_segments(f->image), 0);
	KUNIT_EXPECT_EQ(test, f->params->nr_regions, 2);
	KUNIT_EXPECT_EQ(test, f->params->regions[0].segment, 1);

	((u8 *)f->image->segment[0].kbuf)[0] ^= 1;
	KUNIT_EXPECT_EQ(test, verify(f, &bad), PURGATORY_INTACT);
}
#else
static void rewritten_segment_test(struct kunit *test)
{
	kunit_skip(test, "needs CRASH_HOTPLUG");
}
#endif

static struct kunit_case params_cases[] = {
	KUNIT_CASE_PARAM(params_check_test, param_gen_params),
	KUNIT_CASE(params_region_test),
	KUNIT_CASE(blob_test),
	{}
};

static struct kunit_case digest_cases[] = {
	KUNIT_CASE(digest_regions_test),
	KUNIT_CASE(digest_no_target_test),
	KUNIT_CASE(digest_no_purgatory_test),
	KUNIT_CASE(damaged_segment_test),
	KUNIT_CASE(damaged_self_test),
	KUNIT_CASE(unreachable_region_test),
	KUNIT_CASE(rewritten_segment_test),
	{}
};

static struct kunit_suite params_suite = {
	.name = "purgatory-params",
	.test_cases = params_cases,
};

static struct kunit_suite digest_suite = {
	.name = "purgatory-digest",
	.init = digest_init,
	.test_cases = digest_cases,
};

kunit_test_suites(&params_suite, &digest_suite);
