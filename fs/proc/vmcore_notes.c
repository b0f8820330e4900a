// SPDX-License-Identifier: GPL-2.0-only
/*
 * The notes of the crashed kernel, gathered in one place.
 *
 * Each CPU wrote its registers to a buffer of its own that is larger than
 * them and ends with an empty note; vmcoreinfo has another. Tools expect one
 * PT_NOTE. So the notes are measured, then copied once, one behind the other.
 */

#define pr_fmt(fmt) "vmcore: " fmt

#include <linux/crash_dump.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/vmalloc.h>

#include "vmcore_internal.h"

/* What is no note may look like many. */
static u64 notes_max(void)
{
	return min(VMCORE_NOTES_MAX, vmcore_ram_share());
}

static int notes_read_exact(void *buf, u64 len, u64 addr)
{
	return vmcore_read_exact(elfcorehdr_read_notes, buf, len, addr);
}

static const char *error_text(int error)
{
	switch (error) {
	case -EOVERFLOW:
		return "a note runs past the segment";
	case -EFBIG:
		return "more notes than there is room for";
	case -EPERM:
		return "not the crashed kernel's memory";
	default:
		return "can't be read";
	}
}

static bool notes_may_read(u64 addr, u64 len)
{
	return !vmcore_hidden_by(addr, len);
}

static u32 nr_bad;

static void report_bad_note(u32 index, const struct elf64_phdr *phdr, u64 len,
			    int error)
{
	if (nr_bad++ < VMCORE_BAD_SHOWN)
		pr_warn("program header %u (notes at %#llx, %llu bytes): %s after %llu bytes; the rest is left out\n",
			index, (u64)phdr->p_offset, (u64)phdr->p_filesz,
			error_text(error), len);
}

static const struct vmcore_core_ops notes_ops = {
	.read = notes_read_exact,
	.may_read = notes_may_read,
	.bad_note = report_bad_note,
};

static u64 notes_measure(struct vmcore_core *core)
{
	u64 total = vmcore_core_measure_notes(core, notes_max(), &notes_ops);

	if (nr_bad > VMCORE_BAD_SHOWN)
		pr_warn("notes of %u program headers are left out, the first %u for the reasons above\n",
			nr_bad, VMCORE_BAD_SHOWN);
	return total;
}

static void notes_copy(struct vmcore_notes *notes,
		       const struct vmcore_core *core)
{
	struct elf64_phdr phdr;
	u32 i;

	for (i = 0; i < core->nr_phdrs; i++) {
		vmcore_core_phdr(core, i, &phdr);
		if (phdr.p_type != PT_NOTE)
			continue;
		if (notes_read_exact(notes->buf + notes->len, phdr.p_filesz,
				     phdr.p_offset)) {
			pr_warn("program header %u: its notes can't be read twice and are left out\n",
				i);
			continue;
		}
		notes->len += phdr.p_filesz;
	}
}

/**
 * vmcore_notes_read() - gather all notes
 * @notes: to fill
 * @core:  the core header; the sizes of its PT_NOTEs are changed
 *
 * A dump without notes is still worth having, so nothing here is an error.
 */
void vmcore_notes_read(struct vmcore_notes *notes, struct vmcore_core *core)
{
	u64 total = notes_measure(core);

	if (!total) {
		pr_warn("no notes found: the dump has neither registers nor vmcoreinfo\n");
		return;
	}

	notes->buf = vmalloc_user(PAGE_ALIGN(total));
	if (!notes->buf) {
		pr_err("no memory for %llu KiB of notes: the dump has neither registers nor vmcoreinfo; try a larger crashkernel=\n",
		       PAGE_ALIGN(total) >> 10);
		return;
	}
	notes->size = PAGE_ALIGN(total);
	notes_copy(notes, core);
}

void vmcore_notes_free(struct vmcore_notes *notes)
{
	vfree(notes->buf);
	*notes = (struct vmcore_notes) { };
}
