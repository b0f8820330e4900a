#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The kernel as an image of each compressor: build/kernel/FLAVOUR-COMPRESSOR/.

    compressors.py [FLAVOUR] [COMPRESSOR...]

FLAVOUR has to be built. Of it only arch/x86/boot is built anew, in a directory
of objects of its own that borrows the rest: what is packed is the same vmlinux.
"""

import os
import re
import shutil
import subprocess
import sys

from manifest import ROOT
import kernel
import progress
import tree

COMPRESSORS = ("gzip", "bzip2", "lzma", "xz", "lzo", "lz4", "zstd")

# What the boot code is built from: files that it changes are copied, the rest
# is only read. A file that is written in place must not be shared.
COPIED = (".config", "include/config", "include/generated", "arch/x86/boot")
BORROWED = ("vmlinux", "System.map", "source", "Makefile", "scripts", "tools",
            "arch/x86/include", "arch/x86/lib", "arch/x86/tools", "drivers/firmware",
            "arch/x86/kernel/cpu/capflags.c")


def borrow(source, target):
    """Make the directory of objects, or bring it up to date."""
    for path in COPIED:
        os.makedirs(os.path.dirname(os.path.join(target, path)), exist_ok=True)
        subprocess.run(["rsync", "-a", os.path.join(source, path),
                        os.path.dirname(os.path.join(target, path)) + "/"], check=True)
    for path in BORROWED:
        link = os.path.join(target, path)
        if os.path.lexists(os.path.join(source, path)) and not os.path.lexists(link):
            os.makedirs(os.path.dirname(link), exist_ok=True)
            os.symlink(os.path.join(source, path), link)


def choose(objects, name):
    """Have .config ask for the compressor."""
    path = os.path.join(objects, ".config")
    text = tree.read_text(path)
    for other in COMPRESSORS:
        option = f"CONFIG_KERNEL_{other.upper()}"
        line = f"{option}=y" if other == name else f"# {option} is not set"
        text = re.sub(rf"^(?:# )?{option}\b.*$", line, text, flags=re.M)
    tree.write_text(path, text)


def pack(flavour_name, name):
    """One image."""
    flavour = kernel.Flavour(flavour_name)
    source = flavour.objects
    if not os.path.exists(os.path.join(source, flavour.image)):
        raise kernel.BuildError(f"{flavour_name} is not built: make kernel FLAVOUR={flavour_name}")
    whole = kernel.Flavour(flavour_name)
    flavour.objects = f"{source}-{name}"
    # What is borrowed must not be built anew meanwhile, so both are locked,
    # in the one order that there is.
    with kernel.lock(whole), kernel.lock(flavour):
        os.makedirs(flavour.objects, exist_ok=True)
        borrow(source, flavour.objects)
        choose(flavour.objects, name)
        goal, env = kernel.inner(flavour, "arch/x86/boot", flavour.image)
        result, _ = progress.run(flavour.make(goal), flavour.log("build"), f"image {name}",
                                 env=env)
        if result:
            raise kernel.BuildError(f"no image packed by {name}: see "
                                    f"{os.path.relpath(flavour.log('build'), ROOT)}")
        out = os.path.join(kernel.BUILD, "kernel", f"{flavour_name}-{name}")
        os.makedirs(out, exist_ok=True)
        image = os.path.join(flavour.objects, flavour.image)
        kernel.product(image, os.path.join(out, os.path.basename(image)))
        kernel.product(os.path.join(source, "vmlinux"), os.path.join(out, "vmlinux"))
    print(f"compressors: {os.path.relpath(out, ROOT)} "
          f"({os.path.getsize(image) / 1e6:.1f} MB image)", flush=True)


def main():
    """The command line."""
    words = sys.argv[1:]
    flavour = words.pop(0) if words and words[0] not in COMPRESSORS else "x86_64"
    unknown = [name for name in words if name not in COMPRESSORS]
    missing = [tool for tool in ("bzip2", "lzma", "lzop") if not shutil.which(tool)]
    try:
        if unknown:
            raise kernel.BuildError(f"no compressor {unknown[0]}; there are {', '.join(COMPRESSORS)}")
        if missing:
            raise kernel.BuildError(f"{', '.join(missing)} missing: install bzip2, xz-utils, lzop")
        for name in words or COMPRESSORS:
            pack(flavour, name)
    except kernel.BuildError as error:
        print(f"compressors: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
