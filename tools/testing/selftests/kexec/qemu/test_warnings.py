# SPDX-License-Identifier: GPL-2.0
"""A warning at each crash point, one after the other, in a kernel that goes
on: that each is hit in the function that its row names, as often as asked for,
and that what sends the kernel there and back harms nothing. On any kernel, and
with `make test-sanitize` on one with KASAN, lockdep, preemption and ftrace.

Points of devices that the kernel has no driver for are not there, which
test_points.py would notice.
"""

from __future__ import annotations

import re
import subprocess

import script
from points import CRASHING, FILES, POINTS, Point, arm, plain
from rig import BOOT, Rig

ROUNDS = 3
# A warning goes to the log alone. Where a lock is held, of a workqueue's pool for
# instance, a console's driver must not be called: it may want the same one, as
# lockdep finds out and, being printed, shows.
QUIET = "loglevel=1"
SEEN = re.compile(r"WARNING: .*lkdtm_WARNING")
COMPLAINT = re.compile(r"^.*(?:KASAN|UBSAN|BUG|Oops|INFO: |ODEBUG"
                       r"|possible (?:recursive|circular|irq)).*", re.M)


def there(rig: Rig) -> list[Point]:
    """Points whose function this kernel has, and that take no device and no
    parameter."""
    symbols = subprocess.run(["nm", rig.kernel / "vmlinux"], check=True,
                             capture_output=True, text=True).stdout
    functions = set(plain(re.findall(r"^\S+ [tT] (\S+)$", symbols, re.M)))
    return [point for point in POINTS
            if point.kind != CRASHING and point.function in functions
            and not (point.disk or point.append or point.nmi)]


def warned(point: Point) -> str:
    """At the second hit, and told once it has come."""
    return (f"dmesg -c > /tmp/old\n{point.prepare}"
            + arm(point.name, "WARNING", 2) + point.stir * 2
            + "tries=0\nuntil dmesg | grep -q lkdtm_WARNING ||"
            " [ $((tries += 1)) -gt 50 ]; do sleep 0.1; done\n"
            + f"dmesg > /tmp/log\necho NONE > {FILES}/{point.name}\n"
            f"say warned point={point.name} log=@/tmp/log\n")


def test_each_point(rig: Rig) -> None:
    points = there(rig)
    assert len(points) >= 10
    steps = (script.names(script.capture_parameters(rig.arch, True))
             + "".join(map(warned, points)) * ROUNDS
             + 'say end lockdep=@/proc/lockdep_stats'
             ' taint="$(cat /proc/sys/kernel/tainted)"\n')
    append = f"{script.production_parameters('96M', True)} {QUIET}"
    # Each probe changes code that the other processor runs all the time.
    with rig.in_turn().machine(append, {"production": steps},
                               cpus=2) as machine:
        machine.wait("up", seconds=BOOT)
        for point in points * ROUNDS:
            seen = machine.wait("warned", seconds=BOOT)
            assert seen["point"] == point.name
            assert len(SEEN.findall(seen["log"])) == 1, seen
            # The compiler may have put something behind the name.
            assert re.search(rf" {point.function}[.\w]*\+0x", seen["log"]), seen
            assert not COMPLAINT.findall(seen["log"]), seen
        end = machine.wait("end", seconds=BOOT)
    config = (rig.kernel / "config").read_text()
    if "CONFIG_PROVE_LOCKING=y" in config:
        assert re.search(r"debug_locks: +1$", end["lockdep"], re.M)
