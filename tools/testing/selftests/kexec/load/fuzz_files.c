// SPDX-License-Identifier: GPL-2.0
/*
 * Calls of kexec_file_load(2): a small image that would load, and one to four
 * things of the call or of the image changed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "answers.h"
#include "fuzz.h"

/* Around the least that a kernel says it takes. */
#define CMDLINE_ROUND	2048
#define INITRD_MAX	(32 * PAGE)

struct input {
	int kernel, initrd;
	unsigned long flags;
	const char *cmdline;
	unsigned long cmdline_len;
};

/*
 * Where a bzImage has its numbers, and how long they are: see
 * Documentation/arch/x86/boot.rst. In another image so many odd places.
 */
static const struct field {
	unsigned short at;
	unsigned char size;
} fields[] = {
	{ 0x1f1, 1 }, { 0x1f4, 4 }, { 0x1fe, 2 }, { 0x200, 1 }, { 0x201, 1 },
	{ 0x202, 4 }, { 0x206, 2 }, { 0x210, 1 }, { 0x211, 1 }, { 0x214, 4 },
	{ 0x218, 4 }, { 0x21c, 4 }, { 0x228, 4 }, { 0x22c, 4 }, { 0x230, 4 },
	{ 0x234, 1 }, { 0x235, 1 }, { 0x236, 2 }, { 0x238, 4 }, { 0x23c, 4 },
	{ 0x240, 8 }, { 0x248, 4 }, { 0x24c, 4 }, { 0x250, 8 }, { 0x258, 8 },
	{ 0x260, 4 }, { 0x264, 4 }, { 0x268, 4 },
};

/* A file that somebody writes to is none that is loaded. */
static void write_at(const char *path, const void *data, size_t size, off_t at)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || pwrite(fd, data, size, at) != (ssize_t)size || close(fd))
		die("%s: %m", path);
}

static void cut_at(const char *path, off_t size)
{
	if (truncate(path, size))
		die("%s: %m", path);
}

static void kernel_restore(struct player *p)
{
	const struct blob *good = &p->arena->kernel;

	if (!p->kernel_dirty)
		return;
	write_at(p->kernel_path, good->data, good->size, 0);
	cut_at(p->kernel_path, good->size);
	p->kernel_dirty = false;
}

void files_open(struct player *p, unsigned int number)
{
	snprintf(p->kernel_path, sizeof(p->kernel_path),
		 "/tmp/fuzz-kernel-%u", number);
	snprintf(p->initrd_path, sizeof(p->initrd_path),
		 "/tmp/fuzz-initrd-%u", number);
	p->kernel_dirty = true;
	kernel_restore(p);
	write_at(p->initrd_path, p->arena->good, PAGE, 0);
	p->kernel = open_or_die(p->kernel_path, O_RDONLY);
	p->initrd = open_or_die(p->initrd_path, O_RDONLY);
}

void files_close(struct player *p)
{
	close(p->kernel);
	close(p->initrd);
	unlink(p->kernel_path);
	unlink(p->initrd_path);
}

static void other_field(struct player *p, struct input *in)
{
	struct dice *d = &p->dice;
	const struct field *field = &fields[dice_below(d, sizeof(fields) /
						       sizeof(fields[0]))];
	uint64_t value = 0;
	(void)in;

	switch (dice_below(d, 4)) {
	case 0:
		value = size_any(d, p->arena);
		break;
	case 1:
		value = dice_roll(d);
		break;
	case 2:
		memcpy(&value, p->arena->kernel.data + field->at, field->size);
		value += dice_below(d, 5) - 2;
		break;
	default:
		memcpy(&value, p->arena->kernel.data + field->at, field->size);
		value ^= 1ULL << dice_below(d, 8 * field->size);
	}
	write_at(p->kernel_path, &value, field->size, field->at);
	p->kernel_dirty = true;
}

static void other_byte(struct player *p, struct input *in)
{
	unsigned char byte = dice_roll(&p->dice);
	(void)in;

	write_at(p->kernel_path, &byte, 1,
		 dice_below(&p->dice, p->arena->kernel.size));
	p->kernel_dirty = true;
}

static void other_length(struct player *p, struct input *in)
{
	size_t whole = p->arena->kernel.size;
	size_t size = dice_below(&p->dice, whole + PAGE);
	(void)in;

	if (dice_one_in(&p->dice, 4))
		size = dice_below(&p->dice, 0x400);
	cut_at(p->kernel_path, size);
	p->kernel_dirty = true;
}

/* No file, a directory, one not for reading, one without an end, one in use. */
static int odd_file(struct player *p)
{
	switch (dice_below(&p->dice, 7)) {
	case 0:
		return -1;
	case 1:
		return open("/", O_RDONLY | O_CLOEXEC);
	case 2:
		return open("/dev/null", O_WRONLY | O_CLOEXEC);
	case 3:
		return open("/dev/zero", O_RDONLY | O_CLOEXEC);
	case 4:
		return open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
	case 5:
		return open(p->kernel_path, O_RDWR | O_CLOEXEC);
	default:
		return INT_MAX;
	}
}

static void other_kernel(struct player *p, struct input *in)
{
	if (in->kernel == p->kernel)
		in->kernel = odd_file(p);
}

static void other_initrd(struct player *p, struct input *in)
{
	in->flags &= ~KEXEC_FILE_NO_INITRAMFS;
	if (in->initrd == p->initrd)
		in->initrd = odd_file(p);
}

static void initrd_length(struct player *p, struct input *in)
{
	in->flags &= ~KEXEC_FILE_NO_INITRAMFS;
	cut_at(p->initrd_path, dice_below(&p->dice, INITRD_MAX));
}

static void cmdline_length(struct player *p, struct input *in)
{
	switch (dice_below(&p->dice, 3)) {
	case 0:
		in->cmdline_len = dice_below(&p->dice, 64);
		break;
	case 1:
		in->cmdline_len = CMDLINE_ROUND - 64 +
				  dice_below(&p->dice, 128);
		break;
	default:
		in->cmdline_len = size_any(&p->dice, p->arena);
	}
	/* The last of the edge is a NUL. */
	in->cmdline = (const char *)p->arena->edge - in->cmdline_len;
	if (in->cmdline_len > GOOD_BYTES)
		in->cmdline = (const char *)p->arena->good;
}

static void cmdline_pointer(struct player *p, struct input *in)
{
	in->cmdline = pointer_any(&p->dice, p->arena);
}

static void known_flag(struct player *p, struct input *in)
{
	static const unsigned long known[] = {
		KEXEC_FILE_UNLOAD, KEXEC_FILE_ON_CRASH, KEXEC_FILE_NO_INITRAMFS,
	};

	in->flags ^= known[dice_below(&p->dice,
				      sizeof(known) / sizeof(known[0]))];
	if (dice_one_in(&p->dice, 16))
		in->flags ^= KEXEC_FILE_DEBUG;
}

static void any_flag(struct player *p, struct input *in)
{
	in->flags ^= 1ULL << dice_below(&p->dice, 64);
}

static void (* const changes[])(struct player *p, struct input *in) = {
	other_field, other_field, other_field, other_field, other_byte,
	other_length, other_kernel, other_initrd, initrd_length,
	cmdline_length, cmdline_length, cmdline_pointer, known_flag, known_flag,
	any_flag,
};

long files_input(struct player *p)
{
	struct dice *d = &p->dice;
	unsigned int n = 1 + dice_below(d, 4);
	struct input in = {
		.kernel = p->kernel,
		.initrd = p->initrd,
		.flags = dice_below(d, 2) ? KEXEC_FILE_ON_CRASH : 0,
		.cmdline = "",
		.cmdline_len = 1,
	};
	long result;
	int err;

	in.flags |= dice_below(d, 2) ? KEXEC_FILE_NO_INITRAMFS : 0;
	while (n--)
		changes[dice_below(d, sizeof(changes) /
				   sizeof(changes[0]))](p, &in);
	result = sys_kexec_file_load(in.kernel, in.initrd, in.cmdline_len,
				     in.cmdline, in.flags);
	err = errno;
	if (in.kernel != p->kernel && in.kernel >= 0)
		close(in.kernel);
	if (in.initrd != p->initrd && in.initrd >= 0)
		close(in.initrd);
	kernel_restore(p);
	errno = err;
	return result;
}
