# SPDX-License-Identifier: GPL-2.0
"""Boots: what crashkernel= reserves, reboots through kexec, and crashes that
cannot end in a dump."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import pytest

import script
from rig import BOOT, Rig
from cases import LOADERS, REBOOT_LOADERS, RESERVATIONS, Region, \
    Reservation, loader_needs
from conftest import rows
from images import payload
from iomem import CRASH_KERNEL, Span, spans
from machine import RESET

FOUR_GIB = 1 << 32


def fits(found: Span, wanted: Region) -> bool:
    start, end = found
    return (end - start == wanted.size
            and wanted.start in (None, start)
            and (wanted.below_4g is None
                 or (end <= FOUR_GIB) == wanted.below_4g))


def log_lines(log: str, about: str) -> list[str]:
    """What the kernel says about this, but for its command line."""
    return [line for line in log.splitlines()
            if re.search(about, line, re.I)
            and not re.search("command line|kernel parameters", line, re.I)]


@pytest.mark.parametrize("row", rows(RESERVATIONS))
def test_reservation(rig: Rig, row: Reservation) -> None:
    tell = ("dmesg > /tmp/log\nsay reserved iomem=@/proc/iomem log=@/tmp/log"
            ' size="$(cat /sys/kernel/kexec_crash_size)"\n')
    with rig.machine(f"panic=1 {row.parameter}", {"production": tell},
                       row.memory) as machine:
        machine.wait("up", seconds=BOOT)
        seen = machine.wait("reserved", seconds=BOOT)
    found = spans(seen["iomem"], CRASH_KERNEL)
    assert len(found) == len(row.regions), found
    assert all(map(fits, found, row.regions)), found
    assert int(seen["size"]) == sum(region.size for region in row.regions)
    if row.complains:
        assert log_lines(seen["log"], "crashkernel")


@dataclass(frozen=True)
class Shrink:
    """A reservation, what is left of it, and what that is in which region."""
    name: str
    parameter: str
    left: int
    regions: tuple[int, ...]
    needs: tuple[str, ...] = ()
    holds: bool = True          # an image


SHRINKS = (
    Shrink("half", "crashkernel=256M", 128 << 20, (128 << 20,)),
    Shrink("all", "crashkernel=256M", 0, (), holds=False),
    # The upper region first, then the lower one.
    Shrink("upper", "crashkernel=192M,high crashkernel=64M,low", 160 << 20,
           (64 << 20, 96 << 20), needs=(",high",)),
    # Once the upper region is gone, the lower one takes images.
    Shrink("upper-all", "crashkernel=64M,high crashkernel=128M,low", 128 << 20,
           (128 << 20,), needs=(",high",)),
    Shrink("lower", "crashkernel=64M,high crashkernel=192M,low", 112 << 20,
           (112 << 20,), needs=(",high",)),
    Shrink("lower-all", "crashkernel=64M,high crashkernel=64M,low", 0, (),
           needs=(",high",), holds=False),
)


def kib(meminfo: str, key: str) -> int:
    return int(re.search(rf"^{key}: +(\d+) kB", meminfo, re.M)[1])


@pytest.mark.parametrize("row", rows(SHRINKS))
def test_shrink(rig: Rig, row: Shrink) -> None:
    """What is given back is memory like any other, and what is left is what
    a later load goes by, and a crash."""
    tell = 'say {} iomem=@/proc/iomem meminfo=@/proc/meminfo\n'
    steps = (tell.format("before")
             + f"echo {row.left} > /sys/kernel/kexec_crash_size\n"
             + tell.format("after")
             + script.names(script.capture_parameters(rig.arch, True))
             + "".join(f"step=load\n{LOADERS[how]} > /tmp/loader 2>&1 || true\n"
                       f"say tried {script.STATE}\n"
                       "kload unload --crash\n"
                       for how in ("own-segments", "own-file"))
             + (script.load(LOADERS["own-file"]) + script.trigger("sysrq-c")
                if row.holds else ""))
    with rig.machine(f"panic=1 {row.parameter}", {
            "production": steps, "capture": "true\n"},
            rig.arch.above_4g if row.needs else "1G") as machine:
        machine.wait("up", seconds=BOOT)
        before = machine.wait("before", seconds=BOOT)
        after = machine.wait("after", seconds=BOOT)
        tried = [machine.wait("tried", seconds=BOOT) for _ in range(2)]
        if row.holds:
            machine.wait("loaded", seconds=BOOT)
            machine.wait("testimony", seconds=BOOT)
            up = machine.wait("up", seconds=BOOT)
            assert up["role"] == "capture" and up["vmcore"] != "none"
    had = spans(before["iomem"], CRASH_KERNEL)
    left = spans(after["iomem"], CRASH_KERNEL)
    given = sum(end - start for start, end in had) - row.left
    assert tuple(end - start for start, end in left) == row.regions
    assert {start for start, _ in left} <= {start for start, _ in had}
    grown = (kib(after["meminfo"], "MemTotal")
             - kib(before["meminfo"], "MemTotal")) << 10
    assert grown == given
    assert [(seen["armed"], seen["verify"]) for seen in tried] == 2 * [
        ("1", "ok") if row.holds else ("0", "none")]


@pytest.mark.parametrize("loader,memory", [
    pytest.param(loader, "384M", id=loader,
                 marks=pytest.mark.needs(*loader_needs(loader)))
    for loader in sorted(REBOOT_LOADERS)] + [
    # The image waits in memory that is not always mapped. Our loader of
    # segments would have it run there, too, which no 32-bit kernel does.
    pytest.param("own-file", "2G", id="own-file-high",
                 marks=pytest.mark.needs("high memory"))])
def test_reboot(rig: Rig, loader: str, memory: str) -> None:
    """Another kernel, without firmware between: the machine never resets."""
    with rig.machine("panic=1", {
            "production": script.reboot(loader, rig.arch),
            "second": "true\n"}, memory, cpus=2) as machine:
        first = machine.wait("up", seconds=BOOT)
        machine.wait("loaded", seconds=BOOT)
        second = machine.wait("up", seconds=BOOT)
    assert first["role"] == "production"
    assert second["role"] == "second"
    assert "role=second" in second["cmdline"]


def test_nothing_armed(rig: Rig) -> None:
    """A region but no kernel in it: a panic as if there were no kdump."""
    with rig.machine(
            script.production_parameters("96M", True),
            {"production": script.trigger("sysrq-c")}, cpus=2) as machine:
        machine.wait("up", seconds=BOOT)
        machine.wait("testimony", seconds=BOOT)
        machine.wait(RESET, seconds=BOOT)


def test_unloaded(rig: Rig) -> None:
    """Armed, then disarmed through either system call: nothing is armed."""
    arm = script.load(LOADERS["own-file"])
    tell = "say unloaded by={} " + script.STATE + "\n"
    steps = (script.names(script.capture_parameters(rig.arch, True))
             + arm + "kload unload --crash\n" + tell.format("segments")
             + arm + "kload unload --crash --file\n" + tell.format("file"))
    with rig.machine(
            script.production_parameters("96M", True),
            {"production": steps + script.trigger("sysrq-c")}) as machine:
        machine.wait("up", seconds=BOOT)
        for by in ("segments", "file"):
            machine.wait("loaded", seconds=BOOT)
            seen = machine.wait("unloaded", seconds=BOOT)
            assert (seen["by"], seen["armed"], seen["verify"]) == (
                by, "0", "none")
        machine.wait("testimony", seconds=BOOT)
        machine.wait(RESET, seconds=BOOT)


def test_load_disabled(rig: Rig) -> None:
    """kexec_load_disabled: no more loads, and what is armed stays so."""
    steps = (script.names(script.capture_parameters(rig.arch, True))
             + script.load(LOADERS["own-file"])
             + "echo 1 > /proc/sys/kernel/kexec_load_disabled\n"
             "for how in segments file; do\n"
             'say disabled how=$how errno="$(kload $how --crash '
             '--kernel $kernel)" '
             'armed="$(cat /sys/kernel/kexec_crash_loaded)"\ndone\n')
    with rig.machine(
            script.production_parameters("96M", True),
            {"production": steps + script.trigger("sysrq-c"),
             "capture": "true\n"}) as machine:
        machine.wait("up", seconds=BOOT)
        machine.wait("loaded", seconds=BOOT)
        for _ in range(2):
            seen = machine.wait("disabled", seconds=BOOT)
            assert (seen["errno"], seen["armed"]) == ("EPERM", "1")
        machine.wait("testimony", seconds=BOOT)
        assert machine.wait("up", seconds=BOOT)["role"] == "capture"


def test_no_memory_for_a_copy(rig: Rig) -> None:
    """An image larger than the memory that is left: ENOMEM, and what is armed
    stays so."""
    steps = (script.names(script.capture_parameters(rig.arch, True))
             + script.load(LOADERS["own-file"])
             + "kload refuse region-filled > /tmp/row\n"
             'say refused row="$(cat /tmp/row)" '
             'verify="$(cat /sys/kernel/kexec_crash_verify)"\n')
    # Most of RAM, where a 32-bit kernel may have its region as well; the
    # kernel itself must not be in the middle.
    with rig.machine(script.production_parameters("480M@160M", False),
                     {"production": steps}, memory="768M") as machine:
        machine.wait("up", seconds=BOOT)
        machine.wait("loaded", seconds=BOOT)
        seen = machine.wait("refused", seconds=BOOT)
    assert seen["row"] == "region-filled ENOMEM ENOMEM"
    assert seen["verify"] == "ok"


# Where the core headers are said to be, and what there is.
CORE_HEADERS = {
    "missing": "0x1000",            # the first megabyte: zeros and firmware
    "outside-ram": "0xfffffff000",
    "no-elf": "crash-region",       # where the kernel itself was loaded
}


@pytest.mark.parametrize("where", sorted(CORE_HEADERS))
def test_core_headers(rig: Rig, where: str) -> None:
    """Without core headers there is no dump, but the capture kernel runs and
    its log has a line that names them."""
    address = CORE_HEADERS[where]
    if address == "crash-region":
        address = ("0x$(sed -n 's/^ *\\([0-9a-f]*\\)-.*Crash kernel/\\1/p'"
                   " /proc/iomem)")
    steps = (script.names(script.capture_parameters(rig.arch, False))
             + script.load(f"{LOADERS['own-segments']} "
                           f"--elfcorehdr {address}"))
    with rig.machine(
            script.production_parameters("96M", False),
            {"production": steps + script.trigger("sysrq-c"),
             "capture": 'dmesg > /tmp/log; say log text=@/tmp/log\n'}
            ) as machine:
        machine.wait("up", seconds=BOOT)
        machine.wait("loaded", seconds=BOOT)
        machine.wait("testimony", seconds=BOOT)
        up = machine.wait("up", seconds=BOOT)
        log = machine.wait("log", seconds=BOOT)
    assert (up["role"], up["vmcore"]) == ("capture", "none")
    assert log_lines(log["text"], "vmcore|core header")


def test_damaged_kernel(rig: Rig) -> None:
    """What was decompressed is no kernel: it says so, and is not entered."""
    image = bytearray((rig.kernel / rig.arch.image).read_bytes())
    packed = payload(bytes(image))
    # In LZ4's form a literal is as it is. These are the first: behind the
    # magic, the size of a block, and the token of a sequence.
    assert packed.startswith(b"\x02!L\x18") and packed[9:13] == b"\x7fELF"
    image[image.index(packed) + 9] = 0x7E
    damaged = rig.work / "damaged"
    damaged.mkdir()
    (damaged / rig.arch.image).write_bytes(image)
    with replace(rig, kernel=damaged).machine(
            f"{rig.arch.early_console} nokaslr", {},
            noted="kernel is damaged|not an ELF file") as machine:
        lines: list[str] = []
        while len(lines) < 2:
            event = machine.wait("note", seconds=BOOT)
            lines += [event["console"]] if "console" in event else []
    assert re.fullmatch(r"The decompressed kernel is damaged \(0x0*7e\); "
                        "load another or rebuild it", lines[0], re.I)
    assert lines[1] == "not an ELF file"
