# SPDX-License-Identifier: GPL-2.0
"""The kernel packed by each compressor, as production and as capture kernel:
each is decompressed twice, where it is, and says where its code is then.

The images are made for it by series/compressors.py; a run of all tests has
those of SAMPLE, and --all-places has all.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from images import payload
from rig import Rig
from test_places import check_codes, crash_itself

# Of each: what the payload begins with.
MAGIC = {
    "gzip": b"\x1f\x8b",
    "bzip2": b"BZh",
    "lzma": b"\x5d\0\0",
    "xz": b"\xfd7zXZ",
    "lzo": b"\x89LZO",
    "lz4": b"\x02\x21\x4c\x18",
    "zstd": b"\x28\xb5\x2f\xfd",
}
# What distributions pack by; every other test has what the configuration says.
# series/test.py has the images of these made.
SAMPLE = ("gzip", "xz")
FORMATS = [pytest.param(name, marks=() if name in SAMPLE else pytest.mark.matrix)
           for name in MAGIC]


def packed(kernel: Path, arch_image: str, name: str) -> Path:
    directory = kernel.with_name(f"{kernel.name}-{name}")
    image = directory / arch_image
    assert image.exists(), f"no {image}: series/compressors.py makes it"
    assert payload(image.read_bytes()).startswith(MAGIC[name])
    return directory


@pytest.mark.parametrize("kaslr", (True, False), ids=("kaslr", "nokaslr"))
@pytest.mark.parametrize("name", FORMATS)
def test_compressor(rig: Rig, name: str, kaslr: bool) -> None:
    rig = replace(rig, kernel=packed(rig.kernel, rig.arch.image, name))
    check_codes(rig, kaslr, crash_itself(rig, "96M", kaslr))
