# SPDX-License-Identifier: GPL-2.0
"""Devices that are busy when the kernel crashes: nobody stops them, and the
capture kernel saves the dump through the same ones."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

import judge
import script
from cases import LOADERS
from conftest import rows
from guest import disk_file, make_disk
from judge import Dump
from machine import Config, Machine
from matrix_cells import spare_disk
from points import arm
from rig import BOOT, Rig
from symbols import indexed

pytestmark = pytest.mark.needs("drivers")

SAVE = 180
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
)

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

# The card that was in the middle of sending sends for the capture kernel.
FROM_THE_CARD = (
    "step=card\nbusybox ip link set eth0 up\n"
    'until [ "$(cat /sys/class/net/eth0/carrier)" = 1 ]; do sleep 0.1; done\n'
    f"stir flood eth0 {FRAMES}\n"
    f'until [ "$(cat {STATISTICS}/tx_packets)" -ge {FRAMES} ]; do\n'
    f'	sleep 0.1\ndone\nsay sent errors="$(cat {STATISTICS}/tx_errors)"\n')


def devices(rig: Rig, row: Disk) -> list[str]:
    return [*spare_disk(rig.work, "more", 64 << 20), *row.more.split(),
            "-netdev", "hubport,id=net,hubid=0", "-device",
            "e1000e,netdev=net"]


@pytest.mark.parametrize("row", rows(DISKS))
def test_busy(rig: Rig, row: Disk) -> None:
    disk = rig.work / "disk.img"
    image = rig.kernel / rig.arch.image
    make_disk(disk, {
        "kernel": image, "initrd": rig.guest.capture,
        "production": script.names(script.capture_parameters(rig.arch, True))
        + script.load(LOADERS["own-file"]) + "step=traffic\n" + TRAFFIC
        + "step=crash\nsay busy\n" + arm("DIRECT", "PANIC"),
        "capture": FROM_THE_CARD + script.save("lzo")})
    config = Config(rig.arch, image, rig.guest.production, rig.work,
                    script.production_parameters("96M", True), disk,
                    cpus=2, accel=rig.accel, disk_device=row.case,
                    extra=devices(rig, row))
    with Machine(config) as machine:
        machine.wait("up", seconds=BOOT)
        assert machine.wait("loaded", seconds=BOOT)["armed"] == "1"
        machine.wait("busy", seconds=BOOT)
        up = machine.wait("up", seconds=BOOT)
        assert up["role"] == "capture"
        assert "reset_devices" in up["cmdline"].split()
        assert machine.wait("sent", seconds=BOOT)["errors"] == "0"
        machine.wait("saved", seconds=SAVE)
        machine.wait("done", seconds=BOOT)
    second = machine.serial.read_text(errors="replace").split(
        "Linux version", 2)[2]
    assert row.driver in second and "e1000e" in second
    # What nobody in the kernel asks for it says; that is role= alone.
    assert re.findall(UNKNOWN, second) == ["role=capture"]
    disk_file(disk, "dump", rig.work / "dump")
    for file in rig.work.glob("*.img"):
        file.unlink()
    dump = Dump(rig.guest, rig.work, indexed(rig.kernel))
    (task,) = judge.crash_tasks(judge.crash_text(dump, ["bt"])["bt"])
    assert "lkdtm_PANIC" in task.frames
    dump.path.unlink()
