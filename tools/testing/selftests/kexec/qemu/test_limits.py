# SPDX-License-Identifier: GPL-2.0
"""At the limits: as many segments as there may be, an initrd that just fits
and one that does not, many loaders at once, a crash in the middle of a load, and
those limits that the administrator sets.

Whatever is refused there, what was armed stays armed and whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

import images
import script
from cases import LOADERS
from machine import Event, Machine
from rig import BOOT, Rig

PAGE = 4096
LOAD = 120              # seconds, for a step with many loads
# Of many loaders together; and what is left to chance of the free memory after
# them, in KiB: a quarter of what it were if each load lost a page.
LOADS = 256
SLACK = LOADS * PAGE // 4 >> 10

# Loads of 48 MiB that come to nothing, a dozen into them; and what may be lost
# by all of them, in KiB.
PRESSED = 5
PRESSED_SLACK = 2 << 10

OOPS = re.compile(r"^.*(?:WARNING:|BUG:|Oops|INFO: ).*", re.M)


def small_kernel(rig: Rig) -> dict[str, Path]:
    return {"small": images.write_small(rig.kernel / rig.arch.image,
                                        rig.work / "small")}


def row(machine: Machine) -> tuple[str, str, str]:
    seen = machine.wait("row", seconds=LOAD)
    return seen["errno"], seen["armed"], seen["verify"]


def step(command: str) -> str:
    return f'say row errno="$({command})" {script.STATE}\n'


def test_most_segments(rig: Rig) -> None:
    with rig.machine("panic=1 crashkernel=16M", {
            "production": step("kload limits segments")}) as machine:
        machine.wait("up", seconds=BOOT)
        assert row(machine) == ("OK", "1", "ok")


def test_largest_initrd(rig: Rig) -> None:
    """The largest is found by trying; one byte more is refused, whether or
    not something is armed, and what is armed stays."""
    load = "kload limits initrd /case/in/small"
    steps = ("size=$(kload limits largest /case/in/small)\n"
             "say largest size=$size\n"
             + step(f"{load} $((size + 1))")
             + step(f"{load} $size")
             + step(f"{load} $((size + 1))")
             + step(f"{load} $(cat /sys/kernel/kexec_crash_size)")
             + step("kload unload --crash")
             + step(f"{load} 1")
             + step(f"{load} $((size + 1))")
             + step(f"{load} $size"))
    with rig.machine("panic=1 crashkernel=4M",
                     {"production": steps, **small_kernel(rig)}) as machine:
        machine.wait("up", seconds=BOOT)
        size = int(machine.wait("largest", seconds=LOAD)["size"])
        rows = [row(machine) for _ in range(8)]
    assert 3 << 20 < size < 4 << 20
    assert rows == [
        # With a page more there is none left for the control pages.
        ("ENOMEM", "0", "none"),
        ("OK", "1", "ok"),
        ("ENOMEM", "1", "ok"),
        ("EADDRNOTAVAIL", "1", "ok"),
        ("OK", "0", "none"),
        ("OK", "1", "ok"),
        ("ENOMEM", "1", "ok"),
        # Nor if they have to be clear of the armed image's, which stays good
        # until there is another: it takes an unload first.
        ("ENOMEM", "1", "ok"),
    ]


@pytest.mark.needs("high memory")
def test_ordinary_in_high_memory(rig: Rig) -> None:
    """An image of less than half of RAM and more than all of low memory."""
    with rig.machine("panic=1", {
            "production": step("kload limits room 0x38000000 || true")},
            memory="2G") as machine:
        machine.wait("up", seconds=BOOT)
        assert row(machine) == ("OK", "0", "none")


def free_memory(name: str) -> str:
    return f"{script.DROP_CACHES}say {name} zones=@/proc/zoneinfo\n"


def free_kib(seen: Event) -> int:
    """In the zones' free lists, and in those of each CPU, which MemFree does
    not count and which change by themselves."""
    pages = re.findall(r"pages free +(\d+)|\bcount: +(\d+)", seen["zones"])
    return sum(int(free or listed) for free, listed in pages) * PAGE >> 10


def loaders_said(seen: Event) -> dict[str, tuple[int, int, int, str]]:
    said = {}
    for line in seen["rows"].splitlines():
        name, *numbers, errno = line.split()
        said[name] = (*map(int, numbers), errno)
    return said


def test_many_loaders(rig: Rig) -> None:
    """All that they are told is OK and EBUSY, what is armed in between is
    whole, and in the end nothing is lost."""
    run = "kload limits loaders /case/in/small {} > /tmp/rows\n"
    steps = (run.format(LOADS // 4) + free_memory("before") + run.format(LOADS)
             + free_memory("after")
             + "dmesg > /tmp/log\nsay loaders rows=@/tmp/rows log=@/tmp/log\n"
             + step("kload limits segments"))
    with rig.machine("panic=1 crashkernel=16M loglevel=1",
                     {"production": steps, **small_kernel(rig)},
                     cpus=2) as machine:
        machine.wait("up", seconds=BOOT)
        before = free_kib(machine.wait("before", seconds=LOAD))
        after = free_kib(machine.wait("after", seconds=LOAD))
        seen = machine.wait("loaders", seconds=LOAD)
        last = row(machine)
    said = loaders_said(seen)
    assert not OOPS.findall(seen["log"])
    assert last == ("OK", "1", "ok")
    for name, (ok, _, other, errno) in said.items():
        assert ok and not other, f"{name}: {errno}"
    assert said["crash"][1] and said["file"][1], "nobody was in the way"
    assert before - after < SLACK


def test_no_memory(rig: Rig) -> None:
    """Loads that have no memory to end with. The loader is killed for it in
    the middle of its load, which is undone: nothing is lost, and what was
    armed stays armed and whole."""
    steps = ("kload file --crash --kernel /case/in/small > /dev/null\n"
             "kload file --kernel /case/in/small > /dev/null\n"
             "kload limits pressure /case/in/small 1 > /tmp/rows\n"
             + free_memory("before")
             + f"kload limits pressure /case/in/small {PRESSED} > /tmp/rows\n"
             + free_memory("after")
             + "dmesg > /tmp/log\nsay pressed rows=@/tmp/rows log=@/tmp/log "
               f'ordinary="$(cat /sys/kernel/kexec_loaded)" {script.STATE}\n')
    with rig.machine("panic=1 crashkernel=64M loglevel=1",
                     {"production": steps, **small_kernel(rig)},
                     memory="256M") as machine:
        machine.wait("up", seconds=BOOT)
        before = free_kib(machine.wait("before", seconds=LOAD))
        after = free_kib(machine.wait("after", seconds=LOAD))
        seen = machine.wait("pressed", seconds=LOAD)
    rows = [line.split() for line in seen["rows"].splitlines()]
    assert len(rows) == 4 * PRESSED
    # Killed is who was loading; ENOMEM is one who was told before it came
    # to that.
    assert {result for _, result in rows} <= {"KILLED", "ENOMEM"}
    assert "oom-kill" in seen["log"]
    assert not re.findall("^.*(?:WARNING:|BUG:|Oops).*", seen["log"], re.M)
    assert (seen["armed"], seen["verify"], seen["ordinary"]) == ("1", "ok", "1")
    assert before - after < PRESSED_SLACK


# What there is to be set, and what is loaded.
SETTINGS = ("kexec_load_disabled", "kexec_load_limit_panic",
            "kexec_load_limit_reboot")
TELL_LIMITS = (" ".join(f'{name}="$(cat /proc/sys/kernel/{name})"'
                        for name in SETTINGS)
               + f' kexec_loaded="$(cat /sys/kernel/kexec_loaded)" {script.STATE}')


@dataclass(frozen=True)
class Step:
    command: str
    errno: str
    settings: str           # then: disabled, loads of crash images, of others
    loaded: str             # an ordinary image, a crash image


def setting(name: str, value: int) -> str:
    return f"kload write -- /proc/sys/kernel/kexec_load_{name} {value}"


LOAD_CRASH = "kload file --crash --kernel /case/in/small"
LOAD_ORDINARY = "kload file --kernel /case/in/small"

# Each finds what those before have done. What is counted are calls.
LIMITS = (
    Step("echo OK", "OK", "0 -1 -1", "0 0"),
    Step(setting("limit_panic", 3), "OK", "0 3 -1", "0 0"),
    Step(LOAD_CRASH, "OK", "0 2 -1", "0 1"),
    Step(setting("limit_panic", 3), "EINVAL", "0 2 -1", "0 1"),
    Step(setting("limit_panic", 2), "EINVAL", "0 2 -1", "0 1"),
    Step(setting("limit_panic", -1), "EINVAL", "0 2 -1", "0 1"),
    Step("kload unload --crash", "OK", "0 1 -1", "0 0"),
    Step(LOAD_CRASH, "OK", "0 0 -1", "0 1"),
    Step(LOAD_CRASH, "EPERM", "0 0 -1", "0 1"),
    Step("kload unload --crash", "EPERM", "0 0 -1", "0 1"),
    # The other kind is counted by itself.
    Step(LOAD_ORDINARY, "OK", "0 0 -1", "1 1"),
    Step("kload unload", "OK", "0 0 -1", "0 1"),
    Step(LOAD_ORDINARY, "OK", "0 0 -1", "1 1"),
    Step("kload unload --file", "OK", "0 0 -1", "0 1"),
    Step(setting("limit_reboot", 1), "OK", "0 0 1", "0 1"),
    Step(LOAD_ORDINARY, "OK", "0 0 0", "1 1"),
    Step("kload unload", "EPERM", "0 0 0", "1 1"),
    Step(setting("disabled", 0), "EINVAL", "0 0 0", "1 1"),
    Step(setting("disabled", 1), "OK", "1 0 0", "1 1"),
    Step(setting("disabled", 0), "EINVAL", "1 0 0", "1 1"),
)


def test_settings(rig: Rig) -> None:
    """What is written there is what is read, until a call is counted."""
    steps = "".join(f'say row errno="$({step.command})" {TELL_LIMITS}\n'
                    for step in LIMITS)
    with rig.machine("panic=1 crashkernel=16M",
                     {"production": steps, **small_kernel(rig)}) as machine:
        machine.wait("up", seconds=BOOT)
        for step in LIMITS:
            seen = machine.wait("row", seconds=LOAD)
            found = Step(step.command, seen["errno"],
                         " ".join(seen[name] for name in SETTINGS),
                         f"{seen['kexec_loaded']} {seen['armed']}")
            assert found == step
            assert seen["verify"] == ("ok" if seen["armed"] == "1"
                                      else "none")


CRASH_SIZE = "/sys/kernel/kexec_crash_size"


# In this order. The load that is held is one of a crash image.
BUSY = (
    ("kload reboot", "EINVAL"),                     # nothing is loaded
    ("kload reboot --no-cap", "EPERM"),
    (f"kload read {CRASH_SIZE}", "OK"),
    (f"kload write {CRASH_SIZE} $size", "OK"),
    (LOAD_ORDINARY, "OK"),
    ("kload limits held > /dev/null; echo held", "held"),
    ("kload reboot", "EBUSY"),                      # and it goes on
    ("kload reboot --no-cap", "EPERM"),
    (f"kload read {CRASH_SIZE}", "EBUSY"),
    (f"kload write {CRASH_SIZE} $size", "EBUSY"),
    (f"kload write {CRASH_SIZE} 0", "EBUSY"),
    ("kload unload", "EBUSY"),
    ("cat /sys/kernel/kexec_loaded", "1"),
)


def test_busy(rig: Rig) -> None:
    """While a load is under way, who would need it to stand still is told."""
    steps = f"size=$(cat {CRASH_SIZE})\n" + "".join(
        step(command) for command, _ in BUSY)
    with rig.machine("panic=1 crashkernel=16M",
                     {"production": steps, **small_kernel(rig)}) as machine:
        machine.wait("up", seconds=BOOT)
        for command, wanted in BUSY:
            assert (command, *row(machine)) == (command, wanted, "0", "none")


def test_crash_in_a_load(rig: Rig) -> None:
    """A load is under way and waits for the memory of its caller; then it
    crashes. What was armed is still whole, and is started."""
    steps = (script.names(script.capture_parameters(rig.arch, True))
             + script.load(LOADERS["own-file"])
             + "step=held\nkload limits held\n"
             + step("kload unload --crash || true")
             + step("kload file --crash --kernel /case/in/kernel || true")
             + script.trigger("sysrq-c"))
    with rig.machine(script.production_parameters("96M", True),
                     {"production": steps, "capture": "true\n"}) as machine:
        machine.wait("up", seconds=BOOT)
        machine.wait("loaded", seconds=BOOT)
        assert row(machine) == ("EBUSY", "1", "ok")
        assert row(machine) == ("EBUSY", "1", "ok")
        machine.wait("testimony", seconds=BOOT)
        up = machine.wait("up", seconds=BOOT)
    assert up["role"] == "capture"
    assert up["vmcore"] != "none"
