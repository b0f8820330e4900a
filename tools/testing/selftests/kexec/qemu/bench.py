#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Measures what the capture of a dump takes, on this kernel and on the base.

Both do the same work in the same guests, one after the other: counted in guest
instructions, which are the same on any host, and by the clock. Beside them
stands the limit: the same guest's own memory, read in the same way. The report
is kept under build/bench/. The exit status is 1 if a row could not be
measured; a figure that is not as low as it should be is only told.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import bench_report as report
import bench_relocs
import bench_restart
from arch import ARCHES, Arch
from bench_guest import Figures, measure, smallest
from bench_report import Result
from bench_rows import (RESTART, ROWS, SMALLEST, VMLINUX, Clock, Row, Setup,
                        limit_key)
from guest import BUILD, Guest, make
from machine import EMULATION
from options import add_kernel_options, kernel_directory, kernel_lacks
from rig import Rig
from stages import StageFailed, Stages

KERNELS = ("ours", "base")
RUNS, QUICK_RUNS = 5, 3


class Bench:
    def __init__(self, arch: Arch, kernels: dict[str, Path], guest: Guest,
                 out: Path, runs: int, rows: Sequence[Row]):
        self.arch = arch
        self.kernels = kernels
        self.guest = guest
        self.out = out
        self.runs = runs
        self.results = {row: Result(row) for row in rows}
        self.stages = Stages()

    def _rig(self, kernel: str, what: str) -> Rig:
        name = re.sub(r"\W+", "-", f"{what} {kernel}")
        work = self.out / "log" / name
        work.mkdir(parents=True)
        return Rig(self.arch, self.kernels[kernel], self.guest, work,
                   EMULATION)

    def _figures(self, kernel: str, setup: Setup, clock: Clock,
                 rows: Iterable[Row]) -> Figures:
        what = f"{kernel}: {setup.title}"
        rig = self._rig(kernel, f"{setup.title} {clock.unit}")
        works = [row.work for row in rows]
        if works == [SMALLEST]:
            return Figures(
                {SMALLEST.key: smallest(rig, self.stages, what)}, {})
        log = rig.work / "events.jsonl"
        with self.stages.stage(f"{what}, {clock.unit}", log):
            if setup == RESTART:
                return Figures(bench_restart.measure(rig, clock, self.runs),
                               {})
            if setup == VMLINUX:
                same = replace(rig, kernel=self.kernels["ours"])
                return Figures(bench_relocs.measure(same, kernel, clock,
                                                    self.runs), {})
            return measure(rig, setup, works, clock, self.runs)

    @staticmethod
    def _fill(kernel: str, result: Result, figures: Figures) -> None:
        work = result.row.work
        if work.figure in figures.values:
            setattr(result, kernel, figures.values[work.figure])
        else:
            result.failed.append(kernel)
        if result.limit is None:
            result.limit = figures.values.get(limit_key(work))

    def run(self, setup: Setup, clock: Clock) -> None:
        """The rows of one setup, on each kernel in turn."""
        of_both = [row for row in self.results
                   if row.setup == setup and row.clock == clock]
        for kernel in KERNELS:
            rows = [row for row in of_both
                    if kernel == "ours" or not row.work.filtered]
            if not rows:
                continue
            try:
                figures = self._figures(kernel, setup, clock, rows)
            except StageFailed as failed:
                print(f"FAILED: {failed}", flush=True)
                figures = Figures({}, {})
            for key, errors in figures.lost.items():
                print(f"FAILED: {kernel}: {key}: {errors}", flush=True)
            for row in rows:
                self._fill(kernel, self.results[row], figures)


def about(bench: Bench, arch: Arch, seconds: float) -> list[str]:
    version = subprocess.run([*arch.emulator, "--version"], check=True, text=True,
                             capture_output=True).stdout.splitlines()[0]
    return [f"{version}, -cpu {arch.plain_cpu}, one processor",
            "limit: the same guest reads its own memory (tmpfs) the same way",
            "instructions: guest time under -icount shift=0,sleep=off; "
            f"seconds: medians of {bench.runs}",
            f"measured in {seconds / 60:.0f} minutes"]


def run(bench: Bench, arch: Arch) -> int:
    started = time.monotonic()
    for setup, clock in dict.fromkeys((row.setup, row.clock)
                                      for row in bench.results):
        bench.run(setup, clock)
        report.write(bench.results,
                     about(bench, arch, time.monotonic() - started),
                     bench.out)
    print(f"\n{report.table(bench.results)}\n\nkept: {bench.out}")
    return any(result.failed for result in bench.results.values())


def chosen(only: str, quick: bool) -> list[Row]:
    return [row for row in ROWS if re.search(only, row.full_name)
            and not (quick and row.work.slow)]


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    add_kernel_options(parser.add_argument)
    parser.add_argument("--base", type=Path, metavar="DIR",
                        help="default build/kernel/base-<arch>")
    parser.add_argument("--only", metavar="REGEX", default="",
                        help="rows whose name, with [unit], matches")
    parser.add_argument("--list", action="store_true", help="names of rows")
    parser.add_argument("--quick", action="store_true",
                        help=f"medians of {QUICK_RUNS} instead of {RUNS}, "
                             "and no row that takes many minutes")
    return parser.parse_args()


def main() -> int:
    options = parse_options()
    arch = ARCHES[options.arch]
    rows = chosen(options.only, options.quick)
    if options.list or not rows:
        print("\n".join(row.full_name for row in rows) or "bench: no such row")
        return not rows
    kernels = {
        "ours": kernel_directory(options.kernel, arch.name),
        "base": kernel_directory(options.base, f"base-{arch.name}"),
    }
    for directory in kernels.values():
        if why := kernel_lacks(directory, arch):
            print(f"bench: {why}")
            return 1
    out = BUILD / "bench"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    return run(Bench(arch, kernels, make(arch), out,
                     QUICK_RUNS if options.quick else RUNS, rows), arch)


if __name__ == "__main__":
    sys.exit(main())
