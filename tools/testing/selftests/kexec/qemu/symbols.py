# SPDX-License-Identifier: GPL-2.0
"""The vmlinux that the tools read: the kernel's, with an index of its names.

Without one, crash reads a hundred megabytes of DWARF each time it starts. It
carries an old gdb; where the host's writes a newer index than that reads, or
is missing, crash is merely slower.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from guest import BUILD, locked

SECTION = ".gdb_index"


def _index(vmlinux: Path) -> None:
    """Adds the index, as gdb's manual says to ("Index Files")."""
    subprocess.run(["gdb", "-nx", "-batch", "-ex",
                    f"save gdb-index {vmlinux.parent}", str(vmlinux)],
                   check=True, capture_output=True)
    index = vmlinux.with_name(vmlinux.name + ".gdb-index")
    subprocess.run(["objcopy", "--add-section", f"{SECTION}={index}",
                    "--set-section-flags", f"{SECTION}=readonly",
                    str(vmlinux)], check=True)
    index.unlink()


def indexed(kernel: Path) -> Path:
    """The directory with the indexed vmlinux of the kernel in @kernel."""
    source = kernel / "vmlinux"
    if not shutil.which("gdb"):
        return kernel
    state = source.stat()
    recipe = f"{source.resolve()} {state.st_size} {state.st_mtime_ns}"
    out = BUILD / "symbols" / kernel.name
    stamp = out / "recipe"
    with locked(BUILD / "symbols" / f"{kernel.name}.lock"):
        if stamp.exists() and stamp.read_text() == recipe:
            return out
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        shutil.copy(source, out / "vmlinux")
        _index(out / "vmlinux")
        stamp.write_text(recipe)
    return out
