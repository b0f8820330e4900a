# SPDX-License-Identifier: GPL-2.0
"""Has a guest do the rows' work on one kernel, and says what it took."""

from __future__ import annotations

import json
import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import script
from bench_rows import (FIRST_LINE, FIRST_PROGRAM, LENGTH, NO_CLOCK, SIZES,
                        TIGHT, Clock, Setup, Work, capture, kernel_parameters,
                        limit_key, production, save)
from guest import later_makedumpfile
from machine import Event, Machine, NoVerdict, Unexpected, memory_large
from rig import BOOT, Rig
from stages import Stages

BLOCK = 512                 # bytes, of those that stat counts

# Seconds for one work.
LIMIT = 600
SLOW = 3600

# What the capture kernel's console shows first, and its first program.
BANNER = "Linux version"
PROGRAM = "measure: first program"

Samples = dict[str, list[float]]


@dataclass
class Boot:
    """What was heard from a machine from its start to its end."""
    told: list[Event]           # what was measured, or could not be
    crash: Event
    capture: Event
    notes: list[Event]


@dataclass
class Figures:
    """What each work takes, by its key, and what became of the others."""
    values: dict[str, float]
    lost: dict[str, str]


def _until(machine: Machine, end: str, seconds: float) -> list[Event]:
    told = []
    while True:
        event = machine.wait("measured", "lost", end, seconds=seconds)
        if event["event"] == end:
            return told
        told.append(event)


def _drive(machine: Machine, works: Sequence[Work]) -> Boot:
    machine.wait("up", seconds=LIMIT)
    told = _until(machine, "loaded", LIMIT)
    crash = machine.wait("crash", seconds=BOOT)
    capture_up = machine.wait("up", seconds=LIMIT)
    slow = any(work.slow for work in works)
    told += _until(machine, "done", SLOW if slow else LIMIT)
    after = machine.history[machine.history.index(crash):]
    return Boot(told, crash, capture_up,
                [event for event in after if "console" in event])


def _counted_crash(boot: Boot) -> dict[str, float]:
    """From the panic to the capture kernel, in instructions.

    Neither kernel's own clock crosses from one to the other, but the
    processor's counter does: nothing on the way sets it, and where guest time
    is counted it is that time, of the whole machine. It is read before the
    panic and again as the capture kernel's first program starts. In between
    the kernel's log gets a clock, which is the same counter less where it stood
    then: the stamp of a line of now tells how much that is. The lines before
    are the banner and the memory map, all stamped 0: what they take is the same
    for both kernels and below a hundredth.
    """
    told = next(event for event in boot.told if event["key"] == "boot")
    if "value" not in told:
        return {}
    now, log_ns, init = map(int, told["value"].split())
    crashed = boot.crash["ticks"]
    return {FIRST_LINE.key: now - log_ns - crashed,
            FIRST_PROGRAM.key: init - crashed}


def _timed_crash(boot: Boot) -> dict[str, float]:
    """The same by the host's clock, as the lines come."""
    def after(text: str) -> float:
        for note in boot.notes:
            if text in note["console"]:
                return note["at"] - boot.crash["at"]
        raise Unexpected(f"the capture kernel's console never said '{text}'")
    return {FIRST_LINE.key: after(BANNER), FIRST_PROGRAM.key: after(PROGRAM)}


def _samples(boot: Boot, works: Sequence[Work], clock: Clock) -> Samples:
    whole = {key for work in works if work.whole
             for key in (work.key, limit_key(work))}
    scale = LENGTH / int(boot.capture["vmcore"])
    found: Samples = defaultdict(list)
    for event in boot.told:
        key = event["key"]
        if key == "boot" or "value" not in event:
            continue
        ticks, ns = map(int, event["value"].split()[-2:])
        if "blocks" in event:
            found[f"{key}/size"].append(int(event["blocks"]) * BLOCK / 1e6)
        found[key].append(clock.reading(ticks, ns)
                          * (scale if key in whole else 1))
    crash = _counted_crash(boot) if clock.counted else _timed_crash(boot)
    for key, value in crash.items():
        found[key].append(value)
    return found


def _boot(rig: Rig, setup: Setup, works: Sequence[Work], clock: Clock,
          runs: int) -> Boot:
    append = " ".join((script.production_parameters(setup.crashkernel, False),
                       kernel_parameters(rig.arch, clock)))
    scripts = {"production": production(setup, works, rig.arch, clock),
               "capture": capture(setup, works, clock, runs)}
    with rig.machine(append, scripts, setup.memory, cpu=rig.arch.plain_cpu,
                     counted=clock.counted,
                     capture=later_makedumpfile(rig.guest)
                     if setup.level else None,
                     noted=f"{BANNER}|{PROGRAM}",
                     extra=memory_large(setup.memory)
                     if setup.sparse else []) as machine:
        return _drive(machine, works)


def measure(rig: Rig, setup: Setup, works: Sequence[Work], clock: Clock,
            runs: int) -> Figures:
    """The median where there are several runs."""
    runs = runs if clock.runs else 1
    boots, each = (runs, 1) if setup.reboots else (1, runs)
    found: Samples = defaultdict(list)
    lost: dict[str, str] = {}
    for _ in range(boots):
        boot = _boot(rig, setup, works, clock, each)
        for event in boot.told:
            if event["event"] == "lost":
                lost[event["key"]] = event["errors"].strip()
        for key, values in _samples(boot, works, clock).items():
            found[key] += values
    (rig.work / "samples.json").write_text(json.dumps(found, indent=1) + "\n")
    return Figures({key: statistics.median(values)
                    for key, values in found.items() if key not in lost}, lost)


def _gives_dump(rig: Rig, size: int) -> bool:
    append = script.production_parameters(f"{size}M", False)
    scripts = {"production": production(TIGHT, (), rig.arch, NO_CLOCK, ""),
               "capture": save()}
    with rig.machine(append, scripts, TIGHT.memory, capture=rig.guest.small,
                     cpu=rig.arch.plain_cpu) as machine:
        machine.wait("up", seconds=BOOT)
        try:
            for event in ("loaded", "crash", "up", "done"):
                machine.wait(event, seconds=BOOT)
        except (NoVerdict, Unexpected):
            return False
        return True


def smallest(rig: Rig, stages: Stages, what: str) -> float:
    """Bisects SIZES: more memory is taken to be never worse."""
    too_small, enough = -1, len(SIZES)
    while enough - too_small > 1:
        middle = (too_small + enough) // 2
        with stages.stage(f"{what}: crashkernel={SIZES[middle]}M",
                          rig.work / "events.jsonl"):
            good = _gives_dump(rig, SIZES[middle])
        print(f"    {'gives a dump' if good else 'is too little'}", flush=True)
        if good:
            enough = middle
        else:
            too_small = middle
    if enough == len(SIZES):
        raise Unexpected(f"not even crashkernel={SIZES[-1]}M gives a dump")
    return SIZES[enough]
