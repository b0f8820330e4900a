# SPDX-License-Identifier: GPL-2.0
"""Kernel images for kexec_file_load, made of a good one: a small one, so that
loading it takes no time, and many that are spoiled, each in one way.

Offsets are those of Documentation/arch/x86/boot.rst.
"""

from __future__ import annotations

import struct
from pathlib import Path

from arch import Arch

SECTOR = 512
SETUP_SECTS, SYSSIZE, HEADER_SIZE, VERSION = 0x1F1, 0x1F4, 0x201, 0x206
ALIGNMENT, XLOADFLAGS, CMDLINE_SIZE = 0x230, 0x236, 0x238
PAYLOAD_OFFSET, PAYLOAD_LENGTH = 0x248, 0x24C
PREF_ADDRESS, INIT_SIZE = 0x258, 0x260

SMALL = 32 << 10            # of the kernel itself, and twice that to run in


def _patch(image: bytes, offset: int, data: bytes) -> bytes:
    return image[:offset] + data + image[offset + len(data):]


def _setup_bytes(image: bytes) -> int:
    return (image[SETUP_SECTS] + 1) * SECTOR


def payload(image: bytes) -> bytes:
    """The compressed kernel in it."""
    offset, length = struct.unpack_from("<II", image, PAYLOAD_OFFSET)
    start = _setup_bytes(image) + offset
    return image[start:start + length]


def alignment(image: bytes) -> int:
    return struct.unpack_from("<I", image, ALIGNMENT)[0]


def init_size(image: bytes) -> int:
    """What it takes to unpack itself and to start."""
    return struct.unpack_from("<I", image, INIT_SIZE)[0]


def small(kernel: bytes) -> bytes:
    """Loads as well as the kernel that it is the beginning of."""
    image = kernel[:_setup_bytes(kernel) + SMALL]
    for offset, value in ((SYSSIZE, SMALL // 16), (PAYLOAD_OFFSET, 0x400),
                          (PAYLOAD_LENGTH, 0x400), (INIT_SIZE, 2 * SMALL)):
        image = _patch(image, offset, struct.pack("<I", value))
    return image


# A field of the header, and what is written there.
FIELDS = {
    "setup-sects-0": (SETUP_SECTS, "<B", 0),
    "setup-sects-255": (SETUP_SECTS, "<B", 255),
    "syssize-0": (SYSSIZE, "<I", 0),
    "syssize-large": (SYSSIZE, "<I", SMALL // 16 + 1),
    "syssize-max": (SYSSIZE, "<I", 0xFFFFFFFF),
    "header-size-0": (HEADER_SIZE, "<B", 0),
    "header-size-to-payload": (HEADER_SIZE, "<B", 0x46),
    "header-size-128": (HEADER_SIZE, "<B", 0x80),
    "header-size-255": (HEADER_SIZE, "<B", 0xFF),
    "version-2.11": (VERSION, "<H", 0x20B),
    "version-2.12": (VERSION, "<H", 0x20C),
    "version-max": (VERSION, "<H", 0xFFFF),
    "alignment-1": (ALIGNMENT, "<I", 1),
    "alignment-3": (ALIGNMENT, "<I", 3),
    "alignment-4K": (ALIGNMENT, "<I", 4096),
    "alignment-2G": (ALIGNMENT, "<I", 1 << 31),
    "only-below-4G": (XLOADFLAGS, "<H", 0x71),
    "no-5-level": (XLOADFLAGS, "<H", 0x13),
    "xloadflags-all": (XLOADFLAGS, "<H", 0xFFFF),
    "cmdline-size-0": (CMDLINE_SIZE, "<I", 0),
    "cmdline-size-9": (CMDLINE_SIZE, "<I", 9),
    "cmdline-size-max": (CMDLINE_SIZE, "<I", 0xFFFFFFFF),
    "payload-outside": (PAYLOAD_OFFSET, "<I", 2 * SMALL),
    "payload-offset-max": (PAYLOAD_OFFSET, "<I", 0xFFFFFFFF),
    "payload-large": (PAYLOAD_LENGTH, "<I", SMALL),
    "payload-length-max": (PAYLOAD_LENGTH, "<I", 0xFFFFFFFF),
    "pref-address-0": (PREF_ADDRESS, "<Q", 0),
    "pref-address-1T": (PREF_ADDRESS, "<Q", 1 << 40),
    "pref-address-max": (PREF_ADDRESS, "<Q", (1 << 64) - 1),
    "init-size-0": (INIT_SIZE, "<I", 0),
    "init-size-small": (INIT_SIZE, "<I", SMALL // 2),
    "init-size-2G": (INIT_SIZE, "<I", 1 << 31),
    "init-size-max": (INIT_SIZE, "<I", 0xFFFFFFFF),
}

# How much of the image there is, from its start, from where its setup code
# ends, and from its end.
CUTS = (0, 1, 0x1F0, 0x1F1, 0x1FE, 0x200, 0x202, 0x206, 0x208, 0x211, 0x234,
        0x238, 0x25F, 0x260, 0x263, 0x264, 0x3FF, 0x400)
SETUP_CUTS = (-1, 0, 1, 0x200, 0x201, 0x400, SMALL // 2)
END_CUTS = (-0x200, -17, -16, -15, -1)


def _spoiled(arch: Arch, good: bytes) -> dict[str, bytes]:
    spoiled = {name: _patch(good, offset, data)
               for name, offset, data, _ in arch.spoiled_images}
    for name, (offset, form, value) in FIELDS.items():
        spoiled[name] = _patch(good, offset, struct.pack(form, value))
    setup = _setup_bytes(good)
    for prefix, origin, cuts in (("cut-at", 0, CUTS),
                                 ("cut-setup", setup, SETUP_CUTS),
                                 ("cut-end", len(good), END_CUTS)):
        for cut in cuts:
            name = f"{prefix}{cut:+#x}" if origin else f"{prefix}-{cut:#x}"
            spoiled[name] = good[:origin + cut]
    for more in (1, 16, 4096):
        spoiled[f"longer-by-{more}"] = good + b"\x5A" * more
    return spoiled


def write_small(kernel: Path, to: Path) -> Path:
    to.write_bytes(small(kernel.read_bytes()))
    return to


def make(arch: Arch, kernel: Path, to: Path) -> dict[str, Path]:
    """Files for the guest's disk, by the names that `kload answers` wants."""
    to.mkdir(parents=True, exist_ok=True)
    good = small(kernel.read_bytes())
    contents = {"good": good, **_spoiled(arch, good)}
    files = {f"image-{name}": data for name, data in contents.items()}
    files["initrd-small"] = bytes(range(256)) * 33
    for name, data in files.items():
        (to / name).write_bytes(data)
    return {**{name: to / name for name in files},
            "image-whole": kernel}
