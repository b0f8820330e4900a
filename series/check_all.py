#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""make check-all: what make check leaves out because it takes hours.

    check_all.py [--only NAME,...] [--rows REGEX] [--keep]

Each check prints its findings and a line ok or FAIL; the exit code is 0 if all
passed, 1 if not. --rows takes of series/configurations and series/boots what
matches, --keep leaves the objects in build/check-all for the next time.
"""

import argparse
import concurrent.futures
import glob
import itertools
import os
import re
import shlex
import shutil
import subprocess
import sys
import time

from manifest import ROOT, Manifest
import check
import configured
import kernel
import progress
import test
import tree

# The flavour whose objects are analysed: it has the most of ours.
ANALYSED = "x86_64"
# What an analyzer says of ours and is plainly not so: file, words, why.
WRONG = os.path.join(ROOT, "series", "analyzers")
# What sphinx and kernel-doc say of a text, and not of what is installed.
BAD_RST = re.compile(r"^\S+\.(?:rst|[ch])(?::\S+)?: (?:WARNING|ERROR|CRITICAL|warning|error)")
# Directories of Documentation/ that have texts of ours.
DOCUMENTS = ("admin-guide/kdump", "fault-injection")


def verdict(found, begin, what):
    """Print the findings and the line that sums them up."""
    for line in found:
        print(f"  {line}")
    print(f"{'FAIL' if found else 'ok  '} {what}"
          + (f" ({len(found)} findings)" if found else "")
          + f", {progress.clock(time.monotonic() - begin)}", flush=True)
    return found


def compiled(rows, args):
    """Compile each of the rows; what is wrong."""
    wrong = []
    rows = [row for row in rows if re.search(args.rows, row.name)]
    for objects, group in itertools.groupby(rows, key=lambda row: row.objects):
        for row in group:
            if not row.present():
                print(f"--   {row.name}: there is no {row.cc}", flush=True)
                continue
            begin = time.monotonic()
            found = list(configured.compile_row(row))
            wrong += verdict(found, begin, row.name)
        if not args.keep:
            shutil.rmtree(objects, ignore_errors=True)
    return wrong


def check_configurations(args):
    """every configuration of x86 compiles, with gcc and clang"""
    return compiled([row for row in configured.rows() if row.source_arch == "x86"], args)


def check_architectures(args):
    """every other architecture with kexec compiles against the generic code"""
    return compiled([row for row in configured.rows() if row.source_arch != "x86"], args)


def boots():
    """series/boots: a flavour, host tests of its objects, tests of it in guests."""
    with open(os.path.join(ROOT, "series", "boots"), encoding="utf-8") as lines:
        for line in lines:
            flavour, colon, rest = line.split("#")[0].partition(":")
            if colon:
                yield (flavour, *(words.split() for words in rest.split("|")))


def booted(flavour, host, guest):
    """Build a kernel and have it crash; what was counted."""
    count = test.made("kernel.py", "image", flavour)
    if not count["failed"]:
        count.also(test.on_host(flavour, host, f"host-{flavour}"))
        count.also(test.in_guests(flavour, ["--all-places", *guest], f"boots-{flavour}"))
    return count


def check_boots(args):
    """kernels of other configurations, one by LLVM, crash and are captured"""
    wrong = []
    for flavour, host, guest in boots():
        if re.search(args.rows, flavour):
            begin = time.monotonic()
            count = booted(flavour, host, guest)
            wrong += verdict(count.why or count["failed"] * ["failed: build/test/"], begin,
                             f"{flavour}: {count.line()}")
    return wrong


def analysed(name, compiler):
    """A row that is compiled only to be analysed."""
    row = configured.Row(name, ["x86_64", compiler, f"flavour {ANALYSED}"], {})
    row.objects = os.path.join(configured.OUT, name)
    return row


def known_wrong():
    """series/analyzers: pairs of a path and what an analyzer says there."""
    with open(WRONG, encoding="utf-8") as lines:
        rows = (line.split("|") for line in lines if line.strip() and line[0] != "#")
        return [(row[0].strip(), row[1].strip()) for row in rows]


def believed(lines):
    """Those of the findings that are not known to be wrong."""
    known = known_wrong()
    return [line for line in lines
            if not any(path in line and words in line for path, words in known)]


def check_gcc_analyzer(args):
    """gcc -fanalyzer"""
    row = analysed("gcc-analyzer", "gcc")
    flags = next(word for word in row.make() if word.startswith("KCFLAGS="))
    found = believed(configured.compile_row(row, f"{flags} -fanalyzer"))
    if not args.keep:
        shutil.rmtree(row.objects, ignore_errors=True)
    return found


def analyze_command(row, path):
    """How clang compiled an object, as the command that analyses its source."""
    where, name = os.path.split(path)
    saved = tree.read_text(os.path.join(row.objects, where, f".{name}.cmd"))
    match = re.match(r"saved?cmd_\S+ := (.*?)(?: ;|$)", saved, re.M)
    if not match:
        return None
    words = [word for word in shlex.split(match.group(1).replace("$(pound)", "#"))
             if not word.startswith("-Wp,-MMD") and word != kernel.CACHE]
    at = words.index("-o")
    del words[at:at + 2]
    words.remove("-c")
    return words + ["--analyze", "--analyzer-output", "text", "-Xclang",
                    "-analyzer-disable-checker=security.insecureAPI"]


def check_clang_analyzer(args):
    """clang's static analyzer"""
    row = analysed("clang-analyzer", "clang")
    found = list(configured.compile_row(row))
    ours = Manifest.read().ours
    commands = [analyze_command(row, path) for path in configured.Users(row.source_arch).goals(row.config())
                if path.endswith(".o") and path[:-2] + ".c" in ours]

    def one(command):
        return subprocess.run(command, cwd=row.objects, text=True, check=False,
                              capture_output=True, errors="replace").stderr

    log = row.log("analyze")
    with concurrent.futures.ThreadPoolExecutor(int(kernel.JOBS)) as pool:
        tree.write_text(log, "".join(pool.map(one, filter(None, commands))))
    if not args.keep:
        shutil.rmtree(row.objects, ignore_errors=True)
    return believed(found + check.our_warnings(log))


def spatch(script, files):
    """What one semantic patch reports on the files."""
    text = tree.read_text(script)
    if not re.search(r"^virtual.*\breport\b", text, re.M):
        return ""
    options = re.search(r"^// Options: *(.*)$", text, re.M)
    return subprocess.run(
        ["spatch", "-D", "report", "--very-quiet", "--no-show-diff", "--cocci-file", script,
         *(options.group(1).split() if options else ()),
         "-I", "arch/x86/include", "-I", "include", "-I", "include/uapi", *files],
        cwd=tree.TREE, text=True, check=False, capture_output=True, errors="replace").stdout


def check_coccicheck(_):
    """the kernel's semantic patches (coccicheck)"""
    files = sorted(path for path in Manifest.read().ours
                   if path.endswith(".c") and not path.startswith("tools/"))
    scripts = sorted(glob.glob(os.path.join(tree.TREE, "scripts/coccinelle/**/*.cocci"),
                               recursive=True))
    said, live = "", progress.Progress("coccicheck", len(scripts), every_line=True)
    with concurrent.futures.ThreadPoolExecutor(int(kernel.JOBS)) as pool:
        for script, text in zip(scripts, pool.map(lambda s: spatch(s, files), scripts)):
            said += text
            live.line(os.path.relpath(script, tree.TREE))
            live.tick()
    return believed(line for line in said.splitlines() if re.match(r"\S+:\d+", line))


def check_documentation(args):
    """the documentation builds"""
    out = os.path.join(configured.OUT, "documentation")
    log = os.path.join(configured.OUT, "log", "documentation.log")
    found = []
    for where in DOCUMENTS:
        shutil.rmtree(out, ignore_errors=True)
        result, _ = progress.run(
            ["make", "-C", tree.TREE, f"O={out}", f"SPHINXDIRS={where}", "htmldocs"], log,
            f"documentation {where}", env=kernel.environment())
        text = tree.read_text(log)
        found += [line for line in text.splitlines() if BAD_RST.search(line)]
        if result:
            found.append(f"{where}: make htmldocs failed: see {os.path.relpath(log, ROOT)}")
    if not args.keep:
        shutil.rmtree(out, ignore_errors=True)
    return found


def check_abi(_):
    """Documentation/ABI parses"""
    done = subprocess.run(["perl", "scripts/get_abi.pl", "validate"], cwd=tree.TREE,
                          text=True, check=False, capture_output=True, errors="replace")
    ours = Manifest.read().ours
    return [line for line in (done.stdout + done.stderr).splitlines()
            if any(path in line for path in ours)]


CHECKS = {
    "coccicheck": check_coccicheck,
    "documentation": check_documentation,
    "abi": check_abi,
    "gcc-analyzer": check_gcc_analyzer,
    "clang-analyzer": check_clang_analyzer,
    "configurations": check_configurations,
    "architectures": check_architectures,
    "boots": check_boots,
}


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default=",".join(CHECKS), help=", ".join(CHECKS))
    parser.add_argument("--rows", default="", help="a regular expression")
    parser.add_argument("--keep", action="store_true", help="the objects")
    args = parser.parse_args()
    only = args.only.split(",")
    if set(only) - set(CHECKS):
        parser.error(f"--only knows {', '.join(CHECKS)}")
    if tree.main():
        return 1
    os.makedirs(os.path.join(configured.OUT, "log"), exist_ok=True)
    failed = []
    for name in only:
        begin = time.monotonic()
        try:
            found = CHECKS[name](args)
        except (subprocess.CalledProcessError, kernel.BuildError, OSError) as error:
            found = [f"could not be checked: {error}"]
        if verdict(found, begin, f"{name}: {CHECKS[name].__doc__}"):
            failed.append(name)
    print(f"check-all: {len(only) - len(failed)} of {len(only)} passed"
          + (f"; failed: {', '.join(failed)}" if failed else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
