# SPDX-License-Identifier: GPL-2.0
"""Runs inside the Debian tree: what drgn sees in /mnt/dump, as JSON.

Arguments: "memory" for no more than that, "pcplists" for pages on lists of CPUs,
or "all"; physical addresses of the markers.
"""

import json
import sys

import drgn
from drgn.helpers.linux.cpumask import (for_each_online_cpu,
                                        for_each_possible_cpu)
from drgn.helpers.linux.list import list_for_each_entry
from drgn.helpers.linux.mm import follow_phys
from drgn.helpers.linux.percpu import per_cpu_ptr
from drgn.helpers.linux.sched import cpu_curr

PAGE = 4096


def frames(unwind, *args):
    """None where drgn does not know how."""
    try:
        return [frame.name for frame in unwind(*args)]
    except NotImplementedError:
        return None


def marker(prog, paddr):
    try:
        return prog.read(paddr, PAGE, physical=True).hex()
    except drgn.FaultError:
        return None


def region_writable(prog):
    """Whether the crash region could be written to through the mapping that
    the kernel has of all memory. None on a machine not known here."""
    if prog.platform.arch != drgn.Architecture.X86_64:
        return None
    start = prog["crashk_res"].start.value_()
    address = prog["page_offset_base"].value_() + start
    table = follow_phys(prog["init_mm"].address_of_(),
                        prog["init_mm"].pgd).value_()
    entry = 0
    for shift in range(prog["pgdir_shift"].value_(), 11, -9):
        slot = table + 8 * (address >> shift & 511)
        entry = prog.read_u64(slot, physical=True)
        if not entry & 1:
            raise ValueError(f"the crash region at {start:#x} is not mapped")
        if not entry & 2:
            return False
        if entry & 0x80 and shift < 39:
            break
        table = entry & 0xffffffffff000
    return True


def zones(prog):
    """Of all nodes, as far as there is more than one"""
    nodes = ([node for node in prog["node_data"] if node]
             if "node_data" in prog else [prog["contig_page_data"].address_of_()])
    for node in nodes:
        yield from node.node_zones


def pcplists(prog):
    """Page frame numbers of the free pages that CPUs have. They come in blocks,
    as large as the list says."""
    memory_map = prog["vmemmap_base" if "vmemmap_base" in prog else "mem_map"]
    start, size = memory_map.value_(), prog.type("struct page").size
    kinds = prog["MIGRATE_PCPTYPES"].value_()
    single = 4 * kinds              # orders 0 to 3; behind them huge pages
    huge = 9 if drgn.sizeof(prog.type("pte_t")) == 8 else 10
    found = []
    for zone in zones(prog):
        for cpu in for_each_possible_cpu(prog):
            lists = per_cpu_ptr(zone.per_cpu_pageset, cpu).lists
            for i, head in enumerate(lists):
                order = i // kinds if i < single else huge
                for page in list_for_each_entry("struct page",
                                                head.address_of_(), "pcp_list"):
                    pfn = (page.value_() - start) // size
                    found += range(pfn, pfn + (1 << order))
    return found


def main():
    prog = drgn.Program()
    prog.set_core_dump("/mnt/dump")
    markers = [marker(prog, int(arg, 0)) for arg in sys.argv[2:]]
    if sys.argv[1] == "memory":
        json.dump({"markers": markers}, sys.stdout)
        return
    prog.load_debug_info(["/kernel/vmlinux"])
    if sys.argv[1] == "pcplists":
        json.dump(pcplists(prog), sys.stdout)
        return
    crashed = prog.crashed_thread()
    seen = {
        "release": prog["init_uts_ns"].name.release.string_().decode(),
        "tid": crashed.tid,
        "comm": crashed.object.comm.string_().decode(),
        "frames": frames(crashed.stack_trace),
        "cpus": {},
        "region_writable": region_writable(prog),
        "markers": markers,
    }
    for cpu in for_each_online_cpu(prog):
        task = cpu_curr(prog, cpu)
        seen["cpus"][cpu] = {
            "tid": task.pid.value_(),
            "comm": task.comm.string_().decode(),
            "frames": frames(prog.stack_trace, task),
        }
    json.dump(seen, sys.stdout)


main()
