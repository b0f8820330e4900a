# SPDX-License-Identifier: GPL-2.0
"""Signed kernel images, good and bad. sbsign signs them, as for firmware.

What it adds is the certificate table of PE: at the end of the file, with its
place in the header's data directory. In it is a header of eight bytes, and
then a message of PKCS#7, whose first four bytes say how long it is.
"""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

# What the kernel's build has made for itself: a key, and the certificate that
# is built in, in one file.
KEY = "signing_key.pem"

# Far from both ends: within what the signature is about.
DAMAGE_AT = 2 / 3

# Of a PE header, and of the certificate table's place in it.
PE_OFFSET = 0x3C
CERTIFICATES = 4 + 20 + 112 + 4 * 8
TABLE_HEADER, MESSAGE_HEADER = 8, 4
SHA256 = bytes.fromhex("608648016503040201")


def _run(*command: str | Path) -> None:
    subprocess.run(list(map(str, command)), check=True,
                   stdin=subprocess.DEVNULL, capture_output=True)


def _foreign_key(directory: Path) -> Path:
    """One that no kernel knows."""
    key, certificate = directory / "foreign.key", directory / "foreign.crt"
    _run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-sha256",
         "-days", "30", "-subj", "/CN=nobody knows me", "-keyout", key,
         "-out", certificate)
    both = directory / "foreign.pem"
    both.write_bytes(key.read_bytes() + certificate.read_bytes())
    return both


def _signed(image: Path, key: Path, to: Path) -> Path:
    _run("sbsign", "--key", key, "--cert", key, "--output", to, image)
    return to


def _damaged(image: Path, to: Path) -> Path:
    data = bytearray(image.read_bytes())
    data[int(len(data) * DAMAGE_AT)] ^= 1
    to.write_bytes(data)
    return to


def _table(image: bytes) -> tuple[int, int]:
    """Where the certificate table begins, and how long it is."""
    pe = struct.unpack_from("<I", image, PE_OFFSET)[0]
    return struct.unpack_from("<II", image, pe + CERTIFICATES)


def _table_cut(image: bytearray) -> None:
    del image[-8:]


def _message_garbage(image: bytearray) -> None:
    start = _table(image)[0] + TABLE_HEADER + MESSAGE_HEADER
    image[start:] = b"\xff" * (len(image) - start)


def _no_message(image: bytearray) -> None:
    image[_table(image)[0] + TABLE_HEADER] = 0xFF


def _digest_unknown(image: bytearray) -> None:
    """The last that is named is the one that the signer has taken."""
    at = image.rindex(SHA256) + len(SHA256) - 1
    assert at > _table(image)[0]
    image[at] = 0x7F


# Those of which the table is spoiled, and nothing that it vouches for.
TABLES = {"table-cut": _table_cut, "message-garbage": _message_garbage,
          "no-message": _no_message, "digest-unknown": _digest_unknown}


def _with_table(image: Path, name: str, to: Path) -> Path:
    data = bytearray(image.read_bytes())
    TABLES[name](data)
    to.write_bytes(data)
    return to


def make(kernel: Path, key: Path, to: Path) -> dict[str, Path]:
    """Images by what is the matter with them."""
    to.mkdir(parents=True, exist_ok=True)
    signed = _signed(kernel, key, to / "signed")
    foreign = _signed(kernel, _foreign_key(to), to / "foreign")
    return {"signed": signed, "unsigned": kernel, "foreign": foreign,
            "damaged": _damaged(signed, to / "damaged"),
            **{name: _with_table(signed, name, to / name)
               for name in TABLES}}
