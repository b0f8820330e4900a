# SPDX-License-Identifier: GPL-2.0
"""A row of series/configurations: configure it, and compile what it has of ours."""

import glob
import os
import re
import shutil
import subprocess

from manifest import ROOT, Manifest
import check
import kbuild
import kernel
import progress
import tree

OUT = os.path.join(tree.BUILD, "check-all")
TABLE = os.path.join(ROOT, "series", "configurations")
# Where what uses a header of ours is looked for, beside the architecture.
PLACES = ("kernel", "fs/proc", "drivers/of", "drivers/misc/lkdtm", "security/integrity/ima",
          "arch/{arch}")
HEADER = re.compile(r'#\s*include\s+[<"]((?:uapi/)?(?:linux|asm)/[\w-]+\.h)[>"]')
SOURCE_ARCH = {"x86_64": "x86", "i386": "x86"}


class Row:
    """One configuration."""

    def __init__(self, name, words, sets):
        words += [""] * (4 - len(words))
        self.name, self.arch, self.compiler, self.begin = name, *words[:3]
        self.changes = []
        for word in words[3].split():
            self.changes += sets[word[1:]] if word.startswith("@") else [word]
        self.objects = os.path.join(OUT, f"{self.arch}-{self.compiler.rstrip('-')}")
        self.source_arch = SOURCE_ARCH.get(self.arch, self.arch)

    @property
    def cross(self):
        """The prefix of the tools."""
        return self.compiler if self.compiler.endswith("-") else ""

    @property
    def cc(self):
        """The compiler."""
        return self.cross + "gcc" if self.cross else self.compiler

    def present(self):
        """Whether the compiler is there."""
        return bool(shutil.which(self.cc))

    def make(self, *words):
        """The command that calls the kernel's make."""
        command = kernel.command(tree.TREE, self.objects, self.arch, self.cc, self.cross)
        return command + ["LOCALVERSION=", *words]

    def log(self, what):
        """The log file of one step."""
        return os.path.join(OUT, "log", f"{self.name}-{what}.log")

    def run(self, what, *words, total=0):
        """Call make; False if it failed."""
        result, _ = progress.run(self.make(*words), self.log(what), f"{self.name} {what}",
                                 total, env=kernel.environment())
        return not result

    def config(self):
        """What is on."""
        return kbuild.options(tree.read_text(os.path.join(self.objects, ".config")))

    def missing_options(self):
        """The changes that Kconfig did not grant."""
        has = self.config()
        return [word for word in self.changes
                if (f"CONFIG_{word[1:]}" in has) != (word[0] == "+")]


def rows():
    """The table, rows of one object directory beside each other."""
    sets, each, found = {}, {}, []
    with open(TABLE, encoding="utf-8") as lines:
        for line in lines:
            head, colon, rest = line.split("#")[0].partition(":")
            words = [word.strip() for word in rest.split("|")]
            if head.startswith("set "):
                sets[head[4:]] = rest.split()
            elif head.startswith("each "):
                each[head[5:]] = words
            elif head.startswith("*"):
                found += [Row(name + head[1:], [*first, rest.strip()], sets)
                          for name, first in each.items()]
            elif colon:
                found.append(Row(head, words, sets))
    return sorted(found, key=lambda row: row.objects)


def switch(row):
    """Turn the options of the row on and off."""
    script = [os.path.join(tree.TREE, "scripts/config"), "--file",
              os.path.join(row.objects, ".config")]
    for word in row.changes:
        script += ["-e" if word[0] == "+" else "-d", word[1:]]
    if row.changes:
        subprocess.run(script, check=True)
    return row.run("olddefconfig", "olddefconfig")


def configure(row):
    """Make the .config; what is wrong with it."""
    os.makedirs(row.objects, exist_ok=True)
    kind, _, flavour = row.begin.partition(" ")
    if kind == "flavour":
        made = kernel.Flavour(flavour)
        made.objects, made.source = row.objects, tree.TREE
        made.make = row.make
        kernel.adopt(made, kernel.generate(made, kernel.requested(made)))
    elif not row.run("config", kind):
        return [f"{row.name}: make {kind} failed: see {os.path.relpath(row.log('config'), ROOT)}"]
    if not switch(row):
        return [f"{row.name}: make olddefconfig failed"]
    return [f"{row.name}: {word} is not what Kconfig makes of it"
            for word in row.missing_options()]


class Users:
    """Which sources are ours, or include a header of ours."""

    def __init__(self, source_arch, top=tree.TREE):
        self.top, self.arch, self.ours = top, source_arch, Manifest.read().ours
        self.headers = {path.partition("include/")[2] for path in self.ours
                        if path.startswith(("include/", f"arch/{source_arch}/include/"))}
        self.headers |= {path.replace("uapi/", "") for path in self.headers}

    def __call__(self, source):
        if source in self.ours:
            return True
        text = tree.read_text(os.path.join(self.top, source))
        return not self.headers.isdisjoint(HEADER.findall(text))

    def goals(self, has):
        """What make is asked for: objects, and whole directories with rules of ours."""
        found = set()
        for where in PLACES:
            for path in kbuild.objects(where.format(arch=self.arch), has, self, self.top):
                top = os.path.dirname(path)
                found.add(f"{top}/" if f"{top}/Makefile" in self.ours else path)
        return sorted(found)


# Objects of ours that the kernel is not linked from.
APART = ("arch/x86/purgatory/", "arch/x86/boot/", "arch/x86/tools/")


def names(row, objects, *kind):
    """What nm says of objects: pairs of object and symbol."""
    if not objects:
        return []
    out = subprocess.run([row.cross + "nm", "-A", *kind, *objects], check=True, text=True,
                         capture_output=True, cwd=row.objects).stdout
    return [(line.partition(":")[0], line.split()[-1]) for line in out.splitlines()]


def unlinked(row, wanted):
    """What of ours asks for something that another row has, but this one does not."""
    stems = (path[:-2] for path in sorted(Manifest.read().ours)
             if path.endswith((".c", ".S")) and not path.startswith((*APART, "tools/")))
    there = [f"{stem}.o" for stem in stems if os.path.exists(f"{row.objects}/{stem}.o")]
    built = {path for path in there if path in wanted or f"{os.path.dirname(path)}/" in wanted}
    has = {symbol for _, symbol in names(row, sorted(built), "--defined-only")}
    gone = {symbol: path for path, symbol in
            names(row, sorted(set(there) - built), "-g", "--defined-only")}
    users = sorted(built | {path for path in wanted if path.endswith(".o")
                            and not path.startswith(APART)})
    return [f"{path} needs {symbol} of {gone[symbol]}, which is not built"
            for path, symbol in names(row, users, "-u")
            if symbol in gone and symbol not in has]


def compile_row(row, *words):
    """Compile what the row has of ours. Yields what is wrong."""
    yield from configure(row)
    if not row.run("prepare", "prepare"):
        yield f"{row.name}: make prepare failed: see {os.path.relpath(row.log('prepare'), ROOT)}"
        return
    wanted = Users(row.source_arch).goals(row.config())
    # Of a directory make takes what this row has, and leaves what another one had.
    for path in wanted:
        if path.endswith("/"):
            for left in glob.glob(f"{row.objects}/{path}*.o"):
                os.unlink(left)
    good = row.run("objects", "-k", "W=1", *words, *wanted, total=len(wanted))
    found = check.our_warnings(row.log("objects"))
    yield from (f"{row.name}: {line}" for line in found)
    if not good:
        yield (f"{row.name}: not all of {len(wanted)} goals compile: see "
               f"{os.path.relpath(row.log('objects'), ROOT)}")
    else:
        yield from (f"{row.name}: {line}" for line in unlinked(row, wanted))
