// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the program headers that a crashed kernel left to those of the dump.
 *
 * Any of them may lie. A lie costs what it is about and is reported; what
 * comes behind it is looked at all the same.
 */

#include <linux/errno.h>

#include "vmcore_core.h"

static void *core_phdr_at(const struct vmcore_core *core, u32 index)
{
	return core->phdrs + (size_t)index * vmcore_phdr_size(core->is_64);
}

/* The program header at an index below @core->nr_phdrs, widened */
void vmcore_core_phdr(const struct vmcore_core *core, u32 index,
		      struct elf64_phdr *phdr)
{
	vmcore_phdr_load(core->is_64, core_phdr_at(core, index), phdr);
}

/**
 * vmcore_core_count() - what kinds of program headers are there?
 * @core: with its program headers; their numbers are filled in
 */
void vmcore_core_count(struct vmcore_core *core)
{
	struct elf64_phdr phdr;
	u32 i;

	core->nr_loads = 0;
	core->nr_other = 0;
	for (i = 0; i < core->nr_phdrs; i++) {
		vmcore_core_phdr(core, i, &phdr);
		core->nr_loads += phdr.p_type == PT_LOAD;
		core->nr_other += phdr.p_type != PT_LOAD &&
				  phdr.p_type != PT_NOTE &&
				  phdr.p_type != PT_NULL;
	}
}

/**
 * vmcore_core_place_loads() - give all memory its place in the file
 * @core:    the core header
 * @layout:  empty, with room for @core->nr_loads
 * @headers: room for as many program headers and one for the notes, which is
 *           the first and left alone. The others say for the time being where
 *           they are counted from the first region.
 * @ops:     who is told of what is left out
 *
 * Return: the number of program headers in @headers
 */
u32 vmcore_core_place_loads(const struct vmcore_core *core,
			    struct vmcore_layout *layout, void *headers,
			    const struct vmcore_core_ops *ops)
{
	struct elf64_phdr phdr;
	const char *wrong;
	u32 i, nr = 1;
	u64 pos;

	for (i = 0; i < core->nr_phdrs; i++) {
		vmcore_core_phdr(core, i, &phdr);
		if (phdr.p_type != PT_LOAD)
			continue;
		wrong = vmcore_layout_add(layout, &phdr, &pos);
		if (wrong) {
			ops->bad_load(i, &phdr, wrong);
			continue;
		}
		phdr.p_offset = pos;
		vmcore_phdr_store(core->is_64, &phdr,
				  vmcore_phdr_at(core->is_64, headers, nr++));
	}
	return nr;
}

/*
 * How many bytes of notes are there really? Notes that run past their segment
 * or past @max are left out, with all that follow them in this segment.
 *
 * Return: 0 or an errno that says why not everything is in @len
 */
static int notes_measure(const struct elf64_phdr *phdr, u64 max,
			 const struct vmcore_core_ops *ops, u64 *len)
{
	u64 left = phdr->p_filesz, at, step;
	struct elf64_note note;
	int ret;

	for (*len = 0; left >= sizeof(note); *len += step, left -= step) {
		at = phdr->p_offset + *len;
		if (!ops->may_read(at, sizeof(note)))
			return -EPERM;
		ret = ops->read(&note, sizeof(note), at);
		if (ret)
			return ret;
		ret = vmcore_note_len(&note, left, &step);
		if (ret <= 0)
			return ret;
		if (!ops->may_read(at, step))
			return -EPERM;
		if (step > max - *len)
			return -EFBIG;
	}
	return 0;
}

/**
 * vmcore_core_measure_notes() - how long are the notes?
 * @core: the core header. The sizes of its PT_NOTEs, which are those of
 *        buffers, become those of the notes in them, so that nobody has to
 *        measure twice.
 * @max:  bytes that there may be in all
 * @ops:  how to read them, and who is told of what is left out
 *
 * Return: bytes of notes
 */
u64 vmcore_core_measure_notes(struct vmcore_core *core, u64 max,
			      const struct vmcore_core_ops *ops)
{
	struct elf64_phdr phdr;
	u64 total = 0, len;
	int ret;
	u32 i;

	for (i = 0; i < core->nr_phdrs; i++) {
		vmcore_core_phdr(core, i, &phdr);
		if (phdr.p_type != PT_NOTE)
			continue;
		ret = notes_measure(&phdr, max - total, ops, &len);
		if (ret)
			ops->bad_note(i, &phdr, len, ret);
		total += len;
		phdr.p_filesz = len;
		vmcore_phdr_store(core->is_64, &phdr, core_phdr_at(core, i));
	}
	return total;
}
