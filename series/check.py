#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""make check: what can be judged without running the kernel.

    check.py [FLAVOUR] [--only NAME,...]

The kernel of FLAVOUR has to be built. Each check prints its findings and a
line ok or FAIL; the exit code is 0 if all passed, 1 if not.
"""

import argparse
import collections
import concurrent.futures
import fnmatch
import io
import os
import re
import subprocess
import sys
import time

import docutils.core

from manifest import HOOKS, ROOT, Manifest, faults, hook_files, overlay_files
import kbuild
import kernel
import progress
import tree

# checkpatch's questions that have no answer for a file of ours, with why.
IGNORED = ",".join((
    "FILE_PATH_CHANGES",     # MAINTAINERS is a file of the repository
    "LINUX_VERSION_CODE",
    "COMMIT_MESSAGE",        # a hook is a patch without a mail around it:
    "DIFF_IN_COMMIT_MSG",    # ... its purpose, then the diff
    "MISSING_SIGN_OFF",
    "NOT_UNIFIED_DIFF",
    "CAMELCASE",             # names of others: Elf64_Ehdr, kexec_bzImage64_ops
    "NEW_TYPEDEFS",          # kimage_entry_t is what architectures call it
    "DEFINE_ARCH_HAS",       # so is ARCH_HAS_KIMAGE_ARCH, to be defined
    "ARCH_INCLUDE_LINUX",    # who implements <asm/x.h> includes it to be checked
    "INCLUDE_LINUX",         # ... and <linux/nmi.h> does not include <asm/nmi.h>
))
# Programs for the host and for a guest have no kernel headers, or stand in
# for one with macros that are as the kernel's are.
USERSPACE = "tools/testing/"
IGNORED_USERSPACE = ",".join((
    IGNORED, "ARRAY_SIZE", "BIT_MACRO", "PREFER_DEFINED_ATTRIBUTE_MACRO",
    "AVOID_EXTERNS", "MACRO_ARG_REUSE", "MACRO_ARG_UNUSED", "COMPLEX_MACRO",
    "INIT_ATTRIBUTE",
    "SPLIT_STRING",          # PRIu64 and the like do
))
CHECKED = (".c", ".h", ".S", ".lds")
SIZE_LIMIT = 1 << 20
# Batches of files for checkpatch: it takes long to start.
WORKERS = 16
# What docutils doesn't know without sphinx.
SPHINX = re.compile(r"Unknown directive type|Unknown interpreted text role")
PLACES = re.compile(rb"(?<![\w.-])(?:/work/|/root/)")


class Subsystem:
    """series/subsystem: what has to be ours."""

    def __init__(self):
        self.parts, self.later, self.lent = [], {}, {}
        names = []
        with open(os.path.join(ROOT, "series", "subsystem"), encoding="utf-8") as lines:
            for line in lines:
                words = line.split("#")[0].split()
                if not words:
                    continue
                if words[0] == "part":
                    self.parts.append(words[1])
                elif words[0] == "later":
                    self.later[words[1]] = " ".join(words[2:])
                elif words[0] == "lent":
                    self.lent[words[1], words[2]] = " ".join(words[3:])
                elif words[0] == "names":
                    names.append(f"(?:{words[1]})")
                else:
                    raise ValueError(f"series/subsystem: {line}")
        self.names = re.compile("|".join(names))

    def files(self):
        """The files of the assembled tree that are parts of it."""
        tops = {p.rsplit("/", 1)[0] for p in self.parts}
        for top in sorted(tops):
            for where, _, names in os.walk(os.path.join(tree.TREE, top)):
                for name in names:
                    path = os.path.relpath(os.path.join(where, name), tree.TREE)
                    if any(fnmatch.fnmatch(path, p) and
                           (p.endswith("/*") or path.count("/") == p.count("/"))
                           for p in self.parts):
                        yield path


def check_manifest(_):
    """MANIFEST lists every path, and hooks are wiring"""
    return faults()


def check_files(_):
    """every file of the subsystem is ours"""
    subsystem, manifest = Subsystem(), Manifest.read()
    found = [f"{path}: part of the subsystem, but the base's"
             for path in sorted(set(subsystem.files()))
             if path not in manifest.ours and path not in manifest.hooked
             and path not in subsystem.later]
    found += [f"{path}: series/subsystem says later, but it is ours"
              for path in subsystem.later if path in manifest.ours]
    return found


def linked_objects(flavour):
    """The objects that vmlinux is linked from, relative to its directory."""
    archives = ["vmlinux.a", "lib/lib.a", f"arch/{src_arch(flavour)}/lib/lib.a"]
    for archive in archives:
        path = os.path.join(flavour.objects, archive)
        if not os.path.exists(path):
            continue
        out = subprocess.run(["ar", "t", archive], check=True, text=True,
                             capture_output=True, cwd=flavour.objects).stdout
        # Members of a thin archive are named from where it is, or from here.
        for name in out.split():
            if os.path.exists(os.path.join(flavour.objects, name)):
                yield os.path.normpath(name)
            else:
                yield os.path.normpath(os.path.join(os.path.dirname(archive), name))


def src_arch(flavour):
    """The directory under arch/."""
    return {"x86_64": "x86", "i386": "x86"}.get(flavour.kernel_arch, flavour.kernel_arch)


def check_symbols(flavour):
    """no symbol of the subsystem comes from a file of the base"""
    subsystem, manifest = Subsystem(), Manifest.read()
    objects = sorted(set(linked_objects(flavour)))
    if not any(kbuild.source_of(o[:-2]) in manifest.ours for o in objects):
        return [f"no object of ours among the {len(objects)} of {flavour.name}: is it built?"]
    found = []
    for where, symbol in symbols(flavour, objects, "-g", "--defined-only"):
        stem = where[:-2]
        if symbol.startswith(("__ksymtab", "__kstrtab", "__pfx_", "__crc_")):
            continue
        if subsystem.names.search(symbol) and kbuild.source_of(stem) not in manifest.ours \
                and (symbol, stem) not in subsystem.lent:
            found.append(f"{kbuild.source_of(stem) or stem}: defines {symbol}")
    return found


def check_checkpatch(_):
    """checkpatch --strict"""
    manifest = Manifest.read()
    script = os.path.join(tree.TREE, "scripts/checkpatch.pl")
    command = ["perl", script, f"--root={tree.TREE}", "--strict", "--terse",
               "--show-types", "--no-summary", "--no-signoff"]
    ignore, more = f"--ignore={IGNORED}", f"--ignore={IGNORED_USERSPACE}"
    files = sorted(p for p in manifest.ours if p.endswith(CHECKED) or
                   os.path.basename(p).startswith("Kconfig"))
    user = [p for p in files if p.startswith(USERSPACE)]
    files = [p for p in files if not p.startswith(USERSPACE)]
    jobs = [command + [ignore, "-f"] + files[i::WORKERS] for i in range(WORKERS)]
    jobs += [command + [more, "-f"] + user[i::WORKERS] for i in range(WORKERS)]
    jobs.append(command + [ignore] + [os.path.join(HOOKS, patch) for patch in hook_files()])

    def one(job):
        # Without a git directory it leaves out spdxcheck, which wants modules
        # of Python that nothing else here does.
        done = subprocess.run(job, cwd=ROOT, capture_output=True, text=True, check=False,
                              errors="replace", env={**os.environ, "GIT_DIR": "none"})
        return [line for line in (done.stdout + done.stderr).splitlines()
                if re.match(r"\S+:\d+: ", line) or "rror" in line]

    found, live = [], progress.Progress("checkpatch", len(jobs), every_line=True)
    with concurrent.futures.ThreadPoolExecutor(int(kernel.JOBS)) as pool:
        for job, lines in zip(jobs, pool.map(one, jobs)):
            found += lines
            live.line(job[-1])
            live.tick()
    return found


# Objects that are not in vmlinux, but in what unpacks it.
BOOT = "arch/{arch}/boot/compressed"


def boot_objects(flavour):
    """The objects of ours that go before the kernel, as make's targets."""
    ours = Manifest.read().ours
    where = os.path.join(flavour.objects, BOOT.format(arch=src_arch(flavour)))
    if not os.path.isdir(where):
        return []
    found = (os.path.relpath(os.path.join(where, name), flavour.objects)
             for name in os.listdir(where) if name.endswith(".o"))
    return sorted(path for path in found if kbuild.source_of(path[:-2]) in ours)


def our_objects(flavour):
    """The objects of ours in the kernel of @flavour, as make's targets."""
    manifest = Manifest.read()
    return sorted({o for o in linked_objects(flavour)
                   if kbuild.source_of(o[:-2]) in manifest.ours})


def check_compile(flavour):
    """sparse and W=1"""
    objects = our_objects(flavour)
    if not objects:
        return [f"no object of ours in {flavour.name}: is it built?"]
    boot = boot_objects(flavour)
    check = kernel.Flavour(flavour.name, check=True)
    with kernel.lock(check):
        kernel.configure(check)
        result, _ = progress.run(check.make("W=1", "prepare"), check.log("prepare"),
                                 "check prepare", env=kernel.environment())
        if result:
            return ["the tree could not be prepared for the check"]
        # A warning is said when a file is compiled: compile all, each time.
        for name in objects + boot:
            for stale in (name, os.path.join(os.path.dirname(name),
                                             f".{os.path.basename(name)}.cmd")):
                try:
                    os.unlink(os.path.join(check.objects, stale))
                except FileNotFoundError:
                    pass
        log = check.log("warnings")
        with open(os.devnull, "w", encoding="utf-8") as quiet:
            saved, sys.stderr = sys.stderr, sys.stderr if sys.stderr.isatty() else quiet
            try:
                result, _ = progress.run(
                    check.make("-k", "W=1", "C=2", "CHECK=sparse", *objects), log,
                    "sparse and W=1", len(objects) * 2, env=kernel.environment())
                # These have flags of their own, which only their Makefile knows.
                goal, env = kernel.inner(check, BOOT.format(arch=src_arch(flavour)), *boot)
                more, _ = progress.run(
                    check.make("-k", "W=1", "C=2", "CHECK=sparse", goal), log + ".boot",
                    "sparse and W=1, boot", len(boot) * 2, env=env) if boot else (0, 0)
                result = result or more
            finally:
                sys.stderr = saved
    found = our_warnings(log) + our_warnings(log + ".boot")
    if result and not found:
        found.append(f"does not compile: see {os.path.relpath(log, ROOT)}")
    return found


# What runs before the kernel is mapped where it was linked for, so that an
# address in it would be wrong. (i386 has no such C code of ours.)
UNMAPPED = {"arch/x86/kernel/head64_map.o": ".head.text"}
ADDRESS = re.compile(r"\bR_X86_64_(?:64|32S?)\b")


def sizes(path, flavour):
    """The sections of an object: name -> size."""
    out = subprocess.run([flavour.cross + "size", "--format=sysv", path], check=True,
                         text=True, capture_output=True, cwd=flavour.objects).stdout
    rows = (line.split() for line in out.splitlines())
    return {row[0]: int(row[1]) for row in rows if len(row) == 3 and row[1].isdigit()}


def relocations(path, section, flavour):
    """The lines of readelf about what is relocated in a section."""
    out = subprocess.run([flavour.cross + "readelf", "--relocs", "--wide", path],
                         check=True, text=True, capture_output=True,
                         cwd=flavour.objects).stdout
    parts = re.split(r"^Relocation section '(.*?)'.*$", out, flags=re.M)
    tables = dict(zip(parts[1::2], parts[2::2]))
    return tables.get(f".rela{section}", "").splitlines()


def check_head(flavour):
    """no address in what runs before the kernel is mapped"""
    if flavour.kernel_arch != "x86_64":
        return []
    found = []
    for path, section in UNMAPPED.items():
        if not sizes(path, flavour).get(section):
            found.append(f"{path}: nothing in {section}, where its code has to be")
        found += [f"{path}: {section}: {' '.join(line.split())}"
                  for line in relocations(path, section, flavour) if ADDRESS.search(line)]
    return found


# Where the objects of ours are that an option can turn off.
PARENTS = ("kernel", "fs/proc", "arch/{arch}/kernel")


def objects_of(flavour):
    """The objects of ours that a flavour is built from, known without building it."""
    has = kbuild.options(tree.read_text(os.path.join(flavour.objects, ".config")))
    ours = Manifest.read().ours
    return {path for where in PARENTS
            for path in kbuild.objects(where.format(arch=src_arch(flavour)), has,
                                       ours.__contains__)}


def symbols(flavour, objects, *options):
    """What nm says with @options: pairs of object and symbol."""
    out = subprocess.run([flavour.cross + "nm", "-A", *options, *objects], check=True,
                         text=True, capture_output=True, cwd=flavour.objects).stdout
    for line in out.splitlines():
        where, _, rest = line.partition(":")
        yield where, rest.split()[-1]


def without(flavour, name, owner):
    """What is wrong with our objects of the flavour that lacks something."""
    lesser = kernel.Flavour(f"{flavour.name}-{name}", check=True)
    with kernel.lock(lesser):
        kernel.configure(lesser)
        objects = sorted(objects_of(lesser))
        directories = {os.path.dirname(path) for path in objects}
        log = lesser.log("objects")
        missing = [path for path in objects
                   if not os.path.exists(os.path.join(lesser.objects, path))]
        result, _ = progress.run(lesser.make("W=1", *objects), log, name, len(missing),
                                 env=kernel.environment())
    if result:
        return our_warnings(log) or [f"{name}: does not compile: see "
                                     f"{os.path.relpath(log, ROOT)}"]
    return our_warnings(log) + [
        f"{name}: {where} needs {symbol} of {owner[symbol]}, which is not built"
        for where, symbol in symbols(lesser, objects, "-u")
        if owner.get(symbol) and owner[symbol] not in objects
        and os.path.dirname(owner[symbol]) in directories]


def check_options(flavour):
    """compiles, and would link, with an option off"""
    ours = our_objects(flavour)
    owner = {symbol: where for where, symbol in symbols(flavour, ours, "--defined-only")}
    names = sorted(name[:-len(".config")] for name in os.listdir(kernel.CONFIG)
                   if name.startswith("without-"))
    return [line for name in names for line in without(flavour, name, owner)]


def our_warnings(log):
    """The warnings in a build's log that are about a file of ours."""
    ours = Manifest.read().ours
    said = re.compile(r"^(\S+?):\d+(?::\d+)?: .*(?:warning|error)\b", re.I)
    found = collections.OrderedDict()
    for line in tree.read_text(log).splitlines():
        match = said.match(line)
        if match:
            path = re.sub(r"^.*?\btree/", "", os.path.normpath(match.group(1)))
            if path in ours:
                found[line] = None
    return list(found)


def check_kernel_doc(_):
    """kernel-doc comments parse"""
    files = sorted(p for p in Manifest.read().ours if p.endswith((".c", ".h"))
                   and not p.startswith("tools/"))
    done = subprocess.run(
        ["perl", os.path.join(tree.TREE, "scripts/kernel-doc"), "-none", *files],
        cwd=ROOT, capture_output=True, text=True, check=False, errors="replace")
    return [line for line in done.stderr.splitlines() if re.search(r"warning|error", line, re.I)]


def check_documents(_):
    """tables, lists and headings are what docutils takes them for"""
    found = []
    for path in sorted(p for p in overlay_files() if p.endswith(".rst")):
        said = io.StringIO()
        with open(os.path.join(ROOT, path), encoding="utf-8") as text:
            docutils.core.publish_doctree(text.read(), path, settings_overrides={
                "warning_stream": said, "report_level": 2, "halt_level": 5})
        found += [line for line in said.getvalue().splitlines()
                  if re.match(r"\S+:\d+: ", line) and not SPHINX.search(line)]
    return found


def check_repository(_):
    """no binary, nothing large, no path of one machine"""
    out = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True,
                         capture_output=True, text=True).stdout
    found = []
    for path in filter(None, out.split("\0")):
        try:
            with open(os.path.join(ROOT, path), "rb") as stream:
                data = stream.read(SIZE_LIMIT + 1)
        except FileNotFoundError:
            continue
        if len(data) > SIZE_LIMIT:
            found.append(f"{path}: larger than {SIZE_LIMIT} bytes")
        if b"\0" in data:
            found.append(f"{path}: binary")
        place = PLACES.search(data) if path != "series/check.py" else None
        if place:
            line = data.count(b"\n", 0, place.start()) + 1
            found.append(f"{path}:{line}: names a directory of one machine")
    return found


CHECKS = {
    "manifest": check_manifest,
    "files": check_files,
    "symbols": check_symbols,
    "checkpatch": check_checkpatch,
    "compile": check_compile,
    "options": check_options,
    "head": check_head,
    "kernel-doc": check_kernel_doc,
    "documents": check_documents,
    "repository": check_repository,
}


def run(flavour_name, only=()):
    """Run the checks. Returns the names of those that passed and failed."""
    if tree.main():
        return [], list(CHECKS)
    flavour = kernel.Flavour(flavour_name)
    passed, failed = [], []
    for name, judge in CHECKS.items():
        if only and name not in only:
            continue
        begin = time.monotonic()
        try:
            found = judge(flavour)
        except (subprocess.CalledProcessError, kernel.BuildError, OSError) as error:
            found = [f"could not be checked: {error}"]
        for line in found:
            print(f"  {line}")
        print(f"{'FAIL' if found else 'ok  '} {name}: {judge.__doc__}"
              + (f" ({len(found)} findings)" if found else "")
              + f", {time.monotonic() - begin:.1f} s", flush=True)
        (failed if found else passed).append(name)
    return passed, failed


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("flavour", nargs="?", default="x86_64")
    parser.add_argument("--only", default="", help=", ".join(CHECKS))
    args = parser.parse_args()
    only = [name for name in args.only.split(",") if name]
    if set(only) - set(CHECKS):
        parser.error(f"--only knows {', '.join(CHECKS)}")
    passed, failed = run(args.flavour, only)
    print(f"check: {len(passed)} of {len(passed) + len(failed)} passed on "
          f"{len(overlay_files())} files"
          + (f"; failed: {', '.join(failed)}" if failed else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
