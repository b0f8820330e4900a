# SPDX-License-Identifier: GPL-2.0
"""The kernel packed by each compressor, as production and as capture kernel:
each is decompressed twice, where it is.

With --all-places: the images are made for it (series/compressors.py).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import script
from cases import LOADERS, TRIGGERS
from images import payload
from rig import BOOT, Rig

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


def packed(kernel: Path, arch_image: str, name: str) -> Path:
    directory = kernel.with_name(f"{kernel.name}-{name}")
    image = directory / arch_image
    assert image.exists(), f"no {image}: series/compressors.py makes it"
    assert payload(image.read_bytes()).startswith(MAGIC[name])
    return directory


@pytest.mark.matrix
@pytest.mark.parametrize("kaslr", (True, False), ids=("kaslr", "nokaslr"))
@pytest.mark.parametrize("name", MAGIC)
def test_compressor(rig: Rig, name: str, kaslr: bool) -> None:
    rig = replace(rig, kernel=packed(rig.kernel, rig.arch.image, name))
    trigger = TRIGGERS["sysrq-c"]
    steps = (script.names(script.capture_parameters(rig.arch, kaslr))
             + script.load(LOADERS["own-file"])
             + f"umount /case\ncpu=0\n{trigger.prepare}\n{trigger.last}\n")
    with rig.machine(script.production_parameters("96M", kaslr),
                     {"production": steps, "capture": "true\n"}) as machine:
        machine.wait("up", seconds=BOOT)
        seen = machine.wait("loaded", seconds=BOOT)
        assert (seen["armed"], seen["verify"]) == ("1", "ok"), seen["output"]
        machine.wait("testimony", seconds=BOOT)
        up = machine.wait("up", seconds=BOOT)
    assert up["role"] == "capture"
    assert int(up["vmcore"]) > 0
