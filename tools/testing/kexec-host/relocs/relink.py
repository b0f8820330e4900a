#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The kernel with its relocations, which the build takes away once its table is made.

    relink.py OBJ OUT

Does the last link of the build in OBJ once more, into the file OUT, which the
build's own table shows to be the same kernel. Nothing in OBJ is written.
"""

import glob
import os
import re
import shlex
import subprocess
import sys

LIBRARIES = ("lib/lib.a", "arch/x86/lib/lib.a")


def read(objects, name):
    """A text file of the build."""
    with open(os.path.join(objects, name), encoding="utf-8") as text:
        return text.read()


def flags(objects):
    """The linker and its options, as the build noted them."""
    saved = re.search(r"^savedcmd_vmlinux := (\S*link-vmlinux\.sh .*?);",
                      read(objects, ".vmlinux.cmd"), re.M)
    linker, *options = shlex.split(saved.group(1))[1:]
    words = [linker] + [word for text in options for word in text.split()]
    if "--emit-relocs" not in words:
        raise ValueError(f"{objects}: a kernel without relocations "
                         "(CONFIG_X86_NEED_RELOCS is not set)")
    return words


def inputs(objects):
    """What scripts/link-vmlinux.sh links: objects, libraries, and the last table of symbols."""
    config = read(objects, ".config").splitlines()
    whole = "CONFIG_X86_KERNEL_IBT=y" in config
    parts = ["vmlinux.o" if whole else "vmlinux.a"]
    parts += [".vmlinux.export.o"] * ("CONFIG_MODULES=y" in config)
    parts += ["init/version-timestamp.o"]
    symbols = sorted(glob.glob(os.path.join(objects, ".tmp_vmlinux[0-9].kallsyms.o")))
    return ["--whole-archive", *parts, "--no-whole-archive",
            "--start-group", *([] if whole else LIBRARIES), "--end-group",
            *map(os.path.basename, symbols[-1:])]


def main():
    """The command line."""
    objects, out = map(os.path.abspath, sys.argv[1:])
    try:
        command = [*flags(objects), "--script=arch/x86/kernel/vmlinux.lds",
                   "-o", out + ".new", *inputs(objects)]
        subprocess.run(command, cwd=objects, check=True)
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        print(f"relink: {error}", file=sys.stderr)
        return 1
    os.replace(out + ".new", out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
