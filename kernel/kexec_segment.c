// SPDX-License-Identifier: GPL-2.0-only
/*
 * Are these segments an image that can be started?
 *
 * The one set of rules for both system calls. Pure: a function of the list
 * and of the limits of the machine, so that it can be tested and fuzzed
 * without one.
 *
 * The rules are tried one after the other over the whole list rather than all
 * of them on each segment, because callers can tell from the errno which rule
 * came first.
 */

#include <linux/array_size.h>
#include <linux/errno.h>
#include <linux/kexec.h>
#include <linux/mm.h>
#include <linux/overflow.h>

#include "kexec_segment.h"

/* All the segments and the limits; a rule looks at number @i. */
struct check {
	const struct kexec_segment *segments;
	unsigned long nr;
	const struct kexec_segment_limits *limits;
	unsigned long total_pages;
};

typedef enum kexec_segment_error (*segment_rule)(struct check *c,
						 unsigned long i);

static unsigned long pages_of(const struct kexec_segment *segment)
{
	return segment->memsz / PAGE_SIZE;
}

static enum kexec_segment_error rule_address(struct check *c, unsigned long i)
{
	const struct kexec_segment *s = &c->segments[i];
	unsigned long end;

	if (check_add_overflow(s->mem, (unsigned long)s->memsz, &end))
		return KEXEC_SEGMENT_WRAPS;
	if (!PAGE_ALIGNED(s->mem) || !PAGE_ALIGNED(end))
		return KEXEC_SEGMENT_UNALIGNED;
	if (end >= c->limits->dest_limit)
		return KEXEC_SEGMENT_TOO_HIGH;

	return KEXEC_SEGMENT_OK;
}

static enum kexec_segment_error rule_overlap(struct check *c, unsigned long i)
{
	const struct kexec_segment *s = &c->segments[i];

	for (unsigned long j = 0; j < i; j++) {
		const struct kexec_segment *t = &c->segments[j];

		if (s->mem < t->mem + t->memsz && t->mem < s->mem + s->memsz)
			return KEXEC_SEGMENT_OVERLAPS;
	}

	return KEXEC_SEGMENT_OK;
}

static enum kexec_segment_error rule_source(struct check *c, unsigned long i)
{
	if (c->segments[i].bufsz > c->segments[i].memsz)
		return KEXEC_SEGMENT_BUFSZ;

	return KEXEC_SEGMENT_OK;
}

/*
 * An ordinary image is held in RAM beside everything else until it starts,
 * and one that takes more than half would only find out from the OOM killer.
 * The crash region is set aside and bounds its image by itself.
 */
static enum kexec_segment_error rule_size(struct check *c, unsigned long i)
{
	if (c->limits->region_end)
		return KEXEC_SEGMENT_OK;

	if (pages_of(&c->segments[i]) > c->limits->max_pages)
		return KEXEC_SEGMENT_TOO_BIG;

	c->total_pages += pages_of(&c->segments[i]);
	if (c->total_pages > c->limits->max_pages)
		return KEXEC_SEGMENTS_TOO_BIG;

	return KEXEC_SEGMENT_OK;
}

static enum kexec_segment_error rule_region(struct check *c, unsigned long i)
{
	const struct kexec_segment *s = &c->segments[i];

	if (!c->limits->region_end)
		return KEXEC_SEGMENT_OK;

	if (s->mem < c->limits->region_start ||
	    s->mem + s->memsz - 1 > c->limits->region_end)
		return KEXEC_SEGMENT_OUTSIDE;

	return KEXEC_SEGMENT_OK;
}

/**
 * kexec_segments_check() - check a list of segments
 * @segments: the list; only sizes and addresses are looked at
 * @nr:       how many, at most KEXEC_SEGMENT_MAX
 * @limits:   of the machine and of the kind of image
 * @bad:      out: the number of the first segment that breaks a rule
 *
 * Context: any.
 * Return: KEXEC_SEGMENT_OK or the rule that is broken, see
 * kexec_segment_errno() and kexec_segment_strerror().
 */
enum kexec_segment_error
kexec_segments_check(const struct kexec_segment *segments, unsigned long nr,
		     const struct kexec_segment_limits *limits,
		     unsigned long *bad)
{
	static const segment_rule rules[] = {
		rule_address, rule_overlap, rule_source, rule_size,
		rule_region,
	};
	struct check c = {
		.segments = segments, .nr = nr, .limits = limits,
	};

	for (unsigned int r = 0; r < ARRAY_SIZE(rules); r++) {
		for (unsigned long i = 0; i < nr; i++) {
			enum kexec_segment_error err = rules[r](&c, i);

			if (err) {
				*bad = i;
				return err;
			}
		}
	}

	return KEXEC_SEGMENT_OK;
}

static const struct {
	int error;
	const char *text;
} verdicts[] = {
	[KEXEC_SEGMENT_OK]	  = { 0, "is fine" },
	[KEXEC_SEGMENT_UNALIGNED] = { -EADDRNOTAVAIL,
				      "does not begin and end on a page" },
	[KEXEC_SEGMENT_WRAPS]	  = { -EADDRNOTAVAIL,
				      "runs over the end of the address space" },
	[KEXEC_SEGMENT_TOO_HIGH]  = { -EADDRNOTAVAIL,
				      "is above what the machine can start" },
	[KEXEC_SEGMENT_OVERLAPS]  = { -EINVAL, "overlaps another segment" },
	[KEXEC_SEGMENT_BUFSZ]	  = { -EINVAL,
				      "has more bytes than room for them" },
	[KEXEC_SEGMENT_TOO_BIG]	  = { -EINVAL, "is more than half of RAM" },
	[KEXEC_SEGMENTS_TOO_BIG]  = { -EINVAL,
				      "and those before it are more than half of RAM" },
	[KEXEC_SEGMENT_OUTSIDE]	  = { -EADDRNOTAVAIL,
				      "is not inside the crash region" },
};

/**
 * kexec_segment_errno() - the errno of a broken rule
 * @err: from kexec_segments_check()
 *
 * Return: 0 or the negative errno that kexec_load(2) documents.
 */
int kexec_segment_errno(enum kexec_segment_error err)
{
	return verdicts[err].error;
}

/**
 * kexec_segment_strerror() - a broken rule in words
 * @err: from kexec_segments_check()
 *
 * Return: the predicate of a sentence whose subject is the segment.
 */
const char *kexec_segment_strerror(enum kexec_segment_error err)
{
	return verdicts[err].text;
}
