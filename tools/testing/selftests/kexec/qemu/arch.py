# SPDX-License-Identifier: GPL-2.0
"""An architecture is a row: all that the harness knows of one stands here."""

from __future__ import annotations

import os
import platform
import re
import shlex
import subprocess
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path


@dataclass(frozen=True)
class Arch:
    name: str                   # of the kernel flavour, and uname -m
    debian: str                 # what Debian calls it
    libdir: str                 # where its shared libraries are
    elf_machine: int            # in the headers of its programs
    qemu: str
    machine: tuple[str, ...]    # QEMU's options for the machine
    cpu: str                    # and its processor
    plain_cpu: str              # without instructions that repeat themselves:
                                # the emulator runs each byte of a copy alone
    kasan_without: str          # what a kernel with KASAN had better not see
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
    loader: tuple[str, ...]     # the architecture's part of load/
    # Images that kexec_file_load has to refuse with ENOEXEC: a name, and
    # what is written over the good image at which offset.
    # Name, offset, what is there instead, the answer to a load of it.
    spoiled_images: tuple[tuple[str, int, bytes, str], ...]
    hotplug_cpu: str            # the device that is one more CPU
    hotplug_cpus: str           # those there are then,
    hotplug_options: tuple[str, ...]    # and what else it takes
    nmi_frame: str              # on the stack of who an NMI made panic
    command: tuple[str, ...] = ()       # the emulator, if not @qemu
    # What a test may need and this architecture does not have, and why.
    lacks: dict[str, str] = field(default_factory=dict)

    @property
    def emulator(self) -> list[str]:
        """QEMU, or what is to run in its place."""
        return list(self.command or shlex.split(
            os.environ.get("KEXEC_QEMU", self.qemu)))

    @cached_property
    def emulator_release(self) -> int:
        text = subprocess.run([*self.emulator, "--version"], check=True,
                              text=True, capture_output=True).stdout
        return int(re.search(r"version (\d+)", text)[1])


X86_64 = Arch(
    name="x86_64",
    debian="amd64",
    libdir="x86_64-linux-gnu",
    elf_machine=62,             # EM_X86_64
    qemu="qemu-system-x86_64",
    machine=("-machine", "q35"),
    cpu="max",
    plain_cpu="max,-erms,-fsrm",
    # While the base's identify_cpu() has the boot CPU's features cleared, KASAN
    # takes it that there are four levels of page tables, and what an interrupt
    # reaches in that moment for a wild address (reported upstream in June 2026).
    kasan_without=",-la57",
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
    loader=("image_x86.c", "answers.c", "answers_load.c", "answers_file.c",
            "answers_last.c", "enter32.c"),
    # Offsets are those of Documentation/arch/x86/boot.rst.
    spoiled_images=(
        ("no-boot-flag", 0x1FE, b"\0\0", "ENOEXEC"),
        ("no-header-magic", 0x202, b"XXXX", "ENOEXEC"),
        ("old-protocol", 0x206, b"\x00\x02", "ENOEXEC"),
        ("not-loaded-high", 0x211, b"\x00", "ENOEXEC"),
        # It could run, but not in a region that is not at its address.
        ("not-relocatable", 0x234, b"\x00", "EADDRNOTAVAIL"),
        ("no-64-bit-entry", 0x236, b"\x00\x00", "ENOEXEC"),
    ),
    hotplug_cpu="max-x86_64-cpu",
    # On bare metal the kernel takes a place for one more CPU for a mistake of
    # the firmware; the emulator passes for VMware, of which it has enough.
    hotplug_cpus="max,-hypervisor",
    hotplug_options=("-smbios", "type=1,serial=VMware-0"),
    nmi_frame="unknown_nmi_error",
    lacks={
        "high memory": "all of its memory is always mapped",
        "narrow headers": "its kernel's addresses do not fit into ELF32",
    },
)

WITHOUT_PAE = "two page table levels reach no memory above 4 GiB"

# The same machine, without the 64-bit half of its processor.
I386 = replace(
    X86_64,
    name="i386",
    debian="i386",
    libdir="i386-linux-gnu",
    elf_machine=3,              # EM_386
    qemu="qemu-system-i386",
    # By itself it is an Athlon, which AMD did not mean to go in pairs: the
    # kernel warns of that. These are the numbers of the 64-bit one.
    cpu="max,family=15,model=107",
    plain_cpu="max,family=15,model=107,-erms,-fsrm",
    kasan_without="",           # it has no KASAN
    compiler="i686-linux-gnu-gcc",
    spoiled_images=tuple(row for row in X86_64.spoiled_images
                         if row[0] != "no-64-bit-entry")
    + (("64-bit", 0x236, b"\x01\x00", "ENOEXEC"),),
    lacks={
        "kexec -c": "kexec-tools 2.0.29 puts the random seed where a 32-bit "
                    "bzImage unpacks itself",
        "kexec -s": "kexec-tools knows no kexec_file_load() of i386",
        "above 4 GiB": WITHOUT_PAE,
        "256 GiB": "page tables of three levels reach 64 GiB",
        ",high": "all that a crash kernel may have is below 512 MiB",
        "images above 896 MiB": "an image is in memory that is always mapped",
        "five levels": "its page tables have two levels, or three",
        "windows": "old memory is read page by page, which takes no addresses",
        "hotplug": "its CPUs and memory neither come nor go",
        "vmemmap": "its struct pages are where the kernel's memory is",
        "failed pages": "its kernel is built without them",
        "zsmalloc": "its kernel is built without it",
        "uefi": "it is built without the stub, and few machines have such",
        "nvme": "it is built without the driver",
        "drivers": "it is built without drivers of real disks and cards",
        "crash": "crash wants sys_open, which no i386 kernel has had since 4.17",
        "compressed dumps": "libkdumpfile does not find the page tables of i386",
        "drgn's stacks": "drgn cannot unwind those of i386",
        "points in points": "it crashes in a probe, where no other one is hit",
        "interrupts in points": "it crashes in a probe, with interrupts off",
    },
)

ARCHES = {arch.name: arch for arch in (X86_64, I386)}


def lacks(arch: Arch, kernel: Path, what: str) -> str:
    """Why @what cannot be tested with this kernel; empty if it can."""
    config = kernel / "config"
    why = arch.lacks.get(what, "")
    if why is WITHOUT_PAE and config.exists() and \
            "CONFIG_X86_PAE=y\n" in config.read_text():
        return ""
    return why


def native() -> str:
    return platform.machine()
