# SPDX-License-Identifier: GPL-2.0
"""Kernels of other configurations: each crashes, is its own capture kernel, and
says where its code is. One that is not relocatable is no capture kernel of its
own; it is one of another kernel's, at its one address, and refused elsewhere.

For `make check-all`, which builds them: series/boots. The other kernel is the
architecture's ordinary one.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from images import alignment
from places import MIB, PLACES, REFUSALS, Place
from rig import Rig
from test_places import check_codes, check_refused, crash_at, crash_itself

pytestmark = pytest.mark.matrix

# A region, and whether both kernels choose where they are. With KASLR one at a
# fixed address may be in use. The last begins at a multiple of 8 KiB, which is
# the finest alignment that there is.
REGIONS = {
    "kaslr": ("96M", True),
    "nokaslr": ("96M@64M", False),
    "unaligned": (f"96M@{64 * MIB + 0x6000:#x}", False),
}


def built_with(rig: Rig, option: str) -> bool:
    return f"CONFIG_{option}=y\n" in (rig.kernel / "config").read_text()


@pytest.mark.parametrize("region,kaslr", REGIONS.values(), ids=REGIONS)
def test_relocatable(rig: Rig, region: str, kaslr: bool) -> None:
    if not built_with(rig, "RELOCATABLE"):
        pytest.skip("it has one place")
    if kaslr and not built_with(rig, "RANDOMIZE_BASE"):
        pytest.skip("it is built without KASLR")
    step = alignment((rig.kernel / rig.arch.image).read_bytes())
    check_codes(rig, kaslr, crash_itself(rig, region, kaslr, cpus=2), step=step)


@pytest.fixture
def fixed(rig: Rig) -> Rig:
    if built_with(rig, "RELOCATABLE"):
        pytest.skip("it runs anywhere")
    return rig


def test_fixed_refused(fixed: Rig) -> None:
    """By itself, for it cannot be where it is already."""
    (row,) = (row for row in REFUSALS if row.name == "fixed-elsewhere")
    check_refused(fixed, row)


@pytest.mark.parametrize("place", [place for place in PLACES if place.fixed],
                         ids=lambda place: place.name)
def test_fixed_place(fixed: Rig, place: Place) -> None:
    other = fixed.kernel.with_name(fixed.arch.name)
    assert (other / fixed.arch.image).exists(), f"no {other}: make kernel"
    crash_at(replace(fixed, kernel=other), place,
             fixed.kernel / fixed.arch.image)
