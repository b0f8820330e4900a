#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""What mkpiggy takes, and what it refuses, as rows of a table.

    piggy.py MKPIGGY
"""

import os
import subprocess
import sys
import tempfile

MANY = 1 << 31


def payload(magic, length=1 << 20, size=64):
    """A file that begins like a packed kernel and ends with the length of what it packs."""
    return magic + bytes(size - len(magic) - 4) + length.to_bytes(4, "little")


# Name, the file, and what is said of it
REFUSED = (
    ("empty", b"", "0 bytes are too few"),
    ("head and length overlap", payload(b"\x02!L\x18", size=11), "11 bytes are too few"),
    ("no compression", payload(b"\x7fELF"), "begins with 7f 45 4c 46: no known compression"),
    ("nearly xz", payload(b"\xfd7zXY"), "begins with fd 37 7a 58: no known compression"),
    ("unpacks to nothing", payload(b"\x02!L\x18", 0), "ends with the length 0"),
    ("unpacks to too much", payload(b"\x02!L\x18", MANY), f"ends with the length {MANY}"),
)
# Name, the file, and the margin by hand: margin.h has the terms
TAKEN = (
    ("gzip", payload(b"\x1f\x8b"), 256 + 1 + 98304 + 64),
    ("bzip2", payload(b"BZh"), 10485 + 1 + 664),
    ("lzma", payload(b"\x5d\0\0"), 16384 + 1 + 23040 + 64),
    ("xz", payload(b"\xfd7zXZ"), 64 + 1 + 65536 + 144),
    ("lzo", payload(b"\x89LZO"), 64 + 1 + 16451 + 64),
    ("lz4", payload(b"\x02!L\x18"), 4128 + 1 + 128),
    ("zstd", payload(b"\x28\xb5\x2f\xfd"), 8192 + 1 + 131072 + 128),
    ("smallest", payload(b"\x02!L\x18", 1, 12), 1 + 128),
    ("unpacks to the most", payload(b"\x02!L\x18", MANY - 1), (MANY - 1) // 254 + 129),
)


def run(program, *words, out=subprocess.PIPE):
    """What it ends with, and all that it says."""
    done = subprocess.run([program, *words], check=False, text=True, stdout=out,
                          stderr=subprocess.PIPE)
    return done.returncode, done.stdout or "", done.stderr


def check_refused(program, words, said, out=subprocess.PIPE):
    """Nothing but a complaint, and the build stops."""
    status, _, complaint = run(program, *words, out=out)
    if status != 1 or said not in complaint:
        yield f"ends with {status}: {complaint.strip() or 'taken'}"


def check_taken(program, path, data, margin):
    """The numbers of a file, and the file itself."""
    status, text, complaint = run(program, path)
    wanted = (f"z_input_len = {len(data)}\n",
              f"z_output_len = {int.from_bytes(data[-4:], 'little')}\n",
              f"z_margin = {margin}\n", f'.incbin "{path}"\n')
    if status:
        yield f"refused: {complaint.strip()}"
    else:
        yield from (f"does not say {line.strip()}" for line in wanted if line not in text)


def check(program, where):
    """Lines of what is wrong."""
    path = os.path.join(where, "payload")

    def write(data):
        with open(path, "wb") as file:
            file.write(data)

    for name, data, said in REFUSED:
        write(data)
        yield from (f"{name}: {line}" for line in check_refused(program, [path], said))
    for name, data, margin in TAKEN:
        write(data)
        yield from (f"{name}: {line}" for line in check_taken(program, path, data, margin))
    # What it wrote is all there, or the build stops.
    with open("/dev/full", "w", encoding="ascii") as full:
        yield from (f"full disk: {line}" for line in
                    check_refused(program, [path], "No space left", full))
    os.truncate(path, MANY)
    yield from (f"2 GiB: {line}" for line in check_refused(program, [path], "are too many"))
    os.unlink(path)
    yield from (f"no file: {line}" for line in check_refused(program, [path], "No such file"))
    yield from (f"no name: {line}" for line in check_refused(program, [], "usage"))


def main():
    """The command line."""
    program, = sys.argv[1:]
    with tempfile.TemporaryDirectory() as where:
        found = list(check(program, where))
    for line in found:
        print(f"FAIL {line}")
    print(f"mkpiggy: {len(REFUSED) + 4} refusals, {len(TAKEN)} files: {len(found)} failed")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
