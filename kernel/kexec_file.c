// SPDX-License-Identifier: GPL-2.0-only
/*
 * kexec_file_load(2): the caller hands over files, and the kernel makes the
 * segments. So it knows what it is about to start: signatures are checked
 * here, and what is checked cannot be changed any more.
 *
 * The phases: read the files, verify the kernel's signature, let the loader
 * for its format place segments, digest them for purgatory, commit.
 */

#define pr_fmt(fmt) "kexec_file: " fmt

#include <linux/capability.h>
#include <linux/cleanup.h>
#include <linux/crash_reserve.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/ima.h>
#include <linux/kernel_read_file.h>
#include <linux/kexec.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/syscalls.h>
#include <linux/verification.h>
#include <linux/vmalloc.h>

#include "kexec_internal.h"

static const unsigned long known_flags =
	KEXEC_FILE_UNLOAD | KEXEC_FILE_ON_CRASH | KEXEC_FILE_NO_INITRAMFS |
	KEXEC_FILE_DEBUG;

/* Files beyond this are not kernels. */
#define FILE_SIZE_MAX	min_t(s64, SZ_4G, SSIZE_MAX)

/**
 * kexec_image_probe_default() - find the loader for a file
 * @image:   gets the loader
 * @buf:     the file
 * @buf_len: its size in bytes
 *
 * Return: 0, or what the last of the loaders said, -ENOEXEC as a rule.
 */
int kexec_image_probe_default(struct kimage *image, void *buf,
			      unsigned long buf_len)
{
	int ret = -ENOEXEC;

	for (const struct kexec_file_ops *const *loader = kexec_file_loaders;
	     *loader; loader++) {
		ret = (*loader)->probe(buf, buf_len);
		if (!ret) {
			image->fops = *loader;
			return 0;
		}
	}

	return ret;
}

/**
 * kexec_image_post_load_cleanup_default() - let the loader clean up
 * @image: with or without a loader
 *
 * Return: 0 or what the loader's cleanup said.
 */
int kexec_image_post_load_cleanup_default(struct kimage *image)
{
	if (!image->fops || !image->fops->cleanup ||
	    !image->image_loader_data)
		return 0;

	return image->fops->cleanup(image->image_loader_data);
}

static void free_and_forget(void *where)
{
	void **buffer = where;

	kvfree(*buffer);
	*buffer = NULL;
}

#ifdef CONFIG_IMA_KEXEC
static void free_ima_buffer(struct kimage *image)
{
	free_and_forget(&image->ima_buffer);
}
#else
static void free_ima_buffer(struct kimage *image) { }
#endif

/**
 * kimage_file_free() - free what only loading needed
 * @image: any image; may be called more than once
 */
void kimage_file_free(struct kimage *image)
{
	if (!image->file_mode)
		return;

	arch_kimage_file_post_load_cleanup(image);

	free_and_forget(&image->image_loader_data);
	free_and_forget(&image->kernel_buf);
	free_and_forget(&image->initrd_buf);
	free_and_forget(&image->cmdline_buf);
	free_and_forget(&image->purgatory_info.purgatory_buf);
	free_and_forget(&image->purgatory_info.sechdrs);
	free_ima_buffer(image);
}

#ifdef CONFIG_KEXEC_SIG
static bool sig_enforced = IS_ENABLED(CONFIG_KEXEC_SIG_FORCE);

/**
 * set_kexec_sig_enforced() - from now on take signed kernels only
 */
void set_kexec_sig_enforced(void)
{
	sig_enforced = true;
}

#ifdef CONFIG_SIGNED_PE_FILE_VERIFICATION
/**
 * kexec_kernel_verify_pe_sig() - check the signature of a PE file
 * @file: the file
 * @size: its size in bytes
 *
 * Return: 0 if a key of this machine made the signature, or a negative errno.
 */
int kexec_kernel_verify_pe_sig(const char *file, unsigned long size)
{
	/*
	 * The keys that the kernel was built with and those added since;
	 * then the firmware's: db, and the machine owner's.
	 */
	struct key *const keyrings[] = {
		VERIFY_USE_SECONDARY_KEYRING, VERIFY_USE_PLATFORM_KEYRING,
	};
	int nr = IS_ENABLED(CONFIG_INTEGRITY_PLATFORM_KEYRING) ? 2 : 1;
	int ret = -ENOKEY;

	for (int i = 0; i < nr && ret == -ENOKEY; i++)
		ret = verify_pefile_signature(file, size, keyrings[i],
					      VERIFYING_KEXEC_PE_SIGNATURE);

	return ret;
}
#endif

static int image_verify(struct kimage *image)
{
	int ret = -EKEYREJECTED;

	if (image->fops->verify_sig)
		ret = image->fops->verify_sig(image->kernel_buf,
					      image->kernel_buf_len);
	else
		pr_debug("this kind of kernel file carries no signature\n");

	if (!ret)
		return 0;

	if (sig_enforced) {
		pr_notice("signature of the kernel refused (%d), and only signed kernels are taken\n",
			  ret);
		return ret;
	}

	/* Lockdown wants somebody to have vouched for the kernel. */
	if (!ima_appraise_signature(READING_KEXEC_IMAGE) &&
	    security_locked_down(LOCKDOWN_KEXEC))
		return ret == -ENOMEM ? ret : -EPERM;

	pr_debug("kernel without a good signature (%d)\n", ret);
	return 0;
}
#else
static int image_verify(struct kimage *image)
{
	return 0;
}
#endif /* CONFIG_KEXEC_SIG */

static int read_file(int fd, enum kernel_read_file_id what, void **buf,
		     unsigned long *len)
{
	ssize_t size;

	size = kernel_read_file_from_fd(fd, 0, buf, FILE_SIZE_MAX, NULL, what);
	if (size < 0)
		return size;
	*len = size;
	kexec_dprintk("%s: %zd bytes\n",
		      what == READING_KEXEC_IMAGE ? "kernel" : "initrd", size);

	return 0;
}

static int read_cmdline(struct kimage *image, int kernel_fd,
			const char __user *cmdline, unsigned long len)
{
	char *copy = memdup_user(cmdline, len);

	if (IS_ERR(copy))
		return PTR_ERR(copy);

	image->cmdline_buf = copy;
	image->cmdline_buf_len = len;
	if (copy[len - 1])
		return -EINVAL;

	ima_kexec_cmdline(kernel_fd, copy, len - 1);

	return 0;
}

/* What the caller of the system call gave. */
struct load_request {
	int kernel_fd;
	int initrd_fd;
	unsigned long cmdline_len;
	const char __user *cmdline;
	unsigned long flags;
};

/* Files first, so that what is verified is what is loaded. */
static int image_read(struct kimage *image, const struct load_request *rq)
{
	int ret;

	ret = read_file(rq->kernel_fd, READING_KEXEC_IMAGE, &image->kernel_buf,
			&image->kernel_buf_len);
	if (ret)
		return ret;

	ret = arch_kexec_kernel_image_probe(image, image->kernel_buf,
					    image->kernel_buf_len);
	if (ret) {
		pr_err("the kernel file (%lu bytes) is in no format that this kernel can load\n",
		       image->kernel_buf_len);
		return ret;
	}

	ret = image_verify(image);
	if (ret)
		return ret;

	if (!(rq->flags & KEXEC_FILE_NO_INITRAMFS)) {
		ret = read_file(rq->initrd_fd, READING_KEXEC_INITRAMFS,
				&image->initrd_buf, &image->initrd_buf_len);
		if (ret)
			return ret;
	}

	if (rq->cmdline_len)
		return read_cmdline(image, rq->kernel_fd, rq->cmdline,
				    rq->cmdline_len);

	return 0;
}

/* The loader of the format turns files into segments. */
static int image_place(struct kimage *image)
{
	void *data;

	/* IMA's list goes first: the loader tells the next kernel where. */
	ima_add_kexec_buffer(image);

	data = image->fops->load(image, image->kernel_buf,
				 image->kernel_buf_len, image->initrd_buf,
				 image->initrd_buf_len, image->cmdline_buf,
				 image->cmdline_buf_len);
	if (IS_ERR(data))
		return PTR_ERR(data);
	image->image_loader_data = data;

	return 0;
}

static void print_segments(const struct kimage *image)
{
	kexec_dprintk("%s image: %lu segments, entered at %#lx\n",
		      image->type == KEXEC_TYPE_CRASH ? "crash" : "ordinary",
		      image->nr_segments, image->start);

	for (unsigned long i = 0; i < image->nr_segments; i++) {
		const struct kexec_segment *s = &image->segment[i];

		kexec_dprintk("segment %lu: %#zx bytes for %#zx at %#lx\n",
			      i, s->bufsz, s->memsz, s->mem);
	}
}

static int load(const struct load_request *rq, enum kexec_image_type type)
{
	struct kimage *image __free(kimage) = kimage_create(type);
	int ret;

	if (!image)
		return -ENOMEM;
	image->file_mode = 1;
	kimage_hotplug_set(image, 0);

	ret = image_read(image, rq);
	if (ret)
		return ret;

	ret = image_place(image);
	if (ret)
		return ret;

	ret = kexec_check_segments(image);
	if (ret)
		return ret;

	ret = kexec_digest_segments(image);
	if (ret)
		return ret;
	print_segments(image);

	ret = kexec_commit(image);
	if (ret)
		return ret;

	kimage_file_free(no_free_ptr(image));

	return 0;
}

/**
 * sys_kexec_file_load() - load an image from files, or unload one
 * @kernel_fd:   the kernel
 * @initrd_fd:   the initial RAM file system
 * @cmdline_len: bytes at @cmdline, the final NUL among them
 * @cmdline:     the command line
 * @flags:       KEXEC_FILE_*
 *
 * Return: 0, or
 * -EPERM          as kexec_load(2); an unsigned kernel under lockdown
 * -EINVAL         unknown flags; a command line without its NUL or too long
 *                 for the kernel
 * -ENOEXEC        a file that is no kernel, or one that cannot be loaded
 * -EADDRNOTAVAIL  no room: none in the crash region, or nothing is reserved
 * -EBADF, -EFBIG, ...  the files cannot be read
 * -EKEYREJECTED, -ENODATA, ...  the signature, where one is needed
 * -EBUSY, -EFAULT, -ENOMEM  as kexec_load(2)
 */
SYSCALL_DEFINE5(kexec_file_load,
		int, kernel_fd, int, initrd_fd, unsigned long, cmdline_len,
		const char __user *, cmdline, unsigned long, flags)
{
	enum kexec_image_type type = flags & KEXEC_FILE_ON_CRASH ?
				     KEXEC_TYPE_CRASH : KEXEC_TYPE_DEFAULT;
	const struct load_request rq = {
		.kernel_fd = kernel_fd,
		.initrd_fd = initrd_fd,
		.cmdline_len = cmdline_len,
		.cmdline = cmdline,
		.flags = flags,
	};
	int ret = 0;

	if (!kexec_load_permitted(type))
		return -EPERM;

	if (flags & ~known_flags)
		return -EINVAL;

	if (!mutex_trylock(&kexec_load_lock))
		return -EBUSY;

	kexec_file_dbg_print = !!(flags & KEXEC_FILE_DEBUG);
	if (flags & KEXEC_FILE_UNLOAD)
		kexec_unload(type);
	else
		ret = load(&rq, type);
	kexec_file_dbg_print = false;

	mutex_unlock(&kexec_load_lock);

	return ret;
}
