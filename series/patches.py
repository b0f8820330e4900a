#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""make series: the overlay as patches that git am takes on a pristine base.

The patches of series/patches and the cover letter go to build/series. They
are tried: git am on the base's files has to give the files of build/tree.
"""

import fnmatch
import os
import shutil
import subprocess
import sys
import tempfile

from manifest import ROOT, Manifest, ManifestError
import tree

OUT = os.path.join(ROOT, "build", "series")
DATE = "2025-01-01T00:00:00+0000"


class Patch:
    """One patch to be: subject, body, and the patterns of its paths."""

    def __init__(self, subject):
        self.subject, self.body, self.patterns = subject, "", []

    def takes(self, path):
        """Whether @path belongs here."""
        return any(fnmatch.fnmatch(path, p) for p in self.patterns)


def planned():
    """The patches that series/patches asks for."""
    patches = []
    for line in tree.read_text(os.path.join(ROOT, "series", "patches")).splitlines():
        if line.startswith("== "):
            patches.append(Patch(line[3:]))
        elif line.startswith("paths: "):
            patches[-1].patterns = line.split()[1:]
        elif patches and not line.startswith("#"):
            patches[-1].body += line + "\n"
    return patches


def git(where, *words, **options):
    """Run git in the repository @where, alike on every machine."""
    name = configured("user.name") or "kdump"
    mail = configured("user.email") or "kexec@lists.infradead.org"
    env = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1",
           "GIT_AUTHOR_NAME": name, "GIT_AUTHOR_EMAIL": mail, "GIT_AUTHOR_DATE": DATE,
           "GIT_COMMITTER_NAME": name, "GIT_COMMITTER_EMAIL": mail,
           "GIT_COMMITTER_DATE": DATE, "LC_ALL": "C"}
    return subprocess.run(["git", "-c", "core.autocrlf=false", *words], cwd=where,
                          env=env, check=True, text=True, capture_output=True,
                          stdin=subprocess.DEVNULL, **options).stdout


def configured(key):
    """A setting of this repository's git."""
    return subprocess.run(["git", "config", key], cwd=ROOT, text=True, check=False,
                          capture_output=True).stdout.strip()


def people(blocks):
    """Those who maintain and review the two entries that become one."""
    named = [line for block in blocks if block.startswith(("KDUMP\n", "KEXEC\n"))
             for line in block.splitlines() if line.startswith(("M:", "R:"))]
    return sorted(dict.fromkeys(named))


def maintainers():
    """The base's MAINTAINERS with our entry in the place of those it had."""
    blocks = tree.read_text(os.path.join(tree.BASE, "MAINTAINERS")).split("\n\n")
    ours = tree.read_text(os.path.join(ROOT, "MAINTAINERS")).strip()
    place = next(i for i, b in enumerate(blocks) if b.startswith("KDUMP\n"))
    title, _, rest = ours.partition("\n")
    blocks[place] = "\n".join([title, *people(blocks), rest])
    return "\n\n".join(b for b in blocks if not b.startswith("KEXEC\n"))


def put(where, path, source):
    """Make @path in @where what @source is, or nothing."""
    target = os.path.join(where, path)
    if os.path.exists(source):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copy(source, target)
    elif os.path.exists(target):
        os.unlink(target)


def repository(where, paths):
    """A git repository of the base's files that the series touches."""
    git(where, "init", "-q", "-b", "base")
    for path in paths:
        put(where, path, os.path.join(tree.BASE, path))
    git(where, "add", "-A", "-f")
    git(where, "commit", "-q", "--allow-empty", "-m", "base")


def commit_patches(where, patches, paths):
    """One commit for each patch that has something to change."""
    left = set(paths)
    for patch in patches:
        taken = sorted(p for p in left if patch.takes(p))
        left -= set(taken)
        for path in taken:
            if path == "MAINTAINERS":
                tree.write_text(os.path.join(where, path), maintainers())
            else:
                put(where, path, os.path.join(tree.TREE, path))
        git(where, "add", "-A", "-f")
        if git(where, "status", "--porcelain"):
            git(where, "commit", "-q", "-s", "-m", patch.subject + "\n\n" + patch.body)
    if left:
        raise ManifestError("series/patches has no patch for " + " ".join(sorted(left)))


def cover(path):
    """Fill in the cover letter that git began."""
    subject, _, body = tree.read_text(
        os.path.join(ROOT, "series", "cover")).partition("\n\n")
    text = tree.read_text(path).replace("*** SUBJECT HERE ***", subject)
    text = text.replace("*** BLURB HERE ***",
                        body.strip() + f"\n\nBase: Linux {tree.version(tree.BASE)}")
    tree.write_text(path, text)


def attempt(paths, files, expected):
    """git am on a pristine base gives the tree, or an error."""
    with tempfile.TemporaryDirectory() as fresh:
        repository(fresh, paths)
        git(fresh, "am", "-q", *files)
        if git(fresh, "rev-parse", "HEAD^{tree}") != expected:
            raise ManifestError("the applied series is not the assembled tree")


def main():
    """Write, then try."""
    try:
        manifest = Manifest.read()
        paths = sorted(manifest.ours | manifest.retired | set(manifest.hooked)
                       | {"MAINTAINERS"})
        shutil.rmtree(OUT, ignore_errors=True)
        os.makedirs(OUT)
        with tempfile.TemporaryDirectory() as work:
            repository(work, paths)
            commit_patches(work, planned(), paths)
            git(work, "format-patch", "-q", "--cover-letter", "--no-signature",
                "--no-renames", "-o", OUT, first(work) + "..HEAD")
            expected = git(work, "rev-parse", "HEAD^{tree}")
        files = sorted(os.path.join(OUT, name) for name in os.listdir(OUT))
        cover(files[0])
        attempt(paths, files[1:], expected)
    except (ManifestError, subprocess.CalledProcessError) as error:
        print(f"make series: {error}\n{getattr(error, 'stderr', '')}", file=sys.stderr)
        return 1
    print(f"series: {len(files) - 1} patches and a cover letter in "
          f"{os.path.relpath(OUT, ROOT)}; git am takes them on Linux "
          f"{tree.version(tree.BASE)}")
    return 0


def first(where):
    """The commit of the base."""
    return git(where, "rev-list", "--max-parents=0", "HEAD").strip()


if __name__ == "__main__":
    sys.exit(main())
