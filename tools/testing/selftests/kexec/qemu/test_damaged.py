# SPDX-License-Identifier: GPL-2.0
"""A write over the armed image: whatever it hits of what was loaded, whoever
reads kexec_crash_verify is told of it, and that is root alone. If it crashes
all the same, purgatory notices, names the segment on the console and resets the
machine rather than start what is there. An image of segments has none; there,
who reads the file is the only one to notice.

How long that takes is measured in the emulator's work, which is the same on a
host that has much else to do.

The guest's memory is a file that this writes to while the guest runs, which
no protection inside the guest can help against.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

import script
from rig import BOOT, Rig
from cases import LOADERS
from conftest import rows
from judge import PAGE
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
CODE = re.compile(r"control code at (0x[0-9a-f]+)")
CONTROL = -1            # the number of what is no segment


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
    code: int               # 0: not told

    @staticmethod
    def listed(log: str) -> Image:
        code = CODE.search(log)
        return Image([Segment(*(int(n, 0) for n in found))
                      for found in SEGMENT.findall(log)],
                     int(ENTRY.search(log)[1], 0),
                     int(code[1], 0) if code else 0)


def kernel(image: Image) -> Segment:
    """With its room to unpack the largest by far."""
    return max(image.segments, key=lambda s: s.room)


def initrd(image: Image) -> Segment:
    """The one that is placed last."""
    return image.segments[-1]


def entered(image: Image) -> Segment:
    """Purgatory, where there is one."""
    return next(s for s in image.segments
                if s.start <= image.entry < s.start + s.size)


def jump(image: Image) -> Segment:
    """What leaves this kernel, beside the segments."""
    assert image.code
    return Segment(CONTROL, PAGE, PAGE, image.code)


@dataclass(frozen=True)
class Byte:
    """One that is overwritten."""
    where: Callable[[Image], Segment]
    offset: Callable[[Segment], int]


FIRST_OF_KERNEL = Byte(kernel, lambda s: 0)
MIDDLE_OF_INITRD = Byte(initrd, lambda s: s.size // 2)


@dataclass(frozen=True)
class Damage:
    name: str
    bytes: tuple[Byte, ...]
    says: str | None            # purgatory; None: nobody minds, it starts
    loader: str = "own-file"
    reaches: bool = True        # purgatory, if there is one

    @property
    def is_noticed(self) -> bool:
        """By purgatory, when it is too late."""
        return self.reaches and self.loader == "own-file"


NAMED = "image damaged in segment {:#x}, "

DAMAGES = (
    Damage("kernel-first-byte", (FIRST_OF_KERNEL,), NAMED),
    Damage("kernel-last-byte", (Byte(kernel, lambda s: s.size - 1),), NAMED),
    Damage("initrd-middle", (MIDDLE_OF_INITRD,), NAMED),
    # Purgatory names the first one that it comes to.
    Damage("two-segments", (FIRST_OF_KERNEL, MIDDLE_OF_INITRD), NAMED),
    Damage("purgatory-code", (Byte(entered, lambda s: s.size - 8),),
           "its own parameters or code are damaged"),
    Damage("purgatory-magic", (Byte(entered, lambda s: 0),),
           "its own header is damaged"),
    Damage("room-behind-the-kernel", (Byte(kernel, lambda s: s.size),), None),
    # It would crash once more on the way, or hang.
    Damage("control-code", (Byte(jump, lambda s: 0),), "", reaches=False),
    Damage("segments-kernel", (FIRST_OF_KERNEL,), NAMED, "own-segments"),
    Damage("segments-two", (FIRST_OF_KERNEL, Byte(entered, lambda s: 0)),
           NAMED, "own-segments"),
)

# What has the segments listed, by the kernel or by the loader itself.
LISTING = {"own-file": f" --flags {KEXEC_FILE_DEBUG}",
           "own-segments": " --list"}


def steps(rig: Rig, row: Damage) -> str:
    # No more and no fewer than are hit: between two of them it may be read.
    wanted = f'"$(grep -c damaged {VERIFY} || true)" -lt {len(row.bytes)}'
    return (script.names(script.capture_parameters(rig.arch, True))
            + script.load(LOADERS[row.loader] + LISTING[row.loader])
            + "cat /tmp/loader > /tmp/log\ndmesg >> /tmp/log\n"
            "umount /case\n"
            "echo 1 > /proc/sys/kernel/unknown_nmi_panic\n"
            f"say armed log=@/tmp/log verify=@{VERIFY}"
            f' mode="$(stat -c %a {VERIFY})"'
            f' nobody="$(kload read --nobody {VERIFY})"\n'
            f"while [ {wanted} ]; do sleep 0.1; done\n"
            f"cat {VERIFY} > /tmp/verify\nsay noticed verify=@/tmp/verify\n"
            "sleep 3600\n")


def line(segment: Segment) -> str:
    if segment.number == CONTROL:
        return "damaged: control pages"
    return (f"damaged: segment {segment.number} ({segment.size:#x} bytes "
            f"at {segment.start:#x})")


def flip(path: Path, offset: int) -> None:
    with open(path, "r+b", buffering=0) as memory:
        memory.seek(offset)
        byte = memory.read(1)[0]
        memory.seek(offset)
        memory.write(bytes((byte ^ 0x40,)))


def in_time(machine: Machine, crash: float, reset: Event) -> None:
    (message,) = (event for event in machine.history if "console" in event)
    assert reset["work"] - message["work"] < RESET_LIMIT
    assert message["work"] - crash < DIGEST_LIMIT


@pytest.mark.parametrize("row", rows(DAMAGES))
def test_damaged(rig: Rig, memory: Path, row: Damage) -> None:
    with rig.machine(script.production_parameters("96M", True),
                     {"production": steps(rig, row), "capture": "true\n"},
                     MEMORY, noted="purgatory: ",
                     extra=memory_file(memory, MEMORY)) as machine:
        machine.wait("up", seconds=BOOT)
        machine.wait("loaded", seconds=BOOT)
        armed = machine.wait("armed", seconds=BOOT)
        assert armed["verify"] == "ok\n"
        assert (armed["mode"], armed["nobody"]) == ("400", "EACCES")
        image = Image.listed(armed["log"])
        segments = [byte.where(image) for byte in row.bytes]
        for byte, segment in zip(row.bytes, segments):
            flip(memory, segment.start + byte.offset(segment))
        if row.says is not None:
            verify = machine.wait("noticed", seconds=BOOT)["verify"]
            assert sorted(verify.splitlines()) == sorted(map(line, segments))
        if not row.is_noticed:
            return
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
        assert any(row.says.format(segment.number) in said[0]
                   for segment in segments)
        assert "resetting the machine" in said[0]
