# SPDX-License-Identifier: GPL-2.0
"""A sample of the crash matrix: each crash type once at least, most of them
there and then, and a few points that are hard on the crash path; matrix.py has
the rest. And that the judge sees what is wrong with a dump."""

from __future__ import annotations

import json
import re
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import judge
from conftest import rows
from elf import NT_PRSTATUS, Load, Note
from matrix import Results, readable, report, symbol
from matrix_cells import Cell, cells
from matrix_judge import (NOTE_HEADER, REGISTERS, Verdict, answered, asked_by,
                          cpus_of, fitting, incomplete, judged, lacking,
                          unsaved)
from points import DIRECT
from rig import Rig

SAMPLE = (
    "DIRECT-BUG-2cpu-idle",
    "DIRECT-EXHAUST_STACK-2cpu-idle",
    "DIRECT-LOOP-1cpu-idle",
    "DIRECT-WARNING-2cpu-idle",
    "DIRECT-CORRUPT_STACK-1cpu-idle",
    "DIRECT-SOFTLOCKUP-1cpu-idle",
    "DIRECT-HARDLOCKUP-2cpu-idle",
    "DIRECT-SPINLOCKUP-2cpu-idle",
    "DIRECT-HUNG_TASK-2cpu-idle",
    "DIRECT-SMP_CALL_LOCKUP-2cpu-idle",
    "DIRECT-PANIC_NMI-2cpu-idle",
    "DIRECT-PANIC_TWICE-2cpu-idle",
    "DIRECT-PANIC_OTHERS_IRQOFF-4cpu-idle",
    "DIRECT-PANIC_OTHERS_IN_NMI-4cpu-idle",
    "DIRECT-PANIC_OTHER_IN_OOPS-2cpu-idle",
    "DIRECT-PANIC_STOP_IRQOFF-2cpu-idle",
    "DIRECT-PANIC_CONSOLE_LOCK-2cpu-idle",
    "DIRECT-PANIC_ZONE_LOCK-2cpu-idle",
    "DIRECT-EXHAUST_MEMORY-2cpu-idle",
    "DIRECT-WRITE_CRASH_KERNEL-2cpu-idle",
    "CRASH_SHUTDOWN-PANIC-2cpu-idle",
    "CRASH_LOCAL_IRQS-EXCEPTION-4cpu-loaded",
    "INT_HARDWARE_ENTRY-BUG-4cpu-loaded",
    "INT_NMI_ENTRY-EXHAUST_STACK-2cpu-idle",
    "WORKQUEUE_ENTRY-EXCEPTION-2cpu-loaded",
    "BLOCK_COMPLETION-LOOP-2cpu-loaded",
    "NET_RECEIVE-PANIC-2cpu-loaded",
)


def sample() -> list[Cell]:
    by_name = {cell.name: cell for cell in cells()}
    return [by_name[name] for name in SAMPLE]


def cell_of(name: str) -> Cell:
    return next(cell for cell in cells() if cell.name == name)


def test_sample_has_every_type() -> None:
    assert {cell.type.name for cell in sample()} == {
        crash_type.name for crash_type in DIRECT}


@pytest.mark.needs("crash")
@pytest.mark.parametrize("cell", rows(sample()))
def test_cell(rig: Rig, cell: Cell) -> None:
    verdict = judged(cell, rig)
    assert verdict.good, verdict.why
    (rig.work / "dump").unlink()


def test_counting() -> None:
    """What the judge would miss if it counted wrong."""
    assert cpus_of("0,2-3") == {0, 2, 3}
    assert cpus_of("") == set()
    assert not lacking(0, 10, [(0, 4), (4, 10)])
    assert lacking(0, 10, [(0, 4), (5, 10)])
    assert lacking(0, 10, [(1, 10)])
    assert lacking(0, 10, [(0, 9)])


@dataclass
class Dumped:
    """As much of a dump as the judge looks at, of four CPUs."""
    loads: list[Load] = field(default_factory=list)
    notes: list[Note] = field(default_factory=lambda: ALL[:])
    silent: str = ""

    def vmcoreinfo(self) -> dict[str, str]:
        return {"SILENT_CPUS": self.silent} if self.silent else {}


ON_CPU_0 = 'PID: 77  TASK: ffff888001234000  CPU: 0    COMMAND: "sh"\n'


def saved(registers: bytes) -> Note:
    return Note("CORE", NT_PRSTATUS, bytes(REGISTERS) + registers)


ALL = [saved(bytes((cpu,))) for cpu in (1, 2, 3, 4)]


def test_registers() -> None:
    all_answer, none_can = (cell_of(f"DIRECT-{name}-4cpu-idle") for name in
                            ("PANIC", "PANIC_OTHERS_IN_NMI"))

    def judged_as(cell: Cell, dumped: Dumped, log: str = "",
                  left: list[Note] | None = None) -> tuple[list[str], int]:
        """@left: what is in memory, if it is not what the notes are."""
        return unsaved(cell, dumped, {"log": log, "bt": ON_CPU_0},
                       {cpu: note.data for cpu, note
                        in enumerate(left or dumped.notes)})

    said = "CPUs 1-3 did not answer the NMI"
    assert judged_as(all_answer, Dumped()) == ([], 0)
    wrong, _ = judged_as(all_answer, Dumped(notes=ALL[:3]))
    assert "registers of 3 CPUs of 4" in wrong[0]
    wrong, _ = judged_as(all_answer, Dumped(notes=ALL[:3] + [saved(b"\0")]))
    assert wrong == ["registers of a CPU are all zero"]
    # Late: it was not waited for, and is in the dump nevertheless.
    assert judged_as(all_answer, Dumped(silent="1-3"), said) == ([], 3)
    # So late that the notes had been read.
    for silent, wrong in (("3", []), ("2", [
            "registers of CPUs {3} are in memory alone; silent: '2'"])):
        assert judged_as(all_answer, Dumped(notes=ALL[:3], silent=silent),
                         f"CPUs {silent} did not answer the NMI", ALL
                         ) == (wrong, 1)

    def alone(silent: str) -> tuple[list[str], int]:
        return judged_as(none_can, Dumped(notes=ALL[:1], silent=silent),
                         f"CPUs {silent} did not answer the NMI")

    assert alone("1-3") == ([], 0)
    assert "the log does not say" in judged_as(
        none_can, Dumped(notes=ALL[:1], silent="1-3"))[0][0]
    for other in ("1-2", "0-2"):
        assert alone(other)[0] == [
            f"3 CPUs have no registers; silent: '{other}'"]


def test_registers_in_memory(tmp_path: Path) -> None:
    """One CPU of three has left some."""
    note = bytes(NOTE_HEADER + REGISTERS)
    for i, rest in enumerate((b"\1", b"\0", b"")):
        (tmp_path / f"notes{i}").write_bytes(note + rest)
    (tmp_path / "0").write_bytes(b"\1" * 4096)
    assert answered(tmp_path) == {0: bytes(REGISTERS) + b"\1"}


IOMEM = ("00001000-0009ffff : System RAM\n00100000-0fffffff : System RAM\n"
         "  04000000-09ffffff : Crash kernel\n")


def test_memory(tmp_path: Path) -> None:
    """A page that is another one, one that is not there, a range neither."""
    def load(start: int, end: int) -> Load:
        return Load(0, 0, start, end - start, end - start)

    held = [[0x200000, zlib.adler32(b"a")], [0x300000, zlib.adler32(b"b")]]
    events = {"arming": {"iomem": IOMEM}, "held": {"pages": held}}
    whole = [load(0x100000, 0x4000000), load(0xa000000, 0x10000000)]

    def lost(loads: list[Load]) -> list[str]:
        return incomplete(Dumped(loads), events, tmp_path, 1 << 20)

    (tmp_path / "0").write_bytes(b"a")
    assert lost(whole) == ["1 of 2 pages are not what they were, "
                           "the first at 0x300000"]
    (tmp_path / "1").write_bytes(b"b")
    assert lost(whole) == []
    assert lost(whole[:1]) == ["0x100000-0x10000000 of RAM is not in the dump"]
    (tmp_path / "0").write_bytes(b"A")
    assert lost(whole) == ["1 of 2 pages are not what they were, "
                           "the first at 0x200000"]


STACK = ('PID: 77       TASK: ffff888001234000  CPU: 1    COMMAND: "sh"\n'
         " #0 [ffffc90000003e50] panic at ffffffff81000000\n"
         " #1 [ffffc90000003e60] {} at ffffffff81000001\n")


def test_stacks(monkeypatch: pytest.MonkeyPatch) -> None:
    """What crash does not see drgn is asked for; what neither sees is wrong."""
    drgns: list[str] = []
    monkeypatch.setattr(judge, "with_drgn", lambda dump, paddrs: judge.Seen(
        "", 0, "", drgns, {}, []))
    cell = cell_of("DIRECT-PANIC-2cpu-idle")
    shown = {"bt": STACK.format("lkdtm_PANIC"), "bt -a": ""}
    other = {"bt": STACK.format("sysrq_handle_crash"),
             "bt -a": STACK.format("lkdtm_PANIC")}
    assert fitting(cell, None, shown) == []
    assert "no stack shows lkdtm_PANIC" in fitting(cell, None, other)[0]
    drgns.append("lkdtm_PANIC")
    assert fitting(cell, None, other) == []

    told = {"pid": "77", "comm": "sh"}
    assert asked_by(cell, shown, told) == []
    assert asked_by(cell, shown, {**told, "pid": "78"})
    assert asked_by(cell, shown, {**told, "comm": "init"})
    assert asked_by(cell, {"bt": ""}, told)


def test_lines() -> None:
    """Which crash it was that came in the middle of the other."""
    first, second = ("Kernel panic - not syncing: dumptest\n",
                     "crashed again while stopping the machine\n")
    stack = "Call Trace:\n machine_crash_shutdown+0x0/0x20\n"
    logs = {"PANIC": first,
            "EXCEPTION": "BUG: kernel NULL pointer dereference" + stack,
            "BUG": "kernel BUG at drivers/misc/lkdtm/bugs.c:99!" + stack}
    for name in logs:
        (line,) = cell_of(f"CRASH_SHUTDOWN-{name}-1cpu-idle").lines
        for other, log in logs.items():
            found = re.search(line, first + log + second)
            assert bool(found) == (name == other), (name, other)
    (line,) = cell_of("CRASH_TIMER-EXCEPTION-1cpu-idle").lines
    assert not re.search(line, first + logs["EXCEPTION"] + second)


def test_results(tmp_path: Path) -> None:
    """Good and bad ones, a kernel that is another, a line that was cut off."""
    path = tmp_path / "crashes"
    cell, other = cells()[:2]
    good = Verdict(True, True, True)
    results = Results(path, "this")
    results.add(cell, good, 1, wall=4, workers=2)
    results.add(cell, Verdict(True, True, False), 1, wall=5, workers=2)
    assert (results.good(cell.name), results.streak()) == (0, 0)
    results.add(cell, Verdict(), 1)
    assert (results.good(cell.name), results.streak()) == (0, 0)
    results.add(cell, good, 1, wall=3691, workers=1)
    results.add(other, good, 1)
    assert (results.good(cell.name), results.streak()) == (1, 2)
    # A cell that was good in the end has failed nevertheless.
    assert [symbol(results.of(name)) for name in (cell.name, other.name, "-")
            ] == ["not obtained, 2 of 4", "yes", ""]
    text = report(results, cells())
    assert "- obtained: 80.0 % (4 of 5)" in text
    assert "- complete: 60.0 % (3 of 5)" in text
    assert text.count(f"\n- {cell.name}: ") == 2
    assert results.effort() == {"crashed": 5, "wall time": "1:01:40",
                                "at a time": [1, 2]}

    Results(path, "that").add(cell, Verdict(), 1)
    whole = path.read_text()
    path.write_text(whole + json.dumps({"cell": cell.name})[:9])
    again = Results(path, "this")
    assert again.rows == results.rows
    assert path.read_text() == whole
    again.add(cell, good, 1)
    assert again.good(cell.name) == 2
    assert len(readable(path)) == 7
