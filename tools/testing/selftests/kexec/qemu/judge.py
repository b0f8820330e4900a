# SPDX-License-Identifier: GPL-2.0
"""Looks into a dump with the tools that people use, unmodified, and says what
they see. Whether that is right is the tests' to say."""

from __future__ import annotations

import json
import re
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from elf import Core
from guest import Guest, in_tree

PAGE = 4096
LIMIT = 120     # seconds for one tool


@dataclass(frozen=True)
class Dump:
    """work/dump, of the kernel whose vmlinux is in @symbols."""
    guest: Guest
    work: Path
    symbols: Path

    @property
    def path(self) -> Path:
        return self.work / "dump"


@dataclass(frozen=True)
class Cpu:
    cpu: int
    pid: int
    comm: str
    frames: list[str]


@dataclass(frozen=True)
class Seen:
    """What one tool sees. A marker that is not in the dump is None."""
    release: str
    pid: int
    comm: str
    frames: list[str]
    cpus: dict[int, Cpu]
    markers: list[bytes | None]
    region_writable: bool | None = None     # for those who look at page tables


class ToolFailed(Exception):
    pass


def marker_bytes(seed: int) -> bytes:
    """The page that load/witness.c fills from this seed (xorshift64*)."""
    mask = (1 << 64) - 1
    words = []
    for _ in range(PAGE // 8):
        seed ^= seed >> 12
        seed = (seed ^ seed << 25) & mask
        seed ^= seed >> 27
        words.append(seed * 0x2545F4914F6CDD1D & mask)
    return struct.pack(f"={len(words)}Q", *words)


def _run(dump: Dump, name: str, command: list[str]) -> str:
    """Runs a tool, keeps what it says in work/<name>.{out,err}."""
    out, err = dump.work / f"{name}.out", dump.work / f"{name}.err"
    with open(out, "w") as stdout, open(err, "w") as stderr:
        try:
            code = in_tree(dump.guest, command, dump.work, dump.symbols,
                           stdin=subprocess.DEVNULL, stdout=stdout,
                           stderr=stderr, timeout=LIMIT).returncode
        except subprocess.TimeoutExpired:
            raise ToolFailed(f"{name}: not done after {LIMIT} s, see {out}")
    if code:
        tail = "\n".join((out.read_text(errors="replace")
                          + err.read_text(errors="replace")
                          ).splitlines()[-8:])
        raise ToolFailed(f"{name} ended with {code}, see {out} and {err}:\n{tail}")
    return out.read_text(errors="replace")


def crash_text(dump: Dump, commands: list[str],
               silent: list[str] | None = None) -> dict[str, str]:
    """What crash answers to each command.

    @silent are commands that write to files of their own.
    """
    lines = list(silent or ())
    for i, command in enumerate(commands):
        lines.append(f"{command} > /mnt/crash.{i}")
    (dump.work / "crash.in").write_text("\n".join(lines) + "\nquit\n")
    for i in range(len(commands)):
        (dump.work / f"crash.{i}").unlink(missing_ok=True)
    _run(dump, "crash", ["/usr/bin/env", "HOME=/root", "TERM=dumb",
                         "/usr/bin/crash", "-s", "--no_scroll",
                         "-i", "/mnt/crash.in",
                         "/kernel/vmlinux", "/mnt/dump"])
    answers = {}
    for i, command in enumerate(commands):
        path = dump.work / f"crash.{i}"
        answers[command] = (path.read_text(errors="replace")
                            if path.exists() else "")
        path.unlink(missing_ok=True)
    (dump.work / "crash.out").write_text(
        "".join(f"crash> {c}\n{a}\n" for c, a in answers.items()))
    return answers


TASK = re.compile(r'^PID: (\d+) +TASK: \S+ +CPU: (\d+) +COMMAND: "(.*)"$',
                  re.M)
# A call, or where an exception hit.
FRAME = re.compile(r"^ *#\d+ \[[0-9a-f]+\] (\S+) at "
                   r"|\[exception RIP: ([^+\]]+)", re.M)


def crash_tasks(text: str) -> list[Cpu]:
    """The stacks of bt's answer."""
    heads = list(TASK.finditer(text))
    ends = [head.start() for head in heads[1:]] + [len(text)]
    return [Cpu(int(head[2]), int(head[1]), head[3],
                [call or hit for call, hit
                 in FRAME.findall(text[head.end():end])])
            for head, end in zip(heads, ends)]


def crash_marker(text: str) -> bytes | None:
    """The bytes that "rd -p -8" shows; None where it has no such page."""
    data = bytearray()
    for line in text.splitlines():
        match = re.match(r"^ *[0-9a-f]+: +((?:[0-9a-f]{2} )+)", line)
        if match:
            data += bytes.fromhex(match[1])
    return bytes(data) if len(data) == PAGE else None


def crash_read(paddr: int) -> str:
    """The command that shows the page there."""
    return f"rd -8 -p {paddr:#x} {PAGE}"


def with_crash(dump: Dump, paddrs: list[int]) -> Seen:
    reads = [crash_read(paddr) for paddr in paddrs]
    said = crash_text(dump, ["sys", "bt", "bt -a", "log", *reads])
    release = re.search(r"RELEASE: (\S+)", said["sys"])
    tasks = crash_tasks(said["bt"])
    if not release or not tasks:
        raise ToolFailed(f"crash shows no system, see {dump.work}/crash.out")
    return Seen(release[1], tasks[0].pid, tasks[0].comm, tasks[0].frames,
                {task.cpu: task for task in crash_tasks(said["bt -a"])},
                [crash_marker(said[read]) for read in reads])


def _run_in_drgn(dump: Dump, what: str, paddrs: list[int]) -> Any:
    program = Path(__file__).with_name("in_drgn.py").read_text()
    return json.loads(_run(dump, "drgn", ["/usr/bin/python3", "-c", program,
                                          what, *map(hex, paddrs)]))


def pcplists_in_drgn(dump: Dump) -> set[int]:
    """Page frame numbers of the free pages that are on lists of CPUs."""
    return set(_run_in_drgn(dump, "pcplists", []))


def _in_drgn(dump: Dump, what: str, paddrs: list[int]) -> dict[str, Any]:
    seen = _run_in_drgn(dump, what, paddrs)
    seen["markers"] = [bytes.fromhex(m) if m else None
                       for m in seen["markers"]]
    return seen


def memory_in_drgn(dump: Dump, paddrs: list[int]) -> list[bytes | None]:
    """Pages by their physical addresses, which take no kernel's symbols."""
    return _in_drgn(dump, "memory", paddrs)["markers"]


def with_drgn(dump: Dump, paddrs: list[int]) -> Seen:
    seen = _in_drgn(dump, "all", paddrs)
    return Seen(seen["release"], seen["tid"], seen["comm"], seen["frames"],
                {int(cpu): Cpu(int(cpu), task["tid"], task["comm"],
                               task["frames"])
                 for cpu, task in seen["cpus"].items()},
                seen["markers"], seen["region_writable"])


@dataclass(frozen=True)
class Registers:
    pid: int
    pc: int
    sp: int
    frames: list[str]


@dataclass(frozen=True)
class SeenByGdb:
    release: str
    threads: list[Registers]        # one for each CPU that left a note
    markers: list[bytes | None]


def with_gdb(dump: Dump, paddrs: list[int]) -> SeenByGdb:
    """gdb knows an ELF core, but neither where the kernel was put nor how it
    maps memory; vmcoreinfo and the program headers tell it."""
    core = Core(dump.path)
    offset = int(core.vmcoreinfo().get("KERNELOFFSET", "0"), 16)
    vaddrs = [core.vaddr(paddr) for paddr in paddrs]
    (dump.work / "gdb.json").unlink(missing_ok=True)
    (dump.work / "in_gdb.py").write_text(
        Path(__file__).with_name("in_gdb.py").read_text())
    _run(dump, "gdb", ["/usr/bin/gdb", "-nx", "-batch", "-ex",
                       f"python offset, vaddrs = {offset}, {vaddrs}",
                       "-x", "/mnt/in_gdb.py"])
    result = dump.work / "gdb.json"
    if not result.exists():
        raise ToolFailed(f"gdb shows nothing, see {dump.work}/gdb.err")
    seen = json.loads(result.read_text())
    return SeenByGdb(seen["release"],
                     [Registers(**thread) for thread in seen["threads"]],
                     [bytes.fromhex(m) if m else None
                      for m in seen["markers"]])
