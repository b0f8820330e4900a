# SPDX-License-Identifier: GPL-2.0
"""Which kernel: the options for it, of tests and of programs alike."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from arch import ARCHES, Arch, native
from guest import BUILD


def add_kernel_options(add: Callable[..., Any]) -> None:
    """@add is add_argument() of argparse, or what pytest has for it."""
    add("--arch", choices=sorted(ARCHES),
        default=os.environ.get("KEXEC_ARCH", native()))
    add("--kernel", type=Path, metavar="DIR",
        default=os.environ.get("KEXEC_KERNEL_DIR") or None,
        help="the kernel under test: image and vmlinux "
             "(default build/kernel/<arch>)")


def kernel_directory(chosen: Path | None, name: str) -> Path:
    """@name is the default's: the architecture's as a rule."""
    return (chosen or BUILD / "kernel" / name).resolve()


def kernel_lacks(directory: Path, arch: Arch, vmlinux: bool = False) -> str:
    """Why this is no kernel to test; empty if it is one."""
    for name in (arch.image,) + ("vmlinux",) * vmlinux:
        if not (directory / name).exists():
            return f"{directory} has no {name}: make kernel"
    return ""
