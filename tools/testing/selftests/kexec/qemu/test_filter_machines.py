# SPDX-License-Identifier: GPL-2.0
"""The page filter on machines whose memory is not all there, or not all of one
kind: what of it is in a balloon, offline, or in pages as large as they come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

import script
from conftest import rows
from judge import PAGE
from machine import Machine, memory_file
from rig import BOOT, Rig
from test_filter import HUGETLB, KINDS, MAKE, check_seen, crash, until_loaded

pytestmark = pytest.mark.needs("vmemmap")

MIB = 1 << 20
LEVELS = ("0", "31", "63")


def inflate(machine: Machine) -> None:
    machine.command("balloon", value=320 * MIB)


def plug(machine: Machine) -> None:
    machine.command("object-add", id="more", size=256 * MIB,
                    **{"qom-type": "memory-backend-ram"})
    machine.command("device_add", driver="pc-dimm", id="dimm", memdev="more")


@dataclass(frozen=True)
class Row:
    name: str
    kind: str               # of which there are so many MiB, and what is made
    least: int
    give: Callable[[Machine], None] | None = None   # by the host, when ready
    take: str = ""          # shell, which waits for that
    memory: str = "384M"
    crashkernel: str = "96M"
    parameters: str = ""
    extra: tuple[str, ...] = ()


OFFLINE = "$(grep -l offline /sys/devices/system/memory/memory*/state)"
# Most struct pages of a hugetlb page are the same few, those in one page. Of 2 MiB
# there were eight at boot, and it has a new one.
SHARED = "hugetlb_free_vmemmap=on"
SAVED = 8
MEMMAP = 'say memmap pages="$(grep nr_memmap_boot_pages /proc/vmstat)"\n'

ROWS = (
    Row("balloon", "offline", 64, inflate,
        "until set -- $(grep balloon_inflate /proc/vmstat) &&"
        f" [ $2 -ge {64 * MIB // PAGE} ]; do sleep 0.1; done\n",
        extra=("-device", "virtio-balloon-pci")),
    # Two blocks come, and the first one is taken into use, by processes. The
    # capture kernel does not have it for its own. The other is in no dump.
    Row("dimm", "user", 8, plug,
        f"until set -- {OFFLINE} && [ $# = 2 ]; do sleep 0.1; done\n"
        "echo online_movable > $1\n",
        # 64 MiB of it for bounce buffers: memory may come above 4 GiB.
        crashkernel="160M", extra=("-m", "384M,slots=1,maxmem=1G")),
    Row("shared", "user", 8, parameters=SHARED),
    Row("gigabyte", "user", 1024, memory="2560M",
        parameters=f"{SHARED} hugepagesz=1G hugepages=1 default_hugepagesz=2M"),
)


@pytest.mark.parametrize("row", rows(ROWS))
def test_machine(rig: Rig, row: Row) -> None:
    steps = "step=look\n"
    for level in LEVELS:
        steps += (script.set_level(level)
                  + "frames look /case/frames > /tmp/seen\n"
                  + script.count_pages()
                  + "say level seen=@/tmp/seen counts=@/tmp/counts\n")
    with crash(rig, "", steps,
               f"step=special\nsay ready\n{row.take}{MEMMAP}{MAKE}{MEMMAP}",
               row.parameters, row.crashkernel, memory=row.memory,
               extra=row.extra) as machine:
        until_loaded(machine)
        machine.wait("ready", seconds=BOOT)
        if row.give:
            row.give(machine)
        before = machine.wait("memmap", seconds=BOOT)["pages"]
        made = machine.wait("made", seconds=BOOT)["frames"].split("\n")
        after = machine.wait("memmap", seconds=BOOT)["pages"]
        machine.wait("testimony", seconds=BOOT)
        machine.wait("up", seconds=BOOT)
        levels = [machine.wait("level", seconds=BOOT) for _ in LEVELS]

    saved = int(before.split()[1]) - int(after.split()[1])
    assert saved == HUGETLB * SAVED * (SHARED in row.parameters)
    listed = [line.split()[0] for line in made if line]
    assert set(listed) == set(KINDS)
    # What is plugged in is above 4 GiB.
    assert (row.give is plug) == any(int(line.split()[1]) * PAGE >> 32
                                     for line in made if line)
    for event, level in zip(levels, LEVELS):
        check_seen(listed, list(KINDS), level, event["seen"])
        pages = script.counted_pages(event["counts"])
        assert pages[row.kind] * PAGE >= row.least * MIB
        assert (pages["strange"], pages["no_page"]) == (0, 0)


# What takes a second to look through, and hardly any memory of the host
LARGE_MEMORY = "64G"


def test_killed(rig: Rig, memory: Path) -> None:
    """Who opens the dump and is killed before all is known leaves it to the
    next one."""
    steps = ("step=kill\n"
             # It gives way to who looks whether it is at it.
             "sh -c 'busybox renice -n 19 -p $$;"
             f" exec cat {script.PAGES}/free' > /tmp/free &\n"
             "until grep -q vmcore /proc/$!/stack || ! kill -0 $!; do"
             " sleep 0.01; done\n"
             "kill -9 $! || true\nstatus=0\nwait $! || status=$?\n"
             "dmesg > /tmp/log\n"
             "say killed status=$status free=@/tmp/free log=@/tmp/log\n"
             + script.count_pages()
             + "dmesg > /tmp/log\n"
             "say counted counts=@/tmp/counts log=@/tmp/log\n")
    with crash(rig, "", script.set_level(16) + steps,
               memory=LARGE_MEMORY,
               extra=memory_file(memory, LARGE_MEMORY)) as machine:
        until_loaded(machine, 2 * BOOT)
        machine.wait("testimony", seconds=BOOT)
        machine.wait("up", seconds=BOOT)
        killed = machine.wait("killed", seconds=BOOT)
        counted = machine.wait("counted", seconds=BOOT)
    assert (killed["status"], killed["free"]) == (str(128 + 9), "")
    assert "memory map read in" not in killed["log"]
    assert counted["log"].count("memory map read in") == 1
    free = script.counted_pages(counted["counts"])["free"]
    assert free * PAGE > 60 << 30
