# SPDX-License-Identifier: GPL-2.0
"""The memory of a guest whose kernel has crashed, as the host sees it: where
struct pages are, and what leads to them. The machine's memory is a file, see
machine.memory_file(), and begins at address 0."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

PAGE = 4096
KERNEL_MAP = 0xFFFFFFFF80000000     # of x86_64
FRAME = 0x000FFFFFFFFFF000
PRESENT, LARGE = 1, 0x80
MAP_MASK = ~0x3F                    # SECTION_MAP_MASK has six flags below


class OldMemory:
    def __init__(self, path: Path, vmcoreinfo: str):
        """@vmcoreinfo: what /sys/kernel/vmcoreinfo says, address and size."""
        self.file: BinaryIO = open(path, "r+b", buffering=0)
        at, size = (int(word, 16) for word in vmcoreinfo.split())
        note = self.read(at, size)
        begin = note.index(b"OSRELEASE=")
        self.info_at = at + begin
        text = note[begin:note.index(b"\0", begin)].decode()
        self.info = dict(line.split("=", 1) for line in text.splitlines()
                         if "=" in line)
        self.page_size = self.number("SIZE(page)")

    def number(self, name: str) -> int:
        base = 16 if name.startswith("SYMBOL") else 10
        return int(self.info[name], base)

    def read(self, phys: int, size: int) -> bytes:
        self.file.seek(phys)
        return self.file.read(size)

    def write(self, phys: int, data: bytes) -> None:
        self.file.seek(phys)
        self.file.write(data)

    def word(self, phys: int) -> int:
        return struct.unpack("<Q", self.read(phys, 8))[0]

    def entries(self, addr: int) -> list[int]:
        """Physical addresses of the page table entries for a virtual one, the
        top one first."""
        table = (self.number("SYMBOL(swapper_pg_dir)") - KERNEL_MAP
                 + self.number("NUMBER(phys_base)"))
        levels = 5 if self.number("NUMBER(pgtable_l5_enabled)") else 4
        found = []
        for level in reversed(range(levels)):
            found.append(table + 8 * (addr >> 12 + 9 * level & 511))
            entry = self.word(found[-1])
            assert entry & PRESENT, f"{addr:#x} is not mapped"
            table = entry & FRAME
            if level in (1, 2) and entry & LARGE:
                break
        return found

    def translate(self, addr: int) -> int:
        entries = self.entries(addr)
        levels = 5 if self.number("NUMBER(pgtable_l5_enabled)") else 4
        size = 1 << 12 + 9 * (levels - len(entries))
        return (self.word(entries[-1]) & FRAME & -size) + addr % size

    def section(self, pfn: int) -> int:
        """Physical address of the mem_section of a page."""
        size = self.number("SIZE(mem_section)")
        nr = pfn * PAGE >> self.number("NUMBER(SECTION_SIZE_BITS)")
        root, index = divmod(nr, PAGE // size)
        sections = self.word(self.translate(
            self.number("SYMBOL(mem_section)") + 8 * root))
        return self.translate(sections + size * index)

    def page_address(self, pfn: int) -> int:
        """Virtual address of a struct page."""
        offset = self.number("OFFSET(mem_section.section_mem_map)")
        map_ = self.word(self.section(pfn) + offset) & MAP_MASK & (1 << 64) - 1
        return map_ + pfn * self.page_size & (1 << 64) - 1
