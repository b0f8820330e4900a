#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Linked files through the whole tool.

    linked.py TOOL DIRECTORY

Assembles and links what is in linked/ as a kernel is linked, into DIRECTORY,
and compares the table with the labels that say what has to be in it.
"""

import os
import re
import struct
import subprocess
import sys

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "linked")
BASE64, BASE32 = 0xffffffff81000000, 0xc1000000

# Name, script, bits, what the script has to know, options of the tool
CASES = (
    ("x86_64", "vmlinux", 64,
     {"BASE": BASE64, "PERCPU": 0, "LOAD_OFFSET": 0xffffffff80000000}, []),
    ("x86_64-up", "vmlinux", 64,
     {"BASE": BASE64, "PERCPU": BASE64 + 0x200000, "LOAD_OFFSET": 0xffffffff80000000}, []),
    ("i386", "vmlinux", 32,
     {"BASE": BASE32, "PERCPU": BASE32 + 0x200000, "LOAD_OFFSET": 0xc0000000}, []),
    ("realmode", "realmode", 32, {}, ["--realmode"]),
)


def link(name, script, bits, numbers, out):
    """Assemble and link one of the cases."""
    source = os.path.join(HERE, name.partition("-")[0] + ".s")
    stem = os.path.join(out, name)
    subprocess.run(["as", f"--{bits}", "-o", stem + ".o", source], check=True)
    defines = [f"--defsym={key}={value:#x}" for key, value in numbers.items()]
    subprocess.run(["ld", "-m", "elf_x86_64" if bits == 64 else "elf_i386", "--emit-relocs",
                    "--discard-none", "--no-warn-rwx-segments", "--build-id=none", *defines,
                    "-T", os.path.join(HERE, script + ".lds"),
                    "-o", stem + ".elf", stem + ".o"], check=True)
    return stem + ".elf"


def labels(path):
    """The labels of a linked file: kind -> addresses in the image, sorted."""
    out = subprocess.run(["nm", path], check=True, capture_output=True, text=True).stdout
    symbols = {}
    for line in out.splitlines():
        words = line.split()
        if len(words) == 3:
            symbols[words[2]] = int(words[0], 16)
    found = {}
    for name, value in symbols.items():
        match = re.match(r"at_([a-z0-9]+)_(load_)?[a-z]$", name)
        if match:
            # In the image's copy, where per-CPU variables are linked to 0
            if match.group(2) and not symbols["counter"]:
                value += symbols["__per_cpu_load"]
            found.setdefault(match.group(1), []).append(value & 0xffffffff)
    return {kind: sorted(values) for kind, values in found.items()}


def wanted(path, name):
    """The table that a linked file has to get."""
    marks = labels(path)
    if name == "realmode":
        return [len(marks["segment"]), *marks["segment"], len(marks["linear"]), *marks["linear"]]
    if name == "i386":
        return [0, *marks["32"]]
    if name == "x86_64-up":
        return [0, *sorted(marks["64"] + marks["64up"]), 0,
                0, *sorted(marks["32"] + marks["32up"])]
    return [0, *marks["64"], 0, *marks["inverse"], 0, *marks["32"]]


def run(tool, options, path):
    """What a tool makes of a file."""
    done = subprocess.run([tool, *options, path], check=False, capture_output=True)
    return done.returncode, done.stdout, done.stderr.decode(errors="replace").strip()


def check_table(tool, options, path, name):
    """Is the table the one that the labels want?"""
    want = wanted(path, name)
    status, out, said = run(tool, options, path)
    if status:
        return [f"{name}: refused: {said}"]
    words = list(struct.unpack(f"<{len(out) // 4}I", out))
    if words == want:
        return []
    return [f"{name}: found  " + " ".join(f"{w:x}" for w in words),
            f"{name}: wanted " + " ".join(f"{w:x}" for w in want)]


def main():
    """The command line."""
    tool, out = sys.argv[1:]
    found = []
    for name, script, bits, numbers, options in CASES:
        path = link(name, script, bits, numbers, out)
        found += check_table(tool, options, path, name)
    print("\n".join(found) or f"{len(CASES)} linked files: ok")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
