#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The header of a bzImage that was built, compared with what it was built from.

    header.py OBJ

What a loader goes by is in the setup header (Documentation/arch/x86/boot.rst);
what it has to be follows from .config, from where things are in the image
(zoffset.h), and from how large the kernel is in it (voffset.h).
"""

import os
import re
import struct
import sys

PAGE = 4096
# Name -> offset in the file and format
FIELDS = {
    "setup_sects": (0x1f1, "B"),
    "magic": (0x202, "4s"),
    "version": (0x206, "H"),
    "kernel_alignment": (0x230, "I"),
    "relocatable_kernel": (0x234, "B"),
    "min_alignment": (0x235, "B"),
    "xloadflags": (0x236, "H"),
    "payload_offset": (0x248, "I"),
    "payload_length": (0x24c, "I"),
    "pref_address": (0x258, "Q"),
    "init_size": (0x260, "I"),
}
# Bit of xloadflags -> the options that set it, all of them
XLOADFLAGS = {
    0: ("X86_64",),                         # XLF_KERNEL_64
    1: ("X86_64", "RELOCATABLE"),           # XLF_CAN_BE_LOADED_ABOVE_4G
    4: ("X86_64", "EFI", "KEXEC_CORE"),     # XLF_EFI_KEXEC
    5: ("X86_64",),                         # XLF_5LEVEL
    6: ("X86_64", "X86_5LEVEL"),            # XLF_5LEVEL_ENABLED
}
XLF_EFI_HANDOVER = 3 << 2   # how firmware enters it is no matter of a loader's


def read(objects, *names):
    """A text file of the build."""
    with open(os.path.join(objects, *names), encoding="utf-8") as text:
        return text.read()


def header_of(image):
    """What the file says."""
    return {name: struct.unpack_from("<" + form, image, offset)[0]
            for name, (offset, form) in FIELDS.items()}


def config_of(objects):
    """Option -> value; what is not set is not there."""
    return dict(re.findall(r"^CONFIG_(\w+)=(.*)$", read(objects, ".config"), re.M))


def offsets(objects):
    """Names of zoffset.h and voffset.h -> numbers."""
    text = "".join(read(objects, "arch/x86/boot", name) for name in ("zoffset.h", "voffset.h"))
    return {name: int(value, 16) for name, value in
            re.findall(r"#define ([ZV]O_\w+) (?:_AC\()?(0x[0-9a-f]+)", text)}


def wanted(config, at):
    """Field -> what follows from the configuration and the link alone."""
    align = int(config["PHYSICAL_ALIGN"], 16)
    start = int(config["PHYSICAL_START"], 16)
    flags = sum(1 << bit for bit, options in XLOADFLAGS.items()
                if all(config.get(option) == "y" for option in options))
    return {
        "magic": b"HdrS",
        "kernel_alignment": align,
        "relocatable_kernel": int(config.get("RELOCATABLE") == "y"),
        # A page of the first page tables, or two pages
        "min_alignment": 21 if "X86_64" in config else 13,
        "xloadflags": flags,
        "payload_offset": at["ZO_input_data"],
        "payload_length": at["ZO_z_input_len"],
        "pref_address": (start + align - 1) // align * align,
    }


def check_init_size(size, at):
    """It holds the kernel, and the packed one so far behind that it can be unpacked in
    place; and it is no larger than that takes."""
    behind = at["ZO__end"] - at["ZO_input_data"] - at["ZO_z_input_len"]
    needs = {
        "the kernel": at["VO__end"] - at["VO__text"],
        "unpacking it at the margin": at["ZO_z_output_len"] + at["ZO_z_margin"] + behind,
    }
    for what, need in needs.items():
        if size < need:
            yield f"init_size is {size:#x}: {what} takes {need:#x}"
    most = max(needs.values()) + at["ZO_input_data"] + PAGE
    if size >= most:
        yield f"init_size is {size:#x}: {most:#x} would be more than enough"


def check_payload(image, header, at):
    """It is where the header says, and ends with the length that it unpacks to."""
    end = ((header["setup_sects"] or 4) + 1) * 512 + header["payload_offset"] \
        + header["payload_length"]
    length = int.from_bytes(image[end - 4:end], "little")
    if end > len(image) or length != at["ZO_z_output_len"]:
        yield f"the payload ends with {length:#x}, not {at['ZO_z_output_len']:#x}"


def check(objects):
    """Lines of what is wrong."""
    with open(os.path.join(objects, "arch/x86/boot/bzImage"), "rb") as file:
        image = file.read()
    header, at = header_of(image), offsets(objects)
    header["xloadflags"] &= ~XLF_EFI_HANDOVER
    for name, value in wanted(config_of(objects), at).items():
        if header[name] != value:
            yield f"{name} is {header[name]!r}, and has to be {value!r}"
    yield from check_init_size(header["init_size"], at)
    yield from check_payload(image, header, at)


def main():
    """The command line."""
    objects, = sys.argv[1:]
    found = list(check(objects))
    for line in found:
        print(f"FAIL {objects}: {line}")
    print(f"the header of {objects}'s bzImage: {len(found)} failed")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
