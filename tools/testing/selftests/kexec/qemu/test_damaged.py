# SPDX-License-Identifier: GPL-2.0
"""A write over the armed image: whatever it hits of what was loaded, whoever
reads kexec_crash_verify is told of it. If it crashes all the same, purgatory
notices, names the segment on the console and resets the machine rather than
start what is there.

How long that takes is measured in the emulator's work, which is the same on a
host that has much else to do.

The guest's memory is a file that this writes to while the guest runs, which
no protection inside the guest can help against.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

import script
from rig import BOOT, Rig
from cases import LOADERS
from conftest import rows
from machine import RESET, Event, Machine, memory_file

MEMORY = "384M"
# Seconds of the emulator's work: from the message on, and up to it, in which
# the kernel crashes and all of the image is digested.
RESET_LIMIT = 2.0
DIGEST_LIMIT = 5.0
KEXEC_FILE_DEBUG = 8
VERIFY = "/sys/kernel/kexec_crash_verify"

# The kernel lists its segments for KEXEC_FILE_DEBUG.
SEGMENT = re.compile(r"segment (\d+): (0x[0-9a-f]+) bytes for (0x[0-9a-f]+)"
                     r" at (0x[0-9a-f]+)")
ENTRY = re.compile(r"entered at (0x[0-9a-f]+)")


@dataclass(frozen=True)
class Segment:
    number: int
    size: int
    room: int
    start: int


@dataclass(frozen=True)
class Image:
    segments: list[Segment]
    entry: int

    @staticmethod
    def listed(log: str) -> Image:
        return Image([Segment(*(int(n, 0) for n in found))
                      for found in SEGMENT.findall(log)],
                     int(ENTRY.search(log)[1], 0))


def kernel(image: Image) -> Segment:
    """With its room to unpack the largest by far."""
    return max(image.segments, key=lambda s: s.room)


def initrd(image: Image) -> Segment:
    """The one that is placed last."""
    return image.segments[-1]


def purgatory(image: Image) -> Segment:
    """The one that is entered."""
    return next(s for s in image.segments
                if s.start <= image.entry < s.start + s.size)


@dataclass(frozen=True)
class Damage:
    name: str
    where: Callable[[Image], Segment]
    offset: Callable[[Segment], int]
    says: str | None            # None: nobody minds, it starts


NAMED = "image damaged in segment {:#x}, "

DAMAGES = (
    Damage("kernel-first-byte", kernel, lambda s: 0, NAMED),
    Damage("kernel-last-byte", kernel, lambda s: s.size - 1, NAMED),
    Damage("initrd-middle", initrd, lambda s: s.size // 2, NAMED),
    Damage("purgatory-code", purgatory, lambda s: s.size - 8,
           "its own parameters or code are damaged"),
    Damage("purgatory-magic", purgatory, lambda s: 0,
           "its own header is damaged"),
    Damage("room-behind-the-kernel", kernel, lambda s: s.size, None),
)


def steps(rig: Rig) -> str:
    return (script.names(script.capture_parameters(rig.arch, True))
            + script.load(f"{LOADERS['own-file']} --flags {KEXEC_FILE_DEBUG}")
            + "dmesg > /tmp/log\numount /case\n"
            "echo 1 > /proc/sys/kernel/unknown_nmi_panic\n"
            f"say armed log=@/tmp/log verify=@{VERIFY}\n"
            f'while [ "$(cat {VERIFY})" = ok ]; do sleep 0.1; done\n'
            f"cat {VERIFY} > /tmp/verify\nsay noticed verify=@/tmp/verify\n"
            "sleep 3600\n")


def flip(path: Path, offset: int) -> None:
    with open(path, "r+b", buffering=0) as memory:
        memory.seek(offset)
        byte = memory.read(1)[0]
        memory.seek(offset)
        memory.write(bytes((byte ^ 0x40,)))


@pytest.fixture
def memory():
    """A file for the guest's memory; on a disk it would run at its speed."""
    shared = Path("/dev/shm")
    with tempfile.NamedTemporaryFile(
            prefix="kexec-memory-",
            dir=shared if shared.is_dir() else None) as file:
        yield Path(file.name)


def in_time(machine: Machine, crash: float, reset: Event) -> None:
    (message,) = (event for event in machine.history if "console" in event)
    assert reset["work"] - message["work"] < RESET_LIMIT
    assert message["work"] - crash < DIGEST_LIMIT


@pytest.mark.parametrize("row", rows(DAMAGES))
def test_damaged(rig: Rig, memory: Path, row: Damage) -> None:
    with rig.machine(script.production_parameters("96M", True),
                     {"production": steps(rig), "capture": "true\n"}, MEMORY,
                     noted="purgatory: ",
                     extra=memory_file(memory, MEMORY)) as machine:
        machine.wait("up", seconds=BOOT)
        machine.wait("loaded", seconds=BOOT)
        armed = machine.wait("armed", seconds=BOOT)
        assert armed["verify"] == "ok\n"
        segment = row.where(Image.listed(armed["log"]))
        flip(memory, segment.start + row.offset(segment))
        if row.says is not None:
            assert machine.wait("noticed", seconds=BOOT)["verify"] == (
                f"damaged: segment {segment.number} ({segment.size:#x} bytes "
                f"at {segment.start:#x})\n")
        crash = machine.work()
        machine.command("inject-nmi")
        if row.says is None:
            assert machine.wait("up", seconds=BOOT)["role"] == "capture"
        else:
            in_time(machine, crash, machine.wait(RESET, seconds=BOOT))

    console = machine.serial.read_text(errors="replace")
    said = re.findall("purgatory: (.*)", console)
    if row.says is None:
        assert said == []
    else:
        assert len(said) == 1
        assert row.says.format(segment.number) in said[0]
        assert "resetting the machine" in said[0]
