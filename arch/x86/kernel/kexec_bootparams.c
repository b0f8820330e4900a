// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the next kernel is told about the machine: struct boot_params, and the
 * list of struct setup_data for what has no room in it.
 *
 * This kernel was told by its own boot loader, and hands on what is still
 * true; see Documentation/arch/x86/zero-page.rst. What has become wrong, or
 * belongs to somebody else's memory by now, is left zero.
 */

#define pr_fmt(fmt) "kexec-bzImage: " fmt

#include <linux/align.h>
#include <linux/cleanup.h>
#include <linux/efi.h>
#include <linux/err.h>
#include <linux/kexec.h>
#include <linux/random.h>
#include <linux/screen_info.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/unaligned.h>
#include <asm/e820/api.h>
#include <asm/efi.h>
#include <asm/setup.h>
#include <asm/setup_data.h>

#include "crash_load.h"
#include "kexec_bootparams.h"
#include "kexec_bzimage_header.h"
#include "kexec_e820.h"

/* The id that boot.rst assigns to kexec, in the high nibble */
#define LOADER_TYPE_KEXEC	(0xd << 4)
/* Seed for the next kernel's random numbers, in bytes */
#define RNG_SEED_SIZE		32
/* Of each part of the buffer; struct setup_data holds u64s */
#define PART_ALIGN		16

static_assert(sizeof(struct boot_e820_entry) == sizeof(struct e820_entry));
static_assert(sizeof(struct boot_params) == 4096);

static size_t node_size(size_t len)
{
	return ALIGN(sizeof(struct setup_data) + len, PART_ALIGN);
}

/* Runs out only if bootparams_create() counted too little. */
static void *part_alloc(struct bootparams *bp, size_t len)
{
	void *part = bp->buf + bp->used;

	len = ALIGN(len, PART_ALIGN);
	if (WARN_ON_ONCE(len > bp->size - bp->used))
		return NULL;
	bp->used += len;

	return part;
}

static u64 part_phys(const struct bootparams *bp, const void *part)
{
	return bp->phys + (part - bp->buf);
}

/* Appends a node to the list; returns its data, @len bytes of zeros. */
static void *setup_data_add(struct bootparams *bp, u32 type, size_t len)
{
	struct setup_data *node = part_alloc(bp, sizeof(*node) + len);

	if (!node)
		return NULL;

	node->type = type;
	node->len = len;
	put_unaligned(part_phys(bp, node), bp->link);
	bp->link = &node->next;

	return node->data;
}

/*
 * The memory map
 */

static int e820_fill(const struct kimage *image, struct kexec_e820 *map)
{
	const struct e820_table *fw = e820_table_kexec;

	if (image->type == KEXEC_TYPE_CRASH)
		return crash_fill_e820(image, map);

	kexec_e820_copy((const struct boot_e820_entry *)fw->entries,
			fw->nr_entries, map);
	return 0;
}

static unsigned int e820_nr_extended(const struct kexec_e820 *map)
{
	if (map->nr <= E820_MAX_ENTRIES_ZEROPAGE)
		return 0;

	return map->nr - E820_MAX_ENTRIES_ZEROPAGE;
}

/* How many entries there will be; the crash image's headers are placed. */
static int e820_count(const struct kimage *image, struct kexec_e820 *map)
{
	*map = (struct kexec_e820) { };

	return e820_fill(image, map);
}

static void e820_print(const struct kexec_e820 *map)
{
	for (unsigned int i = 0; i < map->nr; i++) {
		const struct boot_e820_entry *e = &map->entries[i];

		kexec_dprintk("e820: %#llx-%#llx type %u\n", e->addr,
			      e->addr + e->size - 1, e->type);
	}
}

static int add_e820(struct bootparams *bp, const struct kimage *image)
{
	struct boot_e820_entry *entries __free(kvfree) = NULL;
	struct kexec_e820 map;
	unsigned int nr, nr_ext;
	void *ext;
	int ret;

	ret = e820_count(image, &map);
	if (ret)
		return ret;

	entries = kvcalloc(map.nr, sizeof(*entries), GFP_KERNEL);
	if (!entries)
		return -ENOMEM;

	map = (struct kexec_e820) { .entries = entries, .max = map.nr };
	ret = e820_fill(image, &map);
	if (ret)
		return ret;
	e820_print(&map);

	nr_ext = e820_nr_extended(&map);
	nr = map.nr - nr_ext;
	bp->params->e820_entries = nr;
	memcpy(bp->params->e820_table, entries, nr * sizeof(*entries));
	if (!nr_ext)
		return 0;

	ext = setup_data_add(bp, SETUP_E820_EXT, nr_ext * sizeof(*entries));
	if (!ext)
		return -ENOSPC;
	memcpy(ext, entries + nr, nr_ext * sizeof(*entries));

	return 0;
}

/*
 * EFI: the runtime services can be given virtual addresses once only. The
 * next kernel gets the map with the addresses that they have, and where the
 * firmware's tables were before those were turned into virtual addresses.
 */

/* Bytes of the map, 0 where the next kernel cannot use the services. */
static size_t efi_map_size(const struct bzimage *bz)
{
	if (!efi_enabled(EFI_RUNTIME_SERVICES) ||
	    !boot_params.efi_info.efi_memmap_size)
		return 0;

	/* Addresses there are the firmware's, or of a kernel of its width. */
	if (efi_enabled(EFI_64BIT) != IS_ENABLED(CONFIG_X86_64) ||
	    !!(bz->xloadflags & XLF_KERNEL_64) != IS_ENABLED(CONFIG_X86_64)) {
		kexec_dprintk("no EFI: firmware and both kernels are not of one width\n");
		return 0;
	}

	if (!(bz->xloadflags & XLF_EFI_KEXEC)) {
		kexec_dprintk("the kernel cannot take over EFI (XLF_EFI_KEXEC is clear)\n");
		return 0;
	}

	return efi_get_runtime_map_size();
}

static int add_efi(struct bootparams *bp, const struct bzimage *bz)
{
	struct efi_info *to = &bp->params->efi_info;
	const struct efi_info *from = &boot_params.efi_info;
	size_t map_size = efi_map_size(bz);
	struct efi_setup_data *esd;
	void *map;
	u64 phys;

	if (!map_size)
		return 0;

	map = part_alloc(bp, map_size);
	esd = setup_data_add(bp, SETUP_EFI, sizeof(*esd));
	if (!map || !esd)
		return -ENOSPC;

	efi_runtime_map_copy(map, map_size);
	phys = part_phys(bp, map);

	to->efi_loader_signature = from->efi_loader_signature;
	to->efi_systab = from->efi_systab;
	to->efi_systab_hi = from->efi_systab_hi;
	to->efi_memdesc_version = from->efi_memdesc_version;
	to->efi_memdesc_size = efi_get_runtime_map_desc_size();
	to->efi_memmap = lower_32_bits(phys);
	to->efi_memmap_hi = upper_32_bits(phys);
	to->efi_memmap_size = map_size;

	esd->fw_vendor = efi_fw_vendor;
	esd->tables = efi_config_table;
	esd->smbios = efi.smbios;
	kexec_dprintk("EFI: runtime map of %#zx bytes at %#llx\n", map_size,
		      phys);

	return 0;
}

/*
 * IMA's list of measurements goes on in the next kernel.
 */

#ifdef CONFIG_IMA_KEXEC
static bool ima_has_list(const struct kimage *image)
{
	return image->ima_buffer_size;
}

static void ima_describe(const struct kimage *image,
			 struct ima_setup_data *list)
{
	list->addr = image->ima_buffer_addr;
	list->size = image->ima_buffer_size;
}
#else
static bool ima_has_list(const struct kimage *image)
{
	return false;
}

static void ima_describe(const struct kimage *image,
			 struct ima_setup_data *list)
{
}
#endif

static int add_ima(struct bootparams *bp, const struct kimage *image)
{
	struct ima_setup_data *list;

	if (!ima_has_list(image))
		return 0;

	list = setup_data_add(bp, SETUP_IMA, sizeof(*list));
	if (!list)
		return -ENOSPC;
	ima_describe(image, list);

	return 0;
}

/* A bad seed is worse than none: the next kernel would credit it. */
static int add_rng_seed(struct bootparams *bp)
{
	void *seed;

	if (!rng_is_initialized())
		return 0;

	seed = setup_data_add(bp, SETUP_RNG_SEED, RNG_SEED_SIZE);
	if (!seed)
		return -ENOSPC;
	get_random_bytes(seed, RNG_SEED_SIZE);

	return 0;
}

/*
 * struct boot_params proper
 */

static void set_header(struct boot_params *params, const void *kernel,
		       const struct bzimage *bz)
{
	/* As the file has it, also fields that are newer than this kernel. */
	memcpy((void *)params + BZIMAGE_HDR_OFFSET,
	       kernel + BZIMAGE_HDR_OFFSET, bz->header_size);

	params->hdr.type_of_loader = LOADER_TYPE_KEXEC;
	params->hdr.ext_loader_type = 0;
	params->hdr.ext_loader_ver = 0;
	params->hdr.hardware_subarch = boot_params.hdr.hardware_subarch;
	params->hdr.setup_data = 0;
	params->hdr.ramdisk_image = 0;
	params->hdr.ramdisk_size = 0;
}

/*
 * Where ACPI's tables begin. A kernel that EFI has started knows it from EFI's
 * tables alone; the next one may be without them, and has to be told.
 */
static u64 acpi_root(void)
{
	if (boot_params.acpi_rsdp_addr || !IS_ENABLED(CONFIG_EFI))
		return boot_params.acpi_rsdp_addr;
	if (efi.acpi20 != EFI_INVALID_TABLE_ADDR)
		return efi.acpi20;
	return efi.acpi != EFI_INVALID_TABLE_ADDR ? efi.acpi : 0;
}

/* What the firmware has said about the machine, and still holds. */
static void hand_on(struct boot_params *params)
{
	/* Of this kernel's life: drivers may have moved the frame buffer. */
	params->screen_info = screen_info;
	/* Memory size is the map's business. */
	params->screen_info.ext_mem_k = 0;

	params->apm_bios_info = boot_params.apm_bios_info;
	params->ist_info = boot_params.ist_info;
	params->olpc_ofw_header = boot_params.olpc_ofw_header;
	params->edid_info = boot_params.edid_info;
	params->acpi_rsdp_addr = acpi_root();
	params->secure_boot = boot_params.secure_boot;

	params->eddbuf_entries = boot_params.eddbuf_entries;
	params->edd_mbr_sig_buf_entries = boot_params.edd_mbr_sig_buf_entries;
	memcpy(params->eddbuf, boot_params.eddbuf, sizeof(params->eddbuf));
	memcpy(params->edd_mbr_sig_buffer, boot_params.edd_mbr_sig_buffer,
	       sizeof(params->edd_mbr_sig_buffer));
}

/**
 * bootparams_fill() - write everything that does not depend on other segments
 * @bp:     placed: @bp->phys is known
 * @image:  for which image; the headers of a crash image are placed
 * @kernel: the bzImage
 * @bz:     what bzimage_parse() said about it
 *
 * Context: may sleep.
 * Return: 0 or a negative errno.
 */
int bootparams_fill(struct bootparams *bp, const struct kimage *image,
		    const void *kernel, const struct bzimage *bz)
{
	int ret;

	set_header(bp->params, kernel, bz);
	hand_on(bp->params);

	ret = add_e820(bp, image);
	if (ret)
		return ret;

	ret = add_efi(bp, bz);
	if (ret)
		return ret;

	ret = add_ima(bp, image);
	if (ret)
		return ret;

	return add_rng_seed(bp);
}

/**
 * bootparams_set_cmdline() - the command line
 * @bp:          placed, with room for it
 * @image:       a crash image gets elfcorehdr= in front
 * @cmdline:     of the caller; not read if @cmdline_len is 0
 * @cmdline_len: without a NUL
 */
void bootparams_set_cmdline(struct bootparams *bp, const struct kimage *image,
			    const char *cmdline, size_t cmdline_len)
{
	size_t room = CRASH_ELFCOREHDR_ARG_MAX + cmdline_len;
	char *line = part_alloc(bp, room);
	size_t len = 0;
	u64 phys;

	if (!line)
		return;

	if (image->type == KEXEC_TYPE_CRASH)
		len = crash_format_elfcorehdr(image, line, room);
	memcpy(line + len, cmdline, cmdline_len);
	line[len + cmdline_len] = '\0';

	phys = part_phys(bp, line);
	bp->params->hdr.cmd_line_ptr = lower_32_bits(phys);
	bp->params->ext_cmd_line_ptr = upper_32_bits(phys);
	kexec_dprintk("command line: %s\n", line);
}

/**
 * bootparams_set_kernel() - where the protected-mode kernel is
 * @bp:   any
 * @addr: its physical address
 */
void bootparams_set_kernel(struct bootparams *bp, u64 addr)
{
	/* For 32-bit entry; the 64-bit one finds out, and may be above. */
	if (!upper_32_bits(addr))
		bp->params->hdr.code32_start = lower_32_bits(addr);
}

/**
 * bootparams_set_initrd() - where the initial RAM file system is
 * @bp:   any
 * @addr: its physical address
 * @size: in bytes
 */
void bootparams_set_initrd(struct bootparams *bp, u64 addr, u64 size)
{
	bp->params->hdr.ramdisk_image = lower_32_bits(addr);
	bp->params->ext_ramdisk_image = upper_32_bits(addr);
	bp->params->hdr.ramdisk_size = lower_32_bits(size);
	bp->params->ext_ramdisk_size = upper_32_bits(size);
}

static int bootparams_size(const struct kimage *image,
			   const struct bzimage *bz, size_t cmdline_len,
			   size_t *size)
{
	struct kexec_e820 map;
	int ret;

	ret = e820_count(image, &map);
	if (ret)
		return ret;

	*size = sizeof(struct boot_params) +
		ALIGN(CRASH_ELFCOREHDR_ARG_MAX + cmdline_len, PART_ALIGN) +
		node_size(e820_nr_extended(&map) *
			  sizeof(struct boot_e820_entry)) +
		ALIGN(efi_map_size(bz), PART_ALIGN) +
		node_size(sizeof(struct efi_setup_data)) +
		node_size(sizeof(struct ima_setup_data)) +
		node_size(RNG_SEED_SIZE);

	return 0;
}

/**
 * bootparams_create() - a buffer with room for everything
 * @image:       for which image; the headers of a crash image are placed
 * @bz:          its kernel
 * @cmdline_len: of the caller's command line
 *
 * Context: may sleep.
 * Return: zeroed boot parameters, or an ERR_PTR.
 */
struct bootparams *bootparams_create(const struct kimage *image,
				     const struct bzimage *bz,
				     size_t cmdline_len)
{
	struct bootparams *bp;
	size_t size;
	int ret;

	ret = bootparams_size(image, bz, cmdline_len, &size);
	if (ret)
		return ERR_PTR(ret);

	bp = kzalloc(sizeof(*bp), GFP_KERNEL);
	if (!bp)
		return ERR_PTR(-ENOMEM);

	bp->buf = kvzalloc(size, GFP_KERNEL);
	if (!bp->buf) {
		kfree(bp);
		return ERR_PTR(-ENOMEM);
	}

	bp->size = size;
	bp->used = sizeof(struct boot_params);
	bp->params = bp->buf;
	bp->link = (u64 *)&bp->params->hdr.setup_data;

	return bp;
}

/**
 * bootparams_release() - free what boot parameters own
 * @bp: stays; may be released again
 *
 * There is a seed in the buffer.
 */
void bootparams_release(struct bootparams *bp)
{
	kvfree_sensitive(bp->buf, bp->size);
	bp->buf = NULL;
	bp->params = NULL;
	bp->link = NULL;
}

/**
 * bootparams_destroy() - free boot parameters
 * @bp: may have been released
 */
void bootparams_destroy(struct bootparams *bp)
{
	bootparams_release(bp);
	kfree(bp);
}
