// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory map that the next kernel is given.
 *
 * After a reboot it owns the machine and gets the firmware's map. A capture
 * kernel owns little: the rest of RAM is what it is there to save. That is
 * told it as reserved rather than left out, as a gap in the map is where a
 * kernel looks for addresses for PCI devices.
 *
 * RAM comes first in both. Only E820_MAX_ENTRIES_ZEROPAGE entries fit in
 * boot_params, and the code that runs before setup_data is read (the
 * decompressor) knows no others.
 *
 * Pure: also built on the host, see tools/testing/kexec-host/bzimage.
 */

#include "kexec_e820.h"

/* Ends are inclusive: a range may reach the end of the address space. */
static void e820_add(struct kexec_e820 *out, u64 start, u64 end, u32 type)
{
	if (out->entries && out->nr < out->max)
		out->entries[out->nr] = (struct boot_e820_entry) {
			.addr = start,
			.size = end - start + 1,
			.type = type,
		};
	out->nr++;
}

/* The firmware may have left rubbish in its table. */
static bool e820_entry_range(const struct boot_e820_entry *entry,
			     struct range *r)
{
	if (!entry->size || entry->size - 1 > U64_MAX - entry->addr)
		return false;

	r->start = entry->addr;
	r->end = entry->addr + (entry->size - 1);
	return true;
}

/* Adds what of @r is outside of @holes, which are sorted and disjoint. */
static void e820_add_outside(struct kexec_e820 *out, const struct range *r,
			     const struct range *holes, unsigned int nr_holes,
			     u32 type)
{
	u64 start = r->start;

	for (unsigned int i = 0; i < nr_holes; i++) {
		if (holes[i].end < start)
			continue;
		if (holes[i].start > r->end)
			break;
		if (holes[i].start > start)
			e820_add(out, start, holes[i].start - 1, type);
		if (holes[i].end >= r->end)
			return;
		start = holes[i].end + 1;
	}

	e820_add(out, start, r->end, type);
}

static void e820_copy_kind(const struct boot_e820_entry *fw, unsigned int nr,
			   bool ram, struct kexec_e820 *out)
{
	struct range r;

	for (unsigned int i = 0; i < nr; i++) {
		bool is_ram = fw[i].type == KEXEC_E820_RAM;

		if (is_ram == ram && e820_entry_range(&fw[i], &r))
			e820_add(out, r.start, r.end, fw[i].type);
	}
}

/**
 * kexec_e820_copy() - the map of a kernel that will own the machine
 * @fw:  the firmware's map
 * @nr:  entries of @fw
 * @out: where entries are added
 *
 * Context: any; pure.
 */
void kexec_e820_copy(const struct boot_e820_entry *fw, unsigned int nr,
		     struct kexec_e820 *out)
{
	e820_copy_kind(fw, nr, true, out);
	e820_copy_kind(fw, nr, false, out);
}

/*
 * What a driver would find memory of its own in, persistent or set aside for
 * it, is the crashed kernel's: nothing but what the firmware needs is passed.
 */
static u32 confined_type(u32 type)
{
	switch (type) {
	case KEXEC_E820_ACPI:
	case KEXEC_E820_NVS:
	case KEXEC_E820_UNUSABLE:
		return type;
	default:
		return KEXEC_E820_RESERVED;
	}
}

/**
 * kexec_e820_confine() - the map of a kernel that may use some of RAM only
 * @fw:        the firmware's map
 * @nr:        entries of @fw
 * @usable:    the RAM for it, sorted and disjoint; inclusive ends
 * @nr_usable: entries of @usable
 * @out:       where entries are added
 *
 * @usable is RAM whatever @fw says, the rest of RAM is reserved, and so is
 * memory of kinds that drivers look for.
 *
 * Context: any; pure.
 */
void kexec_e820_confine(const struct boot_e820_entry *fw, unsigned int nr,
			const struct range *usable, unsigned int nr_usable,
			struct kexec_e820 *out)
{
	struct range r;

	for (unsigned int i = 0; i < nr_usable; i++)
		e820_add(out, usable[i].start, usable[i].end, KEXEC_E820_RAM);

	for (unsigned int i = 0; i < nr; i++) {
		u32 type = confined_type(fw[i].type);

		if (e820_entry_range(&fw[i], &r))
			e820_add_outside(out, &r, usable, nr_usable, type);
	}
}
