#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""make test: build, host tests, KUnit and crashes in guests, other kernels, make check.

    test.py [FLAVOUR] [--only build,host,guest,sanitize,module,check] [PYTEST ARGUMENT...]

What is left over goes to the pytest of the part guest, which without names of
tests runs all that are in qemu/. Says how long each part took and ends in a
line that counts them all.
"""

import argparse
import collections
import glob
import importlib.util
import os
import re
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as xml

from manifest import ROOT
import check
import progress
import tree

QEMU = os.path.join(ROOT, "tools/testing/selftests/kexec/qemu")
HOST = os.path.join(ROOT, "tools/testing/kexec-host")
RESULTS = os.path.join(ROOT, "build", "test")
SILENCE = 5.0
SLICE = 4000    # random loads with every check of the kernel's; all are a million


class Count(collections.Counter):
    """Tests passed, failed and skipped, and a line for each that failed."""

    def __init__(self, *args, why=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.why = list(why)

    def also(self, other):
        """Count what @other has counted, too."""
        self.update(other)
        self.why += other.why

    def line(self):
        """The last line of a run."""
        text = f"{self['passed']} passed, {self['failed']} failed"
        return text + (f", {self['skipped']} skipped" if self["skipped"] else "")


def watched(command, log, label):
    """Run @command, pass its lines on, and never be silent for long."""
    os.makedirs(os.path.dirname(log), exist_ok=True)
    begin = time.monotonic()
    state = {"spoke": begin, "open": True}

    def heartbeat():
        while state["open"]:
            time.sleep(0.5)
            now = time.monotonic()
            if state["open"] and now - state["spoke"] >= SILENCE:
                state["spoke"] = now
                print(f"  {label}: {progress.clock(now - begin)}", flush=True)

    threading.Thread(target=heartbeat, daemon=True).start()
    env = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL"):
        env.pop(name, None)
    with open(log, "w", encoding="utf-8") as sink, \
            subprocess.Popen(command, cwd=ROOT, env=env, text=True, errors="replace",
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT) as child:
        for line in child.stdout:
            sink.write(line)
            sys.stdout.write(line)
            sys.stdout.flush()
            state["spoke"] = time.monotonic()
    state["open"] = False
    return child.returncode


# How test_compressors.py wants the kernel packed if it is not to try everything.
PACKED = ("gzip", "xz")


def named(words):
    """Those of the words that are tests, not options."""
    return [word for word in words if not word.startswith("-")]


def made(program, *words):
    """A program of series/ that builds something."""
    done = subprocess.run([sys.executable, os.path.join(ROOT, "series", program), *words],
                          check=False)
    if done.returncode:
        return Count(failed=1, why=[f"{program} {' '.join(words)}: build/log/"])
    return Count(passed=1)


def part_build(flavour, words):
    """The kernel under test; without it there is nothing more to try."""
    count = made("kernel.py", "image", flavour)
    if not count["failed"] and not named(words):
        count.also(made("compressors.py", flavour, *PACKED))
    return count


def part_host(flavour, _):
    """The pure cores on the host under the sanitizers; purgatory on a bare machine."""
    makefiles = sorted(glob.glob(os.path.join(HOST, "*", "Makefile")))
    return on_host(flavour, [os.path.basename(os.path.dirname(path)) for path in makefiles],
                   "host")


def on_host(flavour, names, label):
    """Those parts of kexec-host on the objects of @flavour; the logs begin with @label."""
    objects = os.path.join(ROOT, "build", "obj", flavour.partition("+")[0])
    count = Count()
    for name in names:
        where = os.path.join(HOST, name)
        rules = tree.read_text(os.path.join(where, "Makefile"))
        targets = ["replay"] + [t for t in ("test", "qemu") if f"\n{t}:" in rules]
        result = watched(["make", "-s", "-C", where, f"KSRC={tree.BASE}",
                          f"OBJ={objects}", *targets],
                         os.path.join(RESULTS, f"{label}-{name}.log"), f"{label} {name}")
        print(f"{'FAIL' if result else 'ok  '} {label} {name}: {', '.join(targets)}", flush=True)
        count["failed" if result else "passed"] += 1
        if result:
            count.why.append(f"{label} {name}: build/test/{label}-{name}.log")
    return count


def reason(case):
    """The first line of why a test case of a JUnit report failed, or None."""
    for kind in ("failure", "error"):
        found = case.find(kind)
        if found is not None:
            lines = (found.get("message") or found.text or "").strip().splitlines()
            return lines[0][:200] if lines else kind
    return None


def part_guest(flavour, words):
    """KUnit and the crashes, in guests."""
    return in_guests(flavour, words, "pytest")


# The kernels with every check that there is for the architecture, and what is run
# on the first of them. The two of x86_64 are of the same objects, but for what
# asks whether a signature has to be there.
SANITIZED = {"x86_64": (("-sanitize", "-sanitize+forced"),
                        ["test_sanitize.py", "test_signed.py", "test_warnings.py"]),
             "i386": (("-sanitize32",), ["test_sanitize.py"])}


def part_sanitize(flavour, _):
    """A slice of the random loads, signatures, lockdown and IMA, under KASAN and lockdep."""
    kernels, tests = SANITIZED.get(flavour, ((), []))
    return on_others(flavour, kernels, [f"--inputs={SLICE}", *tests], "sanitize")


def part_module(flavour, _):
    """LKDTM as a module."""
    kernels = ("+module",) if flavour == "x86_64" else ()
    return on_others(flavour, kernels, ["test_module.py"], "module")


def on_others(flavour, kernels, words, name):
    """Builds other kernels of the architecture, and runs in_guests() on the first."""
    count = Count()
    for kernel in kernels:
        count.also(made("kernel.py", "image", flavour + kernel))
    if kernels and not count["failed"]:
        count.also(in_guests(flavour + kernels[0], words, name))
    return count


def in_guests(flavour, words, name):
    """pytest with @words on the kernel of @flavour; its log and report are @name's."""
    report = os.path.join(RESULTS, f"{name}.xml")
    if os.path.exists(report):
        os.unlink(report)
    tests = [os.path.join(QEMU, word) for word in named(words)]
    command = [sys.executable, "-m", "pytest", *(tests or [QEMU]), "-v", "-rs", "--color=no",
               "--tb=short", *(word for word in words if word.startswith("-")),
               f"--arch={re.match('[^-+]+', flavour)[0]}",
               f"--kernel={os.path.join(ROOT, 'build', 'kernel', flavour)}",
               f"--junitxml={report}"]
    if importlib.util.find_spec("xdist"):
        # One more than processors: each waits now and then, for a disk or a clock.
        command += ["-n", str((os.cpu_count() or 1) + 1), "--dist", "loadgroup"]
    result = watched(command, os.path.join(RESULTS, f"{name}.log"), "guests")
    count = Count()
    if os.path.exists(report):
        for suite in xml.parse(report).getroot().iter("testsuite"):
            field = {k: int(suite.get(k, 0)) for k in
                     ("tests", "failures", "errors", "skipped")}
            bad = field["failures"] + field["errors"]
            count["failed"] += bad
            count["skipped"] += field["skipped"]
            count["passed"] += max(0, field["tests"] - bad - field["skipped"])
            count.why += [f"{case.get('name')}: {reason(case)}"
                          for case in suite.iter("testcase") if reason(case)]
    # pytest can stop before it counts anything, or after.
    if result and not count["failed"]:
        count["failed"] = 1
    if not count["passed"] and not count["failed"]:
        count["failed"] = 1
    return count


def part_check(flavour, _):
    """make check, each of its checks one test."""
    passed, failed = check.run(flavour)
    return Count(passed=len(passed), failed=len(failed),
                 why=[f"make check: {name}" for name in failed])


PARTS = {"build": part_build, "host": part_host, "guest": part_guest,
         "sanitize": part_sanitize, "module": part_module, "check": part_check}


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("flavour", nargs="?", default="x86_64")
    parser.add_argument("--only", default=",".join(PARTS), help=", ".join(PARTS))
    args, words = parser.parse_known_args()
    unknown = set(args.only.split(",")) - set(PARTS)
    if unknown:
        parser.error(f"--only knows {', '.join(PARTS)}, not {', '.join(sorted(unknown))}")
    os.makedirs(RESULTS, exist_ok=True)
    total, times = Count(), []
    for name in args.only.split(","):
        print(f"== {name}: {PARTS[name].__doc__}", flush=True)
        begin = time.monotonic()
        count = PARTS[name](args.flavour, words)
        took = time.monotonic() - begin
        times.append((name, took, count))
        total.also(count)
        print(f"== {name}: {count.line()}, {progress.clock(took)}", flush=True)
        if name == "build" and count["failed"]:
            break
    for name, took, count in times:
        print(f"  {name:8} {progress.clock(took):>6}  {count.line()}")
    for line in total.why:
        print(f"  failed: {line}")
    print(total.line(), flush=True)
    return 1 if total["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
