// SPDX-License-Identifier: GPL-2.0
/*
 * Calls of kexec_load(2): an image that would load, and one to four things of
 * it changed. What is drawn blindly would not get beyond the first check.
 */
#include "answers.h"
#include "fuzz.h"

struct input {
	unsigned long entry;
	unsigned long nr;
	unsigned long flags;
	bool as_32;
	struct kexec_segment segment[KEXEC_SEGMENT_MAX + 2];
	const void *table;	/* if it is not @segment */
};

static void good_image(struct player *p, struct input *in)
{
	struct dice *d = &p->dice;
	bool on_crash = dice_below(d, 2);
	struct span where = on_crash ? p->arena->region : p->arena->ram;
	uint64_t at = where.start + dice_below(d, 64) * PAGE;
	unsigned long i;

	in->nr = 1 + dice_below(d, 4);
	in->entry = at;
	in->flags = on_crash ? KEXEC_ON_CRASH : 0;
	for (i = 0; i < in->nr; i++) {
		size_t size = 1 + dice_below(d, 4 * PAGE);
		size_t room = PAGE_UP(size) + dice_below(d, 3) * PAGE;
		size_t from = dice_below(d, 2) ? 0 : dice_below(d, PAGE);

		in->segment[i] = (struct kexec_segment){
			.buf = p->arena->good + from,
			.bufsz = size,
			.mem = (void *)(unsigned long)at,
			.memsz = room,
		};
		at += room + dice_below(d, 2) * PAGE;
	}
}

static struct kexec_segment *any_segment(struct player *p, struct input *in)
{
	return &in->segment[dice_below(&p->dice, in->nr <= KEXEC_SEGMENT_MAX &&
				       in->nr ? in->nr : 1)];
}

static void other_address(struct player *p, struct input *in)
{
	any_segment(p, in)->mem =
		(void *)(unsigned long)address_any(&p->dice, p->arena);
}

static void other_room(struct player *p, struct input *in)
{
	any_segment(p, in)->memsz = size_any(&p->dice, p->arena);
}

static void other_size(struct player *p, struct input *in)
{
	any_segment(p, in)->bufsz = size_any(&p->dice, p->arena);
}

static void other_size_and_room(struct player *p, struct input *in)
{
	struct kexec_segment *s = any_segment(p, in);

	s->bufsz = size_any(&p->dice, p->arena);
	s->memsz = PAGE_UP(s->bufsz);
}

static void other_buffer(struct player *p, struct input *in)
{
	any_segment(p, in)->buf = pointer_any(&p->dice, p->arena);
}

static void one_like_the_other(struct player *p, struct input *in)
{
	struct kexec_segment *s = any_segment(p, in);

	s->mem = any_segment(p, in)->mem;
}

static void order(struct player *p, struct input *in)
{
	struct kexec_segment *a = any_segment(p, in);
	struct kexec_segment *b = any_segment(p, in);
	struct kexec_segment s = *a;

	*a = *b;
	*b = s;
}

/* Small ones behind the others, as many as there may be, or two more. */
static void many(struct player *p, struct input *in)
{
	unsigned long nr = KEXEC_SEGMENT_MAX + dice_below(&p->dice, 3);
	uint64_t at = in->entry + 1024 * PAGE;
	unsigned long i;

	for (i = in->nr; i < nr; i++)
		in->segment[i] = (struct kexec_segment){
			.buf = p->arena->good,
			.bufsz = dice_below(&p->dice, PAGE + 1),
			.mem = (void *)(unsigned long)(at + i * PAGE),
			.memsz = PAGE,
		};
	in->nr = nr;
}

static void other_count(struct player *p, struct input *in)
{
	static const uint64_t counts[] = {
		0, 1, KEXEC_SEGMENT_MAX, KEXEC_SEGMENT_MAX + 1, 1ULL << 32,
		1ULL << 59, 1ULL << 60, -1ULL,
	};

	in->nr = counts[dice_below(&p->dice,
				   sizeof(counts) / sizeof(counts[0]))];
}

static void other_table(struct player *p, struct input *in)
{
	in->table = pointer_any(&p->dice, p->arena);
}

static void other_entry(struct player *p, struct input *in)
{
	in->entry = address_any(&p->dice, p->arena);
}

static void known_flag(struct player *p, struct input *in)
{
	static const unsigned long known[] = {
		KEXEC_ON_CRASH, KEXEC_PRESERVE_CONTEXT, KEXEC_UPDATE_ELFCOREHDR,
		KEXEC_CRASH_HOTPLUG_SUPPORT, KEXEC_ARCH_386, KEXEC_ARCH_X86_64,
	};

	in->flags ^= known[dice_below(&p->dice,
				      sizeof(known) / sizeof(known[0]))];
}

static void any_flag(struct player *p, struct input *in)
{
	in->flags ^= 1ULL << dice_below(&p->dice, 64);
}

static void narrow(struct player *p, struct input *in)
{
	(void)p;
	in->as_32 = true;
	in->flags |= KEXEC_ARCH_X86_64;
}

static void nothing(struct player *p, struct input *in)
{
	(void)p;
	in->nr = 0;
}

static void (* const changes[])(struct player *p, struct input *in) = {
	other_address, other_address, other_room, other_room, other_size,
	other_size_and_room, other_buffer, other_buffer, one_like_the_other,
	order, many, other_count, other_table, other_entry, known_flag,
	known_flag, any_flag, narrow, nothing,
};

static long call_32(struct player *p, const struct input *in)
{
	struct kexec_segment_32 *table = (void *)p->low;
	unsigned long i;

	for (i = 0; i < KEXEC_SEGMENT_MAX; i++)
		table[i] = (struct kexec_segment_32){
			.buf = (unsigned long)in->segment[i].buf,
			.bufsz = in->segment[i].bufsz,
			.mem = (unsigned long)in->segment[i].mem,
			.memsz = in->segment[i].memsz,
		};
	return sys_kexec_load_32(in->entry, in->nr,
				 in->table ? in->table : table, in->flags);
}

long segments_input(struct player *p)
{
	struct input in = { 0 };
	unsigned int n = 1 + dice_below(&p->dice, 4);

	good_image(p, &in);
	while (n--)
		changes[dice_below(&p->dice, sizeof(changes) /
				   sizeof(changes[0]))](p, &in);
	if (in.as_32)
		return call_32(p, &in);
	return sys_kexec_load(in.entry, in.nr, in.table ? in.table :
			      in.segment, in.flags);
}
