// SPDX-License-Identifier: GPL-2.0-only
/*
 * ELF purgatories, of architectures that have no flat one: an object that was
 * linked with -r, whose sections are laid out one after the other and
 * relocated to where they will run. Its variables are found by name.
 *
 * The object is part of this kernel and so is trusted, but for what a mistake
 * in its Makefile could do to it.
 */

#define pr_fmt(fmt) "kexec: " fmt

#include <linux/align.h>
#include <linux/elf.h>
#include <linux/kexec.h>
#include <linux/string.h>
#include <linux/string_choices.h>
#include <linux/vmalloc.h>
#include <asm/sections.h>
#include <crypto/hash.h>

#include "kexec_internal.h"
#include "purgatory/purgatory.h"

/* Where it is entered */
#define ENTRY_SYMBOL	"purgatory_start"

/* Bytes and alignment of what will be loaded, and behind it the rest */
struct extent {
	unsigned long load;
	unsigned long run;
	unsigned long align;
};

static const Elf_Shdr *file_sections(const Elf_Ehdr *ehdr)
{
	return (const void *)ehdr + ehdr->e_shoff;
}

static bool is_loaded(const Elf_Shdr *section)
{
	return (section->sh_flags & SHF_ALLOC) &&
	       section->sh_type != SHT_NOBITS;
}

static bool is_cleared(const Elf_Shdr *section)
{
	return (section->sh_flags & SHF_ALLOC) &&
	       section->sh_type == SHT_NOBITS;
}

static int check_object(const Elf_Ehdr *ehdr)
{
	if (kexec_purgatory_size > sizeof(*ehdr) &&
	    !memcmp(ehdr->e_ident, ELFMAG, SELFMAG) &&
	    ehdr->e_type == ET_REL &&
	    ehdr->e_shentsize == sizeof(Elf_Shdr) &&
	    ehdr->e_shoff < kexec_purgatory_size &&
	    ehdr->e_shnum <= (kexec_purgatory_size - ehdr->e_shoff) /
			     sizeof(Elf_Shdr))
		return 0;

	pr_err("the purgatory that this kernel was built with (%zu bytes) is no relocatable object\n",
	       kexec_purgatory_size);
	return -ENOEXEC;
}

/* Gives each section of a kind its offset from purgatory's start. */
static unsigned long lay_out(struct purgatory_info *pi,
			     bool (*wanted)(const Elf_Shdr *),
			     unsigned long end, unsigned long *align)
{
	for (unsigned int i = 0; i < pi->ehdr->e_shnum; i++) {
		Elf_Shdr *section = &pi->sechdrs[i];
		unsigned long own = max_t(unsigned long, 1,
					  section->sh_addralign);

		if (!wanted(section))
			continue;
		*align = max(*align, own);
		end = ALIGN(end, own);
		section->sh_offset = end;
		end += section->sh_size;
	}
	return end;
}

static void lay_out_all(struct purgatory_info *pi, struct extent *extent)
{
	extent->align = 1;
	extent->load = lay_out(pi, is_loaded, 0, &extent->align);
	extent->run = lay_out(pi, is_cleared, extent->load, &extent->align);
}

static void copy_sections(struct purgatory_info *pi)
{
	const Elf_Shdr *from = file_sections(pi->ehdr);

	for (unsigned int i = 0; i < pi->ehdr->e_shnum; i++) {
		if (is_loaded(&from[i]))
			memcpy(pi->purgatory_buf + pi->sechdrs[i].sh_offset,
			       (const void *)pi->ehdr + from[i].sh_offset,
			       from[i].sh_size);
	}
}

static void set_addresses(struct purgatory_info *pi, unsigned long base)
{
	for (unsigned int i = 0; i < pi->ehdr->e_shnum; i++) {
		Elf_Shdr *section = &pi->sechdrs[i];

		if (section->sh_flags & SHF_ALLOC)
			section->sh_addr = base + section->sh_offset;
	}
}

/* @relocs and its symbols as in the file, the section as it is laid out. */
static int relocate_section(struct purgatory_info *pi, const Elf_Shdr *relocs)
{
	const Elf_Shdr *sections = file_sections(pi->ehdr);
	Elf_Shdr *section;

	if (relocs->sh_type != SHT_REL && relocs->sh_type != SHT_RELA)
		return 0;
	if (relocs->sh_info >= pi->ehdr->e_shnum ||
	    relocs->sh_link >= pi->ehdr->e_shnum)
		return -ENOEXEC;

	section = &pi->sechdrs[relocs->sh_info];
	if (!(section->sh_flags & SHF_ALLOC))
		return 0;

	if (relocs->sh_type == SHT_REL)
		return arch_kexec_apply_relocations(pi, section, relocs,
						    &sections[relocs->sh_link]);
	return arch_kexec_apply_relocations_add(pi, section, relocs,
						&sections[relocs->sh_link]);
}

static int relocate_all(struct purgatory_info *pi)
{
	const Elf_Shdr *sections = file_sections(pi->ehdr);
	int ret = 0;

	for (unsigned int i = 0; i < pi->ehdr->e_shnum && !ret; i++)
		ret = relocate_section(pi, &sections[i]);
	return ret;
}

static const Elf_Sym *symbol_in(const struct purgatory_info *pi,
				const Elf_Shdr *table, const char *name)
{
	const Elf_Shdr *strings = &file_sections(pi->ehdr)[table->sh_link];
	const char *names = (const void *)pi->ehdr + strings->sh_offset;
	const Elf_Sym *symbols = (const void *)pi->ehdr + table->sh_offset;

	for (size_t i = 0; i < table->sh_size / sizeof(*symbols); i++) {
		if (ELF_ST_BIND(symbols[i].st_info) == STB_GLOBAL &&
		    symbols[i].st_shndx != SHN_UNDEF &&
		    symbols[i].st_shndx < pi->ehdr->e_shnum &&
		    !strcmp(names + symbols[i].st_name, name))
			return &symbols[i];
	}
	return NULL;
}

/* A symbol that purgatory defines for the kernel, or NULL. */
static const Elf_Sym *find_symbol(const struct purgatory_info *pi,
				  const char *name)
{
	const Elf_Shdr *sections = file_sections(pi->ehdr);
	const Elf_Sym *symbol = NULL;

	for (unsigned int i = 0; i < pi->ehdr->e_shnum && !symbol; i++) {
		if (sections[i].sh_type == SHT_SYMTAB)
			symbol = symbol_in(pi, &sections[i], name);
	}
	if (!symbol)
		pr_err("purgatory has no symbol %s\n", name);
	return symbol;
}

static int add_segment(struct purgatory_info *pi, struct kexec_buf *kbuf)
{
	struct extent extent;

	lay_out_all(pi, &extent);
	pi->purgatory_buf = vzalloc(extent.load);
	if (!pi->purgatory_buf)
		return -ENOMEM;
	copy_sections(pi);

	kbuf->buffer = pi->purgatory_buf;
	kbuf->bufsz = extent.load;
	kbuf->memsz = extent.run;
	kbuf->buf_align = extent.align;
	return kexec_add_buffer(kbuf);
}

static int set_entry(struct kimage *image)
{
	const struct purgatory_info *pi = &image->purgatory_info;
	const Elf_Sym *entry = find_symbol(pi, ENTRY_SYMBOL);

	if (!entry)
		return -ENOEXEC;
	image->start = pi->sechdrs[entry->st_shndx].sh_addr + entry->st_value;
	return 0;
}

static int load(struct kimage *image, struct kexec_buf *kbuf)
{
	struct purgatory_info *pi = &image->purgatory_info;
	int ret;

	ret = add_segment(pi, kbuf);
	if (ret)
		return ret;

	set_addresses(pi, kbuf->mem);
	ret = relocate_all(pi);
	if (ret)
		return ret;

	return set_entry(image);
}

/**
 * kexec_load_purgatory() - make purgatory a segment and the image's entry
 * @image: being placed; its purgatory_info is filled in
 * @kbuf:  where it may go: @mem, @buf_min, @buf_max, @top_down; @mem and
 *         @memsz are what it got
 *
 * Context: load lock held; may sleep.
 * Return: 0, -ENOMEM, -ENOEXEC for an object that can't be relocated, or what
 * kexec_add_buffer() returned.
 */
int kexec_load_purgatory(struct kimage *image, struct kexec_buf *kbuf)
{
	struct purgatory_info *pi = &image->purgatory_info;
	size_t headers;
	int ret;

	pi->ehdr = (const Elf_Ehdr *)kexec_purgatory;
	ret = check_object(pi->ehdr);
	if (ret)
		return ret;

	headers = array_size(pi->ehdr->e_shnum, sizeof(*pi->sechdrs));
	pi->sechdrs = vmalloc(headers);
	if (!pi->sechdrs)
		return -ENOMEM;
	memcpy(pi->sechdrs, file_sections(pi->ehdr), headers);

	kbuf->image = image;
	ret = load(image, kbuf);
	if (!ret)
		return 0;

	vfree(pi->purgatory_buf);
	pi->purgatory_buf = NULL;
	vfree(pi->sechdrs);
	pi->sechdrs = NULL;
	return ret;
}

/**
 * kexec_purgatory_get_set_symbol() - read or write a variable of purgatory
 * @image:  with a purgatory
 * @symbol: the variable's name
 * @value:  @size bytes to write, or room for them
 * @size:   the variable's, which purgatory has to agree with
 * @get:    read rather than write
 *
 * Context: before the image's segments are copied.
 * Return: 0, or -EINVAL if there is no such variable, or not of that size, or
 * none that is loaded (it is in .bss).
 */
int kexec_purgatory_get_set_symbol(struct kimage *image, const char *symbol,
				   void *value, unsigned int size, bool get)
{
	struct purgatory_info *pi = &image->purgatory_info;
	const Elf_Shdr *section;
	const Elf_Sym *found;
	void *at;

	if (!pi->purgatory_buf)
		return -EINVAL;

	found = find_symbol(pi, symbol);
	if (!found)
		return -EINVAL;

	section = &pi->sechdrs[found->st_shndx];
	if (found->st_size != size || !is_loaded(section)) {
		pr_err("purgatory's %s has %llu bytes%s, not %u to %s\n",
		       symbol, (unsigned long long)found->st_size,
		       is_loaded(section) ? "" : " of .bss", size,
		       str_read_write(get));
		return -EINVAL;
	}

	at = pi->purgatory_buf + section->sh_offset + found->st_value;
	if (get)
		memcpy(value, at, size);
	else
		memcpy(at, value, size);
	return 0;
}

static int digest_zeros(struct shash_desc *sha, size_t len)
{
	const u8 *zeros = page_address(ZERO_PAGE(0));
	int ret = 0;

	for (; len > PAGE_SIZE && !ret; len -= PAGE_SIZE)
		ret = kexec_sha_update(sha, zeros, PAGE_SIZE);
	return ret ?: kexec_sha_update(sha, zeros, len);
}

static int digest_regions(struct shash_desc *sha, struct kimage *image,
			  struct kexec_sha_region *regions, u8 *digest)
{
	unsigned long i;
	int ret;

	ret = crypto_shash_init(sha);
	for (i = 0; i < image->nr_segments && !ret; i++) {
		const struct kexec_segment *segment = &image->segment[i];

		if (!kexec_purgatory_checks(image, i))
			continue;
		ret = kexec_sha_update(sha, segment->kbuf, segment->bufsz) ?:
		      digest_zeros(sha, segment->memsz - segment->bufsz);
		regions->start = segment->mem;
		regions->len = segment->memsz;
		regions++;
	}
	return ret ?: crypto_shash_final(sha, digest);
}

/**
 * kexec_purgatory_seal() - tell purgatory what it has to find
 * @image: with all segments placed
 * @sha:   to digest with
 *
 * There is a single digest, over whole segments with the room behind them,
 * because some of these purgatories move memory about by the list of regions.
 *
 * Context: may sleep.
 * Return: 0, -EINTR for a task that is being killed, -ENOEXEC for a purgatory
 * that lacks the variables, or the errno of the hash.
 */
int kexec_purgatory_seal(struct kimage *image, struct shash_desc *sha)
{
	struct kexec_sha_region regions[KEXEC_SEGMENT_MAX] = {};
	u8 digest[SHA256_DIGEST_SIZE];
	int ret;

	ret = digest_regions(sha, image, regions, digest);
	if (ret)
		return ret;

	ret = kexec_purgatory_get_set_symbol(image, "purgatory_sha_regions",
					     regions, sizeof(regions), false);
	if (ret)
		return ret;

	return kexec_purgatory_get_set_symbol(image, "purgatory_sha256_digest",
					      digest, sizeof(digest), false);
}
