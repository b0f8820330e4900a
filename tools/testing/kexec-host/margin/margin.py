#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Compresses the worst data known as the kernel's build does, and has it
decompressed in place.

    margin.py test IN_PLACE KSRC DIR           at the margin all comes out; at a
                                               part of it the worst does not
    margin.py measure IN_PLACE KSRC DIR        the least margin for each
    margin.py built IN_PLACE KSRC DIR OBJ...   the payload that was built in each OBJ

DIR is kept: what is compressed once need not be again.
"""

import hashlib
import os
import random
import re
import subprocess
import sys

BOOT = "arch/x86/boot/compressed"
MIB = 1 << 20
SIZE = 2 * MIB
# As large as a kernel, and three chunks of lz4, the last one not whole.
LARGE = 20 * MIB

# Commands of scripts/Makefile.lib, {wrap} is its script; all but gzip get the
# size appended.
COMPRESSORS = {
    "gzip": "gzip -n -f -9",
    "bzip2": "bzip2 -9",
    "lzma": "lzma -9",
    "xz": "sh {wrap}",
    "lzo": "lzop -9",
    "lz4": "lz4 -l -9 - -",
    "zstd": "zstd -22 --ultra",
}

# What of its margin is too little for the worst of the data, in percent: a
# margin that shrinks below what is needed fails at 100, one that is a guess
# fails here. It is little where the bound in margin.h is on what a file could
# be, and compressors do not make such files.
TOO_LITTLE = {"gzip": 2, "bzip2": 20, "lzma": 45, "xz": 1, "lzo": 5, "lz4": 98,
              "zstd": 85}


def noise(size, seed=5, alphabet=256):
    """Bytes that are all as likely."""
    source = random.Random(seed)
    if alphabet == 256:
        return source.randbytes(size)
    return bytes(source.choices(range(alphabet), k=size))


def blocks(zeros, noisy):
    """Blocks that shrink thanks to what is at their start."""
    source = random.Random(zeros)
    count = SIZE // (zeros + noisy)
    return b"".join(bytes(zeros) + source.randbytes(noisy) for _ in range(count))


DATA = {
    # The worst for what grows all along.
    "noise": lambda: noise(SIZE),
    # Where that is nearly all of the margin.
    "large-noise": lambda: noise(LARGE, 9),
    # Models and codes that learnt from other data.
    "zeros-noise": lambda: bytes(SIZE // 2) + noise(SIZE // 2),
    "skewed-noise": lambda: noise(SIZE // 2, 7, 2) + noise(SIZE // 2, 8),
    "text-noise": lambda: b"".join(b"%d," % i for i in range(MIB // 8)) + noise(SIZE // 2),
    # zstd needs the end of a block as long as it writes of it.
    "blocks-128K": lambda: blocks(1 << 10, 127 << 10),
}

# What is tested with some compressors only, those of whose margins it takes nearly
# all: with each it takes minutes. What it takes of the others' is measured.
TESTED = {"large-noise": ("lz4",)}


def wrapper(tree):
    """The script that knows how a kernel is packed by xz."""
    return os.path.join(tree, "scripts/xz_wrap.sh")


def compress(name, tree, plain, packed):
    """One file into another, as the kernel's build does it."""
    command = [word.format(wrap=wrapper(tree)) for word in COMPRESSORS[name].split()]
    with open(plain, "rb") as source, open(packed + ".new", "wb") as target:
        subprocess.run(command, stdin=source, stdout=target, check=True,
                       env={**os.environ, "SRCARCH": "x86", "XZ": "xz"})
        if name != "gzip":
            target.write(os.stat(plain).st_size.to_bytes(4, "little"))
    os.replace(packed + ".new", packed)


def prepare(tree, directory, some):
    """Rows of a name of data, a compressor, and the two files; of @some data only for
    the compressors that it names."""
    stamp = hashlib.sha256()
    for path in (__file__, wrapper(tree)):
        with open(path, "rb") as source:
            stamp.update(source.read())
    where = os.path.join(directory, stamp.hexdigest()[:16])
    os.makedirs(where, exist_ok=True)
    for data, make in DATA.items():
        plain = os.path.join(where, data)
        if not os.path.exists(plain):
            with open(plain + ".new", "wb") as target:
                target.write(make())
            os.replace(plain + ".new", plain)
        for name in some.get(data, COMPRESSORS):
            packed = f"{plain}.{name}"
            if not os.path.exists(packed):
                compress(name, tree, plain, packed)
            yield data, name, packed, plain


def works(program, packed, plain, percent=100):
    """Whether it comes out at that much of the margin."""
    return not subprocess.run([program, packed, plain, str(percent)],
                              check=False).returncode


def test(program, rows):
    """Lines of what is wrong."""
    spoilt = dict.fromkeys(COMPRESSORS, False)
    wrong = []
    for data, name, packed, plain in rows:
        if not works(program, packed, plain):
            wrong.append(f"{name}, {data}: spoilt at the margin")
        if not spoilt[name] and not works(program, packed, plain, TOO_LITTLE[name]):
            spoilt[name] = True
    wrong += [f"{name}: {TOO_LITTLE[name]} % of the margin is enough for all of the data"
              for name, seen in spoilt.items() if not seen]
    return wrong


def need_of(program, packed, plain):
    """The least margin that does for a file, and what it would get."""
    out = subprocess.run([program, "--need", packed, plain], check=True,
                         capture_output=True, text=True).stdout
    return map(int, out.split())


def measure(program, rows):
    """A line for each, and none of what is wrong: test says that."""
    for data, name, packed, plain in rows:
        need, margin = need_of(program, packed, plain)
        print(f"{name:6} {data:13} {need:7} of {margin:7}: {100 * need // margin:3} %",
              flush=True)
    return []


def unpacked(objects, plain):
    """What the payload of a kernel has to come to, into the file @plain."""
    parts = ["vmlinux.bin"]
    with open(os.path.join(objects, ".config"), encoding="utf-8") as config:
        parts += ["vmlinux.relocs"] * ("CONFIG_X86_NEED_RELOCS=y\n" in config)
    with open(plain, "wb") as target:
        for part in parts:
            with open(os.path.join(objects, BOOT, part), "rb") as source:
                target.write(source.read())


def built(program, directory, objects):
    """What is wrong with the payload of a kernel, and with what mkpiggy says of it."""
    plain = os.path.join(directory, "vmlinux.bin.all")
    unpacked(objects, plain)
    with open(os.path.join(objects, BOOT, "piggy.S"), encoding="utf-8") as source:
        text = source.read()
    packed = os.path.join(objects, re.search(r'\.incbin "(.*)"', text).group(1))
    said = {name: int(value) for name, value in re.findall(r"^(z_\w+) = (\d+)$", text, re.M)}
    need, margin = need_of(program, packed, plain)
    print(f"{packed}: needs {need} of {margin}")
    wanted = {"z_input_len": os.path.getsize(packed), "z_output_len": os.path.getsize(plain),
              "z_margin": margin}
    wrong = [f"{packed}: {name} is {said.get(name)}, and has to be {value}"
             for name, value in wanted.items() if said.get(name) != value]
    if not works(program, packed, plain):
        wrong.append(f"{packed}: spoilt at the margin")
    return wrong


def main():
    """The command line."""
    what, program, tree, directory, *builds = sys.argv[1:]
    if what == "built":
        wrong = [line for objects in builds for line in built(program, directory, objects)]
        print(f"{len(builds)} payloads: {len(wrong)} failed")
    elif what == "measure":
        wrong = measure(program, prepare(tree, directory, {}))
    else:
        wrong = test(program, prepare(tree, directory, TESTED))
        print(f"{len(DATA)} kinds of data, {len(COMPRESSORS)} compressors: "
              f"{len(wrong)} failed")
    for line in wrong:
        print(f"FAIL {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
