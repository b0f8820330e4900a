# SPDX-License-Identifier: GPL-2.0
"""Who vouches for a kernel: signatures, lockdown, and what IMA measures.

It takes a kernel with all that, and a second one that refuses what has no
signature: `make test-signed` builds them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

import script
import signing
from cases import LOADERS, REBOOT_LOADERS
from machine import Machine
from rig import BOOT, Rig

LOADS = 600             # seconds; each digests a whole kernel, emulated
FORCED = "+forced"
CMDLINE = "first=1 second=2"
POLICY = ("measure func=KEXEC_KERNEL_CHECK\n"
          "measure func=KEXEC_INITRAMFS_CHECK\n"
          "measure func=KEXEC_CMDLINE\n")
APPRAISE = "appraise func=KEXEC_KERNEL_CHECK appraise_type=imasig\n"
IMA = "/sys/kernel/security/ima"
MOUNT = "mount -t securityfs security /sys/kernel/security\n"
TELL = f"say measured list=@{IMA}/ascii_runtime_measurements\n"

SEGMENTS = "segments"


@dataclass(frozen=True)
class Strictness:
    """How a kernel is told to be strict, and what it says to each image."""
    name: str
    parameters: str
    forced: bool
    says: dict[str, str]


# Errnos as sys_kexec_file_load() documents them: what is wrong with each.
FOUND = {"unsigned": "ENODATA", "foreign": "ENOKEY", "damaged": "EKEYREJECTED",
         "table-cut": "ELIBBAD", "message-garbage": "EBADMSG",
         "no-message": "ELIBBAD", "digest-unknown": "ENOPKG"}

STRICTNESS = (
    Strictness("relaxed", "", False, {
        "signed": "OK", **dict.fromkeys(FOUND, "OK"), SEGMENTS: "OK"}),
    # Nobody looks into an image of segments, so there is no good one.
    Strictness("lockdown", "lockdown=integrity", False, {
        "signed": "OK", **dict.fromkeys(FOUND, "EPERM"), SEGMENTS: "EPERM"}),
    Strictness("forced", "", True, {
        "signed": "OK", **FOUND, SEGMENTS: "OK"}),
    Strictness("forced-lockdown", "lockdown=integrity", True, {
        "signed": "OK", **FOUND, SEGMENTS: "EPERM"}),
)


@pytest.fixture
def signed_rig(rig: Rig) -> Rig:
    if not (rig.kernel / signing.KEY).exists():
        pytest.skip("the kernel has no key: make test-signed")
    return rig


def forced(rig: Rig) -> Rig:
    return replace(rig, kernel=rig.kernel.with_name(rig.kernel.name + FORCED))


def pictures(rig: Rig) -> dict[str, Path]:
    return signing.make(rig.kernel / rig.arch.image, rig.kernel / signing.KEY,
                        rig.work / "signed")


def load_each(images: dict[str, Path]) -> str:
    """Both kinds of each image, and then of segments."""
    lines = [": > /tmp/rows\n"]
    for kind in ("--crash", ""):
        for name in images:
            lines.append(f'echo "{name} $(kload file {kind} '
                         f'--kernel /case/in/{name} 2>&1 || true)" >> '
                         '/tmp/rows\n')
        lines.append(f'echo "{SEGMENTS} $(kload segments {kind} '
                     '--kernel /case/in/unsigned 2>&1 || true)" >> '
                     '/tmp/rows\n')
    return "".join(lines)


@pytest.mark.parametrize("strictness", [
    pytest.param(row, id=row.name) for row in STRICTNESS])
def test_signatures(signed_rig: Rig, strictness: Strictness) -> None:
    rig = forced(signed_rig) if strictness.forced else signed_rig
    images = pictures(rig)
    steps = (load_each(images) + "dmesg > /tmp/log\n"
             'say loads rows=@/tmp/rows log=@/tmp/log\n')
    with rig.machine(f"panic=1 crashkernel=256M {strictness.parameters}",
                     {"production": steps, **images}, memory="1G",
                     disk_size="384M") as machine:
        machine.wait("up", seconds=BOOT)
        seen = machine.wait("loads", seconds=LOADS)
    rows = [line.split() for line in seen["rows"].splitlines()]
    assert rows == [[name, errno] for _ in range(2)
                    for name, errno in strictness.says.items()]
    refused = any(errno == "EPERM" for errno in strictness.says.values())
    assert ("Lockdown: kload:" in seen["log"]) == refused


def measured(listing: str, what: str) -> list[str]:
    """The last field of each entry of IMA's list that is called so."""
    lines = [line.split() for line in listing.splitlines()]
    return [words[-1] for words in lines if what in words]


def restarting(rig: Rig, then: str = "", cmdline: str = "") -> Machine:
    """Loads a kernel while IMA measures, and starts it after @then; before that
    and in the new kernel the list is told."""
    steps = (f"{MOUNT}printf '{POLICY}' > {IMA}/policy\n"
             + script.names(script.next_kernel(rig.arch, "second") + cmdline)
             + script.load(REBOOT_LOADERS["own-file"], "kexec_loaded")
             + TELL + then + "umount /case\nstep=reboot\nkexec -e\n")
    return rig.machine("panic=1", {"production": steps,
                                   "second": MOUNT + TELL}, memory="1G")


def first_list(machine: Machine) -> str:
    machine.wait("up", seconds=BOOT)
    assert machine.wait("loaded", seconds=LOADS)["armed"] == "1"
    return machine.wait("measured", seconds=BOOT)["list"]


def second_list(machine: Machine) -> str:
    assert machine.wait("up", seconds=BOOT)["role"] == "second"
    return machine.wait("measured", seconds=BOOT)["list"]


def check_second(first: str, second: str) -> None:
    """Another boot begins its list anew; this one's goes on from the first's."""
    assert second.startswith(first)
    assert len(measured(second, "boot_aggregate")) == 2


def test_measured(signed_rig: Rig) -> None:
    """IMA measures kernel, initrd and command line of what is loaded, and the
    kernel that is started goes on with the list."""
    with restarting(signed_rig, cmdline=f" {CMDLINE}") as machine:
        first, second = first_list(machine), second_list(machine)
    cmdlines = [bytes.fromhex(text).decode()
                for text in measured(first, "kexec-cmdline")]
    assert len(cmdlines) == 1
    assert cmdlines[0].rstrip("\0").endswith(CMDLINE)
    for path in ("/case/in/kernel", "/case/in/initrd"):
        assert path in first
    check_second(first, second)


def test_measured_after_a_failure(signed_rig: Rig) -> None:
    """A load that fails has grown the list beyond what the armed image has
    room for. That one is started, with as much of the list as fits."""
    failing = ("long=$(printf '%08192d' 0)\n"
               'say refused errno="$(kload file --kernel $kernel '
               '--initrd $initrd --cmdline $long)" '
               'armed="$(cat /sys/kernel/kexec_loaded)"\n')
    with restarting(signed_rig, failing) as machine:
        first = first_list(machine)
        refused = machine.wait("refused", seconds=LOADS)
        assert (refused["errno"], refused["armed"]) == ("EINVAL", "1")
        second = second_list(machine)
    check_second(first, second)


def test_appraised(signed_rig: Rig) -> None:
    """IMA wants a signature of its own: none is there, and segments, into
    which it cannot look, are refused along with it. What is armed stays."""
    rig = signed_rig
    steps = (script.names("")
             + script.load(LOADERS["own-file"])
             + f"{MOUNT}printf '{APPRAISE}' > {IMA}/policy\n"
             'say answers file="$(kload file --crash --kernel $kernel)" '
             'segments="$(kload segments --crash --kernel $kernel)" '
             f"{script.STATE}\n")
    with rig.machine("panic=1 crashkernel=256M",
                     {"production": steps}, memory="1G") as machine:
        machine.wait("up", seconds=BOOT)
        machine.wait("loaded", seconds=LOADS)
        seen = machine.wait("answers", seconds=LOADS)
    assert (seen["file"], seen["segments"]) == ("EACCES", "EACCES")
    assert (seen["armed"], seen["verify"]) == ("1", "ok")
