#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""make series: the overlay as patches that git am takes on a pristine base.

The patches of series/patches and the cover letter go to build/series. They
are tried: git am on the base's files has to give the files of build/tree.
"""

import fnmatch
import functools
import os
import re
import shutil
import subprocess
import sys
import tempfile

from manifest import ROOT, Manifest, ManifestError
import shared
import tree

OUT = os.path.join(ROOT, "build", "series")
MEANWHILE = os.path.join(ROOT, "series", "meanwhile")


class Patch:
    """One patch to be: subject, body, and the patterns of its paths."""

    def __init__(self, subject):
        self.subject, self.body, self.patterns, self.meanwhile = subject, "", [], []

    def claim(self, path):
        """How well @path belongs here: the length of what it matches, or 0."""
        return max((len(p) for p in self.patterns if fnmatch.fnmatch(path, p)), default=0)


def planned():
    """The patches that series/patches asks for, and the paths that they share."""
    patches, common = [], []
    for line in tree.read_text(os.path.join(ROOT, "series", "patches")).splitlines():
        if line.startswith("== "):
            patches.append(Patch(line[3:]))
        elif line.startswith("shared: "):
            common += line.split()[1:]
        elif line.startswith("paths: "):
            patches[-1].patterns += line.split()[1:]
        elif line.startswith("meanwhile: "):
            patches[-1].meanwhile += line.split()[1:]
        elif patches and not line.startswith("#"):
            patches[-1].body += line + "\n"
    return patches, common


def assigned(patches, paths):
    """For each patch, the paths that begin with it."""
    taken = {patch: set() for patch in patches}
    for path in paths:
        best = max(patches, key=lambda patch: patch.claim(path))
        if not best.claim(path):
            raise ManifestError(f"series/patches has no patch for {path}")
        taken[best].add(path)
    for patch, has in taken.items():
        if not has:
            raise ManifestError(f"series/patches: nothing for {patch.subject}")
    return taken


def author():
    """Whose patches they are: a name and an address."""
    return (said("config", "user.name") or "kdump",
            said("config", "user.email") or "kexec@lists.infradead.org")


# Whom nobody can write to, and so nobody who can sign off.
NOBODY = re.compile(r"noreply|@localhost|\.(?:example|invalid|test|localdomain)$|@[^.]*$")


def git(where, *words, **options):
    """Run git in the repository @where, alike on every machine that has this
    commit: its date is the patches'."""
    date = said("log", "-1", "--format=%cI") or "2025-01-01T00:00:00+0000"
    name, mail = author()
    env = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1",
           "GIT_AUTHOR_NAME": name, "GIT_AUTHOR_EMAIL": mail, "GIT_AUTHOR_DATE": date,
           "GIT_COMMITTER_NAME": name, "GIT_COMMITTER_EMAIL": mail,
           "GIT_COMMITTER_DATE": date, "LC_ALL": "C"}
    return subprocess.run(["git", "-c", "core.autocrlf=false", *words], cwd=where,
                          env=env, check=True, text=True, capture_output=True,
                          stdin=subprocess.DEVNULL, **options).stdout


@functools.cache
def said(*words):
    """What git says of this repository, if anything."""
    return subprocess.run(["git", *words], cwd=ROOT, text=True, check=False,
                          capture_output=True).stdout.strip()


def people(blocks):
    """Those who maintain and review the two entries that become one."""
    named = [line for block in blocks if block.startswith(("KDUMP\n", "KEXEC\n"))
             for line in block.splitlines() if line.startswith(("M:", "R:"))]
    return sorted(dict.fromkeys(named))


def maintainers(base):
    """The MAINTAINERS of @base with our entry in the place of those it had."""
    blocks = tree.read_text(os.path.join(base, "MAINTAINERS")).split("\n\n")
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


def fill(where, paths):
    """Copy those of @paths that the base has."""
    for path in paths:
        put(where, path, os.path.join(tree.BASE, path))


def series_paths():
    """Every path that the series changes."""
    manifest = Manifest.read()
    return sorted(manifest.ours | manifest.retired | set(manifest.hooked) | {"MAINTAINERS"})


def repository(where, paths):
    """Make @where, which has the base's files, a git repository of @paths."""
    git(where, "init", "-q", "-b", "base")
    keep(where, paths)
    git(where, "commit", "-q", "--allow-empty", "-m", "base")


def keep(where, paths):
    """Tell the repository what became of @paths; it knows of no others."""
    some = [path for path in paths if known(where, path)]
    if some:
        git(where, "add", "-A", "-f", "--", *some)


def known(where, path):
    """Whether @path is there, or was."""
    return os.path.exists(os.path.join(where, path)) or \
        bool(git(where, "ls-files", "--", path))


def partial(common, begun, missing):
    """What the files of @common that have begun are while @missing are to come."""
    def text(top, path):
        return tree.read_text(os.path.join(top, path))

    names = [path for path in common if "Kconfig" not in os.path.basename(path)]
    state = {path: shared.makefile(path, text(tree.BASE, path), text(tree.TREE, path), missing)
             for path in names}
    for path in set(common) - set(names):
        state[path] = shared.kconfig(text(tree.BASE, path), text(tree.TREE, path),
                                     [state[name] for name in names],
                                     [text(tree.TREE, name) for name in names])
    for path in names:
        stuck = shared.forgotten(path, text(tree.TREE, path), state[path], begun)
        if stuck:
            raise ManifestError(f"{path}: a line about {' '.join(stuck)} waits for another file")
    return {path: state[path] for path in common if path in begun}


def meanwhile_paths(patch):
    """The paths that are not yet what they are in the end when @patch is applied."""
    return [line[6:].split("\t")[0].strip() for name in patch.meanwhile
            for line in tree.read_text(os.path.join(MEANWHILE, name)).splitlines()
            if line.startswith("+++ b/")]


def apply_meanwhile(where, patch):
    """Add to @where what is there only until the next patch."""
    for name in patch.meanwhile:
        done = subprocess.run(
            ["patch", "-p1", "-F0", "--no-backup-if-mismatch", "-d", where,
             "-i", os.path.join(MEANWHILE, name)], capture_output=True, text=True, check=False)
        if done.returncode:
            raise ManifestError(f"series/meanwhile/{name}: {done.stdout}{done.stderr}")


def commit_patches(where, patches, common, paths):
    """One commit for each patch that changes something of this base."""
    taken = assigned(patches, paths)
    left, temporary = set(paths), []
    for patch in patches:
        left -= taken[patch]
        for path in sorted(taken[patch] | set(temporary)):
            if path == "MAINTAINERS":
                tree.write_text(os.path.join(where, path), maintainers(tree.BASE))
            else:
                put(where, path, os.path.join(tree.TREE, path))
        for path, text in partial(common, set(paths) - left, left).items():
            tree.write_text(os.path.join(where, path), text)
        apply_meanwhile(where, patch)
        keep(where, sorted(taken[patch] | set(common) | set(temporary)))
        temporary = meanwhile_paths(patch)
        keep(where, temporary)
        if git(where, "diff", "--cached", "--name-only"):
            git(where, "commit", "-q", "-s", "-m", patch.subject + "\n\n" + patch.body)


def cover(path):
    """Fill in the cover letter that git began."""
    subject, _, body = tree.read_text(
        os.path.join(ROOT, "series", "cover")).partition("\n\n")
    text = tree.read_text(path).replace("*** SUBJECT HERE ***", subject)
    text = text.replace("*** BLURB HERE ***",
                        body.strip() + f"\n\nBase: Linux {tree.version(tree.BASE)}")
    # The diffstat says which files are new or gone.
    tree.write_text(path, re.sub(r"^ (create|delete) mode .*\n", "", text, flags=re.M))


def attempt(paths, files, expected):
    """git am on a pristine base gives the tree, or an error."""
    with tempfile.TemporaryDirectory() as fresh:
        fill(fresh, paths)
        repository(fresh, paths)
        git(fresh, "am", "-q", *files)
        if git(fresh, "rev-parse", "HEAD^{tree}") != expected:
            raise ManifestError("the applied series is not the assembled tree")


def made():
    """The files of the series as it was written last: the cover letter, the patches."""
    names = sorted(os.listdir(OUT)) if os.path.isdir(OUT) else []
    return [os.path.join(OUT, name) for name in names if name.endswith(".patch")]


def write():
    """Write the series, and try it."""
    paths = series_paths()
    shutil.rmtree(OUT, ignore_errors=True)
    os.makedirs(OUT)
    with tempfile.TemporaryDirectory() as work:
        fill(work, paths)
        repository(work, paths)
        commit_patches(work, *planned(), paths)
        for path in paths:
            if path != "MAINTAINERS" and \
                    read(work, path) != read(tree.TREE, path):
                raise ManifestError(f"{path}: not what it is in the assembled tree")
        git(work, "format-patch", "-q", "--cover-letter", "--no-signature", "--no-renames",
            "-p", "--stat=72", "-o", OUT, first(work) + "..HEAD")
        expected = git(work, "rev-parse", "HEAD^{tree}")
    cover(made()[0])
    attempt(paths, made()[1:], expected)


def read(top, path):
    """The contents of a file, or None."""
    try:
        with open(os.path.join(top, path), "rb") as stream:
            return stream.read()
    except FileNotFoundError:
        return None


def first(where):
    """The commit of the base."""
    return git(where, "rev-list", "--max-parents=0", "HEAD").strip()


def main():
    """Write, then try."""
    try:
        write()
    except (ManifestError, subprocess.CalledProcessError) as error:
        print(f"make series: {error}\n{getattr(error, 'stderr', '')}", file=sys.stderr)
        return 1
    print(f"series: {len(made()) - 1} patches and a cover letter in "
          f"{os.path.relpath(OUT, ROOT)}; git am takes them on Linux "
          f"{tree.version(tree.BASE)}")
    name, mail = author()
    if NOBODY.search(mail):
        print(f"series: they are signed off by {name} <{mail}>, whom nobody can write to; "
              "before they are sent, git config user.name and user.email")
    return 0


if __name__ == "__main__":
    sys.exit(main())
