# SPDX-License-Identifier: GPL-2.0
"""Devices that are busy when the kernel crashes: nobody stops them, and the
capture kernel saves the dump through the same ones, on a disk and through the
network card."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

import pytest

import judge
import script
from cases import LOADERS
from conftest import rows
from guest import disk_file, make_disk
from judge import Dump
from machine import Config, Event, Machine
from matrix_cells import spare_disk
from points import arm
from rig import BOOT, SAVE, Rig
from symbols import indexed
from wire import Wire

pytestmark = pytest.mark.needs("drivers")

UNKNOWN = 'Unknown kernel command line parameters "(.*)", will be passed'
FRAMES = 64
STATISTICS = "/sys/class/net/eth0/statistics"


@dataclass(frozen=True)
class Disk:
    """How the two disks hang on the machine, the dump's and another one."""
    name: str
    case: str
    more: str
    driver: str         # that says on the capture kernel's console who it is
    obeys: str = ""     # shell: does the driver do what reset_devices asks?


# One message for all queues, as megaraid_sas has it in a capture kernel.
ONE_VECTOR = "$(cat /sys/module/megaraid_sas/parameters/msix_vectors)"

DISKS = (
    Disk("virtio-blk", "-device virtio-blk-pci,drive=case",
         "-device virtio-blk-pci,drive=more", "virtio_blk"),
    Disk("virtio-scsi",
         "-device virtio-scsi-pci,id=scsi -device scsi-hd,bus=scsi.0,drive=case",
         "-device scsi-hd,bus=scsi.0,drive=more", "Virtio SCSI HBA"),
    Disk("ahci", "-device ide-hd,bus=ide.0,drive=case",
         "-device ide-hd,bus=ide.1,drive=more", "ahci"),
    Disk("nvme", "-device nvme,drive=case,serial=case",
         "-device nvme,drive=more,serial=more", "nvme"),
    Disk("megasas",
         "-device megasas-gen2,id=mega -device scsi-hd,bus=mega.0,drive=case",
         "-device scsi-hd,bus=mega.0,drive=more", "megaraid_sas", ONE_VECTOR),
)

# QEMU's e1000e ends the emulator if a driver turns MSI-X on less than 128 us
# after an interrupt without it (e1000e_core.c, an assertion in
# e1000e_intrmgr_on_throttling_timer). A capture kernel does that to a card that
# goes on receiving, so here it does with MSI.
WITHOUT_MSIX = "e1000e.IntMode=1"

# Reads from the dump's disk, writes to the other one, and frames.
TRAFFIC = (
    'for more in /dev/vd? /dev/sd? /dev/nvme?n1; do\n'
    '	[ -b "$more" ] && [ "$more" != "$disk" ] && break\n'
    'done\n'
    '{ while :; do echo 1 > /proc/sys/vm/drop_caches;'
    ' cat $disk > /dev/null; done; } 2> /dev/null &\n'
    '{ while :; do dd if=/dev/zero of=$more bs=64k count=64 conv=fsync;'
    ' done; } 2> /dev/null &\n'
    'busybox ip link set eth0 up\n'
    'until [ "$(cat /sys/class/net/eth0/carrier)" = 1 ]; do sleep 0.1; done\n'
    'stir flood eth0 2> /dev/null &\n'
    # All three have begun: the crash is in the middle of them.
    f'until [ "$(cat {STATISTICS}/tx_packets)" -gt {FRAMES} ]; do\n'
    '	sleep 0.1\ndone\n'
    'moved() {\n'
    '	busybox awk \'{ print ($3 > 2000 || $7 > 2000) }\''
    ' /sys/block/${1##*/}/stat\n}\n'
    'until [ "$(moved $disk)$(moved $more)" = 11 ]; do sleep 0.1; done\n')

# The card that was in the middle of it takes the dump out once more.
THROUGH_THE_CARD = (
    "step=card\nbusybox ip link set eth0 up\n"
    'until [ "$(cat /sys/class/net/eth0/carrier)" = 1 ]; do sleep 0.1; done\n'
    "wire eth0 /case/out/dump\n"
    f'say sent errors="$(cat {STATISTICS}/tx_errors)"\n')


def devices(rig: Rig, row: Disk, wire: Wire) -> list[str]:
    return [*spare_disk(rig.work, "more", 64 << 20), *row.more.split(),
            *wire.device("e1000e")]


def crash(rig: Rig, row: Disk, wire: Wire) -> dict[str, Event]:
    """Crashes it in the middle of all that, until the dump has been saved on
    the disk, which is named disk.img, and sent through @wire."""
    disk = rig.work / "disk.img"
    image = rig.kernel / rig.arch.image
    make_disk(disk, {
        "kernel": image, "initrd": rig.guest.capture,
        "production": script.names(
            f"{script.capture_parameters(rig.arch, True)} {WITHOUT_MSIX}")
        + script.load(LOADERS["own-file"]) + "step=traffic\n" + TRAFFIC
        + "step=crash\nsay busy\n" + arm("DIRECT", "PANIC"),
        "capture": f'say driver obeys="{row.obeys}"\n'
        + script.save("lzo", THROUGH_THE_CARD)})
    config = Config(rig.arch, image, rig.guest.production, rig.work,
                    script.production_parameters("96M", True), disk,
                    cpus=2, accel=rig.accel, disk_device=row.case,
                    extra=devices(rig, row, wire))
    with Machine(config) as machine:
        machine.wait("up", seconds=BOOT)
        assert machine.wait("loaded", seconds=BOOT)["armed"] == "1"
        machine.wait("busy", seconds=BOOT)
        seen = {name: machine.wait(name, seconds=seconds)
                for name, seconds in (("up", BOOT), ("driver", BOOT),
                                      ("saved", SAVE), ("sent", SAVE),
                                      ("done", BOOT))}
    seen["second"] = {"console": machine.serial.read_text(
        errors="replace").split("Linux version", 2)[2]}
    return seen


@pytest.mark.parametrize("row", rows(DISKS))
def test_busy(rig: Rig, row: Disk) -> None:
    with Wire() as wire:
        seen = crash(rig, row, wire)
    assert seen["up"]["role"] == "capture"
    assert "reset_devices" in seen["up"]["cmdline"].split()
    assert seen["driver"]["obeys"] == ("1" if row.obeys else "")
    assert seen["sent"]["errors"] == "0"
    console = seen["second"]["console"]
    assert row.driver in console and "e1000e" in console
    # What nobody in the kernel asks for it says; that is role= alone.
    assert re.findall(UNKNOWN, console) == ["role=capture"]

    dump = Dump(rig.guest, rig.work, indexed(rig.kernel))
    disk_file(rig.work / "disk.img", "dump", dump.path)
    for file in rig.work.glob("*.img"):
        file.unlink()
    data = dump.path.read_bytes()
    assert wire.noise and wire.whole
    assert (wire.size, wire.digest()) == (
        len(data), hashlib.sha256(data).hexdigest())
    (task,) = judge.crash_tasks(judge.crash_text(dump, ["bt"])["bt"])
    assert "lkdtm_PANIC" in task.frames
    dump.path.unlink()
