# SPDX-License-Identifier: GPL-2.0
"""What all the tests share: the kernel and guest under test, and a result of
its own for a machine that never gave a verdict."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TextIO

import pytest

from arch import ARCHES, Arch, lacks, native
from rig import Rig
from guest import BUILD, Guest, make
from machine import EMULATION, Config, NoVerdict, kvm_works
from options import add_kernel_options, kernel_directory, kernel_lacks

# Random loads for a run of everything: seconds of it.
INPUTS = 4_000

LOCK = pytest.StashKey[TextIO]()     # held as long as the run


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("kexec")
    add_kernel_options(group.addoption)
    group.addoption("--accel", choices=("tcg", "auto"),
                    default=os.environ.get("KEXEC_ACCEL", "tcg"),
                    help="auto: KVM where a guest shows that it works")
    group.addoption("--results", metavar="DIR", type=Path,
                    help="where everything about the cases goes (default "
                         "build/test/<name of the kernel's directory>)")
    group.addoption("--base", metavar="DIR",
                    help="the base's kernel, to compare with: image")
    group.addoption("--write-base", action="store_true",
                    help="write down what the base's kernel answers")
    group.addoption("--inputs", type=int, default=INPUTS,
                    help="how many random loads (default %(default)s)")
    group.addoption("--seed", type=lambda text: int(text, 0), default=1,
                    help="what they are drawn from (default %(default)s)")
    group.addoption("--all-places", action="store_true",
                    help="capture kernels at all places, not at a few")
    group.addoption("--keep", action="store_true",
                    help="keep the dumps of tests that passed too")


@pytest.fixture(scope="session")
def arch(pytestconfig: pytest.Config) -> Arch:
    return ARCHES[pytestconfig.getoption("--arch")]


def kernel_of(config: pytest.Config) -> Path:
    return kernel_directory(config.getoption("--kernel"),
                            config.getoption("--arch"))


def results_directory(config: pytest.Config) -> Path:
    return (config.getoption("--results")
            or BUILD / "test" / kernel_of(config).name).resolve()


@pytest.fixture(scope="session")
def kernel(pytestconfig: pytest.Config, arch: Arch) -> Path:
    directory = kernel_of(pytestconfig)
    if why := kernel_lacks(directory, arch, vmlinux=True):
        pytest.exit(why, 2)
    return directory


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leaves out what this kernel cannot be asked for, and says why."""
    arch = ARCHES[item.config.getoption("--arch")]
    for mark in item.iter_markers("needs"):
        for what in mark.args:
            why = lacks(arch, kernel_of(item.config), what)
            if why:
                pytest.skip(f"{arch.name}: {why}")


@pytest.fixture(scope="session")
def guest(arch: Arch) -> Guest:
    return make(arch)


@pytest.fixture(scope="session")
def results(pytestconfig: pytest.Config) -> Path:
    return results_directory(pytestconfig)


@pytest.fixture(scope="session")
def accel(pytestconfig: pytest.Config, arch: Arch, kernel: Path,
          guest: Guest, results: Path) -> str:
    if pytestconfig.getoption("--accel") == "tcg" or arch.name != native():
        return EMULATION
    probe = Config(arch, kernel / arch.image, guest.production,
                   results / f"kvm-probe-{os.getpid()}", accel="kvm")
    return "kvm" if kvm_works(probe) else EMULATION


@pytest.fixture
def workdir(request: pytest.FixtureRequest, results: Path) -> Path:
    return fresh_directory(results, request.node.name)


@pytest.fixture
def rig(arch: Arch, kernel: Path, guest: Guest, workdir: Path,
          accel: str) -> Rig:
    return Rig(arch, kernel, guest, workdir, accel)


@pytest.fixture
def memory():
    """A file for the guest's memory; on a disk it would run at its speed."""
    shared = Path("/dev/shm")
    with tempfile.NamedTemporaryFile(
            prefix="kexec-memory-",
            dir=shared if shared.is_dir() else None) as file:
        yield Path(file.name)


@pytest.fixture
def base_rig(rig: Rig, pytestconfig: pytest.Config) -> Rig:
    directory = pytestconfig.getoption("--base")
    if not directory:
        pytest.skip("it takes the base's kernel: --base=DIR")
    return replace(rig, kernel=Path(directory).resolve())


def fresh_directory(results: Path, name: str) -> Path:
    path = results / re.sub(r"[^\w.-]+", "-", name).strip("-")
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    return path


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    report = (yield).get_result()
    if call.excinfo and isinstance(call.excinfo.value, NoVerdict):
        # On the report, since that is what travels between workers.
        report.user_properties.append(("verdict", "none"))


def pytest_report_teststatus(report: pytest.TestReport):
    # The report of a file that cannot be collected has none.
    said = getattr(report, "user_properties", ())
    if ("verdict", "none") in map(tuple, said):
        return "no verdict", "N", "NO VERDICT"
    return None


def pytest_configure(config: pytest.Config) -> None:
    if getattr(config.option, "dist", "no") not in ("no", "loadgroup"):
        raise pytest.UsageError("-n needs --dist loadgroup: the tests of one "
                                "crash share it")
    config.addinivalue_line(
        "markers", "rows(of): a test for those rows of `run` that of(case) "
        "is true for")
    config.addinivalue_line(
        "markers", "matrix: one of very many, for --all-places")
    config.addinivalue_line(
        "markers", "needs(what, ...): keys of Arch.lacks: a test for "
        "architectures that lack none of them")
    if not hasattr(config, "workerinput") and not config.option.collectonly:
        config.stash[LOCK] = lock_results(results_directory(config))


def lock_results(directory: Path) -> TextIO:
    """Two runs that write to the same place would spoil each other's."""
    directory.mkdir(parents=True, exist_ok=True)
    lock = open(directory / "lock", "w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise pytest.UsageError(f"another run uses {directory}: wait for it, "
                                "or choose another place with --results=DIR")
    return lock


def pytest_collection_modifyitems(config: pytest.Config,
                                  items: list[pytest.Item]) -> None:
    """Leaves out the pairs of test and row that have no meaning."""
    def applies(item: pytest.Item) -> bool:
        mark = item.get_closest_marker("rows")
        return not mark or mark.args[0](item.callspec.params["run"])

    def wanted(item: pytest.Item) -> bool:
        return (config.getoption("--all-places")
                or not item.get_closest_marker("matrix"))

    left_out = [item for item in items
                if not applies(item) or not wanted(item)]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


def rows(table):
    """Parameters from a table's rows; a row's tests stay on one worker."""
    def marks(row):
        yield pytest.mark.xdist_group(row.name)
        yield pytest.mark.needs(*getattr(row, "needs", ()))
        if not getattr(row, "sample", True):
            yield pytest.mark.matrix

    return [pytest.param(row, id=row.name, marks=tuple(marks(row)))
            for row in table]
