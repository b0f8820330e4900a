// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vmcoreinfo of the crashed kernel, which it wrote itself: text, in a note
 * of the dump.
 */

#include <linux/crash_dump.h>
#include <linux/elf.h>
#include <linux/kstrtox.h>
#include <linux/string.h>
#include <linux/vmcore_info.h>

#include "vmcore_internal.h"
#include "vmcore_oldinfo.h"

/**
 * vmcore_oldinfo_find() - the text of vmcoreinfo
 * @notes: of the dump
 *
 * Return: lines that end in a NUL, in the same place each time; or NULL if there is
 *         no such note
 */
const char *vmcore_oldinfo_find(const struct vmcore_notes *notes)
{
	static char info[VMCOREINFO_BYTES + 1];
	u64 at, step = 0, desc_len;

	for (at = 0; notes->len - at >= sizeof(struct elf64_note); at += step) {
		const struct elf64_note *note = notes->buf + at;
		const char *name = (const char *)(note + 1);
		u64 desc = ALIGN((u64)note->n_namesz, 4);

		if (vmcore_note_len(note, notes->len - at, &step) <= 0)
			return NULL;
		if (note->n_namesz != sizeof(VMCOREINFO_NOTE_NAME) ||
		    memcmp(name, VMCOREINFO_NOTE_NAME, note->n_namesz))
			continue;
		desc_len = min_t(u64, note->n_descsz, VMCOREINFO_BYTES);
		memcpy(info, name + desc, desc_len);
		info[desc_len] = '\0';
		return info;
	}
	return NULL;
}

/* What comes behind "name=" at the beginning of a line, or NULL */
static const char *info_line(const char *info, const char *name)
{
	size_t len = strlen(name);

	while (info) {
		if (!strncmp(info, name, len) && info[len] == '=')
			return info + len + 1;
		info = strchr(info, '\n');
		if (info)
			info++;
	}
	return NULL;
}

bool oldmem_info_number(const char *info, const char *name, u64 *value)
{
	const char *line = info_line(info, name);
	bool is_hex = strstarts(name, "SYMBOL") || strstarts(name, "KERNEL");
	char number[24];
	size_t len;
	int ret;

	if (!line)
		return false;
	/* Of one that does not fit, the beginning would be another number. */
	len = strcspn(line, "\n");
	if (len >= sizeof(number))
		return false;
	memcpy(number, line, len);
	number[len] = '\0';
	if (number[0] == '-')
		ret = kstrtos64(number, 10, (s64 *)value);
	else
		ret = kstrtou64(number, is_hex ? 16 : 10, value);
	return !ret;
}

/**
 * vmcore_oldinfo_is_same_build() - are two kernels of the very same build?
 * @theirs: vmcoreinfo of one
 * @ours:   vmcoreinfo of the other
 *
 * Return: whether both have the same build ID, and one at all
 */
bool vmcore_oldinfo_is_same_build(const char *theirs, const char *ours)
{
	size_t len;

	theirs = info_line(theirs, "BUILD-ID");
	ours = info_line(ours, "BUILD-ID");
	if (!theirs || !ours)
		return false;
	len = strcspn(ours, "\n");
	/* Zeros are what a kernel has that was linked without one. */
	return strspn(ours, "0") < len && strcspn(theirs, "\n") == len &&
	       !strncmp(ours, theirs, len);
}
