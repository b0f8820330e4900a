# SPDX-License-Identifier: GPL-2.0
"""The cells of the crash matrix: every crash point, the crash types that make
sense there, on one, two and four CPUs, idle and loaded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import script
from arch import Arch
from cases import LOADERS
from points import (BUG, CRASHING, DIRECT, EVERYWHERE, EXCEPTION, FILES,
                    FOR_ITS_KIND, LOOP, PANIC, PANICKED, POINTS, SOMEWHERE,
                    Point, Type, arm, noticed, noticed_elsewhere)

# CPUs, and whether the machine is loaded.
MACHINES = [(cpus, loaded) for cpus in (1, 2, 4) for loaded in (False, True)]
IDLE_ALIKE = [(2, False), (4, False)]
FEW = [(1, False), (4, True)]
OOPSES = (BUG, EXCEPTION)
PAGES = 1000            # that are checksummed before the crash
HEAD = 16384            # bytes of /proc/vmcore that hold headers and notes


@dataclass(frozen=True)
class Cell:
    """One crash: where, how, on what machine."""
    point: Point | None         # None: there and then
    type: Type
    cpus: int
    loaded: bool

    @property
    def place(self) -> str:
        return self.point.name if self.point else "DIRECT"

    @property
    def machine(self) -> str:
        return f"{self.cpus}cpu-{'loaded' if self.loaded else 'idle'}"

    @property
    def name(self) -> str:
        return f"{self.place}-{self.type.name}-{self.machine}"

    @property
    def deaf(self) -> bool:
        """Whether a CPU stays in an NMI: it gets no other one, and nobody
        can have its registers."""
        return bool(self.point) and self.point.nmi and self.type is LOOP

    @property
    def silent(self) -> int:
        """CPUs that cannot answer when they are told to stop."""
        if self.type.deafens:
            return self.cpus - 1
        return int(self.deaf)

    @property
    def panics_itself(self) -> bool:
        """Whether the task that is at the point is the one that panics."""
        return not noticed_elsewhere(self.type)

    @property
    def asker_panics(self) -> bool:
        """Whether the task that asks for the crash is the one that panics."""
        return (not self.point and self.panics_itself
                and not self.type.by_anyone)

    @property
    def wanted(self) -> list[str]:
        """Functions that a stack has to show, the innermost first."""
        if self.deaf:
            return ["watchdog_hardlockup_check"]
        if self.point and self.point.kind == CRASHING:
            return ["lkdtm_PANIC"]      # the first crash, by the point's stir
        frames = list(self.type.frames)
        if self.point and self.type.shows_point:
            frames.append(self.point.function)
        return frames

    @property
    def lines(self) -> list[str]:
        """What the log has to say: of a crash in the crash path both crashes,
        which may be of the same type, and that one was in the other. An oops
        has a stack, which tells what the crash was in."""
        if not (self.point and self.point.log):
            return [self.type.log] if self.type.log else []
        stack = rf" {self.point.function}\+0x" if self.type in OOPSES else ""
        return [f"(?s){PANICKED}.*{self.type.log}.*{stack}.*{self.point.log}"]


def machines_for(point: Point, crash_type: Type) -> list[tuple[int, bool]]:
    """Where the type makes sense at the point; why, is at EVERYWHERE."""
    if point.late:
        return FEW if crash_type in (PANIC, EXCEPTION) else []
    if crash_type in SOMEWHERE:
        return FEW if point.name in FOR_ITS_KIND else []
    if crash_type is BUG and point.kind != CRASHING:
        return [row for row in MACHINES if row not in IDLE_ALIKE]
    if crash_type is LOOP:
        return [row for row in MACHINES if noticed(point, row[0])]
    return MACHINES


def cells() -> list[Cell]:
    found = [Cell(None, crash_type, cpus, loaded)
             for crash_type in DIRECT for cpus, loaded in MACHINES
             if cpus >= crash_type.cpus]
    found += [Cell(point, crash_type, cpus, loaded)
              for point in POINTS for crash_type in (*EVERYWHERE, *SOMEWHERE)
              for cpus, loaded in machines_for(point, crash_type)]
    return found


# A disk that is read and written, a card that sends, memory that comes and
# goes, for as long as the kernel lives.
NOISE = ("noise=$(dirname $(grep -l '^noise' /sys/block/*/serial))\n"
         "noise=/dev/${noise##*/}\n"
         "{ while :; do echo 1 > /proc/sys/vm/drop_caches;"
         " cat $noise > /dev/null; done; } 2> /dev/null &\n"
         "{ while :; do dd if=/dev/zero of=$noise bs=64k count=64 conv=fsync;"
         " done; } 2> /dev/null &\n"
         "{ while :; do dd if=/dev/zero of=/tmp/noise bs=1M count=16;"
         " done; } 2> /dev/null &\n"
         "stir flood eth0 2> /dev/null &\n"
         # All have begun: the crash is in the middle of them.
         "busy() {\n\tbusybox awk '{ print ($3 > 2000 && $7 > 500) }'"
         " /sys/block/${noise##*/}/stat\n}\n"
         'until [ "$(busy)" = 1 ]; do sleep 0.1; done\n'
         'until [ "$(cat /sys/class/net/eth0/statistics/tx_packets)" -gt 32 ];'
         " do sleep 0.1; done\n")


ARMING = ('witness say arming pid=$$ comm="$(cat /proc/$$/comm)"'
          " iomem=@/proc/iomem"
          ' notes="$(cat /sys/devices/system/cpu/cpu*/crash_notes)"\n')


def _crash(cell: Cell) -> str:
    """From the last word to the host to the end. There and then it is a
    program's, not init's, whose number every dump has somewhere."""
    if not cell.point:
        return (f"cat > /tmp/asker << 'END'\n{ARMING}"
                + f"echo {cell.type.name} > {FILES}/DIRECT\n" * cell.type.times
                + "END\nsh /tmp/asker\n")
    return (ARMING + arm(cell.point.name, cell.type.name)
            + f"step=stir\n{cell.point.stir}sleep 60\n")


def production(cell: Cell, arch: Arch) -> str:
    point = cell.point
    return (script.names(script.capture_parameters(arch, True))
            + script.load(LOADERS["own-file"])
            + f"step=hold\nwitness hold {PAGES}\n"
            + f"step=prepare\n{cell.type.prepare}"
            + (point.prepare if point else "")
            + (NOISE if cell.loaded else "")
            + "step=arm\n" + _crash(cell))


def headers() -> str:
    """Capture: tells what the dump begins with, see core_of() of the judge."""
    return (f"step=head\nhead -c {HEAD} /proc/vmcore > /tmp/head\n"
            "say headers head=@/tmp/head\n")


def capture() -> str:
    return headers() + script.save("lzo")


def append(cell: Cell) -> str:
    return " ".join((script.production_parameters("96M", True),
                     cell.type.append,
                     cell.point.append if cell.point else "")).strip()


def spare_disk(work: Path, name: str, size: int = 32 << 20) -> list[str]:
    """An empty disk beside the case's; a device of the caller's takes it."""
    image = work / f"{name}.img"
    with open(image, "wb") as file:
        file.truncate(size)
    return ["-drive", f"file={image},format=raw,if=none,id={name}"]


def devices(cell: Cell, work: Path) -> list[str]:
    """What the machine has beside the case's disk."""
    options = []
    if cell.point and cell.point.disk:
        options += [*spare_disk(work, "more"), *f"-device {cell.point.disk}".split()]
    if cell.loaded:
        options += [*spare_disk(work, "noise"),
                    "-device", "virtio-blk-pci,drive=noise,serial=noise",
                    "-netdev", "hubport,id=net,hubid=0",
                    "-device", "e1000e,netdev=net"]
    return options
