# SPDX-License-Identifier: GPL-2.0
"""Results that have to be those of the base's kernel, which stand in a file: a
line for each, a name and a word."""

from __future__ import annotations

Words = dict[str, str]


def parse(text: str) -> Words:
    lines = [line.split() for line in text.splitlines()
             if line and not line.startswith("#")]
    words = {name: word for name, word in lines}
    assert len(words) == len(lines), "two rows have the same name"
    return words


def different(found: Words, wanted: Words) -> list[str]:
    return [f"{name}: {found.get(name)}, not {wanted.get(name)}"
            for name in {**wanted, **found}
            if found.get(name) != wanted.get(name)]
