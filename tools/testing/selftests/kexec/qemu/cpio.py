# SPDX-License-Identifier: GPL-2.0
"""Initramfs archives, as driver-api/early-userspace/buffer-format.rst says.

Written here rather than by cpio(1), so that neither the builder's user and
clock nor the order of a directory gets into the image.
"""

from __future__ import annotations

import stat
from pathlib import Path
from typing import BinaryIO


class Archive:
    def __init__(self, out: BinaryIO):
        self._out = out
        self._inode = 0
        self._names: set[str] = set()

    def _entry(self, name: str, mode: int, data: bytes) -> None:
        self._inode += 1
        raw = name.encode() + b"\0"
        fields = (self._inode, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0,
                  len(raw), 0)
        head = b"070701" + b"".join(b"%08X" % field for field in fields) + raw
        self._out.write(head + bytes(-len(head) % 4))
        self._out.write(data + bytes(-len(data) % 4))

    def directory(self, name: str) -> None:
        name = name.strip("/")
        if not name or name in self._names:
            return
        self.directory(str(Path(name).parent).strip("."))
        self._names.add(name)
        self._entry(name, stat.S_IFDIR | 0o755, b"")

    def _new(self, name: str) -> str:
        name = name.strip("/")
        if name in self._names:
            raise ValueError(f"{name} is in the archive twice")
        self.directory(str(Path(name).parent).strip("."))
        self._names.add(name)
        return name

    def file(self, name: str, data: bytes, mode: int = 0o755) -> None:
        self._entry(self._new(name), stat.S_IFREG | mode, data)

    def link(self, name: str, target: str) -> None:
        self._entry(self._new(name), stat.S_IFLNK | 0o777, target.encode())

    def close(self) -> None:
        self._inode = -1
        self._entry("TRAILER!!!", 0, b"")
