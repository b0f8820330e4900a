#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""make series-check: the series applied to pristine bases, and built patch by patch.

    series_check.py [FLAVOUR] [--base NAME,...] [--from N] [--quick] [--keep-going]

For each 6.12.y at hand: the base that make tree uses, and the packages of
series/bases (with KSRC=<a 6.12.y tree> that tree alone). git am takes the
patches one after the other; after each, what it changed is compiled; in the
end every file has to be what make tree makes of that base.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import time

from manifest import ROOT, Manifest, ManifestError
import check
import configured
import kbuild
import kernel
import patches
import progress
import tree

OUT = os.path.join(tree.BUILD, "series-check")
class Base:
    """A pristine 6.12.y: its name, and how its directory is filled."""

    def __init__(self, name, package=None):
        self.name, self.package = name, package
        self.top = os.path.join(OUT, name)
        self.tree = os.path.join(self.top, "tree")
        self.pristine = os.path.join(self.top, "base") if package else tree.BASE

    def provide(self):
        """Make the base, and the directory that the series is applied in."""
        if self.package and not os.path.isdir(self.pristine):
            self.unpack()
        log = os.path.join(self.top, "tree.log")
        shutil.rmtree(self.tree, ignore_errors=True)
        os.makedirs(self.top, exist_ok=True)
        result, _ = progress.run(["cp", "-alv", self.pristine, self.tree], log,
                                 f"{self.name} tree", tree.TAR_FILES, every_line=True)
        if result:
            raise tree.TreeError(f"{self.name}: could not be copied")

    def unpack(self):
        """Fetch the package of another suite, by apt, which checks its signature."""
        fetched = os.path.join(self.top, "package")
        mirror = os.environ.get("KEXEC_DEBIAN_MIRROR")
        shutil.rmtree(fetched, ignore_errors=True)
        os.makedirs(self.top, exist_ok=True)
        result, _ = progress.run(
            ["mmdebstrap", "--variant=extract", f"--include={self.package}",
             '--aptopt=APT::Install-Recommends "false"', self.name, fetched]
            + ([mirror] if mirror else []),
            os.path.join(self.top, "package.log"), f"{self.name} {self.package}",
            every_line=True)
        tarball = os.path.join(fetched, "usr/src", f"{self.package}.tar.xz")
        if result or not os.path.exists(tarball):
            raise tree.TreeError(f"{self.name}: no {self.package}")
        os.makedirs(self.pristine + ".new", exist_ok=True)
        result, _ = progress.run(
            ["tar", "-xvJf", tarball, "--strip-components=1", "-C", self.pristine + ".new"],
            os.path.join(self.top, "base.log"), f"{self.name} base", tree.TAR_FILES,
            every_line=True)
        if result:
            raise tree.TreeError(f"{tarball} could not be unpacked")
        os.rename(self.pristine + ".new", self.pristine)
        shutil.rmtree(fetched)

    def flavour(self, name):
        """What is built here: as kernel.py would, from these sources."""
        flavour = kernel.Flavour(name)
        flavour.source = self.tree
        flavour.objects = os.path.join(self.top, "obj", name)
        return flavour


def bases():
    """Every 6.12.y at hand."""
    found = [Base("here")]
    if not os.environ.get("KSRC"):
        with open(os.path.join(ROOT, "series", "bases"), encoding="utf-8") as lines:
            rows = (line.split("#")[0].split() for line in lines)
            found += [Base(*row) for row in rows if row]
    return found


# What no kernel is built from.
BESIDE = re.compile(r"tools/testing/|Documentation/|MAINTAINERS$")


def changed(base):
    """The paths that the last patch changes and a kernel is built from."""
    names = patches.git(base.tree, "diff", "--name-only", "HEAD~1", "HEAD").splitlines()
    return [name for name in names if not BESIDE.match(name)]


def build(flavour, what, paths, quick):
    """Compile what changed. What is wrong, and the number of steps."""
    goals = [flavour.target]
    if quick:
        has = kbuild.options(tree.read_text(os.path.join(flavour.objects, ".config")))
        goals = sorted({path for where in configured.PLACES
                        for path in kbuild.objects(where.format(arch=check.src_arch(flavour)),
                                                   has, set(paths).__contains__,
                                                   flavour.source)})
    log = os.path.join(os.path.dirname(flavour.objects), f"{what}.log")
    result, steps = progress.run(flavour.make("-k", *goals), log, what, env=kernel.environment())
    found = check.our_warnings(log)
    return found + ([f"does not build: {os.path.relpath(log, ROOT)}"] if result else []), steps


def differences(base, paths):
    """Where the applied series is not what make tree makes of the base."""
    plan = tree.wanted(Manifest.read(), base.pristine)
    for path in paths:
        expected = plan[path][1] if path in plan else patches.read(base.pristine, path)
        if path == "MAINTAINERS":
            expected = patches.maintainers(base.pristine).encode()
        if patches.read(base.tree, path) != expected:
            yield f"{path}: not what make tree makes of it"
    touched = patches.git(base.tree, "diff", "--name-only",
                          patches.first(base.tree), "HEAD").splitlines()
    yield from (f"{path}: changed by the series alone" for path in set(touched) - set(paths))


def applied(base, name, first, quick, keep_going):
    """Apply, build, compare. Yields what is wrong."""
    base.provide()
    paths = patches.series_paths()
    patches.repository(base.tree, paths)
    flavour = base.flavour(name)
    # Sources of the base are older than objects of a run before, which are of ours.
    shutil.rmtree(flavour.objects, ignore_errors=True)
    os.makedirs(flavour.objects)
    begun = False
    for number, patch in enumerate(patches.made()[1:], 1):
        title = os.path.basename(patch)[:-len(".patch")]
        begin = time.monotonic()
        try:
            patches.git(base.tree, "am", "-q", patch)
        except subprocess.CalledProcessError as error:
            yield f"{title}: git am does not take it: {error.stderr.strip().splitlines()[0]}"
            return
        names = changed(base)
        if number < first or not names:
            continue
        if not begun or any("Kconfig" in path for path in names):
            # An option that is still to come is no fault.
            kernel.adopt(flavour, kernel.generate(flavour, kernel.requested(flavour)))
        begun = True
        wrong, steps = build(flavour, title[:60], paths, quick)
        print(f"{'FAIL' if wrong else 'ok  '} {base.name} {title}, {steps} steps, "
              f"{time.monotonic() - begin:.0f} s", flush=True)
        yield from (f"{title}: {line}" for line in wrong)
        if wrong and not keep_going:
            return
    yield from differences(base, paths)


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("flavour", nargs="?", default="x86_64")
    parser.add_argument("--base", default="", help=", ".join(b.name for b in bases()))
    parser.add_argument("--from", type=int, default=0, dest="first", metavar="N",
                        help="build from patch N on")
    parser.add_argument("--quick", action="store_true",
                        help="compile the files of the series alone, link nothing")
    parser.add_argument("--keep-going", action="store_true", help="past a patch that fails")
    args = parser.parse_args()
    if not patches.made():
        parser.error("there is no series yet: make series")
    wrong = []
    for base in bases():
        if args.base and base.name not in args.base.split(","):
            continue
        begin = time.monotonic()
        try:
            found = list(applied(base, args.flavour, args.first, args.quick, args.keep_going))
        except (tree.TreeError, ManifestError, kernel.BuildError,
                subprocess.CalledProcessError) as error:
            found = [f"{error} {getattr(error, 'stderr', '') or ''}"]
        for line in found:
            print(f"  {line}")
        print(f"{'FAIL' if found else 'ok  '} {base.name}: Linux {tree.version(base.tree)}, "
              f"{len(patches.made()) - 1} patches, {progress.clock(time.monotonic() - begin)}",
              flush=True)
        wrong += found
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
