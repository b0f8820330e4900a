# SPDX-License-Identifier: GPL-2.0
"""KTAP, as Documentation/dev-tools/ktap.rst defines it: one suite's result."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

RESULT = re.compile(r"^(\s*)(not )?ok \d+ (?:- )?(\S+)(.*)$")


@dataclass
class Suite:
    passed: int = 0
    skipped: int = 0
    failed: list[str] = field(default_factory=list)
    verdict: bool | None = None         # the suite's own line


def parse(text: str, name: str) -> Suite:
    suite = Suite()
    for line in text.splitlines():
        match = RESULT.match(line)
        if not match:
            continue
        bad, what, rest = match[2], match[3], match[4]
        if what == name:
            suite.verdict = not bad
        elif bad:
            suite.failed.append(what)
        elif "# SKIP" in rest.upper():
            suite.skipped += 1
        else:
            suite.passed += 1
    return suite
