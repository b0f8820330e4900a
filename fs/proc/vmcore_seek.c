// SPDX-License-Identifier: GPL-2.0-only
/*
 * Data and holes of /proc/vmcore.
 *
 * A hole is what is left out, and at the levels that leave out pages of zeros
 * those too, which nobody knows before they are read.
 */

#include <linux/fs.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "vmcore_filter.h"
#include "vmcore_internal.h"

/*
 * Regions that continue each other are one piece, which may be many thousands:
 * a step that ends sooner does not go through all of them.
 */
#define STEP_SIZE	((u64)SZ_1G)

/* Is the page at an address of old memory nothing but zeros? */
static bool page_is_zero(struct vmcore_dump *dump, u64 source, void *buf)
{
	return vmcore_oldmem_copy(buf, PAGE_SIZE, PAGE_ALIGN_DOWN(source),
				  dump->encrypted) == PAGE_SIZE &&
	       !memchr_inv(buf, 0, PAGE_SIZE);
}

/*
 * Is there a hole at a position? @len: how far what is there goes, in bytes;
 * @buf: a page to look for zeros in, or NULL not to
 */
static bool hole_at(struct vmcore_dump *dump, u64 pos, void *buf, u64 *len)
{
	struct vmcore_piece piece;
	bool hole;

	vmcore_piece_at(dump, pos, min(dump->size - pos, STEP_SIZE), &piece);
	*len = piece.len;
	if (piece.buf)
		return false;

	*len = vmcore_filter_run(piece.source, piece.len, &hole);
	if (hole || !buf)
		return hole;

	*len = min(*len, PAGE_SIZE - (pos & (PAGE_SIZE - 1)));
	hole = page_is_zero(dump, piece.source, buf);
	if (hole)
		vmcore_filter_note_zero(pos);
	return hole;
}

/**
 * vmcore_seek() - the next data, or the next hole
 * @dump:   held open
 * @pos:    of the file
 * @whence: SEEK_DATA or SEEK_HOLE
 *
 * Return: the position, @pos or behind it; the end of the file is a hole;
 *         -ENXIO if @pos is not in the file or no data follows; -EINTR for a
 *         task that is being killed
 */
loff_t vmcore_seek(struct vmcore_dump *dump, loff_t pos, int whence)
{
	bool wants_hole = whence == SEEK_HOLE;
	void *buf = NULL;
	u64 len;

	if (pos < 0 || pos >= dump->size)
		return -ENXIO;
	/* Without memory, zeros are data. */
	if (vmcore_filter_zeros())
		buf = kmalloc(PAGE_SIZE, GFP_KERNEL | __GFP_NOWARN);

	for (; pos < dump->size; pos += len) {
		if (hole_at(dump, pos, buf, &len) == wants_hole)
			break;
		if (fatal_signal_pending(current)) {
			pos = -EINTR;
			break;
		}
		cond_resched();
	}
	kfree(buf);
	if (pos >= 0 && pos >= dump->size)
		return wants_hole ? dump->size : -ENXIO;
	return pos;
}
