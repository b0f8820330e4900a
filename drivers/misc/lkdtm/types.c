// SPDX-License-Identifier: GPL-2.0
/*
 * The crash types there are: each file of them has a table, this is the table
 * of the tables.
 */

#include "lkdtm.h"
#include "point.h"

#include <linux/string.h>

static const struct crashtype_category * const categories[] = {
	&bugs_crashtypes, &dump_crashtypes, &heap_crashtypes,
	&refcount_crashtypes, &perms_crashtypes, &usercopy_crashtypes,
	&cfi_crashtypes, &fortify_crashtypes, &stackleak_crashtypes,
#ifdef CONFIG_PPC_64S_HASH_MMU
	&powerpc_crashtypes,
#endif
};

static const struct crashtype *category_find(const struct crashtype_category *c,
					     const char *name)
{
	for (size_t i = 0; i < c->len; i++)
		if (!strcmp(c->crashtypes[i].name, name))
			return &c->crashtypes[i];
	return NULL;
}

/**
 * type_find() - the crash type of a name
 * @name: as a user writes it, without white space around it
 *
 * Return: the type, NULL if there is none of that name.
 */
const struct crashtype *type_find(const char *name)
{
	const struct crashtype *type = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(categories) && !type; i++)
		type = category_find(categories[i], name);
	return type;
}

/**
 * types_list() - the names of all crash types, a line each
 * @buffer: where they go; always terminated
 * @size: of @buffer
 *
 * Return: how many bytes were written, without the terminating one. What does
 * not fit is left out.
 */
size_t types_list(char *buffer, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < ARRAY_SIZE(categories); i++)
		for (size_t j = 0; j < categories[i]->len; j++)
			used += scnprintf(buffer + used, size - used, "%s\n",
					  categories[i]->crashtypes[j].name);
	return used;
}

/**
 * names_cut() - how much of a list of names goes into a line
 * @names: with a space behind each of them
 * @most: bytes that a line has room for
 *
 * Return: how many bytes of @names, all of them or up to and with the last
 * space that has room; @most where there is none.
 */
size_t names_cut(const char *names, size_t most)
{
	size_t size = strnlen(names, most + 1);

	if (size <= most)
		return size;
	for (size = most; size; size--)
		if (names[size - 1] == ' ')
			return size;
	return most;
}
