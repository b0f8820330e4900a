# SPDX-License-Identifier: GPL-2.0
"""CPUs and memory that come and go while a capture kernel is armed: the dump
is of the machine as it was when it crashed, and nobody loaded anything again.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

import script
from arch import Arch
from cases import LOADERS, TRIGGERS
from conftest import rows
from elf import NT_PRSTATUS, Core
from guest import disk_file
from machine import Machine
from rig import BOOT, Rig

pytestmark = pytest.mark.needs("hotplug")

SAVE = 180
MIB = 1 << 20
DIMM = 128 * MIB        # what can be plugged in: a memory block
CPUS = 2                # and one more that comes, and is where it crashes
MEMORY = "512M"
# 64 MiB of it for bounce buffers: memory may come above 4 GiB.
RESERVED = "160M"
SMP = f"{CPUS},sockets=1,cores={CPUS + 1},threads=1,maxcpus={CPUS + 1}"

LOADED_BY = {
    "kexec-s": LOADERS["kexec-s"],
    "kexec-c": LOADERS["kexec-c"].replace("kexec ", "kexec --hotplug "),
}

BLOCKS = "/sys/devices/system/memory"
CPU = f"/sys/devices/system/cpu/cpu{CPUS}"


# QEMU 7.2 that emulates damages its heap in unplugging a CPU.
UNPLUGS_CPUS = 10


@dataclass(frozen=True)
class Hotplug:
    loader: str
    removed: bool       # what came has gone again before the crash

    @property
    def name(self) -> str:
        return f"{self.loader}-{'removed' if self.removed else 'added'}"


HOTPLUGS = tuple(Hotplug(loader, removed) for loader in LOADED_BY
                 for removed in (False, True))


def unplugs_cpus(arch: Arch) -> bool:
    return arch.emulator_release >= UNPLUGS_CPUS


def offline_blocks() -> str:
    return f"$(grep -l offline {BLOCKS}/memory*/state || true)"


def steps(rig: Rig, row: Hotplug) -> str:
    """Waits for what comes, takes it into use, and for what goes; crashes."""
    tell = ('say {} online="$(cat /sys/devices/system/cpu/online)"'
            ' iomem=@/proc/iomem'
            ' verify="$(cat /sys/kernel/kexec_crash_verify)"'
            ' cpu="$(cat /sys/devices/system/cpu/crash_hotplug)"'
            ' memory="$(cat /sys/devices/system/memory/crash_hotplug)"\n')
    lines = [
        script.names(script.capture_parameters(rig.arch, True)),
        script.load(LOADED_BY[row.loader]),
        tell.format("before"),
        "step=come\n",
        f'until [ -e {CPU}/online ] && [ "{offline_blocks()}" ]; do'
        " sleep 0.1; done\n",
        f"echo 1 > {CPU}/online\n",
        f"for block in {offline_blocks()}; do"
        " echo online_movable > $block; done\n",
        tell.format("come"),
    ]
    if row.removed:
        # Going offline is all that the subsystem is told of.
        lines += ["step=go\n",
                  f"while [ -e {CPU} ]; do sleep 0.1; done\n"
                  if unplugs_cpus(rig.arch) else f"echo 0 > {CPU}/online\n",
                  "while [ -e $block ]; do sleep 0.1; done\n",
                  tell.format("gone")]
    trigger = TRIGGERS["lkdtm-panic"]
    lines.append(f"umount /case\nstep=crash\n"
                 f"cpu={0 if row.removed else CPUS}\n"
                 f"{trigger.prepare}\n{trigger.last}\n")
    return "".join(lines)


def plug(machine: Machine, arch: Arch) -> None:
    machine.command("device_add", driver=arch.hotplug_cpu, id="cpu",
                    **{"socket-id": 0, "core-id": CPUS, "thread-id": 0})
    machine.command("object-add", id="more", size=DIMM,
                    **{"qom-type": "memory-backend-ram"})
    machine.command("device_add", driver="pc-dimm", id="dimm", memdev="more")


def ram(iomem: str) -> set[tuple[int, int]]:
    """Where /proc/iomem shows System RAM, at the outermost level."""
    found = set()
    for line in iomem.splitlines():
        where, _, name = line.partition(" : ")
        if name == "System RAM" and not where.startswith(" "):
            start, end = (int(part, 16) for part in where.split("-"))
            found.add((start, end + 1))
    return found


def holds(core: Core, start: int, end: int) -> bool:
    return any(load.paddr <= start and end <= load.paddr + load.memsz
               for load in core.loads)


@pytest.mark.parametrize("row", rows(HOTPLUGS))
def test_hotplug(rig: Rig, row: Hotplug) -> None:
    with rig.machine(
            script.production_parameters(RESERVED, True),
            {"production": steps(rig, row), "capture": script.save("elf")},
            MEMORY, CPUS, disk_size="2G", cpu=rig.arch.hotplug_cpus,
            extra=["-smp", SMP, "-m", f"{MEMORY},slots=1,maxmem=1G",
                   *rig.arch.hotplug_options]) as machine:
        machine.wait("up", seconds=BOOT)
        loaded = machine.wait("loaded", seconds=BOOT)
        assert loaded["armed"] == "1", loaded["output"]
        before = machine.wait("before", seconds=BOOT)
        plug(machine, rig.arch)
        after = come = machine.wait("come", seconds=BOOT)
        if row.removed:
            machine.command("device_del", id="dimm")
            if unplugs_cpus(rig.arch):
                machine.command("device_del", id="cpu")
            after = machine.wait("gone", seconds=BOOT)
        witness = machine.wait("testimony", seconds=BOOT)
        assert machine.wait("up", seconds=BOOT)["role"] == "capture"
        machine.wait("saved", seconds=SAVE)
        machine.wait("done", seconds=BOOT)

    for seen in (before, come, after):
        # udev's rules reload where one of these is 0.
        assert (seen["cpu"], seen["memory"], seen["verify"]) == (
            "1", "1", "ok")
    assert come["online"] == f"0-{CPUS}"
    (dimm,) = ram(come["iomem"]) - ram(before["iomem"])
    assert dimm[1] - dimm[0] == DIMM

    disk = rig.work / "disk.img"
    dump = disk_file(disk, "dump", rig.work / "dump")
    core = Core(dump)
    disk.unlink()
    registers = [n for n in core.notes if n.type == NT_PRSTATUS
                 and n.name == "CORE"]
    assert holds(core, *dimm) == (not row.removed)
    # Of the first MiB the filter leaves nothing.
    assert all(holds(core, start, start + 0x1000)
               for start, _ in ram(after["iomem"]) if start >= MIB)
    assert len(registers) == (CPUS if row.removed else CPUS + 1)
    assert witness["cpu"] == (0 if row.removed else CPUS)
    dump.unlink()
