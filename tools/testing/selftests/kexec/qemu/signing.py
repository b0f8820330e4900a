# SPDX-License-Identifier: GPL-2.0
"""Signed kernel images, good and bad. sbsign signs them, as for firmware."""

from __future__ import annotations

import subprocess
from pathlib import Path

# What the kernel's build has made for itself: a key, and the certificate that
# is built in, in one file.
KEY = "signing_key.pem"

# Far from both ends: within what the signature is about.
DAMAGE_AT = 2 / 3


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


def make(kernel: Path, key: Path, to: Path) -> dict[str, Path]:
    """Images by what is the matter with them."""
    to.mkdir(parents=True, exist_ok=True)
    signed = _signed(kernel, key, to / "signed")
    foreign = _signed(kernel, _foreign_key(to), to / "foreign")
    return {"signed": signed, "unsigned": kernel, "foreign": foreign,
            "damaged": _damaged(signed, to / "damaged")}
