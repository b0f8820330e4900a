# SPDX-License-Identifier: GPL-2.0
"""An architecture is a row: all that the harness knows of one stands here."""

from __future__ import annotations

import platform
from dataclasses import dataclass


@dataclass(frozen=True)
class Arch:
    name: str                   # of the kernel flavour, and uname -m
    debian: str                 # what Debian calls it
    libdir: str                 # where its shared libraries are
    qemu: str
    machine: tuple[str, ...]    # QEMU's options for the machine
    cpu: str                    # and its processor
    plain_cpu: str              # without instructions that repeat themselves:
                                # the emulator runs each byte of a copy alone
    above_4g: str               # memory of which some is above 4 GiB
    unused_below: int           # RAM that the kernel itself never uses, and
                                # does not list for a dump
    parameters: str             # for every kernel that runs emulated
    console: str
    early_console: str          # shows a kernel's first line as it is said
    exact_clock: str            # for a kernel whose guest time is counted: how
                                # fast its counter is, which it need not find
    image: str                  # the kernel image's file name
    compiler: str               # for the guest's static programs
    loader: str                 # the architecture's part of load/
    # Images that kexec_file_load has to refuse with ENOEXEC: a name, and
    # what is written over the good image at which offset.
    spoiled_images: tuple[tuple[str, int, bytes], ...]
    hotplug_cpu: str            # the device that is one more CPU
    hotplug_cpus: str           # those there are then,
    hotplug_options: tuple[str, ...]    # and what else it takes
    nmi_frame: str              # on the stack of who an NMI made panic


X86_64 = Arch(
    name="x86_64",
    debian="amd64",
    libdir="x86_64-linux-gnu",
    qemu="qemu-system-x86_64",
    machine=("-machine", "q35"),
    cpu="max",
    plain_cpu="max,-erms,-fsrm",
    above_4g="3G",              # q35 puts 2 GiB below
    unused_below=1 << 20,       # real mode's, and the firmware's
    # On a busy host the emulated timer may miss the ticks that are counted to
    # see whether it works; and a reset is through the keyboard controller.
    parameters="no_timer_check reboot=k",
    console="ttyS0,115200",
    early_console="earlyprintk=ttyS0,115200",
    exact_clock="tsc_early_khz=1000000",
    image="bzImage",
    compiler="x86_64-linux-gnu-gcc",
    loader="image_x86_64.c",
    # Offsets are those of Documentation/arch/x86/boot.rst.
    spoiled_images=(
        ("no-boot-flag", 0x1FE, b"\0\0"),
        ("no-header-magic", 0x202, b"XXXX"),
        ("old-protocol", 0x206, b"\x00\x02"),
        ("not-loaded-high", 0x211, b"\x00"),
        ("not-relocatable", 0x234, b"\x00"),
        ("no-64-bit-entry", 0x236, b"\x00\x00"),
    ),
    hotplug_cpu="max-x86_64-cpu",
    # On bare metal the kernel takes a place for one more CPU for a mistake of
    # the firmware; the emulator passes for VMware, of which it has enough.
    hotplug_cpus="max,-hypervisor",
    hotplug_options=("-smbios", "type=1,serial=VMware-0"),
    nmi_frame="unknown_nmi_error",
)

ARCHES = {arch.name: arch for arch in (X86_64,)}


def native() -> str:
    return platform.machine()
