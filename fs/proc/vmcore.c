// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/vmcore: the memory of the kernel that crashed, as an ELF core file.
 *
 * The crashed kernel left a core header in memory and this kernel was told
 * where (elfcorehdr=). vmcore_headers.c checks it and gives everything its
 * place in the file; here the file is made and read. Its parts, each of whole
 * pages:
 *
 *	ELF header and program headers
 *	device dumps	}
 *	notes		} one PT_NOTE
 *	old memory	  one PT_LOAD a region
 */

#define pr_fmt(fmt) "vmcore: " fmt

#include <linux/atomic.h>
#include <linux/blk_types.h>
#include <linux/cc_platform.h>
#include <linux/crash_dump.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/proc_fs.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/uio.h>

#include "vmcore_filter.h"
#include "vmcore_internal.h"

struct vmcore_dump vmcore_dump = {
	.lock = __MUTEX_INITIALIZER(vmcore_dump.lock),
	.device_dumps = LIST_HEAD_INIT(vmcore_dump.device_dumps),
	.last_unread = VMCORE_NOWHERE,
};

static bool region_holds(const struct vmcore_region *region, u64 pos)
{
	return pos - region->pos < region->size;
}

/* Most reads are where the last one was, or begin where its region ended. */
static u32 region_index(struct vmcore_dump *dump, u64 pos)
{
	const struct vmcore_region *regions = dump->layout.regions;
	u32 last = READ_ONCE(dump->last);

	if (likely(region_holds(&regions[last], pos)))
		return last;
	last++;
	if (last == dump->layout.nr || !region_holds(&regions[last], pos))
		last = vmcore_layout_find(&dump->layout, pos);
	WRITE_ONCE(dump->last, last);
	return last;
}

/* Regions that continue each other in memory too are one piece. */
static void piece_in_regions(struct vmcore_dump *dump, u64 pos, u64 len,
			     struct vmcore_piece *piece)
{
	const struct vmcore_layout *layout = &dump->layout;
	u32 index = region_index(dump, pos);
	const struct vmcore_region *region = &layout->regions[index];
	u64 end = region->source + region->size;

	piece->source = region->source + (pos - region->pos);
	while (end - piece->source < len && ++index < layout->nr) {
		region = &layout->regions[index];
		if (region->source != end)
			break;
		end += region->size;
	}
	piece->len = min(len, end - piece->source);
}

/**
 * vmcore_piece_at() - what is at a position of the file?
 * @dump:  the dump, held open
 * @pos:   below @dump->size
 * @len:   bytes that are wanted
 * @piece: what is there, up to where something else begins
 */
void vmcore_piece_at(struct vmcore_dump *dump, u64 pos, u64 len,
		     struct vmcore_piece *piece)
{
	u64 notes_pos = dump->headers_size + dump->devices_size;

	*piece = (struct vmcore_piece) { };
	if (likely(pos >= dump->regions_pos)) {
		piece_in_regions(dump, pos - dump->regions_pos, len, piece);
		return;
	}

	if (pos >= notes_pos) {
		piece->buf = dump->notes.buf + (pos - notes_pos);
		piece->len = dump->notes.size - (pos - notes_pos);
	} else if (pos < dump->headers_size) {
		piece->buf = dump->headers + pos;
		piece->len = dump->headers_size - pos;
	} else {
		vmcore_device_dump_at(dump, pos - dump->headers_size, piece);
	}
	piece->len = min(len, piece->len);
}

/*
 * One page that this kernel can't get at is not the end of the dump. But who
 * saves it sees no error: so they are counted, for file_release() to tell.
 */
static ssize_t page_lost(struct vmcore_dump *dump, struct iov_iter *iter,
			 u64 addr, u64 len, ssize_t error)
{
	u64 page = PAGE_ALIGN_DOWN(addr);

	pr_err_ratelimited("the page at %#llx can't be read (error %zd): it reads as zeros, and the dump is incomplete\n",
			   page, error);
	if (READ_ONCE(dump->last_unread) != page)
		atomic_long_inc(&dump->nr_unread);
	WRITE_ONCE(dump->last_unread, page);
	len = min(len, PAGE_SIZE - (addr & (PAGE_SIZE - 1)));
	return iov_iter_zero(len, iter) ?: -EFAULT;
}

/* Does it go on where a page was lost? Then another attempt is of no use. */
static bool follows_lost(const struct vmcore_dump *dump, u64 addr)
{
	return PAGE_ALIGN_DOWN(addr) - READ_ONCE(dump->last_unread) <= PAGE_SIZE;
}

/* The most that is copied without a look at signals and the scheduler */
#define STRETCH_SIZE	((u64)SZ_1M)

static ssize_t piece_copy(struct vmcore_dump *dump,
			  const struct vmcore_piece *piece,
			  struct iov_iter *iter)
{
	ssize_t got;
	bool out;
	u64 len;

	if (piece->buf)
		return copy_to_iter(piece->buf, min(piece->len, STRETCH_SIZE),
				    iter) ?: -EFAULT;
	len = vmcore_filter_run(piece->source, piece->len, &out);
	if (out)
		return iov_iter_zero(min(len, STRETCH_SIZE), iter) ?: -EFAULT;
	got = vmcore_oldmem_read(iter, piece->source, len, dump->encrypted);
	if (got == -ENOMEM && !follows_lost(dump, piece->source)) {
		/* It is what windows take that a single page may need. */
		vmcore_windows_drop();
		got = vmcore_oldmem_read(iter, piece->source, len,
					 dump->encrypted);
	}
	if (got < 0 && got != -EFAULT)
		return page_lost(dump, iter, piece->source, len, got);
	return got;
}

/**
 * vmcore_read() - read from the dump
 * @dump: the dump, held open
 * @iter: where to, and how much
 * @pos:  in the file
 *
 * The one way to read it, for system calls and for this kernel itself.
 *
 * Return: bytes read, 0 at the end of the file, or an errno if none were
 */
ssize_t vmcore_read(struct vmcore_dump *dump, struct iov_iter *iter, u64 pos)
{
	struct vmcore_piece piece;
	size_t done = 0;
	ssize_t got;

	while (iov_iter_count(iter) && pos + done < dump->size) {
		vmcore_piece_at(dump, pos + done, iov_iter_count(iter), &piece);
		got = piece_copy(dump, &piece, iter);
		if (got < 0)
			return done ?: got;
		done += got;
		/* Pieces may be as small as a page, and a read as large as RAM. */
		if (fatal_signal_pending(current))
			break;
		cond_resched();
	}
	return done;
}

static ssize_t file_read_iter(struct kiocb *iocb, struct iov_iter *iter)
{
	ssize_t got = vmcore_read(&vmcore_dump, iter, iocb->ki_pos);

	if (got > 0)
		iocb->ki_pos += got;
	return got;
}

static loff_t file_llseek(struct file *file, loff_t offset, int whence)
{
	if (whence == SEEK_DATA || whence == SEEK_HOLE) {
		offset = vmcore_seek(&vmcore_dump, offset, whence);
		if (offset < 0)
			return offset;
		whence = SEEK_SET;
	}
	return generic_file_llseek_size(file, offset, whence, MAX_LFS_FILESIZE,
					vmcore_dump.size);
}

static int file_mmap(struct file *file, struct vm_area_struct *vma)
{
	return vmcore_mmap(&vmcore_dump, vma);
}

/* While it is open, nothing moves, and it is known what is left out. */
static int file_open(struct inode *inode, struct file *file)
{
	int ret;

	if (mutex_lock_killable(&vmcore_dump.lock))
		return -EINTR;
	ret = vmcore_filter_scan(&vmcore_dump);
	if (!ret) {
		vmcore_dump.openers++;
		WRITE_ONCE(vmcore_dump.opened, true);
		i_size_write(inode, vmcore_dump.size);
		inode->i_blocks = (vmcore_dump.size - vmcore_filter_out()) >>
				  SECTOR_SHIFT;
	}
	mutex_unlock(&vmcore_dump.lock);
	return ret;
}

/* The last thing that who saves the dump may see of it */
static void unread_tell(struct vmcore_dump *dump)
{
	long nr = atomic_long_read(&dump->nr_unread), told = dump->told_unread;

	lockdep_assert_held(&dump->lock);
	if (nr == told)
		return;
	dump->told_unread = nr;
	pr_warn("%ld pages could not be read and are zeros in what was saved\n",
		nr - told);
}

static int file_release(struct inode *inode, struct file *file)
{
	guard(mutex)(&vmcore_dump.lock);
	unread_tell(&vmcore_dump);
	if (!--vmcore_dump.openers)
		vmcore_windows_drop();
	return 0;
}

static const struct proc_ops vmcore_proc_ops = {
	.proc_open	= file_open,
	.proc_release	= file_release,
	.proc_read_iter	= file_read_iter,
	.proc_lseek	= file_llseek,
	.proc_mmap	= file_mmap,
};

static void dump_free(struct vmcore_dump *dump)
{
	vmcore_filter_free();
	vmcore_headers_free(dump);
	vmcore_device_dumps_free(dump);
	dump->layout = (struct vmcore_layout) { };
	dump->headers = NULL;
	dump->extents = NULL;
	dump->nr_extents = 0;
	dump->entry = NULL;
	dump->size = 0;
}

static int __init dump_make(struct vmcore_dump *dump)
{
	int ret;

	dump->encrypted = cc_platform_has(CC_ATTR_MEM_ENCRYPT);
	ret = vmcore_headers_read(dump);
	if (ret)
		return ret;

	vmcore_headers_place(dump);
	vmcore_windows_drop();
	dump->entry = proc_create("vmcore", 0400, NULL, &vmcore_proc_ops);
	if (!dump->entry) {
		pr_err("/proc/vmcore can't be created\n");
		return -ENOMEM;
	}
	proc_set_size(dump->entry, dump->size);
	pr_info("%u regions, %llu MiB of old memory, %llu bytes of notes\n",
		dump->layout.nr, dump->layout.len >> 20, dump->notes.len);
	vmcore_filter_init(dump);
	return 0;
}

static int __init dump_create(struct vmcore_dump *dump)
{
	int ret;

	guard(mutex)(&dump->lock);
	ret = dump_make(dump);
	if (ret)
		dump_free(dump);
	return ret;
}

static int __init vmcore_init(void)
{
	int ret;

	ret = elfcorehdr_alloc(&elfcorehdr_addr, &elfcorehdr_size);
	if (ret) {
		pr_err("no core header could be made (error %d): there is no /proc/vmcore\n",
		       ret);
		return ret;
	}
	if (!is_vmcore_usable())
		return 0;

	ret = dump_create(&vmcore_dump);
	if (ret)
		pr_err("there is no /proc/vmcore; check the loader and its elfcorehdr=\n");
	else if (vmcore_sysfs_create())
		pr_err("/sys/kernel/vmcore can't be created\n");

	/* Everything has been read, or is not worth it. */
	elfcorehdr_free(elfcorehdr_addr);
	vmcore_unusable();
	return ret;
}
fs_initcall(vmcore_init);

/**
 * vmcore_cleanup() - take /proc/vmcore away
 *
 * For a machine that goes on using the memory of the dump. Waits for reads
 * that are under way; files that are open afterwards read nothing any more.
 */
void vmcore_cleanup(void)
{
	struct proc_dir_entry *entry;

	/* From here on no driver finds it, nor does anybody else who removes it. */
	scoped_guard(mutex, &vmcore_dump.lock) {
		entry = vmcore_dump.entry;
		vmcore_dump.entry = NULL;
	}
	if (!entry)
		return;

	/* Calls file_release() for those who have it open, so no lock. */
	proc_remove(entry);
	vmcore_sysfs_remove();

	guard(mutex)(&vmcore_dump.lock);
	dump_free(&vmcore_dump);
}
