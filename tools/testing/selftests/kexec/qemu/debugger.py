# SPDX-License-Identifier: GPL-2.0
"""The emulator's processors, stopped at a function of the kernel and let go one
by one: what two of them do at the same time then has an order.

It is the protocol that gdb speaks to a remote target ("Remote Protocol" in its
manual), as far as that takes. The kernel has to be at the addresses that it was
linked for: nokaslr.
"""

from __future__ import annotations

import re
import socket
import subprocess
from pathlib import Path

from machine import PATIENCE, NoVerdict


def listen(name: str) -> list[str]:
    """Options for a machine that Debugger(@name, ...) can stop."""
    return ["-chardev", f"socket,id=debugger,path={name},abstract=on,"
            "server=on,wait=off", "-gdb", "chardev:debugger"]


def symbols(vmlinux: Path) -> dict[str, int]:
    """Where each function and variable was linked to be."""
    text = subprocess.run(["nm", str(vmlinux)], check=True, text=True,
                          capture_output=True).stdout
    return {name: int(address, 16) for address, kind, name in
            re.findall(r"^(\w+) (\w) (.+)$", text, re.M)
            if kind in "tTdDbB"}


class Debugger:
    """Stops the machine when it comes."""

    def __init__(self, name: str, vmlinux: Path):
        self.symbols = symbols(vmlinux)
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(f"\0{name}")
        self._buffer = b""

    def __enter__(self) -> Debugger:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def _send(self, text: str) -> None:
        data = text.encode()
        self._socket.sendall(b"$%s#%02x" % (data, sum(data) & 0xFF))

    def _answer(self, seconds: float) -> str:
        """The next packet; what it acknowledges is not looked at."""
        self._socket.settimeout(seconds * PATIENCE)
        while not (found := re.search(rb"\$([^#]*)#..", self._buffer)):
            try:
                data = self._socket.recv(4096)
            except TimeoutError:
                raise NoVerdict("no processor came to where it was to stop")
            if not data:
                raise NoVerdict("the emulator ended")
            self._buffer += data
        self._buffer = self._buffer[found.end():]
        self._socket.sendall(b"+")
        return found[1].decode("latin-1")

    def _ask(self, text: str) -> str:
        self._send(text)
        # That all have stopped when it came is told as well.
        while (answer := self._answer(10)).startswith("T"):
            pass
        if answer.startswith("E") or not answer:
            raise ValueError(f"{text}: {answer or 'not understood'}")
        return answer

    def stop_at(self, function: str) -> None:
        """Whoever comes there first stops, and all others with it."""
        self._ask(f"Z0,{self.symbols[function]:x},1")

    def do_not_stop_at(self, function: str) -> None:
        self._ask(f"z0,{self.symbols[function]:x},1")

    def let_go(self, *cpus: int) -> None:
        """These alone go on, or all."""
        actions = [f"c:{cpu + 1:x}" for cpu in cpus] or ["c"]
        self._send("vCont;" + ";".join(actions))

    def step(self, cpu: int) -> None:
        """That one does one instruction, and no other does any."""
        self._send(f"vCont;s:{cpu + 1:x}")
        self.stopped(10)

    def stopped(self, seconds: float) -> int:
        """Which processor has come to where it was to stop."""
        answer = self._answer(seconds)
        if not (found := re.match(r"T05thread:(?:p\d+\.)?(\w+);", answer)):
            raise ValueError(f"stopped for another reason: {answer}")
        return int(found[1], 16) - 1
