# SPDX-License-Identifier: GPL-2.0
"""LKDTM's types that are there to be stopped: its own selftest, as it is in
the base, goes as it does on the base's kernel.

How that goes stands in lkdtm.base-<arch>; with --base=DIR, a directory with
the base's kernel, it is run there too, and has to go just so. To write the
file anew:

    pytest test_lkdtm.py --base=DIR --write-base
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from against_base import Words as Outcomes, different, parse
from guest import BUILD
from rig import BOOT, Rig

HERE = Path(__file__).resolve().parent
SELFTEST = BUILD / "tree" / "tools/testing/selftests/lkdtm"
ALL = 400               # seconds, for all of them
MIN_TESTS = 70
VERDICTS = {0: "pass", 1: "fail", 4: "skip"}
# Left out, unless the kernel has what notices it: 16 bytes of zeros go to
# whatever object is next in the slab, and the kernel has to go on.
HARMFUL = {"USERCOPY_SLAB_SIZE_FROM": "CONFIG_HARDENED_USERCOPY=y"}


def names(rig: Rig) -> list[str]:
    config = (rig.kernel / "config").read_text().splitlines()
    lines = (SELFTEST / "tests.txt").read_text().splitlines()
    listed = [line.split()[0].lstrip("#") for line in lines if line.strip()]
    return [name for name in listed
            if name not in HARMFUL or HARMFUL[name] in config]


def run(rig: Rig) -> tuple[str, Outcomes]:
    """The kernel's release and how each test went."""
    steps = ("step=selftest\nmkdir /tmp/lkdtm\n"
             "cat /case/in/tests > /tmp/lkdtm/tests.txt\ncd /tmp/lkdtm\n"
             f"for name in {' '.join(names(rig))}; do\n"
             "	cat /case/in/run > $name.sh\n"
             "	sh ./$name.sh > out 2>&1 && code=0 || code=$?\n"
             "	echo $name $code >> codes\n"
             "	{ echo \"== $name $code\"; cat out; } >> all\n"
             "done\nsay ended codes=@codes all=@all\n")
    with rig.machine("panic=1", {
            "production": steps, "run": SELFTEST / "run.sh",
            "tests": SELFTEST / "tests.txt"}, cpus=2) as machine:
        up = machine.wait("up", seconds=BOOT)
        seen = machine.wait("ended", seconds=ALL)
    (rig.work / "selftest.log").write_text(seen["all"])
    outcomes = {name: VERDICTS.get(int(code), code)
                for name, code in parse(seen["codes"]).items()}
    for name in re.findall(r"^(\w+): saw 'XFAIL': \[SKIP\]$", seen["all"],
                           re.M):
        outcomes[name] = "xfail"
    return up["release"], outcomes


def base_file(rig: Rig) -> Path:
    return HERE / f"lkdtm.base-{rig.arch.name}"


def test_selftest_base(base_rig: Rig, pytestconfig: pytest.Config) -> None:
    """The file says how it goes on the base."""
    release, found = run(base_rig)
    if pytestconfig.getoption("--write-base"):
        base_file(base_rig).write_text(
            "# How LKDTM's selftest goes on the base's kernel, Linux "
            f"{release}; see test_lkdtm.py.\n"
            + "".join(f"{name} {how}\n" for name, how in found.items()))
    assert different(found, parse(base_file(base_rig).read_text())) == []


def test_selftest(rig: Rig) -> None:
    base = parse(base_file(rig).read_text())
    assert len(base) >= MIN_TESTS
    _, found = run(rig)
    assert different(found, base) == []
