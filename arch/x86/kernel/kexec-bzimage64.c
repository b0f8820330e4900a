// SPDX-License-Identifier: GPL-2.0-only
/*
 * kexec_file_load(): the loader for bzImages.
 *
 * The kernel is entered by purgatory, with the address of its boot parameters
 * in a register: the boot protocol of Documentation/arch/x86/boot.rst, which
 * is the 64-bit or the 32-bit one, as this kernel is.
 *
 * The phases: validate, place, build the parameters, tell purgatory where to
 * go. Small things are placed from the top of memory downwards and the kernel
 * from the bottom upwards, so that what is left is in one piece.
 */

#define pr_fmt(fmt) "kexec-bzImage: " fmt

#include <linux/err.h>
#include <linux/kexec.h>
#include <linux/pgtable.h>
#include <linux/vmalloc.h>
#include <asm/bootparam.h>
#include <asm/cpufeature.h>
#include <asm/kexec-bzimage64.h>
#include <asm/purgatory.h>

#include "crash_load.h"
#include "kexec_bootparams.h"
#include "kexec_bzimage_header.h"

/* Nothing is placed below: BIOS data, and the vectors of real mode. */
#define PLACE_MIN	0x3000UL
#define PLACE_KERNEL_MIN 0x100000UL

/* The files, and the command line without its NUL */
struct load_request {
	char *kernel;
	char *initrd;
	unsigned long initrd_len;
	const char *cmdline;
	unsigned long cmdline_len;
};

/* Addresses that the parameters are built with */
struct placement {
	unsigned long kernel;
	unsigned long initrd;
};

static int parse(const void *kernel, size_t size, struct bzimage *bz)
{
	const enum bzimage_entry entry = IS_ENABLED(CONFIG_X86_64) ?
					 BZIMAGE_ENTRY_64 : BZIMAGE_ENTRY_32;
	enum bzimage_fault fault = bzimage_parse(kernel, size, entry, bz);

	if (fault) {
		pr_err_ratelimited("the kernel image (%zu bytes) %s\n", size,
				   bzimage_strfault(fault));
		return -ENOEXEC;
	}

	return 0;
}

/*
 * In long mode it is entered with this kernel's kind of page tables; a 64-bit
 * one that is entered by the 32-bit way goes there by itself, if it can.
 */
#ifdef CONFIG_X86_64
static int check_mode(const struct bzimage *bz)
{
	if (!pgtable_l5_enabled() || bz->xloadflags & XLF_5LEVEL)
		return 0;

	pr_err_ratelimited("the kernel image cannot be entered with 5-level page tables (XLF_5LEVEL is clear); boot this kernel with no5lvl\n");
	return -ENOEXEC;
}
#else
static int check_mode(const struct bzimage *bz)
{
	if (!(bz->xloadflags & XLF_KERNEL_64) || boot_cpu_has(X86_FEATURE_LM))
		return 0;

	pr_err_ratelimited("the kernel image is for 64 bits, which this processor has not\n");
	return -ENOEXEC;
}
#endif

static int probe(const char *kernel, unsigned long size)
{
	struct bzimage bz;
	int ret;

	ret = parse(kernel, size, &bz);
	if (ret)
		return ret;

	return check_mode(&bz);
}

/*
 * Validate
 */

/* A 64-bit capture kernel does not take a 32-bit kernel's core headers. */
static int check_dump(const struct kimage *image, const struct bzimage *bz)
{
	if (IS_ENABLED(CONFIG_X86_64) || image->type != KEXEC_TYPE_CRASH ||
	    !(bz->xloadflags & XLF_KERNEL_64))
		return 0;

	pr_err("the kernel image is for 64 bits, and would not read the dump of this 32-bit kernel; load a 32-bit one\n");
	return -ENOEXEC;
}

static int check_cmdline(const struct kimage *image, const struct bzimage *bz,
			 size_t len)
{
	size_t want = len;

	if (image->type == KEXEC_TYPE_CRASH)
		want += CRASH_ELFCOREHDR_ARG_MAX - 1;

	if (want <= bz->cmdline_max)
		return 0;

	pr_err("the command line (%zu characters%s) is longer than the %u that the kernel image takes\n",
	       want, image->type == KEXEC_TYPE_CRASH ? " with elfcorehdr=" : "",
	       bz->cmdline_max);
	return -EINVAL;
}

/*
 * Place
 */

/*
 * What it can use is known here, and not found out with CPUID on the way:
 * where the hypervisor does not see the guest's registers, CPUID is an
 * exception, and purgatory handles none.
 */
static u32 purgatory_flags(void)
{
	if (IS_ENABLED(CONFIG_X86_64) && IS_ENABLED(CONFIG_AS_SHA256_NI) &&
	    boot_cpu_has(X86_FEATURE_SHA_NI) && boot_cpu_has(X86_FEATURE_SSSE3))
		return PURGATORY_FLAG_SHA;

	return 0;
}

static int place_purgatory(struct kimage *image)
{
	struct purgatory_params *params;
	struct kexec_buf kbuf = {
		.image = image,
		.mem = KEXEC_BUF_MEM_UNKNOWN,
		.buf_min = PLACE_MIN,
		.buf_max = ULONG_MAX,
		.top_down = true,
	};
	int ret;

	ret = kexec_load_purgatory(image, &kbuf);
	if (ret) {
		pr_err("cannot place purgatory (%d)\n", ret);
		return ret;
	}
	params = image->purgatory_info.purgatory_buf;
	params->flags = purgatory_flags();
	kexec_dprintk("purgatory at %#lx, flags %#x\n", kbuf.mem,
		      params->flags);

	return 0;
}

static int place_bootparams(struct kimage *image, const struct bzimage *bz,
			    struct bootparams *bp)
{
	struct kexec_buf kbuf = {
		.image = image,
		.buffer = bp->buf,
		.bufsz = bp->size,
		.memsz = bp->size,
		.mem = KEXEC_BUF_MEM_UNKNOWN,
		.buf_align = PAGE_SIZE,
		.buf_min = PLACE_MIN,
		.buf_max = min_t(u64, bz->params_highest, ULONG_MAX),
		.top_down = true,
	};
	int ret;

	ret = kexec_add_buffer(&kbuf);
	if (ret)
		return ret;

	bp->phys = kbuf.mem;
	kexec_dprintk("boot parameters: %#zx bytes at %#lx\n", bp->size,
		      kbuf.mem);

	return 0;
}

static int place_kernel(struct kimage *image, char *kernel,
			const struct bzimage *bz, unsigned long *addr)
{
	struct kexec_buf kbuf = {
		.image = image,
		.buffer = kernel + bz->setup_size,
		.bufsz = bz->kernel_size,
		.memsz = bz->init_size,
		.mem = KEXEC_BUF_MEM_UNKNOWN,
		.buf_align = bz->alignment,
		.buf_min = bz->lowest,
		.buf_max = min_t(u64, bz->highest, ULONG_MAX),
	};
	int ret;

	ret = kexec_add_buffer(&kbuf);
	if (ret) {
		pr_err("no place for the kernel: it needs %#llx bytes, aligned to %#llx, between %#llx and %#llx%s\n",
		       bz->init_size, bz->alignment, bz->lowest, bz->highest,
		       bz->fixed ? "; it is not relocatable: it needs CONFIG_RELOCATABLE=y" : "");
		return ret;
	}

	*addr = kbuf.mem;
	kexec_dprintk("kernel: %#lx bytes for %#lx at %#lx\n", kbuf.bufsz,
		      kbuf.memsz, kbuf.mem);

	return 0;
}

static int place_initrd(struct kimage *image, const struct bzimage *bz,
			char *initrd, unsigned long size, unsigned long *addr)
{
	struct kexec_buf kbuf = {
		.image = image,
		.buffer = initrd,
		.bufsz = size,
		.memsz = size,
		.mem = KEXEC_BUF_MEM_UNKNOWN,
		.buf_align = PAGE_SIZE,
		.buf_min = PLACE_KERNEL_MIN,
		.buf_max = min_t(u64, bz->initrd_highest, ULONG_MAX),
		.top_down = true,
	};
	int ret;

	*addr = 0;
	if (!size)
		return 0;

	ret = kexec_add_buffer(&kbuf);
	if (ret) {
		pr_err("no place for the initrd of %lu bytes up to %#llx\n",
		       size, bz->initrd_highest);
		return ret;
	}

	*addr = kbuf.mem;
	kexec_dprintk("initrd: %#lx bytes at %#lx\n", size, kbuf.mem);

	return 0;
}

static int place_all(struct kimage *image, struct bootparams *bp,
		     const struct bzimage *bz, const struct load_request *rq,
		     struct placement *at)
{
	int ret;

	ret = place_purgatory(image);
	if (ret)
		return ret;

	ret = place_bootparams(image, bz, bp);
	if (ret)
		return ret;

	ret = place_kernel(image, rq->kernel, bz, &at->kernel);
	if (ret)
		return ret;

	return place_initrd(image, bz, rq->initrd, rq->initrd_len,
			    &at->initrd);
}

/*
 * Build the parameters. The buffers are copied into the image when the loader
 * is done, so this may go on writing after they were placed.
 */
static int build_bootparams(struct kimage *image, struct bootparams *bp,
			    const struct bzimage *bz,
			    const struct load_request *rq,
			    const struct placement *at)
{
	int ret;

	ret = bootparams_fill(bp, image, rq->kernel, bz);
	if (ret)
		return ret;

	bootparams_set_cmdline(bp, image, rq->cmdline, rq->cmdline_len);
	bootparams_set_kernel(bp, at->kernel);
	bootparams_set_initrd(bp, at->initrd, rq->initrd_len);

	return 0;
}

static int load_all(struct kimage *image, struct bootparams *bp,
		    const struct bzimage *bz, const struct load_request *rq)
{
	struct placement at;
	int ret;

	ret = place_all(image, bp, bz, rq, &at);
	if (ret)
		return ret;

	ret = build_bootparams(image, bp, bz, rq, &at);
	if (ret)
		return ret;

	return kexec_purgatory_set_target(image, at.kernel + bz->entry,
					  bp->phys);
}

static void *load(struct kimage *image, char *kernel,
		  unsigned long kernel_len, char *initrd,
		  unsigned long initrd_len, char *cmdline,
		  unsigned long cmdline_len)
{
	const struct load_request rq = {
		.kernel = kernel,
		.initrd = initrd,
		.initrd_len = initrd_len,
		.cmdline = cmdline,
		.cmdline_len = cmdline_len ? cmdline_len - 1 : 0,
	};
	struct bootparams *bp;
	struct bzimage bz;
	int ret;

	ret = parse(kernel, kernel_len, &bz);
	if (ret)
		return ERR_PTR(ret);

	ret = check_dump(image, &bz);
	if (ret)
		return ERR_PTR(ret);

	ret = check_cmdline(image, &bz, rq.cmdline_len);
	if (ret)
		return ERR_PTR(ret);

	if (image->type == KEXEC_TYPE_CRASH) {
		ret = crash_load_elfcorehdr(image);
		if (ret)
			return ERR_PTR(ret);
	}

	bp = bootparams_create(image, &bz, rq.cmdline_len);
	if (IS_ERR(bp))
		return bp;

	ret = load_all(image, bp, &bz, &rq);
	if (ret) {
		bootparams_destroy(bp);
		return ERR_PTR(ret);
	}

	return bp;
}

/* The caller frees @loader_data itself. */
static int cleanup(void *loader_data)
{
	struct bootparams *bp = loader_data;

	if (bp)
		bootparams_release(bp);

	return 0;
}

/**
 * arch_kimage_file_post_load_cleanup() - free what loading needed
 * @image: loaded, or not; may be called again
 *
 * Return: 0
 */
int arch_kimage_file_post_load_cleanup(struct kimage *image)
{
	vfree(image->elf_headers);
	image->elf_headers = NULL;
	image->elf_headers_sz = 0;

	return kexec_image_post_load_cleanup_default(image);
}

const struct kexec_file_ops kexec_bzImage64_ops = {
	.probe = probe,
	.load = load,
	.cleanup = cleanup,
#ifdef CONFIG_KEXEC_BZIMAGE_VERIFY_SIG
	.verify_sig = kexec_kernel_verify_pe_sig,
#endif
};

const struct kexec_file_ops * const kexec_file_loaders[] = {
	&kexec_bzImage64_ops,
	NULL,
};
