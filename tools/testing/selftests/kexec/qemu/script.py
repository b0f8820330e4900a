# SPDX-License-Identifier: GPL-2.0
"""What the guest does in a case, as shell for its init to run."""

from __future__ import annotations

from arch import Arch
from cases import (FILE_REFUSALS, LOADERS, REBOOT_LOADERS, SAVERS, TRIGGERS,
                   Crash)

# Words for "say": is a capture kernel armed, and is it whole?
STATE = ('armed="$(cat /sys/kernel/kexec_crash_loaded)"'
         ' verify="$(cat /sys/kernel/kexec_crash_verify)"')

# What is left out of /proc/vmcore: the level, and a file for each count
LEVEL = "/sys/kernel/vmcore/level"
PAGES = "/sys/kernel/vmcore/pages"
# Before memory is counted: caches go, and what waits for RCU alone.
RCU_BARRIER = "echo 1 > /sys/module/rcutree/parameters/do_rcu_barrier\n"
DROP_CACHES = f"echo 3 > /proc/sys/vm/drop_caches\n{RCU_BARRIER}"

# A machine that fails resets at once, and that is seen.
FRAGILE = "panic=1 oops=panic"


def kaslr(on: bool) -> str:
    return "" if on else "nokaslr"


def production_parameters(crashkernel: str, with_kaslr: bool) -> str:
    return f"panic=1 crashkernel={crashkernel} {kaslr(with_kaslr)}".strip()


def next_kernel(arch: Arch, role: str) -> str:
    return f"console={arch.console} {arch.parameters} role={role} {FRAGILE}"


def capture_parameters(arch: Arch, with_kaslr: bool) -> str:
    return (f"{next_kernel(arch, 'capture')} nr_cpus=1 reset_devices "
            f"{kaslr(with_kaslr)}").strip()


def names(cmdline: str) -> str:
    return (f'kernel=/case/in/kernel\ninitrd=/case/in/initrd\n'
            f'cmdline="{cmdline}"\n')


def load(command: str, flag: str = "kexec_crash_loaded") -> str:
    """Loads, tells what came of it, and goes on only if it is armed."""
    return (f'step=load\n{command} > /tmp/loader 2>&1 || true\n'
            f'say loaded armed="$(cat /sys/kernel/{flag})"'
            f' verify="$(cat /sys/kernel/kexec_crash_verify)"'
            f' output=@/tmp/loader\n'
            f'[ "$(cat /sys/kernel/{flag})" = 1 ]\n')


def file_refusals(arch: Arch) -> dict[str, tuple[str, str]]:
    rows = dict(FILE_REFUSALS)
    for name, _, _, errno in arch.spoiled_images:
        rows[name] = (f"--crash --kernel /tmp/{name}", errno)
    return rows


def patched(name: str, changes: dict[int, bytes]) -> str:
    """Makes /tmp/@name of the kernel, with other bytes at these offsets."""
    lines = [f"cat $kernel > /tmp/{name}"]
    for offset, data in changes.items():
        octal = "".join(f"\\{byte:03o}" for byte in data)
        lines.append(f"printf '{octal}' | "
                     f"dd of=/tmp/{name} bs=1 seek={offset} conv=notrunc")
    return "\n".join(lines)


def _spoiled_files(arch: Arch) -> str:
    """Makes the images and files that loads are refused for."""
    lines = [
        ": > /tmp/empty",
        "head -c 560 $kernel > /tmp/short-header",
        "head -c $(($(stat -c %s $kernel) / 2)) $kernel > /tmp/short-payload",
        "size=$(($(cat /sys/kernel/kexec_crash_size) + 1048576))",
        "dd if=/dev/zero of=/tmp/large bs=1 count=0 seek=$size",
        "long=$(printf '%08192d' 0)",
    ]
    lines += [patched(name, {offset: data})
              for name, offset, data, _ in arch.spoiled_images]
    return "\n".join(lines) + "\n"


def refuse(arch: Arch, only: str = "") -> str:
    """All the loads that have to be refused, each told as it comes."""
    lines = ["step=refusals", _spoiled_files(arch),
             "kload refuse > /tmp/refused || true",
             "say refused-segments rows=@/tmp/refused",
             ": > /tmp/refused-files"]
    for name, (arguments, _) in file_refusals(arch).items():
        lines.append(f'echo "{name} $(kload file {arguments} || true)"'
                     ' >> /tmp/refused-files')
    lines.append(f"say refused-files rows=@/tmp/refused-files {STATE}")
    return "\n".join(lines) + "\n"


def crash(case: Crash, arch: Arch) -> str:
    """Production: load, perhaps be refused, crash."""
    parameters = capture_parameters(arch, case.kaslr)
    if case.level:
        parameters += f" vmcore_level={case.level}"
    steps = [names(parameters), load(LOADERS[case.loader])]
    if case.refusals:
        steps.append(refuse(arch))
    steps.append(trigger(case.trigger, case.cpu))
    return "".join(steps)


def trigger(name: str, cpu: int = 0) -> str:
    """Production: put the disk down, and crash on that CPU."""
    row = TRIGGERS[name]
    return (f"umount /case\nstep=crash\ncpu={cpu}\n"
            f"{row.prepare}\n{row.last}\n")


def save(saver: str, then: str = "") -> str:
    """Capture: save the dump, do what is to be done then, put the disk down."""
    return (f'step=save\nstart=$(cut -d" " -f1 /proc/uptime)\n'
            f'{SAVERS[saver]} > /tmp/saver 2>&1 || {{ cat /tmp/saver >&2; '
            f'false; }}\n'
            f'say saved start="$start" end="$(cut -d" " -f1 /proc/uptime)" '
            f'size="$(stat -c %s /case/out/dump)" '
            f'blocks="$(stat -c %b /case/out/dump)" output=@/tmp/saver\n'
            f'{then}step=end\numount /case\nsay done\n')


def set_level(level: int | str) -> str:
    return f"echo {level} > {LEVEL}\n"


def count_pages() -> str:
    """Capture: what numbers() reads, in /tmp/counts."""
    return (f'for file in {PAGES}/*; do echo "${{file##*/}} $(cat $file)"; done'
            " > /tmp/counts\n")


def numbers(text: str) -> dict[str, list[int]]:
    """Lines of a name and numbers."""
    return {name: [int(number) for number in row] for name, *row
            in (line.split() for line in text.splitlines())}


def counted_pages(text: str) -> dict[str, int]:
    """Of each name the number."""
    return {name: number for name, (number,) in numbers(text).items()}


def reboot(loader: str, arch: Arch) -> str:
    """Production: start another kernel without going through firmware."""
    return (names(next_kernel(arch, "second"))
            + load(REBOOT_LOADERS[loader], "kexec_loaded")
            + "umount /case\nstep=reboot\nkexec -e\n")
