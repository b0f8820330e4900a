// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzes sets of memory ranges against a model: address spaces of 64 bytes,
 * at the bottom and at the top of the real one, of which each byte is looked
 * at by itself.
 *
 * An input is: one byte that says where the space is, one with the room of
 * the set, one with the number of ranges; two bytes for each of these (where,
 * in the order that they have in the set, and size), two for each cut (first
 * and last byte).
 */

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/crash_mem.h>

#define SPACE		64
#define ROOM_MAX	16
#define NOWHERE		(-1)

/*
 * The model: for each byte, which range of the first set it is of. A set in
 * order is one where these numbers never fall from one range to the next.
 */
struct model {
	u64 base;
	int origin[SPACE];
};

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static struct crash_mem *set_create(unsigned int room)
{
	struct crash_mem *mem;

	/* Exactly, so that the sanitizer sees the first byte too much. */
	mem = calloc(1, sizeof(*mem) + room * sizeof(mem->ranges[0]));
	assert(mem);
	mem->max_nr_ranges = room;

	return mem;
}

static bool model_is_free(const struct model *model, unsigned int from,
			  unsigned int to)
{
	for (unsigned int i = from; i <= to; i++)
		if (model->origin[i] != NOWHERE)
			return false;

	return true;
}

/* Does @mem end right below @from? Then what begins there joins its last. */
static bool joins(const struct crash_mem *mem, u64 from)
{
	return mem->nr_ranges && from &&
	       mem->ranges[mem->nr_ranges - 1].end == from - 1;
}

static void append(struct model *model, struct crash_mem *mem,
		   unsigned int from, unsigned int to, int origin)
{
	bool full = mem->nr_ranges == mem->max_nr_ranges;
	bool join = joins(mem, model->base + from);
	int ret = crash_mem_append(mem, model->base + from, model->base + to);

	assert(ret == (full && !join ? -ENOMEM : 0));
	if (ret)
		return;
	for (unsigned int i = from; i <= to; i++)
		model->origin[i] = origin;
}

/* Fills a set with ranges that don't overlap, in the input's order. */
static void fill(struct model *model, struct crash_mem *mem, const u8 **data,
		 size_t *size)
{
	unsigned int nr = *(*data)++;

	(*size)--;
	for (unsigned int i = 0; i < nr && *size >= 2; i++) {
		unsigned int from = (*data)[0] % SPACE;
		unsigned int to = from + (*data)[1] % 16;

		*data += 2;
		*size -= 2;
		if (to < SPACE && model_is_free(model, from, to))
			append(model, mem, from, to, i);
	}
}

static unsigned int occurrences(const struct crash_mem *mem, u64 addr)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < mem->nr_ranges; i++)
		n += addr >= mem->ranges[i].start &&
		     addr <= mem->ranges[i].end;

	return n;
}

static void check_set(const struct model *model, const struct crash_mem *mem)
{
	int last = NOWHERE;

	assert(mem->nr_ranges <= mem->max_nr_ranges);
	for (unsigned int i = 0; i < SPACE; i++)
		assert(occurrences(mem, model->base + i) ==
		       (model->origin[i] != NOWHERE));

	for (unsigned int i = 0; i < mem->nr_ranges; i++) {
		const struct range *r = &mem->ranges[i];

		assert(r->start >= model->base && r->start <= r->end);
		assert(r->end - model->base < SPACE);
		if (i && model->origin[r->start - model->base] == last)
			assert(r->start > r[-1].end);
		assert(model->origin[r->start - model->base] >= last);
		last = model->origin[r->end - model->base];
	}
}

static bool cut_splits(const struct crash_mem *mem, u64 from, u64 to)
{
	for (unsigned int i = 0; i < mem->nr_ranges; i++)
		if (mem->ranges[i].start < from && mem->ranges[i].end > to)
			return from <= to;

	return false;
}

static void cut(struct model *model, struct crash_mem *mem, unsigned int from,
		unsigned int to)
{
	u64 start = model->base + from, end = model->base + to;
	bool no_room = cut_splits(mem, start, end) &&
		       mem->nr_ranges == mem->max_nr_ranges;

	assert(crash_exclude_mem_range(mem, start, end) ==
	       (no_room ? -ENOMEM : 0));
	if (no_room)
		return;
	for (unsigned int i = from; i <= to; i++)
		model->origin[i] = NOWHERE;
}

/* Sets that break the rule: nothing is promised but to stay in the room. */
static void run_overlapping(const u8 *data, size_t size, unsigned int room)
{
	struct crash_mem *mem = set_create(room);

	for (; size >= 4; data += 4, size -= 4) {
		crash_mem_append(mem, data[0], data[1]);
		crash_exclude_mem_range(mem, data[2], data[3]);
		assert(mem->nr_ranges <= room);
	}

	free(mem);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct crash_mem *mem;
	struct model model;
	unsigned int room;

	if (size < 3)
		return 0;
	model.base = data[0] & 1 ? U64_MAX - (SPACE - 1) : 0;
	room = data[1] % (ROOM_MAX + 1);
	if (data[0] & 2) {
		run_overlapping(data + 2, size - 2, room);
		return 0;
	}
	data += 2;
	size -= 2;

	for (unsigned int i = 0; i < SPACE; i++)
		model.origin[i] = NOWHERE;
	mem = set_create(room);
	fill(&model, mem, &data, &size);
	check_set(&model, mem);

	for (; size >= 2; data += 2, size -= 2) {
		cut(&model, mem, data[0] % SPACE, data[1] % SPACE);
		check_set(&model, mem);
	}

	free(mem);

	return 0;
}
