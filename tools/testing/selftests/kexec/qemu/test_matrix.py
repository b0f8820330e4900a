# SPDX-License-Identifier: GPL-2.0
"""A sample of the crash matrix: each crash type there and then, and a few
points that are hard on the crash path. matrix.py has the rest."""

from __future__ import annotations

import pytest

from conftest import rows
from matrix_cells import Cell, cells
from matrix_judge import cpus_of, judged, lacking
from rig import Rig

SAMPLE = (
    "DIRECT-BUG-2cpu-idle",
    "DIRECT-EXHAUST_STACK-2cpu-idle",
    "DIRECT-LOOP-1cpu-idle",
    "DIRECT-WARNING-2cpu-idle",
    "DIRECT-CORRUPT_STACK-1cpu-idle",
    "DIRECT-HARDLOCKUP-2cpu-idle",
    "DIRECT-SPINLOCKUP-2cpu-idle",
    "DIRECT-HUNG_TASK-2cpu-idle",
    "DIRECT-SMP_CALL_LOCKUP-2cpu-idle",
    "DIRECT-PANIC_NMI-2cpu-idle",
    "DIRECT-PANIC_TWICE-2cpu-idle",
    "DIRECT-PANIC_OTHERS_IRQOFF-4cpu-idle",
    "DIRECT-PANIC_OTHERS_IN_NMI-4cpu-idle",
    "DIRECT-PANIC_STOP_IRQOFF-2cpu-idle",
    "DIRECT-PANIC_CONSOLE_LOCK-2cpu-idle",
    "DIRECT-PANIC_ZONE_LOCK-2cpu-idle",
    "DIRECT-EXHAUST_MEMORY-2cpu-idle",
    "DIRECT-WRITE_CRASH_KERNEL-2cpu-idle",
    "CRASH_SHUTDOWN-PANIC-2cpu-idle",
    "INT_HARDWARE_ENTRY-BUG-4cpu-loaded",
    "INT_NMI_ENTRY-EXHAUST_STACK-2cpu-idle",
    "WORKQUEUE_ENTRY-EXCEPTION-2cpu-loaded",
    "BLOCK_COMPLETION-LOOP-2cpu-loaded",
    "NET_RECEIVE-PANIC-2cpu-loaded",
)


def sample() -> list[Cell]:
    by_name = {cell.name: cell for cell in cells()}
    return [by_name[name] for name in SAMPLE]


@pytest.mark.needs("crash")
@pytest.mark.parametrize("cell", rows(sample()))
def test_cell(rig: Rig, cell: Cell) -> None:
    verdict = judged(cell, rig)
    assert verdict.good, verdict.why
    (rig.work / "dump").unlink()


def test_judge() -> None:
    """What the judge would miss if it counted wrong."""
    assert cpus_of("0,2-3") == {0, 2, 3}
    assert cpus_of("") == set()
    assert not lacking(0, 10, [(0, 4), (4, 10)])
    assert lacking(0, 10, [(0, 4), (5, 10)])
    assert lacking(0, 10, [(1, 10)])
    assert lacking(0, 10, [(0, 9)])
