#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Configure and build a kernel from the assembled tree.

    kernel.py image FLAVOUR                     build/kernel/FLAVOUR/
    kernel.py objects FLAVOUR [C=2] PATH...     compile single objects with W=1

A flavour is [base-]ARCH[-NAME][+CHANGE]: README.md beside this file tells which
config fragments it is made of. Nothing that is compiled depends on where the
repository lies, so a clone elsewhere finds its objects in the cache.
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys

from manifest import ROOT
import progress
import tree

BUILD = os.path.join(ROOT, "build")
CONFIG = os.path.join(ROOT, "series", "config")
CACHE = os.path.join(ROOT, "series", "ccache.sh")
JOBS = os.environ.get("JOBS") or str(os.cpu_count() or 1)
FIXED = {
    "KBUILD_BUILD_TIMESTAMP": "Wed Jan  1 00:00:00 UTC 2025",
    "KBUILD_BUILD_USER": "kdump",
    "KBUILD_BUILD_HOST": "kdump",
    "KBUILD_BUILD_VERSION": "1",
    "CCACHE_BASEDIR": ROOT,
    "CCACHE_NOHASHDIR": "1",
    # The compiler's own list of what it read, not a second run of cpp.
    "CCACHE_DEPEND": "1",
    # What the build itself has just generated is no moving target.
    "CCACHE_SLOPPINESS": "include_file_ctime,include_file_mtime",
    "LC_ALL": "C",
}


class BuildError(Exception):
    """A build that did not come to its end."""


class Flavour:
    """What is built: the sources, the fragments, where the objects go."""

    def __init__(self, name, check=False):
        self.name = name
        self.base = name.startswith("base-")
        stem, *changes = name.removeprefix("base-").split("+")
        arch, _, extra = stem.partition("-")
        row = arch_row(arch)
        self.kernel_arch, self.image, self.target = row[1:4]
        self.cross = "" if row[4] == "-" else row[4]
        self.steps = int(row[5])
        self.source = tree.BASE if self.base else tree.TREE
        # With a change on top, only what the change is about is compiled.
        shared = name.partition("+")[0] + ("-check" if check else "")
        self.objects = os.path.join(BUILD, "obj", shared)
        self.fragments = ["common.config", f"{arch}.config"]
        self.fragments += [] if self.base else ["ours.config"]
        self.fragments += [f"{word}.config" for word in (extra, *changes) if word]
        for fragment in self.fragments:
            if not os.path.exists(os.path.join(CONFIG, fragment)):
                raise BuildError(f"flavour {name}: there is no series/config/{fragment}")
        self.llvm = "CONFIG_CC_IS_CLANG" in requested(self)
        self.compiler = "clang" if self.llvm else self.cross + "gcc"

    def log(self, what):
        """The log file of one step."""
        return os.path.join(BUILD, "log", f"{os.path.basename(self.objects)}-{what}.log")

    def make(self, *words):
        """The command that calls the kernel's make."""
        return command(self.source, self.objects, self.kernel_arch, self.compiler,
                       self.cross, self.llvm) + list(words)


def command(source, objects, arch, compiler, cross, llvm=False):
    """How the kernel's make is called: from, to, for what, with what."""
    cache = CACHE + " " if shutil.which("ccache") else ""
    maps = (f"-ffile-prefix-map={source}/= "
            f"-ffile-prefix-map={os.path.relpath(source, objects)}/= "
            f"-ffile-prefix-map={objects}=.")
    words = ["make", "-C", source, f"O={objects}", f"ARCH={arch}",
             f"CC={cache}{compiler}", f"HOSTCC={cache}{'clang' if llvm else 'gcc'}",
             f"KCFLAGS={maps}", f"KAFLAGS={maps}",
             # Not needed, and noted in the configuration where they are.
             "PAHOLE=absent", "RUSTC=absent", f"-j{JOBS}"]
    words += [f"CROSS_COMPILE={cross}"] if cross else []
    return words + (["LLVM=1"] if llvm else [])


def arch_row(arch):
    """The row of series/arch for @arch."""
    with open(os.path.join(ROOT, "series", "arch"), encoding="utf-8") as lines:
        rows = [line.split("#")[0].split() for line in lines]
    known = {words[0]: words for words in rows if words}
    if arch not in known:
        raise BuildError(f"no architecture {arch}; series/arch knows {', '.join(known)}")
    return known[arch]


def environment():
    """The caller's environment without what would leak into the build."""
    # The languages are part of what ccache takes for the same compilation.
    dropped = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "ARCH", "FLAVOUR",
               "W", "C", "OBJ", "KCONFIG_CONFIG", "LANG", "LC_CTYPE", "LC_MESSAGES")
    env = {k: v for k, v in os.environ.items() if k not in dropped}
    return {**env, **FIXED}


def lock(flavour):
    """One build at a time in one object directory. Close it to let go."""
    os.makedirs(os.path.dirname(flavour.objects), exist_ok=True)
    held = open(flavour.objects + ".lock", "w", encoding="utf-8")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print(f"kernel: waiting for another build of {flavour.name}", flush=True)
        fcntl.flock(held, fcntl.LOCK_EX)
    return held


def requested(flavour):
    """The lines that the fragments ask for; a later one overrides."""
    options = {}
    for fragment in flavour.fragments:
        with open(os.path.join(CONFIG, fragment), encoding="utf-8") as lines:
            for line in map(str.strip, lines):
                if line.startswith("CONFIG_"):
                    options[line.partition("=")[0]] = line
                elif line.startswith("# CONFIG_") and line.endswith(" is not set"):
                    options[line.split()[1]] = line
    return options


def refused(options, config):
    """The requests that the file @config does not grant."""
    with open(config, encoding="utf-8") as lines:
        have = {line.rstrip("\n") for line in lines}
    named = {line.partition("=")[0] for line in have if line.startswith("CONFIG_")}
    return [line for name, line in sorted(options.items())
            if line not in have and (line.endswith("=y") or name in named
                                     or not line.startswith("#"))]


def config_key(flavour, options):
    """What .config follows from: requests, Kconfig files, compiler."""
    state = json.loads(tree.read_text(tree.STATE) or "{}")
    files = {} if flavour.base else {
        path: note for path, note in state.get("laid", {}).items()
        if os.path.basename(path).startswith("Kconfig")}
    compiler = subprocess.run([flavour.compiler, "--version"], text=True, check=True,
                              capture_output=True).stdout.splitlines()[0]
    return json.dumps([options, files, tree.read_text(tree.STAMP), compiler])


def generate(flavour, options):
    """Let Kconfig make a configuration of the requests: its path."""
    os.makedirs(flavour.objects, exist_ok=True)
    wanted = os.path.join(flavour.objects, "fragments.config")
    tree.write_text(wanted, "".join(line + "\n" for line in options.values()))
    fresh = os.path.join(flavour.objects, ".config.fresh")
    result, _ = progress.run(
        flavour.make("allnoconfig"), flavour.log("config"), f"config {flavour.name}",
        env={**environment(), "KCONFIG_ALLCONFIG": wanted, "KCONFIG_CONFIG": fresh})
    if result:
        raise BuildError("the kernel could not be configured")
    return fresh


def adopt(flavour, fresh):
    """Make the configuration @fresh the one to build, if it says something else."""
    config = os.path.join(flavour.objects, ".config")
    if tree.read_text(config) != tree.read_text(fresh):
        shutil.copyfile(fresh, config)


def configure(flavour):
    """Write .config from the fragments, anew only if they or Kconfig changed."""
    options = requested(flavour)
    key = config_key(flavour, options)
    made_from = os.path.join(flavour.objects, "config.key")
    if tree.read_text(made_from) == key and \
            os.path.exists(os.path.join(flavour.objects, ".config")):
        return
    fresh = generate(flavour, options)
    lost = refused(options, fresh)
    if lost:
        raise BuildError("options that the fragments ask for and that this tree "
                         "does not grant (a dependency is missing):\n  " + "\n  ".join(lost))
    adopt(flavour, fresh)
    tree.write_text(made_from, key)


def inner(flavour, where, *targets):
    """A goal that the kernel's Makefile lacks: targets of one directory alone.

    Returns its name, and the environment that make knows it in.
    """
    path = os.path.join(flavour.objects, "inner.mk")
    # Only for the last of the makes that call each other: to the others any
    # goal is one that they pass on.
    tree.write_text(path, "ifeq ($(sub_make_done) $(filter --no-print-directory,$(MAKEFLAGS)),"
                    "1 --no-print-directory)\n"
                    f"inner:\n\t$(Q)$(MAKE) $(build)={where} {' '.join(targets)}\nendif\n")
    return "inner", {**environment(), "MAKEFILES": path}


def product(source, target):
    """Copy a product if it is newer, at once for those who read it."""
    if os.path.exists(target) and \
            os.stat(source).st_mtime_ns == os.stat(target).st_mtime_ns:
        return
    shutil.copy2(source, target + ".new")
    os.replace(target + ".new", target)


def modules(flavour):
    """What of ours is not built in: the module of each option that says so."""
    named = {"CONFIG_LKDTM=m": "drivers/misc/lkdtm/lkdtm.ko"}
    return [named[line] for line in requested(flavour).values() if line.endswith("=m")]


def build_image(flavour):
    """Everything from the sources to build/kernel/FLAVOUR."""
    with lock(flavour):
        configure(flavour)
        made_too = modules(flavour)
        total = 0 if os.path.exists(os.path.join(flavour.objects, "vmlinux")) else flavour.steps
        result, _ = progress.run(flavour.make(flavour.target, "vmlinux", *made_too),
                                 flavour.log("build"), f"kernel {flavour.name}", total,
                                 env=environment())
        if result:
            raise BuildError(f"kernel {flavour.name} does not build")
        out = os.path.join(BUILD, "kernel", flavour.name)
        os.makedirs(out, exist_ok=True)
        # The key is there if the build made one: for those who sign images.
        for name in (flavour.image, "vmlinux", ".config", "certs/signing_key.pem",
                     *made_too):
            made = os.path.join(flavour.objects, name)
            if os.path.exists(made):
                product(made, os.path.join(out, os.path.basename(name).lstrip(".")))
    size = os.path.getsize(os.path.join(out, os.path.basename(flavour.image)))
    print(f"kernel: {os.path.relpath(out, ROOT)} ({size / 1e6:.1f} MB image)", flush=True)


def build_objects(flavour, words):
    """Compile single objects and show what the compiler says."""
    with lock(flavour):
        configure(flavour)
        command = flavour.make("--no-print-directory", "W=1", *words)
        result = subprocess.run(command, check=False,
                                env=environment(), stdin=subprocess.DEVNULL).returncode
    if result:
        raise BuildError("not compiled")


def main():
    """The command line."""
    if len(sys.argv) < 3 or sys.argv[1] not in ("image", "objects"):
        print(__doc__, file=sys.stderr)
        return 2
    what, name, words = sys.argv[1], sys.argv[2], sys.argv[3:]
    try:
        flavour = Flavour(name, check=what == "objects")
        if what == "objects" and not words:
            raise BuildError("say which: make obj OBJ=kernel/kexec_core.o")
        if tree.main():
            return 1
        if what == "image":
            build_image(flavour)
        else:
            build_objects(flavour, words)
    except BuildError as error:
        print(f"make kernel: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
