# SPDX-License-Identifier: GPL-2.0
"""The other end of a guest's network card: takes the file that load/wire.c
sends, and sends frames of no meaning all the time, so that the card has
something to receive whenever the guest crashes."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import struct
import tempfile
import threading
from pathlib import Path

ETHER = struct.Struct("!6s6sH")
FRAME = struct.Struct("!IH")        # its number, the length of its data
ANSWER = struct.Struct("!I")        # the number of the frame that is next
PROTOCOL = 0x88B5                   # for local experiments
WINDOW = 16
OWN = bytes.fromhex("525400fffffe")
NOISE = ETHER.pack(b"\xff" * 6, OWN, 0x9000).ljust(1024, b"\0")
PAUSE = 0.001                       # seconds between frames of no meaning


class Wire:
    """Is there from `with Wire() as wire:` to the end of the block."""

    def __init__(self) -> None:
        # Paths of sockets are short.
        self._where = Path(tempfile.mkdtemp(prefix="wire"))
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self._where / "host"))
        self._socket.settimeout(PAUSE)
        self._digest = hashlib.sha256()
        self._next = 0
        self._answer = b""          # that there was no room for yet
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.size = 0
        self.whole = False
        self.noise = 0              # frames of no meaning that were sent

    def device(self, model: str) -> list[str]:
        """The emulator's options for a card at this wire."""
        return ["-netdev", "dgram,id=net"
                f",local.type=unix,local.path={self._where / 'guest'}"
                f",remote.type=unix,remote.path={self._where / 'host'}",
                "-device", f"{model},netdev=net"]

    def digest(self) -> str:
        """Of all that came, SHA-256."""
        return self._digest.hexdigest()

    def __enter__(self) -> Wire:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._socket.close()
        shutil.rmtree(self._where)

    def _send(self, frame: bytes) -> bool:
        try:
            self._socket.sendto(frame, os.fspath(self._where / "guest"))
        except OSError:             # no room, no machine yet, or no more
            return False
        return True

    def _take(self, frame: bytes) -> None:
        """Frames come in order, as nothing on this wire gets lost."""
        _, sender, protocol = ETHER.unpack_from(frame)
        if protocol != PROTOCOL:
            return
        number, size = FRAME.unpack_from(frame, ETHER.size)
        data = frame[ETHER.size + FRAME.size:][:size]
        if number == self._next and not self.whole:
            self._digest.update(data)
            self._next += 1
            self.size += size
            self.whole = not size
        if not size or number % WINDOW == WINDOW - 1:
            self._answer = (ETHER.pack(sender, OWN, PROTOCOL)
                            + ANSWER.pack(self._next).ljust(46, b"\0"))

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                self._take(self._socket.recv(2048))
            except TimeoutError:
                if not self._answer:
                    self.noise += self._send(NOISE)
            if self._answer and self._send(self._answer):
                self._answer = b""
