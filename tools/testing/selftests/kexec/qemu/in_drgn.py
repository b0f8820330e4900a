# SPDX-License-Identifier: GPL-2.0
"""Runs inside the Debian tree: what drgn sees in /mnt/dump, as JSON.

Arguments: physical addresses of the markers.
"""

import json
import sys

import drgn
from drgn.helpers.linux.cpumask import for_each_online_cpu
from drgn.helpers.linux.sched import cpu_curr

PAGE = 4096


def frames(trace):
    return [frame.name for frame in trace]


def marker(prog, paddr):
    try:
        return prog.read(paddr, PAGE, physical=True).hex()
    except drgn.FaultError:
        return None


def main():
    prog = drgn.Program()
    prog.set_core_dump("/mnt/dump")
    prog.load_debug_info(["/kernel/vmlinux"])
    crashed = prog.crashed_thread()
    seen = {
        "release": prog["init_uts_ns"].name.release.string_().decode(),
        "tid": crashed.tid,
        "comm": crashed.object.comm.string_().decode(),
        "frames": frames(crashed.stack_trace()),
        "cpus": {},
        "markers": [marker(prog, int(arg, 0)) for arg in sys.argv[1:]],
    }
    for cpu in for_each_online_cpu(prog):
        task = cpu_curr(prog, cpu)
        seen["cpus"][cpu] = {
            "tid": task.pid.value_(),
            "comm": task.comm.string_().decode(),
            "frames": frames(prog.stack_trace(task)),
        }
    json.dump(seen, sys.stdout)


main()
