// SPDX-License-Identifier: GPL-2.0-only
/*
 * What becomes of each kind of relocation, on each machine.
 */

#include "relocs_test.h"

const struct row rows[] = {
	{
		"x86-64: an address of 64 bits", X86_64,
		RELOCS({ IN_TEXT, 8, FUNCTION, R_X86_64_64 }),
		WORDS(0, AT64(8), 0, 0),
	}, {
		"x86-64: an address of 32 bits", X86_64,
		RELOCS({ IN_TEXT, 8, FUNCTION, R_X86_64_32 }),
		WORDS(0, 0, 0, AT64(8)),
	}, {
		"x86-64: an address of 32 bits with sign", X86_64,
		RELOCS({ IN_TEXT, 8, FUNCTION, R_X86_64_32S }),
		WORDS(0, 0, 0, AT64(8)),
	}, {
		"x86-64: distances in the image", X86_64,
		RELOCS({ IN_TEXT, 8, FUNCTION, R_X86_64_PC32 },
		       { IN_TEXT, 12, FUNCTION, R_X86_64_PLT32 },
		       { IN_TEXT, 16, FUNCTION, R_X86_64_PC64 },
		       { IN_TEXT, 24, FUNCTION, R_X86_64_NONE }),
		WORDS(0, 0, 0),
	}, {
		"x86-64: distances to a per-CPU variable", X86_64,
		RELOCS({ IN_TEXT, 12, VARIABLE, R_X86_64_PLT32 },
		       { IN_TEXT, 8, VARIABLE, R_X86_64_PC32 }),
		WORDS(0, 0, AT64(8), AT64(12), 0),
	}, {
		"x86-64: offsets of a per-CPU variable", X86_64,
		RELOCS({ IN_TEXT, 8, VARIABLE, R_X86_64_32S },
		       { IN_TEXT, 16, VARIABLE, R_X86_64_64 }),
		WORDS(0, 0, 0),
	}, {
		"x86-64: the image's copy of a per-CPU variable", X86_64,
		RELOCS({ IN_TEXT, 8, COPY, R_X86_64_PC32 },
		       { IN_TEXT, 16, COPY, R_X86_64_64 },
		       { IN_TEXT, 24, LOAD, R_X86_64_32S }),
		WORDS(0, AT64(16), 0, 0, AT64(24)),
	}, {
		"x86-64: a per-CPU variable has an address in it", X86_64,
		RELOCS({ IN_PERCPU, 0, FUNCTION, R_X86_64_64 }),
		WORDS(0, LOADED(0), 0, 0),
	}, {
		"x86-64: 64 bits are too many for a per-CPU distance", X86_64,
		RELOCS({ IN_TEXT, 8, VARIABLE, R_X86_64_PC64 }),
		.refused = ".rel.text: R_X86_64_PC64 (24) at 0xffffffff81000008 against var",
	}, {
		"x86-64 without SMP: per-CPU variables are in the image",
		X86_64, UP,
		RELOCS({ IN_TEXT, 8, VARIABLE, R_X86_64_PC32 },
		       { IN_TEXT, 16, VARIABLE, R_X86_64_32S },
		       { IN_PERCPU, 0, FUNCTION, R_X86_64_64 }),
		WORDS(0, AT64(0x100000), 0, 0, AT64(16)),
	}, {
		"x86-64: per-CPU variables at 0, loaded nowhere", X86_64,
		.no_load = true,
		RELOCS({ IN_TEXT, 8, FUNCTION, R_X86_64_64 }),
		.refused = "no symbol __per_cpu_load",
	}, {
		"x86-64 without SMP has no need of __per_cpu_load", X86_64, UP,
		.no_load = true,
		RELOCS({ IN_TEXT, 8, FUNCTION, R_X86_64_64 }),
		WORDS(0, AT64(8), 0, 0),
	}, {
		"x86-64: absolute symbols that are known", X86_64,
		RELOCS({ IN_TEXT, 8, ADDRESS, R_X86_64_64 },
		       { IN_TEXT, 16, VERSION, R_X86_64_64 },
		       { IN_TEXT, 24, MYSTERY, R_X86_64_PC32 }),
		WORDS(0, AT64(8), 0, 0),
	}, {
		"x86-64: an absolute symbol that is not", X86_64,
		RELOCS({ IN_TEXT, 8, MYSTERY, R_X86_64_32S }),
		.refused = "R_X86_64_32S (11) at 0xffffffff81000008 against mystery (ABSOLUTE)",
	}, {
		"x86-64: a symbol without a name", X86_64,
		RELOCS({ IN_TEXT, 8, NAMELESS, R_X86_64_32S }),
		.refused = "its name is not in the string table",
	}, {
		"x86-64: what is missing is null", X86_64,
		RELOCS({ IN_TEXT, 8, MISSING, R_X86_64_64 },
		       { IN_TEXT, 16, MISSING, R_X86_64_PC32 },
		       { IN_TEXT, 24, NO_SYMBOL, R_X86_64_32S }),
		WORDS(0, 0, 0),
	}, {
		"x86-64: a type of programs with a GOT", X86_64,
		RELOCS({ IN_TEXT, 8, FUNCTION, R_X86_64_GOTPCREL }),
		.refused = "R_X86_64_GOTPCREL (9) at 0xffffffff81000008 against fn (.text)",
	}, {
		"x86-64: such a type, against what is missing", X86_64,
		RELOCS({ IN_TEXT, 8, MISSING, R_X86_64_GOTPCREL }),
		.refused = "R_X86_64_GOTPCREL (9) at 0xffffffff81000008 against missing",
	}, {
		"x86-64: a type that nobody has heard of", X86_64,
		RELOCS({ IN_TEXT, 8, FUNCTION, 0x12345 }),
		.refused = "unknown type (74565)",
	}, {
		"x86-64: too few bits", X86_64,
		RELOCS({ IN_TEXT, 8, FUNCTION, R_X86_64_16 }),
		.refused = "R_X86_64_16 (12)",
	}, {
		"x86-64: debugging information is not in memory", X86_64,
		RELOCS({ IN_DEBUG, 8, MYSTERY, R_X86_64_64 },
		       { IN_DEBUG, 8, LOST, R_X86_64_GOTPCREL }),
		WORDS(0, 0, 0),
	}, {
		"x86-64: the last bytes of a section", X86_64,
		RELOCS({ IN_TEXT, SECTION_BYTES - 8, FUNCTION, R_X86_64_64 }),
		WORDS(0, AT64(SECTION_BYTES - 8), 0, 0),
	}, {
		"x86-64: one byte beyond them", X86_64,
		RELOCS({ IN_TEXT, SECTION_BYTES - 7, FUNCTION, R_X86_64_64 }),
		.refused = "outside of the section",
	}, {
		"x86-64: before a section", X86_64,
		RELOCS({ IN_TEXT, -4, FUNCTION, R_X86_64_32S }),
		.refused = "outside of the section",
	}, {
		"x86-64: a symbol that is not there", X86_64,
		RELOCS({ IN_TEXT, 8, NR_SYMBOLS, R_X86_64_64 }),
		.refused = ".rel.text: relocation 0 is against symbol 14 of 14",
	}, {
		"x86-64: a symbol in a section that is not there", X86_64,
		RELOCS({ IN_TEXT, 8, LOST, R_X86_64_64 }),
		.refused = "against lost (<noname>): the symbol is in no section",
	}, {
		"x86-64: a distance to it", X86_64,
		RELOCS({ IN_TEXT, 8, LOST, R_X86_64_PC32 }),
		.refused = "against lost (<noname>): the symbol is in no section",
	}, {
		"x86-64: a symbol that no linker has placed", X86_64,
		RELOCS({ IN_TEXT, 8, COMMON, R_X86_64_64 }),
		.refused = "against common (COMMON): the symbol is in no section",
	}, {
		"x86-64: sorted, and twice stays twice", X86_64,
		RELOCS({ IN_TEXT, 0x30, FUNCTION, R_X86_64_64 },
		       { IN_TEXT, 8, FUNCTION, R_X86_64_64 },
		       { IN_PERCPU, 8, FUNCTION, R_X86_64_64 },
		       { IN_TEXT, 8, FUNCTION, R_X86_64_64 }),
		WORDS(0, AT64(8), AT64(8), AT64(0x30), LOADED(8), 0, 0),
	}, {
		"i386: an address", I386,
		RELOCS({ IN_TEXT, 8, FUNCTION, R_386_32 }),
		WORDS(0, AT32(8)),
	}, {
		"i386: distances", I386,
		RELOCS({ IN_TEXT, 8, FUNCTION, R_386_PC32 },
		       { IN_TEXT, 12, FUNCTION, R_386_PLT32 },
		       { IN_TEXT, 16, FUNCTION, R_386_PC16 },
		       { IN_TEXT, 18, FUNCTION, R_386_PC8 }),
		WORDS(0),
	}, {
		"i386: per-CPU variables are in the image", I386,
		TEXT32 + 0x1000,
		RELOCS({ IN_TEXT, 8, VARIABLE, R_386_32 },
		       { IN_TEXT, 12, VARIABLE, R_386_PC32 },
		       { IN_PERCPU, 4, FUNCTION, R_386_32 }),
		WORDS(0, AT32(8), AT32(0x1004)),
	}, {
		"i386: absolute symbols that are known", I386,
		RELOCS({ IN_TEXT, 8, ADDRESS, R_386_32 },
		       { IN_TEXT, 12, VERSION, R_386_32 },
		       { IN_TEXT, 16, MYSTERY, R_386_PC32 }),
		WORDS(0, AT32(8)),
	}, {
		"i386: an absolute symbol that is not", I386,
		RELOCS({ IN_TEXT, 8, MYSTERY, R_386_32 }),
		.refused = "R_386_32 (1) at 0xc1000008 against mystery (ABSOLUTE)",
	}, {
		"i386: a symbol that no linker has placed", I386,
		RELOCS({ IN_TEXT, 8, COMMON, R_386_32 }),
		.refused = "against common (COMMON): the symbol is in no section",
	}, {
		"i386: 16 bits are for real mode", I386,
		RELOCS({ IN_TEXT, 8, FUNCTION, R_386_16 }),
		.refused = "R_386_16 (20)",
	}, {
		"i386: a GOT", I386,
		RELOCS({ IN_TEXT, 8, FUNCTION, R_386_GOTOFF }),
		.refused = "R_386_GOTOFF (9)",
	}, {
		"i386: 0 would end the table", I386,
		RELOCS({ IN_PERCPU, 0, FUNCTION, R_386_32 }),
		.refused = "an address of 0",
	}, {
		"real mode: offsets in the segment", REALMODE,
		RELOCS({ IN_TEXT, 8, FUNCTION, R_386_16 },
		       { IN_TEXT, 12, FUNCTION, R_386_32 },
		       { IN_TEXT, 16, LINEAR, R_386_PC32 }),
		WORDS(0, 0),
	}, {
		"real mode: the segment", REALMODE,
		RELOCS({ IN_TEXT, 8, SEGMENT, R_386_16 },
		       { IN_TEXT, 2, SEGMENT, R_386_16 }),
		WORDS(2, AT16(2), AT16(8), 0),
	}, {
		"real mode: a linear address", REALMODE,
		RELOCS({ IN_TEXT, 8, LINEAR, R_386_32 }),
		WORDS(0, 1, AT16(8)),
	}, {
		"real mode: both, and one at 0", REALMODE,
		RELOCS({ IN_PERCPU, 0, LINEAR, R_386_32 },
		       { IN_TEXT, 8, SEGMENT, R_386_16 }),
		WORDS(1, AT16(8), 1, 0),
	}, {
		"real mode: a linear address in 16 bits", REALMODE,
		RELOCS({ IN_TEXT, 8, LINEAR, R_386_16 }),
		.refused = "R_386_16 (20) at 0x1008 against pa_x (.text): a linear address",
	}, {
		"real mode: the segment in 32 bits", REALMODE,
		RELOCS({ IN_TEXT, 8, SEGMENT, R_386_32 }),
		.refused = "against real_mode_seg (ABSOLUTE)",
	}, {
		"real mode: a kernel's names mean nothing", REALMODE,
		RELOCS({ IN_TEXT, 8, VERSION, R_386_32 }),
		.refused = "against __crc_x (ABSOLUTE)",
	},
};

const size_t nr_rows = ARRAY_SIZE(rows);
