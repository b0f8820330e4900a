#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Run a long command with its output in a log and a live line for the reader.

On a terminal the line is rewritten in place; elsewhere one is printed every
few seconds. Lines that report a step (`  CC  kernel/kexec.o`) only count;
warnings and errors are shown as they come.
"""

import os
import re
import selectors
import subprocess
import sys
import time

# What every path of a build begins with says nothing to the reader.
PLACE = re.compile(r"(?:\S*/)?build/(?:tree|base|obj/[^/\s]+)/|(?:\.\./)+tree/")
STEP = re.compile(r"^  (?:\[M\] )?([A-Z][A-Z0-9_]+)(?: \[M\])? +(\S.*)$")
TROUBLE = re.compile(r"(warning|error|Error|undefined reference|\*\*\*|cannot|No such)")
EVERY_TTY = 0.2
EVERY_LOG = 5.0


class Progress:
    """The live line: what is being done, how far it is, for how long."""

    def __init__(self, label, total=0, every_line=False, out=sys.stderr):
        self.label = label
        self.total = total
        self.every_line = every_line
        self.out = out
        self.tty = out.isatty()
        self.steps = 0
        self.last = ""
        self.begin = self.shown = time.monotonic()

    def line(self, text):
        """Take one line of the command's output."""
        step = STEP.match(text)
        if step:
            self.steps += 1
            self.last = f"{step.group(1)} {PLACE.sub('', step.group(2))}"
        elif self.every_line:
            self.steps += 1
            self.last = PLACE.sub("", text)
        elif TROUBLE.search(text):
            self.say(text)

    def say(self, text):
        """Print a line of its own."""
        self.out.write(("\r\033[K" if self.tty else "") + text + "\n")
        self.out.flush()

    def tick(self):
        """Show the line when it is time to."""
        now = time.monotonic()
        if now - self.shown < (EVERY_TTY if self.tty else EVERY_LOG):
            return
        self.shown = now
        text = self.text(now)
        if self.tty:
            width = max(20, os.get_terminal_size(self.out.fileno()).columns - 1)
            self.out.write("\r\033[K" + text[:width])
        else:
            self.out.write(text[:100] + "\n")
        self.out.flush()

    def text(self, now):
        """What the live line says at the time @now."""
        done = f"{self.steps}"
        if self.total > self.steps:
            done += f" of about {self.total}"
        return f"{self.label}: {clock(now - self.begin)}, {done}, {self.last}"

    def finish(self, result):
        """The last line: it stays."""
        took = time.monotonic() - self.begin
        if result or took > 2:
            self.say(f"{self.label}: {'failed after' if result else 'done in'} "
                     f"{clock(took)}, {self.steps} steps")
        elif self.tty:
            self.out.write("\r\033[K")
            self.out.flush()


def clock(seconds):
    """Minutes and seconds."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def run(command, log, label, total=0, every_line=False, **popen):
    """Run @command, its output in the file @log.

    Returns its exit code and the number of steps that it reported.
    """
    os.makedirs(os.path.dirname(log), exist_ok=True)
    progress = Progress(label, total, every_line)
    with open(log, "wb") as sink, selectors.DefaultSelector() as selector:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, **popen)
        selector.register(child.stdout, selectors.EVENT_READ)
        rest = b""
        while True:
            chunk = None
            if selector.select(EVERY_TTY):
                chunk = os.read(child.stdout.fileno(), 1 << 16)
                sink.write(chunk)
                sink.flush()
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    progress.line(line.decode(errors="replace"))
            progress.tick()
            if chunk == b"":
                break
        child.stdout.close()
        result = child.wait()
    progress.finish(result)
    if result:
        progress.say(f"{label}: the whole log is {os.path.relpath(log)}")
    return result, progress.steps
