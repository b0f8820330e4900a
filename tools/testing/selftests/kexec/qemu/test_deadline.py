# SPDX-License-Identifier: GPL-2.0
"""capture_timeout=: a capture kernel that does not get done restarts the
machine, and one that was given more time does not."""

from __future__ import annotations

import pytest

import script
from cases import LOADERS
from machine import RESET, Machine
from points import arm
from rig import BOOT, Rig

FILE = "/sys/module/kernel/parameters/capture_timeout"
# From the start of the capture kernel. Beyond what goes by while it waits for
# its disk, and over at once where it waits for nothing else.
SECONDS = 200
# From when it is said, where nothing is waited for but the processor.
SOON = 2


def crash(rig: Rig, deadline: str, capture: str, counted: bool = True,
          cpus: int = 1) -> Machine:
    """Crashes into a capture kernel with this deadline and these steps."""
    clock = rig.arch.exact_clock if counted else ""
    parameters = (f"{script.capture_parameters(rig.arch, True)} {clock} "
                  f"{deadline}").replace("nr_cpus=1", f"nr_cpus={cpus}")
    production = f"{script.production_parameters('96M', True)} {clock}"
    return rig.machine(production, {
        "production": script.names(parameters)
        + script.load(LOADERS["own-file"])
        + script.trigger("sysrq-c"),
        "capture": capture}, cpus=cpus, counted=counted)


def into_capture(machine: Machine) -> None:
    machine.wait("up", seconds=BOOT)
    machine.wait("loaded", seconds=BOOT)
    machine.wait("testimony", seconds=BOOT)
    assert machine.wait("up", seconds=BOOT)["role"] == "capture"


def assert_restarted(machine: Machine, seconds: int) -> str:
    """By the deadline, and it has said so, among what is on the console."""
    machine.wait(RESET, seconds=BOOT)
    console = machine.serial.read_text(errors="replace")
    assert f"capture_timeout={seconds} seconds; restarting" in console
    return console


def test_deadline(rig: Rig) -> None:
    with crash(rig, f"capture_timeout={SECONDS}", "sleep 3600\n") as machine:
        into_capture(machine)
        assert_restarted(machine, SECONDS)


def test_lifted(rig: Rig) -> None:
    """Through sysfs; the time it had is over, and it goes on."""
    with crash(rig, f"capture_timeout={SECONDS}",
               f"echo 0 > {FILE}\nsleep {SECONDS}\n"
               f'say alive deadline="$(cat {FILE})"\n') as machine:
        into_capture(machine)
        assert machine.wait("alive", seconds=BOOT)["deadline"] == "0"


def test_set_later(rig: Rig) -> None:
    with crash(rig, "", f"say before deadline=\"$(cat {FILE})\"\n"
               f"echo 1 > {FILE}\nsleep 3600\n") as machine:
        into_capture(machine)
        assert machine.wait("before", seconds=BOOT)["deadline"] == "0"
        assert_restarted(machine, 1)


def busy(word: str) -> str:
    """In a soft interrupt, from which none other is served."""
    return arm("INT_SOFTIRQ_ENTRY", word) + "sleep 3600\n"


def soon() -> str:
    return f"echo {SOON} > {FILE}\n"


@pytest.mark.needs("interrupts in points")
def test_in_a_soft_interrupt(rig: Rig) -> None:
    """Where timers of tasks and of soft interrupts do not run any more."""
    with crash(rig, "", soon() + busy("LOOP")) as machine:
        into_capture(machine)
        console = assert_restarted(machine, SOON)
    assert "LOOP at run_timer_softirq" in console


def test_beside_a_busy_console(rig: Rig) -> None:
    """A task that hangs while it prints, on the other CPU: who has to restart
    the machine does not wait for the console. (If something else of this CPU
    prints, that does wait, with interrupts off, and this comes to nothing; so
    it begins when what a boot has to say has been said. The clock is of the CPU
    that set it, as the first one does when it boots.)"""
    steps = ("until [ $(cut -d. -f1 /proc/uptime) -ge 4 ]; do sleep 0.1; done\n"
             f"cat > /tmp/hang << 'END'\n{arm('CONSOLE_WRITE', 'LOOP')}"
             "echo hangs > /dev/kmsg\nEND\n"
             "say cpus cpus=$(cat /sys/devices/system/cpu/online)\n"
             f"busybox taskset -p 1 $$\n{soon()}"
             "busybox taskset 2 sh /tmp/hang\n")
    with crash(rig, "", steps, cpus=2) as machine:
        into_capture(machine)
        assert machine.wait("cpus", seconds=BOOT)["cpus"] == "0-1"
        machine.wait(RESET, seconds=BOOT)
    console = machine.serial.read_text(errors="replace")
    assert "CONSOLE_WRITE: LOOP at hit 1" in console
    # Of the kernel that crashed, and of no other.
    assert console.count("Kernel panic - not syncing: ") == 1


def test_panic(rig: Rig) -> None:
    """Nobody has said what a panic waits for, and it waits long before the
    deadline. It counts its seconds in a loop, which is long where each turn
    counts. What it says of them is not to be seen where it came upon a task
    that had the console."""
    with crash(rig, "panic=0 capture_timeout=600", busy("PANIC"),
               counted=False) as machine:
        into_capture(machine)
        machine.wait(RESET, seconds=BOOT)
    console = machine.serial.read_text(errors="replace")
    assert console.count("Kernel panic - not syncing: ") == 2
    assert "capture_timeout=600 seconds" not in console


def test_refused(rig: Rig) -> None:
    """What is no number of seconds is refused with a line that says so, and in
    a kernel that is no capture kernel a deadline means nothing."""
    steps = "".join(f"{{ echo {value} > {FILE}; }} 2> /tmp/error || true\n"
                    f"say tried error=@/tmp/error\n"
                    for value in ("never", "-1", "604801", "1"))
    with rig.machine("panic=1 capture_timeout=soon", {
            "production": steps + "sleep 3\ndmesg > /tmp/log\n"
            f'say end log=@/tmp/log deadline="$(cat {FILE})"\n'}) as machine:
        machine.wait("up", seconds=BOOT)
        errors = [machine.wait("tried", seconds=BOOT)["error"]
                  for _ in range(4)]
        end = machine.wait("end", seconds=BOOT)
    assert ["Invalid argument" in error for error in errors] == \
        [True, True, True, False], errors
    assert end["deadline"] == "1"
    for word in ("soon", "never", "604801"):
        assert f"capture_timeout={word}: give seconds, at most 604800" \
            in end["log"]
