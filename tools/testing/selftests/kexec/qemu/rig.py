# SPDX-License-Identifier: GPL-2.0
"""A place to boot machines at, for tests that need no more than that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from arch import Arch
from guest import Guest, make_disk
from machine import Config, Machine, in_turn

# Seconds after which silence is no verdict: ten times what an idle host takes.
BOOT = 120
SAVE = 180          # the dump


@dataclass
class Rig:
    arch: Arch
    kernel: Path
    guest: Guest
    work: Path
    accel: str

    def in_turn(self) -> Rig:
        """The same, and its processors take turns: see machine.in_turn()."""
        return replace(self, accel=in_turn(self.accel))

    def machine(self, append: str,
                scripts: Mapping[str, str | Path],
                memory: str = "384M", cpus: int = 1,
                capture: Path | None = None, disk_size: str = "128M",
                **settings: Any) -> Machine:
        """A machine whose kernels do what the script for their role says;
        what of @scripts is a path is a file beside them.

        @capture is the capture kernel's initramfs, if not the usual one;
        @settings are more of machine.Config's.
        """
        disk = self.work / "disk.img"
        make_disk(disk, {"kernel": self.kernel / self.arch.image,
                         "initrd": capture or self.guest.capture, **scripts},
                  disk_size)
        return Machine(Config(
            self.arch, self.kernel / self.arch.image, self.guest.production,
            self.work, append, disk, memory, cpus, self.accel, **settings))
