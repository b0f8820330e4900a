# SPDX-License-Identifier: GPL-2.0
"""Started by UEFI's firmware, which enters the image as its own kind of program
(CONFIG_EFI_STUB). That is unpacked to memory that the firmware gives, and not
where it is. The capture kernel is started as ever; it knows of the firmware by
what the loader tells."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

import test_places
from rig import Rig
from test_places import check_codes, crash_itself

# Debian's package ovmf. The second is written to: what is set stays set.
CODE_IMAGE = Path("/usr/share/OVMF/OVMF_CODE_4M.fd")
VARIABLES = Path("/usr/share/OVMF/OVMF_VARS_4M.fd")

SAY = (f"dmesg > /tmp/log\n{test_places.SAY} log=@/tmp/log"
       ' bits="$(cat /sys/firmware/efi/fw_platform_size || echo none)"')


def firmware(rig: Rig) -> list[str]:
    """QEMU's options for it. The image is still QEMU's to give: the firmware
    finds it there, and starts it like one from a disk."""
    assert CODE_IMAGE.exists(), "no firmware: make deps installs ovmf"
    variables = rig.work / "variables.fd"
    shutil.copyfile(VARIABLES, variables)
    flash = "if=pflash,format=raw"
    return ["-drive", f"{flash},unit=0,readonly=on,file={CODE_IMAGE}",
            "-drive", f"{flash},unit=1,file={variables}"]


@pytest.mark.needs("uefi")
@pytest.mark.parametrize("kaslr", [
    pytest.param(True, id="kaslr"),
    pytest.param(False, id="nokaslr", marks=pytest.mark.matrix)])
def test_uefi(rig: Rig, kaslr: bool) -> None:
    before, after = seen = crash_itself(rig, "96M", kaslr, SAY, "512M",
                                        extra=firmware(rig))
    # The stub left word for the kernel, and the loader for the next one.
    assert "efi: EFI v" in before["log"]
    assert (before["bits"], after["bits"]) == ("64", "64")
    check_codes(rig, kaslr, seen, start=None)


@pytest.mark.needs("uefi")
def test_without_runtime_services(rig: Rig) -> None:
    """What can't hand on EFI tells where ACPI's tables are: nobody else knows."""
    before, after = crash_itself(rig, "96M", False, SAY, "512M",
                                 append="efi=noruntime", extra=firmware(rig))
    root = re.compile(r"ACPI: RSDP 0x[0-9A-F]+")
    assert after["bits"] == "none"
    assert root.findall(after["log"]) == root.findall(before["log"]) != []
