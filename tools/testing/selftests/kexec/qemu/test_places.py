# SPDX-License-Identifier: GPL-2.0
"""One kernel, from anywhere: the capture kernel says where its code is.

Some of the rows of places.py; all of them with --all-places.
"""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import script
from cases import LOADERS, REBOOT_LOADERS
from conftest import rows
from images import init_size
from iomem import CODE, CRASH_KERNEL, Span, spans
from machine import Event, Machine
from places import GIB, MIB, PLACES, REFUSALS, Place, Refusal
from rig import BOOT, Rig

ALIGNMENT = 2 * MIB
PREFERRED = 16 * MIB        # where it is if nobody has a reason
FOUR_GIB = 4 * GIB

INITRD = re.compile(r"RAMDISK: \[mem 0x([0-9a-f]+)-0x([0-9a-f]+)\]")

SAY = ("say place iomem=@/proc/iomem"
       """ text="$(sed -n 's/ T _text$//p' /proc/kallsyms)\"""")
TELL = (f"dmesg | grep RAMDISK > /tmp/ramdisk\n{SAY} ramdisk=@/tmp/ramdisk\n")

# Of the header, see Documentation/arch/x86/boot.rst
RELOCATABLE_KERNEL, XLOADFLAGS = 0x234, 0x236
XLF_CAN_BE_LOADED_ABOVE_4G = 1 << 1


def only(what: str, place: Event) -> Span:
    (found,) = spans(place["iomem"], what)
    return found


def initrd_of(place: Event) -> Span:
    ((start, end),) = INITRD.findall(place["ramdisk"])
    return int(start, 16), int(end, 16) + 1


@cache
def linked_text(kernel: Path) -> int:
    """The virtual address that the kernel is linked for."""
    names = subprocess.run(["nm", str(kernel / "vmlinux")], check=True,
                           text=True, capture_output=True).stdout
    return int(re.search(r"^(\w+) T _text$", names, re.M)[1], 16)


def make_fixed(rig: Rig) -> str:
    """Has the image say what one says that is not relocatable. At its address
    any runs."""
    image = (rig.kernel / rig.arch.image).read_bytes()
    flags = image[XLOADFLAGS] & ~XLF_CAN_BE_LOADED_ABOVE_4G
    return script.patched("fixed", {
        RELOCATABLE_KERNEL: bytes(1), XLOADFLAGS: bytes((flags,))
    }) + "\nkernel=/tmp/fixed\n"


def two_places(machine: Machine) -> list[Event]:
    """Of a production kernel that is up: where it is, and where the capture
    kernel is that it loads and crashes into."""
    before = machine.wait("place", seconds=BOOT)
    seen = machine.wait("loaded", seconds=BOOT)
    assert (seen["armed"], seen["verify"]) == ("1", "ok"), seen["output"]
    machine.wait("testimony", seconds=BOOT)
    up = machine.wait("up", seconds=BOOT)
    after = machine.wait("place", seconds=BOOT)
    assert up["role"] == "capture"
    assert int(up["vmcore"]) > 0
    return [before, after]


def crash_itself(rig: Rig, crashkernel: str, kaslr: bool, say: str = SAY,
                 memory: str = "384M", append: str = "",
                 **settings: Any) -> list[Event]:
    """The kernel, with @append, and the same one as capture kernel: what either
    says of where it is."""
    steps = (f"{say}\n"
             + script.names(script.capture_parameters(rig.arch, kaslr))
             + script.load(LOADERS["own-file"])
             + script.trigger("sysrq-c"))
    with rig.machine(f"{script.production_parameters(crashkernel, kaslr)} {append}",
                     {"production": steps, "capture": f"{say}\n"}, memory,
                     **settings) as machine:
        machine.wait("up", seconds=2 * BOOT)
        return two_places(machine)


def check_codes(rig: Rig, kaslr: bool, seen: list[Event],
                start: int | None = PREFERRED, step: int = ALIGNMENT) -> None:
    """Of crash_itself(). Without KASLR the first is at @start, if that is
    known, and the loader puts the second at the lowest address."""
    region = only(CRASH_KERNEL, seen[0])
    codes = [only(CODE, place) for place in seen]
    at = [first for first, _ in codes]
    assert all(first % step == 0 for first in at)
    assert inside(codes[1], [region])
    if not kaslr:
        lowest = max(region[0], PREFERRED)
        assert at[1] == (lowest + step - 1) // step * step
        assert at[0] == (at[0] if start is None else start)
    check_text(rig, kaslr, seen)


def parameters(place: Place) -> str:
    return script.production_parameters(place.crashkernel, place.kaslr)


def production(rig: Rig, place: Place, choose: str) -> str:
    return (f"{SAY}\n"
            + script.names(script.capture_parameters(rig.arch, place.kaslr))
            + choose
            + script.load(LOADERS[place.loader])
            + script.trigger("sysrq-c"))


def first(rig: Rig, place: Place) -> str:
    """Starts the production kernel in the upper half of memory."""
    cmdline = (f"console={rig.arch.console} {rig.arch.parameters} "
               f"role=production {parameters(place)}")
    return (script.names(cmdline)
            + script.load(REBOOT_LOADERS["own-segments"], "kexec_loaded")
            + "umount /case\nkexec -e\n")


def start(rig: Rig, place: Place, fixed: Path | None) -> Machine:
    """@fixed is an image that really has one place, if one is at hand."""
    choose = ""
    scripts: dict[str, str | Path] = {"capture": TELL}
    if fixed:
        scripts["fixed"] = fixed
        choose = "kernel=/case/in/fixed\n"
    elif place.fixed:
        choose = make_fixed(rig)
    scripts["production"] = production(rig, place, choose)
    append = parameters(place)
    if place.moved:
        scripts["first"] = first(rig, place)
        append = "role=first panic=1 nokaslr"
    settings: dict[str, Any] = {"cpu": place.cpu}
    if place.machine:
        settings["extra"] = ["-machine", place.machine]
    return rig.machine(append, scripts, place.memory, **settings)


def inside(inner: Span, outer: list[Span]) -> bool:
    return any(start <= inner[0] and inner[1] <= end for start, end in outer)


def check_text(rig: Rig, kaslr: bool, seen: list[dict[str, str]]) -> None:
    """What production and capture kernel say of their virtual addresses: on
    i386 they move with the physical ones, and else only for KASLR."""
    linked = linked_text(rig.kernel)
    texts = [int(place["text"], 16) for place in seen]
    codes = [only(CODE, place)[0] for place in seen]
    if rig.arch.name == "i386":
        assert ([text - code for text, code in zip(texts, codes)]
                == 2 * [linked - 16 * MIB])
    if kaslr:
        assert texts != [linked, linked]
    elif rig.arch.name != "i386":
        assert texts == [linked, linked]


@pytest.mark.parametrize("place", rows(PLACES))
def test_place(rig: Rig, place: Place) -> None:
    crash_at(rig, place)


def crash_at(rig: Rig, place: Place, fixed: Path | None = None) -> None:
    with start(rig, place, fixed) as machine:
        if place.moved:
            assert machine.wait("up", seconds=BOOT)["role"] == "first"
            machine.wait("loaded", seconds=BOOT)
        assert machine.wait("up", seconds=BOOT)["role"] == "production"
        before, after = two_places(machine)

    regions = spans(before["iomem"], CRASH_KERNEL)
    code = only(CODE, after)
    initrd = initrd_of(after)
    assert regions, before["iomem"]
    assert inside(code, regions) and inside(initrd, regions)
    assert code[0] % ALIGNMENT == 0
    assert place.code in (None, code[0]), f"{code[0]:#x}"
    if place.above_4g:
        assert min(code[0], initrd[0]) >= FOUR_GIB
    check_text(rig, place.kaslr, [before, after])


@pytest.mark.parametrize("refusal", rows(REFUSALS))
def test_refused(rig: Rig, refusal: Refusal) -> None:
    """Nothing is armed, and the log says what is wrong with the place."""
    check_refused(rig, refusal, make_fixed(rig) if refusal.fixed else "")


def check_refused(rig: Rig, refusal: Refusal, choose: str = "") -> None:
    steps = (script.names(script.capture_parameters(rig.arch, False))
             + choose
             + f"{LOADERS[refusal.loader]} > /tmp/loader 2>&1 || true\n"
             "dmesg > /tmp/log\nsay refused log=@/tmp/log output=@/tmp/loader"
             ' armed="$(cat /sys/kernel/kexec_crash_loaded)"'
             ' size="$(cat /sys/kernel/kexec_crash_size)"\n')
    needed = init_size((rig.kernel / rig.arch.image).read_bytes())
    region = refusal.crashkernel.format(less=needed // MIB,
                                        fits=needed // MIB + 1)
    append = script.production_parameters(region, False)
    with rig.machine(append, {"production": steps},
                     refusal.memory) as machine:
        machine.wait("up", seconds=BOOT)
        seen = machine.wait("refused", seconds=BOOT)
    assert seen["armed"] == "0"
    assert (seen["size"] != "0") == refusal.reserved
    assert re.search(refusal.said, seen["log"]), seen["output"]
