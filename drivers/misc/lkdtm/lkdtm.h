/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __LKDTM_H
#define __LKDTM_H

/*
 * What a file of crash types shares with the engine: how a type is declared,
 * how a test says that it was to be expected, and the set-up of those that
 * need one. The engine's own parts are in point.h.
 */
#define pr_fmt(fmt) "lkdtm: " fmt

#include <linux/array_size.h>
#include <linux/init.h>
#include <linux/kconfig.h>
#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/types.h>

/**
 * struct crashtype - one way to harm the kernel
 * @func: does it, in whatever context the crash point is; may return
 * @name: what users write for it
 * @sleeps: may sleep, so it is not for points, where the kernel may not: there
 *	is no telling what is held by whom a point is hit in
 */
struct crashtype {
	void (*func)(void);
	const char *name;
	bool sleeps;
};

/* A row of a category: lkdtm_NAME() is what NAME does. */
#define CRASHTYPE(NAME)	{ .func = lkdtm_##NAME, .name = #NAME }
#define CRASHTYPE_SLEEPS(NAME)	\
	{ .func = lkdtm_##NAME, .name = #NAME, .sleeps = true }

/**
 * struct crashtype_category - the crash types of one file
 * @len: how many there are
 * @crashtypes: the types, in the order in which they are listed
 */
struct crashtype_category {
	size_t len;
	struct crashtype *crashtypes;
};

/* "release machine", for messages that are read without the rest of the log */
extern char *lkdtm_kernel_info;

void lkdtm_explain_config(const char *option, bool built);
void lkdtm_explain_param(const char *option, bool built, const char *param);

/*
 * For a test that was not stopped: whether that had to be expected, by what
 * the kernel was built with (CONFIG_ option) ...
 */
#define pr_expected_config(CONFIG_option)			\
	lkdtm_explain_config(#CONFIG_option, IS_ENABLED(CONFIG_option))

/* ... and by the boolean parameter that overrides it at boot. */
#define pr_expected_config_param(CONFIG_option, param)		\
	lkdtm_explain_param(#CONFIG_option, IS_ENABLED(CONFIG_option), param)

/* Logic: works out how deep to recurse where that is not given. */
extern struct crashtype_category bugs_crashtypes;
void __init lkdtm_bugs_init(int *recur_param);

/* The way to the dump. */
extern struct crashtype_category dump_crashtypes;
void __exit lkdtm_dump_exit(void);

/* Memory: which may be used for what, and when no more. */
extern struct crashtype_category heap_crashtypes;
void __exit lkdtm_heap_exit(void);
void __init lkdtm_heap_init(void);
extern struct crashtype_category refcount_crashtypes;

/* Memory: where what may be written to, copied from or run. */
extern struct crashtype_category perms_crashtypes;
void __init lkdtm_perms_init(void);
void lkdtm_rodata_do_nothing(void);
extern struct crashtype_category usercopy_crashtypes;
void __exit lkdtm_usercopy_exit(void);
void __init lkdtm_usercopy_init(void);

/* What compilers and single architectures check. */
extern struct crashtype_category cfi_crashtypes;
extern struct crashtype_category fortify_crashtypes;
extern struct crashtype_category powerpc_crashtypes;
extern struct crashtype_category stackleak_crashtypes;

#endif
