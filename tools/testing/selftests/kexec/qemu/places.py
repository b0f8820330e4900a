# SPDX-License-Identifier: GPL-2.0
"""Where a capture kernel has to run from, as rows of tables. test_places.py
says what must come of a row."""

from __future__ import annotations

from dataclasses import dataclass

from cases import loader_needs

MIB = 1 << 20
GIB = 1 << 30
# What a 32-bit kernel always has mapped, and so what it may run in.
LOW_MEMORY = 896 * MIB


@dataclass(frozen=True)
class Place:
    """A region for the capture kernel, and where in it its code has to be."""
    name: str
    crashkernel: str
    code: int | None = None     # None: anywhere in the region
    memory: str = "384M"
    loader: str = "own-file"
    kaslr: bool = False
    moved: bool = False         # the production kernel itself is not where it
                                # would be: another one has started it
    machine: str = ""           # if not the usual one: QEMU's -machine
    cpu: str = ""              # and its -cpu
    above_4g: bool = False      # kernel and initrd have to be
    fixed: bool = False         # the image says that it is not relocatable
    sample: bool = False        # a run of all tests includes it

    @property
    def needs(self) -> tuple[str, ...]:
        """Keys of Arch.lacks."""
        far = self.above_4g or (self.code or 0) >= LOW_MEMORY
        return (loader_needs(self.loader)
                + ("images above 896 MiB",) * far
                + (",high",) * self.crashkernel.endswith(",high")
                + ("five levels",) * bool(self.cpu))


def _steps() -> tuple[Place, ...]:
    """From where the production kernel ends on, each step of the alignment."""
    return tuple(Place(f"step-{at}M", f"64M@{at}M", at * MIB)
                 for at in range(36, 54, 2))


PLACES = (
    # Where a kernel would be by itself, at the addresses about it, and below,
    # from where it moves itself up. The production kernel has to be elsewhere.
    Place("at-16M", "64M@16M", 16 * MIB, moved=True, sample=True),
    Place("at-18M", "64M@18M", 18 * MIB, moved=True),
    Place("at-20M", "64M@20M", 20 * MIB, moved=True),
    Place("at-14M", "64M@14M", 16 * MIB, moved=True),
    Place("at-2M", "80M@2M", 16 * MIB, moved=True, sample=True),
    # The one place of an image that is not relocatable.
    Place("fixed-at-16M", "64M@16M", 16 * MIB, moved=True, fixed=True,
          sample=True),
    Place("fixed-in-a-region", "80M@8M", 16 * MIB, moved=True, fixed=True),
    Place("fixed-own-segments", "64M@16M", 16 * MIB, moved=True, fixed=True,
          loader="own-segments"),
    *_steps(),
    # Not aligned to what the kernel wants: it is at the next address that is.
    Place("at-35M", "64M@35M", 36 * MIB, sample=True),
    Place("page-aligned", f"64M@{0x2801000:#x}", 42 * MIB),
    Place("just-below-a-step", f"64M@{0x29ff000:#x}", 42 * MIB),
    # Through each loader.
    Place("own-segments", "64M@128M", 128 * MIB, loader="own-segments"),
    Place("kexec-s", "64M@128M", 128 * MIB, loader="kexec-s"),
    Place("kexec-c", "64M@128M", loader="kexec-c", sample=True),
    # Up to where the firmware's tables are. A boot loader has the initrd
    # there, and kexec has it beside the kernel.
    Place("top-of-384M", "63M@320M", 320 * MIB, moved=True, sample=True),
    Place("at-512M", "64M@512M", 512 * MIB, "1G"),
    # As high as a 32-bit kernel can be, with memory that it has not mapped;
    # some of that is above 4 GiB.
    Place("below-896M", "60M@812M", 812 * MIB, "1536M"),
    Place("low-of-3G", "64M@64M", 64 * MIB, "3G"),
    Place("kaslr-low-of-3G", "96M", memory="3G", kaslr=True),
    Place("across-1G", "64M@1000M", 1000 * MIB, "1536M"),
    Place("at-1G", "64M@1G", GIB, "1536M"),
    Place("below-2G", "64M@1960M", 1960 * MIB, "3G"),
    # As near to 4 GiB as an emulated machine has RAM, below its devices.
    Place("below-3.5G", "64M@3510M", 3510 * MIB, "3580M", machine="pc"),
    # Above what 32 bits reach, which the first page tables have to.
    Place("at-4G", "64M@4G", 4 * GIB, "3G", above_4g=True),
    Place("above-4G", "64M@4098M", 4098 * MIB, "3G", above_4g=True,
          sample=True),
    Place("unaligned-above-4G", "64M@4097M", 4098 * MIB, "3G", above_4g=True),
    # To the last megabyte, of which the kernel has some itself.
    Place("top-of-5G", "63M@5056M", 5056 * MIB, "3G", above_4g=True),
    Place("top-of-a-5G-guest", "63M@7104M", 7104 * MIB, "5G", above_4g=True),
    Place("across-5G", "64M@5100M", 5100 * MIB, "4G", above_4g=True),
    Place("high", "96M,high", memory="3G", above_4g=True),
    Place("high-kexec-s", "96M,high", memory="3G", loader="kexec-s",
          above_4g=True),
    Place("high-kexec-c", "96M,high", memory="3G", loader="kexec-c",
          above_4g=True),
    # With page tables of four levels; the usual processor has five.
    Place("four-levels", "64M@48M", 48 * MIB, cpu="max,-la57"),
    Place("four-levels-above-4G", "64M@4098M", 4098 * MIB, "3G",
          cpu="max,-la57", above_4g=True),
    # Both kernels choose where they are, and at which virtual address.
    Place("kaslr", "96M", kaslr=True, sample=True),
    Place("kaslr-own-segments", "96M", kaslr=True, loader="own-segments"),
    # There is a region below 4 GiB, too: it may choose either.
    Place("kaslr-high", "128M,high", memory="3G", kaslr=True),
)


@dataclass(frozen=True)
class Refusal:
    """A place that cannot be; whoever says so says what is wrong with it."""
    name: str
    crashkernel: str            # {less} and {fits}: in MiB, with less the
                                # kernel does not fit, and with this just so
    said: str                   # in the log, a regex
    reserved: bool              # there is a region, and the load is refused
    memory: str = "384M"
    loader: str = "own-file"
    needs: tuple[str, ...] = ()
    fixed: bool = False


REFUSALS = (
    Refusal("too-small", "{less}M@64M",
            r"no place for the kernel: it needs 0x\w+ bytes", True),
    # It would do, did it not begin just behind an aligned address.
    Refusal("too-small-once-aligned", "{fits}M@" f"{0x4001000:#x}",
            r"no place for the kernel: .* aligned to 0x200000", True),
    Refusal("ends-before-16M", "8M@4M",
            r"no place for the kernel: .* between 0x1000000 and", True),
    Refusal("fixed-elsewhere", "64M@64M",
            r"no place for the kernel: .* between 0x1000000 and 0x\w+; "
            "it is not relocatable", True, fixed=True),
    # Not the kernel's own, which writes the image there, and to its tables.
    Refusal("in-high-memory", "64M@1G",
            r"no place for the kernel: .* between 0x1000000 and 0x37ffffff",
            True, "1536M", needs=("high memory",)),
    Refusal("in-high-memory-by-segments", "64M@1G",
            r"no room for \d+ control bytes in the crash region", True,
            "1536M", "own-segments", ("high memory",)),
    Refusal("not-a-page", f"64M@{0x4000800:#x}",
            "the address is not at a page boundary", False),
    Refusal("in-use", "64M@16M", "a part of it is in use", False),
    Refusal("no-ram", "64M@1G", "not all of it is RAM", False),
)
