# SPDX-License-Identifier: GPL-2.0
"""What the capture kernel leaves out of /proc/vmcore: pages of every kind are
made in the production kernel, and looked for in the dump page by page, at all
levels that make a difference, in each way to read it."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

import judge
import script
from arch import Arch
from cases import LOADERS
from guest import disk_file, later_makedumpfile
from judge import PAGE, Dump
from machine import Machine
from matrix_cells import spare_disk
from points import MORE, VIRTIO
from rig import BOOT, Rig
from symbols import indexed

ZERO, CACHE, CACHE_PRIVATE, USER, FREE, MEMMAP = 1, 2, 4, 8, 16, 32
ALWAYS = 1 << 8         # of every level but "off"
LEVELS = ("0", "1", "2", "4", "8", "16", "31", "32", "48", "63", "off")

# Bits of the level, of which any leaves out a page of this kind; for the
# memory map, all of them.
KINDS = {
    "kernel": 0, "compound": 0, "slab": 0, "vmalloc": 0, "percpu": 0,
    "stack": 0, "table": 0, "reserved": 0, "head": 0,
    "zero": ZERO,
    "file": CACHE | CACHE_PRIVATE, "shmem": CACHE | CACHE_PRIVATE,
    "buffered": CACHE_PRIVATE,
    "anonymous": USER, "huge": USER, "hugetlb": USER, "zsmalloc": USER,
    "free": FREE,
    "memmap": MEMMAP | FREE,
    "offline": ALWAYS, "poisoned": ALWAYS,
}

# What it takes for there to be some: keys of Arch.lacks
KINDS_NEED = {"head": "vmemmap", "memmap": "vmemmap",
              "poisoned": "failed pages", "zsmalloc": "zsmalloc"}

HUGETLB = 4
MAKE = ("step=frames\nmount -o remount,rw /case\n"
        f"echo {HUGETLB} > /proc/sys/vm/nr_hugepages\n"
        f"{MORE}frames make $more > /case/frames\n"
        # No huge page of somebody's is what is free at the end.
        "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled\n"
        # Last, what is to be free.
        "cat /sys/kernel/debug/crash_frames >> /case/frames\n"
        "say made frames=@/case/frames\n")

# Processes that come and go, files that are read and written, and pages that
# were in use and are free again.
LOADED = ("step=load\n"
          "dd if=/dev/urandom of=/tmp/file bs=64k count=64\n"
          "cat /proc/kallsyms > /tmp/other\n"
          "for i in 1 2 3 4; do sh -c 'sleep 3600' & done\n"
          "stir frames\nfind / -xdev > /tmp/names 2> /dev/null || true\n")


def crash(rig: Rig, parameters: str, steps: str, prepare: str = "",
          production: str = "", crashkernel: str = "96M", cpus: int = 1,
          capture_cpus: int = 1, extra: Iterable[str] = (), **settings: Any
          ) -> Machine:
    """Prepares and crashes into a capture kernel with these steps. @parameters
    are that one's, @production the other's. There is a disk for frames."""
    capture_parameters = script.capture_parameters(rig.arch, True).replace(
        "nr_cpus=1", f"nr_cpus={capture_cpus}")
    cmdline = f"{capture_parameters} {parameters}"
    return rig.machine(
        f"{script.production_parameters(crashkernel, True)} {production}", {
            "production": script.names(cmdline)
            + script.load(LOADERS["own-file"]) + prepare
            + script.trigger("sysrq-c"),
            "capture": steps}, cpus=cpus, **settings,
        extra=[*spare_disk(rig.work, "more", 64 << 20), "-device", VIRTIO,
               *extra])


def until_loaded(machine: Machine, seconds: float = BOOT) -> None:
    machine.wait("up", seconds=seconds)
    assert machine.wait("loaded", seconds=seconds)["armed"] == "1"


def kinds_of(arch: Arch) -> list[str]:
    return [kind for kind in KINDS if KINDS_NEED.get(kind) not in arch.lacks]


def is_out(kind: str, level: str) -> bool:
    if level == "off":
        return False
    bits = int(level) | ALWAYS
    if kind == "memmap":
        return bits & KINDS[kind] == KINDS[kind]
    return bool(bits & KINDS[kind])


def check_seen(listed: list[str], kinds: list[str], level: str, seen: str
               ) -> None:
    """What became of the frames of each kind at a level, as `frames look` says."""
    want = {}
    for kind in kinds:
        want[kind] = [0, 0, 0]
        want[kind][is_out(kind, level)] = listed.count(kind)
    assert script.numbers(seen) == want, f"level {level}"


def test_frames(rig: Rig) -> None:
    """Kept pages bit for bit, left-out ones as holes."""
    steps = "step=look\n"
    for level in LEVELS:
        steps += (script.set_level(level)
                  + "frames look /case/frames > /tmp/seen\n"
                  f'say level name="{level}" shown="$(cat {script.LEVEL})"'
                  " seen=@/tmp/seen\n")
    with crash(rig, "", steps, MAKE) as machine:
        until_loaded(machine)
        made = machine.wait("made", seconds=BOOT)["frames"].split("\n")
        machine.wait("testimony", seconds=BOOT)
        machine.wait("up", seconds=BOOT)
        levels = [machine.wait("level", seconds=BOOT) for _ in LEVELS]

    listed = [line.split()[0] for line in made if line]
    kinds = kinds_of(rig.arch)
    assert set(listed) == set(kinds)
    for event, level in zip(levels, LEVELS):
        assert event["shown"] == level
        check_seen(listed, kinds, level, event["seen"])


# Struct pages of 64 bytes, of what is reserved for the capture kernel
REGION_PAGES = 96 << 20 >> 12 >> 6


@pytest.mark.needs("vmemmap")
def test_region(rig: Rig) -> None:
    """Level 32 alone leaves out what describes the capture kernel's memory, which
    is in no dump, and what no memory is behind."""
    steps = ("step=region\n"
             + "".join(script.set_level(level) + script.count_pages()
                       + "say counted counts=@/tmp/counts\n"
                       for level in (0, MEMMAP)))
    with crash(rig, "", steps) as machine:
        until_loaded(machine)
        machine.wait("testimony", seconds=BOOT)
        machine.wait("up", seconds=BOOT)
        none, region = (script.counted_pages(
            machine.wait("counted", seconds=BOOT)["counts"]) for _ in range(2))
    assert none["memmap"] == none["left_out"] == 0
    assert region["memmap"] == region["left_out"]
    assert REGION_PAGES <= region["memmap"] < REGION_PAGES + 64


def test_level(rig: Rig) -> None:
    """What is no level is refused, and nobody is taken by surprise by one."""
    steps = "step=levels\n"
    for value in ("64", "-1", "all", "", "0x1f"):
        steps += (f"{{ echo '{value}' > {script.LEVEL}; }} 2> /tmp/error || true\n"
                  f'say tried shown="$(cat {script.LEVEL})" error=@/tmp/error\n')
    steps += ("exec 3< /proc/vmcore\n"
              f"{{ echo 8 > {script.LEVEL}; }} 2> /tmp/error || true\n"
              f'say busy shown="$(cat {script.LEVEL})" error=@/tmp/error\n'
              "exec 3<&-\n"
              + script.set_level("off")
              + f"cat {script.PAGES}/free 2> /tmp/error || true\n"
              f'say off error=@/tmp/error size="$(stat -c %s /proc/vmcore)"\n'
              "dmesg > /tmp/log\nsay end log=@/tmp/log\n")
    with crash(rig, "vmcore_level=64", steps) as machine:
        until_loaded(machine)
        machine.wait("testimony", seconds=BOOT)
        up = machine.wait("up", seconds=BOOT)
        tried = [machine.wait("tried", seconds=BOOT) for _ in range(5)]
        busy = machine.wait("busy", seconds=BOOT)
        off = machine.wait("off", seconds=BOOT)
        log = machine.wait("end", seconds=BOOT)["log"]
    assert [event["shown"] for event in tried] == ["0"] * 4 + ["31"]
    assert ["Invalid argument" in event["error"] for event in tried] \
        == [True] * 4 + [False]
    assert busy["shown"] == "31"
    assert "Device or resource busy" in busy["error"]
    assert "No data available" in off["error"]
    assert off["size"] == up["vmcore"]
    assert "vmcore_level=64: give 0 to 63, or off; it stays 0" in log
    assert log.count("memory map read in") == 1


def test_counts(rig: Rig) -> None:
    """By four CPUs, of a machine that is in use: every page is of one kind,
    and what the kinds say is what is left out, in blocks of the file, too."""
    steps = ("step=count\n"
             + script.count_pages()
             + "exec 3< /proc/vmcore\n"
             'say counted counts=@/tmp/counts'
             ' blocks="$(stat -L -c %b /proc/self/fd/3)"'
             ' size="$(stat -c %s /proc/vmcore)"'
             ' cpus="$(cat /sys/devices/system/cpu/online)"\n')
    with crash(rig, "vmcore_level=30", steps, MAKE, cpus=4,
               capture_cpus=4) as machine:
        until_loaded(machine)
        machine.wait("made", seconds=BOOT)
        machine.wait("testimony", seconds=BOOT)
        machine.wait("up", seconds=BOOT)
        event = machine.wait("counted", seconds=BOOT)
    assert event["cpus"] == "0-3"
    pages = script.counted_pages(event["counts"])
    kinds = sum(number for name, number in pages.items()
                if name not in ("memmap", "zero", "left_out"))
    size, out = int(event["size"]), pages["left_out"]
    # The kernel's text is in the file twice, headers and notes are no pages.
    assert size - (64 << 20) < kinds * PAGE < size
    assert out == sum(pages[name] for name in (
        "free", "free_pcp", "user", "cache", "cache_private", "offline",
        "poisoned"))
    assert int(event["blocks"]) * 512 == size - out * PAGE
    assert pages["offline"] == 8
    assert pages["poisoned"] == 2 * ("poisoned" in kinds_of(rig.arch))
    assert pages["strange"] == 0
    assert pages["free"] > 10_000 and pages["cache"] > 1_000


def holes_of(listed: Path) -> set[int]:
    """What `frames map` has listed"""
    return {pfn for line in listed.read_text().splitlines()
            for pfn in range(*map(int, line.split()))}


def test_pcplists(rig: Rig) -> None:
    """Free pages that CPUs keep for themselves are left out, those and no others,
    by a kernel that has one CPU itself: drgn goes through the lists as well, of
    the struct pages in the dump."""
    steps = ("step=map\nframes map > /case/out/holes\n"
             + script.count_pages()
             + "say counted counts=@/tmp/counts\n" + script.save("cp"))
    with crash(rig, f"vmcore_level={FREE}", steps, LOADED, cpus=4,
               disk_size="512M") as machine:
        until_loaded(machine)
        machine.wait("testimony", seconds=BOOT)
        machine.wait("up", seconds=BOOT)
        pages = script.counted_pages(
            machine.wait("counted", seconds=BOOT)["counts"])
        machine.wait("saved", seconds=BOOT)
        machine.wait("done", seconds=BOOT)
    for name in "dump", "holes":
        disk_file(rig.work / "disk.img", name, rig.work / name)
    listed = judge.pcplists_in_drgn(Dump(rig.guest, rig.work,
                                         indexed(rig.kernel)))
    (rig.work / "dump").unlink()
    assert len(listed) == pages["free_pcp"] > 100
    assert listed <= holes_of(rig.work / "holes")


def dumped(path: Path) -> tuple[bytes, bytes]:
    """Of a dump in makedumpfile's own format: a bit for each page that there
    is, and one for each that is kept."""
    with open(path, "rb") as file:
        head = file.read(PAGE)
        assert head.startswith(b"KDUMP")
        # Behind a time, which is as wide as that architecture's is.
        size, sub_header, bitmaps = next(
            numbers for numbers in (struct.unpack_from("<iiI", head, at)
                                    for at in (428, 424, 416))
            if numbers[0] == PAGE)
        file.seek(size * (1 + sub_header))
        bits = file.read(size * bitmaps)
    return bits[:len(bits) // 2], bits[len(bits) // 2:]


def pages_of(bits: bytes) -> set[int]:
    return {8 * i + bit for i, byte in enumerate(bits) if byte
            for bit in range(8) if byte >> bit & 1}


# All but zeros, which makedumpfile tells of page by page in another way.
COMPARED = CACHE | CACHE_PRIVATE | USER | FREE


def test_against_makedumpfile(rig: Rig) -> None:
    """Who else knows pages of 6.12 leaves out the same ones, page by page, of a
    machine that is in use. What differs is known, kind by kind."""
    steps = ("step=compare\nframes map > /tmp/holes\n"
             + script.count_pages()
             + "cp /tmp/holes /case/out/holes\n"
             "makedumpfile-later -v > /tmp/version 2>&1 || true\n"
             + script.set_level(0)
             + f"makedumpfile-later -d {COMPARED} -l /proc/vmcore"
             " /case/out/dump > /tmp/saver 2>&1\n"
             "say compared version=@/tmp/version counts=@/tmp/counts\n"
             "umount /case\nsay done\n")
    with crash(rig, f"vmcore_level={COMPARED}", steps, LOADED + MAKE,
               capture=later_makedumpfile(rig.guest),
               disk_size="512M") as machine:
        until_loaded(machine)
        frames = [line.split() for line in machine.wait(
            "made", seconds=BOOT)["frames"].splitlines()]
        machine.wait("testimony", seconds=BOOT)
        machine.wait("up", seconds=BOOT)
        event = machine.wait("compared", seconds=2 * BOOT)
        machine.wait("done", seconds=BOOT)
    assert "version 1.7.8" in event["version"]

    disk = rig.work / "disk.img"
    there, kept = map(pages_of, dumped(disk_file(disk, "dump",
                                                 rig.work / "dump")))
    holes = holes_of(disk_file(disk, "holes", rig.work / "holes"))
    theirs, ours = there - kept, holes & there
    made = {kind: {int(pfn) for name, pfn, _ in frames if name == kind}
            for kind, _, _ in frames}
    assert len(ours) > 40_000
    assert theirs - ours == set()
    # Only here: compressed pages of processes, and free ones on lists of CPUs.
    more, zsmalloc = ours - theirs, made.get("zsmalloc", set())
    assert zsmalloc <= more
    pages = script.counted_pages(event["counts"])
    assert len(more - zsmalloc) == pages["free_pcp"] > 100
    (rig.work / "dump").unlink()
