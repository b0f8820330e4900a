# SPDX-License-Identifier: GPL-2.0
"""LKDTM as a module, for a kernel that has it as one: `make test-module`. What
it does once it is there is tested where it is built in."""

from __future__ import annotations

import re

import pytest

import script
from cases import LOADERS
from points import FILES
from rig import BOOT, Rig
from test_points import refused

MODULE = "lkdtm.ko"
CRASHKERNEL = "96M"

# What is asked for, the error that the loading ends with, what the log says
REFUSED = (
    ("cpoint_name=NOWHERE cpoint_type=PANIC", "Invalid argument",
     "no crash point 'NOWHERE'"),
    ("cpoint_name=TIMERADD cpoint_type=HARM", "Invalid argument",
     "no crash type 'HARM': give one of(?s:.*)PANIC_NMI"),
    ("cpoint_name=TIMERADD cpoint_type=EXHAUST_MEMORY", "Invalid argument",
     "TIMERADD: EXHAUST_MEMORY has to sleep: use it with DIRECT"),
    ("cpoint_name=TIMERADD", "Invalid argument", "give both or none"),
    ("cpoint_count=0", "Invalid argument", "cpoint_count=0: .*from 1"),
)


@pytest.fixture
def module(rig: Rig) -> dict:
    path = rig.kernel / MODULE
    if not path.exists():
        pytest.skip("LKDTM is built in: make test-module")
    return {MODULE: path}


def insert(parameters: str) -> str:
    """Loads it, tells how that went, what is there then, and the log."""
    return (f"dmesg -c > /tmp/old\nstatus=OK\n"
            f"busybox insmod /case/in/{MODULE} {parameters} 2> /tmp/error ||"
            f" status=$(cat /tmp/error)\nthere=no\n"
            f"[ ! -e {FILES} ] || there=yes\ndmesg > /tmp/log\n"
            f"say inserted status=\"$status\" there=$there log=@/tmp/log\n")


REMOVE = (f"status=OK\nbusybox rmmod lkdtm 2> /tmp/error ||"
          f" status=$(cat /tmp/error)\nthere=no\n"
          f"[ ! -e {FILES} ] || there=yes\ndmesg > /tmp/log\n"
          f"say removed status=\"$status\" there=$there log=@/tmp/log\n")


def test_comes_and_goes(rig: Rig, module: dict) -> None:
    """A module that is refused leaves nothing; one that is armed, or has
    crashed in vain, can be removed and loaded again."""
    steps = "".join(insert(asked) for asked, _, _ in REFUSED)
    steps += (insert("cpoint_count=1") + f"echo WARNING > {FILES}/DIRECT\n"
              f"echo WARNING > {FILES}/TIMERADD\nsleep 0.1\n" + REMOVE
              + insert("cpoint_count=1000000") + REMOVE
              + insert("cpoint_name=TIMERADD cpoint_type=PANIC"
                       " cpoint_count=1000000000") + REMOVE)
    with rig.machine("panic=1", {"production": steps, **module}) as machine:
        machine.wait("up", seconds=BOOT)
        for asked, error, says in REFUSED:
            seen = machine.wait("inserted", seconds=BOOT)
            assert error in seen["status"], (asked, seen)
            assert seen["there"] == "no"
            assert re.search(says, seen["log"]), (asked, seen["log"])
        for rounds in range(3):
            seen = machine.wait("inserted", seconds=BOOT)
            assert (seen["status"], seen["there"]) == ("OK", "yes"), seen
            seen = machine.wait("removed", seconds=BOOT)
            assert (seen["status"], seen["there"]) == ("OK", "no"), seen
            if not rounds:
                assert len(re.findall("WARNING: .*lkdtm_WARNING",
                                      seen["log"])) == 2


def test_stays_if_its_task_was_killed(rig: Rig, module: dict) -> None:
    """The file that it was asked through is open for ever, so the module is
    in use; who wants to remove it is told, and does not wait."""
    steps = insert("cpoint_count=1") + (
        f"{{ echo BUG | cat > {FILES}/DIRECT; }} 2> /tmp/killed || true\n"
        ) + REMOVE
    with rig.machine("panic=1", {"production": steps, **module}) as machine:
        machine.wait("up", seconds=BOOT)
        assert machine.wait("inserted", seconds=BOOT)["status"] == "OK"
        seen = machine.wait("removed", seconds=BOOT)
    assert "kernel BUG at" in seen["log"]
    assert "Resource temporarily unavailable" in seen["status"], seen
    assert seen["there"] == "yes"


def test_point_that_is_not_there(rig: Rig, module: dict) -> None:
    """This kernel has no NVMe: that is said, and the other points are there."""
    steps = (insert("cpoint_count=1") + refused("NVME_QUEUE_RQ", "WARNING")
             + refused("TIMERADD", "WARNING"))
    with rig.machine("panic=1", {"production": steps, **module}) as machine:
        machine.wait("up", seconds=BOOT)
        assert machine.wait("inserted", seconds=BOOT)["there"] == "yes"
        absent = machine.wait("tried", seconds=BOOT)
        there = machine.wait("tried", seconds=BOOT)
    assert "No such file or directory" in absent["status"], absent
    assert "NVME_QUEUE_RQ: this kernel has no function for it" in absent["log"]
    assert there["status"] == "OK", there
    assert re.search("TIMERADD: WARNING at hit 1(?s:.*)"
                     "WARNING: .*lkdtm_WARNING", there["log"])


@pytest.mark.parametrize("place, type_", [
    ("DIRECT", "PANIC"), ("WORKQUEUE_ENTRY", "PANIC"), ("TIMERADD", "BUG"),
    ("INT_TASKLET_ENTRY", "EXCEPTION")])
def test_crashes(rig: Rig, module: dict, place: str, type_: str) -> None:
    """Loaded with what it shall do: that is done, and there is a dump."""
    steps = (script.names(script.capture_parameters(rig.arch, True))
             + script.load(LOADERS["own-file"])
             + insert(f"cpoint_name={place} cpoint_type={type_} cpoint_count=1")
             + "sleep 60\n")
    append = script.production_parameters(CRASHKERNEL, True)
    with rig.machine(f"{append} oops=panic",
                     {"production": steps, "capture": "true\n", **module},
                     cpus=2) as machine:
        machine.wait("up", seconds=BOOT)
        assert machine.wait("loaded", seconds=BOOT)["armed"] == "1"
        seen = machine.wait("inserted", "up", seconds=BOOT)
        if seen["event"] == "inserted":
            seen = machine.wait("up", seconds=BOOT)
    assert seen["role"] == "capture"
    assert seen["vmcore"] != "none"
