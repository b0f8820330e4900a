# SPDX-License-Identifier: GPL-2.0
"""What runs inside the machines: a Debian tree, and initramfs images from it.

The tree's tools (crash, drgn, gdb) also run on the host, in a chroot, to judge
dumps. Everything is kept under build/guest/<arch>/ and made again when its
recipe changes.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Iterator

from arch import ARCHES, Arch, native
from cpio import Archive

HERE = Path(__file__).resolve().parent
LOAD = HERE.parent / "load"
TOP = HERE.parents[4]
BUILD = TOP / "build"

# What in_tree() mounts things on.
MOUNT_POINTS = ("mnt", "kernel", "proc", "dev")

SUITE = "trixie"
# A later one, for a makedumpfile that knows 6.12's free pages.
LATER_SUITE = "forky"
LATER = ("base-files", "libc-bin", "makedumpfile")
PACKAGES = ("base-files", "libc-bin", "coreutils", "busybox-static",
            "kexec-tools", "makedumpfile", "crash", "python3-drgn", "gdb",
            "systemd",
            # What people pipe crash's answers into.
            "dash", "grep", "less", "sed")
# Where something comes and goes, and somebody has to be told.
UDEV_PACKAGES = ("udev", "kdump-tools")
# The suite's own emulator, for hosts whose is older; and what it reads.
EMULATOR = ("base-files", "libc-bin", "qemu-system-x86")
FIRMWARE = ("usr/share/qemu", "usr/share/seabios", "usr/lib/ipxe/qemu")
LEFT_OUT = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/info/*",
            "/usr/share/locale/*", "/usr/share/lintian/*")

# What busybox answers to; cp and tar are the real ones, where a case uses them.
APPLETS = ("sh", "cat", "chmod", "cmp", "cut", "dd", "dmesg", "echo", "grep",
           "head", "ls", "mkdir", "mount", "mv", "printf", "ps", "reboot", "rm",
           "sed", "sleep", "stat", "sync", "tail", "test", "umount", "uname")
SMALL_PROGRAMS = ("usr/bin/makedumpfile",)
CAPTURE_PROGRAMS = ("usr/bin/cp", "usr/bin/makedumpfile", "usr/bin/tar")
# The last ones are for the scripts of other selftests.
PRODUCTION_PROGRAMS = CAPTURE_PROGRAMS + (
    "usr/sbin/kexec", "usr/bin/basename", "usr/bin/comm", "usr/bin/mktemp",
    "usr/bin/seq")
# systemd as the first program, and what it becomes at the end.
SYSTEMD_PROGRAMS = PRODUCTION_PROGRAMS + (
    "usr/lib/systemd/systemd", "usr/lib/systemd/systemd-executor",
    "usr/lib/systemd/systemd-shutdown", "usr/bin/systemctl")
UDEV_PROGRAMS = ("usr/bin/udevadm",)
UDEV_RULES = "usr/lib/udev/rules.d/50-kdump-tools.rules"
# What it is told of a reboot through kexec.
SYSTEMD_TEXTS = tuple(f"usr/lib/systemd/system/{unit}" for unit in (
    "kexec.target", "systemd-kexec.service", "shutdown.target",
    "umount.target", "final.target"))


@dataclass(frozen=True)
class Guest:
    arch: Arch
    tree: Path
    production: Path            # initramfs of the kernel that will crash
    capture: Path               # and of the one that saves the dump
    small: Path                 # for that too, with no more than it takes
    vmcore: Path                # the program that examines /proc/vmcore
    systemd: Path               # as @production, with systemd and udev


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Two workers that find nothing there must not both make it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _made_from(stamp: Path, recipe: str, product: Path) -> bool:
    return (product.exists() and stamp.exists()
            and stamp.read_text() == recipe)


def _digest(paths: list[Path]) -> str:
    total = hashlib.sha256()
    for path in paths:
        total.update(path.name.encode() + b"\0" + path.read_bytes())
    return total.hexdigest()


def _make_tree(tree: Path, architecture: str, packages: tuple[str, ...],
               suite: str = SUITE) -> None:
    """These packages of Debian, and what they depend on."""
    recipe = json.dumps([suite, packages, LEFT_OUT, MOUNT_POINTS,
                         architecture])
    stamp = tree.with_suffix(".recipe")
    if _made_from(stamp, recipe, tree):
        return
    stamp.unlink(missing_ok=True)
    new = tree.with_suffix(".new")
    subprocess.run(["rm", "-rf", str(new)], check=True)
    # Extracted, not installed: no maintainer script runs, so it needs neither
    # this machine's architecture nor root. apt checks the signatures.
    command = ["mmdebstrap", "--variant=extract",
               f"--architectures={architecture}",
               f"--include={','.join(packages)}",
               '--aptopt=APT::Install-Recommends "false"',
               # A mirror may stand still; what it has is signed all the same.
               '--aptopt=Acquire::Check-Valid-Until "false"',
               # The release as it is: what comes to it day by day no guest
               # needs, and mirrors have half of it at times.
               "--setup-hook=sed -i '/-updates\\|-security/d'"
               ' "$1/etc/apt/sources.list"',
               *(f"--dpkgopt=path-exclude={glob}" for glob in LEFT_OUT),
               suite, str(new)]
    mirror = os.environ.get("KEXEC_DEBIAN_MIRROR")
    log = tree.with_suffix(".log")
    print(f"making a Debian {suite} tree, log in {log}", flush=True)
    with open(log, "wb") as out:
        subprocess.run(command + ([mirror] if mirror else []), check=True,
                       stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    for mount_point in MOUNT_POINTS:
        (new / mount_point).mkdir(exist_ok=True)
    subprocess.run(["rm", "-rf", str(tree)], check=True)
    new.rename(tree)
    stamp.write_text(recipe)


def _compile(arch: Arch, out: Path) -> dict[str, Path]:
    """The static programs."""
    sources = {
        "kload": ["kload.c", "die.c", "page.c", "system.c", "corehdr.c",
                  "refuse.c", "limits.c", "pressure.c", "fail.c", "jump.c",
                  "fuzz.c", "fuzz_segments.c", "fuzz_files.c",
                  "fuzz_watch.c", *arch.loader],
        "witness": ["witness.c", "die.c", "page.c", "tell.c"],
        "vmcore": ["vmcore.c", "die.c", "vmcore_checks.c", "vmcore_expect.c",
                   "vmcore_read.c", "vmcore_map.c", "vmcore_memory.c",
                   "tell.c"],
        "measure": ["measure.c", "die.c"],
        "frames": ["frames.c", "die.c", "page.c"],
        "stir": ["stir.c", "device.c", "die.c"],
        "wire": ["wire.c", "device.c", "die.c"],
    }
    programs = {}
    for name, files in sources.items():
        paths = [LOAD / file for file in files]
        programs[name] = out / name
        stamp = out / f"{name}.recipe"
        recipe = _digest(paths + sorted(LOAD.glob("*.h")))
        if _made_from(stamp, recipe, programs[name]):
            continue
        subprocess.run([arch.compiler, "-O2", "-s", "-static", "-pthread",
                        "-D_FILE_OFFSET_BITS=64", "-o",
                        str(programs[name]), *map(str, paths)],
                       check=True)
        stamp.write_text(recipe)
    return programs


def _needed(path: Path) -> list[str]:
    """The shared libraries and the loader that a program asks for."""
    text = subprocess.run(["readelf", "-ld", str(path)], check=True,
                          capture_output=True, text=True).stdout
    return (re.findall(r"\(NEEDED\).*\[(.*)\]", text)
            + re.findall(r"interpreter: (.*)\]", text))


def _libraries(arch: Arch, tree: Path, programs: tuple[str, ...]) -> set[str]:
    found: set[str] = set()
    todo = list(programs)
    while todo:
        for name in _needed(tree / todo.pop()):
            path = (re.sub("^/lib/", "usr/lib/", name).lstrip("/")
                    if "/" in name else f"usr/lib/{arch.libdir}/{name}")
            if not (tree / path).exists():      # systemd's own, by RUNPATH
                path = f"usr/lib/{arch.libdir}/systemd/{name}"
            if path not in found:
                found.add(path)
                todo.append(path)
    return found


def _make_initramfs(arch: Arch, tree: Path, own: dict[str, Path],
                    programs: tuple[str, ...], out: Path,
                    texts: tuple[str, ...] = ()) -> None:
    recipe = _digest([HERE / "guest" / "init", HERE / "guest.py",
                      HERE / "cpio.py", *own.values(),
                      tree.with_suffix(".recipe")])
    stamp = out.with_suffix(".recipe")
    if _made_from(stamp, recipe, out):
        return
    raw = out.with_suffix(".cpio")
    with open(raw, "wb") as file:
        archive = Archive(file)
        for directory in ("dev", "proc", "sys", "tmp", "case", "ram"):
            archive.directory(directory)
        archive.file("init", (HERE / "guest" / "init").read_bytes())
        archive.file("bin/busybox", (tree / "usr/bin/busybox").read_bytes())
        for applet in APPLETS:
            archive.link(f"bin/{applet}", "busybox")
        for name, path in own.items():
            archive.file(f"bin/{name}", path.read_bytes())
        for name in sorted(set(programs) | _libraries(arch, tree, programs)):
            archive.file(name, (tree / name).read_bytes())
        for name in texts:
            archive.file(name, (tree / name).read_bytes(), 0o644)
        # Where the programs look: the tree is merged, the archive is not.
        archive.link("lib", "usr/lib")
        archive.close()
    subprocess.run(["zstd", "-q", "-f", "-12", str(raw), "-o", str(out)],
                   check=True)
    raw.unlink()
    stamp.write_text(recipe)


def make(arch: Arch) -> Guest:
    out = BUILD / "guest" / arch.name
    guest = Guest(arch, out / "tree", out / "production.cpio.zst",
                  out / "capture.cpio.zst", out / "small.cpio.zst",
                  out / "vmcore", out / "systemd.cpio.zst")
    with_udev = "hotplug" not in arch.lacks
    with locked(out / "lock"):
        _make_tree(guest.tree, arch.debian,
                   PACKAGES + (UDEV_PACKAGES if with_udev else ()))
        own = _compile(arch, out)
        own.pop(guest.vmcore.name)
        _make_initramfs(arch, guest.tree, own, PRODUCTION_PROGRAMS,
                        guest.production)
        _make_initramfs(
            arch, guest.tree, own,
            SYSTEMD_PROGRAMS + (UDEV_PROGRAMS if with_udev else ()),
            guest.systemd,
            SYSTEMD_TEXTS + ((UDEV_RULES,) if with_udev else ()))
        _make_initramfs(arch, guest.tree, own, CAPTURE_PROGRAMS,
                        guest.capture)
        _make_initramfs(arch, guest.tree, {"witness": own["witness"]},
                        SMALL_PROGRAMS, guest.small)
    return guest


def later_makedumpfile(guest: Guest) -> Path:
    """The capture kernel's initramfs, with a later makedumpfile beside the
    other one: /bin/makedumpfile-later."""
    out = BUILD / "guest" / guest.arch.name
    tree, image = out / "later", out / "later.cpio.zst"
    program = "usr/bin/makedumpfile"
    with locked(out / "lock"):
        _make_tree(tree, guest.arch.debian, LATER, LATER_SUITE)
        recipe = _digest([HERE / "guest.py", HERE / "cpio.py",
                          guest.capture.with_suffix(".recipe"),
                          tree.with_suffix(".recipe")])
        stamp = image.with_suffix(".recipe")
        if _made_from(stamp, recipe, image):
            return image
        libraries = _libraries(guest.arch, tree, (program,))
        loader = next(name for name in sorted(libraries)
                      if Path(name).name.startswith("ld-linux"))
        raw = image.with_suffix(".cpio")
        with open(raw, "wb") as file:
            archive = Archive(file)
            for name in sorted(libraries | {program}):
                archive.file(f"later/{name}", (tree / name).read_bytes())
            archive.file("bin/makedumpfile-later", (
                f"#!/bin/sh\nexec /later/{loader} --library-path "
                f"/later/usr/lib/{guest.arch.libdir} /later/{program} \"$@\"\n"
                ).encode())
            archive.close()
        subprocess.run(["zstd", "-q", "-f", "-12", str(raw), "-o",
                        str(image)], check=True)
        raw.unlink()
        # One archive behind the other is as good as one.
        image.write_bytes(guest.capture.read_bytes() + image.read_bytes())
        stamp.write_text(recipe)
    return image


def newer_emulator(arch: Arch) -> Arch:
    """@arch as the suite's emulator has it: run from a tree of its own, by the
    tree's dynamic loader, with nothing installed. For what an older one cannot
    do."""
    host = ARCHES[native()]
    tree = BUILD / "guest" / "emulator" / "tree"
    with locked(tree.with_name("lock")):
        _make_tree(tree, host.debian, EMULATOR)
    program = tree / "usr/bin" / arch.qemu
    (loader,) = (name for name in _needed(program) if name.startswith("/"))
    return replace(arch, command=(
        str(tree) + loader, "--library-path",
        str(tree / "usr/lib" / host.libdir), str(program),
        *(word for data in FIRMWARE for word in ("-L", str(tree / data)))))


def in_tree(guest: Guest, command: list[str], work: Path, kernel: Path,
            **options: object) -> subprocess.CompletedProcess[str]:
    """Runs a program of the tree on the host: @work at /mnt, @kernel at
    /kernel. Anyone may: who is not root becomes it in a user namespace."""
    script = ('mount --bind "$1" "$3/mnt" && mount --bind "$2" "$3/kernel" '
              '&& mount --rbind /dev "$3/dev" '
              '&& mount --rbind /proc "$3/proc" '
              '&& root=$3 && shift 3 && exec chroot "$root" "$@"')
    unshare = ["unshare", "--mount"]
    if os.geteuid():
        unshare.append("--map-root-user")
    return subprocess.run(
        [*unshare, "sh", "-c", script, "sh", str(work), str(kernel),
         str(guest.tree), *command],
        text=True, errors="replace", **options)


def make_disk(path: Path, files: dict[str, Path | str], size: str = "2G"
              ) -> None:
    """An ext4 disk with these files under in/ and an empty out/."""
    content = path.with_suffix(".content")
    shutil.rmtree(content, ignore_errors=True)
    (content / "in").mkdir(parents=True)
    (content / "out").mkdir()
    for name, source in files.items():
        target = content / "in" / name
        if isinstance(source, Path):
            shutil.copy(source, target)
        else:
            target.write_text(source)
    path.unlink(missing_ok=True)
    subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", "-O", "^has_journal",
                    "-L", "case", "-E", "lazy_itable_init=1", "-d", str(content),
                    str(path), size], check=True, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL)
    shutil.rmtree(content)


def disk_file(disk: Path, name: str, to: Path) -> Path:
    """Takes out/@name from the disk."""
    to.unlink(missing_ok=True)
    subprocess.run(["debugfs", "-R", f"dump out/{name} {to}", str(disk)],
                   check=True, capture_output=True)
    if not to.exists() or not to.stat().st_size:
        raise FileNotFoundError(f"out/{name} is not on {disk}")
    return to
