#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Two tools that read the same files: ours, and a peer such as another kernel tree's.

    peer.py compare TOOL PEER FILE...   all that they write has to be the same
    peer.py measure TOOL PEER FILE...   how long the table of each takes them

Real mode code is told by its name.
"""

import os
import resource
import statistics
import subprocess
import sys

# What the build asks for, and what people may
REPORTS = ((), ("--abs-relocs",), ("--text",), ("--abs-syms",), ("--reloc-info",))
# Nothing but warnings, of which a sound file may give none
MAY_BE_EMPTY = ("--abs-relocs",)

SAMPLES = 5
RUNS = 10       # in a sample: one is as short as the clock is coarse
FASTER = 2      # times, at least


def options(path):
    """What the tool has to be told of a file."""
    return ("--realmode",) if "realmode" in os.path.basename(path) else ()


def run(tool, report, path):
    """What a tool makes of a file: its exit status, what it wrote, what it complained of."""
    done = subprocess.run([tool, *options(path), *report, path], check=False,
                          capture_output=True)
    return done.returncode, done.stdout, done.stderr.decode(errors="replace").strip()


def compare_report(tools, report, path):
    """What is wrong with one report of one file. To fail alike is no agreement."""
    label = f"{path}: {' '.join(report) or 'the table'}"
    outputs = []
    for tool in tools:
        status, out, said = run(tool, report, path)
        if status:
            return [f"{label}: {tool} ends with {status}: {said}"]
        if not out and report != MAY_BE_EMPTY:
            return [f"{label}: {tool} writes nothing"]
        outputs.append(out)
    if outputs[0] != outputs[1]:
        return [f"{label}: {len(outputs[0])} bytes of {tools[0]} differ from "
                f"{len(outputs[1])} of {tools[1]}"]
    return []


def compare(tools, files):
    """Lines of what is wrong."""
    found = [line for path in files for report in REPORTS
             for line in compare_report(tools, report, path)]
    print(f"{len(files)} files, {len(REPORTS)} reports of each: {len(found)} differ")
    return found


def cpu_time(tool, path):
    """Milliseconds of processor time that the table of a file takes, and how many are the
    program's own: the rest is the kernel's, reading the file for it."""
    def used():
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime, usage.ru_utime

    before = used()
    for _ in range(RUNS):
        subprocess.run([tool, *options(path), path], check=True, stdout=subprocess.DEVNULL)
    return [1e3 * (now - then) / RUNS for now, then in zip(used(), before)]


def medians(tool, path):
    """Of each of the two times."""
    samples = zip(*(cpu_time(tool, path) for _ in range(SAMPLES)))
    return [max(statistics.median(times), 1e-6) for times in samples]


def measure(tools, files):
    """A line for each file, and one for each that is not fast enough."""
    found = []
    for path in files:
        (ours, user), (theirs, peer) = (medians(tool, path) for tool in tools)
        print(f"{path}: {ours:.2f} ms, the peer {theirs:.2f}: {theirs / ours:.1f} times as "
              f"fast; in user space {user:.2f} and {peer:.2f}: {peer / user:.1f} times")
        if theirs / ours < FASTER:
            found.append(f"{path}: not {FASTER} times as fast")
    return found


def main():
    """The command line."""
    what, *tools = sys.argv[1:4]
    files = sys.argv[4:]
    if what not in ("compare", "measure") or not files:
        print(__doc__, file=sys.stderr)
        return 2
    found = {"compare": compare, "measure": measure}[what](tools, files)
    for line in found:
        print(f"FAIL {line}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
