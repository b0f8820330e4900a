# SPDX-License-Identifier: GPL-2.0
"""crash_notes and crash_notes_size, for loaders in user space: where a crash
leaves a CPU's registers, and how much room that is."""

from __future__ import annotations

import struct

import pytest

import script
from cases import LOADERS
from elf import NT_PRSTATUS
from iomem import CRASH_KERNEL, RAM, spans
from rig import BOOT, SAVE, Rig
from test_hotplug import take_core

CPUS = 3
OFFLINE = 1             # it has a place, and leaves nothing there
PAGE = 4096
CPU = "/sys/devices/system/cpu/cpu{}"
NOTE = struct.Struct("<III8s")          # sizes of name and data, type, name


def tell_notes() -> str:
    places = "".join(f' notes{i}="$(cat {CPU.format(i)}/crash_notes)'
                     f' $(cat {CPU.format(i)}/crash_notes_size)"'
                     for i in range(CPUS))
    return (f"echo 0 > {CPU.format(OFFLINE)}/online\n"
            f"say notes iomem=@/proc/iomem{places}"
            f' nobody="$(kload read --nobody {CPU.format(0)}/crash_notes)'
            f' $(kload read --nobody {CPU.format(0)}/crash_notes_size)"\n')


@pytest.mark.parametrize("loader", ("own-segments", pytest.param(
    "kexec-c", marks=pytest.mark.needs("kexec -c"))))
def test_notes(rig: Rig, loader: str) -> None:
    steps = (tell_notes()
             + script.names(script.capture_parameters(rig.arch, True))
             + script.load(LOADERS[loader])
             + script.trigger("sysrq-c", 2))
    with rig.in_turn().machine(
            script.production_parameters("96M", True),
            {"production": steps, "capture": script.save("elf")},
            cpus=CPUS, disk_size="2G") as machine:
        machine.wait("up", seconds=BOOT)
        seen = machine.wait("notes", seconds=BOOT)
        assert machine.wait("loaded", seconds=BOOT)["armed"] == "1"
        machine.wait("testimony", seconds=BOOT)
        assert machine.wait("up", seconds=BOOT)["role"] == "capture"
        machine.wait("saved", seconds=SAVE)
        machine.wait("done", seconds=BOOT)
    core = take_core(rig)
    assert seen["nobody"] == "EACCES EACCES"
    places = {}
    for i in range(CPUS):
        address, size = seen[f"notes{i}"].split()
        places[i] = int(address, 16), int(size)
    registers = [note.data for note in core.notes
                 if (note.name, note.type) == ("CORE", NT_PRSTATUS)]
    found = []
    for cpu, (at, size) in places.items():
        # In RAM that is not the capture kernel's, and in one page, since the
        # address is all that is said of where the rest is.
        inside = {what: any(start <= at < end for start, end
                            in spans(seen["iomem"], what))
                  for what in (RAM, CRASH_KERNEL)}
        assert inside == {RAM: True, CRASH_KERNEL: False}
        assert at % PAGE + size <= PAGE
        assert not any(at < other + more and other < at + size
                       for who, (other, more) in places.items() if who != cpu)
        note = core.memory(at, size)
        name, data, kind, what = NOTE.unpack_from(note)
        if cpu == OFFLINE:
            assert not any(note)
            continue
        assert (name, kind, what) == (5, NT_PRSTATUS, b"CORE\0\0\0\0")
        found.append(note[NOTE.size:NOTE.size + data])
        # And a note of nothing, which ends them, is what the rest is for.
        end = NOTE.size + (data + 3 & ~3)
        assert size >= end + 12 and not any(note[end:end + 12])
    assert found == registers
