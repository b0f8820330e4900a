// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzes the checks of segments against a model: the rules as kexec_load(2)
 * documents them, in numbers that do not wrap, over all pairs of segments.
 *
 * An input is: one byte that says where the addresses are (at the bottom, in
 * the middle, at the top of the address space, and of what kind the image is),
 * the limits (highest address, pages of RAM that may be taken, first and last
 * page of the crash region), a byte each; then four for each segment: page,
 * pages, what is added to these two in bytes, and how many bytes more its
 * contents are than its room.
 */

#include <assert.h>
#include <errno.h>
#include <string.h>

#include <linux/kexec.h>
#include <linux/mm.h>

#include "kexec_segment.h"

#define UNTOUCHED	(~0UL)

/* Room for any sum of addresses and sizes. */
typedef unsigned __int128 wide;

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

struct model {
	const struct kexec_segment *s;
	unsigned long nr;
	const struct kexec_segment_limits *limits;
};

static wide end_of(const struct kexec_segment *s)
{
	return (wide)s->mem + s->memsz;
}

static enum kexec_segment_error model_address(const struct model *m,
					      unsigned long i)
{
	wide end = end_of(&m->s[i]);

	if (end >> 64)
		return KEXEC_SEGMENT_WRAPS;
	if (m->s[i].mem % PAGE_SIZE || end % PAGE_SIZE)
		return KEXEC_SEGMENT_UNALIGNED;
	return end < m->limits->dest_limit ? KEXEC_SEGMENT_OK :
					     KEXEC_SEGMENT_TOO_HIGH;
}

/* They share a byte; an empty one has its place and must not be within. */
static bool overlap(const struct kexec_segment *a,
		    const struct kexec_segment *b)
{
	bool a_first = a->mem <= b->mem;
	const struct kexec_segment *low = a_first ? a : b;
	const struct kexec_segment *high = a_first ? b : a;

	if (a->mem == b->mem)
		return a->memsz && b->memsz;
	return end_of(low) > high->mem;
}

static enum kexec_segment_error model_overlap(const struct model *m,
					      unsigned long i)
{
	for (unsigned long j = 0; j < i; j++)
		if (overlap(&m->s[i], &m->s[j]))
			return KEXEC_SEGMENT_OVERLAPS;
	return KEXEC_SEGMENT_OK;
}

static enum kexec_segment_error model_source(const struct model *m,
					     unsigned long i)
{
	return m->s[i].bufsz <= m->s[i].memsz ? KEXEC_SEGMENT_OK :
						KEXEC_SEGMENT_BUFSZ;
}

static enum kexec_segment_error model_size(const struct model *m,
					   unsigned long i)
{
	wide sum = 0, most = (wide)m->limits->max_pages * PAGE_SIZE;

	if (m->limits->region_end)
		return KEXEC_SEGMENT_OK;
	if (m->s[i].memsz > most)
		return KEXEC_SEGMENT_TOO_BIG;
	for (unsigned long j = 0; j <= i; j++)
		sum += m->s[j].memsz;
	return sum <= most ? KEXEC_SEGMENT_OK : KEXEC_SEGMENTS_TOO_BIG;
}

static enum kexec_segment_error model_region(const struct model *m,
					     unsigned long i)
{
	const struct kexec_segment *s = &m->s[i];

	if (!m->limits->region_end)
		return KEXEC_SEGMENT_OK;
	return s->mem >= m->limits->region_start &&
	       end_of(s) <= (wide)m->limits->region_end + 1 ?
	       KEXEC_SEGMENT_OK : KEXEC_SEGMENT_OUTSIDE;
}

static enum kexec_segment_error model_check(const struct model *m,
					    unsigned long *bad)
{
	static enum kexec_segment_error (*const rules[])(const struct model *m,
							 unsigned long i) = {
		model_address, model_overlap, model_source, model_size,
		model_region,
	};

	for (unsigned int r = 0; r < sizeof(rules) / sizeof(rules[0]); r++) {
		for (unsigned long i = 0; i < m->nr; i++) {
			enum kexec_segment_error err = rules[r](m, i);

			if (err) {
				*bad = i;
				return err;
			}
		}
	}
	return KEXEC_SEGMENT_OK;
}

/* A byte for an amount: small ones, both ways, and what is very large. */
static unsigned long odd(unsigned int code)
{
	static const unsigned long more[] = {
		0, 1, -1UL, 16, PAGE_SIZE / 2, PAGE_SIZE, -PAGE_SIZE, 1UL << 62,
	};

	return more[code % 8];
}

static unsigned long base_of(u8 kind)
{
	static const unsigned long bases[] = {
		0, 1UL << 32, 1UL << 63, -256 * PAGE_SIZE,
	};

	return bases[kind % 4];
}

static struct kexec_segment segment_make(unsigned long base, const u8 *data)
{
	struct kexec_segment s = {
		.mem = base + data[0] * PAGE_SIZE + odd(data[2]),
		.memsz = data[1] * PAGE_SIZE + odd(data[2] >> 4),
	};

	s.bufsz = s.memsz + odd(data[3]);
	return s;
}

static struct kexec_segment_limits limits_make(unsigned long base,
					       const u8 *data)
{
	struct kexec_segment_limits limits = {
		.dest_limit = data[1] == 0xff ? ~0UL :
						base + data[1] * PAGE_SIZE,
		.max_pages = data[2],
	};

	/* A region never begins at 0; that stands for none. */
	if (data[0] & 4) {
		limits.region_start = base + (data[3] % 255 + 1) * PAGE_SIZE;
		limits.region_end = limits.region_start +
				    (data[4] + 1) * PAGE_SIZE - 1;
		if (limits.region_end < limits.region_start)
			limits.region_end = ~0UL;
	}
	return limits;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct kexec_segment s[KEXEC_SEGMENT_MAX];
	struct kexec_segment_limits limits;
	unsigned long bad = UNTOUCHED, want_bad = UNTOUCHED;
	struct model m = { .s = s, .limits = &limits };
	enum kexec_segment_error err;
	unsigned long base;

	if (size < 5)
		return 0;
	base = base_of(data[0]);
	limits = limits_make(base, data);
	for (data += 5, size -= 5; size >= 4 && m.nr < KEXEC_SEGMENT_MAX;
	     data += 4, size -= 4)
		s[m.nr++] = segment_make(base, data);

	err = kexec_segments_check(s, m.nr, &limits, &bad);
	assert(err == model_check(&m, &want_bad));
	assert(bad == want_bad);
	assert(!kexec_segment_errno(err) == !err);
	assert(strlen(kexec_segment_strerror(err)));

	return 0;
}
