# SPDX-License-Identifier: GPL-2.0
"""CPUs and memory that come and go while a capture kernel is armed: the dump
is of the machine as it was when it crashed, and nobody loaded anything again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import pytest

import script
from arch import Arch
from cases import LOADERS
from conftest import rows
from elf import NT_PRSTATUS, Core
from guest import disk_file, newer_emulator
from iomem import CRASH_KERNEL, RAM, spans
from machine import Machine
from rig import BOOT, SAVE, Rig

MIB = 1 << 20
DIMM = 256 * MIB        # what can be plugged in: two memory blocks
CPUS = 2                # and one more that comes, and is where it crashes
MEMORY = "512M"
# 64 MiB of it for bounce buffers: memory may come above 4 GIB.
RESERVED = "160M"
SMP = f"{CPUS},sockets=1,cores={CPUS + 1},threads=1,maxcpus={CPUS + 1}"

LOADED_BY = {
    "kexec-s": LOADERS["kexec-s"],
    "kexec-c": LOADERS["kexec-c"].replace("kexec ", "kexec --hotplug "),
}

BLOCKS = "/sys/devices/system/memory"
CPU = f"/sys/devices/system/cpu/cpu{CPUS}"


# QEMU 7.2 that emulates damages its heap in unplugging a CPU; this one no more.
UNPLUGS_CPUS = 10


@dataclass(frozen=True)
class Hotplug:
    loader: str
    # What has gone again before the crash of that which came: nothing; the
    # memory, and of the CPU all but the device; both.
    then: str

    @property
    def name(self) -> str:
        return f"{self.loader}-{self.then}"

    @property
    def removed(self) -> bool:
        return self.then != "added"


HOTPLUGS = tuple(Hotplug(loader, then) for loader in LOADED_BY
                 for then in ("added", "offline", "removed"))


def that_unplugs_cpus(rig: Rig) -> Rig:
    """Where this host's emulator cannot, with one that can."""
    if rig.arch.emulator_release >= UNPLUGS_CPUS:
        return rig
    return replace(rig, arch=newer_emulator(rig.arch))


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
        f"blocks={offline_blocks()}\n",
        "for block in $blocks; do echo online_movable > $block; done\n",
        tell.format("come"),
    ]
    if row.removed:
        # Going offline is all that the subsystem is told of.
        lines += ["step=go\n",
                  f"while [ -e {CPU} ]; do sleep 0.1; done\n"
                  if row.then == "removed" else f"echo 0 > {CPU}/online\n",
                  "for block in $blocks; do while [ -e $block ]; do"
                  " sleep 0.1; done; done\n",
                  tell.format("gone")]
    lines.append(script.trigger("lkdtm-panic", 0 if row.removed else CPUS))
    return "".join(lines)


def plug(machine: Machine, arch: Arch) -> None:
    machine.command("device_add", driver=arch.hotplug_cpu, id="cpu",
                    **{"socket-id": 0, "core-id": CPUS, "thread-id": 0})
    machine.command("object-add", id="more", size=DIMM,
                    **{"qom-type": "memory-backend-ram"})
    machine.command("device_add", driver="pc-dimm", id="dimm", memdev="more")


def megabytes(iomem: str) -> list[int]:
    """Those of RAM, but for the first and for the capture kernel's."""
    own = spans(iomem, CRASH_KERNEL)
    return [at for start, end in spans(iomem, RAM)
            for at in range(max(MIB, -start // MIB * -MIB), end - MIB + 1, MIB)
            if all(at + MIB <= first or last <= at for first, last in own)]


def held(core: Core, start: int, end: int) -> int:
    """How many bytes of this are in the dump's memory."""
    return sum(max(0, min(end, load.paddr + load.memsz)
                   - max(start, load.paddr)) for load in core.loads)


def holds(core: Core, start: int, end: int) -> bool:
    return held(core, start, end) >= end - start


def registers(core: Core) -> int:
    """Of how many CPUs it has some."""
    return len([note for note in core.notes if note.type == NT_PRSTATUS
                and note.name == "CORE"])


def take_core(rig: Rig) -> Core:
    """The dump; it is gone with whoever looks into it."""
    disk = rig.work / "disk.img"
    dump = disk_file(disk, "dump", rig.work / "dump")
    core = Core(dump)
    disk.unlink()
    dump.unlink()
    return core


@pytest.mark.needs("hotplug")
@pytest.mark.parametrize("row", rows(HOTPLUGS))
def test_hotplug(rig: Rig, row: Hotplug) -> None:
    if row.then == "removed":
        # Not while processors take turns; so a host may leave one behind.
        rig = that_unplugs_cpus(rig)
    else:
        rig = rig.in_turn()
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
            if row.then == "removed":
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
    (dimm,) = (set(spans(come["iomem"], RAM))
               - set(spans(before["iomem"], RAM)))
    assert dimm[1] - dimm[0] == DIMM

    core = take_core(rig)
    # All of it, and after it has gone nothing: who reads what is not there
    # takes zeros for memory, or a machine check.
    assert held(core, *dimm) == (0 if row.removed else DIMM)
    # Of the first MiB the filter leaves nothing.
    assert all(holds(core, start, start + 0x1000)
               for start, _ in spans(after["iomem"], RAM) if start >= MIB)
    assert registers(core) == (CPUS if row.removed else CPUS + 1)
    assert witness["cpu"] == (0 if row.removed else CPUS)


# What a loader asks for with kexec_load(2)'s flags.
KEXEC_UPDATE_ELFCOREHDR = 4
KEXEC_CRASH_HOTPLUG_SUPPORT = 8

SIZE = "/sys/kernel/crash_elfcorehdr_size"
SEGMENTS = LOADERS["own-segments"]
ROOM = f"--room $(cat {SIZE})"


@dataclass(frozen=True)
class Told:
    """What crash_hotplug says of an image once it is loaded, and after a CPU
    has gone and come."""
    name: str
    load: str
    loaded: str
    after: str


TOLD = (
    Told("nothing-armed", "true", "0", "0"),
    Told("no-flag", f"{SEGMENTS} {ROOM}", "0", "0"),
    Told("update", f"{SEGMENTS} {ROOM} --flags {KEXEC_UPDATE_ELFCOREHDR}",
         "1", "1"),
    Told("support", f"{SEGMENTS} {ROOM} --flags {KEXEC_CRASH_HOTPLUG_SUPPORT}",
         "1", "1"),
    # The kernel's own headers take their place at once, and then it knows.
    Told("no-headers", f"{SEGMENTS} --room 0 "
         f"--flags {KEXEC_UPDATE_ELFCOREHDR}", "0", "0"),
    Told("files", LOADERS["own-file"], "1", "1"),
)
TOO_SMALL = Told("too-small", f"{SEGMENTS} --split 1 "
                 f"--flags {KEXEC_UPDATE_ELFCOREHDR}", "0", "0")

CPU1 = "/sys/devices/system/cpu/cpu1/online"
CPU1_GOES_AND_COMES = f"echo 0 > {CPU1}; echo 1 > {CPU1}\n"


def tell_row(row: Told) -> str:
    says = "$(cat /sys/devices/system/cpu/crash_hotplug)"
    return (f'{row.load} > /tmp/loader\nloaded="{says}"\n'
            f"{CPU1_GOES_AND_COMES}"
            f'say told loaded="$loaded" after="{says}" {script.STATE}\n'
            "kload unload --crash > /dev/null\n")


def check_told(rig: Rig, table: tuple[Told, ...], parameters: str) -> None:
    steps = (script.names(script.capture_parameters(rig.arch, False))
             + "".join(map(tell_row, table)))
    with rig.machine(
            f"{script.production_parameters('96M', False)} {parameters}",
            {"production": steps}, MEMORY, CPUS) as machine:
        machine.wait("up", seconds=BOOT)
        for row in table:
            seen = machine.wait("told", seconds=BOOT)
            armed = row.name != "nothing-armed"
            assert (row.name, seen["loaded"], seen["after"]) == (
                row.name, row.loaded, row.after)
            assert (seen["armed"], seen["verify"]) == (
                ("1", "ok") if armed else ("0", "none"))


def test_flags(rig: Rig) -> None:
    """Who has to load again when a CPU comes or goes is told so, and what is
    armed stays whole: as it was, or with the headers that the kernel wrote."""
    check_told(rig, TOLD, "")


# RAM in so many pieces that headers of all of it take more than a page, which
# is as much as those of its largest piece are given. (More pieces than a 32-bit
# kernel's map of them has entries.)
PIECES = 80
SPLIT = "memmap=" + ",".join(f"4K${128 + i}M" for i in range(PIECES))


@pytest.mark.needs("hotplug")
def test_too_little_room(rig: Rig) -> None:
    """Who left less for the headers than they take is told so, too."""
    check_told(rig, (TOO_SMALL,), SPLIT)


# So many pieces that of the 72 headers in a page only a few are left. Then
# memory comes, in modules with gaps between them.
FULL = "memmap=" + ",".join(f"4K${128 + i}M" for i in range(60))
MODULE = 128 * MIB
MODULES = 8
GIB = 1 << 30


def tell_modules() -> str:
    return (f"online() {{ set -- $(grep -l '^online' {BLOCKS}/memory*/state);"
            " echo $#; }\nbefore=$(online)\nsay ready\n"
            f"while [ $(online) -lt $((before + {MODULES})) ]; do\n"
            "n=$(online)\nsay next\n"
            "until [ $(online) -gt $n ]; do sleep 0.1; done\n"
            f'say told hotplug="$(cat {BLOCKS}/crash_hotplug)"'
            f" {script.STATE}\ndone\n")


@pytest.mark.needs("hotplug")
def test_too_many_ranges(rig: Rig) -> None:
    """Memory comes until there is no room for another header: from then on who
    armed the image is told to load again. It stays armed and whole, as it was;
    and the next one, with more room, is up to date again."""
    load = f"{SEGMENTS} --split 1 --room 4096 --flags {KEXEC_UPDATE_ELFCOREHDR}"
    steps = (script.names(script.capture_parameters(rig.arch, False))
             + script.load(load) + tell_modules()
             + script.load(LOADERS["own-file"])
             + f'say again hotplug="$(cat {BLOCKS}/crash_hotplug)"\n')
    with rig.machine(f"{script.production_parameters('96M', False)} {FULL} "
                     "memhp_default_state=online_movable",
                     {"production": steps}, MEMORY, CPUS, extra=[
                         "-m", f"{MEMORY},slots={MODULES},maxmem=16G"]
                     ) as machine:
        machine.wait("up", seconds=BOOT)
        assert machine.wait("loaded", seconds=BOOT)["armed"] == "1"
        machine.wait("ready", seconds=BOOT)
        told = []
        for i in range(MODULES):
            machine.wait("next", seconds=BOOT)
            machine.command("object-add", id=f"memory{i}", size=MODULE,
                            **{"qom-type": "memory-backend-ram"})
            machine.command("device_add", driver="pc-dimm", id=f"module{i}",
                            memdev=f"memory{i}", addr=4 * GIB + i * GIB)
            seen = machine.wait("told", seconds=BOOT)
            assert (seen["armed"], seen["verify"]) == ("1", "ok")
            told.append(seen["hotplug"])
        machine.wait("loaded", seconds=BOOT)
        again = machine.wait("again", seconds=BOOT)
    # Some fit, and from the first on that does not none does.
    assert re.fullmatch("1+0+", "".join(told)), told
    assert again["hotplug"] == "1"


def header_bytes(rig: Rig, cpus: int) -> int:
    """Of the core header of a machine with all that may be plugged in: for each
    CPU a note, vmcoreinfo's, the kernel's mapping, the ranges of memory."""
    config = (rig.kernel / "config").read_text()
    ranges = int(re.search(r"CONFIG_CRASH_MAX_MEMORY_RANGES=(\d+)", config)[1])
    return 64 + 56 * (cpus + 2 + ranges)


@pytest.mark.needs("hotplug")
def test_size_of_headers(rig: Rig) -> None:
    """What a loader is told to keep for them is enough, and no more than the
    rest of a page and one."""
    steps = (f"say size size=@{SIZE}"
             ' possible="$(cat /sys/devices/system/cpu/possible)"\n')
    with rig.machine("panic=1", {"production": steps},
                     cpus="2,maxcpus=64", cpu=rig.arch.hotplug_cpus,
                     extra=[*rig.arch.hotplug_options]) as machine:
        machine.wait("up", seconds=BOOT)
        seen = machine.wait("size", seconds=BOOT)
    cpus = int(seen["possible"].split("-")[1]) + 1
    size, needed = int(seen["size"]), header_bytes(rig, cpus)
    assert cpus > 2
    assert size % 0x1000 == 0
    assert needed <= size < needed + 0x2000


def test_headers_of_a_loader(rig: Rig) -> None:
    """Those that a loader in user space made leave out memory; once a CPU has
    gone and come the dump has all of it, and the registers of that CPU too."""
    load = (f"{SEGMENTS} {ROOM} --split 2 --gap {MIB} "
            f"--flags {KEXEC_UPDATE_ELFCOREHDR}")
    steps = (script.names(script.capture_parameters(rig.arch, True))
             + script.load(load) + CPU1_GOES_AND_COMES
             + "say changed iomem=@/proc/iomem"
             ' verify="$(cat /sys/kernel/kexec_crash_verify)"\n'
             + script.trigger("sysrq-c", 1))
    with rig.in_turn().machine(
            script.production_parameters("96M", True),
            {"production": steps, "capture": script.save("elf")},
            "384M", CPUS, disk_size="2G") as machine:
        machine.wait("up", seconds=BOOT)
        assert machine.wait("loaded", seconds=BOOT)["armed"] == "1"
        seen = machine.wait("changed", seconds=BOOT)
        machine.wait("testimony", seconds=BOOT)
        assert machine.wait("up", seconds=BOOT)["role"] == "capture"
        machine.wait("saved", seconds=SAVE)
        machine.wait("done", seconds=BOOT)
    assert seen["verify"] == "ok"
    core = take_core(rig)
    assert registers(core) == CPUS
    missing = [hex(at) for at in megabytes(seen["iomem"])
               if not holds(core, at, at + MIB)]
    assert missing == []
