# SPDX-License-Identifier: GPL-2.0
"""A crash while the capture kernel that is armed is being replaced by another:
what is started is the one or the other, or none and the log says why.

The debugger lets the CPU that loads and the one that crashes go on by turns,
from one function to another: each of it happens just there, on any host.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import pytest

import script
from cases import LOADERS
from conftest import rows
from debugger import Debugger, listen
from machine import RESET
from rig import BOOT, Rig

CRASHES = 0             # firmware has other CPUs not listen to an NMI
OTHER = 1
# What a load goes through, of what no compiler inlines: in other files.
BEFORE = "kimage_prepare"
COPY = "kimage_copy_crash"
AFTER = "kimage_destroy"
CLAIM = "crash_image_claim"
WAIT = "__const_udelay"
STARTS = "machine_crash_shutdown"

Turn = tuple[int, str]  # a CPU, and where it goes on to


@dataclass(frozen=True)
class Replaced:
    name: str
    held: Turn              # who loads, and where it crashes meanwhile
    turns: tuple[Turn, ...]
    then: tuple[int, ...]   # who goes on after that; empty: all
    starts: str             # the image that is started
    says: str = ""          # on the console, if none is
    parameters: str = ""    # of the kernel that crashes


REPLACED = (
    # It was first, and the load has to stay away from what is armed.
    Replaced("before", (OTHER, BEFORE), ((CRASHES, CLAIM), (CRASHES, STARTS)),
             (), "old"),
    # It waits until there is an image again.
    Replaced("while", (OTHER, COPY), ((CRASHES, CLAIM), (CRASHES, WAIT),
                                      (OTHER, AFTER)), (), "new"),
    # Also where the other CPUs are stopped before it is asked for an image.
    Replaced("while-notifiers", (OTHER, COPY),
             ((CRASHES, CLAIM), (CRASHES, WAIT), (OTHER, AFTER)), (), "new",
             parameters="crash_kexec_post_notifiers"),
    # But not for ever.
    Replaced("while-stuck", (OTHER, COPY), ((CRASHES, CLAIM), (CRASHES, WAIT)),
             (CRASHES,), "",
             "crash image was being replaced (waited 1000 ms): no dump"),
    # Nobody else would ever end it.
    Replaced("while-itself", (CRASHES, COPY), ((CRASHES, CLAIM),), (), "",
             "crash image was being replaced (waited 0 ms): no dump"),
)


def steps(rig: Rig, row: Replaced) -> str:
    """Loads, and once more on a CPU of its choice."""
    load = LOADERS["own-file"].replace('"$cmdline"', '"$cmdline image={}"')
    return (script.names(script.capture_parameters(rig.arch, False))
            + script.load(load.format("old"))
            + "echo 1 > /proc/sys/kernel/unknown_nmi_panic\nstep=replace\n"
            + f"busybox taskset {1 << row.held[0]:x} "
            + load.format("new") + "\nsay survived\n")


def pass_over(debugger: Debugger, function: str) -> None:
    """Whoever comes there first goes on."""
    debugger.stop_at(function)
    debugger.let_go()
    cpu = debugger.stopped(BOOT)
    debugger.do_not_stop_at(function)
    debugger.step(cpu)


def go_to(debugger: Debugger, turn: Turn, *cpus: int) -> None:
    """These go on, or all, until the one that is to has come to where."""
    cpu, function = turn
    debugger.stop_at(function)
    debugger.let_go(*cpus)
    assert debugger.stopped(BOOT) == cpu
    debugger.do_not_stop_at(function)


@pytest.mark.parametrize("row", rows(REPLACED))
def test_replaced(rig: Rig, row: Replaced) -> None:
    name = f"kexec-debugger-{os.getpid()}"
    with rig.machine(f"panic=1 crashkernel=96M nokaslr {row.parameters}",
                     {"production": steps(rig, row), "capture": "true\n"},
                     cpus=2, extra=listen(name)) as machine, \
            Debugger(name, rig.kernel / "vmlinux") as debugger:
        pass_over(debugger, row.held[1])        # nothing is replaced yet
        go_to(debugger, row.held)
        machine.command("inject-nmi")
        for turn in row.turns:
            go_to(debugger, turn, turn[0])
        debugger.let_go(*row.then)
        machine.wait("up", seconds=BOOT)
        assert machine.wait("loaded", seconds=BOOT)["verify"] == "ok"
        if row.starts:
            up = machine.wait("up", seconds=BOOT)
            assert up["vmcore"] != "none"
            assert f"image={row.starts}" in up["cmdline"]
        else:
            machine.wait(RESET, seconds=BOOT)
            assert row.says in machine.serial.read_text(errors="replace")
