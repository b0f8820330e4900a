# SPDX-License-Identifier: GPL-2.0
"""Random loads by the thousand, drawn from a seed: none may leave a complaint
in the log, damage what is armed, be answered with an errno that is not
documented, or lose memory; and after all of them a load and a crash still give
a dump.

The same test on any kernel. `make test` runs a slice on an ordinary one and on
one with KASAN, UBSAN and lockdep; `make test-sanitize` runs a million inputs on
that, in guests of @PER_GUEST each. A run is repeated by its --seed.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

import pytest

import images
import script
from cases import LOADERS
from machine import Event
from rig import BOOT, Rig
from test_hotplug import (BLOCKS, CPU, CPUS, KEXEC_UPDATE_ELFCOREHDR, ROOM,
                          SEGMENTS, SMP, offline_blocks, plug)

PER_GUEST = 125_000
CHUNK = 2_000               # inputs of one process
PER_CHUNK = 600             # seconds

# What both calls may say, and what they do say if thousands are asked.
MAY_SAY = {
    "segments": {"OK", "EINVAL", "EADDRNOTAVAIL", "EFAULT", "ENOMEM", "EBUSY"},
    "files": {"OK", "EINVAL", "EADDRNOTAVAIL", "EFAULT", "ENOMEM", "EBUSY",
              "ENOEXEC", "EBADF", "ETXTBSY"},
}
HAS_TO_SAY = {
    "segments": MAY_SAY["segments"] - {"ENOMEM", "EBUSY"},
    "files": MAY_SAY["files"] - {"ENOMEM", "EBUSY"},
}

# Of free memory after a guest's inputs, and of what slabs and vmalloc take. A
# page that one load of a thousand loses is more.
SLACK = {"free": 2048, "slab": 1024, "vmalloc": 256}     # KiB

COMPLAINT = re.compile(r"^.*(?:KASAN|UBSAN|WARNING|BUG|Oops|INFO: |ODEBUG).*",
                       re.M)
# What is on its way to be freed goes first: what waits for RCU, all that has been
# freed and is kept aside by KASAN, and what the caches of each CPU have.
SETTLE = f"""
{script.DROP_CACHES}for cache in /sys/kernel/slab/*; do
	[ -L $cache ] || echo 1 > $cache/shrink 2> /dev/null || true
done
{script.RCU_BARRIER}"""
TELL_STATE = ('dmesg > /tmp/log\nsay state log=@/tmp/log '
              'taint="$(cat /proc/sys/kernel/tainted)" '
              'lockdep=@/proc/lockdep_stats\n')
FUZZ = "kload fuzz {seed} {inputs} /tmp/small > /tmp/rows\n"


@dataclass
class Memory:
    """What there is of it, in KiB."""
    free: int
    slab: int
    vmalloc: int

    def lost_since(self, before: Memory) -> dict[str, int]:
        return {"free": before.free - self.free,
                "slab": self.slab - before.slab,
                "vmalloc": self.vmalloc - before.vmalloc}


def memory(seen: Event) -> Memory:
    info = dict(re.findall(r"^(\w+): +(\d+) kB", seen["meminfo"], re.M))
    # MemFree leaves out what each CPU keeps, which changes by itself.
    listed = sum(map(int, re.findall(r"\bcount: +(\d+)", seen["zones"])))
    return Memory(int(info["MemFree"]) + 4 * listed, int(info["Slab"]),
                  int(info["VmallocUsed"]))


def tell_memory(name: str) -> str:
    return (f"{SETTLE}say {name} meminfo=@/proc/meminfo"
            " zones=@/proc/zoneinfo\n")


def guests(inputs: int) -> list[int]:
    """How many inputs for each guest."""
    count = max(1, round(inputs / PER_GUEST))
    return [inputs // count] * count


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" not in metafunc.fixturenames:
        return
    config = metafunc.config
    seed = config.getoption("--seed")
    shares = guests(config.getoption("--inputs"))
    metafunc.parametrize("seed, inputs", [
        pytest.param(seed + i, share, id=f"seed-{seed + i}-inputs-{share}")
        for i, share in enumerate(shares)])


def steps(rig: Rig, seed: int, inputs: int) -> str:
    """A chunk to warm up, and then those that are counted. Each has a seed of
    its own, so that what one of them finds is soon found again."""
    chunks = max(1, inputs // CHUNK)
    size = inputs // chunks
    lines = ["cat /case/in/small > /tmp/small\nstep=fuzz\n",
             FUZZ.format(seed=f"{seed:#x}ffff", inputs=size),
             "say warm rows=@/tmp/rows\n", tell_memory("before")]
    for i in range(chunks):
        lines += [FUZZ.format(seed=f"{seed:#x}{i:04x}", inputs=size),
                  "say chunk rows=@/tmp/rows\n"]
    lines += [tell_memory("after"),
              TELL_STATE,
              script.names(script.capture_parameters(rig.arch, True)),
              script.load(LOADERS["own-file"]),
              "umount /case\necho c > /proc/sysrq-trigger\n"]
    return "".join(lines)


class Answers:
    """What the inputs of a guest came to."""

    def __init__(self) -> None:
        self.count: Counter[tuple[str, str]] = Counter()
        self.milliseconds = 0
        self.wrong: list[str] = []

    def add(self, seen: Event) -> None:
        rows = seen["rows"].splitlines()
        seed = rows[0]
        for row in rows[1:]:
            word, *rest = row.split()
            if word in MAY_SAY:
                self.count[word, rest[0]] += int(rest[1])
                if rest[0] not in MAY_SAY[word]:
                    self.wrong.append(f"{seed}: {row}")
            elif word == "log":
                _, _, lost, _, bad, _ = rest
                if int(lost) or int(bad):
                    self.wrong.append(f"{seed}: {row}")
            elif word == "took":
                self.milliseconds += int(rest[0])
            elif word != "looks":
                self.wrong.append(f"{seed}: {row}")

    def said(self, call: str) -> set[str]:
        return {errno for name, errno in self.count if name == call}

    @property
    def inputs(self) -> int:
        return sum(count for (_, errno), count in self.count.items()
                   if errno != "EBUSY")


def has(rig: Rig, option: str) -> bool:
    return f"CONFIG_{option}=y\n" in (rig.kernel / "config").read_text()


def is_sanitized(rig: Rig) -> bool:
    """32-bit kernels have no KASAN, but all the rest."""
    return has(rig, "UBSAN")


def crashkernel(rig: Rig) -> str:
    """A capture kernel with shadow memory takes more, and so does one that
    keeps account of its locks."""
    if has(rig, "KASAN"):
        return "320M"
    return "160M" if is_sanitized(rig) else "96M"


def clean(rig: Rig, state: Event) -> bool:
    """Nobody has complained, and lockdep was still there to do so."""
    assert not COMPLAINT.findall(state["log"])
    assert state["taint"] == "0"
    if not has(rig, "PROVE_LOCKING"):
        return True
    return bool(re.search(r"^ *debug_locks: +1$", state["lockdep"] or "", re.M))


def test_random_loads(rig: Rig, seed: int, inputs: int,
                      record_property) -> None:
    small = images.write_small(rig.kernel / rig.arch.image, rig.work / "small")
    answers = Answers()
    append = script.production_parameters(crashkernel(rig), True)
    # On one CPU the loaders meet where they sleep, and none waits for another.
    with rig.machine(f"{append} loglevel=1 log_buf_len=16M",
                     {"production": steps(rig, seed, inputs),
                      "capture": "true\n", "small": small},
                     memory="1G", cpus=1 + seed % 2) as machine:
        machine.wait("up", seconds=BOOT)
        answers.add(machine.wait("warm", seconds=PER_CHUNK))
        before = memory(machine.wait("before", seconds=BOOT))
        while (seen := machine.wait("chunk", "after", seconds=PER_CHUNK)
               )["event"] == "chunk":
            answers.add(seen)
            assert not answers.wrong
        after = memory(seen)
        state = machine.wait("state", seconds=BOOT)
        assert machine.wait("loaded", seconds=BOOT)["armed"] == "1"
        up = machine.wait("up", seconds=BOOT)
    rate = answers.inputs * 1000 // max(1, answers.milliseconds)
    print(f"seed {seed}: {answers.inputs} inputs, {rate}/s, "
          f"{dict(sorted(answers.count.items()))}, "
          f"lost {after.lost_since(before)}")
    record_property("inputs", answers.inputs)
    record_property("inputs_per_second", rate)
    assert answers.inputs >= inputs
    assert not answers.wrong
    assert clean(rig, state)
    for call, errnos in HAS_TO_SAY.items():
        assert errnos <= answers.said(call), f"{call}: too tame"
    for what, kib in after.lost_since(before).items():
        assert kib < SLACK[what], f"{what}: {kib} KiB lost"
    assert up["role"] == "capture"
    assert up["vmcore"] != "none"


# Each way to load is one; what each of them has to say, and how often at least
# if its allocations do fail.
WAYS = ("crash-segments", "ordinary-segments", "crash-files", "ordinary-files")
MAY_FAIL_WITH = {"OK", "ENOMEM"}
MIN_FAILURES = 5
FAIL = "kload limits fail /tmp/small > /tmp/rows\n"
WALKS = 2               # that are counted


def said_of(seen: Event) -> dict[str, Counter[str]]:
    """How often each way was answered what. Other lines are complaints."""
    said: dict[str, Counter[str]] = {way: Counter() for way in WAYS}
    lines = seen["rows"].splitlines()
    answers = [re.fullmatch(r"([a-z-]+) (\w+) (\d+)", line) for line in lines]
    assert all(answers), seen["rows"]
    for answer in answers:
        way, errno, times = answer.groups()
        said[way][errno] += int(times)
    return said


def test_failing_allocations(rig: Rig) -> None:
    """The first allocation of a load fails, then the second of another one, and
    so on to the last: each is answered with ENOMEM, or done without; what was
    armed is armed and whole; nothing is lost."""
    if not has(rig, "FAILSLAB"):
        pytest.skip("an ordinary kernel: make test-sanitize")
    small = images.write_small(rig.kernel / rig.arch.image, rig.work / "small")
    append = script.production_parameters(crashkernel(rig), True)
    steps = ("cat /case/in/small > /tmp/small\nstep=fail\n" + FAIL
             + tell_memory("before")
             + (FAIL + "say walk rows=@/tmp/rows\n") * WALKS
             + tell_memory("after") + TELL_STATE)
    with rig.machine(f"{append} loglevel=1 log_buf_len=16M",
                     {"production": steps, "small": small},
                     memory="1G") as machine:
        machine.wait("up", seconds=BOOT)
        before = memory(machine.wait("before", seconds=PER_CHUNK))
        walks = [machine.wait("walk", seconds=PER_CHUNK)
                 for _ in range(WALKS)]
        after = memory(machine.wait("after", seconds=BOOT))
        state = machine.wait("state", seconds=BOOT)
    for seen in walks:
        said = said_of(seen)
        print(said, after.lost_since(before))
        for way, answers in said.items():
            assert set(answers) <= MAY_FAIL_WITH, f"{way}: {answers}"
            assert answers["ENOMEM"] >= MIN_FAILURES, f"{way}: {answers}"
    assert clean(rig, state)
    for what, kib in after.lost_since(before).items():
        assert kib < SLACK[what], f"{what}: {kib} KiB lost"


def test_refused_loads(rig: Rig) -> None:
    """The loads that have to be refused, where every slip is seen; what they
    are answered on an ordinary kernel is tested among the crashes."""
    if not is_sanitized(rig):
        pytest.skip("an ordinary kernel: make test-sanitize")
    append = script.production_parameters(crashkernel(rig), True)
    steps = (script.names(script.capture_parameters(rig.arch, True))
             + script.load(LOADERS["own-file"]) + script.refuse(rig.arch)
             + TELL_STATE)
    # One of the files is larger than what is reserved, and all of it is read.
    with rig.machine(append, {"production": steps}, memory="2G",
                     cpus=2) as machine:
        machine.wait("up", seconds=BOOT)
        assert machine.wait("loaded", seconds=BOOT)["armed"] == "1"
        segments = machine.wait("refused-segments", seconds=PER_CHUNK)
        files = machine.wait("refused-files", seconds=PER_CHUNK)
        state = machine.wait("state", seconds=BOOT)
    rows = [line.split() for line in segments["rows"].splitlines()]
    assert rows and all(got == wanted for _, got, wanted in rows)
    assert dict(line.split() for line in files["rows"].splitlines()) == {
        name: errno for name, (_, errno)
        in script.file_refusals(rig.arch).items()}
    assert (files["armed"], files["verify"]) == ("1", "ok")
    assert clean(rig, state)


# How often what was plugged in comes and goes while others load. Where memory is
# a program asks in two steps, so these ask for what stays.
TURNS = 3
LOADS = (f"while [ ! -e /tmp/enough ]; do\n{LOADERS['own-file']}\n"
         f"{SEGMENTS} --split 1 {ROOM} "
         f"--flags {KEXEC_UPDATE_ELFCOREHDR}\ndone")


def locked_after(lockdep: str, lock: str) -> set[str]:
    """All that somebody took while he had @lock, or had taken since."""
    direct: dict[str, set[str]] = {}
    for line in lockdep.splitlines():
        if then := re.match(r" -> \[\w+\] (.+)", line):
            direct[name].add(then[1])
        elif found := re.match(r"\w+ .*FD: *\d+ BD: *\d+ \S+: (.+)", line):
            name = found[1]
            direct.setdefault(name, set())
    seen, todo = set(), [lock]
    while todo:
        new = direct.get(todo.pop(), set()) - seen
        seen |= new
        todo += new
    return seen


@pytest.mark.needs("hotplug")
def test_hotplug_in_loads(rig: Rig) -> None:
    """CPUs and memory come and go, each with locks of its own around what
    corrects the armed image, and the loads that it waits for take those locks
    too: lockdep sees all of their orders."""
    if not is_sanitized(rig):
        pytest.skip("an ordinary kernel: make test-sanitize")
    turn = (f"echo 1 > {CPU}/online\n"
            "for block in $blocks; do echo online_movable > $block; done\n"
            f"echo 0 > {CPU}/online\n"
            "for block in $blocks; do echo offline > $block; done\n")
    steps = (script.names(script.capture_parameters(rig.arch, True))
             + script.load(LOADERS["own-file"]) + "say ready\nstep=come\n"
             + f'until [ -e {CPU}/online ] && [ "{offline_blocks()}" ]; do'
               " sleep 0.1; done\n"
             + f"blocks={offline_blocks()}\n({LOADS}) > /tmp/rows 2>&1 &\n"
             + turn * TURNS + ": > /tmp/enough\nwait\n" + TELL_STATE
             + "say end rows=@/tmp/rows locks=@/proc/lockdep"
               ' verify="$(cat /sys/kernel/kexec_crash_verify)"'
               f' memory="$(cat {BLOCKS}/crash_hotplug)"\n')
    with rig.machine(
            script.production_parameters(crashkernel(rig), True),
            {"production": steps}, "1G", CPUS, cpu=rig.arch.hotplug_cpus,
            extra=["-smp", SMP, "-m", "1G,slots=1,maxmem=2G",
                   *rig.arch.hotplug_options]) as machine:
        machine.wait("up", seconds=BOOT)
        assert machine.wait("loaded", seconds=BOOT)["armed"] == "1"
        machine.wait("ready", seconds=BOOT)
        plug(machine, rig.arch)
        state = machine.wait("state", seconds=PER_CHUNK)
        end = machine.wait("end", seconds=BOOT)
    loads = end["rows"].split()
    assert len(loads) >= 2 and set(loads) == {"OK"}, loads
    assert (end["verify"], end["memory"]) == ("ok", "1")
    assert clean(rig, state)
    # It had something to judge.
    for hotplug in ("mem_hotplug_lock", "cpu_hotplug_lock"):
        assert "kexec_arm_lock" in locked_after(end["locks"], hotplug)
