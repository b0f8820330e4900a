// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzes the memory maps for the next kernel against a model: address spaces
 * of 64 bytes, at the bottom and at the top of the real one, of which each
 * byte is looked at by itself.
 *
 * An input is: one byte that says where the space is, one with the number of
 * usable ranges, two bytes for each of these, three for each entry of the
 * firmware's map (address, size, type).
 */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "kexec_e820.h"

#define SPACE		64
#define FW_MAX		16
#define USABLE_MAX	8
#define OUT_MAX		(USABLE_MAX + FW_MAX * (USABLE_MAX + 1))
#define NR_TYPES	7

struct input {
	u64 base;
	struct range usable[USABLE_MAX];
	unsigned int nr_usable;
	struct boot_e820_entry fw[FW_MAX];
	unsigned int nr_fw;
};

static bool entry_is_sane(const struct boot_e820_entry *e)
{
	return e->size && e->size - 1 <= U64_MAX - e->addr;
}

static bool entry_has(const struct boot_e820_entry *e, u64 addr)
{
	return entry_is_sane(e) && addr >= e->addr && addr - e->addr < e->size;
}

static void check_sane(const struct kexec_e820 *map)
{
	for (unsigned int i = 0; i < map->nr; i++)
		assert(entry_is_sane(&map->entries[i]));
}

/* Of how many entries of @type @addr is part. */
static unsigned int count(const struct boot_e820_entry *map, unsigned int nr,
			  u32 type, u64 addr)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < nr; i++)
		n += map[i].type == type && entry_has(&map[i], addr);

	return n;
}

static bool is_usable(const struct input *in, u64 addr)
{
	for (unsigned int i = 0; i < in->nr_usable; i++)
		if (addr >= in->usable[i].start && addr <= in->usable[i].end)
			return true;

	return false;
}

/* Reads ranges that are sorted and disjoint, as callers promise. */
static void input_read_usable(struct input *in, const u8 **data, size_t *size)
{
	unsigned int want = *(*data)++ % (USABLE_MAX + 1);
	unsigned int at = 0;

	(*size)--;
	while (in->nr_usable < want && *size >= 2) {
		unsigned int start = at + (*data)[0] % 16;
		unsigned int end = start + (*data)[1] % 16;

		*data += 2;
		*size -= 2;
		if (end >= SPACE)
			break;
		in->usable[in->nr_usable++] = (struct range) {
			in->base + start, in->base + end
		};
		at = end + 1;
	}
}

static void input_read_fw(struct input *in, const u8 *data, size_t size)
{
	while (in->nr_fw < FW_MAX && size >= 3) {
		in->fw[in->nr_fw++] = (struct boot_e820_entry) {
			.addr = in->base + data[0] % SPACE,
			.size = data[1] % (SPACE + SPACE / 2),
			.type = data[2] % NR_TYPES + 1,
		};
		data += 3;
		size -= 3;
	}
}

static void check_copy(const struct input *in)
{
	struct boot_e820_entry out[OUT_MAX];
	struct kexec_e820 map = { .entries = out, .max = OUT_MAX };

	kexec_e820_copy(in->fw, in->nr_fw, &map);
	assert(map.nr <= in->nr_fw);
	check_sane(&map);

	for (unsigned int cell = 0; cell < SPACE; cell++)
		for (u32 type = 1; type <= NR_TYPES; type++)
			assert(count(out, map.nr, type, in->base + cell) ==
			       count(in->fw, in->nr_fw, type,
				     in->base + cell));
}

/* As what memory of a type is passed to a kernel that shall not use it */
static u32 confined(u32 type)
{
	bool kept = type == KEXEC_E820_ACPI || type == KEXEC_E820_NVS ||
		    type == KEXEC_E820_UNUSABLE;

	return kept ? type : KEXEC_E820_RESERVED;
}

static void check_confined_cell(const struct input *in,
				const struct kexec_e820 *map, u64 addr)
{
	bool usable = is_usable(in, addr);

	assert(count(map->entries, map->nr, KEXEC_E820_RAM, addr) == usable);

	for (u32 type = 2; type <= NR_TYPES; type++) {
		unsigned int want = 0;

		for (u32 was = 1; was <= NR_TYPES && !usable; was++)
			if (confined(was) == type)
				want += count(in->fw, in->nr_fw, was, addr);
		assert(count(map->entries, map->nr, type, addr) == want);
	}
}

static void check_confine(const struct input *in)
{
	struct kexec_e820 counted = { };
	struct kexec_e820 map;

	kexec_e820_confine(in->fw, in->nr_fw, in->usable, in->nr_usable,
			   &counted);
	assert(counted.nr <= OUT_MAX);

	map = (struct kexec_e820) {
		.entries = calloc(counted.nr, sizeof(*map.entries)),
		.max = counted.nr,
	};
	kexec_e820_confine(in->fw, in->nr_fw, in->usable, in->nr_usable, &map);
	assert(map.nr == counted.nr);
	check_sane(&map);

	for (unsigned int cell = 0; cell < SPACE; cell++)
		check_confined_cell(in, &map, in->base + cell);

	free(map.entries);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { };

	if (size < 2)
		return 0;
	in.base = data[0] & 1 ? U64_MAX - (SPACE - 1) : 0;
	data++;
	size--;

	input_read_usable(&in, &data, &size);
	input_read_fw(&in, data, size);

	check_copy(&in);
	check_confine(&in);

	return 0;
}
