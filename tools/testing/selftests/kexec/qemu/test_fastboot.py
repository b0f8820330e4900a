# SPDX-License-Identifier: GPL-2.0
"""Reboots that take no firmware: what becomes of the devices, and images that
come back."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

import script
from cases import LOADERS
from machine import RESET, Machine
from rig import BOOT, Rig

JUMPS = 3
OOPS = re.compile(r"^.*(?:WARNING:|BUG:|Oops|INFO: ).*", re.M)

# A disk that is told when its driver is done with it; the emulator notes it.
NVME = ["-drive", "file={disk},format=raw,if=none,id=nvme",
        "-device", "nvme,drive=nvme,serial=second",
        "-trace", "pci_nvme_mmio_shutdown_set"]
NVME_TOLD = "pci_nvme_mmio_shutdown_set"


def jump_rows(machine: Machine, name: str) -> list[str]:
    return machine.wait(name, seconds=BOOT)["rows"].splitlines()


def test_jump(rig: Rig) -> None:
    """Called so many times, an image runs so many times, and each time the
    kernel goes on where it was: with its devices, its CPUs and its clock."""
    steps = ""
    for way in ("return", "call"):
        # The disk is read anew, and a timer has to fire.
        steps += (f"step=jump-{way}\numount /case\n"
                  f"kload jump {way} {JUMPS} > /tmp/rows\n"
                  "mount -t ext4 -o ro $disk /case\n"
                  "cmp /case/in/kernel /case/in/copy\nsleep 0.1\n"
                  f"say {way} rows=@/tmp/rows\n")
    steps += ("dmesg > /tmp/log\nsay state log=@/tmp/log "
              'cpus="$(cat /sys/devices/system/cpu/online)"\n')
    kernel = rig.kernel / rig.arch.image
    with rig.machine("panic=1", {"production": steps, "copy": kernel},
                     cpus=2) as machine:
        machine.wait("up", seconds=BOOT)
        returned = jump_rows(machine, "return")
        called = jump_rows(machine, "call")
        state = machine.wait("state", seconds=BOOT)
    # What the image had written is exchanged along with it, so it counts on.
    assert returned == [f"OK {i} 0" for i in range(1, JUMPS + 1)]
    # Entered again, it goes on behind its call.
    assert called == [f"OK {i} {i - 1}" for i in range(1, JUMPS + 1)]
    assert state["cpus"] == "0-1"
    assert not OOPS.findall(state["log"])


def with_systemd(rig: Rig) -> Rig:
    return replace(rig, guest=replace(rig.guest,
                                      production=rig.guest.systemd))


# A disk that is written to; then systemd takes over as the first program, with
# one thing to do.
UNIT = """[Unit]
DefaultDependencies=no
[Service]
Type=oneshot
ExecStart=/bin/sh /tmp/asks
"""
# What ext4 says of a disk that was written to, and not unmounted.
UNCLEAN = "mounting unchecked fs"
ASKS = "systemctl kexec > /tmp/said 2>&1 || witness say refused said=@/tmp/said"
SYSTEMCTL = (
    "mount -o remount,rw /case\necho yes > /case/out/written\n"
    "mkdir -p /run /etc/systemd/system\nstep=systemd\n"
    f"cat > /etc/systemd/system/case.service << end\n{UNIT}end\n"
    f"echo 'PATH=$PATH:/bin; {ASKS}' > /tmp/asks\n"
    "exec /usr/lib/systemd/systemd --unit=case.service"
    " --log-level=info --log-target=console\n")


def test_systemctl(rig: Rig) -> None:
    """The machine is asked to reboot: all that runs is stopped, what is mounted
    is let go of with all that was written to it, and what is loaded is started.
    """
    load = script.load(script.REBOOT_LOADERS["own-file"], "kexec_loaded")
    with with_systemd(rig).machine("panic=1", {
            "production": script.names(script.next_kernel(rig.arch, "second"))
            + load + SYSTEMCTL,
            "second": "dmesg > /tmp/log\n"
            "say second written=@/case/out/written log=@/tmp/log\n"
            }) as machine:
        machine.wait("up", seconds=BOOT)
        assert machine.wait("loaded", seconds=BOOT)["armed"] == "1"
        up = machine.wait("up", seconds=BOOT)
        second = machine.wait("second", seconds=BOOT)
    assert up["role"] == "second"
    assert second["written"] == "yes\n"
    assert UNCLEAN not in second["log"]
    assert SAYS in machine.serial.read_text(errors="replace")


def test_systemctl_with_nothing_loaded(rig: Rig) -> None:
    """It sees that in /sys/kernel/kexec_loaded, and nothing happens."""
    with with_systemd(rig).machine("panic=1", {
            "production": SYSTEMCTL}) as machine:
        machine.wait("up", seconds=BOOT)
        refused = machine.wait("refused", seconds=BOOT)
    assert "No kexec kernel loaded" in refused["said"]


# What systemd becomes in the end, without what comes before.
SHUTDOWN = ("umount /case\nstep=shutdown\n"
            "exec /usr/lib/systemd/systemd-shutdown kexec"
            " --log-level=info --log-target=console\n")
SAYS = "Rebooting with kexec"


def test_systemd_with_nothing_loaded(rig: Rig) -> None:
    """What was loaded may be gone by then. It is told so by `kexec -e`, and
    goes through firmware."""
    with with_systemd(rig).machine(
            "panic=1", {"production": SHUTDOWN}) as machine:
        machine.wait("up", seconds=BOOT)
        machine.wait(RESET, seconds=BOOT)
    assert "(sd-kexec) failed" in machine.serial.read_text(errors="replace")


def told_nvme(rig: Rig) -> int:
    return (rig.work / "qemu.log").read_text().count(NVME_TOLD)


def nvme(rig: Rig) -> list[str]:
    disk = rig.work / "second.img"
    with open(disk, "wb") as file:
        file.truncate(1 << 20)
    return [word.format(disk=disk) for word in NVME]


@pytest.mark.needs("nvme")
def test_devices_are_shut_down(rig: Rig) -> None:
    """Before the next kernel starts, drivers have let go of their devices: a
    disk is told that power may go."""
    with rig.machine("panic=1", {
            "production": script.reboot("own-file", rig.arch),
            "second": "say second\n"}, extra=nvme(rig)) as machine:
        machine.wait("up", seconds=BOOT)
        machine.wait("loaded", seconds=BOOT)
        up = machine.wait("up", seconds=BOOT)
        machine.wait("second", seconds=BOOT)
        told = told_nvme(rig)
    assert up["role"] == "second"
    assert told == 1


@pytest.mark.needs("nvme")
def test_devices_of_a_crash_are_not(rig: Rig) -> None:
    """A crash has no time for that; so the test above can tell."""
    steps = (script.names(script.capture_parameters(rig.arch, True))
             + script.load(LOADERS["own-file"])
             + script.trigger("sysrq-c"))
    with rig.machine(script.production_parameters("96M", True),
                     {"production": steps, "capture": "true\n"},
                     extra=nvme(rig)) as machine:
        machine.wait("up", seconds=BOOT)
        machine.wait("loaded", seconds=BOOT)
        machine.wait("testimony", seconds=BOOT)
        up = machine.wait("up", seconds=BOOT)
        told = told_nvme(rig)
    assert up["role"] == "capture"
    assert told == 0
