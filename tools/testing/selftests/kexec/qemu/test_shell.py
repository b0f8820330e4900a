# SPDX-License-Identifier: GPL-2.0
"""shell.py, typed at through a terminal as somebody would: the kernel that
crashes and the capture kernel both answer, and the dump ends up with the host.
"""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from arch import Arch
from elf import Core
from guest import HERE, Guest
from machine import PATIENCE, NoVerdict
from rig import BOOT

LEAVE = "\x01x"             # Ctrl-A X
# With holes: less than half of it is on the disk.
SAVE = ("cp /proc/vmcore /case/out/dump &&"
        " echo sparse $(($(stat -c '%b * 1024 < %s' /case/out/dump)))")


class Typist:
    """Types at a terminal, and reads what comes of it."""

    def __init__(self, terminal: int):
        self._terminal = terminal
        self._text = ""

    def wait(self, wanted: str) -> str:
        """What there was to read up to a text and with it."""
        deadline = time.monotonic() + BOOT * PATIENCE
        while not (found := re.search(wanted, self._text)):
            left = deadline - time.monotonic()
            if left <= 0:
                raise NoVerdict(f"wanted {wanted}, got {self._text[-2000:]}")
            if select.select([self._terminal], [], [], left)[0]:
                self._text += os.read(self._terminal, 65536).decode(
                    errors="replace")
        text = self._text[:found.end()]
        self._text = self._text[found.end():]
        return text

    def type(self, line: str) -> None:
        os.write(self._terminal, line.encode())


@contextmanager
def shell(arch: Arch, kernel: Path, work: Path, *options: str
          ) -> Iterator[tuple[Typist, subprocess.Popen[bytes]]]:
    terminal, end = pty.openpty()
    command = [sys.executable, "-B", HERE / "shell.py", f"--arch={arch.name}",
               f"--kernel={kernel}", f"--work={work / 'shell'}", *options]
    with subprocess.Popen(command, stdin=end, stdout=end, stderr=end,
                          start_new_session=True) as process:
        os.close(end)
        try:
            yield Typist(terminal), process
        finally:
            # With the emulator, which would go on by itself.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            os.close(terminal)


def test_crash(arch: Arch, kernel: Path, guest: Guest, workdir: Path) -> None:
    with shell(arch, kernel, workdir, "--load", "--loader=own-file",
               "--capture-append=vmcore_level=31") as (typist, process):
        typist.wait("production# ")
        typist.type("cat /sys/kernel/kexec_crash_verify\r")
        typist.wait("\nok\r")
        typist.type("echo c > /proc/sysrq-trigger\r")
        typist.wait("capture# ")
        typist.type("cat /sys/kernel/vmcore/level\r")
        typist.wait("\n31\r")
        typist.type(f"{SAVE}\r")
        typist.wait("\nsparse 1\r")
        typist.type("exit\r")
        typist.wait("the dump in ")
        assert process.wait(BOOT) == 0
    dump = workdir / "shell" / "dump"
    assert Core(dump).vmcoreinfo()["OSRELEASE"]
    dump.unlink()


def test_leave(arch: Arch, kernel: Path, guest: Guest, workdir: Path) -> None:
    """Whatever the guest is at; and Ctrl-C is for what runs in it."""
    with shell(arch, kernel, workdir) as (typist, process):
        typist.wait("production# ")
        # Not before it runs: the shell takes keys until then.
        typist.type("sh -c 'echo beg''un; sleep 1000'\r")
        typist.wait("begun\r")
        typist.type("\x03")
        typist.wait("production# ")
        typist.type(LEAVE)
        typist.wait("shell: the console is in ")
        assert process.wait(BOOT) == 0
    assert not (workdir / "shell" / "dump").exists()
