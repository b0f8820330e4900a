#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""How much of a dump each level leaves out, of machines in different use.

A guest is brought into that use and crashes; its capture kernel goes through
the levels and tells what is left out at each. The table is printed, and kept
under build/reduction/ with the counts that it is made of. By itself the guest
has as much memory as the machine of which Goyal, Horman, Ohmichi, Soni and Garg
published such tables: "Kdump: Smarter, Easier, Trustier", 2007.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import script
from arch import ARCHES
from cases import LOADERS
from guest import BUILD, make
from judge import PAGE
from machine import EMULATION
from matrix_cells import spare_disk
from options import add_kernel_options, kernel_directory, kernel_lacks
from points import MORE, VIRTIO
from rig import BOOT, Rig
from stages import StageFailed, Stages

MIB = 1 << 20
PIECE = 64 * MIB            # random bytes, of which a large file is made
FILL = 900                  # seconds to bring a machine into its use
LOOK = 300                  # and to find the pages of zeros

# Each bit by itself, then with those below it. Struct pages go with what is
# left out, so 32 by itself is only the capture kernel's.
LEVELS = {
    0: "nothing",
    1: "pages of zeros",
    2: "page cache",
    4: "page cache, also private",
    8: "memory of processes",
    16: "free pages",
    48: "and their struct pages",
    3: "1 + 2",
    7: "1 + 2 + 4",
    15: "1 + 2 + 4 + 8",
    31: "1 + 2 + 4 + 8 + 16",
    63: "+ their struct pages",
}
# Counts of pages that other counts have as well.
AGAIN = ("memmap", "zero", "left_out")

READ_FILE = (MORE + "mkdir /more\nmount -t ext4 $more /more\n"
             f"head -c {PIECE} /dev/urandom > /tmp/piece\n"
             "for piece in $(busybox seq PIECES); do cat /tmp/piece; done"
             " > /more/file\nrm /tmp/piece\nsync\n"
             "echo 3 > /proc/sys/vm/drop_caches\ncat /more/file > /dev/null\n")

# Who writes into a pipe that nobody reads keeps what it has still to write.
HAVE_MEMORY = (
    "free() { busybox awk '/^MemFree/ { print $2 }' /proc/meminfo; }\n"
    "all=$(free)\n"
    "dd if=/dev/urandom bs=$((all / 5 * 4))k count=1 iflag=fullblock |"
    " sleep 3600 &\n"
    "until [ $(free) -lt $((all / 4)) ]; do sleep 1; done\n")


@dataclass(frozen=True)
class Use:
    """What a machine is in the middle of, and the shell that brings it there.

    PIECES is how many of them fill its memory.
    """
    name: str
    title: str
    prepare: str = ""
    disk: bool = False


USES = (
    Use("booted", "it has just booted"),
    Use("file", "a file as large as memory has been read", READ_FILE, True),
    Use("program", "a program has most of the memory", HAVE_MEMORY),
)

Counts = dict[str, int]


@dataclass
class Found:
    size: int                   # of /proc/vmcore
    levels: dict[int, Counts]

    def out(self, level: int) -> int:
        """Pages that are left out."""
        counts = self.levels[level]
        return counts["left_out"] + counts["zero"]

    def share(self, level: int) -> float:
        return self.out(level) / sum(
            number for name, number in self.levels[level].items()
            if name not in AGAIN)

    def left(self, level: int) -> int:
        """Bytes of what stays."""
        return self.size - self.out(level) * PAGE


def more_disk(work: Path, memory: int) -> list[str]:
    """An empty file system with room for a file as large as memory."""
    options = spare_disk(work, "more", memory + memory // 8 + 2 * PIECE)
    subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", "-O", "^has_journal",
                    "-E", "lazy_itable_init=1", str(work / "more.img")],
                   check=True, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL)
    return [*options, "-device", VIRTIO]


def production(rig: Rig, use: Use, memory: int) -> str:
    prepare = use.prepare.replace("PIECES", str(-(-memory // PIECE)))
    return (script.names(script.capture_parameters(rig.arch, False))
            + script.load(LOADERS["own-file"])
            + f"step=prepare\numount /case\n{prepare}say prepared\n"
            "step=crash\necho 1 > /proc/sys/kernel/sysrq\n"
            "echo c > /proc/sysrq-trigger\n")


def capture() -> str:
    steps = "step=levels\n"
    for level in LEVELS:
        steps += script.set_level(level)
        if level & 1:
            # Nobody knows of pages of zeros before somebody has looked.
            steps += "frames map > /dev/null\n"
        steps += (script.count_pages()
                  + f'say level level="$(cat {script.LEVEL})"'
                  " counts=@/tmp/counts\n")
    return steps


def measure(rig: Rig, use: Use, memory: int) -> Found:
    extra = more_disk(rig.work, memory) if use.disk else []
    try:
        with rig.machine(script.production_parameters("256M", False),
                         {"production": production(rig, use, memory),
                          "capture": capture()},
                         f"{memory // MIB}M", extra=extra) as machine:
            machine.wait("up", seconds=BOOT)
            machine.wait("loaded", seconds=BOOT)
            machine.wait("prepared", seconds=FILL)
            up = machine.wait("up", seconds=BOOT)
            levels = [machine.wait("level", seconds=LOOK) for _ in LEVELS]
    finally:
        (rig.work / "more.img").unlink(missing_ok=True)
    return Found(int(up["vmcore"]),
                 {int(event["level"]): script.counted_pages(event["counts"])
                  for event in levels})


def table(measured: dict[Use, Found]) -> str:
    """For each use the share of the pages that is left out, and what stays."""
    lines = [["level", "left out"]]
    for use in measured:
        lines[0] += [use.name, "MiB left"]
    for level, what in LEVELS.items():
        lines.append([str(level), what])
        for found in measured.values():
            lines[-1] += [f"{found.share(level):.1%}",
                          f"{found.left(level) / MIB:.0f}"]
    widths = [max(map(len, column)) for column in zip(*lines)]
    rule = "  ".join("=" * width for width in widths)
    head, *body = ("  ".join(cell.ljust(width) for cell, width
                             in zip(line, widths)).rstrip() for line in lines)
    return "\n".join((rule, head, rule, *body, rule))


def write(measured: dict[Use, Found], out: Path) -> None:
    (out / "reduction.rst").write_text(table(measured) + "\n")
    (out / "reduction.json").write_text(json.dumps(
        {use.name: vars(found) for use, found in measured.items()},
        indent=1) + "\n")


def run(rig: Rig, uses: list[Use], memory: int) -> int:
    measured: dict[Use, Found] = {}
    stages = Stages()
    for use in uses:
        work = rig.work / use.name
        work.mkdir()
        try:
            with stages.stage(use.title, work / "events.jsonl"):
                measured[use] = measure(
                    Rig(rig.arch, rig.kernel, rig.guest, work, rig.accel),
                    use, memory)
        except StageFailed as failed:
            print(f"FAILED: {failed}", flush=True)
    write(measured, rig.work)
    print(f"\n{table(measured)}\n\nkept: {rig.work}")
    return len(measured) < len(uses)


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    add_kernel_options(parser.add_argument)
    parser.add_argument("--memory", type=int, metavar="MIB", default=5120,
                        help="the guest's; default %(default)s")
    parser.add_argument("--only", metavar="USE", action="append",
                        choices=[use.name for use in USES],
                        help="; ".join(f"{use.name}: {use.title}"
                                       for use in USES))
    return parser.parse_args()


def main() -> int:
    options = parse_options()
    arch = ARCHES[options.arch]
    kernel = kernel_directory(options.kernel, arch.name)
    if why := kernel_lacks(kernel, arch):
        print(f"reduction: {why}")
        return 1
    out = BUILD / "reduction"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    uses = [use for use in USES if not options.only or use.name in options.only]
    return run(Rig(arch, kernel, make(arch), out, EMULATION), uses,
               options.memory * MIB)


if __name__ == "__main__":
    sys.exit(main())
