# SPDX-License-Identifier: GPL-2.0
"""What /proc/iomem says: which physical addresses are of what kind."""

from __future__ import annotations

import re

CRASH_KERNEL = "Crash kernel"
RAM = "System RAM"
CODE = "Kernel code"

Span = tuple[int, int]      # the first address, and the one behind the last


def spans(iomem: str, what: str) -> list[Span]:
    """Where this is, at any depth, in the file's order."""
    return [(int(start, 16), int(end, 16) + 1) for start, end in
            re.findall(rf"^ *([0-9a-f]+)-([0-9a-f]+) : {what}$", iomem, re.M)]
