# SPDX-License-Identifier: GPL-2.0
"""The harness tells apart what it has to: failed, silent, reset; and a test
that reports success was not merely unable to fail."""

from __future__ import annotations

import pytest

import ktap
from elf import Core
from rig import BOOT, Rig
from machine import RESET, NoVerdict, Unexpected

SILENCE = 2


def test_failed_step(rig: Rig) -> None:
    with rig.machine("panic=1", {"production": "step=x\nfalse\n"}
                       ) as machine:
        machine.wait("up", seconds=BOOT)
        with pytest.raises(Unexpected, match='"step": "x"'):
            machine.wait("loaded", seconds=BOOT)


def test_silence(rig: Rig) -> None:
    with rig.machine("panic=1", {"production": "sleep 3600\n"}) as machine:
        machine.wait("up", seconds=BOOT)
        with pytest.raises(NoVerdict):
            machine.wait("loaded", seconds=SILENCE)
    registers = (rig.work / "registers.txt").read_text()
    assert "IP=" in registers and "LVTT" in registers
    memory = rig.work / "silent.elf"
    assert sum(load.filesz for load in Core(memory).loads) >= 384 << 20
    memory.unlink()


def test_unforeseen_reset(rig: Rig) -> None:
    with rig.machine("panic=1", {"production": "reboot -f\n"}) as machine:
        machine.wait("up", seconds=BOOT)
        with pytest.raises(Unexpected, match=RESET):
            machine.wait("loaded", seconds=BOOT)


KTAP = """KTAP version 1
    # Subtest: fruit
    1..3
    ok 1 apple
        KTAP version 1
        not ok 1 core
    not ok 2 pear
    ok 3 plum # SKIP out of season
not ok 1 fruit
"""


def test_ktap() -> None:
    suite = ktap.parse(KTAP, "fruit")
    assert suite == ktap.Suite(1, 1, ["core", "pear"], False)
    assert ktap.parse("", "fruit").verdict is None
