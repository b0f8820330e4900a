# SPDX-License-Identifier: GPL-2.0
"""Which objects a configuration is built from, known without building it.

Reads Makefiles of the kernel as far as what they list depends on options:
lists of objects and directories, and conditions about one option.
"""

import os
import re

import tree

LIST = re.compile(r"^\s*([\w-]+?)-(y|objs|\$\(.+?\)+)\s*[+:]?=\s*(.*)$")
GIVEN = re.compile(r"^if(n?)def\s+(CONFIG_\w+)\s*$")
EQUAL = re.compile(r"^if(n?)eq\s*\(\$\((CONFIG_\w+)\),\s*(\w*)\)\s*$")
OPTION = re.compile(r"CONFIG_\w+")


def options(config):
    """The options that the text of a .config turns on: name -> value."""
    return dict(re.findall(r"^(CONFIG_\w+)=(.*)$", config, re.M))


def holds(line, has):
    """Whether a condition of make holds; True for one that is not understood."""
    given = GIVEN.match(line)
    if given:
        return (given.group(2) in has) != bool(given.group(1))
    equal = EQUAL.match(line)
    if equal:
        return (has.get(equal.group(2), "") == equal.group(3)) != bool(equal.group(1))
    return True


def lines(text, has):
    """The lines of a Makefile that count."""
    nested = []
    for line in text.replace("\\\n", " ").splitlines():
        words = line.split("#")[0].split()
        head = words[0] if words else ""
        if head in ("ifdef", "ifndef", "ifeq", "ifneq"):
            nested.append(holds(" ".join(words), has))
        elif head == "else" and nested:
            nested[-1] = not nested[-1] and holds(" ".join(words[1:]), has)
        elif head == "endif" and nested:
            nested.pop()
        elif all(nested):
            yield line.split("#")[0]


def words_of(where, has, top):
    """What the Makefile in @where lists, less the parts of an object that is off."""
    text = "".join(tree.read_text(os.path.join(top, where, name))
                   for name in ("Kbuild", "Makefile"))
    every = set(text.split())
    found = []
    for line in lines(text, has):
        match = LIST.match(line)
        if match and all(option in has for option in OPTION.findall(match.group(2))):
            found += [(match.group(1), word) for word in match.group(3).replace(
                "$(BITS)", "64" if "CONFIG_64BIT" in has else "32").split()]
    listed = {word for _, word in found}
    return [word for name, word in found
            if f"{name}.o" in listed or f"{name}.o" not in every]


def objects(where, has, wanted, top=tree.TREE):
    """Objects under @where whose source @wanted asks for, a path -> bool."""
    for word in words_of(where, has, top):
        path = os.path.normpath(os.path.join(where, word))
        if word.endswith("/") and path.startswith(where + "/") and \
                os.path.isdir(os.path.join(top, path)):
            yield from objects(path, has, wanted, top)
        elif word.endswith(".o"):
            source = source_of(path[:-2], top)
            if source and wanted(source):
                yield path


def source_of(stem, top=tree.TREE):
    """The source of an object without its suffix, or None."""
    for suffix in (".c", ".S"):
        if os.path.exists(os.path.join(top, stem + suffix)):
            return stem + suffix
    return None
