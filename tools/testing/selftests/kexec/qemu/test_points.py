# SPDX-License-Identifier: GPL-2.0
"""Crash points: at each of them the kernel crashes in the function that the
row names, in that function's own context, and leaves a dump that shows it.

A row that fails after an update of the base says which function moved.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

import judge
import script
from cases import LOADERS
from conftest import rows
from judge import Dump
from matrix_cells import Cell, headers
from matrix_judge import core_of, judged, registers
from points import (FILES, LOAD, PANIC, PARAMETERS, POINTS, Point, arm,
                    in_order, plain)
from rig import BOOT, Rig
from symbols import indexed


@pytest.mark.needs("crash")
@pytest.mark.parametrize("point", rows(p for p in POINTS if not p.log))
def test_point(rig: Rig, point: Point) -> None:
    """First the crash, then the point, then who called that.

    Whom it was called by is drgn's to say: on the stack it looks as if the
    function had called behind its first byte, and where that is a whole
    instruction, crash takes it for done and misses a frame.
    """
    verdict = judged(Cell(point, PANIC, cpus=2, loaded=False), rig)
    assert verdict.good, verdict.why
    stack = ["lkdtm_PANIC", "lkdtm_detour", point.function]
    if point.caller:
        stack.append(point.caller)
    dump = Dump(rig.guest, rig.work, indexed(rig.kernel))
    frames = judge.with_drgn(dump, []).frames
    assert in_order(stack, plain(frames)), frames
    dump.path.unlink()


@pytest.mark.needs("points in points")
def test_crashes_while_it_stops_the_machine(rig: Rig) -> None:
    """One bad pointer may break several steps; each is left where it is, and
    the dump tells of all."""
    points = ("CRASH_SHUTDOWN", "IOAPIC_READ", "CRASH_LOCAL_IRQS",
              "CRASH_IRQ_MODE", "CRASH_TIMER")
    steps = (script.names(script.capture_parameters(rig.arch, True))
             + script.load(LOADERS["own-file"]) + "umount /case\n"
             + "".join(arm(name, "EXCEPTION") for name in points)
             + arm("DIRECT", "PANIC"))
    with rig.machine(script.production_parameters("96M", True), {
            "production": steps,
            "capture": "makedumpfile --dump-dmesg /proc/vmcore /tmp/log"
            " > /tmp/saver\nsay saved log=@/tmp/log\n"}, cpus=2) as machine:
        machine.wait("up", seconds=BOOT)
        assert machine.wait("loaded", seconds=BOOT)["armed"] == "1"
        assert machine.wait("up", seconds=BOOT)["role"] == "capture"
        log = machine.wait("saved", seconds=BOOT)["log"]
    assert re.findall("crashed again while ([a-z ]*);", log) == [
        "stopping the machine", *["starting the capture kernel"] * 4]


@dataclass(frozen=True)
class Stopped:
    """What the other CPUs are at when they are stopped, and whether the crash
    path crashes before or after; which of them are silent then."""
    name: str
    point: str
    type_: str
    silent: str | None


STOPPED = (
    Stopped("nothing", "", "PANIC", None),
    Stopped("nothing-crash-after", "CRASH_LOCAL_IRQS", "PANIC", None),
    Stopped("nmi", "", "PANIC_OTHERS_IN_NMI", "0"),
    Stopped("nmi-crash-before", "CRASH_SHUTDOWN", "PANIC_OTHERS_IN_NMI",
            "0"),
    # One of them has the lock that an oops takes.
    Stopped("oops-crash-before", "CRASH_SHUTDOWN", "PANIC_OTHER_IN_OOPS",
            None),
    Stopped("oops-crash-after", "CRASH_LOCAL_IRQS", "PANIC_OTHER_IN_OOPS",
            None),
)


@pytest.mark.needs("points in points")
@pytest.mark.parametrize("row", rows(STOPPED))
def test_who_answered(rig: Rig, row: Stopped) -> None:
    """Who is silent is in the dump, and nobody else is: the second that they
    have is one of the guest's, which no host makes shorter. (Where one spins
    on, guest time would hardly go on: the emulator counts few instructions of
    who pauses. And that one is silent on any host.)"""
    counted = row.silent is None
    clock = rig.arch.exact_clock if counted else ""
    hit = arm(row.point, "EXCEPTION") if row.point else ""
    steps = (script.names(f"{script.capture_parameters(rig.arch, True)} "
                          f"{clock}")
             + script.load(LOADERS["own-file"]) + hit + "umount /case\n"
             + f"cat > /tmp/crash << 'END'\n{arm('DIRECT', row.type_)}END\n"
             + "busybox taskset 2 sh /tmp/crash\n")
    with rig.machine(f"{script.production_parameters('96M', True)} {clock}", {
            "production": steps, "capture": headers()}, cpus=2,
            counted=counted) as machine:
        machine.wait("up", seconds=BOOT)
        assert machine.wait("loaded", seconds=BOOT)["armed"] == "1"
        assert machine.wait("up", seconds=BOOT)["role"] == "capture"
        core = core_of(rig, machine.wait("headers", seconds=BOOT))
    assert core.vmcoreinfo().get("SILENT_CPUS") == row.silent
    assert len(registers(core)) == (1 if row.silent else 2)


def refused(where: str, word: str, count: str = "1") -> str:
    """Tries it, tells the error and the lines that the log got of it."""
    return (f"dmesg -c > /tmp/old\nstatus=OK\n"
            f"{{ echo {count} > {PARAMETERS}/cpoint_count &&"
            f" echo {word} > {FILES}/{where}; }} 2> /tmp/error ||"
            f" status=$(cat /tmp/error)\nsleep 0.1\n"
            f"dmesg > /tmp/log\nsay tried status=\"$status\" log=@/tmp/log\n")


@dataclass(frozen=True)
class Try:
    """What is written where, what the error is called, what the log says."""
    where: str
    word: str
    error: str
    says: str
    count: str = "1"


TRIES = (
    Try("DIRECT", "NO_SUCH_TYPE", "Invalid argument",
        "no crash type 'NO_SUCH_TYPE': give one of"),
    Try("TIMERADD", "panic", "Invalid argument", "no crash type 'panic'"),
    Try("DIRECT", "NONE", "Invalid argument", "no crash type 'NONE'"),
    Try("TIMERADD", "$(printf %070d 0)", "Invalid argument",
        "write the name of a crash type"),
    Try("TIMERADD", "''", "Invalid argument", "no crash type ''"),
    Try("TIMERADD", "PANIC", "Invalid argument", "from 1", "0"),
    Try("TIMERADD", "PANIC", "Invalid argument", "from 1", "-1"),
    Try("TIMERADD", "PANIC", "Invalid argument", "from 1", "many"),
    Try("TIMERADD", "PANIC_CONSOLE_LOCK", "Invalid argument",
        "TIMERADD: PANIC_CONSOLE_LOCK has to sleep: use it with DIRECT"),
    Try("INT_SOFTIRQ_ENTRY", "EXHAUST_MEMORY", "Invalid argument",
        "has to sleep: use it with DIRECT"),
    # Armed for a hit that does not come, and busy until it is disarmed.
    Try("TIMERADD", "PANIC", "OK", "TIMERADD: PANIC at hit 1000000000 of "
        "hrtimer_start_range_ns in a task", "1000000000"),
    Try("TIMERADD", "BUG", "Device or resource busy",
        "TIMERADD is armed with PANIC"),
    Try("INT_TIMER_ENTRY", "PANIC", "OK", "INT_TIMER_ENTRY: PANIC",
        "1000000000"),
    Try("TIMERADD", "NONE", "OK", ""),
    # A crash that is none: the function runs on, the point is free again.
    Try("TIMERADD", "WARNING", "OK", "TIMERADD: WARNING at hit 1(?s:.*)"
        "WARNING: .*lkdtm_WARNING"),
    Try("TIMERADD", "WARNING", "OK", "WARNING: .*lkdtm_WARNING"),
    Try("TIMERADD", "NONE", "OK", ""),
    Try("INT_TASKLET_ENTRY", "WARNING", "OK",
        "(?s)lkdtm_WARNING.*tasklet_action"),
)


def test_refused(rig: Rig) -> None:
    """In one boot, which nothing of it ends."""
    production = "".join(refused(t.where, t.word, t.count) for t in TRIES)
    production += (f"ls {FILES} > /tmp/points\n"
                   f"say end points=@/tmp/points"
                   f" count=\"$(cat {PARAMETERS}/cpoint_count)\""
                   f" recur=\"$(cat {PARAMETERS}/recur_count)\""
                   f" types=@{FILES}/DIRECT\n")
    said = {}
    with rig.machine("panic=1", {"production": production}) as machine:
        machine.wait("up", seconds=BOOT)
        for row in TRIES:
            seen = machine.wait("tried", seconds=BOOT)
            assert row.error in seen["status"], row
            assert re.search(row.says, seen["log"]), (row, seen["log"])
            said[row.word] = set(seen["log"].split())
        end = machine.wait("end", seconds=BOOT)
    names = {point.name for point in POINTS}
    assert set(end["points"].split()) >= names | {"DIRECT"}
    assert end["count"] == "1" and int(end["recur"]) > 0
    types = set(end["types"].partition("types:")[2].split())
    assert {"PANIC", "BUG", "EXHAUST_STACK"} < types <= said["NO_SUCH_TYPE"]


@dataclass(frozen=True)
class Parameters:
    """What is asked for on the command line, and what the log says."""
    name: str
    append: str
    says: str


PARAMETER_ROWS = (
    Parameters("unknown-name", "cpoint_name=NOWHERE cpoint_type=PANIC",
               "no crash point 'NOWHERE': give one of DIRECT.*TIMERADD"),
    Parameters("unknown-type", "cpoint_name=TIMERADD cpoint_type=HARM",
               "no crash type 'HARM': give one of(?s:.*)PANIC_NMI"),
    Parameters("sleeps", "cpoint_name=TIMERADD cpoint_type=EXHAUST_MEMORY",
               "TIMERADD: EXHAUST_MEMORY has to sleep: use it with DIRECT"),
    Parameters("no-type", "cpoint_name=TIMERADD", "give both or none"),
    Parameters("count-0", "cpoint_count=0", "cpoint_count=0: .*from 1"),
    Parameters("armed", "cpoint_name=TIMERADD cpoint_type=WARNING"
               " cpoint_count=3", "TIMERADD: WARNING at hit 3"),
    # As often as nobody has said, at a point that has to be made hits for.
    Parameters("default-count",
               "cpoint_name=INT_TASKLET_ENTRY cpoint_type=WARNING",
               "(?s)WARNING at hit 10 of.*lkdtm_WARNING.*tasklet_action"),
)


def test_hits_are_counted(rig: Rig) -> None:
    """Once for each load: of two the second one is it."""
    told = ("sleep 0.1\ndmesg -c > /tmp/log\n"
            "say load log=@/tmp/log"
            " armed=$(cat /sys/kernel/kexec_crash_loaded)\n")
    steps = (script.names(script.capture_parameters(rig.arch, True))
             + arm("KEXEC_LOAD", "WARNING", 2) + (LOAD + told) * 3)
    with rig.machine(script.production_parameters("96M", True),
                     {"production": steps}) as machine:
        machine.wait("up", seconds=BOOT)
        loads = [machine.wait("load", seconds=BOOT) for _ in range(3)]
    assert [load["armed"] for load in loads] == ["1"] * 3
    assert [len(re.findall("WARNING: .*lkdtm_WARNING", load["log"]))
            for load in loads] == [0, 1, 0]


def test_recursion_that_ends(rig: Rig) -> None:
    """The stack has room for two more frames. What has been read once is not
    there to be changed."""
    steps = (f"{{ echo 3 > {PARAMETERS}/recur_count; }} 2> /tmp/denied"
             " || true\n"
             + refused("DIRECT", "EXHAUST_STACK")
             + "say end denied=@/tmp/denied"
             f' recur="$(cat {PARAMETERS}/recur_count)"\n')
    with rig.machine("panic=1 lkdtm.recur_count=2",
                     {"production": steps}) as machine:
        machine.wait("up", seconds=BOOT)
        seen = machine.wait("tried", seconds=BOOT)
        end = machine.wait("end", seconds=BOOT)
    assert seen["status"] == "OK"
    assert re.search("(?s)to depth 2 .*survived", seen["log"]), seen["log"]
    assert end["recur"] == "2" and "Permission denied" in end["denied"]


@pytest.mark.parametrize("row", rows(PARAMETER_ROWS))
def test_parameters(rig: Rig, row: Parameters) -> None:
    """Built in: what is wrong is said, and the rest works."""
    append = " ".join("lkdtm." + word for word in row.append.split())
    production = (f"dmesg > /tmp/log\nsay boot log=@/tmp/log\n"
                  + refused("DIRECT", "WARNING"))
    with rig.machine(f"panic=1 {append}",
                     {"production": production}) as machine:
        machine.wait("up", seconds=BOOT)
        assert re.search(row.says, machine.wait("boot", seconds=BOOT)["log"])
        seen = machine.wait("tried", seconds=BOOT)
    assert seen["status"] == "OK"
    assert "lkdtm_WARNING" in seen["log"]
