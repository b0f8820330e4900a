# SPDX-License-Identifier: GPL-2.0
"""What `make bench` measures, as rows of tables, and the scripts that the
guest's init runs for them. A new row is a Work, listed with a Setup."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import script
from arch import Arch
from cases import LOADERS

LENGTH = 256 << 20          # load/measure.c's


@dataclass(frozen=True)
class Clock:
    """A way to tell what something took."""
    unit: str
    counted: bool           # guest time is the number of instructions
    runs: bool = False      # take the median of several

    def reading(self, ticks: int, ns: int) -> float:
        return ticks if self.counted else ns / 1e9


INSTRUCTIONS = Clock("instructions", counted=True)
WALL = Clock("seconds", counted=False, runs=True)
CLOCKS = (INSTRUCTIONS, WALL)
NO_CLOCK = Clock("MiB", counted=False)


@dataclass(frozen=True)
class Work:
    """Something that is done, by the shell of the guest it is done in.

    @command prints ticks and nanoseconds. For {file} it gets /proc/vmcore, and
    then, to show what can be reached, a copy in the same guest's memory.
    """
    key: str
    title: str
    command: str = ""
    production: bool = False    # before the crash rather than after
    whole: bool = False         # with all of /proc/vmcore: count as LENGTH
    slow: bool = False          # minutes: do it once, and never in a hurry
    clocks: tuple[Clock, ...] = CLOCKS
    filtered: bool = False      # not without the filter
    saves: bool = False         # a file, as TARGET
    size: bool = False          # how large that is, not what it took

    @property
    def figure(self) -> str:
        """The key of what is told of it."""
        return f"{self.key}/size" if self.size else self.key

    @property
    def has_limit(self) -> bool:
        return "{file}" in self.command and not self.slow


READ_4K = Work("read-4k", "256 MiB in 4 KiB reads",
               "measure read 0x1000 {file}")
READ_1M = Work("read-1m", "256 MiB in 1 MiB reads",
               "measure read 0x100000 {file}")
MAP = Work("mmap", "256 MiB through mmap of 4 MiB",
           "measure map 0x400000 {file}")
COPY = Work("cp", "cp to tmpfs, 256 MiB of it",
            "measure run cp {file} /ram/target", whole=True)
SAVE = Work("makedumpfile", "makedumpfile -d 31 -l to tmpfs",
            "measure run makedumpfile -d 31 -l {file} /ram/target")
READS = (READ_4K, READ_1M, MAP)

TARGET = "/ram/target"
# What is left out is the same in all of it, so there is no limit to show.
LATER = Work("makedumpfile-later", "makedumpfile 1.7.8 -d 31 -l",
             f"measure run makedumpfile-later -d 31 -l /proc/vmcore {TARGET}",
             saves=True)
LATER_ZSTD = replace(LATER, key="makedumpfile-zstd",
                     title=LATER.title.replace("-l", "-z"),
                     command=LATER.command.replace("-l ", "-z "))
EARLIER = Work("makedumpfile-earlier", "makedumpfile 1.7.6 -d 31 -l",
               f"measure run makedumpfile -d 31 -l /proc/vmcore {TARGET}",
               slow=True, clocks=(WALL,), saves=True)
SPARSE = Work("cp-sparse", "cp --sparse=always",
              "measure run /usr/bin/cp --sparse=always /proc/vmcore "
              f"{TARGET}", filtered=True, saves=True)


def size_of(work: Work) -> Work:
    return replace(work, title=f"size after {work.title}", clocks=(WALL,),
                   size=True)


SAVES = (LATER, size_of(LATER), LATER_ZSTD, size_of(LATER_ZSTD),
         SPARSE, size_of(SPARSE))

LOAD_SEGMENTS = Work("kexec_load", "kexec_load()",
                     f"{LOADERS['own-segments']} --took", production=True)
LOAD_FILE = Work("kexec_file_load", "kexec_file_load()",
                 f"{LOADERS['own-file']} --took", production=True)

# Not done by the shell: see bench_guest.py.
FIRST_LINE = Work("first-line", "panic to the capture kernel's first line")
FIRST_PROGRAM = Work("init", "panic to the capture kernel's init")
# Nor these: see bench_restart.py.
KEXEC = Work("kexec", "reboot through kexec, to the next kernel's init")
FIRMWARE = Work("firmware", "reboot through reset and firmware, to its init")
# And this one: see bench_relocs.py.
RELOCS = Work("relocs", "arch/x86/tools/relocs")
SMALLEST = Work("smallest", "smallest crashkernel= that gives a dump")


@dataclass(frozen=True)
class Setup:
    """A machine to do it in."""
    title: str
    memory: str = "1G"
    crashkernel: str = "768M"   # with room for two copies of the rest
    copy: str = "measure copy /proc/vmcore /ram/copy"
    split: int = 0              # program headers for the largest memory
    gap: int = 0                # bytes that each of them leaves out
    sparse: bool = False        # has more memory than the host might
    level: int = 0              # what the capture kernel leaves out, if it can
    reboots: bool = False       # what is measured is there once in a boot


SMALL = Setup("1 GiB guest", copy="cp /proc/vmcore /ram/copy")
LARGE = Setup("64 GiB guest", memory="64G", crashkernel="1536M", sparse=True)
FILTERED_SMALL = Setup("1 GiB guest, level 63", level=63)
FILTERED = Setup("64 GiB guest, level 63", memory="64G", crashkernel="1536M",
                 sparse=True, level=63)
FILTERED_LARGE = Setup("256 GiB guest, level 63", memory="256G",
                       crashkernel="3G", sparse=True, level=63)
HEADERS_FEW = Setup("2 program headers", crashkernel="512M", split=2)
HEADERS_MANY = Setup("8192 program headers", crashkernel="512M", split=8192)
HEADERS_GAPS = Setup("8192 program headers with gaps", crashkernel="512M",
                     split=8192, gap=4096)
CRASH = Setup("96M reserved", crashkernel="96M", reboots=True)
RESTART = Setup("1 GiB guest's restart")
VMLINUX = Setup("the same vmlinux with DWARF", memory="2G")
TIGHT = Setup("384 MiB guest", memory="384M")

WORKS = {
    SMALL: (*READS, COPY, SAVE),
    LARGE: (*READS, replace(SAVE, slow=True)),
    FILTERED_SMALL: SAVES,
    FILTERED: (*SAVES, EARLIER, size_of(EARLIER)),
    FILTERED_LARGE: SAVES,
    HEADERS_FEW: READS,
    HEADERS_MANY: READS,
    HEADERS_GAPS: READS,
    CRASH: (FIRST_LINE, FIRST_PROGRAM, LOAD_SEGMENTS, LOAD_FILE),
    RESTART: (KEXEC, FIRMWARE),
    VMLINUX: (RELOCS,),
}

# crashkernel=<this>M, for SMALLEST.
SIZES = range(16, 129, 4)


@dataclass(frozen=True)
class Row:
    setup: Setup
    work: Work
    clock: Clock

    @property
    def name(self) -> str:
        return f"{self.work.title}, {self.setup.title}"

    @property
    def unit(self) -> str:
        return "MB" if self.work.size else self.clock.unit

    @property
    def full_name(self) -> str:
        return f"{self.name} [{self.unit}]"


ROWS = tuple(Row(setup, work, clock) for clock in CLOCKS
             for setup, works in WORKS.items() for work in works
             if clock in work.clocks
             ) + (Row(TIGHT, SMALLEST, NO_CLOCK),)


@dataclass(frozen=True)
class Target:
    """At most so many times something else: the base, the limit, or what we
    take for another row; or just so much."""
    factor: float
    against: str | Row | None = None

    @property
    def text(self) -> str:
        if self.against is None:
            return f"<= {self.factor:g}"
        other = (self.against if isinstance(self.against, str)
                 else self.against.setup.title)
        return f"<= {self.factor:.3g} x {other}"


def _targets() -> dict[Row, tuple[Target, ...]]:
    found = {Row(CRASH, FIRST_LINE, INSTRUCTIONS): (Target(1 / 2, "base"),),
             Row(VMLINUX, RELOCS, INSTRUCTIONS): (Target(1 / 2, "base"),)}
    for setup in (SMALL, LARGE):
        found[Row(setup, READ_4K, INSTRUCTIONS)] = (
            Target(1.25, "limit"), Target(1 / 2.4, "base"))
        found[Row(setup, READ_1M, INSTRUCTIONS)] = (
            Target(1.15, "limit"), Target(1 / 4, "base"))
        found[Row(setup, MAP, INSTRUCTIONS)] = (Target(1, "base"),)
    for work, most in ((LATER, 6), (LATER_ZSTD, 6), (SPARSE, 8),
                       (size_of(LATER_ZSTD), 60)):
        found[Row(FILTERED, work, WALL)] = (Target(most),)
    for work in (READ_4K, READ_1M):
        found[Row(HEADERS_MANY, work, INSTRUCTIONS)] = (
            Target(1.05, Row(HEADERS_FEW, work, INSTRUCTIONS)),)
    return found


TARGETS = _targets()


def tell_measured(key: str, command: str, more: str = "") -> str:
    return (f'if value=$({command}); then\n'
            f'\tsay measured key="{key}" value="$value"{more}\n'
            f'else\n\tsay lost key="{key}" errors=@$errors\nfi\n')


def set_level(level: int) -> str:
    """Whoever opens the dump next has to look at the memory map again."""
    return (f"if [ -e {script.LEVEL} ]; then\n{script.set_level(0)}"
            f"{script.set_level(level)}fi\n")


def _repeated(setup: Setup, works: Iterable[Work], runs: int) -> str:
    """So many times each work with old memory, then with the guest's own."""
    body = ""
    for work in works:
        more = f' blocks="$(stat -c %b {TARGET})"' if work.saves else ""
        for key, file in ((work.key, "/proc/vmcore"),
                          (limit_key(work), "/ram/copy")):
            if file != "/ram/copy" or work.has_limit:
                if setup.level:
                    body += set_level(setup.level)
                body += tell_measured(key, work.command.format(file=file),
                                      more)
                body += f"rm -f {TARGET}\n"
    again = " ".join(map(str, range(runs)))
    return f"for run in {again}; do\n{body}done\n" if body else ""


def limit_key(work: Work) -> str:
    return f"{work.key}/limit"


def _loader(setup: Setup) -> str:
    if setup.split:
        return (f"{LOADERS['own-segments']} --split {setup.split} "
                f"--gap {setup.gap}")
    return LOADERS["own-file"]


def kernel_parameters(arch: Arch, clock: Clock) -> str:
    """For both kernels."""
    return arch.exact_clock if clock.counted else ""


def production(setup: Setup, works: Iterable[Work], arch: Arch, clock: Clock,
               first_program: str = "rdinit=/bin/measure") -> str:
    cmdline = " ".join((script.capture_parameters(arch, False),
                        arch.early_console, first_program,
                        kernel_parameters(arch, clock)))
    # Files in memory, so that no disk is waited for.
    steps = [script.names(cmdline),
             "step=prepare\n"
             "cat $kernel > /tmp/kernel\nkernel=/tmp/kernel\n"
             "cat $initrd > /tmp/initrd\ninitrd=/tmp/initrd\numount /case\n"]
    for work in works:
        if work.production:
            steps.append(tell_measured(work.key, work.command))
            steps.append("kload unload --crash > /dev/null\n")
    steps.append(f"step=load\n{_loader(setup)} > /dev/null\nsay loaded\n"
                 "step=crash\necho 1 > /proc/sys/kernel/sysrq\n"
                 "port=$(echo /dev/vport*)\nmeasure crash > $port\n")
    return "".join(steps)


def capture(setup: Setup, works: Iterable[Work], clock: Clock, runs: int
            ) -> str:
    # A file's size is told with what it took.
    works = {work.key: work for work in works
             if work.command and not work.production}.values()
    often = [work for work in works if not work.slow]
    once = [work for work in works if work.slow]
    steps = ["umount /case\n"]
    if clock.counted:
        steps.append(tell_measured("boot", "measure boot"))
    if works:
        steps.append("step=prepare\n"
                     "mount -t tmpfs -o size=95% room /ram\n")
    if any(work.has_limit for work in often):
        steps.append(f"{setup.copy}\n")
    steps += [_repeated(setup, often, runs), _repeated(setup, once, 1),
              "say done\n"]
    return "".join(steps)


def save() -> str:
    """Capture, where it has next to no memory."""
    return ("step=save\n"
            "makedumpfile -d 31 -l /proc/vmcore /case/out/dump > /tmp/saver\n"
            "[ -s /case/out/dump ]\numount /case\nsay done\n")
