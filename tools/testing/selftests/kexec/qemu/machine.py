# SPDX-License-Identifier: GPL-2.0
"""A machine in the emulator, and what is told of it.

The guest speaks through a virtio port, a line of JSON for each event; the
emulator itself tells of resets through QMP. The console goes to a file for
people to read. Who wants to know when a line came there has it noted.
"""

from __future__ import annotations

import json
import os
import re
import selectors
import socket
import subprocess
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from arch import Arch
from cases import ABOVE_4G

PORT = "org.kdump.verdict"

# What the emulator tells, as events beside the guest's own.
RESET = "machine-reset"
STOPPED = "machine-stopped"

EMULATION = "tcg,thread=multi"

# Processors that take turns. In QEMU before 8.1 one that runs beside another may
# keep the translation of an instruction that the other has just changed (mended by
# "accel/tcg: Always lock pages before translation"), so that a breakpoint by which
# the kernel changes its code is hit when nobody knows it any more.
IN_TURN = "tcg,thread=single"


def in_turn(accel: str) -> str:
    """For tests of something else than processors that stop each other: the host
    cannot leave one of them behind while the others wait for it."""
    return IN_TURN if accel == EMULATION else accel


# Guest time is the number of instructions run, a nanosecond each, and the
# processor's counter as well: for what computes the same on any host, however
# busy. A processor that waits has its clock moved on to the next timer; so while
# it waits for a disk, time goes by as fast as the host is slow.
COUNTING = ("-icount", "shift=0,sleep=off")

# A host that does much else besides may be given more time.
PATIENCE = float(os.environ.get("KEXEC_PATIENCE", "1"))

LOOK = 30               # seconds that the emulator has for an answer

Event = dict[str, Any]


class NoVerdict(Exception):
    """The guest said neither that it went well nor that it did not."""


class Unexpected(Exception):
    """The guest said something else than what it had to."""


@dataclass
class Config:
    """What to boot."""
    arch: Arch
    kernel: Path
    initrd: Path
    log_dir: Path
    append: str = ""
    disk: Path | None = None
    memory: str = "512M"
    cpus: int | str = 1         # a string: with -smp's other words
    accel: str = EMULATION
    cpu: str = ""               # if not the architecture's usual one
    counted: bool = False       # guest time is the count of instructions
    reboot: str = "shutdown"    # what a reset does: that, or reset
    noted: str = ""             # lines of the console that are noted: a regex
    on_terminal: bool = False   # the console is this one, to be typed at
    disk_device: str = "-device virtio-blk-pci,drive=case,serial=case"
    extra: list[str] = field(default_factory=list)

    @property
    def processor(self) -> str:
        wanted = self.cpu or self.arch.cpu
        options = self.kernel.parent / "config"
        if options.exists() and "CONFIG_KASAN=y\n" in options.read_text():
            wanted += self.arch.kasan_without
        return wanted


def memory_file(path: Path, size: str) -> list[str]:
    """Options for a machine whose memory is this file. As a sparse one on a
    disk it may be larger than the host's memory."""
    return ["-machine", "memory-backend=ram", "-object",
            f"memory-backend-file,id=ram,share=on,size={size},"
            f"mem-path={path},discard-data=on"]


def memory_large(size: str) -> list[str]:
    """Options for a machine that has more memory than the host: of the host's it
    takes what its kernels write."""
    return ["-machine", "memory-backend=ram", "-object",
            f"memory-backend-ram,id=ram,size={size},reserve=off"]


class _Lines:
    """Lines from a socket, as events."""

    def __init__(self, sock: socket.socket,
                 translate: Callable[[bytes], Event | None]):
        self.sock = sock
        self.translate = translate
        self.rest = b""
        self.open = True

    def read(self) -> list[Event]:
        data = self.sock.recv(65536)
        self.open = bool(data)
        *lines, self.rest = (self.rest + data).split(b"\n")
        events = [self.translate(line) for line in lines if line.strip()]
        return [event for event in events if event]


class Machine:
    """Runs from `with Machine(config) as machine:` to the end of the block."""

    def __init__(self, config: Config):
        self.config = config
        self.serial = config.log_dir / "console.log"
        self.events = config.log_dir / "events.jsonl"
        self.history: list[Event] = []
        self._pending: deque[Event] = deque()
        self._sources: list[_Lines] = []
        self._far_ends: list[socket.socket] = []
        self._selector = selectors.DefaultSelector()
        self._started = 0.0

    def __enter__(self) -> Machine:
        self.config.log_dir.mkdir(parents=True, exist_ok=True)
        self._events = open(self.events, "w", buffering=1)
        self._qmp = self._lines(self._from_emulator)
        self._guest = self._lines(json.loads)
        if self.config.noted:
            self._lines(self._from_console)
        ends = [sock.fileno() for sock in self._far_ends]
        command = self._command(*ends)
        (self.config.log_dir / "qemu.cmd").write_text(" ".join(command) + "\n")
        with open(self.config.log_dir / "qemu.log", "wb") as log:
            terminal = self.config.on_terminal
            self._process = subprocess.Popen(
                command, pass_fds=ends,
                stdin=None if terminal else subprocess.DEVNULL,
                stdout=None if terminal else log, stderr=log)
        for sock in self._far_ends:
            sock.close()
        self._started = time.monotonic()
        self.command("qmp_capabilities")
        self.command("cont")
        return self

    def _lines(self, translate: Callable[[bytes], Event | None]) -> _Lines:
        """A way for the emulator to tell something. A pair of sockets: no
        path to clash with or to grow too long."""
        sock, far_end = socket.socketpair()
        self._far_ends.append(far_end)
        lines = _Lines(sock, translate)
        self._selector.register(sock, selectors.EVENT_READ, lines)
        self._sources.append(lines)
        return lines

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            try:
                self.command("quit")
                self._process.wait(10)
            except (OSError, subprocess.TimeoutExpired):
                self._process.kill()
                self._process.wait()
        for lines in self._sources:
            lines.sock.close()
        self._selector.close()
        self._events.close()

    def _command(self, qmp_fd: int, guest_fd: int, console_fd: int | None = None
                 ) -> list[str]:
        c = self.config
        memory = c.arch.above_4g if c.memory == ABOVE_4G else c.memory
        disk = []
        if c.disk:
            disk = ["-drive", f"file={c.disk},format=raw,if=none,id=case,"
                    "cache=unsafe", *c.disk_device.split()]
        serial = f"file,id=serial,path={self.serial}"
        if console_fd is not None:
            serial = f"socket,id=serial,fd={console_fd},logfile={self.serial}"
        monitor = []
        if c.on_terminal:
            serial = f"stdio,id=serial,mux=on,signal=off,logfile={self.serial}"
            monitor = ["-mon", "chardev=serial,mode=readline"]
        return [
            *c.arch.emulator, *c.arch.machine,
            "-cpu", c.processor,
            "-accel", IN_TURN if c.counted else c.accel,
            *(COUNTING if c.counted else ()),
            "-m", memory, "-smp", str(c.cpus),
            "-nodefaults", "-no-user-config", "-display", "none", "-S",
            "-action", f"reboot={c.reboot},panic=none",
            "-kernel", str(c.kernel), "-initrd", str(c.initrd),
            "-append", " ".join((f"console={c.arch.console}",
                                 c.arch.parameters, c.append)),
            "-chardev", serial,
            "-serial", "chardev:serial", *monitor,
            "-chardev", f"socket,id=qmp,fd={qmp_fd}",
            "-mon", "chardev=qmp,mode=control",
            "-chardev", f"socket,id=guest,fd={guest_fd}",
            "-device", "virtio-serial-pci",
            "-device", f"virtserialport,chardev=guest,name={PORT}",
            "-device", "virtio-rng-pci",
            *disk, *c.extra,
        ]

    def command(self, name: str, **arguments: Any) -> None:
        """A command to the emulator; its events go on arriving."""
        request = {"execute": name, "arguments": arguments, "id": name}
        self._qmp.sock.sendall(json.dumps(request).encode() + b"\n")

    def wait(self, *names: str, seconds: float) -> Event:
        """The next event; it has to be one of these.

        Notes are recorded and passed over.
        """
        deadline = time.monotonic() + seconds * PATIENCE
        while True:
            while self._pending:
                event = self._pending.popleft()
                if event["event"] in names:
                    return event
                if event["event"] != "note":
                    raise Unexpected(self._explain(names, event))
            left = deadline - time.monotonic()
            if left <= 0:
                self._look()
                raise NoVerdict(self._explain(names, None))
            self._receive(left)

    def run_out(self) -> None:
        """Until the emulator ends, whatever is told meanwhile."""
        while self._process.poll() is None:
            self._receive(1)

    def _ask(self, name: str, **arguments: Any) -> Any:
        """A command to the emulator, and its answer; None if it gives none."""
        self.command(name, **arguments)
        deadline = time.monotonic() + LOOK
        while time.monotonic() < deadline:
            known = len(self.history)
            self._receive(deadline - time.monotonic())
            for event in self.history[known:]:
                if event.get("qmp", {}).get("id") == name:
                    return event["qmp"].get("return")
        return None

    def _look(self) -> None:
        """What is a machine at that says nothing? Where its CPUs are, which
        interrupts they wait for and, of one that is not large, the memory, for
        crash or gdb."""
        cpus = int(str(self.config.cpus).split(",", maxsplit=1)[0])
        answers = [self._ask("human-monitor-command", **{"command-line": line})
                   for line in ("info registers -a",
                                *(f"info lapic {cpu}"
                                  for cpu in range(cpus)))]
        log_dir = self.config.log_dir
        (log_dir / "registers.txt").write_text(
            "\n".join(answer or "" for answer in answers))
        if self.config.memory.endswith("M"):
            self._ask("dump-guest-memory", paging=False,
                      protocol=f"file:{log_dir / 'silent.elf'}")

    def _explain(self, names: tuple[str, ...], event: Event | None) -> str:
        wanted = " or ".join(names)
        got = json.dumps(event)[:2000] if event else "silence"
        return f"wanted {wanted}, got {got}; the console is in {self.serial}"

    def _receive(self, seconds: float) -> None:
        for key, _ in self._selector.select(seconds):
            source: _Lines = key.data
            try:
                lines = source.read()
            except ConnectionError:
                source.open, lines = False, []
            for line in lines:
                self._take(line)
            if not source.open:
                self._selector.unregister(source.sock)
                if source is self._qmp:
                    self._take({"event": STOPPED, "reason": "emulator ended"})

    def _from_console(self, line: bytes) -> Event | None:
        text = line.decode(errors="replace").strip()
        if not re.search(self.config.noted, text):
            return None
        return {"event": "note", "console": text}

    @staticmethod
    def _from_emulator(line: bytes) -> Event:
        """What QMP says, as an event of ours."""
        message = json.loads(line)
        if "error" in message:
            return {"event": "emulator-error", **message["error"]}
        if message.get("event") != "SHUTDOWN":
            return {"event": "note", "qmp": message}
        reason = message["data"]["reason"]
        name = RESET if reason == "guest-reset" else STOPPED
        return {"event": name, "reason": reason}

    def work(self) -> float:
        """Seconds that the emulator has computed, however long that took it:
        what there is to measure on a host that is busy."""
        stat = Path(f"/proc/{self._process.pid}/stat").read_text()
        user, system = stat.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def _take(self, event: Event) -> None:
        event["at"] = round(time.monotonic() - self._started, 3)
        event["work"] = self.work()
        self.history.append(event)
        self._events.write(json.dumps(event) + "\n")
        self._pending.append(event)


def kvm_works(config: Config) -> bool:
    """Whether a guest under KVM gets as far as giving a verdict.

    /dev/kvm may be there and not work, so a guest has to show it.
    """
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return False
    try:
        with Machine(config) as machine:
            machine.wait("up", seconds=20)
    except (NoVerdict, Unexpected, OSError):
        return False
    return True
