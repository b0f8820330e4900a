# SPDX-License-Identifier: GPL-2.0
"""One cell of the crash matrix: crashes a machine and judges from inside the
dump whether it was obtained, is accurate and is complete."""

from __future__ import annotations

import re
import shutil
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import judge
from elf import NT_PRSTATUS, Core, Load, Note
from guest import disk_file, make_disk
from iomem import CRASH_KERNEL, RAM, Span, spans
from judge import Dump
from machine import Config, Event, Machine, Unexpected
from matrix_cells import Cell, append, capture, devices, production
from points import in_order, plain
from rig import BOOT, SAVE, Rig
from symbols import indexed

REGISTERS = 112         # in struct elf_prstatus of 64 bits
PRSTATUS = 336          # its size
NOTE_HEADER = 20        # before it, with the name


@dataclass
class Verdict:
    """Three questions, and what speaks against a yes."""
    obtained: bool = False
    accurate: bool = False
    complete: bool = False
    # CPUs that answered once they were not waited for. How long that must be is
    # for test_who_answered, whose clock no host can stop.
    late: int = 0
    why: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return self.obtained and self.accurate and self.complete


def drive(machine: Machine, cell: Cell) -> dict[str, Event]:
    """From power on to a dump on the disk."""
    seen = {}

    def expect(name: str, key: str = "", seconds: float = BOOT) -> Event:
        seen[key or name] = machine.wait(name, seconds=seconds)
        return seen[key or name]

    expect("up")
    if expect("loaded")["armed"] != "1":
        raise Unexpected(f"not loaded: {seen['loaded']['output']}")
    expect("held")
    expect("arming")
    if cell.point and cell.point.nmi:
        expect("armed")
        machine.command("inject-nmi")
    if expect("up", "capture-up")["role"] != "capture":
        raise Unexpected("the kernel that came up is not the capture kernel")
    expect("headers")
    expect("saved", seconds=SAVE)
    expect("done")
    return seen


def obtain(cell: Cell, rig: Rig) -> dict[str, Event]:
    disk = rig.work / "disk.img"
    image = rig.kernel / rig.arch.image
    make_disk(disk, {"kernel": image, "initrd": rig.guest.capture,
                     "production": production(cell, rig.arch),
                     "capture": capture()})
    config = Config(rig.arch, image, rig.guest.production, rig.work,
                    append(cell), disk, cpus=cell.cpus, accel=rig.accel,
                    memory="384M", extra=devices(cell, rig.work))
    try:
        with Machine(config) as machine:
            seen = drive(machine, cell)
        dump = rig.work / "dump"
        disk_file(disk, dump.name, dump)
        if dump.stat().st_size != int(seen["saved"]["size"]):
            raise Unexpected(f"{seen['saved']['size']} bytes were saved, and "
                             f"the disk has {dump.stat().st_size}")
    finally:
        for image in rig.work.glob("*.img"):
            image.unlink()
    return seen


def cpus_of(text: str) -> set[int]:
    """A list of CPUs as the kernel writes it: 0,2-3."""
    found: set[int] = set()
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    return found


def fitting(cell: Cell, dump: Dump, answers: dict[str, str]) -> list[str]:
    """Whether a stack shows how it crashed: the one that panicked, unless a
    watchdog did. Where crash sees none it is drgn's to say: an interrupt that
    comes on the interrupt stack hides from crash what it came upon."""
    tasks = judge.crash_tasks(answers["bt"])
    if not cell.panics_itself:
        tasks += judge.crash_tasks(answers["bt -a"])
    stacks = [plain(task.frames) for task in tasks]
    if any(in_order(cell.wanted, stack) for stack in stacks):
        return []
    seen = judge.with_drgn(dump, [])
    stacks.append(plain(seen.frames))
    if not cell.panics_itself:
        stacks += [plain(cpu.frames) for cpu in seen.cpus.values()]
    if any(in_order(cell.wanted, stack) for stack in stacks):
        return []
    return [f"no stack shows {' < '.join(cell.wanted)}: {stacks}"]


def cannot_answer(cell: Cell, bt: str) -> set[int]:
    """All CPUs but the one that panicked, where it saw to that."""
    if not cell.type.deafens:
        return set()
    panicked = {int(cpu) for cpu in re.findall(r" CPU: (\d+) ", bt)}
    return set(range(cell.cpus)) - panicked


def registers(core: Core) -> list[Note]:
    return [note for note in core.notes if note.type == NT_PRSTATUS]


def answered(places: Path) -> dict[int, bytes]:
    """What CPUs have left in the crashed kernel's memory, who has left any."""
    left = {int(place.name.removeprefix("notes")):
            place.read_bytes()[NOTE_HEADER:] for place in places.glob("notes*")}
    return {cpu: data for cpu, data in left.items() if any(data[REGISTERS:])}


def unsaved(cell: Cell, core: Core, answers: dict[str, str],
            left: dict[int, bytes]) -> tuple[list[str], int]:
    """What is wrong with the CPUs' registers, and how many came late: once they
    were not waited for, or when their notes had been read. @left is what CPUs
    have left in the end."""
    wrong = []
    log = answers["log"]
    notes = registers(core)
    if not all(any(note.data[REGISTERS:]) for note in notes):
        wrong.append("registers of a CPU are all zero")
    missing = cell.cpus - len(notes)
    text = core.vmcoreinfo().get("SILENT_CPUS", "")
    silent = cpus_of(text)
    lost = {cpu for cpu, data in left.items()
            if data not in [note.data for note in notes]} - silent
    if lost:
        wrong.append(f"registers of CPUs {lost} are in memory alone; silent: "
                     f"'{text}'")
    if cell.cpus - len(left) != cell.silent:
        wrong.append(f"registers of {len(left)} CPUs of {cell.cpus}, and "
                     f"{cell.silent} could not answer; silent: '{text}'")
    elif len(silent) < missing or not cannot_answer(
            cell, answers["bt"]) <= silent:
        wrong.append(f"{missing} CPUs have no registers; silent: '{text}'")
    if silent and f"CPUs {text} did not answer the NMI" not in log:
        wrong.append(f"the log does not say that '{text}' did not answer")
    return wrong, max(0, len(silent) - cell.silent)


def asked_by(cell: Cell, answers: dict[str, str], asker: Event) -> list[str]:
    """Whether it is the task that asked for it who panicked."""
    seen = [(str(task.pid), task.comm)
            for task in judge.crash_tasks(answers["bt"])]
    told = (asker["pid"], asker["comm"].strip())
    if not cell.asker_panics or told in seen:
        return []
    return [f"pid and name of who asked are {told}, who panicked {seen}"]


def inaccurate(cell: Cell, core: Core, dump: Dump, answers: dict[str, str],
               asker: Event, left: dict[int, bytes], verdict: Verdict
               ) -> list[str]:
    """What is wrong with what the dump tells of the crash."""
    wrong = fitting(cell, dump, answers) + asked_by(cell, answers, asker)
    lines = [line.replace("{pid}", asker["pid"]) for line in cell.lines]
    wrong += [f"the log does not say '{line}'" for line in lines
              if not re.search(line, answers["log"])]
    more, verdict.late = unsaved(cell, core, answers, left)
    return wrong + more


def lacking(start: int, end: int, have: list[Span]) -> bool:
    """Whether @have, sorted, leaves out something from @start to @end."""
    for first, last in have:
        if first <= start < last:
            start = last
        if start >= end:
            return False
    return True


def incomplete(core: Core, events: dict[str, Event], pages: Path,
               unused_below: int) -> list[str]:
    """What of the crashed kernel's memory the dump lacks."""
    def span(load: Load) -> Span:
        return load.paddr, load.paddr + load.memsz

    listed = events["arming"]["iomem"]
    have = sorted([span(load) for load in core.loads]
                  + spans(listed, CRASH_KERNEL))
    wrong = [f"{start:#x}-{end:#x} of RAM is not in the dump"
             for start, end in spans(listed, RAM)
             if start >= unused_below and lacking(start, end, have)]
    held = events["held"]["pages"]
    bad = [paddr for i, (paddr, checksum) in enumerate(held)
           if not (pages / str(i)).exists()
           or zlib.adler32((pages / str(i)).read_bytes()) != checksum]
    if bad:
        wrong.append(f"{len(bad)} of {len(held)} pages are not what they "
                     f"were, the first at {bad[0]:#x}")
    return wrong


def core_of(rig: Rig, headers: Event) -> Core:
    head = rig.work / "head"
    head.write_bytes(headers["head"].encode("latin-1"))
    return Core(head)


def look(cell: Cell, rig: Rig, events: dict[str, Event], verdict: Verdict
         ) -> None:
    core = core_of(rig, events["headers"])
    pages = rig.work / "pages"
    pages.mkdir()
    reads = [f"rd -p -r /mnt/pages/{i} {paddr:#x} {judge.PAGE}"
             for i, (paddr, _) in enumerate(events["held"]["pages"])]
    reads += [f"rd -p -r /mnt/pages/notes{i} {place} {NOTE_HEADER + PRSTATUS}"
              for i, place in enumerate(events["arming"]["notes"].split())]
    dump = Dump(rig.guest, rig.work, indexed(rig.kernel))
    answers = judge.crash_text(dump, ["bt", "bt -a", "log"], reads)
    wrong = inaccurate(cell, core, dump, answers, events["arming"],
                       answered(pages), verdict)
    verdict.accurate = not wrong
    lost = incomplete(core, events, pages, rig.arch.unused_below)
    verdict.complete = not lost
    verdict.why += wrong + lost
    shutil.rmtree(pages)


def judged(cell: Cell, rig: Rig) -> Verdict:
    """Crashes and looks; what it takes to find out why stays in rig.work."""
    verdict = Verdict()
    try:
        events = obtain(cell, rig)
        verdict.obtained = True
        look(cell, rig, events, verdict)
    except Exception as error:      # a damaged dump may confuse anything
        verdict.why.append(f"{type(error).__name__}: {error}"[:2000])
    return verdict
