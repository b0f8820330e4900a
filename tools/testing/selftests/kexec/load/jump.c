// SPDX-License-Identifier: GPL-2.0
/*
 * Kexec jump: an image that is called, writes down that it has run, and comes
 * back. What it runs in is exchanged for what was there, so it writes to a page
 * of this program, whose physical address it has been given.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <linux/reboot.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kload.h"

/*
 * The way back is on top of the stack. By returning the image says that it
 * wants to be entered where it was; by calling it, that it goes on behind the
 * call. The last words are filled in: where to write, and whether to call.
 */
extern const unsigned char jump_start[], jump_words[], jump_end[];
#ifdef __x86_64__
asm("	.pushsection .rodata\n"
"	.balign 16\n"
"jump_start:\n"
"	movq	jump_words(%rip), %rdi\n"
"	incq	4f(%rip)\n"
"	movq	4f(%rip), %rax\n"
"	movq	%rax, (%rdi)\n"
"	cmpq	$0, jump_words+8(%rip)\n"
"	jne	2f\n"
"	ret\n"
"2:	call	*(%rsp)\n"
"	movq	jump_words(%rip), %rdi\n"
"	incq	8(%rdi)\n"
"	jmp	jump_start\n"
"	.balign 16\n"
"4:	.quad	0\n"
"jump_words:\n"
"	.quad	0, 0\n"
"jump_end:\n"
"	.popsection\n");
#else
/* Without paging; where this is, it has to find out each time. */
asm("	.pushsection .rodata\n"
"	.balign 16\n"
"jump_start:\n"
"	call	0f\n"
"0:	popl	%ebp\n"
"	movl	jump_words-0b(%ebp), %edi\n"
"	incl	4f-0b(%ebp)\n"
"	movl	4f-0b(%ebp), %eax\n"
"	movl	%eax, (%edi)\n"
"	cmpl	$0, jump_words-0b+4(%ebp)\n"
"	jne	2f\n"
"	ret\n"
"2:	call	*(%esp)\n"
"	call	3f\n"
"3:	popl	%ebp\n"
"	movl	jump_words-3b(%ebp), %edi\n"
"	incl	8(%edi)\n"
"	jmp	jump_start\n"
"	.balign 16\n"
"4:	.long	0\n"
"jump_words:\n"
"	.long	0, 0\n"
"jump_end:\n"
"	.popsection\n");
#endif

static size_t payload_make(unsigned char *page, uint64_t write_to, bool calls)
{
	unsigned long words[2] = { write_to, calls };

	if (words[0] != write_to)
		die("jump: %#" PRIx64 " is out of the image's reach", write_to);
	memcpy(page, jump_start, jump_end - jump_start);
	memcpy(page + (jump_words - jump_start), words, sizeof(words));
	return jump_end - jump_start;
}

/* What the image has written: how often it ran, and went on behind its call. */
static uint64_t *notes_page(void)
{
	void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (page == MAP_FAILED || mlock(page, PAGE))
		die("a page of memory: %m");
	return page;
}

static void jump_load(uint64_t notes, bool calls)
{
	unsigned char *page = zeroed(PAGE);
	struct kexec_segment segment = {
		.buf = page,
		.bufsz = payload_make(page, notes, calls),
		.memsz = PAGE,
	};
	struct spans ram;
	struct span where;

	/* Memory that is in use: it has to be exchanged, and put back. */
	spans_read(&ram, "System RAM");
	where = ram_largest(&ram);
	segment.mem = (void *)(uintptr_t)
		PAGE_UP(where.start + (where.end - where.start) / 2);
	if (sys_kexec_load((unsigned long)segment.mem, 1, &segment,
			   KEXEC_PRESERVE_CONTEXT))
		die("jump: kexec_load: %m");
}

/* Where what is loaded does not come back, this does not either. */
long sys_reboot_kexec(void)
{
	return syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
		       LINUX_REBOOT_CMD_KEXEC, NULL);
}

/*
 * "return|call TIMES": jumps so many times; prints for each the errno of the
 * system call and what the image has written down by then.
 */
int jump_run(int argc, char **argv)
{
	uint64_t *notes = notes_page();
	unsigned long times;

	if (argc < 2)
		die("jump: return or call, and TIMES, please");
	jump_load(physical(notes), !strcmp(argv[0], "call"));
	for (times = strtoul(argv[1], NULL, 0); times; times--) {
		const char *said = errno_of(sys_reboot_kexec());

		printf("%s %" PRIu64 " %" PRIu64 "\n", said, notes[0],
		       notes[1]);
	}
	return 0;
}
