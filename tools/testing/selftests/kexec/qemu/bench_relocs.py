# SPDX-License-Identifier: GPL-2.0
"""What the tool of the build takes that lists what a kernel has to relocate:
ours and the base's, in the same guest, on the same vmlinux.

That is ours, linked once more with the relocations, which the build takes out
of its own. Both tools are compiled as the build compiles them, but for being
static. What they read is in the guest's memory before anything is measured.
"""

from __future__ import annotations

import os
import statistics
import subprocess
from pathlib import Path

from bench_rows import (RELOCS, VMLINUX, Clock, kernel_parameters,
                        tell_measured)
from guest import BUILD, TOP
from rig import BOOT, Rig

HOST = TOP / "tools/testing/kexec-host/relocs"
# What its Makefile calls them.
TOOLS = {"ours": "plain", "base": "peer"}
LIMIT = 600             # seconds


def _make(rig: Rig, out: Path, target: str, *settings: str) -> Path:
    """Something that the host's tests make, in the directory @out."""
    # What the make that runs this one has been told is not for it.
    env = {name: value for name, value in os.environ.items()
           if name not in ("MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES")}
    made = out / target
    with open(rig.work / f"make-{target}.log", "wb") as log:
        subprocess.run(
            ["make", "-C", str(HOST), f"KSRC={BUILD / 'base'}",
             f"OBJ={BUILD / 'obj' / rig.kernel.name}", f"OUT={out}",
             *settings, str(made)],
            check=True, env=env, stdin=subprocess.DEVNULL, stdout=log,
            stderr=log)
    return made


def measure(rig: Rig, kernel: str, clock: Clock, runs: int
            ) -> dict[str, float]:
    """The median for the tool of @kernel. @rig has our kernel for either."""
    tool = _make(rig, rig.work, TOOLS[kernel],
                 f"CC={rig.arch.compiler} -static")
    # The host's tests have it already, if they ran.
    vmlinux = _make(rig, BUILD / "host/relocs" / rig.kernel.name, "vmlinux")
    runs = runs if clock.runs else 1
    work = tell_measured(RELOCS.key, "measure run /tmp/relocs /tmp/vmlinux")
    # A disk that is waited for has a clock that counts jump.
    steps = ("step=prepare\nfor name in relocs vmlinux; do\n"
             "\tcat /case/in/$name > /tmp/$name\ndone\n"
             "chmod 755 /tmp/relocs\numount /case\n"
             + work * runs + "say done\n")
    with rig.machine(kernel_parameters(rig.arch, clock),
                     {"production": steps, "vmlinux": vmlinux,
                      "relocs": tool},
                     VMLINUX.memory, disk_size="1G", cpu=rig.arch.plain_cpu,
                     counted=clock.counted) as machine:
        machine.wait("up", seconds=LIMIT)
        told = [machine.wait("measured", seconds=LIMIT) for _ in range(runs)]
        machine.wait("done", seconds=BOOT)
    # As large as what is on it.
    (rig.work / "disk.img").unlink()
    return {RELOCS.key: statistics.median(
        clock.reading(*map(int, event["value"].split())) for event in told)}
