# SPDX-License-Identifier: GPL-2.0
"""/proc/vmcore of crashes that never were: a kernel is booted with a piece of
its memory set aside, in which the host has put what a crashed kernel would
leave there, or what none should. load/vmcore*.c then looks at every byte, in
all the ways that there are to read it.
"""

from __future__ import annotations

import re
import struct
import tempfile
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import pytest

import corefile
import ktap
from arch import Arch
from conftest import rows
from corefile import (EM_AARCH64, ELF32, ELF64, NT_PRSTATUS, NT_VMCOREDD, PAGE,
                      PT_LOAD, TOP, Core, Expected, Phdr, Span, load, note,
                      note_segment)
from cpio import Archive
from guest import TOP as SOURCES, Guest
from machine import Config, Event, Machine, memory_file
from rig import BOOT

KIB, MIB = 1 << 10, 1 << 20

# The machine: old memory lies between two pieces of the kernel's own.
MEMORY = 512 * MIB
USUAL = f"{MEMORY // MIB}M"
OLD, OLD_END = 256 * MIB, 384 * MIB
PATTERN_END = OLD + 64 * MIB        # each word up to here is its own address
HEADERS = OLD + 96 * MIB
NOTES = OLD + 112 * MIB
OWN = 128 * MIB
NOWHERE = 2 << 30                   # no memory, and the emulator reads zeros
HPET, APIC = 0xFED00000, 0xFEE00000 # registers that are not zero
BAR = 4 << 30                       # where firmware puts what is too large
BEYOND = 1 << 60                    # no address that the processor has

READS = ("size", "seek", "read-large", "read-pages", "read-odd", "pread",
         "splice", "sendfile")
MAPS = ("mmap-shared", "mmap-private", "mmap-borders", "mmap-refused",
        "mmap-kept")
REST = ("faults", "readers", "memory", "windows")
EVERYTHING = READS + MAPS + REST
MOST = ("size", "read-large", "read-odd", "pread", "sendfile", *MAPS[:3],
        "readers", "memory", "windows")
GLANCE = ("size", "read-large", "pread", "mmap-shared")
ABSENT = ("absent",)

# What it says where all is well, and when there is no dump
SUMMARY = r"\d+ regions, \d+ MiB of old memory"
# No kernel crashed, so none has been of this build.
UNFILTERED = (r"nothing is left out of the dump: (the dump has no vmcoreinfo"
              r"|it is another kernel)")
NO_DUMP = {r"there is no /proc/vmcore": 1}
SICK = re.compile(r"\bBUG:|\bOops|WARNING:|Call Trace|RIP:|UBSAN:|"
                  r"soft lockup|rcu: INFO|allocation failure")


@dataclass
class Case:
    """What the guest finds and what has to come of it."""
    core: Core
    kept: list[Phdr] = field(default_factory=list)  # none: no /proc/vmcore
    notes: bytes = b""
    devices: bytes = b""
    hidden: list[Span] = field(default_factory=list)
    old: dict[int, bytes] = field(default_factory=dict)     # by address
    says: dict[str, int] = field(default_factory=dict)      # in so many lines
    at: int = HEADERS
    elfcorehdr: str = "{:#x}"
    suite: str = ""     # of KUnit, that is run first
    memory: str = USUAL
    bar: bytes = b""    # what is in a device's memory, at BAR

    @cached_property
    def expected(self) -> Expected:
        if not self.kept:
            return Expected(b"", [])
        return corefile.vmcore(self.core, self.kept, self.notes,
                               self.devices, self.hidden)


@dataclass(frozen=True)
class Row:
    name: str
    make: Callable[[], Case]
    checks: tuple[str, ...] = GLANCE
    cpus: int = 1
    needs: tuple[str, ...] = ()     # keys of Arch.lacks


# The notes of a machine with two CPUs: a buffer for each, larger than what is
# in it, one of them across the border of a page; and a note that has to be
# padded in a segment that it fills.
PRSTATUS = note(b"CORE", NT_PRSTATUS, bytes(range(256)) + bytes(80))
VMCOREINFO = note(b"VMCOREINFO", 0, b"OSRELEASE=none\n")
GOOD_NOTES = PRSTATUS + PRSTATUS + VMCOREINFO
SECOND = NOTES + PAGE - 100
OLD_NOTES = {NOTES: PRSTATUS, SECOND: PRSTATUS, NOTES + 3 * PAGE: VMCOREINFO}
NOTE_SEGMENTS = (note_segment(NOTES, 512), note_segment(SECOND, 512),
                 note_segment(NOTES + 3 * PAGE, len(VMCOREINFO)))


def good(loads: list[Phdr], **more: object) -> Case:
    """Notes and memory as they have to be; all of it is kept."""
    elf = more.pop("elf", ELF64)
    return Case(Core((*NOTE_SEGMENTS, *loads), elf), loads, GOOD_NOTES,
                old=OLD_NOTES, **more)


def two() -> Case:
    return good([load(OLD, 20 * MIB), load(OLD + 30 * MIB + 5 * PAGE,
                                           12 * MIB + PAGE)])


def contiguous() -> Case:
    return good([load(OLD + i * PAGE, PAGE) for i in range(8192)],
                elfcorehdr="1M@{:#x}")


def gaps() -> Case:
    return good([load(OLD + i * 2 * PAGE, PAGE) for i in range(8192)])


def pages(count: int) -> Case:
    """A region for each page, over and over."""
    whole = (PATTERN_END - OLD) // PAGE
    return good([load(OLD + i % whole * PAGE, PAGE) for i in range(count)])


def partial_loads() -> list[Phdr]:
    return [
        load(OLD + 0x123, 0x10000),
        load(OLD + 0x20FF0, 0x20),          # the ends of two pages
        load(OLD + 0x30001, 1),
        load(OLD + 0x30801, 0x7FF),         # the rest of the same page
        load(OLD + 0x40000, 5 * MIB + 1),   # a byte beyond a huge page
        load(OLD + 8 * MIB - 1, 2),
        load(OLD + 9 * MIB, MIB, 2 * MIB),  # not all of it in the file
    ]


def partial() -> Case:
    return good(partial_loads(), at=HEADERS + 0x123)


def elf32() -> Case:
    return good(partial_loads() + [load(OLD + 16 * MIB, 4 * MIB)], elf=ELF32)


def overlapping() -> Case:
    text = load(OLD + 16 * MIB, 8 * MIB, vaddr=0xFFFFFFFF81000000)
    backwards = [load(OLD + 40 * MIB - i * PAGE, PAGE) for i in range(20)]
    return good([text, load(OLD, 32 * MIB), load(OLD + 8 * MIB, 16 * MIB),
                 text, *backwards, load(OLD + 39 * MIB, 2 * MIB)])


def no_notes() -> Case:
    loads = [load(OLD, 4 * MIB)]
    return Case(Core(tuple(loads)), loads, says={"no notes found": 1})


def large() -> Case:
    return good([load(OLD + i * PAGE, 60 * MIB) for i in range(90)])


def huge() -> Case:
    """A quarter of a tebibyte, of which the host has what is not zero."""
    return good([load(OLD, 40 * MIB),
                 *[load(at << 30, 32 << 30) for at in range(4, 260, 32)]],
                hidden=[(4 << 30, 260 << 30)], memory=f"{260 << 10}M")


def own_memory() -> Case:
    """Across the border of old memory, and wholly elsewhere; notes as well."""
    loads = [load(OLD - 3 * MIB, 5 * MIB), load(OWN, 64 * KIB)]
    notes = (note_segment(OWN + 8, 512), *NOTE_SEGMENTS)
    return Case(Core((*notes, *loads)), loads, GOOD_NOTES,
                hidden=[(0, OLD)], old=OLD_NOTES,
                says={"part of .* is memory of this kernel": 2,
                      "header 0 .*: not the crashed kernel's memory after 0": 1})


def nowhere() -> Case:
    """Where there is no memory, but might be for all that one knows."""
    return good([load(OLD, MIB), load(NOWHERE, 4 * PAGE)],
                hidden=[(NOWHERE, NOWHERE + MIB)])


def devices() -> Case:
    """Registers, which other accesses than theirs may upset."""
    loads = [load(OLD, MIB), load(HPET, PAGE), load(APIC, PAGE)]
    notes = (*NOTE_SEGMENTS, note_segment(HPET, 512))
    return Case(Core((*notes, *loads)), loads, GOOD_NOTES, old=OLD_NOTES,
                hidden=[(HPET, HPET + PAGE), (APIC, APIC + PAGE)],
                says={"part of .* is a device": 2,
                      "header 3 .*: not the crashed kernel's memory": 1})


def bar() -> Case:
    """A device's memory, which nothing but its BAR tells from other memory."""
    loads = [load(OLD, MIB), load(BAR, 16 * PAGE)]
    return good(loads, bar=b"\x5a" * 16 * PAGE,
                hidden=[(BAR, BAR + 16 * PAGE)],
                says={"part of .* is a device": 1})


def taken_away() -> Case:
    """By a driver that goes on using the memory: vmcore_cleanup()."""
    return Case(Core((*NOTE_SEGMENTS, load(OLD, 40 * MIB))), old=OLD_NOTES,
                suite="vmcore_cleanup",
                says={SUMMARY: 1, UNFILTERED: 1,
                      "device dump .* is left out": 1})


def lies() -> Case:
    kept = [load(OLD, 3 * MIB), load(OLD + 5 * MIB, MIB)]
    bad = (load(TOP - PAGE + 1, 2 * PAGE), load(BEYOND, PAGE),
           load(OLD, 0), load(OLD, PAGE, 1), load(OLD + 1, TOP))
    long = PRSTATUS + b"\xff" * 12
    run = len(PRSTATUS)
    notes = (
        note_segment(NOTES, 0), note_segment(TOP - 100, 1000),
        note_segment(BEYOND, 1000), note_segment(NOTES, run - 4),
        note_segment(NOTES + 8 * PAGE, len(long)),
    )
    core = Core((kept[0], *notes, *bad, Phdr(0x1234, OLD, 0, OLD, 1, 1),
                 kept[1]), count=400)
    return Case(core, kept, PRSTATUS,
                old={NOTES: PRSTATUS, NOTES + 8 * PAGE: long}, says={
                    "it wraps around": 2,
                    "it is beyond the memory": 1,
                    "it is empty": 1,
                    "it has more bytes in the file": 1,
                    "can't be read after 0 bytes": 2,
                    "runs past the segment after 0 bytes": 1,
                    f"runs past the segment after {run} bytes": 1,
                    "1 program headers .* neither memory nor notes": 1})


def many_lies() -> Case:
    kept = [load(OLD, MIB)]
    core = Core((*[load(BEYOND + i, PAGE) for i in range(1000)], *kept,
                 *[note_segment(BEYOND, 20)] * 1000))
    return Case(core, kept, says={
        "is left out: it is beyond": 16,
        "1000 of 2001 program headers are left out": 1,
        "can't be read after 0 bytes": 16,
        "notes of 1000 program headers are left out": 1,
        "no notes found": 1})


# What drivers and page filters bring in: fs/proc/vmcore_capture_kunit.c.
FILTER_PERIOD, FILTER_FIRST, FILTER_END = 4 * MIB, 8 * PAGE, 24 * PAGE


def device_dump(name: bytes, size: int) -> bytes:
    """struct vmcoredd_header and the data; the note is of whole pages."""
    described = name.ljust(44, b"\0") + b"\xd1" * size
    room = -(20 + len(described)) % PAGE
    return (struct.pack("<III", 8, len(described) + room, NT_VMCOREDD)
            + b"LINUX".ljust(8, b"\0") + described + bytes(room))


def additions(elf: corefile.Format) -> Case:
    filtered = [(at + FILTER_FIRST, at + FILTER_END)
                for at in range(OLD, PATTERN_END, FILTER_PERIOD)]
    devices = (device_dump(b"kunit-first", 100)
               + device_dump(b"kunit-second", PAGE))
    return good([load(OLD, 9 * MIB), load(OLD + 10 * MIB + 1, 5 * MIB)],
                elf=elf, devices=devices, hidden=filtered,
                suite="vmcore_capture",
                says={r"device dump .* is left out": 2 + (elf is ELF32),
                      r"the page at .* can't be read \(error -12\)": 3,
                      r"the page at .* can't be read \(error -5\)": 3,
                      "2 pages could not be read and are zeros": 1})


def no_dump(why: str, **more: object) -> Callable[[], Case]:
    """A core header that is good but for one thing: the dump is lost."""
    def make() -> Case:
        changes = dict(more)
        place = {name: changes.pop(name) for name in ("at", "elfcorehdr")
                 if name in changes}
        phdrs = changes.pop("phdrs", (*NOTE_SEGMENTS, load(OLD, MIB)))
        says = {why: 1, **changes.pop("says", {}), **NO_DUMP}
        return Case(Core(phdrs, **changes), old=OLD_NOTES, says=says, **place)
    return make


PHOFF = 32      # e_phoff of an ELF64 header


def spoiled(offset: int, number: int, size: int
            ) -> tuple[tuple[int, bytes], ...]:
    return ((offset, number.to_bytes(size, "little")),)


ROWS = (
    Row("two-regions", two, (*EVERYTHING, "killed"), cpus=2),
    Row("8192-contiguous", contiguous, MOST),
    Row("8192-gaps", gaps, (*MOST, "killed"), cpus=2),
    Row("70000", lambda: pages(70000),
        ("size", "pread", "splice", "sendfile", "mmap-borders",
         "mmap-refused", "faults")),
    # More than ELF counts in 16 bits came, but not more are shown.
    Row("65533", lambda: pages(65533), ("size", "pread", "mmap-borders")),
    Row("elf32", elf32, READS + MAPS + ("faults", "readers")),
    Row("partial-pages", partial, READS + MAPS + ("faults", "readers")),
    Row("overlapping", overlapping, GLANCE + ("read-odd", "mmap-borders",
                                              "readers")),
    Row("no-notes", no_notes),
    Row("256G", huge, ("size", "seek", "pread", "mmap-borders", "random"),
        needs=("256 GiB",)),
    Row("beyond-4G", large,
        ("size", "seek", "pread", "splice", "sendfile", "mmap-borders",
         "mmap-refused", "faults")),
    Row("additions", lambda: additions(ELF64),
        GLANCE + ("read-odd", "splice", "mmap-borders", "faults", "readers")),
    Row("additions-elf32", lambda: additions(ELF32)),
    Row("taken-away", taken_away, ABSENT),
    # Lies that cost a piece
    Row("own-memory", own_memory, GLANCE + ("mmap-borders", "readers")),
    Row("nowhere", nowhere),
    Row("devices", devices, GLANCE + ("mmap-borders", "readers")),
    Row("bar", bar, GLANCE + ("mmap-borders",), needs=("above 4 GiB",)),
    Row("lies", lies),
    Row("many-lies", many_lies),
    # and lies that cost all
    Row("no-memory", no_dump("none of the 3 program headers describes memory",
                             phdrs=NOTE_SEGMENTS), ABSENT),
    Row("bad-memory", no_dump("none of the 1 program headers",
                              phdrs=(load(BEYOND, PAGE),),
                              says={"is left out: it is beyond": 1}), ABSENT),
    Row("magic", no_dump("no ELF magic", spoiled=((1, b"e"),)), ABSENT),
    Row("machine", no_dump("of another machine", machine=EM_AARCH64), ABSENT),
    Row("count", no_dump("claims 4294967295 program headers",
                         count=0xFFFFFFFF), ABSENT),
    Row("count-and-size", no_dump("claims 4 program headers",
                                  elfcorehdr="100@{:#x}"), ABSENT),
    Row("table-wraps", no_dump("program headers .* can't be read",
                               spoiled=spoiled(PHOFF, TOP - 99, 8)), ABSENT),
    Row("truncated", no_dump("core header at .* can't be read",
                             elfcorehdr="{:#x}".format(TOP - 31)), ABSENT),
    Row("in-own-memory", no_dump(f"core header at {OWN:#x} can't be read",
                                 elfcorehdr=f"{OWN:#x}"), ABSENT),
    Row("table-in-own-memory", no_dump(
        "program headers .* can't be read", at=OLD_END - PAGE,
        phdrs=(*NOTE_SEGMENTS, *[load(OLD, PAGE)] * 100)), ABSENT),
)


@pytest.fixture(scope="module")
def pattern() -> Iterator[Path]:
    shared = Path("/dev/shm")
    with tempfile.NamedTemporaryFile(
            prefix="kexec-pattern-",
            dir=shared if shared.is_dir() else None) as file:
        array("Q", range(OLD, PATTERN_END, 8)).tofile(file)
        file.flush()
        yield Path(file.name)


def initramfs(path: Path, guest: Guest, case: Case,
              checks: tuple[str, ...]) -> Path:
    """The one program, what it has to find and what it has to do."""
    with open(path, "wb") as out:
        archive = Archive(out)
        for directory in ("dev", "proc", "sys"):
            archive.directory(directory)
        archive.file("init", guest.vmcore.read_bytes())
        archive.file("expected", case.expected.pack())
        archive.file("checks", "\n".join(checks).encode())
        if case.suite:
            archive.file("suite", case.suite.encode())
        archive.close()
    return path


def placed(file: Path, address: int) -> list[str]:
    return ["-device", f"loader,file={file},addr={address:#x},force-raw=on"]


def device_memory(file: Path, data: bytes) -> list[str]:
    """More of it than there is room for below 4 GiB."""
    with open(file, "wb") as out:
        out.write(data)
        out.truncate(4 << 30)
    return ["-object", f"memory-backend-file,id=bar,share=on,size=4G,"
            f"mem-path={file}", "-device", "ivshmem-plain,memdev=bar"]


def config(arch: Arch, kernel: Path, guest: Guest, work: Path, accel: str,
           pattern: Path, row: Row, case: Case) -> Config:
    extra = placed(pattern, OLD)
    for address, data in {case.at: case.core.pack(), **case.old}.items():
        file = work / f"{address:x}"
        file.write_bytes(data)
        extra += placed(file, address)
    if case.memory != USUAL:
        extra += memory_file(work / "ram", case.memory)
    if case.bar:
        extra += device_memory(work / "bar", case.bar)
    where = case.elfcorehdr.format(case.at)
    suite = (f"kunit.enable=1 kunit.filter_glob={case.suite} "
             "vmcore_kunit_spoil=1" if case.suite else "")
    return Config(
        arch, kernel / arch.image,
        initramfs(work / "initramfs", guest, case, checks(arch, row)),
        work, f"quiet nokaslr panic=1 oops=panic "
        f"memmap={OLD_END - OLD:#x}${OLD:#x} elfcorehdr={where} "
        f"mem={USUAL} {suite}", memory=case.memory, cpus=row.cpus,
        accel=accel, extra=extra)


def reader_check(case: Case) -> None:
    """That what is expected is what programs expect that read ELF."""
    expected = case.expected
    seen = corefile.read(expected.head, expected.size)
    assert not seen.faults
    assert [(p.paddr, p.filesz) for p in seen.phdrs if p.type == PT_LOAD] \
        == [(p.paddr, p.filesz) for p in case.kept]
    notes = seen.phdrs[0]
    assert expected.head[notes.offset:notes.offset + notes.filesz] \
        == case.devices + case.notes


def log_check(case: Case, log: str) -> None:
    """Each lie has its line, and there are no other lines than those."""
    sick = [line for line in log.splitlines() if SICK.search(line)]
    assert not sick
    said = [line for line in log.splitlines() if "vmcore: " in line]
    wanted = {**({SUMMARY: 1, UNFILTERED: 1} if case.kept else {}),
              **case.says}
    counts = {text: sum(bool(re.search(text, line)) for line in said)
              for text in wanted}
    assert counts == wanted, said
    assert len(said) == sum(wanted.values()), said


def checks(arch: Arch, row: Row) -> tuple[str, ...]:
    """Where old memory has no windows, none may be open."""
    return tuple(f"no-{name}" if name == "windows" and name in arch.lacks
                 else name for name in row.checks)


def functions() -> set[str]:
    """Of /proc/vmcore, as the kernel names them where it lists who has
    memory."""
    sources = (SOURCES / "fs" / "proc").glob("vmcore*.c")
    return {name for path in sources
            for name in re.findall(r"^(?:\w[\w *]*[ *])?(\w+)\(",
                                   path.read_text(), re.M)}


PER_REGION, WINDOWS = 64, 64 * KIB
PHDR = 56


def memory_check(case: Case, vmalloc: str) -> None:
    """What is kept beside what can be read is bounded. It is sized by what
    the core header says, before any of that is found to be a lie."""
    ours = functions()
    kept = [(who, int(pages) * PAGE) for who, pages in
            re.findall(r"^\S+ +\d+ (\w+)\S*\+.* pages=(\d+)", vmalloc, re.M)
            if who in ours]
    if not case.kept:
        assert not kept
        return
    claims = sum(phdr.type == PT_LOAD for phdr in case.core.phdrs)
    lies = claims - len(case.kept)
    shown = len(case.expected.head)
    total = sum(size for _, size in kept)
    assert total >= shown, kept
    assert total - shown <= PER_REGION * claims + PHDR * lies + WINDOWS, kept


@pytest.mark.parametrize("row", rows(ROWS))
def test_vmcore(arch: Arch, kernel: Path, guest: Guest, workdir: Path,
                accel: str, pattern: Path, row: Row) -> None:
    case = row.make()
    if not case.core.machine:
        case.core = replace(case.core, machine=arch.elf_machine)
    if case.kept:
        reader_check(case)
    results: dict[str, str] = {}
    with Machine(config(arch, kernel, guest, workdir, accel, pattern, row,
                        case)) as machine:
        event: Event = machine.wait("check", "end", seconds=BOOT)
        while event["event"] == "check":
            results[event["name"]] = event["result"]
            event = machine.wait("check", "end", seconds=BOOT)
    for name in ("ram", "bar"):
        (workdir / name).unlink(missing_ok=True)
    assert results == dict.fromkeys(checks(arch, row), "ok")
    log_check(case, event["log"])
    memory_check(case, event["vmalloc"])
    if case.suite:
        # And again, with what the first run has left behind.
        for run in ("kunit", "kunit-again"):
            suite = ktap.parse(event[run] or "", case.suite)
            assert suite.verdict and not suite.failed and not suite.skipped
