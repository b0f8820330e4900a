# SPDX-License-Identifier: GPL-2.0
"""The subsystem's unit tests: one boot runs them all, each suite that its
sources define is a test here, so one that is not run fails."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import ktap
from arch import Arch
from rig import BOOT
from conftest import fresh_directory
from guest import TOP, Guest, make_disk
from machine import Config, Event, Machine

SOURCES = ("kernel", "fs", "arch", "drivers", "lib")
SUITE = re.compile(r"struct kunit_suite \w+ = \{[^}]*?\.name\s*=\s*\"([^\"]+)\"",
                   re.S)
TELL = """for results in /sys/kernel/debug/kunit/*/results; do
	[ -e "$results" ] || continue
	suite=${results%/results}
	say suite name="${suite##*/}" ktap=@$results
done
say suites-end
"""


def our_suites() -> list[str]:
    sources = [path for top in SOURCES for path in (TOP / top).rglob("*.c")]
    return sorted({name for path in sources
                   for name in SUITE.findall(path.read_text())})


@pytest.fixture(scope="module")
def reports(arch: Arch, kernel: Path, guest: Guest, results: Path,
            accel: str) -> dict[str, Event]:
    work = fresh_directory(results, "kunit")
    disk = work / "disk.img"
    make_disk(disk, {"production": TELL}, "16M")
    # Many possible CPUs: some lists get longer than there is room for.
    config = Config(arch, kernel / arch.image, guest.production, work,
                    "panic=1 kunit.enable=1 crashkernel=64M", disk,
                    cpus="2,maxcpus=64", accel=accel)
    seen = {}
    with Machine(config) as machine:
        machine.wait("up", seconds=BOOT)
        while True:
            event = machine.wait("suite", "suites-end", seconds=BOOT)
            if event["event"] == "suites-end":
                return seen
            seen[event["name"]] = event


def said(console: Path, name: str) -> str:
    """What the kernel said during a suite, its messages among the results."""
    text = console.read_text(errors="replace")
    start = text.find(f"# Subtest: {name}\n")
    end = re.search(rf"ok \d+ {re.escape(name)}\n", text)
    return text[max(start, 0):end.end() if end else None]


# What a suite is built with; all others are, wherever there is kexec.
OPTIONS = {"lkdtm": "CONFIG_LKDTM=y"}


@pytest.mark.xdist_group("kunit")
@pytest.mark.parametrize("name", our_suites())
def test_suite(kernel: Path, results: Path, reports: dict[str, Event],
               name: str) -> None:
    option = OPTIONS.get(name)
    if option and option not in (kernel / "config").read_text().split("\n"):
        pytest.skip(f"a kernel without {option}")
    assert name in reports, "the kernel did not run this suite"
    text = reports[name]["ktap"]
    suite = ktap.parse(text, name)
    assert suite.verdict and not suite.failed, said(
        results / "kunit" / "console.log", name)
    assert suite.passed, f"nothing in this suite ran:\n{text}"
