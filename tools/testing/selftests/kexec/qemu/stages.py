# SPDX-License-Identifier: GPL-2.0
"""Shows people what is going on, and never falls silent."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

QUIET_SECONDS = 3.0     # between lines where there is no terminal


class StageFailed(Exception):
    def __init__(self, stage: str, log: Path, cause: Exception):
        super().__init__(f"'{stage}' failed: {cause}\n  its log: {log}")


class Stages:
    """Shows what is going on, with the last line of the stage's log."""

    def __init__(self) -> None:
        self.took: list[tuple[str, float]] = []
        self._terminal = sys.stdout.isatty()

    @contextmanager
    def stage(self, what: str, log: Path) -> Iterator[None]:
        start = time.monotonic()
        over = threading.Event()
        live = threading.Thread(target=self._live,
                                args=(what, log, start, over), daemon=True)
        live.start()
        try:
            yield
        except Exception as error:
            raise StageFailed(what, log, error) from error
        finally:
            over.set()
            live.join()
        seconds = time.monotonic() - start
        self.took.append((what, seconds))
        self._print(f"{seconds:6.1f} s  {what}")

    def _print(self, text: str) -> None:
        end = "\033[K\n" if self._terminal else "\n"
        print(("\r" if self._terminal else "") + text, end=end, flush=True)

    def _live(self, what: str, log: Path, start: float,
              over: threading.Event) -> None:
        period = 0.2 if self._terminal else QUIET_SECONDS
        while not over.wait(period):
            line = (f"{time.monotonic() - start:6.1f} s  {what} ... "
                    f"{last_line(log)}")
            if self._terminal:
                width = shutil.get_terminal_size().columns - 1
                print("\r" + line[:width], end="\033[K", flush=True)
            else:
                print(line[:120], flush=True)


def last_line(log: Path) -> str:
    try:
        with open(log, "rb") as file:
            file.seek(max(0, log.stat().st_size - 400))
            lines = file.read().decode(errors="replace").split("\n")
    except OSError:
        return ""
    lines = [line.strip() for line in lines if line.strip()]
    return lines[-1] if lines else ""
