// SPDX-License-Identifier: GPL-2.0-only
/*
 * Flat purgatories: a copy for each image, and its parameters.
 *
 * The blob runs wherever it is, so there is nothing to do to it but to fill in
 * the parameters at its start. They are sealed last, when kernel/kexec_digest.c
 * knows the digests. There is one for each segment, so that purgatory can tell
 * which is damaged.
 */

#define pr_fmt(fmt) "kexec: " fmt

#include <linux/kexec.h>
#include <linux/vmalloc.h>
#include <asm/purgatory.h>

#include "kexec_internal.h"
#include "purgatory/purgatory.h"

static int check_blob(void)
{
	const struct purgatory_params *params = (const void *)kexec_purgatory;

	if (kexec_purgatory_size >= sizeof(*params) &&
	    purgatory_params_check(params, kexec_purgatory_size) ==
	    PURGATORY_INTACT)
		return 0;

	pr_err("the purgatory that this kernel was built with (%zu bytes) is not for it\n",
	       kexec_purgatory_size);
	return -ENOEXEC;
}

static void choose_console(struct purgatory_console *console)
{
	if (purgatory_find_console(console))
		return;

	console->type = PURGATORY_CONSOLE_DEFAULT;
}

/**
 * kexec_load_purgatory() - make purgatory a segment and the image's entry
 * @image: being placed; keeps the copy that is made here
 * @kbuf:  where it may go: @mem, @buf_min, @buf_max, @buf_align, @top_down;
 *         @mem and @memsz are what it got
 *
 * Where purgatory goes on to is said by kexec_purgatory_set_target().
 *
 * Context: load lock held; may sleep.
 * Return: 0, -ENOMEM, -ENOEXEC for a blob that isn't this kernel's, or what
 * kexec_add_buffer() returned.
 */
int kexec_load_purgatory(struct kimage *image, struct kexec_buf *kbuf)
{
	struct purgatory_params *params;
	int ret;

	ret = check_blob();
	if (ret)
		return ret;

	params = vmalloc(kexec_purgatory_size);
	if (!params)
		return -ENOMEM;
	memcpy(params, kexec_purgatory, kexec_purgatory_size);
	choose_console(&params->console);

	kbuf->image = image;
	kbuf->buffer = params;
	kbuf->bufsz = kexec_purgatory_size;
	kbuf->memsz = params->run_size;
	ret = kexec_add_buffer(kbuf);
	if (ret) {
		vfree(params);
		return ret;
	}

	image->start = kbuf->mem + params->entry;
	image->purgatory_info.purgatory_buf = params;
	return 0;
}

/**
 * kexec_purgatory_set_target() - say where purgatory enters the next kernel
 * @image: with a purgatory
 * @entry: physical address
 * @arg:   argument that the architecture's boot protocol asks for
 *
 * Context: before kexec_digest_segments(), which has them sealed.
 * Return: 0, or -EINVAL if the image has no purgatory.
 */
int kexec_purgatory_set_target(struct kimage *image, u64 entry, u64 arg)
{
	struct purgatory_params *params = image->purgatory_info.purgatory_buf;

	if (!params)
		return -EINVAL;

	params->target_entry = entry;
	params->target_arg = arg;
	return 0;
}

/**
 * kexec_purgatory_seal() - tell purgatory what it has to find
 * @image: with digests
 * @sha:   unused
 *
 * Return: 0, or -EINVAL if nobody said where it is to go on.
 */
int kexec_purgatory_seal(struct kimage *image, struct shash_desc *sha)
{
	struct purgatory_params *params = image->purgatory_info.purgatory_buf;
	u32 nr = 0;

	if (!params->target_entry) {
		pr_err("the loader did not say where purgatory is to go on\n");
		return -EINVAL;
	}

	for (unsigned long i = 0; i < image->nr_segments; i++) {
		struct purgatory_region *region = &params->regions[nr];

		if (!kexec_purgatory_checks(image, i))
			continue;
		*region = (struct purgatory_region) {
			.start = image->segment[i].mem,
			.len = image->segment[i].bufsz,
			.segment = i,
		};
		memcpy(region->digest, image->digests[i],
		       sizeof(region->digest));
		nr++;
	}

	params->nr_regions = nr;
	purgatory_params_seal(params);
	return 0;
}
