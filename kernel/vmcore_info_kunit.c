// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of vmcoreinfo: what this very kernel says about itself, in the
 * form that tools parse.
 */

#include <kunit/test.h>
#include <linux/cpumask.h>
#include <linux/elf.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/utsname.h>
#include <linux/vmcore_info.h>

#include <asm/sections.h>

/* The value of a line, as text that ends at the newline; NULL without it. */
static const char *line_value(const char *key)
{
	const char *line = vmcoreinfo_data;
	size_t len = strlen(key);

	while (line && *line) {
		if (!strncmp(line, key, len) && line[len] == '=')
			return line + len + 1;
		line = strchr(line, '\n');
		if (line)
			line++;
	}
	return NULL;
}

static bool line_is(const char *key, const char *fmt, long value)
{
	const char *found = line_value(key);
	char want[32];
	int len = snprintf(want, sizeof(want), fmt, value);

	return found && !strncmp(found, want, len) && found[len] == '\n';
}

/* Lines without which crash, drgn or makedumpfile give up. */
static const char * const required[] = {
	"OSRELEASE",
	"BUILD-ID",
	"PAGESIZE",
	"SYMBOL(init_uts_ns)",
	"OFFSET(uts_namespace.name)",
	"SYMBOL(node_online_map)",
	"SYMBOL(_stext)",
#ifdef CONFIG_MMU
	"SYMBOL(swapper_pg_dir)",
	"NUMBER(VMALLOC_START)",
#endif
#ifdef CONFIG_SPARSEMEM
	"SYMBOL(mem_section)",
	"LENGTH(mem_section)",
	"SIZE(mem_section)",
	"OFFSET(mem_section.section_mem_map)",
	"NUMBER(SECTION_SIZE_BITS)",
	"NUMBER(MAX_PHYSMEM_BITS)",
#endif
#ifdef CONFIG_SPARSEMEM_VMEMMAP
	"SYMBOL(vmemmap)",
#endif
#ifdef CONFIG_FLATMEM
	"SYMBOL(mem_map)",
	"OFFSET(pglist_data.node_mem_map)",
#endif
	"SIZE(page)",
	"SIZE(pglist_data)",
	"SIZE(zone)",
	"SIZE(free_area)",
	"SIZE(list_head)",
	"SIZE(nodemask_t)",
	"OFFSET(page.flags)",
	"OFFSET(page._refcount)",
	"OFFSET(page.mapping)",
	"OFFSET(page.lru)",
	"OFFSET(page._mapcount)",
	"OFFSET(page.private)",
	"OFFSET(page.compound_head)",
	"OFFSET(pglist_data.node_zones)",
	"OFFSET(pglist_data.nr_zones)",
	"OFFSET(pglist_data.node_start_pfn)",
	"OFFSET(pglist_data.node_spanned_pages)",
	"OFFSET(pglist_data.node_id)",
	"OFFSET(zone.free_area)",
	"OFFSET(zone.vm_stat)",
	"OFFSET(zone.spanned_pages)",
	"OFFSET(free_area.free_list)",
	"OFFSET(list_head.next)",
	"OFFSET(list_head.prev)",
	"LENGTH(zone.free_area)",
	"LENGTH(free_area.free_list)",
	"NUMBER(NR_FREE_PAGES)",
	"NUMBER(PG_lru)",
	"NUMBER(PG_private)",
	"NUMBER(PG_swapcache)",
	"NUMBER(PG_swapbacked)",
	"NUMBER(PG_head_mask)",
	"NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)",
	"NUMBER(PAGE_OFFLINE_MAPCOUNT_VALUE)",
	"NUMBER(PAGE_SLAB_MAPCOUNT_VALUE)",
	"NUMBER(PAGE_HUGETLB_MAPCOUNT_VALUE)",
#ifdef CONFIG_PRINTK
	"SYMBOL(prb)",
	"SYMBOL(clear_seq)",
	"OFFSET(printk_ringbuffer.desc_ring)",
#endif
#ifdef CONFIG_KALLSYMS
	"SYMBOL(kallsyms_names)",
	"SYMBOL(kallsyms_num_syms)",
	"SYMBOL(kallsyms_token_table)",
	"SYMBOL(kallsyms_token_index)",
	"SYMBOL(kallsyms_offsets)",
	"SYMBOL(kallsyms_relative_base)",
#endif
#ifdef CONFIG_X86_64
	"NUMBER(phys_base)",
	"KERNELOFFSET",
	"NUMBER(KERNEL_IMAGE_SIZE)",
	"SYMBOL(init_top_pgt)",
	"NUMBER(pgtable_l5_enabled)",
	"NUMBER(sme_mask)",
#endif
};

static void has_what_tools_require(struct kunit *test)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(required); i++)
		KUNIT_EXPECT_NOT_NULL_MSG(test, line_value(required[i]),
					  "%s is missing", required[i]);
}

static void values_are_this_kernels(struct kunit *test)
{
	const char *release = line_value("OSRELEASE");
	size_t len = strlen(init_utsname()->release);

	KUNIT_ASSERT_NOT_NULL(test, release);
	KUNIT_EXPECT_EQ(test, 0,
			strncmp(release, init_utsname()->release, len));
	KUNIT_EXPECT_EQ(test, release[len], '\n');

	KUNIT_EXPECT_TRUE(test, line_is("PAGESIZE", "%ld", PAGE_SIZE));
	KUNIT_EXPECT_TRUE(test, line_is("SYMBOL(_stext)", "%lx",
					(unsigned long)_stext));
	KUNIT_EXPECT_TRUE(test, line_is("SIZE(page)", "%ld",
					sizeof(struct page)));
	KUNIT_EXPECT_TRUE(test, line_is("OFFSET(page.lru)", "%ld",
					offsetof(struct page, lru)));
	KUNIT_EXPECT_TRUE(test, line_is("LENGTH(zone.free_area)", "%ld",
					NR_PAGE_ORDERS));
	KUNIT_EXPECT_TRUE(test, line_is("NUMBER(PG_lru)", "%ld", PG_lru));
}

/* A tool that finds a key twice may take either. */
static void lines_are_well_formed(struct kunit *test)
{
	const char *line = vmcoreinfo_data;

	while (*line) {
		const char *end = strchr(line, '\n');
		const char *equals = strchr(line, '=');
		char key[64];

		KUNIT_ASSERT_NOT_NULL_MSG(test, end, "no newline: %s", line);
		KUNIT_ASSERT_TRUE_MSG(test, equals && equals < end,
				      "no '=': %s", line);
		KUNIT_ASSERT_LT(test, equals - line, (long)sizeof(key));
		strscpy(key, line, equals - line + 1);
		KUNIT_EXPECT_PTR_EQ_MSG(test, line_value(key), equals + 1,
					"%s is there twice", key);
		line = end + 1;
	}
	KUNIT_EXPECT_EQ(test, vmcoreinfo_size,
			line - (const char *)vmcoreinfo_data);
}

/* Room for what a crash adds, whatever the configuration has added. */
static void leaves_room(struct kunit *test)
{
	KUNIT_EXPECT_LE(test, vmcoreinfo_size +
			strlen("CRASHTIME=-9223372036854775808\n") +
			strlen("SILENT_CPUS=\n") + 80 + 1,
			VMCOREINFO_BYTES);
}

static void note_holds_the_text(struct kunit *test)
{
	const struct elf_note *note = (void *)vmcoreinfo_note;
	const char *name = (const char *)(note + 1);
	const char *text = name + VMCOREINFO_NOTE_NAME_BYTES;
	const struct elf_note *last;

	KUNIT_EXPECT_EQ(test, note->n_namesz, sizeof(VMCOREINFO_NOTE_NAME));
	KUNIT_EXPECT_EQ(test, note->n_descsz, vmcoreinfo_size);
	KUNIT_EXPECT_EQ(test, note->n_type, 0);
	KUNIT_EXPECT_STREQ(test, name, VMCOREINFO_NOTE_NAME);
	KUNIT_EXPECT_MEMEQ(test, text, vmcoreinfo_data, vmcoreinfo_size);

	last = (void *)(text + ALIGN(vmcoreinfo_size, 4));
	KUNIT_EXPECT_LE(test, (u8 *)(last + 1) - (u8 *)vmcoreinfo_note,
			(long)VMCOREINFO_NOTE_SIZE);
	KUNIT_EXPECT_EQ(test, last->n_namesz, 0);
	KUNIT_EXPECT_EQ(test, last->n_descsz, 0);
	KUNIT_EXPECT_EQ(test, last->n_type, 0);
}

static void crash_with_silent(const struct cpumask *silent)
{
	crash_save_vmcoreinfo();
	crash_save_silent_cpus(silent);
}

/* A dump says of each CPU why it has no registers, or at least of how many. */
static void names_silent_cpus(struct kunit *test)
{
	char *text = kunit_kmalloc(test, VMCOREINFO_BYTES, GFP_KERNEL);
	char *note = kunit_kmalloc(test, VMCOREINFO_NOTE_SIZE, GFP_KERNEL);
	struct cpumask *silent = kunit_kzalloc(test, sizeof(*silent),
					       GFP_KERNEL);
	const size_t size = vmcoreinfo_size;
	int cpu;

	KUNIT_ASSERT_TRUE(test, text && note && silent);
	memcpy(text, vmcoreinfo_data, VMCOREINFO_BYTES);
	memcpy(note, vmcoreinfo_note, VMCOREINFO_NOTE_SIZE);

	cpumask_set_cpu(0, silent);
	crash_with_silent(silent);
	KUNIT_EXPECT_TRUE(test, line_is("SILENT_CPUS", "%ld", 0));
	note_holds_the_text(test);

	if (nr_cpu_ids > 60) {
		for (cpu = 0; cpu < nr_cpu_ids; cpu += 2)
			cpumask_set_cpu(cpu, silent);
		crash_with_silent(silent);
		KUNIT_EXPECT_TRUE(test, line_is("SILENT_CPUS", "%ld of them",
						cpumask_weight(silent)));
		note_holds_the_text(test);
	}

	memcpy(vmcoreinfo_data, text, VMCOREINFO_BYTES);
	memcpy(vmcoreinfo_note, note, VMCOREINFO_NOTE_SIZE);
	vmcoreinfo_size = size;
}

static void notes_are_padded(struct kunit *test)
{
	u32 buf[16];
	u32 *next;

	memset(buf, 0xff, sizeof(buf));
	next = append_elf_note(buf, "CORE", 7, "12345", 5);
	KUNIT_EXPECT_PTR_EQ(test, next, buf + 3 + 2 + 2);
	KUNIT_EXPECT_EQ(test, buf[0], 5);
	KUNIT_EXPECT_EQ(test, buf[1], 5);
	KUNIT_EXPECT_EQ(test, buf[2], 7);
	KUNIT_EXPECT_STREQ(test, (char *)(buf + 3), "CORE");
	KUNIT_EXPECT_MEMEQ(test, buf + 5, "12345", 5);

	final_note(next);
	KUNIT_EXPECT_EQ(test, next[0] | next[1] | next[2], 0);
	KUNIT_EXPECT_EQ_MSG(test, next[3], ~0U, "beyond the end");
}

/* At boot nothing is armed, so there is no copy to be disturbed. */
static void safe_copy_is_the_text(struct kunit *test)
{
	char *page = kunit_kzalloc(test, VMCOREINFO_BYTES, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, page);
	crash_update_vmcoreinfo_safecopy(page);
	crash_update_vmcoreinfo_safecopy(NULL);
	KUNIT_EXPECT_STREQ(test, page, (char *)vmcoreinfo_data);
}

/* Of the text and its copy the one counts that is what it was at boot. */
static void damaged_text_is_replaced(struct kunit *test)
{
	char *note = kunit_kmalloc(test, VMCOREINFO_NOTE_SIZE, GFP_KERNEL);
	char *page = kunit_kzalloc(test, VMCOREINFO_BYTES, GFP_KERNEL);
	size_t size = vmcoreinfo_size;
	unsigned char first;

	KUNIT_ASSERT_TRUE(test, note && page);
	memcpy(note, vmcoreinfo_note, VMCOREINFO_NOTE_SIZE);
	first = vmcoreinfo_data[0];
	crash_update_vmcoreinfo_safecopy(page);

	vmcoreinfo_data[0] = first + 1;
	crash_save_vmcoreinfo();
	KUNIT_EXPECT_EQ(test, vmcoreinfo_data[0], first);

	page[0] = first + 1;
	crash_save_vmcoreinfo();
	KUNIT_EXPECT_EQ(test, vmcoreinfo_data[0], first);

	crash_update_vmcoreinfo_safecopy(NULL);
	vmcoreinfo_data[0] = first;
	memset(vmcoreinfo_data + size, 0, VMCOREINFO_BYTES - size);
	memcpy(vmcoreinfo_note, note, VMCOREINFO_NOTE_SIZE);
	vmcoreinfo_size = size;
}

static struct kunit_case vmcore_info_cases[] = {
	KUNIT_CASE(has_what_tools_require),
	KUNIT_CASE(values_are_this_kernels),
	KUNIT_CASE(lines_are_well_formed),
	KUNIT_CASE(leaves_room),
	KUNIT_CASE(note_holds_the_text),
	KUNIT_CASE(notes_are_padded),
	KUNIT_CASE(names_silent_cpus),
	KUNIT_CASE(safe_copy_is_the_text),
	KUNIT_CASE(damaged_text_is_replaced),
	{}
};

static struct kunit_suite vmcore_info_suite = {
	.name = "vmcore_info",
	.test_cases = vmcore_info_cases,
};

kunit_test_suite(vmcore_info_suite);
