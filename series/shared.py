# SPDX-License-Identifier: GPL-2.0
"""What a file that several patches share is after each of them.

A Makefile names objects whose sources come with different patches, and
Kconfig.kexec the options of those. After a patch such a file is what it is in
the end, less what waits for a file that is not there yet.
"""

import os
import re

# An object or a directory in a line, as a word or behind KASAN_SANITIZE_ and the like.
PART = re.compile(r"(?:(?<=\s)|(?<=[A-Z]_))([a-z](?:[\w-]|\$\(BITS\))*)(\.o|/)(?=\s|$)")
BITS = "$(BITS)"
OPTION = re.compile(r"^(?:menu)?config (\w+)$", re.M)


def sources(where, line):
    """The files that a line of the Makefile in @where may be about."""
    for stem, kind in PART.findall(line):
        for suffix in ("/Makefile",) if kind == "/" else (".c", ".S"):
            for bits in ("32", "64") if BITS in stem else ("",):
                yield os.path.join(where, stem.replace(BITS, bits) + suffix)


def makefile(path, base, final, missing):
    """The Makefile @path while the files @missing are to come."""
    old = set(base.splitlines())
    return "".join(
        line for line in final.splitlines(keepends=True)
        if line.rstrip("\n") in old
        or not missing.intersection(sources(os.path.dirname(path), line)))


def forgotten(path, final, state, begun):
    """Files of @begun that the Makefile @path names in the end, but not in @state."""
    def about(text):
        return {name for line in text.splitlines()
                for name in sources(os.path.dirname(path), line)}

    return sorted((about(final) - about(state)) & begun)


def paragraphs(text):
    """The paragraphs of a Kconfig file; what is indented goes on with the one before."""
    found = []
    for part in text.split("\n\n"):
        if part.startswith("\t") and found:
            found[-1] += "\n\n" + part
        else:
            found.append(part)
    return found


def kconfig(base, final, makefiles, complete):
    """A Kconfig file while only the texts @makefiles, once @complete, can use options
    that are new. One that they never use is code's alone, which is no worse off
    where it does not know it yet."""
    old = set(OPTION.findall(base))

    def has(texts, option):
        return any(re.search(rf"\bCONFIG_{option}\b", text) for text in texts)

    def used(option):
        return option in old or has(makefiles, option) or not has(complete, option)

    return "\n\n".join(part for part in paragraphs(final)
                       if all(map(used, OPTION.findall(part))))
