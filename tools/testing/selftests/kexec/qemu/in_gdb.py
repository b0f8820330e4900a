# SPDX-License-Identifier: GPL-2.0
"""Runs inside gdb in the Debian tree: what it sees in /mnt/dump, as JSON in
/mnt/gdb.json. `offset` and `vaddrs` are set by who runs it."""

import json

import gdb

PAGE = 4096
DEPTH = 16


def frames():
    names = []
    frame = gdb.newest_frame()
    while frame is not None and len(names) < DEPTH:
        names.append(frame.name() or "?")
        try:
            frame = frame.older()
        except gdb.error:
            break       # the stack ends in something that is not a frame
    return names


def marker(vaddr):
    if vaddr is None:
        return None
    try:
        memory = gdb.selected_inferior().read_memory(vaddr, PAGE)
        return bytes(memory).hex()
    except gdb.MemoryError:
        return None


def register(name):
    return int(gdb.parse_and_eval(f"(unsigned long)${name}"))


def thread(inferior_thread):
    inferior_thread.switch()
    return {"pid": inferior_thread.ptid[1] or inferior_thread.ptid[0],
            "pc": register("pc"), "sp": register("sp"), "frames": frames()}


def main():
    gdb.execute("set pagination off")
    gdb.execute(f"symbol-file /kernel/vmlinux -o {offset:#x}")
    gdb.execute("core-file /mnt/dump")
    # gdb knows a thread by its PID, and every idle CPU's is 0: some of them it
    # counts twice, under numbers of its own. No two CPUs share a stack.
    threads = {seen["sp"]: seen for seen
               in map(thread, gdb.selected_inferior().threads())}
    seen = {
        "release": gdb.parse_and_eval("init_uts_ns.name.release").string(),
        "threads": list(threads.values()),
        "markers": [marker(vaddr) for vaddr in vaddrs],
    }
    with open("/mnt/gdb.json", "w") as out:
        json.dump(seen, out)


main()
