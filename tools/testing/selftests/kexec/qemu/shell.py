#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""A guest to try things in by hand: the kernel and the programs that the tests
have, with the serial console on this terminal.

The kernel that crashes gives a shell, and so does the capture kernel, for
which a disk is mounted on /case. Ctrl-A X ends it all, Ctrl-A C is the
emulator's monitor (`nmi` there is the button). A dump that was left in
/case/out/dump is taken from the disk at the end, and with it `make look
FROM=build/shell` opens it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

import script
from arch import ARCHES, Arch, lacks
from cases import LOADERS, SAVERS, loader_needs
from guest import BUILD, disk_file, make, make_disk
from machine import Config, Machine
from options import add_kernel_options, kernel_directory, kernel_lacks

# Variables and commands for whoever types, and a shell on the console that has
# job control. Whatever it ends with is no failure of the guest's. busybox's shell
# takes its own cp before any other, which writes the holes of a dump as zeros.
SHELL = """step=shell
busybox mkdir -p /tmp/bin
busybox --install -s /tmp/bin
for program in cp tar; do
	[ ! -x /usr/bin/$program ] || echo "alias $program=/usr/bin/$program"
done > /tmp/aliases
export PATH=$PATH:/tmp/bin PS1="$role# " HOME=/tmp kernel initrd cmdline
export ENV=/tmp/aliases
trap - EXIT
set +e
cat << 'end'

{hello}
end
cd /tmp
busybox setsid busybox cttyhack sh 2>&1
cd /
umount /case
sync
reboot -f
"""
PRODUCTION = """This kernel is there to be crashed. Ctrl-A X: leave; exit: leave, too.
  {arm:<11}{load}
  look:      cat /sys/kernel/kexec_crash_loaded /sys/kernel/kexec_crash_verify
  crash it:  echo c > /proc/sysrq-trigger"""
CAPTURE = """This is the kernel that was loaded. Ctrl-A X: leave.
  save:      {save}
             (makedumpfile calls every kernel newer than itself unsupported)
  or by cp:  echo 31 > {level}; cp /proc/vmcore /case/out/dump
  leave:     exit    (that puts the disk down, so that the dump is on it)"""


def scripts(arch: Arch, loader: str, saver: str, load: bool, more: str
            ) -> dict[str, str]:
    """What the guest's init does in each of the two kernels."""
    parameters = f"{script.capture_parameters(arch, True)} {more}".strip()
    hello = PRODUCTION.format(arm="armed:" if load else "arm it:",
                              load=LOADERS[loader])
    return {"production": (script.names(parameters)
                           + (script.load(LOADERS[loader]) if load else "")
                           + SHELL.format(hello=hello)),
            "capture": SHELL.format(
                hello=CAPTURE.format(save=SAVERS[saver], level=script.LEVEL))}


def run(arch: Arch, kernel: Path, work: Path, options: argparse.Namespace
        ) -> int:
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    guest = make(arch)
    saver = "cp" if "crash" in arch.lacks else "lzo"
    disk = work / "disk.img"
    make_disk(disk, {"kernel": kernel / arch.image, "initrd": guest.capture,
                     **scripts(arch, options.loader, saver, options.load,
                               options.capture_append)})
    append = (f"{script.production_parameters(options.crashkernel, True)} "
              f"{options.append}").strip()
    with Machine(Config(arch, kernel / arch.image, guest.production, work,
                        append, disk, options.memory, options.cpus,
                        on_terminal=True)) as machine:
        machine.run_out()
    try:
        disk_file(disk, "dump", work / "dump")
    except FileNotFoundError:
        pass
    disk.unlink()
    where = os.path.relpath(work)
    print(f"\nshell: the console is in {where}/console.log"
          + (f", the dump in {where}/dump: `make look FROM={where}` opens it, "
             "until the next make shell" if (work / "dump").exists() else ""))
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    add_kernel_options(parser.add_argument)
    parser.add_argument("--work", type=Path, metavar="DIR",
                        default=BUILD / "shell",
                        help="where console and dump go (%(default)s)")
    parser.add_argument("--load", action="store_true",
                        help="with a capture kernel that is loaded already")
    parser.add_argument("--loader", choices=LOADERS, help="by which program")
    parser.add_argument("--cpus", type=int, default=2)
    parser.add_argument("--memory", default="512M")
    parser.add_argument("--crashkernel", default="96M")
    parser.add_argument("--append", default="", metavar="PARAMETERS",
                        help="more for the kernel that crashes")
    parser.add_argument("--capture-append", default="", metavar="PARAMETERS",
                        help="more for the capture kernel: vmcore_level=31")
    options = parser.parse_args()
    arch = ARCHES[options.arch]
    kernel = kernel_directory(options.kernel, arch.name)
    if not options.loader:
        options.loader = "own-file" if "kexec -s" in arch.lacks else "kexec-s"
    why = [lacks(arch, kernel, need) for need in loader_needs(options.loader)]
    if any(why):
        parser.error(f"{options.loader}, {arch.name}: {' '.join(why)}")
    if missing := kernel_lacks(kernel, arch):
        print(f"shell: {missing}")
        return 1
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        print("shell: wants a terminal to be typed at; make demo takes none")
        return 1
    return run(arch, kernel, options.work.resolve(), options)


if __name__ == "__main__":
    sys.exit(main())
