// SPDX-License-Identifier: GPL-2.0
/*
 * kload: load a kernel through kexec_load(2) or kexec_file_load(2), well or
 * badly, and print the errno by its name ("OK" for none).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "kload.h"

static const char usage[] =
"usage: kload segments [--crash] --kernel FILE [--initrd FILE] [--cmdline TEXT]\n"
"                      [--flags N] [--elfcorehdr ADDRESS] [--elf32] [--list]\n"
"                      [--room BYTES] [--split N [--gap BYTES]]\n"
"       kload file     [--crash] --kernel FILE [--initrd FILE] [--cmdline TEXT]\n"
"                      [--flags N] [--no-nul]\n"
"       kload unload   [--crash] [--file]\n"
"       kload reboot\n"
"       kload read     FILE\n"
"       kload write    FILE TEXT\n"
"   and each of these  [--no-cap] [--nobody] [--took]\n"
"       kload refuse   [ROW]\n"
"       kload answers  DIRECTORY [GROUP]\n"
"       kload limits   segments | largest | initrd | room | loaders | held |\n"
"                      pressure | fail ...\n"
"       kload jump     return | call TIMES\n"
"       kload fuzz     SEED INPUTS KERNEL\n"
"segments: kexec_load with segments made here; file: kexec_file_load;\n"
"reboot: start what is loaded for that;\n"
"read, write: a file, and all that is said of it is the errno;\n"
"refuse: loads that have to fail, each with its errno;\n"
"answers: very many calls, each with its errno, and then no more loads;\n"
"limits: loads as large, as many or as slow as can be;\n"
"jump: start an image that comes back;\n"
"fuzz: very many random calls.\n"
"--elfcorehdr: lie to the capture kernel about where the core headers are;\n"
"--split: core headers of just the largest memory, in so many pieces;\n"
"--gap: and each piece without so many bytes at its end;\n"
"--elf32: core headers of that class;\n"
"--room: so much memory for the core headers; 0: without any;\n"
"--list: print the segments, as the kernel does of files for debugging;\n"
"--flags: of the system call, besides those that the rest asks for;\n"
"--no-nul: command line without its end;\n"
"--no-cap: without capabilities; --nobody: as a user without rights;\n"
"--took: print the ticks and nanoseconds of the system call too.\n";

struct options {
	bool crash, file, no_cap, no_nul, took, elf32, list, nobody;
	const char *kernel, *initrd, *cmdline, *elfcorehdr;
	unsigned long flags;
	unsigned int split;
	uint64_t gap;
	const char *room;
	char **words;		/* what is no option; ends in NULL */
};

static struct options options_parse(int argc, char **argv)
{
	static const struct option known[] = {
		{ "crash", no_argument, NULL, 'c' },
		{ "file", no_argument, NULL, 'f' },
		{ "no-cap", no_argument, NULL, 'p' },
		{ "no-nul", no_argument, NULL, 'n' },
		{ "took", no_argument, NULL, 't' },
		{ "elf32", no_argument, NULL, '3' },
		{ "list", no_argument, NULL, 'l' },
		{ "nobody", no_argument, NULL, 'u' },
		{ "kernel", required_argument, NULL, 'k' },
		{ "initrd", required_argument, NULL, 'i' },
		{ "cmdline", required_argument, NULL, 'a' },
		{ "elfcorehdr", required_argument, NULL, 'e' },
		{ "flags", required_argument, NULL, 'g' },
		{ "split", required_argument, NULL, 's' },
		{ "gap", required_argument, NULL, 'w' },
		{ "room", required_argument, NULL, 'r' },
		{ 0 }
	};
	struct options o = { .cmdline = "" };
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (c) {
		case 'c':
			o.crash = true;
			break;
		case 'f':
			o.file = true;
			break;
		case 'p':
			o.no_cap = true;
			break;
		case 'n':
			o.no_nul = true;
			break;
		case 't':
			o.took = true;
			break;
		case '3':
			o.elf32 = true;
			break;
		case 'l':
			o.list = true;
			break;
		case 'u':
			o.nobody = true;
			break;
		case 'k':
			o.kernel = optarg;
			break;
		case 'i':
			o.initrd = optarg;
			break;
		case 'a':
			o.cmdline = optarg;
			break;
		case 'e':
			o.elfcorehdr = optarg;
			break;
		case 'g':
			o.flags = strtoul(optarg, NULL, 0);
			break;
		case 's':
			o.split = strtoul(optarg, NULL, 0);
			break;
		case 'w':
			o.gap = strtoull(optarg, NULL, 0);
			break;
		case 'r':
			o.room = optarg;
			break;
		default:
			fputs(usage, stderr);
			exit(2);
		}
	}
	o.words = argv + optind;
	return o;
}

static int report(const struct options *o, long result, struct took took)
{
	fputs(errno_of(result), stdout);
	if (o->took)
		printf(" %" PRIu64 " %" PRIu64, took.ticks, took.ns);
	putchar('\n');
	return result != 0;
}

void image_add(struct image *image, const void *buf, size_t bufsz,
	       uint64_t mem, size_t memsz)
{
	if (image->nr_segments == IMAGE_SEGMENTS)
		die("an image of more than %d segments", IMAGE_SEGMENTS);
	image->segment[image->nr_segments++] = (struct kexec_segment){
		.buf = buf,
		.bufsz = bufsz,
		.mem = (void *)(unsigned long)mem,
		.memsz = PAGE_UP(memsz),
	};
}

static void image_list(const struct image *image)
{
	unsigned long i;

	for (i = 0; i < image->nr_segments; i++) {
		const struct kexec_segment *s = &image->segment[i];

		printf("segment %lu: %#zx bytes for %#zx at %#lx\n", i,
		       s->bufsz, s->memsz, (unsigned long)s->mem);
	}
	printf("entered at %#lx\n", image->entry);
}

static int load_segments(const struct options *o)
{
	struct request req = {
		.on_crash = o->crash,
		.kernel = blob_read(o->kernel),
		.cmdline = o->cmdline,
		.elfcorehdr_lies = !!o->elfcorehdr,
		.split = o->split,
		.elf32 = o->elf32,
		.gap = o->gap,
		.room_is_said = !!o->room,
	};
	struct spans crash, ram;
	struct image image = { 0 };
	struct took begin;
	struct span where;
	long result;

	if (o->initrd)
		req.initrd = blob_read(o->initrd);
	if (o->elfcorehdr)
		req.elfcorehdr_says = strtoull(o->elfcorehdr, NULL, 0);
	if (o->room)
		req.room = strtoull(o->room, NULL, 0);
	spans_read(&crash, "Crash kernel");
	spans_read(&ram, "System RAM");
	where = o->crash ? crash_region(&crash) : ram_largest(&ram);
	/* For a reboot: clear of the running kernel and of low memory. */
	if (!o->crash)
		where.start += (where.end - where.start) / 2;
	image_build(&req, where, &crash, &image);
	if (o->list)
		image_list(&image);
	begin = took_begin();
	result = sys_kexec_load(image.entry, image.nr_segments, image.segment,
				o->flags | (o->crash ? KEXEC_ON_CRASH : 0));
	return report(o, result, took_since(begin));
}

static int load_file(const struct options *o)
{
	unsigned long flags = o->flags;
	int kernel = open_or_die(o->kernel, O_RDONLY);
	int initrd = -1;
	struct took begin;
	long result;

	if (o->crash)
		flags |= KEXEC_FILE_ON_CRASH;
	if (o->initrd)
		initrd = open_or_die(o->initrd, O_RDONLY);
	else
		flags |= KEXEC_FILE_NO_INITRAMFS;
	begin = took_begin();
	result = sys_kexec_file_load(kernel, initrd,
				     strlen(o->cmdline) + !o->no_nul,
				     o->cmdline, flags);
	return report(o, result, took_since(begin));
}

static int unload(const struct options *o)
{
	unsigned long file_flags = KEXEC_FILE_UNLOAD |
				   (o->crash ? KEXEC_FILE_ON_CRASH : 0);
	struct took begin = took_begin();
	long result;

	if (o->file)
		result = sys_kexec_file_load(-1, -1, 0, NULL, file_flags);
	else
		result = sys_kexec_load(0, 0, NULL,
					o->crash ? KEXEC_ON_CRASH : 0);
	return report(o, result, took_since(begin));
}

static int reboot(const struct options *o)
{
	struct took begin = took_begin();
	long result = sys_reboot_kexec();

	return report(o, result, took_since(begin));
}

/* Opening it may be what is refused. */
static int access_file(const struct options *o, bool writes)
{
	const char *path = o->words[0], *text = path ? o->words[1] : NULL;
	struct took begin = took_begin();
	static char buf[65536];
	long result;
	int fd;

	if (!path || writes != !!text)
		die("read wants a FILE, write a FILE and a TEXT");
	fd = open(path, (writes ? O_WRONLY : O_RDONLY) | O_CLOEXEC);
	result = fd < 0 ? -1 : writes ? write(fd, text, strlen(text)) :
					read(fd, buf, sizeof(buf));
	return report(o, result < 0 ? result : 0, took_since(begin));
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";
	struct options o;

	if (!strcmp(verb, "refuse"))
		return refuse_run(argc > 2 ? argv[2] : NULL);
	if (!strcmp(verb, "answers"))
		return answers_run(argc > 2 ? argv[2] : NULL,
				   argc > 3 ? argv[3] : NULL);
	if (!strcmp(verb, "limits"))
		return limits_run(argc - 2, argv + 2);
	if (!strcmp(verb, "jump"))
		return jump_run(argc - 2, argv + 2);
	if (!strcmp(verb, "fuzz"))
		return fuzz_run(argc - 2, argv + 2);
	if (argc < 2) {
		fputs(usage, stderr);
		return 2;
	}
	o = options_parse(argc - 1, argv + 1);
	if (o.no_cap)
		drop_capabilities();
	if (o.nobody)
		become_nobody();
	if (!strcmp(verb, "read") || !strcmp(verb, "write"))
		return access_file(&o, !strcmp(verb, "write"));
	if (!strcmp(verb, "unload"))
		return unload(&o);
	if (!strcmp(verb, "reboot"))
		return reboot(&o);
	if (!o.kernel)
		die("%s: no --kernel", verb);
	if (!strcmp(verb, "segments"))
		return load_segments(&o);
	if (!strcmp(verb, "file"))
		return load_file(&o);
	fputs(usage, stderr);
	return 2;
}
