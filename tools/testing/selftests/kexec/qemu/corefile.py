# SPDX-License-Identifier: GPL-2.0
"""Core headers made by hand, the true ones and the lying ones, and what
/proc/vmcore has to look like when a capture kernel has found them.

The formats are those of the ELF specification; how /proc/vmcore is laid out
stands in Documentation/admin-guide/kdump/vmcore.rst.
"""

from __future__ import annotations

import struct
from array import array
from dataclasses import dataclass, field, replace
from typing import Iterable

PAGE = 4096
TOP = (1 << 64) - 1             # the last address

PT_LOAD, PT_NOTE = 1, 4
PN_XNUM = 0xFFFF
ET_CORE = 4
EM_AARCH64 = 183
NT_PRSTATUS, NT_VMCOREDD = 1, 0x700


@dataclass(frozen=True)
class Format:
    """One of ELF's two classes. Where the fields are differs, too."""
    ident: int
    ehdr: str
    shdr: str
    phdr: str
    phdr_order: tuple[str, ...]


ELF64 = Format(2, "<HHIQQQIHHHHHH", "<IIQQQQIIQQ", "<IIQQQQQQ",
               ("type", "flags", "offset", "vaddr", "paddr", "filesz",
                "memsz", "align"))
ELF32 = Format(1, "<HHIIIIIHHHHHH", "<IIIIIIIIII", "<IIIIIIII",
               ("type", "offset", "vaddr", "paddr", "filesz", "memsz",
                "flags", "align"))
IDENT = 16                      # bytes before the rest of the ELF header


@dataclass(frozen=True)
class Phdr:
    """A program header, as wide as it takes."""
    type: int
    offset: int
    vaddr: int
    paddr: int
    filesz: int
    memsz: int
    flags: int = 7
    align: int = 0

    def pack(self, elf: Format) -> bytes:
        return struct.pack(elf.phdr,
                           *(getattr(self, name) for name in elf.phdr_order))


def load(start: int, size: int, memsz: int | None = None,
         vaddr: int = 0) -> Phdr:
    """Memory: as the crashed kernel leaves it, the offset is the address."""
    return Phdr(PT_LOAD, start, vaddr, start, size,
                size if memsz is None else memsz)


def note_segment(start: int, size: int) -> Phdr:
    return Phdr(PT_NOTE, start, 0, start, size, size, 0)


def note(name: bytes, kind: int, data: bytes) -> bytes:
    name += b"\0"
    return (struct.pack("<III", len(name), len(data), kind)
            + name + bytes(-len(name) % 4) + data + bytes(-len(data) % 4))


@dataclass(frozen=True)
class Core:
    """A core header. Invariant: program headers come right behind the ELF
    header, or behind the section header that counts them."""
    phdrs: tuple[Phdr, ...]
    elf: Format = ELF64
    machine: int = 0            # 0: of the kernel that is to read it
    count: int | None = None    # of program headers that it says it has
    spoiled: tuple[tuple[int, bytes], ...] = ()     # (offset, what is there)

    def pack(self) -> bytes:
        count = len(self.phdrs) if self.count is None else self.count
        raw = bytearray(headers(self.elf, self.machine, count)
                        + b"".join(p.pack(self.elf) for p in self.phdrs))
        for offset, data in self.spoiled:
            raw[offset:offset + len(data)] = data
        return bytes(raw)


def headers(elf: Format, machine: int, count: int, behind: int = 0) -> bytes:
    """ELF header, and where it takes one to count the program headers, the
    section header. That is right behind, or @behind bytes into the file."""
    ehsize = IDENT + struct.calcsize(elf.ehdr)
    shsize = struct.calcsize(elf.shdr)
    phoff, shoff = ehsize, 0
    section = b""
    if count >= PN_XNUM:
        section = struct.pack(elf.shdr, 0, 0, 0, 0, 0, 1, 0, count, 0, 0)
        shoff = behind or ehsize
        phoff = ehsize if behind else ehsize + shsize
    head = (b"\x7fELF" + bytes((elf.ident, 1, 1)) + bytes(9) + struct.pack(
        elf.ehdr, ET_CORE, machine, 1, 0, phoff, shoff, 0, ehsize,
        struct.calcsize(elf.phdr), min(count, PN_XNUM),
        shsize if section else 0, 1 if section else 0, 0))
    return head if behind else head + section


def pages(data: bytes) -> bytes:
    return data + bytes(-len(data) % PAGE)


Span = tuple[int, int]          # start, end
ZEROS = TOP                     # a source of nothing but zeros


@dataclass
class Expected:
    """What /proc/vmcore has to be, for load/vmcore_expect.c."""
    head: bytes
    pieces: list[tuple[int, int, int]]      # position, source, size

    @property
    def size(self) -> int:
        if not self.pieces:
            return len(self.head)
        return self.pieces[-1][0] + self.pieces[-1][2]

    def pack(self) -> bytes:
        body = array("Q", [number for piece in self.pieces
                           for number in piece])
        return (struct.pack("<QQQ", self.size, len(self.head),
                            len(self.pieces)) + self.head + body.tobytes())


def _visible(start: int, end: int, hidden: Iterable[Span]
             ) -> Iterable[tuple[int, int]]:
    """Cuts a range of memory where it begins or ends to be hidden; yields
    the source and size of each part."""
    for low, high in hidden:
        if high <= start or low >= end:
            continue
        if start < low:
            yield start, low - start
            start = low
        yield ZEROS, min(high, end) - start
        start = min(high, end)
    if start < end:
        yield start, end - start


def vmcore(core: Core, kept: Iterable[Phdr], notes: bytes = b"",
           devices: bytes = b"", hidden: Iterable[Span] = ()) -> Expected:
    """The file that comes of @core: those of its program headers that make
    sense, the notes, the device dumps. What of memory is @hidden, from low
    to high addresses, reads as zeros."""
    kept, hidden = list(kept), list(hidden)
    elf, count = core.elf, len(kept) + 1
    size = (IDENT + struct.calcsize(elf.ehdr)
            + count * struct.calcsize(elf.phdr))
    head = headers(elf, core.machine, count, size)
    section = headers(elf, core.machine, count)[len(head):]
    start = len(pages(bytes(size) + section))
    length = len(devices) + len(notes)
    table = [Phdr(PT_NOTE, start, 0, 0, length, length, 0, 4)]

    position = len(pages(bytes(start) + devices + notes))
    pieces = []
    for phdr in kept:
        low = phdr.offset - phdr.offset % PAGE
        high = phdr.offset + phdr.filesz
        high += -high % PAGE
        table.append(replace(phdr, offset=position + phdr.offset - low))
        for source, part in _visible(low, high, hidden):
            pieces.append((position, source, part))
            position += part
    head += b"".join(phdr.pack(elf) for phdr in table) + section
    return Expected(pages(pages(head) + devices + notes), pieces)


@dataclass
class Reader:
    """What a program that knows only the ELF specification sees."""
    count: int
    phdrs: list[Phdr] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def read(head: bytes, size: int) -> Reader:
    elf = {e.ident: e for e in (ELF32, ELF64)}[head[4]]
    fields = struct.unpack_from(elf.ehdr, head, IDENT)
    phoff, shoff, phentsize, count = fields[4], fields[5], fields[8], fields[9]
    if count == PN_XNUM:
        count = struct.unpack_from(elf.shdr, head, shoff)[7]
    seen = Reader(count)
    for i in range(count):
        values = struct.unpack_from(elf.phdr, head, phoff + i * phentsize)
        seen.phdrs.append(Phdr(**dict(zip(elf.phdr_order, values))))
    end = phoff + count * phentsize
    for i, phdr in enumerate(seen.phdrs):
        if phdr.offset < end:
            seen.faults.append(f"segment {i} overlaps what is before it")
        end = phdr.offset + phdr.filesz
        if end > size:
            seen.faults.append(f"segment {i} leaves the file")
        if phdr.type == PT_LOAD and (phdr.offset - phdr.paddr) % PAGE:
            seen.faults.append(f"segment {i} is not where its page is")
    if [phdr.type for phdr in seen.phdrs].count(PT_NOTE) != 1:
        seen.faults.append("not one segment of notes")
    return seen
