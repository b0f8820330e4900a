# SPDX-License-Identifier: GPL-2.0
"""From a running kernel to the init of the next one, which is the same kernel:
through kexec, and through the machine's reset and its firmware.

Both in one run of the machine: it starts, goes on through kexec, and from
there through a reset, after which the emulator gives the kernel and its initrd
to the firmware in no time. A disk would take longer.
"""

from __future__ import annotations

import statistics
from collections import defaultdict

import script
from arch import Arch
from bench_rows import (FIRMWARE, KEXEC, RESTART, Clock, kernel_parameters,
                        tell_measured)
from cases import REBOOT_LOADERS
from machine import Event, Machine
from rig import BOOT, Rig

LIMIT = 600             # seconds
PROGRAM = "measure: first program"
FIRST_PROGRAM = "rdinit=/bin/measure"
# Found on the disk by the kernel that comes out of the reset.
MARK = "/case/out/again"


def _restart(how: str) -> str:
    return (f"step=restart\nport=$(echo /dev/vport*)\n"
            f"measure restart {how} > $port\n")


def _production(arch: Arch, clock: Clock) -> str:
    cmdline = " ".join((script.next_kernel(arch, "second"), FIRST_PROGRAM,
                        script.kaslr(False), kernel_parameters(arch, clock)))
    return (f"if [ -e {MARK} ]; then\n{tell_measured('boot', 'measure boot')}"
            "say done\nsleep 3600\nfi\n" + script.names(cmdline)
            + "step=load\n" + REBOOT_LOADERS["own-file"] + " > /dev/null\n"
            "umount /case\nsay loaded\n" + _restart("kexec"))


def _second() -> str:
    return (tell_measured("boot", "measure boot")
            + f": > {MARK}\numount /case\n" + _restart("firmware"))


def _wait_boot(machine: Machine) -> Event:
    machine.wait("up", seconds=LIMIT)
    return machine.wait("measured", seconds=BOOT)


def _took(machine: Machine, clock: Clock, since: Event, boot: Event) -> float:
    if clock.counted:
        return int(boot["value"].split()[2]) - since["ticks"]
    after = machine.history[machine.history.index(since):]
    return next(event["at"] for event in after
                if PROGRAM in event.get("console", "")) - since["at"]


def _run(rig: Rig, clock: Clock) -> dict[str, float]:
    append = " ".join(("panic=1", FIRST_PROGRAM, script.kaslr(False),
                       kernel_parameters(rig.arch, clock)))
    scripts = {"production": _production(rig.arch, clock), "second": _second()}
    with rig.machine(append, scripts, RESTART.memory, cpu=rig.arch.plain_cpu,
                     capture=rig.guest.production, counted=clock.counted,
                     noted=PROGRAM, reboot="reset") as machine:
        machine.wait("up", seconds=LIMIT)
        machine.wait("loaded", seconds=LIMIT)
        kexec = machine.wait("restart", seconds=BOOT)
        second = _wait_boot(machine)
        reset = machine.wait("restart", seconds=BOOT)
        third = _wait_boot(machine)
        machine.wait("done", seconds=BOOT)
        return {KEXEC.key: _took(machine, clock, kexec, second),
                FIRMWARE.key: _took(machine, clock, reset, third)}


def measure(rig: Rig, clock: Clock, runs: int) -> dict[str, float]:
    """The medians, by the keys of the works."""
    found = defaultdict(list)
    for _ in range(runs if clock.runs else 1):
        for key, value in _run(rig, clock).items():
            found[key].append(value)
    return {key: statistics.median(values) for key, values in found.items()}
