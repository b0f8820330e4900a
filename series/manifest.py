#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Read, update and judge series/MANIFEST.

    manifest.py update    list new files of the overlay, forget removed ones
    manifest.py check     say what is wrong with it
"""

import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MANIFEST = os.path.join(ROOT, "series", "MANIFEST")
HOOKS = os.path.join(ROOT, "series", "hooks")
BASE = os.path.join(ROOT, "build", "base")
HOOK_LIMIT = 20

# The top directories of a kernel tree: what lies in one of them here is
# overlay, and the rest of the repository is not.
KERNEL_DIRS = (
    "Documentation", "arch", "block", "certs", "crypto", "drivers", "fs",
    "include", "init", "io_uring", "ipc", "kernel", "lib", "mm", "net",
    "samples", "scripts", "security", "sound", "tools", "usr", "virt")
HEADER = """\
# What becomes of each path: see README.md beside this file.
# `make manifest` brings the ours and hooked lines up to date.
"""


class ManifestError(Exception):
    """A MANIFEST or a hook that cannot be used."""


class Manifest:
    """The three kinds of path. Invariant: a path is of one kind only."""

    def __init__(self):
        self.ours = set()
        self.retired = set()
        self.hooked = {}

    @classmethod
    def read(cls, path=MANIFEST):
        """Parse the file at @path."""
        manifest = cls()
        if not os.path.exists(path):
            return manifest
        with open(path, encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                words = line.split("#")[0].split()
                if words:
                    manifest._add(words, f"{os.path.relpath(path)}:{number}")
        return manifest

    def _add(self, words, where):
        kind, path = words[0], words[1] if len(words) > 1 else ""
        if path in self.ours or path in self.retired or path in self.hooked:
            raise ManifestError(f"{where}: {path} is listed twice")
        if kind == "ours" and len(words) == 2:
            self.ours.add(path)
        elif kind == "retired" and len(words) == 2:
            self.retired.add(path)
        elif kind == "hooked" and len(words) == 3:
            self.hooked[path] = words[2]
        else:
            raise ManifestError(f"{where}: not a line of a manifest")

    def write(self, path=MANIFEST):
        """Write it sorted by path, so that changes merge."""
        rows = [(p, f"ours {p}") for p in self.ours]
        rows += [(p, f"retired {p}") for p in self.retired]
        rows += [(p, f"hooked {p} {h}") for p, h in self.hooked.items()]
        text = HEADER + "".join(line + "\n" for _, line in sorted(rows))
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)


def overlay_files():
    """Every file of the overlay that git would track."""
    out = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard",
         "--", *KERNEL_DIRS],
        cwd=ROOT, check=True, capture_output=True, text=True).stdout
    names = set(filter(None, out.split("\0")))
    return {n for n in names
            if os.path.isfile(os.path.join(ROOT, n))
            and not re.search(r"(~|\.(orig|rej|swp|pyc))$|/\.checkpatch-", n)}


def hook_paths(patch):
    """The paths that the hook @patch changes."""
    with open(os.path.join(HOOKS, patch), encoding="utf-8") as lines:
        return [line[6:].split("\t")[0].strip() for line in lines
                if line.startswith("+++ b/")]


def hook_records(patch, begin, others, wants):
    """What the hook @patch says before its diff: the rest of each line that begins
    with the word @begin, and of those with @others behind it. All have to be there."""
    records = []
    with open(os.path.join(HOOKS, patch), encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("--- "):
                break
            word, _, rest = line.rstrip("\n").partition(" ")
            if word == begin:
                records.append([rest])
            elif word in others and records:
                records[-1].append(rest)
    for record in records:
        if len(record) != 1 + len(others):
            raise ManifestError(f"series/hooks/{patch}: {begin} {record[0]} wants {wants}")
    return records


def hook_cuts(patch):
    """What the hook @patch cuts out: path, first and last line of each."""
    return hook_records(patch, "cut", ("from", "to"), "a line from and a line to")


def hook_needs(patch):
    """The lines without which the hook @patch has nothing to do: path, line."""
    return hook_records(patch, "where", ("has",), "a line that it has")


def cut_out(text, first, last):
    """@text without the lines from @first to @last, or None if not there."""
    lines = text.split("\n")
    if first not in lines or last not in lines[lines.index(first):]:
        return None
    start = lines.index(first)
    end = lines.index(last, start)
    return "\n".join(lines[:start] + lines[end + 1:])


def hook_files():
    """The names of all hooks."""
    return sorted(n for n in os.listdir(HOOKS) if n.endswith(".patch"))


def hook_faults(patch):
    """What is wrong with the form of the hook @patch."""
    with open(os.path.join(HOOKS, patch), encoding="utf-8") as stream:
        lines = stream.read().splitlines()
    added = sum(1 for line in lines
                if line.startswith("+") and not line.startswith("+++ "))
    if not lines or not re.match(r"[A-Za-z]", lines[0]) or \
            lines[0].startswith(("diff ", "From ", "Subject:")):
        yield f"series/hooks/{patch}: the first line is not its purpose"
    if added > HOOK_LIMIT:
        yield f"series/hooks/{patch}: adds {added} lines, at most {HOOK_LIMIT} are wiring"
    gone = sum(1 for line in lines if line.startswith("-") and not line.startswith("--- "))
    if gone > HOOK_LIMIT:
        yield f"series/hooks/{patch}: has {gone} lines of the base that go: cut them"


def update():
    """List what the overlay and the hooks have now."""
    manifest = Manifest.read()
    manifest.ours = overlay_files()
    manifest.retired -= manifest.ours
    manifest.hooked = {p: patch for patch in hook_files()
                       for p in hook_paths(patch)}
    manifest.write()


def faults():
    """All that is wrong with MANIFEST, one line each."""
    try:
        manifest = Manifest.read()
    except ManifestError as error:
        return [str(error)]
    found = []
    files = overlay_files()
    for path in sorted(files - manifest.ours):
        found.append(f"{path}: not listed in series/MANIFEST (make manifest)")
    for path in sorted(manifest.ours - files):
        found.append(f"{path}: listed as ours, but is not there")
    for path in sorted(manifest.retired):
        if os.path.isdir(BASE) and not os.path.exists(os.path.join(BASE, path)):
            found.append(f"{path}: listed as retired, but the base has no such file")
    wired = set()
    for patch in hook_files():
        found.extend(hook_faults(patch))
        for path in hook_paths(patch):
            if path in wired:
                found.append(f"{path}: changed by two hooks")
            wired.add(path)
            if manifest.hooked.get(path) != patch:
                found.append(f"{path}: hooked by {patch}, but not listed so")
    for path in sorted(set(manifest.hooked) - wired):
        found.append(f"{path}: listed as hooked, but no hook changes it")
    return found


def main():
    """The command line."""
    if sys.argv[1:] == ["update"]:
        update()
        return 0
    if sys.argv[1:] == ["check"]:
        found = faults()
        print("\n".join(found) or "MANIFEST: complete")
        return 1 if found else 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
