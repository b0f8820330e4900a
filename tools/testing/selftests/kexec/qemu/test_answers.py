# SPDX-License-Identifier: GPL-2.0
"""The same answers as the base: what kexec_load and kexec_file_load say to
very many calls, good and bad, is what the base's kernel says to them.

The calls are the rows of `kload answers`. What the base says to each stands
in answers.base-<arch>; with --base=DIR, a directory with the base's kernel, it is
asked too, and has to say just that. To write the file anew:

    pytest test_answers.py --base=DIR --write-base
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

import images
from against_base import Words as Answers, different, parse
from rig import BOOT, Rig

HERE = Path(__file__).resolve().parent
ANSWER = 300            # seconds, for all the rows
MIN_ROWS = 300          # or it is not the file that it should be

@dataclass(frozen=True)
class Difference:
    """Rows that are answered unlike the base answers them, on purpose."""
    rows: str               # a regular expression for their whole names
    errno: str
    why: str


DIFFERENCES = (
    Difference(r"load-segment/ordinary/\w+/empty-of-nothing", "OK",
               "To the base an empty segment at address 0 is in the way of "
               "everything. It is in the way of nothing."),
    Difference(r"load-ram/crash/(?!half-of-ram$)[\w-]+", "EADDRNOTAVAIL",
               "What bounds a crash image is its region, not half of the "
               "memory beside it; where that is small, the base refuses "
               "images that fit. These do not fit, and that is the answer."),
    Difference(r"no-region-size/write/a-byte-less", "EINVAL",
               "This writes 2^64 - 1, which is no size of a region, and which "
               "the base rounds up to 0."),
)

# Where longs are wide, there are files to load, and callers of another width.
WIDE_DIFFERENCES = (
    Difference(r"load-bit/\w+/bit-(3[2-9]|[4-6]\d)", "EINVAL",
               "The base does not look at the upper half of the flags. What "
               "means nothing is refused, or it could never mean anything."),
    Difference(r"load32-arch/\w+/\w+/(386|S390)"
               r"|load32-count/\w+/(386|S390)/count(-0)?/[\w-]+"
               r"|load32-segment/\w+/(386|S390)/(?!overlaps|bufsz)[\w-]+",
               "EINVAL",
               "An image for another machine, which the base refuses from "
               "64-bit callers only."),
    Difference(r"load32-count/\w+/X86_64/count/table-unmapped", "EFAULT",
               "The base's answer is no errno but the number of bytes that "
               "it could not read."),
    Difference(r"file-cmdline/(crash/2018|ordinary/20(18|19|20|47|48))-bytes"
               r"|file-image/ordinary/cmdline-size-9", "OK",
               "The base keeps more room for an elfcorehdr= than it can take, "
               "and keeps it where there will be none."),
    Difference(r"file-image/\w+/(cut-end-0x(10|11|200)|cut-setup\+.*"
               r"|syssize-(large|max)|payload-(out|off|la|le).*)", "ENOEXEC",
               "A part of the kernel is missing: better to know now."),
    Difference(r"file-image/\w+/header-size-.*", "ENOEXEC",
               "By the jump over it, the header ends before fields that are "
               "needed, or beyond where boot_params has room for it."),
    Difference(r"file-image/crash/not-relocatable", "EADDRNOTAVAIL",
               "It would be started where it cannot run: the region is not at "
               "its address."),
    Difference(r"file-image/\w+/alignment-3", "ENOEXEC",
               "Not a power of two: the address would be anything."),
    Difference(r"file-image/\w+/init-size-(0|small)", "ENOEXEC",
               "A kernel that says it needs less than its own size is "
               "damaged, which is not an argument's fault."),
    Difference(r"file-image/\w+/pref-address-max", "ENOEXEC",
               "An address that cannot be is damage, not lack of room."),
    Difference(r"file-image/\w+/init-size-max", "EADDRNOTAVAIL",
               "Rounded up this is 4 GiB, for which there is no room. The "
               "base makes 0 of it."),
)


def ask(rig: Rig) -> tuple[str, Answers]:
    """The kernel's release and its answers."""
    files = images.make(rig.arch, rig.kernel / rig.arch.image,
                        rig.work / "images")
    steps = ("dmesg > /tmp/before\nstep=answers\n"
             "kload answers /case/in > /tmp/answers\n"
             "dmesg > /tmp/log\n"
             "say answers rows=@/tmp/answers log=@/tmp/log\n")
    with rig.machine("panic=1 nokaslr crashkernel=64M loglevel=1",
                     {"production": steps, **files}) as machine:
        up = machine.wait("up", seconds=BOOT)
        seen = machine.wait("answers", seconds=ANSWER)
    answers = parse(seen["rows"])
    (rig.work / "answers").write_text(seen["rows"])
    assert not re.findall("^.*(?:WARNING:|BUG:|Oops).*", seen["log"], re.M)
    return up["release"], answers


def answers_file(rig: Rig) -> Path:
    return HERE / f"answers.base-{rig.arch.name}"


def write_base(path: Path, release: str, answers: Answers) -> None:
    head = ("# What the base's kernel answers to each row of `kload answers`;"
            f"\n# from Linux {release}. See test_answers.py.\n")
    path.write_text(head + "".join(
        f"{name} {errno}\n" for name, errno in answers.items()))


def test_base(base_rig: Rig, pytestconfig: pytest.Config) -> None:
    """The file says what the base says."""
    release, answers = ask(base_rig)
    path = answers_file(base_rig)
    if pytestconfig.getoption("--write-base"):
        write_base(path, release, answers)
    assert different(answers, parse(path.read_text())) == []


def test_answers(rig: Rig) -> None:
    """Each row is answered as by the base, or as the table of differences
    says; and each row that the table is about is a difference."""
    base = parse(answers_file(rig).read_text())
    assert len(base) >= MIN_ROWS
    _, found = ask(rig)
    wanted = dict(base)
    differences = DIFFERENCES
    if rig.arch.name == "x86_64":
        differences += WIDE_DIFFERENCES
    for difference in differences:
        names = [name for name in base
                 if re.fullmatch(difference.rows, name)]
        assert names, f"no row is called {difference.rows}"
        for name in names:
            assert wanted[name] == base[name] != difference.errno, (
                f"{name}: {base[name]} is the base's answer; {difference}")
            wanted[name] = difference.errno
    assert different(found, wanted) == []
