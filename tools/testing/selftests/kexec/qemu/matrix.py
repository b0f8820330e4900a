#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Crashes at every crash point in every way that makes sense there, on
machines of one, two and four CPUs, idle and loaded, and judges each from
inside its dump. Writes build/matrix/matrix.md and matrix.json.

What was judged is kept: a run that was interrupted goes on where it was, and
only cells that failed, or that another kernel was crashed in, are done anew.
"""

from __future__ import annotations

import argparse
import collections
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path

from arch import ARCHES, Arch
from guest import BUILD, Guest, make
from machine import EMULATION
from matrix_cells import Cell, cells
from matrix_judge import Verdict, judged
from options import add_kernel_options, kernel_directory, kernel_lacks
from rig import Rig
from symbols import indexed

QUESTIONS = ("obtained", "accurate", "complete")
# What decides, beside matrix_*.py.
JUDGES = ("arch.py", "cases.py", "elf.py", "guest.py", "in_drgn.py",
          "iomem.py", "judge.py", "machine.py", "points.py", "rig.py",
          "script.py", "symbols.py")
OUT = BUILD / "matrix"
OFTEN = 8               # crashes from one report to the next
HERE = Path(__file__).parent


def readable(path: Path) -> list[dict]:
    """The rows of a file whose writer may have been killed in the middle of
    one: what is left of that goes, or the next would be appended to it."""
    text = path.read_text() if path.exists() else ""
    rows, kept = [], []
    for line in text.splitlines():
        try:
            rows.append(json.loads(line))
        except ValueError:
            continue
        kept.append(line + "\n")
    if "".join(kept) != text:
        replaced(path, "".join(kept))
    return rows


def replaced(path: Path, text: str) -> None:
    """As a whole or not at all, whenever this is killed."""
    new = path.with_suffix(".new")
    new.write_text(text)
    new.replace(path)


class Results:
    """What was judged: a line of JSON for each crash, in @path."""

    def __init__(self, path: Path, key: str):
        self.key = key
        self.path = path
        self.rows = [row for row in readable(path) if row["kernel"] == key]

    def add(self, cell: Cell, verdict: Verdict, seconds: float,
            wall: float = 0, workers: int = 1) -> None:
        """@wall: since the crash before it in this run, or its beginning."""
        row = {"cell": cell.name, "place": cell.place,
               "type": cell.type.name, "machine": cell.machine,
               "kernel": self.key, "seconds": round(seconds, 1),
               "wall": round(wall, 1), "workers": workers,
               **asdict(verdict)}
        self.rows.append(row)
        with open(self.path, "a") as file:
            file.write(json.dumps(row) + "\n")

    def of(self, name: str) -> list[dict]:
        """All verdicts on a cell: one that was good in the end may have failed
        before, and nothing of the kernel has changed since."""
        return [row for row in self.rows if row["cell"] == name]

    def good(self, name: str) -> int:
        """How often in a row, up to now, a cell was as it should be."""
        return in_a_row(self.of(name))

    def streak(self) -> int:
        """How many crashes in a row were, up to now."""
        return in_a_row(self.rows)

    def effort(self) -> dict[str, object]:
        """What all the crashes took, also those of runs before."""
        seconds = round(sum(row.get("wall", 0) for row in self.rows))
        return {"crashed": len(self.rows),
                "wall time": f"{seconds // 3600}:{seconds // 60 % 60:02d}"
                             f":{seconds % 60:02d}",
                "at a time": sorted({row.get("workers", 1)
                                     for row in self.rows})}


def missing(row: dict) -> list[str]:
    return [question for question in QUESTIONS if not row[question]]


def in_a_row(rows: list[dict]) -> int:
    bad = [i for i, row in enumerate(rows) if missing(row)]
    return len(rows) - (bad[-1] + 1 if bad else 0)


def share(rows: list[dict], question: str) -> str:
    good = sum(row[question] for row in rows)
    if not rows:
        return "-"
    return f"{100 * good / len(rows):.1f} % ({good} of {len(rows)})"


def symbol(rows: list[dict]) -> str:
    """What the table says of a cell."""
    bad = [row for row in rows if missing(row)]
    if not bad:
        return "yes" if rows else ""
    often = f", {len(bad)} of {len(rows)}" if len(rows) > 1 else ""
    return f"not {missing(bad[-1])[0]}{often}"


def report(results: Results, table: list[Cell]) -> str:
    found = {cell.name: results.of(cell.name) for cell in table}
    rows = [row for name in found for row in found[name]]
    machines = list(dict.fromkeys(cell.machine for cell in table))
    done = sum(map(bool, found.values()))
    text = ["# Crash matrix", "",
            f"{done} of {len(table)} cells; yes: a dump was obtained, "
            "it is accurate, and it is complete; -: there is no such cell.",
            ""]
    if rows:
        late = sum(bool(row.get("late")) for row in rows)
        text += [f"- {question}: {share(rows, question)}"
                 for question in QUESTIONS]
        effort = results.effort()
        text += [f"- captured in a row: {results.streak()}",
                 f"- with a CPU that answered late: {late}",
                 f"- crashes: {effort['crashed']}, in {effort['wall time']}, "
                 + " or ".join(map(str, effort["at a time"]))
                 + " at a time", ""]
    text += ["| point | type | " + " | ".join(machines) + " |",
             "| --- | --- |" + " --- |" * len(machines)]
    lines = collections.OrderedDict(
        ((cell.place, cell.type.name), None) for cell in table)
    for place, kind in lines:
        shown = [symbol(found[name]) if name in found else "-"
                 for name in (f"{place}-{kind}-{machine}"
                              for machine in machines)]
        text.append(f"| {place} | {kind} | " + " | ".join(shown) + " |")
    failed = [row for row in rows if missing(row)]
    if failed:
        text += ["", "## Not as they should be", ""]
        text += [f"- {row['cell']}: {'; '.join(row['why'])[:600]}"
                 for row in failed]
    return "\n".join(text) + "\n"


def write_reports(results: Results, table: list[Cell]) -> None:
    replaced(OUT / "matrix.md", report(results, table))
    rows = [row for cell in table for row in results.of(cell.name)]
    replaced(OUT / "matrix.json", json.dumps({
        "cells": len(table),
        **{question: share(rows, question) for question in QUESTIONS},
        "in a row": results.streak(), **results.effort(),
        "crashes": rows}, indent=1))


def key(arch: Arch, image: Path, guest: Guest) -> str:
    """Of all that a verdict depends on: the kernel, its guests, the machine,
    the judge."""
    files = [image, guest.production, guest.capture,
             guest.tree.with_suffix(".recipe"),
             *sorted(HERE.glob("matrix_*.py")),
             *(HERE / name for name in JUDGES)]
    version = subprocess.run([*arch.emulator, "--version"], check=True,
                             capture_output=True).stdout
    total = hashlib.sha256(version)
    for path in files:
        total.update(path.read_bytes())
    return total.hexdigest()[:16]


class Runner:
    """Crashes cells in parallel, and tells how far it is."""

    def __init__(self, rig: Rig, results: Results, table: list[Cell],
                 total: int):
        self.rig, self.results, self.table = rig, results, table
        self.total = total
        self.begin = self.before = time.monotonic()
        self.done = self.bad = 0

    def one(self, number: int, cell: Cell) -> tuple[Cell, Verdict, float]:
        start = time.monotonic()
        work = self.rig.work / f"{cell.name}.{number}"
        work.mkdir(parents=True)
        rig = Rig(self.rig.arch, self.rig.kernel, self.rig.guest, work,
                  self.rig.accel)
        verdict = judged(cell, rig)
        if verdict.good:
            shutil.rmtree(work)
        return cell, verdict, time.monotonic() - start

    def tell(self, cell: Cell, verdict: Verdict) -> None:
        self.done += 1
        self.bad += not verdict.good
        took = time.monotonic() - self.begin
        left = took / self.done * (self.total - self.done)
        line = (f"matrix: {self.done} of {self.total}, {self.bad} bad, "
                f"{int(left) // 60}:{int(left) % 60:02d} left, {cell.name}")
        if verdict.good and sys.stdout.isatty():
            print("\r\033[K" + line, end="", flush=True)
            return
        print(line, flush=True)
        for why in verdict.why:
            print(f"    {why[:400]}", flush=True)

    def keep(self, cell: Cell, verdict: Verdict, seconds: float,
             workers: int) -> None:
        now = time.monotonic()
        self.results.add(cell, verdict, seconds, now - self.before, workers)
        self.before = now
        self.tell(cell, verdict)
        if self.done % OFTEN == 0:
            write_reports(self.results, self.table)

    def run(self, todo: list[Cell], workers: int) -> None:
        with ThreadPoolExecutor(workers) as pool:
            try:
                for future in as_completed([
                        pool.submit(self.one, number, cell)
                        for number, cell in enumerate(todo)]):
                    self.keep(*future.result(), workers)
            except KeyboardInterrupt:
                pool.shutdown(cancel_futures=True)
                raise


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    add_kernel_options(parser.add_argument)
    parser.add_argument("--only", default="", metavar="REGEX",
                        help="cells whose name it is found in")
    parser.add_argument("--list", action="store_true", help="names of cells")
    parser.add_argument("--repeat", type=int, default=1, metavar="N",
                        help="until each was as it should be N times in a row")
    parser.add_argument("--workers", type=int, default=os.cpu_count(),
                        metavar="N", help="machines at a time")
    return parser.parse_args()


def main() -> int:
    options = arguments()
    arch = ARCHES[options.arch]
    kernel = kernel_directory(options.kernel, arch.name)
    table = cells()
    chosen = [cell for cell in table if re.search(options.only, cell.name)]
    if options.list or not chosen:
        print("\n".join(cell.name for cell in chosen)
              or f"matrix: no cell's name has {options.only} in it; see --list")
        return not chosen
    if why := kernel_lacks(kernel, arch, vmlinux=True):
        print(f"matrix: {why}")
        return 1
    guest: Guest = make(arch)
    indexed(kernel)
    OUT.mkdir(parents=True, exist_ok=True)
    results = Results(OUT / f"crashes-{arch.name}.jsonl",
                      key(arch, kernel / arch.image, guest))
    # All of them once, then again, so that a soak stirs as much as it can.
    todo = [cell for already in range(options.repeat) for cell in chosen
            if results.good(cell.name) <= already]
    print(f"matrix: {len(chosen)} cells, {len(todo)} crashes to come",
          flush=True)
    shutil.rmtree(OUT / "run", ignore_errors=True)
    rig = Rig(arch, kernel, guest, OUT / "run", EMULATION)
    try:
        Runner(rig, results, table, len(todo)).run(todo, options.workers)
    except KeyboardInterrupt:
        print("\nmatrix: interrupted; the same command goes on from here")
    write_reports(results, table)
    good = sum(symbol(results.of(cell.name)) == "yes" for cell in chosen)
    print(f"matrix: {good} of {len(chosen)} cells as they should be, "
          f"{results.streak()} crashes in a row; "
          f"{os.path.relpath(OUT)}/matrix.md")
    return 0 if good == len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main())
