# SPDX-License-Identifier: GPL-2.0
"""The cases, as rows of tables. What a row means is in script.py (what the
guest does) and in the test_*.py that runs it (what must come of it)."""

from __future__ import annotations

from dataclasses import dataclass

# Programs that load the capture kernel, as the guest's shell runs them.
LOADERS = {
    "own-segments": 'kload segments --crash --kernel "$kernel"'
                    ' --initrd "$initrd" --cmdline "$cmdline"',
    # With core headers as narrow as kexec-tools makes them on i386.
    "own-elf32": 'kload segments --elf32 --crash --kernel "$kernel"'
                 ' --initrd "$initrd" --cmdline "$cmdline"',
    "own-file": 'kload file --crash --kernel "$kernel"'
                ' --initrd "$initrd" --cmdline "$cmdline"',
    "kexec-s": 'kexec -s -p "$kernel" --initrd="$initrd"'
               ' --command-line="$cmdline"',
    "kexec-c": 'kexec -c -p "$kernel" --initrd="$initrd"'
               ' --command-line="$cmdline"',
}

# The same for a reboot into a kernel. "kexec -e" follows for each.
REBOOT_LOADERS = {
    "own-segments": LOADERS["own-segments"].replace(" --crash", ""),
    "own-file": LOADERS["own-file"].replace(" --crash", ""),
    "kexec-s": LOADERS["kexec-s"].replace(" -p ", " -l "),
    "kexec-c": LOADERS["kexec-c"].replace(" -p ", " -l "),
}


def loader_needs(loader: str) -> tuple[str, ...]:
    """A key of Arch.lacks: "kexec-s" is "kexec -s"."""
    if loader == "own-elf32":
        return ("narrow headers",)
    return (loader.replace("-", " -"),) if loader.startswith("kexec") else ()


# Programs that save /proc/vmcore.
SAVERS = {
    # By its path: the shell has one of its own.
    "cp": "/usr/bin/cp /proc/vmcore /case/out/dump",
    # Through a pipe, as to another machine, and unpacked there
    "tar": "/usr/bin/tar -S -C /proc -cf - vmcore"
           " | /usr/bin/tar -m -C /case/out -xf -"
           " && mv /case/out/vmcore /case/out/dump",
    "elf": "makedumpfile -E -d 31 /proc/vmcore /case/out/dump",
    "elf-user": "makedumpfile -E -d 1 /proc/vmcore /case/out/dump",
    "zlib": "makedumpfile -c -d 31 /proc/vmcore /case/out/dump",
    "lzo": "makedumpfile -l -d 31 /proc/vmcore /case/out/dump",
    "snappy": "makedumpfile -p -d 31 /proc/vmcore /case/out/dump",
    "zstd": "makedumpfile -z -d 31 /proc/vmcore /case/out/dump",
    # Flattened, as kdump-tools has it: for a pipe
    "flat": "{ makedumpfile -F -c -d 31 /proc/vmcore > /case/out/dump; }",
}
# Every page, if the kernel leaves none out
WHOLE_SAVERS = ("cp", "tar")
ELF_SAVERS = WHOLE_SAVERS + ("elf", "elf-user")
# All of what programs had in memory, and may not be a hole in the dump.
USER_SAVERS = WHOLE_SAVERS + ("elf-user",)
# By bits of its level, what the capture kernel leaves out.
USER_LEVEL = 8
# makedumpfile's ELF cores keep what it would take a header of its own to leave
# out, so there a page that is filtered may be either way.
FILTERING_SAVERS = tuple(name for name in SAVERS if name not in ELF_SAVERS)


@dataclass(frozen=True)
class Trigger:
    prepare: str        # shell, before
    last: str           # shell, the end; $cpu is where it is to happen
    frame: str          # a function that the panicking task's stack shows;
                        # "nmi" means the architecture's
    inject_nmi: bool = False


LKDTM = "/sys/kernel/debug/provoke-crash/DIRECT"
TRIGGERS = {
    "lkdtm-panic": Trigger("", f"witness crash $cpu {LKDTM} PANIC",
                           "lkdtm_PANIC"),
    "lkdtm-oops": Trigger("echo 1 > /proc/sys/kernel/panic_on_oops",
                          f"witness crash $cpu {LKDTM} EXCEPTION",
                          "lkdtm_EXCEPTION"),
    "sysrq-c": Trigger("echo 1 > /proc/sys/kernel/sysrq",
                       "witness crash $cpu /proc/sysrq-trigger c",
                       "sysrq_handle_crash"),
    "nmi": Trigger("echo 1 > /proc/sys/kernel/unknown_nmi_panic",
                   "witness spin $cpu", "nmi", inject_nmi=True),
}


# Stands for as much memory as it takes for some to be above 4 GiB.
ABOVE_4G = "above-4G"


@dataclass(frozen=True)
class Crash:
    """A crash that has to end in a good dump."""
    loader: str
    trigger: str
    saver: str
    cpus: int
    kaslr: bool
    cpu: int = 0                # where it crashes
    memory: str = "384M"
    crashkernel: str = "96M"
    refusals: bool = False      # refused loads between loading and crashing
    level: int = 0              # what the capture kernel leaves out

    @property
    def needs(self) -> tuple[str, ...]:
        """What not every architecture has: the keys of Arch.lacks."""
        return (loader_needs(self.loader)
                + ("high memory",) * (self.saver == "elf-user")
                + ("above 4 GiB",) * (self.memory == ABOVE_4G)
                + (",high",) * self.crashkernel.endswith(",high"))

    @property
    def name(self) -> str:
        return "-".join((self.loader, self.trigger, self.saver,
                         f"{self.cpus}cpu", "kaslr" if self.kaslr
                         else "nokaslr") + (("refusals",) * self.refusals)
                        + ((f"level{self.level}",) * bool(self.level))
                        + ((ABOVE_4G,) * (self.memory == ABOVE_4G)))


CRASHES = (
    #     loader          trigger        saver   cpus kaslr cpu
    Crash("own-segments", "lkdtm-panic", "cp", 1, True),
    Crash("own-file", "sysrq-c", "cp", 2, False, 1),
    Crash("kexec-s", "lkdtm-panic", "lzo", 2, True, 1),
    Crash("kexec-c", "lkdtm-oops", "elf", 4, True, 3),
    Crash("kexec-s", "nmi", "elf", 4, False),
    Crash("kexec-c", "nmi", "zlib", 1, True),
    Crash("kexec-s", "sysrq-c", "flat", 2, True, 1),
    Crash("own-segments", "lkdtm-oops", "zstd", 2, False, 1),
    Crash("own-file", "nmi", "elf", 1, True),
    Crash("own-file", "lkdtm-panic", "snappy", 1, False),
    # Without what no one needs, copied, and with a tool that filters behind.
    Crash("own-file", "lkdtm-panic", "cp", 2, True, 1, level=63),
    Crash("kexec-c", "sysrq-c", "cp", 1, False, level=31),
    Crash("own-segments", "lkdtm-panic", "cp", 1, True, level=1),
    Crash("own-file", "sysrq-c", "tar", 1, True, level=31),
    Crash("kexec-s", "nmi", "zstd", 4, True, level=31),
    # The same crash with nothing to spare in the reservation.
    Crash("kexec-s", "sysrq-c", "lzo", 1, True, crashkernel="64M"),
    # Above 4 GiB, with the piece below that devices need.
    Crash("kexec-s", "lkdtm-panic", "zstd", 2, True, 0, ABOVE_4G, "96M,high"),
    Crash("kexec-c", "lkdtm-oops", "lzo", 1, False, 0, ABOVE_4G, "96M,high"),
    # Memory above 4 GiB, and the region where 32-bit addresses reach it.
    Crash("own-file", "sysrq-c", "elf", 2, True, 1, ABOVE_4G),
    # The pages of programs in memory that no kernel address is always for.
    Crash("own-file", "sysrq-c", "elf-user", 1, False, 0, "1536M"),
    Crash("own-file", "sysrq-c", "elf-user", 2, True, 1, ABOVE_4G),
    # A dump as narrow as the machine
    Crash("own-elf32", "lkdtm-panic", "cp", 2, True, 1),
    # What was armed is still armed, and still whole, after refused loads.
    Crash("own-segments", "sysrq-c", "lzo", 2, True, 1, refusals=True),
    Crash("own-file", "lkdtm-panic", "lzo", 2, True, refusals=True),
)


# Loads that kexec_load has to refuse are the rows of load/refuse.c; these are
# kexec_file_load's: arguments of "kload file", and the errno. The
# architecture's row adds its spoiled images, all ENOEXEC.
FILE_REFUSALS = {
    "not-a-kernel": ("--crash --kernel /init", "ENOEXEC"),
    "empty-kernel": ("--crash --kernel /tmp/empty", "EINVAL"),
    "truncated-header": ("--crash --kernel /tmp/short-header", "ENOEXEC"),
    "truncated-payload": ("--crash --kernel /tmp/short-payload", "ENOEXEC"),
    "unknown-flag": ('--crash --kernel "$kernel" --flags 0x100', "EINVAL"),
    "cmdline-without-end": ('--crash --kernel "$kernel" --no-nul'
                            ' --cmdline open', "EINVAL"),
    "cmdline-too-long": ('--crash --kernel "$kernel" --cmdline "$long"',
                         "EINVAL"),
    "initrd-too-large": ('--crash --kernel "$kernel" --initrd /tmp/large',
                         "EADDRNOTAVAIL"),
    "no-capability": ('--crash --kernel "$kernel" --no-cap', "EPERM"),
}


@dataclass(frozen=True)
class Region:
    """What /proc/iomem has to show: a size, and where."""
    size: int
    start: int | None = None
    below_4g: bool | None = None


@dataclass(frozen=True)
class Reservation:
    name: str
    parameter: str              # one or more crashkernel=
    memory: str
    regions: tuple[Region, ...]
    complains: bool = False     # the log has a line that says why not

    @property
    def needs(self) -> tuple[str, ...]:
        return (",high",) if ",high" in self.parameter else ()


MIB = 1 << 20
# Rows with an address say nokaslr: the kernel itself may be there otherwise.
RESERVATIONS = (
    Reservation("size", "crashkernel=80M", "512M",
                (Region(80 * MIB, below_4g=True),)),
    Reservation("size-at", "nokaslr crashkernel=64M@256M", "512M",
                (Region(64 * MIB, start=256 * MIB),)),
    Reservation("ranges", "crashkernel=512M-2G:64M,2G-:128M", "1G",
                (Region(64 * MIB, below_4g=True),)),
    # Firmware keeps some of the 512M.
    Reservation("ranges-nominal", "crashkernel=512M-2G:64M,2G-:128M", "512M",
                (Region(64 * MIB, below_4g=True),)),
    Reservation("ranges-second", "crashkernel=128M-512M:32M,512M-:96M", "1G",
                (Region(96 * MIB, below_4g=True),)),
    Reservation("ranges-at", "nokaslr crashkernel=256M-:64M@160M", "512M",
                (Region(64 * MIB, start=160 * MIB),)),
    Reservation("ranges-none", "crashkernel=4G-:64M", "512M", ()),
    Reservation("high", "crashkernel=128M,high", ABOVE_4G,
                (Region(256 * MIB, below_4g=True),
                 Region(128 * MIB, below_4g=False))),
    Reservation("high-and-low", "crashkernel=128M,high crashkernel=72M,low",
                ABOVE_4G, (Region(72 * MIB, below_4g=True),
                       Region(128 * MIB, below_4g=False))),
    Reservation("high-without-low",
                "crashkernel=128M,high crashkernel=0,low", ABOVE_4G,
                (Region(128 * MIB, below_4g=False),)),
    Reservation("high-where-none", "crashkernel=80M,high", "512M",
                (Region(80 * MIB, below_4g=True),)),
    Reservation("at-zero-is-anywhere", "crashkernel=64M@0", "512M",
                (Region(64 * MIB, below_4g=True),)),
    Reservation("absent", "", "512M", ()),
    # Those that cannot be: the kernel boots on without.
    Reservation("too-large", "crashkernel=8G", "512M", (), True),
    Reservation("occupied", "nokaslr crashkernel=64M@16M", "512M", (),
                True),
    Reservation("beyond-ram", "crashkernel=64M@3G", "512M", (), True),
    Reservation("zero", "crashkernel=0", "512M", ()),
    Reservation("nonsense", "crashkernel=plenty", "512M", (), True),
    Reservation("ranges-inverted", "crashkernel=2G-512M:64M", "512M", (),
                True),
    Reservation("suffix-unknown", "crashkernel=64M,sideways", "512M", (),
                True),
)
