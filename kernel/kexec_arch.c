// SPDX-License-Identifier: GPL-2.0-only
/*
 * The arch contract's defaults, for machines where nothing special is to be
 * done. See the end of <linux/kexec.h> for what each one is for.
 */

#define pr_fmt(fmt) "kexec: " fmt

#include <linux/kexec.h>
#include <linux/mm.h>

int __weak machine_kexec_post_load(struct kimage *image)
{
	return 0;
}

void __weak arch_kexec_protect_crashkres(void)
{
}

void __weak arch_kexec_unprotect_crashkres(void)
{
}

int __weak arch_kexec_post_alloc_pages(void *vaddr, unsigned int pages,
				       gfp_t gfp)
{
	return 0;
}

void __weak arch_kexec_pre_free_pages(void *vaddr, unsigned int pages)
{
}

#ifdef CONFIG_KEXEC_FILE
int __weak arch_kexec_kernel_image_probe(struct kimage *image, void *file,
					 unsigned long size)
{
	return kexec_image_probe_default(image, file, size);
}

int __weak arch_kimage_file_post_load_cleanup(struct kimage *image)
{
	return kexec_image_post_load_cleanup_default(image);
}

int __weak arch_kexec_locate_mem_hole(struct kexec_buf *kbuf)
{
	return kexec_locate_mem_hole(kbuf);
}

int __weak arch_kexec_apply_relocations(struct purgatory_info *info,
					Elf_Shdr *section,
					const Elf_Shdr *relocs,
					const Elf_Shdr *symbols)
{
	pr_err("purgatory has REL relocations, unknown to this architecture\n");
	return -ENOEXEC;
}

int __weak arch_kexec_apply_relocations_add(struct purgatory_info *info,
					    Elf_Shdr *section,
					    const Elf_Shdr *relocs,
					    const Elf_Shdr *symbols)
{
	pr_err("purgatory has RELA relocations, unknown to this architecture\n");
	return -ENOEXEC;
}
#endif

#ifdef CONFIG_CRASH_HOTPLUG
int __weak arch_crash_hotplug_support(struct kimage *image,
				      unsigned long kexec_flags)
{
	return 0;
}

void __weak arch_crash_handle_hotplug_event(struct kimage *image, void *arg)
{
}

unsigned int __weak arch_crash_get_elfcorehdr_size(void)
{
	return 0;
}
#endif
