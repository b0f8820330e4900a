#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Make build/base and build/tree: base - retired + hooks + overlay.

What is already as it should be is not touched, so that make compiles what
changed and nothing else. What was laid is remembered in build/tree.state.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

from manifest import (HOOKS, ROOT, Manifest, ManifestError, cut_out, hook_cuts, hook_needs, hook_paths,
                      overlay_files)
import progress

BUILD = os.path.join(ROOT, "build")
BASE = os.path.join(BUILD, "base")
TREE = os.path.join(BUILD, "tree")
STATE = os.path.join(BUILD, "tree.state")
STAMP = os.path.join(BUILD, "base.stamp")
TAR_FILES = 92450


class TreeError(Exception):
    """Something that the user has to put right."""


def pin():
    """series/base as a dictionary."""
    with open(os.path.join(ROOT, "series", "base"), encoding="utf-8") as lines:
        words = (line.split("#")[0].split() for line in lines)
        return dict(w for w in words if w)


def version(tree):
    """The version that the Makefile in @tree gives itself."""
    try:
        with open(os.path.join(tree, "Makefile"), encoding="utf-8") as makefile:
            head = makefile.read(1000)
    except OSError as error:
        raise TreeError(f"{tree}: not a kernel tree ({error.strerror})") from error
    fields = dict(re.findall(r"^(VERSION|PATCHLEVEL|SUBLEVEL) = (\d+)", head, re.M))
    return ".".join(fields.get(k, "?") for k in ("VERSION", "PATCHLEVEL", "SUBLEVEL"))


def source():
    """Where the base comes from, and a key that changes when it does."""
    ksrc = os.environ.get("KSRC")
    if ksrc:
        ksrc = os.path.realpath(ksrc)
        release = version(ksrc)
        if not release.startswith("6.12."):
            raise TreeError(f"KSRC={ksrc} is Linux {release}; a 6.12.y is needed")
        if os.path.isdir(os.path.join(ksrc, "include/config")):
            raise TreeError(f"KSRC={ksrc} was built in; run `make mrproper` there "
                            "or give a clean tree")
        stat = os.stat(os.path.join(ksrc, "Makefile"))
        return ksrc, f"{ksrc} {release} {stat.st_mtime_ns}"
    tarball = pin()["tarball"]
    try:
        stat = os.stat(tarball)
    except OSError as error:
        raise TreeError(f"{tarball} is not there: run `make deps` (Debian package "
                        f"{pin()['package']}) or give KSRC=<a 6.12.y tree>") from error
    return tarball, f"{tarball} {stat.st_size} {int(stat.st_mtime)}"


def read_text(path):
    """What a small file says, or nothing."""
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read()
    except FileNotFoundError:
        return ""


def write_text(path, text):
    """Replace a small file whole."""
    with open(path + ".new", "w", encoding="utf-8") as stream:
        stream.write(text)
    os.replace(path + ".new", path)


def provide_base():
    """Unpack the base if it is not there or comes from elsewhere now."""
    origin, key = source()
    if read_text(STAMP) == key and os.path.isdir(BASE):
        return key
    unpacked = BASE + ".new"
    shutil.rmtree(unpacked, ignore_errors=True)
    os.makedirs(unpacked)
    log = os.path.join(BUILD, "log", "base.log")
    if os.path.isdir(origin):
        command = ["rsync", "-a", "-v", "--exclude=/.git", origin + "/", unpacked + "/"]
    else:
        command = ["tar", "-xvJf", origin, "--strip-components=1", "-C", unpacked]
    result, _ = progress.run(command, log, "base", TAR_FILES, every_line=True)
    if result:
        raise TreeError(f"{origin} could not be unpacked")
    if os.path.exists(STAMP):
        os.unlink(STAMP)
    shutil.rmtree(BASE, ignore_errors=True)
    os.rename(unpacked, BASE)
    write_text(STAMP, key)
    return key


def provide_tree(key):
    """Link the base into a fresh tree unless there is one of this base.

    Links, for a copy takes minutes on a slow disk: what differs is replaced
    whole, so the base stays as it is.
    """
    state = json.loads(read_text(STATE) or "{}")
    if state.get("base") == key and os.path.isdir(TREE):
        return state
    release = version(BASE)
    print(f"tree: Linux {release}" + ("" if release == pin()["version"] else
          f", where {pin()['version']} is what is tested"))
    if os.path.exists(STATE):
        os.unlink(STATE)
    for old in (TREE, TREE + ".new"):
        shutil.rmtree(old, ignore_errors=True)
    # Objects of another base would look newer than this base's files.
    for flavour in os.listdir(os.path.join(BUILD, "obj")) \
            if state and os.path.isdir(os.path.join(BUILD, "obj")) else ():
        shutil.rmtree(os.path.join(BUILD, "obj", flavour))
    result, _ = progress.run(["cp", "-alv", BASE, TREE + ".new"],
                             os.path.join(BUILD, "log", "tree.log"), "tree",
                             TAR_FILES, every_line=True)
    if result:
        raise TreeError("the base could not be copied")
    os.rename(TREE + ".new", TREE)
    return {"base": key, "laid": {}}


def digest(data):
    """A short name for contents."""
    return hashlib.sha256(data).hexdigest()[:32]


def hooked_files(manifest, base):
    """Apply every hook to copies of the files of @base: path -> contents."""
    results = {}
    for patch in sorted(set(manifest.hooked.values())):
        with tempfile.TemporaryDirectory() as scratch:
            for path in hook_paths(patch):
                os.makedirs(os.path.join(scratch, os.path.dirname(path)), exist_ok=True)
                try:
                    shutil.copy(os.path.join(base, path), os.path.join(scratch, path))
                except FileNotFoundError as error:
                    raise TreeError(f"series/hooks/{patch}: the base has no {path}") from error
            if any(line not in read_text(os.path.join(scratch, path)).split("\n")
                   for path, line in hook_needs(patch)):
                continue
            for path, first, last in hook_cuts(patch):
                name = os.path.join(scratch, path)
                text = cut_out(read_text(name), first, last)
                if text is None:
                    raise TreeError(f"series/hooks/{patch}: the base's {path} has "
                                    f"nothing from '{first}' to '{last}'")
                write_text(name, text)
            done = subprocess.run(
                ["patch", "-p1", "-F0", "--no-backup-if-mismatch", "-d", scratch,
                 "-i", os.path.join(HOOKS, patch)],
                capture_output=True, text=True, check=False)
            if done.returncode:
                raise TreeError(f"series/hooks/{patch} does not apply to the base "
                                f"without fuzz:\n{done.stdout}{done.stderr}")
            for path in hook_paths(patch):
                with open(os.path.join(scratch, path), "rb") as stream:
                    results[path] = stream.read()
    return results


def wanted(manifest, base=BASE):
    """What differs from @base: path -> (note, contents or None, mode).

    The note tells a change of the file, or a touch of it, from none.
    """
    files = overlay_files()
    unlisted = sorted(files - manifest.ours)
    if unlisted:
        print(f"tree: {len(unlisted)} files of the overlay are not in series/MANIFEST "
              f"(make manifest): {' '.join(unlisted[:3])} ...", file=sys.stderr)
    plan = {p: ("retired", None, 0) for p in manifest.retired - files}
    for path, data in hooked_files(manifest, base).items():
        mode = os.stat(os.path.join(base, path)).st_mode
        plan[path] = (f"hook {digest(data)}", data, mode)
    for path in files:
        name = os.path.join(ROOT, path)
        try:
            with open(name, "rb") as stream:
                data, stat = stream.read(), os.fstat(stream.fileno())
        except FileNotFoundError:
            continue
        plan[path] = (f"ours {digest(data)} {stat.st_mtime_ns}", data, stat.st_mode)
    return plan


def lay(path, data, mode):
    """Put one file into the tree, or take it out. It is new to make."""
    target = os.path.join(TREE, path)
    if data is None:
        if os.path.lexists(target):
            os.unlink(target)
        return
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with open(target + ".laid", "wb") as stream:
        stream.write(data)
    os.chmod(target + ".laid", mode & 0o777)
    os.replace(target + ".laid", target)


def restore(path):
    """Give a path back to the base."""
    try:
        with open(os.path.join(BASE, path), "rb") as stream:
            lay(path, stream.read(), os.fstat(stream.fileno()).st_mode)
    except FileNotFoundError:
        lay(path, None, 0)


def assemble(state):
    """Bring the tree from what was laid to what is wanted."""
    laid = state["laid"]
    plan = wanted(Manifest.read())
    changed = 0
    for path in sorted(set(laid) - set(plan)):
        restore(path)
        del laid[path]
        changed += 1
    for path, (note, data, mode) in sorted(plan.items()):
        if laid.get(path) != note:
            lay(path, data, mode)
            laid[path] = note
            changed += 1
    write_text(STATE, json.dumps(state, indent=0, sort_keys=True))
    if changed:
        print(f"tree: {changed} of {len(plan)} paths laid")


def main():
    """Make both, one caller at a time."""
    os.makedirs(BUILD, exist_ok=True)
    with open(os.path.join(BUILD, "tree.lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            assemble(provide_tree(provide_base()))
        except (TreeError, ManifestError) as error:
            print(f"make tree: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
