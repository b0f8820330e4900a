#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Crashes a real kernel and shows what one would want to see afterwards.

Everything is kept under build/demo/. The exit status is 0 only if the dump
holds the marker and the panicking task. With --look the dump that is there
is opened in crash, for whoever wants to ask it more.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import judge
import script
from arch import ARCHES, Arch
from cases import Crash
from elf import Core
from guest import BUILD, Guest, disk_file, in_tree, make, make_disk
from judge import Dump
from machine import Config, Event, Machine
from options import add_kernel_options, kernel_directory, kernel_lacks
from stages import StageFailed, Stages
from symbols import indexed

CPUS = 2
LIMIT = 120
# The line of the log that says why: what follows is all about that.
CAUSE = re.compile(r"Kernel panic|sysrq: Trigger a crash|BUG: |Oops")
LOG_LINES = 40          # if none does
# vmcoreinfo is in this part of a dump, compressed or not.
DUMP_HEAD = 4 << 20


def case_of(arch: Arch) -> Crash:
    """Where crash cannot look into the dump gdb does, which reads ELF; where
    kexec-tools cannot load the kernel, a program of ours does."""
    loader = "own-file" if "kexec -s" in arch.lacks else "kexec-s"
    saver = "cp" if "crash" in arch.lacks else "lzo"
    return Crash(loader, "lkdtm-panic", saver, CPUS, kaslr=True, cpu=1)


def heading(text: str) -> None:
    print(f"\n=== {text}", flush=True)


def crash_and_save(stages: Stages, config: Config) -> dict[str, Event]:
    """From power on to the dump on the disk."""
    console = config.log_dir / "console.log"
    events: dict[str, Event] = {}
    steps = (("boot the production kernel", "up", "up"),
             ("load the capture kernel", "loaded", "loaded"),
             ("plant a marker in memory", "testimony", "testimony"),
             ("panic, and boot the capture kernel", "up", "capture-up"),
             ("save /proc/vmcore", "saved", "saved"),
             ("put the disk down", "done", "done"))
    with Machine(config) as machine:
        for what, event, key in steps:
            with stages.stage(what, console):
                events[key] = machine.wait(event, seconds=LIMIT)
    return events


def without_progress(text: str) -> list[str]:
    """What is left of makedumpfile's output when its meters stand still."""
    lines = [line.strip() for line in text.replace("\r", "\n").splitlines()]
    done = [re.sub(r"(100.0 %\]).*", r"\1", line) for line in lines
            if line and not re.search(r"\[ *\d?\d\.\d %\]", line)]
    return list(dict.fromkeys(done))


def last_words(log: str) -> list[str]:
    """Who asked for it, why the kernel crashed, and all that it said then: the
    log ends with the jump."""
    lines = log.rstrip().splitlines()
    first = next((at for at, line in enumerate(lines) if CAUSE.search(line)),
                 len(lines) - LOG_LINES)
    return lines[max(0, first - 1):]


def show_saver(saved: Event) -> None:
    lines = without_progress(saved["output"])
    if lines:       # cp says nothing
        heading("makedumpfile (it calls every kernel newer than itself "
                "unsupported)")
        print("\n".join(lines))


def show(answers: dict[str, str]) -> None:
    heading("crash> sys (PARTIAL: without what makedumpfile's -d 31 leaves out)")
    print(answers["sys"].rstrip())
    heading("crash> bt: kdump-witness, a test's program, asked LKDTM for the "
            "panic")
    print(answers["bt"].rstrip())
    heading("crash> bt -a, a line for each CPU")
    for task in judge.crash_tasks(answers["bt -a"]):
        stack = " < ".join(task.frames[:4]) or "(in user space)"
        print(f"CPU {task.cpu}  PID {task.pid:<5} {task.comm:<15} {stack}")
    heading("crash> log, from who asked for the panic to its end")
    print("\n".join(last_words(answers["log"])))


def check(answers: dict[str, str], read: str, witness: Event) -> list[str]:
    """What is wrong with the dump."""
    wrong = []
    tasks = judge.crash_tasks(answers["bt"])
    if not tasks or tasks[0].pid != witness["pid"]:
        wrong.append(f"the panicking task is not PID {witness['pid']}")
    seed = witness["markers"]["kernel"][0]
    if judge.crash_marker(answers[read]) != judge.marker_bytes(seed):
        wrong.append("the marker is not in the dump")
    if len(judge.crash_tasks(answers["bt -a"])) != CPUS:
        wrong.append(f"bt -a does not show {CPUS} CPUs")
    return wrong


def with_crash(stages: Stages, dump: Dump, witness: Event) -> list[str]:
    """Shows what crash sees; what is wrong with it."""
    read = judge.crash_read(witness["markers"]["kernel"][1])
    with stages.stage("open the dump in crash", dump.work / "crash.err"):
        answers = judge.crash_text(dump, ["sys", "bt", "bt -a", "log", read])
    show(answers)
    return check(answers, read, witness)


def with_gdb(stages: Stages, dump: Dump, witness: Event) -> list[str]:
    """The same in gdb."""
    seed, paddr = witness["markers"]["kernel"]
    with stages.stage("open the dump in gdb", dump.work / "gdb.err"):
        seen = judge.with_gdb(dump, [paddr])
    heading(f"gdb: Linux {seen.release}, the stack of each CPU's task; "
            f"PID {witness['pid']} asked LKDTM for the panic")
    for thread in seen.threads:
        print(f"PID {thread.pid}  pc {thread.pc:#x}  sp {thread.sp:#x}")
        for number, frame in enumerate(thread.frames):
            print(f"  #{number} {frame}")
    wrong = []
    if witness["pid"] not in [thread.pid for thread in seen.threads]:
        wrong.append(f"PID {witness['pid']} is not among the panicking tasks")
    if seen.markers != [judge.marker_bytes(seed)]:
        wrong.append("the marker is not in the dump")
    if len(seen.threads) != CPUS:
        wrong.append(f"gdb does not show {CPUS} CPUs")
    return wrong


def summary(stages: Stages, events: dict[str, Event], dump: Dump,
            total: float) -> None:
    to_capture = events["capture-up"]["at"] - events["testimony"]["at"]
    size = dump.path.stat().st_size
    vmcore = int(events["capture-up"]["vmcore"])
    paddr = events["testimony"]["markers"]["kernel"][1]
    heading("summary")
    for what, seconds in stages.took:
        print(f"  {seconds:6.1f} s  {what}")
    print(f"  {total:6.1f} s  in all")
    print(f"  panic to capture userland: {to_capture:.1f} s")
    print(f"  /proc/vmcore: {vmcore / 2**20:.0f} MiB, "
          f"dump: {size / 2**20:.1f} MiB")
    print(f"  marker at physical {paddr:#x}: found, all {judge.PAGE} bytes")
    print(f"  kept: {os.path.relpath(dump.work)}; `make look` opens it")


def run(arch: Arch, kernel: Path) -> int:
    started = time.monotonic()
    stages = Stages()
    case = case_of(arch)
    work = BUILD / "demo"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    log = BUILD / "guest" / arch.name / "tree.log"
    with stages.stage("get the guest's programs ready", log):
        guest: Guest = make(arch)
    with stages.stage("index the symbols for the debuggers", work):
        symbols = indexed(kernel)
    disk = work / "disk.img"
    with stages.stage("make the disk", work):
        make_disk(disk, {"kernel": kernel / arch.image,
                         "initrd": guest.capture,
                         "production": script.crash(case, arch),
                         "capture": script.save(case.saver)})
    events = crash_and_save(stages, Config(
        arch, kernel / arch.image, guest.production, work,
        script.production_parameters(case.crashkernel, case.kaslr),
        disk, case.memory, case.cpus))
    dump = Dump(guest, work, symbols)
    with stages.stage("take the dump from the disk", work):
        disk_file(disk, "dump", dump.path)
        disk.unlink()
    show_saver(events["saved"])
    view = with_gdb if "crash" in arch.lacks else with_crash
    wrong = view(stages, dump, events["testimony"])
    if wrong:
        print("\ndemo: FAILED: " + "; ".join(wrong) + f"; see {work}")
        return 1
    summary(stages, events, dump, time.monotonic() - started)
    return 0


def builds(dump: Path, vmlinux: Path) -> tuple[str, str]:
    """The build IDs of the kernel that a dump is of, and of a vmlinux; "" for one
    that is not found. crash goes by the banner, which all builds share here."""
    with dump.open("rb") as file:
        theirs = re.search(rb"^BUILD-ID=([0-9a-f]+)$", file.read(DUMP_HEAD), re.M)
    notes = subprocess.run(["readelf", "-n", vmlinux], check=True, text=True,
                           capture_output=True).stdout
    ours = re.search(r"Build ID: ([0-9a-f]+)", notes)
    return (theirs[1].decode() if theirs else "", ours[1] if ours else "")


def look(arch: Arch, kernel: Path, work: Path) -> int:
    """The dump in @work in crash, on this terminal."""
    if not (work / "dump").exists():
        print(f"look: there is no dump in {work}: make demo leaves one in "
              "build/demo, and in build/shell is what was saved as "
              "/case/out/dump in make shell")
        return 1
    theirs, ours = builds(work / "dump", kernel / "vmlinux")
    if theirs and theirs != ours:
        print(f"look: the dump is of build {theirs}, and {kernel}/vmlinux of "
              f"build {ours}, whose symbols are others: crash the kernel again")
        return 1
    command = ["/usr/bin/crash", "/kernel/vmlinux", "/mnt/dump"]
    if "crash" in arch.lacks:
        offset = Core(work / "dump").vmcoreinfo()["KERNELOFFSET"]
        command = ["/usr/bin/gdb", "-ex",
                   f"symbol-file /kernel/vmlinux -o 0x{offset}",
                   "-ex", "core-file /mnt/dump"]
    # Where its questions end without it, crash leaves with an error.
    questions = ({} if sys.stdin.isatty()
                 else {"input": sys.stdin.read() + "\nquit\n"})
    return in_tree(make(arch), ["/usr/bin/env", "HOME=/root", *command],
                   work, indexed(kernel), **questions).returncode


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--look", action="store_true",
                        help="open the last demo's dump in crash")
    parser.add_argument("--from", type=Path, metavar="DIR", dest="work",
                        default=BUILD / "demo",
                        help="with --look: the dump in this directory")
    add_kernel_options(parser.add_argument)
    options = parser.parse_args()
    arch = ARCHES[options.arch]
    kernel = kernel_directory(options.kernel, arch.name)
    if why := kernel_lacks(kernel, arch, vmlinux=True):
        print(f"demo: {why}")
        return 1
    if options.look:
        return look(arch, kernel, options.work.resolve())
    try:
        return run(arch, kernel)
    except StageFailed as failed:
        print(f"\ndemo: FAILED: {failed}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
