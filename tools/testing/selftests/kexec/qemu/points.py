# SPDX-License-Identifier: GPL-2.0
"""Where and how to crash, as rows of tables: LKDTM's crash points, what it
takes to hit each, and its crash types, what it takes to notice each."""

from __future__ import annotations

from dataclasses import dataclass

FILES = "/sys/kernel/debug/provoke-crash"
PARAMETERS = "/sys/module/lkdtm/parameters"
FRESH = "echo 3 > /proc/sys/vm/drop_caches\n"
READ = FRESH + "dd if=/dev/{} of=/dev/null bs=4k count=64\n"
VIRTIO = "virtio-blk-pci,drive=more,serial=more"
MORE = "more=$(dirname $(grep -l '^more' /sys/block/*/serial))\n" \
       "more=/dev/${more##*/}\n"
LOAD = 'kload file --crash --kernel "$kernel" --initrd "$initrd"' \
       ' --cmdline "$cmdline"\n'

# A crash that is to crash on its way, and the line that tells of it.
FIRST = f"echo PANIC > {FILES}/DIRECT\n"
PANICKED = "Kernel panic - not syncing: dumptest"
SECOND = "crashed again while stopping the machine"

# What interrupts and lockups there can be at a point.
TASK, SOFTIRQ, IRQS_OFF, EITHER, CRASHING = \
    "task", "softirq", "irqs off", "either", "crashing"


@dataclass(frozen=True)
class Point:
    """A crash point, the function that it is at, and what hits it."""
    name: str
    function: str
    kind: str
    caller: str = ""            # deeper in the stack: the promised context
    stir: str = ""              # shell; without it the machine is idle
    prepare: str = ""           # shell, before it is armed
    append: str = ""
    disk: str = ""              # one more, as this device
    nmi: bool = False
    log: str = ""               # instead of a stack that shows it: a line
    late: bool = False          # one of many steps of the crash path
    has_console: bool = False   # who prints waits for who is at it


POINTS = (
    Point("INT_HARDWARE_ENTRY", "__common_interrupt", IRQS_OFF,
          "asm_common_interrupt", READ.format("vda")),
    Point("INT_HW_IRQ_EN", "irq_thread_fn", TASK, "irq_thread",
          READ.format("nvme0n1"), append="nvme.use_threaded_interrupts=1",
          disk="nvme,drive=more,serial=more"),
    Point("INT_TIMER_ENTRY", "hrtimer_interrupt", IRQS_OFF,
          "asm_sysvec_apic_timer_interrupt"),
    Point("INT_NMI_ENTRY", "default_get_nmi_reason", IRQS_OFF, "exc_nmi",
          "say armed\n", nmi=True),
    Point("INT_SOFTIRQ_ENTRY", "run_timer_softirq", SOFTIRQ,
          "handle_softirqs"),
    Point("INT_TASKLET_ENTRY", "tasklet_action", SOFTIRQ, "handle_softirqs"),
    Point("WORKQUEUE_ENTRY", "process_one_work", IRQS_OFF, "worker_thread"),
    Point("RCU_CALLBACK", "delayed_put_task_struct", SOFTIRQ,
          "handle_softirqs", "sleep 0; sleep 1\n"),
    Point("PAGE_FAULT", "handle_mm_fault", TASK, "asm_exc_page_fault",
          "sleep 0\n"),
    Point("MEM_SWAPOUT", "swap_writepage", TASK, "do_madvise",
          "stir pageout\n",
          MORE + "busybox mkswap $more\nbusybox swapon $more\n", disk=VIRTIO),
    Point("TIMERADD", "hrtimer_start_range_ns", EITHER, stir="sleep 0.1\n"),
    Point("FS_SUBMIT_BH", "submit_bh", TASK,
          stir=FRESH + "ls -lR /case\n"),
    Point("FS_WRITEBACK", "do_writepages", TASK, "__writeback_single_inode",
          "{ dd if=/dev/zero bs=4k count=16; sync; } > $more\n", MORE,
          disk=VIRTIO),
    Point("BLOCK_COMPLETION", "blk_update_request", EITHER,
          "asm_common_interrupt", READ.format("vda")),
    Point("SCSI_QUEUE_RQ", "scsi_queue_rq", TASK, stir=READ.format("sda"),
          disk="virtio-scsi-pci -device scsi-hd,drive=more"),
    Point("ATA_QC_ISSUE", "ata_qc_issue", IRQS_OFF, "scsi_queue_rq",
          READ.format("sda"), disk="ide-hd,drive=more"),
    Point("NVME_QUEUE_RQ", "nvme_setup_cmd", TASK,
          stir=READ.format("nvme0n1"), disk="nvme,drive=more,serial=more"),
    Point("NET_RECEIVE", "__netif_receive_skb_core", SOFTIRQ,
          "net_rx_action", "stir frames\n"),
    Point("CONSOLE_WRITE", "univ8250_console_write", IRQS_OFF,
          "console_unlock", "echo '<0>stirred' > /dev/kmsg\n",
          has_console=True),
    # Is the interrupt that is let go of still on its way?
    Point("IOAPIC_READ", "native_io_apic_read", IRQS_OFF, "free_irq",
          "cd /sys/bus/pci/drivers/ahci\necho 0000:* > unbind\n",
          append="pci=nomsi"),
    Point("KEXEC_LOAD", "kexec_commit", TASK, "__x64_sys_kexec_file_load",
          LOAD),
    # Registers are those of the first crash, on whose stack the second is not.
    Point("CRASH_SHUTDOWN", "machine_crash_shutdown", CRASHING,
          stir=FIRST, log=SECOND),
    Point("CRASH_LOCAL_IRQS", "lapic_shutdown", CRASHING,
          stir=FIRST, log=SECOND, late=True),
    Point("CRASH_IRQ_MODE", "restore_boot_irq_mode", CRASHING,
          stir=FIRST, log=SECOND, late=True),
    Point("CRASH_TIMER", "hpet_disable", CRASHING,
          stir=FIRST, log=SECOND, late=True),
)

PANICS = "echo 1 > /proc/sys/kernel/panic_on_oops\n"
# Six seconds in a kernel that goes on, ten or so in one that does not.
LOCKUPS = ("echo 3 > /proc/sys/kernel/watchdog_thresh\n"
           "echo 1 > /proc/sys/kernel/softlockup_panic\n"
           "echo 1 > /proc/sys/kernel/hardlockup_panic\n")


@dataclass(frozen=True)
class Type:
    """A crash type, and functions that some CPU's stack shows of it."""
    name: str
    frames: tuple[str, ...]
    prepare: str = ""
    append: str = ""
    cpus: int = 1               # at least
    times: int = 1              # how often to ask for it
    # Of the point's function, too: not where its stack is run over.
    shows_point: bool = True
    deafens: bool = False       # the other CPUs, even to an NMI
    by_anyone: bool = False     # another task than who asked may panic
    log: str = ""               # a line there, besides; {pid}: who asked


PANIC = Type("PANIC", ("lkdtm_PANIC",), log=PANICKED)
BUG = Type("BUG", ("lkdtm_BUG",), PANICS, log="kernel BUG at .*lkdtm/bugs.c")
EXCEPTION = Type("EXCEPTION", ("lkdtm_EXCEPTION",), PANICS,
                 log="BUG: kernel NULL pointer dereference")
LOOP = Type("LOOP", ("lkdtm_LOOP",), LOCKUPS)
WARNING = Type("WARNING", ("lkdtm_WARNING",),
               "echo 1 > /proc/sys/kernel/panic_on_warn\n",
               log="WARNING: .*lkdtm_WARNING")
PANIC_NMI = Type("PANIC_NMI", ("panic_in_nmi", "exc_nmi"))
PANIC_ZONE_LOCK = Type("PANIC_ZONE_LOCK", ("lkdtm_PANIC_ZONE_LOCK",))

# Those that make sense at each point: the context is the point's, and each of
# them begins the crash path in a way of its own. A loop is noticed by what
# interrupts it; with interrupts off by the neighbour, if there is one; in a
# kernel that has crashed by nobody.
#
# BUG and EXCEPTION are traps of different numbers and the same from there on,
# so where the other CPUs are idle, and nothing comes of them, EXCEPTION is
# enough. At the late steps of the crash path, of which one crashes as the
# other does, there are PANIC and EXCEPTION, on as few machines.
EVERYWHERE = (
    PANIC,
    BUG,
    EXCEPTION,
    # The page fault of a push finds no stack either: a double fault.
    Type("EXHAUST_STACK", ("recursive_loop",), PANICS, shows_point=False,
         log="stack guard page was hit at"),
    LOOP,
)

# The others bring their context with them, an NMI, a lock, CPUs that are deaf;
# or they have to sleep, which points can't; or they are about who notices.
# So they are for DIRECT, and three that are taken anywhere are tried at one
# point of each kind, on the least and on the busiest machine.
SOMEWHERE = (WARNING, PANIC_NMI, PANIC_ZONE_LOCK)
FOR_ITS_KIND = ("FS_SUBMIT_BH", "NET_RECEIVE", "INT_HARDWARE_ENTRY")

DIRECT = (
    *EVERYWHERE,
    WARNING,
    Type("CORRUPT_STACK", ("__stack_chk_fail",)),
    Type("SOFTLOCKUP", ("lkdtm_SOFTLOCKUP",), LOCKUPS),
    Type("HARDLOCKUP", ("lkdtm_HARDLOCKUP",), LOCKUPS, cpus=2),
    # Its own function is left by a jump.
    Type("SPINLOCKUP", ("queued_spin_lock_slowpath", "place_write"),
         LOCKUPS, times=2),
    # Not one that waits for a disk that is busy.
    Type("HUNG_TASK", ("watchdog",),
         "echo 5 > /proc/sys/kernel/hung_task_timeout_secs\n"
         "echo 1 > /proc/sys/kernel/hung_task_panic\n",
         log="INFO: task sh:{pid} blocked for more than"),
    Type("SMP_CALL_LOCKUP", ("__lkdtm_SMP_CALL_LOCKUP",), LOCKUPS, cpus=2),
    PANIC_NMI,
    Type("PANIC_TWICE", ("panic_again", "panic", "lkdtm_PANIC_TWICE"),
         append="crash_kexec_post_notifiers"),
    Type("PANIC_OTHERS_IRQOFF", ("lkdtm_PANIC_OTHERS_IRQOFF",), cpus=2),
    Type("PANIC_OTHERS_IN_NMI", ("lkdtm_PANIC_OTHERS_IN_NMI",), cpus=2,
         deafens=True),
    Type("PANIC_OTHER_IN_OOPS", ("lkdtm_PANIC_OTHER_IN_OOPS",), cpus=2,
         log="kernel BUG at .*lkdtm/bugs.c"),
    Type("PANIC_STOP_IRQOFF", ("panic_stop_irqoff_fn",), by_anyone=True),
    Type("PANIC_CONSOLE_LOCK", ("lkdtm_PANIC_CONSOLE_LOCK",)),
    PANIC_ZONE_LOCK,
    # Of those who want memory just then it is one.
    Type("EXHAUST_MEMORY", ("out_of_memory",),
         "echo 1 > /proc/sys/vm/panic_on_oom\n", by_anyone=True),
    Type("WRITE_CRASH_KERNEL", ("write_wildly", "lkdtm_WRITE_CRASH_KERNEL"),
         PANICS),
)


def noticed(point: Point, cpus: int) -> bool:
    """Whether a loop there is. Who notices says so, and printk() waits without
    a limit for the CPU that has the console: if that is the one that loops, it
    takes a third CPU to notice that the second hangs too."""
    if point.kind == CRASHING:
        return False
    if point.has_console:
        return cpus > 2
    return cpus > 1 or point.kind in (TASK, SOFTIRQ)


def arm(name: str, word: str, count: int = 1) -> str:
    return (f"echo {count} > {PARAMETERS}/cpoint_count\n"
            f"echo {word} > {FILES}/{name}\n")


def noticed_elsewhere(crash_type: Type) -> bool:
    """Whether it is a watchdog that panics, on whatever CPU."""
    return crash_type.prepare == LOCKUPS or crash_type.name == "HUNG_TASK"


def plain(names: list[str]) -> list[str]:
    """Without what the compiler puts behind a name."""
    return [name.split(".")[0] for name in names]


def in_order(wanted: list[str], found: list[str]) -> bool:
    rest = iter(found)
    return all(name in rest for name in wanted)
