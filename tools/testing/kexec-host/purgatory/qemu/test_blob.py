# SPDX-License-Identifier: GPL-2.0-only
"""The real blob on a bare emulated machine.

Each row of the table is an image that the test makes by itself, byte for
byte from the layout in include/linux/purgatory.h and with SHA-256 from
Python, so that it disagrees with the kernel's code where that is wrong. The
verdict is QEMU's exit status: a port that only the target writes to, or a
reset, which -no-reboot turns into an exit.
"""

import hashlib
import os
import pathlib
import re
import resource
import shlex
import struct
import subprocess

import pytest

HERE = pathlib.Path(__file__).resolve().parent
QEMU = shlex.split(os.environ.get("QEMU", "qemu-system-x86_64"))
BLOB = pathlib.Path(os.environ["BLOB"])
OUT = pathlib.Path(os.environ["OUT"])

# include/linux/purgatory.h
HEADER = struct.Struct("<8I2Q")          # ... up to the console
CONSOLE = struct.Struct("<2IQ")
REGION = struct.Struct("<2Q2I32s")
NR_REGIONS_AT = 24
DIGEST_AT = 64
REGIONS_AT = 96
SEGMENT_MAX = 16
FLAG_SHA = 1
NONE, PROBE, PORT, MMIO, MMIO32 = range(5)

# qemu/stub_x86_64.S
LOAD_ADDR = 0x100000
ENTRY_AT = 64
ARG_AT = 72
# Which of its two targets, as the blob's own link says that it is.
NARROW = BLOB.with_suffix(".elf").read_bytes()[4] == 1
TARGET = LOAD_ADDR + (512 if NARROW else 128)
ENTERED = 2 * 0x31 + 1
RESET = 0

BLOB_ADDR = 0x110000
REGION_ADDR = 0x200000
ARG = 0x12345678

# Seconds of the emulator's work: what the machine must have been reset in.
RESET_LIMIT = 2.0
# Seconds until a machine that hangs is called that.
HANG_LIMIT = 60


class Image:
    """Stub, blob and regions, to be loaded at LOAD_ADDR."""

    def __init__(self, stub, contents, console=(PROBE, 0, 0), gap=4096,
                 target=TARGET, flags=0, nmis=False):
        self.flags = flags
        self.nmis = nmis
        self.blob = bytearray(BLOB.read_bytes())
        self.console = console
        self.target = target
        self.regions = []
        self.memory = bytearray()
        for data in contents:
            self.regions.append((REGION_ADDR + len(self.memory), len(data),
                                 hashlib.sha256(data).digest()))
            self.memory += data + bytes(gap)
        self.stub = bytearray(stub)
        self.seal()

    def seal(self):
        head = list(HEADER.unpack_from(self.blob))
        head[6:8] = [len(self.regions), self.flags]
        head[8:10] = [self.target, ARG]
        HEADER.pack_into(self.blob, 0, *head)
        CONSOLE.pack_into(self.blob, HEADER.size, *self.console)
        for i, (start, size, digest) in enumerate(self.regions):
            REGION.pack_into(self.blob, REGIONS_AT + i * REGION.size,
                             start, size, i, 0, digest)
        self.sign()

    def sign(self):
        self.blob[DIGEST_AT:DIGEST_AT + 32] = bytes(32)
        self.blob[DIGEST_AT:DIGEST_AT + 32] = \
            hashlib.sha256(self.blob).digest()

    def write(self, path):
        entry, = struct.unpack_from("<I", self.blob, 12)
        struct.pack_into("<4Q", self.stub, ENTRY_AT, BLOB_ADDR + entry, ARG,
                         self.nmis, NARROW)
        out = bytearray(self.stub.ljust(BLOB_ADDR - LOAD_ADDR, b"\0"))
        out += self.blob
        # What is behind the blob is its stack; nobody clears it.
        out = out.ljust(REGION_ADDR - LOAD_ADDR, b"\xff")
        out += self.memory
        path.write_bytes(out)


def pattern(size, seed):
    return bytes((i * 7 + (i >> 8) * 13 + seed) & 255 for i in range(size))


def children_time():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Result:
    def __init__(self, status, serial, seconds):
        self.status, self.serial, self.seconds = status, serial, seconds


def run(name, image, machine="pc", serial=True, extra=()):
    path = OUT / f"{name}.img"
    log = OUT / f"{name}.serial"
    image.write(path)
    log.unlink(missing_ok=True)
    before = children_time()
    qemu = subprocess.run(
        [*QEMU, "-accel", "tcg", "-machine", machine, "-cpu", "max", "-m",
         "256", "-nodefaults", "-display", "none", "-no-reboot",
         "-serial", f"file:{log}" if serial else "none",
         "-device", "isa-debug-exit,iobase=0xf4,iosize=1",
         "-kernel", path, *extra],
        timeout=HANG_LIMIT, check=False)
    text = log.read_bytes().decode(errors="replace") if log.exists() else ""
    return Result(qemu.returncode, text, children_time() - before)


@pytest.fixture(scope="session")
def stub():
    OUT.mkdir(parents=True, exist_ok=True)
    elf, flat = OUT / "stub.elf", OUT / "stub.bin"
    subprocess.run(["gcc", "-m64", "-nostdlib", "-static", "-no-pie",
                    "-Wl,--build-id=none", f"-Wl,-Ttext={LOAD_ADDR:#x}",
                    "-o", elf, HERE / "stub_x86_64.S"], check=True)
    subprocess.run(["objcopy", "-O", "binary", "-j", ".text", elf, flat],
                   check=True)
    return flat.read_bytes()


# Sizes around SHA-256's block and padding, and more than one of its chunks
SIZES = [0, 1, 3, 55, 56, 57, 63, 64, 65, 119, 120, 128, 4096, 65537,
         1 << 20, 300001]

MATCH = {
    "nothing-to-check": [],
    "one-byte": [b"x"],
    "sizes": [pattern(size, i) for i, size in enumerate(SIZES)],
    "8MiB": [pattern(1 << 16, 3) * 128],
}


@pytest.mark.parametrize("machine", ["pc", "q35"])
@pytest.mark.parametrize("name", MATCH)
def test_intact_is_entered_in_silence(stub, name, machine):
    result = run(f"{name}-{machine}", Image(stub, MATCH[name]), machine)
    assert result.status == ENTERED
    assert result.serial == ""


@pytest.fixture(scope="session")
def sha():
    """For images that are digested with the CPU's instructions for it."""
    probe = subprocess.run(
        [*QEMU, "-accel", "tcg", "-machine", "pc", "-cpu",
         "qemu64,+ssse3,+sha-ni,enforce", "-nodefaults", "-display", "none",
         "-S", "-monitor", "stdio"],
        input="quit\n", text=True, capture_output=True, check=False)
    if probe.returncode:
        pytest.skip("an emulator without SHA instructions: "
                    "QEMU= one of version 8.2 or newer")
    return FLAG_SHA


@pytest.mark.parametrize("name", MATCH)
def test_intact_by_instructions(stub, sha, name):
    result = run(f"{name}-sha", Image(stub, MATCH[name], flags=sha))
    assert result.status == ENTERED
    assert result.serial == ""


# The first, a middle and the last byte; regions in front are intact.
DAMAGED = [1, 3, 7, 11, 12, 14, 15]


@pytest.mark.parametrize("index", DAMAGED)
def test_damaged_region_is_named(stub, index):
    damaged_region(stub, index, 0)


@pytest.mark.parametrize("index", DAMAGED)
def test_damaged_region_is_named_by_instructions(stub, sha, index):
    damaged_region(stub, index, sha)


def damaged_region(stub, index, flags):
    image = Image(stub, MATCH["sizes"], gap=64, flags=flags)
    start, size, _ = image.regions[index]
    at = [0, size // 2, size - 1][index % 3]
    image.memory[start - REGION_ADDR + at] ^= 1 << (index % 8)

    result = run(f"damaged-{index}-{flags}", image)
    assert result.status == RESET
    assert (f"purgatory: image damaged in segment {index:#x}, {size:#x} bytes"
            f" at {start:#x}: not started, resetting the machine\r\n"
            ) in result.serial
    assert result.seconds < RESET_LIMIT


# Writes between the regions are nobody's business.
def test_gap_does_not_matter(stub):
    image = Image(stub, MATCH["sizes"], gap=64)
    for start, size, _ in image.regions:
        image.memory[start - REGION_ADDR + size] ^= 0xff
    assert run("gap", image).status == ENTERED


def poke(at, value):
    def damage(image):
        struct.pack_into("<I", image.blob, at, value)
    return damage


def poke_and_sign(at, value):
    def damage(image):
        poke(at, value)(image)
        image.sign()
    return damage


def code_byte(image):
    image.blob[-100] ^= 1


def wrapping_region(image):
    image.regions[0] = (REGION_ADDR, (1 << 64) - 1, image.regions[0][2])
    image.seal()


def no_target(image):
    image.target = 0
    image.seal()


SELF = {
    "magic": (poke(0, 0), "its own header"),
    "version": (poke_and_sign(4, 2), "its own header"),
    "load-size": (poke(16, 0xffffffff), "its own header"),
    "flags": (poke_and_sign(28, 2), "its own header"),
    "count": (poke(NR_REGIONS_AT, 0), "its own parameters or code"),
    "lying-count": (poke_and_sign(NR_REGIONS_AT, SEGMENT_MAX + 1),
                    "more regions"),
    "huge-count": (poke_and_sign(NR_REGIONS_AT, 0xffffffff), "more regions"),
    "target": (poke(32, 0x1000), "its own parameters or code"),
    "no-target": (no_target, "no kernel to enter"),
    "code": (code_byte, "its own parameters or code"),
    "region-wraps": (wrapping_region, "no end"),
}


@pytest.mark.parametrize("name", SELF)
def test_damaged_purgatory_is_not_believed(stub, name):
    damage, says = SELF[name]
    image = Image(stub, MATCH["one-byte"])
    damage(image)
    result = run(f"self-{name}", image)
    assert result.status == RESET
    assert says in result.serial
    assert result.seconds < RESET_LIMIT


# A region that isn't mapped is an exception; there is nobody to handle it.
@pytest.mark.skipif(NARROW, reason="without paging all memory is there")
def test_unmapped_region_resets(stub):
    image = Image(stub, [])
    image.regions = [(1 << 46, 4096, bytes(32))]
    image.seal()
    result = run("unmapped", image)
    assert result.status == RESET
    assert result.seconds < RESET_LIMIT


# Guest time is the number of instructions: the same NMIs on any host.
COUNTING = ("-icount", "shift=0,sleep=off", "-d", "int", "-D")
NMI = re.compile(r"^ *\d+: v=02 .* IP=0010:([0-9a-f]+) ", re.M)


def test_nmi_is_ignored(stub):
    """While it digests some come, and all that it does is to go on."""
    image = Image(stub, MATCH["8MiB"], nmis=True)
    trace = OUT / "nmi.trace"
    result = run("nmi", image, extra=[*COUNTING, str(trace)])
    assert result.status == ENTERED
    assert result.serial == ""
    hit = [int(at, 16) for at in NMI.findall(trace.read_text())]
    assert len(hit) > 1
    assert all(BLOB_ADDR <= at < BLOB_ADDR + len(image.blob) for at in hit)


@pytest.mark.skipif(NARROW, reason="without paging all memory is there")
def test_other_exceptions_are_not(stub):
    """Nor does what comes after an NMI hang: a region that isn't mapped."""
    image = Image(stub, MATCH["8MiB"], nmis=True)
    image.regions.append((1 << 46, 4096, bytes(32)))
    image.seal()
    trace = OUT / "nmi-unmapped.trace"
    result = run("nmi-unmapped", image, extra=[*COUNTING, str(trace)])
    assert result.status == RESET
    behind = trace.read_text()[NMI.search(trace.read_text()).end():]
    assert re.search(rf"v=0e .* CR2={1 << 46:016x}", behind)


def damaged(stub, **kwargs):
    image = Image(stub, MATCH["one-byte"], **kwargs)
    image.memory[0] ^= 1
    return image


# What there is to reset by: two ports and a CPU; the CPU alone.
@pytest.mark.parametrize("machine", ["pc", "q35", "microvm"])
def test_reset(stub, machine):
    result = run(f"reset-{machine}", damaged(stub), machine)
    assert result.status == RESET
    assert "resetting the machine\r\n" in result.serial
    assert result.seconds < RESET_LIMIT


# Consoles: row = description, machine's side, whether the message arrives
CONSOLES = {
    "com1": ((PORT, 0, 0x3f8), {}, True),
    "probed": ((PROBE, 0, 0), {}, True),
    "silent": ((NONE, 0, 0), {}, False),
    "unknown-type": ((77, 0, 0x3f8), {}, False),
    "com2": ((PORT, 0, 0x2f8),
             {"serial": False, "extra": [
                 "-chardev", f"file,id=c,path={OUT}/console-com2.serial",
                 "-device", "isa-serial,chardev=c,index=1"]}, True),
    "none-there": ((PROBE, 0, 0), {"serial": False}, False),
    # Status register reads as zero: never ready for a character.
    "stuck": ((PORT, 0, 0x500),
              {"serial": False,
               "extra": ["-device", "isa-debug-exit,iobase=0x505,iosize=1"]},
              False),
    "not-mapped": ((MMIO32, 2, 1 << 40), {}, False),
}


@pytest.mark.parametrize("name", CONSOLES)
def test_console(stub, name):
    console, machine, arrives = CONSOLES[name]
    result = run(f"console-{name}", damaged(stub, console=console), **machine)
    assert result.status == RESET
    assert ("resetting the machine\r\n" in result.serial) == arrives
    assert result.seconds < RESET_LIMIT


# The tests could not fail if the target's checks did not.
def test_target_notices_a_wrong_argument(stub):
    image = Image(stub, [])
    struct.pack_into("<Q", image.blob, 40, ARG + 1)
    image.sign()
    assert run("wrong-argument", image).status == 2 * 0x13 + 1
