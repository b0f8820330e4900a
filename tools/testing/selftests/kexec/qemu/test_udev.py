# SPDX-License-Identifier: GPL-2.0
"""udev in the machine, with the rules of kdump-tools, while CPUs and memory
come and go: the crash_hotplug attributes are where rules look, and they save a
load where the kernel keeps the armed image up to date, and only there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

import script
from cases import LOADERS
from conftest import rows
from guest import UDEV_RULES
from rig import BOOT, Rig
from test_hotplug import (BLOCKS, CPU, CPUS, MEMORY, SEGMENTS, SMP,
                          offline_blocks, plug)

# As Documentation/admin-guide/kdump/setup.rst has it, before the rules that load
# again. Debian 13's do not look at it by themselves: they load again in any case.
GUARD = ('SUBSYSTEM=="cpu", ATTRS{crash_hotplug}=="1", GOTO="kdump_end"\n'
         'SUBSYSTEM=="memory", ATTRS{crash_hotplug}=="1", GOTO="kdump_end"\n')
GUARD_END = 'LABEL="kdump_end"\n'

# What the rules call, and what it is told.
RELOADER = "/usr/sbin/kdump-config"
RELOADER_TEXT = """#!/bin/busybox sh
echo "$1 ${DEVPATH##*/} $ACTION" >> /tmp/reloads
"""

# What has them called, in this order; @block is a number.
EVENTS = (f"try-reload cpu{CPUS} add", f"try-reload cpu{CPUS} online",
          "try-reload {block} online", "try-reload {block} offline")


@dataclass(frozen=True)
class Rules:
    name: str
    load: str
    guarded: bool
    reloads: bool


RULES = (
    Rules("kept-up-to-date", LOADERS["own-file"], True, False),
    Rules("out-of-date", SEGMENTS, True, True),
    Rules("nothing-armed", "true", True, True),
    # The same events as those that the first row does nothing for.
    Rules("as-packaged", LOADERS["own-file"], False, True),
)


def start_udev(guarded: bool) -> str:
    packaged = f"cat /{UDEV_RULES} >> $rules\n"
    if guarded:
        packaged = (f"cat >> $rules << 'end'\n{GUARD}end\n{packaged}"
                    f"cat >> $rules << 'end'\n{GUARD_END}end\n")
    return (f"step=udev\nmkdir -p /run/udev/rules.d /usr/sbin\n"
            f"cat > {RELOADER} << 'end'\n{RELOADER_TEXT}end\n"
            f"chmod +x {RELOADER}\n: > /tmp/reloads\n"
            # In the packaged file's place, by its name.
            f"rules=/run/udev/{UDEV_RULES.partition('udev/')[2]}\n"
            f"{packaged}"
            "busybox ln -s /usr/bin/udevadm /tmp/systemd-udevd\n"
            "/tmp/systemd-udevd --daemon\n")


def steps(rig: Rig, row: Rules) -> str:
    """Each waits for what is before it, so that all happens in this order."""
    settle = "udevadm settle\n"
    return (script.names(script.capture_parameters(rig.arch, True))
            + f"{row.load} > /tmp/loader\n" + start_udev(row.guarded)
            + "say ready\nstep=come\n"
            + f'until [ -e {CPU}/online ] && [ "{offline_blocks()}" ]; do'
              " sleep 0.1; done\n" + settle
            + f"echo 1 > {CPU}/online\n" + settle
            + f"block={offline_blocks()}\nblock=${{block%%/state*}}\n"
            + f"echo online_movable > $block/state\n" + settle
            + f"echo offline > $block/state\n" + settle
            + "say told block=${block##*/} reloads=@/tmp/reloads"
              ' cpu="$(cat /sys/devices/system/cpu/crash_hotplug)"'
              f' memory="$(cat {BLOCKS}/crash_hotplug)"\n')


@pytest.mark.needs("hotplug")
@pytest.mark.parametrize("row", rows(RULES))
def test_udev(rig: Rig, row: Rules) -> None:
    rig = replace(rig, guest=replace(rig.guest, production=rig.guest.systemd))
    with rig.machine(
            script.production_parameters("96M", True),
            {"production": steps(rig, row)}, MEMORY, CPUS,
            cpu=rig.arch.hotplug_cpus,
            extra=["-smp", SMP, "-m", f"{MEMORY},slots=1,maxmem=1G",
                   *rig.arch.hotplug_options]) as machine:
        machine.wait("up", seconds=BOOT)
        machine.wait("ready", seconds=BOOT)
        plug(machine, rig.arch)
        told = machine.wait("told", seconds=BOOT)
    support = "1" if row.load == LOADERS["own-file"] else "0"
    assert (told["cpu"], told["memory"]) == (support, support)
    assert told["reloads"].splitlines() == [
        event.format(block=told["block"]) for event in EVENTS if row.reloads]
