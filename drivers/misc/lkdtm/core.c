// SPDX-License-Identifier: GPL-2.0
/*
 * Linux Kernel Dump Test Module: makes the kernel crash where and how it is told
 * to, to see what becomes of the dump. This is the side that users see, the
 * module parameters and the directory provoke-crash/ in debugfs; the engine is
 * in probe.c, the list of its files in point.h.
 *
 * See Documentation/fault-injection/provoke-crashes.rst
 */

#include "lkdtm.h"
#include "point.h"

#include <linux/cleanup.h>
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/utsname.h>

#define DIRECT		"DIRECT"
#define DEFAULT_COUNT	10
#define LONGEST_WORD	64
#define LONGEST_LINE	900	/* the log cuts one of more than 1000 */
#define DIRECTORY	"provoke-crash"

static char *cpoint_name;
module_param(cpoint_name, charp, 0444);
MODULE_PARM_DESC(cpoint_name, "where to crash: a file of debugfs' provoke-crash/");

static char *cpoint_type;
module_param(cpoint_type, charp, 0444);
MODULE_PARM_DESC(cpoint_type, "how to crash: a line of one of those files");

/* Negative: what lkdtm_bugs_init() works out. It looks here only that once. */
static int recur_count = -1;
module_param(recur_count, int, 0444);
MODULE_PARM_DESC(recur_count, "how deep EXHAUST_STACK recurses");

static unsigned int cpoint_count = DEFAULT_COUNT;

static int count_set(const char *value, const struct kernel_param *kp)
{
	int ret = param_set_uint_minmax(value, kp, 1, INT_MAX);

	if (ret)
		pr_err("cpoint_count=%s: give a number of hits, from 1\n",
		       value ?: "");
	return ret;
}

static const struct kernel_param_ops count_ops = {
	.set = count_set,
	.get = param_get_uint,
};

module_param_cb(cpoint_count, &count_ops, &cpoint_count, 0644);
MODULE_PARM_DESC(cpoint_count, "at which hit of the point to crash (default 10)");

static struct dentry *directory;

char *lkdtm_kernel_info;

/* DIRECT stands for the point that is no point: there and then. */
static bool is_direct(const struct point *point)
{
	return !point;
}

static const char *place_name(const struct point *point)
{
	return is_direct(point) ? DIRECT : point->name;
}

static int refuse_type(const char *word)
{
	char *list __free(kfree) = kmalloc(PAGE_SIZE, GFP_KERNEL);
	size_t size;

	pr_err("there is no crash type '%s': give one of the following\n", word);
	if (!list)
		return -EINVAL;
	types_list(list, PAGE_SIZE);
	strreplace(list, '\n', ' ');
	for (const char *rest = list; *rest; rest += size) {
		size = names_cut(rest, LONGEST_LINE);
		pr_err("  %.*s\n", (int)size, rest);
	}
	return -EINVAL;
}

static int refuse_name(const char *word)
{
	size_t size = nr_points * LONGEST_WORD, used = 0;
	char *names = kzalloc(size, GFP_KERNEL);

	for (unsigned int i = 0; names && i < nr_points; i++)
		used += scnprintf(names + used, size - used, " %s",
				  points[i].name);
	pr_err("there is no crash point '%s': give one of " DIRECT "%s\n",
	       word, names ?: "");
	kfree(names);
	return -EINVAL;
}

/* Whether @type may be asked for at @point: 0, or -EINVAL. */
static int pair_check(const struct point *point, const struct crashtype *type)
{
	if (is_direct(point) || !type->sleeps)
		return 0;
	pr_err("%s: %s has to sleep: use it with " DIRECT "\n", point->name,
	       type->name);
	return -EINVAL;
}

/* Arms @point, which cannot be DIRECT's, or crashes there and then. */
static int provoke(const struct point *point, const struct crashtype *type)
{
	if (!is_direct(point))
		return point_arm(point, type, cpoint_count);

	pr_info(DIRECT ": %s\n", type->name);
	/* What kills the task here leaves the file in use, and it stays so. */
	__module_get(THIS_MODULE);
	type->func();
	module_put(THIS_MODULE);
	return 0;
}

static int provoke_by_word(const struct point *point, const char *word)
{
	const struct crashtype *type = type_find(word);

	if (!is_direct(point) && !strcmp(word, POINT_DISARM))
		return point_disarm(point);
	if (!type)
		return refuse_type(word);
	return pair_check(point, type) ?: provoke(point, type);
}

static ssize_t place_write(struct file *file, const char __user *from,
			   size_t size, loff_t *pos)
{
	const struct point *point = file_inode(file)->i_private;
	char word[LONGEST_WORD];
	int ret;

	if (!size || size >= sizeof(word)) {
		pr_err("%s: write the name of a crash type to it; reading it lists them\n",
		       place_name(point));
		return -EINVAL;
	}
	if (copy_from_user(word, from, size))
		return -EFAULT;
	word[size] = '\0';

	ret = provoke_by_word(point, strim(word));
	if (ret)
		return ret;
	*pos += size;
	return size;
}

static ssize_t place_read(struct file *file, char __user *to, size_t size,
			  loff_t *pos)
{
	char *list __free(kfree) = kmalloc(PAGE_SIZE, GFP_KERNEL);
	size_t used;

	if (!list)
		return -ENOMEM;
	used = scnprintf(list, PAGE_SIZE, "Available crash types:\n");
	used += types_list(list + used, PAGE_SIZE - used);
	return simple_read_from_buffer(to, size, pos, list, used);
}

static const struct file_operations place_fops = {
	.owner = THIS_MODULE,
	.open = nonseekable_open,
	.read = place_read,
	.write = place_write,
};

static void directory_create(void)
{
	directory = debugfs_create_dir(DIRECTORY, NULL);
	debugfs_create_file(DIRECT, 0644, directory, NULL, &place_fops);
	if (!IS_ENABLED(CONFIG_KPROBES))
		return;
	for (unsigned int i = 0; i < nr_points; i++)
		debugfs_create_file(points[i].name, 0644, directory,
				    (void *)&points[i], &place_fops);
}

/**
 * struct request - what the module parameters ask for
 * @point: where, NULL for DIRECT
 * @type: how, NULL if nothing is asked for
 */
struct request {
	const struct point *point;
	const struct crashtype *type;
};

static int __init request_parse(struct request *request)
{
	int ret;

	if (!cpoint_name && !cpoint_type)
		return 0;
	if (!cpoint_name || !cpoint_type) {
		pr_err("cpoint_name= says where to crash and cpoint_type= how: give both or none\n");
		return -EINVAL;
	}
	request->point = point_find(cpoint_name);
	if (!request->point && strcmp(cpoint_name, DIRECT))
		return refuse_name(cpoint_name);
	request->type = type_find(cpoint_type);
	if (!request->type)
		return refuse_type(cpoint_type);
	ret = pair_check(request->point, request->type);
	if (ret)
		request->type = NULL;
	return ret;
}

static int __init engine_init(void)
{
	int ret;

	lkdtm_kernel_info = kasprintf(GFP_KERNEL, "%s %s",
				      init_utsname()->release,
				      init_utsname()->machine);
	if (!lkdtm_kernel_info)
		return -ENOMEM;
	ret = points_init();
	if (ret)
		kfree(lkdtm_kernel_info);
	return ret;
}

static int __init lkdtm_init(void)
{
	struct request request = { };
	int ret;

	/* Built in there is no second try: what else there is stays of use. */
	ret = request_parse(&request);
	if (ret && IS_MODULE(CONFIG_LKDTM))
		return ret;
	ret = engine_init();
	if (ret)
		return ret;

	lkdtm_bugs_init(&recur_count);
	lkdtm_perms_init();
	lkdtm_usercopy_init();
	lkdtm_heap_init();
	directory_create();

	/* A point that this kernel does not have has said so. */
	if (request.type)
		provoke(request.point, request.type);
	return 0;
}

static void __exit lkdtm_exit(void)
{
	debugfs_remove(directory);
	points_exit();
	lkdtm_dump_exit();
	lkdtm_usercopy_exit();
	lkdtm_heap_exit();
	kfree(lkdtm_kernel_info);
}

module_init(lkdtm_init);
module_exit(lkdtm_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Linux Kernel Dump Test Module");
