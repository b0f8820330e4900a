# SPDX-License-Identifier: GPL-2.0
"""Something has written over what the page filter goes by: after the crash, and
before the capture kernel looks, the host does. What is wanted is still in the
dump, and crash opens it.

The guest's memory is a file. Random numbers are the same in each run."""

from __future__ import annotations

import random
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

import judge
import script
from conftest import rows
from guest import disk_file
from judge import Dump
from machine import memory_file
from oldmemory import LARGE, PAGE, OldMemory
from points import MORE
from rig import BOOT, SAVE, Rig
from symbols import indexed
from test_filter import MAKE, crash, until_loaded

pytestmark = pytest.mark.needs("vmemmap")

MEMORY = "384M"
LAST = (384 << 20) // PAGE
# What is wanted, whatever the level is. Of what they stand for "head" is
# a page of the memory map.
WANTED = ("kernel", "compound", "slab", "vmalloc", "percpu", "stack", "table",
          "reserved", "head")
FLAGS, NR_FLAGS = 0, 25     # of struct page; see page-flags.h


def each_page(old: OldMemory) -> list[int]:
    """Where the struct pages are, of all pages that have one here."""
    found = []
    for section in range(0, LAST, 1 << 15):
        first = old.page_address(section)
        count = min(1 << 15, LAST - section)
        found += [old.translate(first + at * old.page_size)
                  for at in range(0, count, 64)]
    return [at + i * old.page_size for at in found for i in range(64)]


def last_entries(old: OldMemory) -> list[int]:
    """Where the page table entries are that lead to struct pages themselves."""
    return sorted({old.entries(old.page_address(pfn))[-1]
                   for pfn in range(0, LAST, 64)})


def scribble_pages(old: OldMemory, rng: random.Random) -> None:
    """Each eighth struct page is random bytes."""
    for at in each_page(old):
        if not rng.randrange(8):
            old.write(at, rng.randbytes(old.page_size))


def scribble_words(old: OldMemory, rng: random.Random) -> None:
    """In each fourth one a word is something that may be in one elsewhere."""
    pages = each_page(old)
    for at in pages:
        if not rng.randrange(4):
            word = 8 * rng.randrange(old.page_size // 8)
            other = 8 * rng.randrange(old.page_size // 8)
            old.write(at + word, old.read(rng.choice(pages) + other, 8))


def flip_flags(old: OldMemory, rng: random.Random) -> None:
    """In each fourth one a flag is the other way round. But for the one that
    says that the page has failed: nobody would touch it to find out."""
    poison = old.number("NUMBER(PG_hwpoison)")
    flags = [flag for flag in range(NR_FLAGS) if flag != poison]
    for at in each_page(old):
        if not rng.randrange(4):
            word = struct.unpack("<Q", old.read(at + FLAGS, 8))[0]
            old.write(at + FLAGS,
                      struct.pack("<Q", word ^ 1 << rng.choice(flags)))


def scribble_tables(old: OldMemory, rng: random.Random) -> None:
    """Half of the page table entries for the memory map are random."""
    for at in last_entries(old):
        if rng.randrange(2):
            old.write(at, rng.randbytes(8))


def lead_astray(old: OldMemory, rng: random.Random) -> None:
    """They lead to other memory, to no memory, and to devices."""
    for at in last_entries(old):
        where = rng.choice((rng.randrange(LAST) * PAGE, 0xFED00000, 0xFEE00000,
                            0xB0000000, 1 << 45))
        old.write(at, struct.pack("<Q", where & -(2 << 20) | 0x83))


def lead_to_others(old: OldMemory, rng: random.Random) -> None:
    """One entry leads to the struct pages of other pages."""
    entries = last_entries(old)
    assert len(entries) > 2
    old.write(entries[1], old.read(entries[0], 8))


def repeat_entries(old: OldMemory, rng: random.Random) -> None:
    """Where the entries are those of small pages, every other one is what the
    one before it is."""
    entries = last_entries(old)
    small = [at for at in entries if not old.word(at) & LARGE]
    assert len(small) >= 512
    for one, other in zip(small[::2], small[1::2]):
        old.write(other, old.read(one, 8))


def free_frame(old: OldMemory) -> bytes:
    """A page of struct pages that says of each page that it is free."""
    buddy = old.number("NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)") & 0xFFFFFFFF
    type_, private = (old.number(f"OFFSET(page.{name})")
                      for name in ("_mapcount", "private"))
    for at in each_page(old)[::64]:
        frame = old.read(at, PAGE)
        if (struct.unpack_from("<I", frame, type_)[0] == buddy
                and struct.unpack_from("<Q", frame, private)[0] >= 6):
            return (frame[:private] + struct.pack("<Q", 6)
                    + frame[private + 8:])
    raise AssertionError("no free block has 64 pages")


def fail_frames(old: OldMemory, rng: random.Random) -> None:
    """Each fourth page of struct pages has failed: to read it is the end of
    a real machine, and here it says that all is free."""
    poison = old.number("NUMBER(PG_hwpoison)")
    free = free_frame(old)
    frames = [at // PAGE for at in each_page(old)[::64]]
    failed = rng.sample(frames, len(frames) // 4)
    marks = [old.translate(old.page_address(frame)) + FLAGS
             for frame in failed]
    for frame in failed:
        old.write(frame * PAGE, free)
    for at in marks:
        old.write(at, struct.pack("<Q", old.word(at) | 1 << poison))


def scribble_sections(old: OldMemory, rng: random.Random) -> None:
    """The first words of all sections are random."""
    for pfn in range(0, LAST, 1 << 15):
        old.write(old.section(pfn), rng.randbytes(8))


def move_section(old: OldMemory, rng: random.Random) -> None:
    """A section says that its memory map is where that of the next one is."""
    at = old.section(0)
    word = struct.unpack("<Q", old.read(at, 8))[0]
    old.write(at, struct.pack("<Q", word + old.page_size * (1 << 15)))


def take_offline(old: OldMemory, rng: random.Random) -> None:
    """All sections say that they are not online (SECTION_IS_ONLINE)."""
    for pfn in range(0, LAST, 1 << 15):
        at = old.section(pfn)
        word = struct.unpack("<Q", old.read(at, 8))[0]
        old.write(at, struct.pack("<Q", word & ~4))


def all_ones(old: OldMemory, rng: random.Random) -> None:
    """Each eighth page of struct pages has every bit set."""
    for at in each_page(old)[::64]:
        if not rng.randrange(8):
            old.write(at, b"\xff" * PAGE)


def scribble_roots(old: OldMemory, rng: random.Random) -> None:
    old.write(old.translate(old.number("SYMBOL(mem_section)")),
              rng.randbytes(PAGE))


def another_build(old: OldMemory, rng: random.Random) -> None:
    """In the copy of vmcoreinfo, too, that is kept for the crash."""
    name = b"BUILD-ID="
    memory = old.read(0, LAST * PAGE)
    at = memory.find(name)
    assert at >= 0
    while at >= 0:
        old.write(at + len(name), b"0123456789abcdef")
        at = memory.find(name, at + 1)


@dataclass(frozen=True)
class Row:
    name: str
    damage: Callable[[OldMemory, random.Random], None]
    says: str = "vmcore: level 31: "
    tools: tuple[str, ...] = ("crash", "drgn")
    before: bool = False    # the crash, and not after it
    wanted: tuple[str, ...] = WANTED
    parameters: str = ""
    refused: int = 0        # so many pages at least have no struct page


ROWS = (
    Row("pages", scribble_pages),
    Row("words", scribble_words),
    Row("flags", flip_flags),
    Row("tables", scribble_tables),
    Row("astray", lead_astray),
    Row("others", lead_to_others, refused=1 << 13, tools=("drgn",)),
    # A page of the memory map is wanted no more, nor is what crash finds there.
    Row("failed", fail_frames, wanted=WANTED[:-1], tools=("drgn",),
        refused=64),
    # hugetlb pages that share struct pages have the large entry split.
    Row("repeated", repeat_entries, parameters="hugetlb_free_vmemmap=on",
        tools=("drgn",), refused=100 * 64),
    Row("sections", scribble_sections),
    Row("moved-section", move_section),
    Row("offline", take_offline),
    Row("ones", all_ones),
    # crash gives up where it reads the first of them.
    Row("roots", scribble_roots, tools=("drgn",)),
    Row("build-id", another_build, "nothing is left out of the dump: it is "
        "another kernel than this one", before=True,
        # drgn does not take the vmlinux for the dump's either.
        tools=("crash",)),
)


@pytest.mark.parametrize("row", rows(ROWS))
def test_damaged(rig: Rig, memory: Path, row: Row) -> None:
    # The host says when by two letters on the disk.
    wait = ("step=wait\nsay ready\n" + MORE
            + 'until [ "$(head -c 2 $more)" = go ]; do\n'
            "	echo 1 > /proc/sys/vm/drop_caches\n	sleep 0.1\ndone\n")
    prepare = MAKE + "say facts vmcoreinfo=@/sys/kernel/vmcoreinfo\n"
    look = ("step=look\nframes look /case/frames > /tmp/seen\n"
            "dmesg > /tmp/log\nsay looked seen=@/tmp/seen log=@/tmp/log\n"
            + script.save("cp"))
    if row.before:
        prepare += wait
    else:
        look = wait + look
    with crash(rig, "vmcore_level=31", look, prepare, row.parameters,
               memory=MEMORY, disk_size="512M",
               extra=memory_file(memory, MEMORY)) as machine:
        until_loaded(machine)
        listed = [line.split()[0] for line in machine.wait(
            "made", seconds=BOOT)["frames"].split("\n") if line]
        facts = machine.wait("facts", seconds=BOOT)
        events = ["testimony", "up"]
        events.insert(0 if row.before else 2, "ready")
        for event in events:
            told = machine.wait(event, seconds=BOOT)
            if event == "testimony":
                witness = told
            elif event == "ready":
                row.damage(OldMemory(memory, facts["vmcoreinfo"]),
                           random.Random(row.name))
                with open(rig.work / "more.img", "r+b") as disk:
                    disk.write(b"go")
        looked = machine.wait("looked", seconds=BOOT)
        machine.wait("saved", seconds=SAVE)
        machine.wait("done", seconds=BOOT)

    assert row.says in looked["log"]
    for what in ("BUG:", "Oops", "Call Trace", "UBSAN"):
        assert what not in looked["log"]
    told = re.search(r"strange, (\d+) without a struct page", looked["log"])
    assert (int(told[1]) if told else 0) >= row.refused
    seen = script.numbers(looked["seen"])
    for kind in row.wanted:
        assert seen[kind] == [listed.count(kind), 0, 0], kind
    disk_file(rig.work / "disk.img", "dump", rig.work / "dump")
    dump = Dump(rig.guest, rig.work, indexed(rig.kernel))
    for tool in row.tools:
        found = getattr(judge, f"with_{tool}")(dump, [])
        assert (found.pid, found.comm) == (witness["pid"], witness["comm"])
    (rig.work / "dump").unlink()
