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
#include <linux/sizes.h>
#include <linux/vmalloc.h>

#include "vmcore_internal.h"

/*
 * More than the notes of 4096 CPUs of any architecture, and never more than
 * this kernel can spare: what is not a note may look like many.
 */
#define NOTES_MAX	SZ_64M
#define NOTES_RAM_SHARE	8

static u64 notes_max(void)
{
	return min_t(u64, NOTES_MAX,
		     ((u64)totalram_pages() << PAGE_SHIFT) / NOTES_RAM_SHARE);
}

/* Read all of it or none. */
static int notes_read_exact(void *buf, u64 len, u64 addr)
{
	ssize_t got;

	while (len) {
		got = elfcorehdr_read_notes(buf, len, &addr);
		if (got <= 0)
			return got ?: -EIO;
		buf += got;
		len -= got;
	}
	return 0;
}

static const char *error_text(int error)
{
	switch (error) {
	case -EOVERFLOW:
		return "a note runs past the segment";
	case -EFBIG:
		return "more notes than there is room for";
	case -EPERM:
		return "memory of this kernel";
	default:
		return "can't be read";
	}
}

/*
 * How many bytes of notes are there really? Notes that run past their segment
 * or past @max are left out, with all that follow them in this segment.
 *
 * Return: 0 or an errno that says why not everything is in @len
 */
static int notes_measure(const struct elf64_phdr *phdr, u64 max, u64 *len)
{
	u64 left = phdr->p_filesz, step;
	struct elf64_note note;
	int ret;

	for (*len = 0; left >= sizeof(note); *len += step, left -= step) {
		if (oldmem_is_own(phdr->p_offset + *len, sizeof(note)))
			return -EPERM;
		ret = notes_read_exact(&note, sizeof(note),
				       phdr->p_offset + *len);
		if (ret)
			return ret;
		ret = vmcore_note_len(&note, left, &step);
		if (ret <= 0)
			return ret;
		if (oldmem_is_own(phdr->p_offset + *len, step))
			return -EPERM;
		if (step > max - *len)
			return -EFBIG;
	}
	return 0;
}

/* Write the measured size into each PT_NOTE, so that it is done only once. */
static u64 segments_measure(bool is_64, void *phdrs, u32 nr_phdrs)
{
	const u64 max = notes_max();
	struct elf64_phdr phdr;
	u64 total = 0, len;
	u32 i, bad = 0;
	void *raw;
	int ret;

	for (i = 0; i < nr_phdrs; i++) {
		raw = phdrs + (size_t)i * vmcore_phdr_size(is_64);
		vmcore_phdr_load(is_64, raw, &phdr);
		if (phdr.p_type != PT_NOTE)
			continue;
		ret = notes_measure(&phdr, max - total, &len);
		if (ret && bad++ < VMCORE_BAD_SHOWN)
			pr_warn("program header %u (notes at %#llx, %llu bytes): %s after %llu bytes; the rest is left out\n",
				i, (u64)phdr.p_offset, (u64)phdr.p_filesz,
				error_text(ret), len);
		total += len;
		phdr.p_filesz = len;
		vmcore_phdr_store(is_64, &phdr, raw);
	}
	if (bad > VMCORE_BAD_SHOWN)
		pr_warn("notes of %u program headers are left out, the first %u for the reasons above\n",
			bad, VMCORE_BAD_SHOWN);
	return total;
}

static void segments_copy(struct vmcore_notes *notes, bool is_64, void *phdrs,
			  u32 nr_phdrs)
{
	struct elf64_phdr phdr;
	u32 i;

	for (i = 0; i < nr_phdrs; i++) {
		vmcore_phdr_load(is_64,
				 phdrs + (size_t)i * vmcore_phdr_size(is_64),
				 &phdr);
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
 * @notes:    to fill
 * @is_64:    class of the program headers
 * @phdrs:    program headers of the core header; the sizes of those of type
 *            PT_NOTE are changed
 * @nr_phdrs: how many
 *
 * A dump without notes is still worth having, so nothing here is an error.
 */
void vmcore_notes_read(struct vmcore_notes *notes, bool is_64, void *phdrs,
		       u32 nr_phdrs)
{
	u64 total = segments_measure(is_64, phdrs, nr_phdrs);

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
	segments_copy(notes, is_64, phdrs, nr_phdrs);
}

void vmcore_notes_free(struct vmcore_notes *notes)
{
	vfree(notes->buf);
	*notes = (struct vmcore_notes) { };
}
