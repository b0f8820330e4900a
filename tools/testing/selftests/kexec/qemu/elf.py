# SPDX-License-Identifier: GPL-2.0
"""As much of the ELF core format as it takes to judge a dump: where memory is,
and what the notes hold."""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass
from pathlib import Path

PT_LOAD, PT_NOTE = 1, 4
PN_XNUM = 0xFFFF
NT_PRSTATUS = 1


@dataclass(frozen=True)
class Load:
    offset: int
    vaddr: int
    paddr: int
    filesz: int
    memsz: int


@dataclass(frozen=True)
class Note:
    name: str
    type: int
    data: bytes


class Core:
    def __init__(self, path: Path):
        with open(path, "rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        if self._map[:4] != b"\x7fELF":
            raise ValueError(f"{path} is not an ELF file")
        self.wide = wide = self._map[4] == 2
        self._unmapped = (1 << (64 if wide else 32)) - 1
        self._order = "<" if self._map[5] == 1 else ">"
        head = self._unpack("HHIQQQIHHHHHH" if wide else "HHIIIIIHHHHHH", 16)
        phoff, shoff, count = head[4], head[5], head[9]
        if count == PN_XNUM:
            # sh_info of the first section header
            count = self._unpack("I", shoff + (44 if wide else 28))[0]
        self.loads: list[Load] = []
        self.notes: list[Note] = []
        for i in range(count):
            if wide:
                kind, _, offset, vaddr, paddr, filesz, memsz, _ = \
                    self._unpack("IIQQQQQQ", phoff + 56 * i)
            else:
                kind, offset, vaddr, paddr, filesz, memsz, _, _ = \
                    self._unpack("IIIIIIII", phoff + 32 * i)
            if kind == PT_LOAD:
                self.loads.append(Load(offset, vaddr, paddr, filesz, memsz))
            elif kind == PT_NOTE:
                self._read_notes(offset, filesz)

    def _unpack(self, fields: str, offset: int) -> tuple[int, ...]:
        return struct.unpack_from(self._order + fields, self._map, offset)

    def _read_notes(self, at: int, size: int) -> None:
        end = at + size
        while at + 12 <= end:
            name_size, data_size, kind = self._unpack("III", at)
            name = self._map[at + 12:at + 12 + name_size].rstrip(b"\0")
            at += 12 + (name_size + 3 & ~3)
            self.notes.append(Note(name.decode("latin-1"), kind,
                                   self._map[at:at + data_size]))
            at += data_size + 3 & ~3

    def vmcoreinfo(self) -> dict[str, str]:
        for note in self.notes:
            if note.name == "VMCOREINFO":
                lines = note.data.decode().splitlines()
                return dict(line.split("=", 1) for line in lines
                            if "=" in line)
        raise ValueError("the dump has no vmcoreinfo")

    def vaddr(self, paddr: int) -> int | None:
        """Where the crashed kernel had this memory mapped, if it is here."""
        for load in reversed(self.loads):
            if load.paddr <= paddr < load.paddr + load.memsz:
                return (None if load.vaddr == self._unmapped
                        else load.vaddr + paddr - load.paddr)
        return None

    def memory(self, paddr: int, size: int) -> bytes | None:
        """What was there, if the dump has it."""
        for load in self.loads:
            if load.paddr <= paddr <= load.paddr + load.filesz - size:
                at = load.offset + paddr - load.paddr
                return self._map[at:at + size]
        return None
