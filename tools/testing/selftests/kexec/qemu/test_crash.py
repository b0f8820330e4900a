# SPDX-License-Identifier: GPL-2.0
"""Crashes, judged from inside the dump: a row of cases.CRASHES each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

import judge
import script
from arch import Arch
from rig import BOOT, SAVE
from cases import (CRASHES, ELF_SAVERS, FILTERING_SAVERS, TRIGGERS,
                   USER_LEVEL, USER_SAVERS, WHOLE_SAVERS, Crash)
from conftest import fresh_directory, rows
from elf import Core
from guest import Guest, disk_file, make_disk
from judge import Dump, marker_bytes
from machine import Config, Event, Machine, in_turn
from symbols import indexed


@dataclass
class Run:
    """What came of a crash. @failure: the exception that ended it."""
    case: Crash
    dump: Dump | None = None
    events: dict[str, Event] | None = None
    failure: Exception | None = None

    def event(self, name: str) -> Event:
        """What the guest said; a run that did not get there has failed."""
        if self.events and name in self.events:
            return self.events[name]
        assert self.failure, f"the guest never said '{name}'"
        raise self.failure

    def finished(self) -> Dump:
        if self.failure:
            raise self.failure
        assert self.dump
        return self.dump


def drive(machine: Machine, case: Crash, events: dict[str, Event]) -> None:
    """From power on to a saved dump."""
    def expect(name: str, seconds: float) -> Event:
        events[name] = machine.wait(name, seconds=seconds)
        return events[name]

    expect("up", BOOT)
    expect("loaded", BOOT)
    if case.refusals:
        expect("refused-segments", BOOT)
        expect("refused-files", BOOT)
    expect("testimony", BOOT)
    if TRIGGERS[case.trigger].inject_nmi:
        machine.command("inject-nmi")
    events["capture-up"] = machine.wait("up", seconds=BOOT)
    expect("saved", SAVE)
    expect("done", BOOT)


@pytest.fixture(scope="module", params=rows(CRASHES))
def run(request: pytest.FixtureRequest, arch: Arch, kernel: Path,
        guest: Guest, results: Path, accel: str):
    """Crashes once for all the tests of a row."""
    case: Crash = request.param
    work = fresh_directory(results, case.name)
    disk = work / "disk.img"
    make_disk(disk, {"kernel": kernel / arch.image, "initrd": guest.capture,
                     "production": script.crash(case, arch),
                     "capture": script.save(case.saver)})
    # Where no matrix stops processors beside each other, this does.
    if "crash" not in arch.lacks:
        accel = in_turn(accel)
    config = Config(arch, kernel / arch.image, guest.production, work,
                    script.production_parameters(case.crashkernel,
                                                 case.kaslr),
                    disk, case.memory, case.cpus, accel)
    result = Run(case, events={})
    failed_before = request.session.testsfailed
    try:
        with Machine(config) as machine:
            drive(machine, case, result.events)
        disk_file(disk, "dump", work / "dump")
        result.dump = Dump(guest, work, indexed(kernel))
    except Exception as error:      # every test of the row tells of it
        result.failure = error
    disk.unlink()
    yield result
    if (request.session.testsfailed == failed_before
            and not request.config.getoption("--keep")):
        (work / "dump").unlink(missing_ok=True)


def check_markers(run: Run, found: list[bytes | None]) -> None:
    """The kernel's page always, the program's unless it was filtered."""
    markers = run.event("testimony")["markers"]
    user, kernel = found
    assert kernel == marker_bytes(markers["kernel"][0])
    if run.case.level & USER_LEVEL and run.case.saver in ELF_SAVERS:
        assert user == bytes(judge.PAGE)
    elif run.case.saver in USER_SAVERS:
        assert user == marker_bytes(markers["user"][0])
    elif run.case.saver in FILTERING_SAVERS:
        assert user is None


def marker_addresses(run: Run) -> list[int]:
    markers = run.event("testimony")["markers"]
    return [markers["user"][1], markers["kernel"][1]]


def crash_frame(run: Run, arch: Arch) -> str:
    frame = TRIGGERS[run.case.trigger].frame
    return arch.nmi_frame if frame == "nmi" else frame


def check(run: Run, seen: judge.Seen, arch: Arch) -> None:
    witness = run.event("testimony")
    assert seen.release == witness["release"]
    assert (seen.pid, seen.comm) == (witness["pid"], witness["comm"])
    if "drgn's stacks" not in arch.lacks:
        assert crash_frame(run, arch) in seen.frames
    assert sorted(seen.cpus) == list(range(run.case.cpus))
    victim = seen.cpus[witness["cpu"]]
    assert (victim.pid, victim.comm) == (witness["pid"], witness["comm"])
    check_markers(run, seen.markers)


def test_loaded(run: Run) -> None:
    seen = run.event("loaded")
    assert (seen["armed"], seen["verify"]) == ("1", "ok"), seen["output"]


def test_saved(run: Run) -> None:
    dump = run.finished()
    assert dump.path.stat().st_size == int(run.event("saved")["size"])
    vmcore = int(run.event("capture-up")["vmcore"])
    assert vmcore > 0
    if run.case.saver in WHOLE_SAVERS:
        assert dump.path.stat().st_size == vmcore
        # Most of such a small machine is free.
        if run.case.level:
            assert int(run.event("saved")["blocks"]) * 512 < vmcore / 2
        assert Core(dump.path).wide == (run.case.loader != "own-elf32")


@pytest.mark.needs("crash")
def test_crash(run: Run, arch: Arch) -> None:
    dump = run.finished()
    seen = judge.with_crash(dump, marker_addresses(run))
    check(run, seen, arch)


def test_drgn(run: Run, arch: Arch) -> None:
    dump = run.finished()
    addresses = marker_addresses(run)
    if ("compressed dumps" in arch.lacks
            and run.case.saver in FILTERING_SAVERS):
        check_markers(run, judge.memory_in_drgn(dump, addresses))
        return
    seen = judge.with_drgn(dump, addresses)
    check(run, seen, arch)
    # Without stacks it is i386, whose page tables it does not look at either.
    known = "drgn's stacks" not in arch.lacks
    assert seen.region_writable is (False if known else None)
    # Each CPU's registers lead to a stack.
    for cpu in seen.cpus.values():
        assert bool(cpu.frames) == known, f"CPU {cpu.cpu}: {cpu.frames}"


@pytest.mark.rows(lambda case: case.saver in ELF_SAVERS)
def test_gdb(run: Run, arch: Arch) -> None:
    dump = run.finished()
    seen = judge.with_gdb(dump, marker_addresses(run))
    witness = run.event("testimony")
    assert seen.release == witness["release"]
    # It knows virtual addresses only, of which high memory has none.
    if Core(dump.path).vaddr(marker_addresses(run)[0]) is not None:
        check_markers(run, seen.markers)
    assert seen.markers[1] == marker_bytes(witness["markers"]["kernel"][0])
    assert len(seen.threads) == run.case.cpus
    assert witness["pid"] in [thread.pid for thread in seen.threads]
    for thread in seen.threads:
        assert thread.pc and thread.sp and thread.frames
        # Who else shows stacks knows better what is on them.
        if thread.pid == witness["pid"] and "drgn's stacks" in arch.lacks:
            assert crash_frame(run, arch) in thread.frames


@pytest.mark.rows(lambda case: case.saver in ELF_SAVERS)
def test_memory(run: Run) -> None:
    """By physical addresses, as any program finds it that reads ELF."""
    core = Core(run.finished().path)
    user, _ = addresses = marker_addresses(run)
    check_markers(run, [core.memory(paddr, judge.PAGE)
                        for paddr in addresses])
    if run.case.saver == "elf-user":
        assert core.vaddr(user) is None, "the row is for high memory"


@pytest.mark.rows(lambda case: case.saver in ELF_SAVERS)
def test_time_of_crash(run: Run) -> None:
    """vmcoreinfo says when it crashed, by a clock that is the host's."""
    dump = run.finished()
    crashed = int(Core(dump.path).vmcoreinfo()["CRASHTIME"])
    assert abs(dump.path.stat().st_mtime - crashed) < 600


@pytest.mark.rows(lambda case: case.refusals)
def test_refused_segments(run: Run) -> None:
    rows = [line.split() for line
            in run.event("refused-segments")["rows"].splitlines()]
    assert len(rows) > 20
    assert [row for row in rows if row[1] != row[2]] == []


@pytest.mark.rows(lambda case: case.refusals)
def test_refused_files(run: Run, arch: Arch) -> None:
    event = run.event("refused-files")
    expected = {name: errno for name, (_, errno)
                in script.file_refusals(arch).items()}
    assert dict(line.split() for line
                in event["rows"].splitlines()) == expected
    assert (event["armed"], event["verify"]) == ("1", "ok")
