"""Servers forked from a process that has imported the program: there in a fifth of the time of real starts.

They share as little with ours, or with one another, as those that `python app.py` starts: each is a process in a
session of its own, with its own settings, folder, port and children, and is killed like any other.
"""

import os
import runpy
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing import set_start_method
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import MappingProxyType
from unittest.mock import patch

ROOT = Path(__file__).resolve().parents[1]
# What a server imports besides the program itself by when it answers.
IMPORTED = (
    *("ivr.factory", "alembic.command", "alembic.autogenerate", "alembic.ddl.sqlite", "alembic.ddl.postgresql"),
    *("granian.server", "uvloop", "cn2an", "dateutil.easter", "holidays.countries.china", "num2words"),
    *("phonenumbers.data.region_CN", "ivr.flow.speech.en_US", "ivr.flow.speech.zh_CN"),
)
PATIENT = "TESTS_PATIENT"  # Set in a server's environment, it is `patient`.
BOUNDS = (
    *("store.writer.PATIENCE_SECONDS", "store.writer.HELD_SECONDS", "telephony.front.ANSWERS", "telephony.front.TAKES"),
    *("telephony.quick.READS", "telephony.quick.LOOKS", "telephony.quick.CONCLUDES"),
)
# Whoever stood in a server's queue, or waits for the wallet, for so long is asked for patience.
ASKED = {"telephony.admission.LONG": 60.0, "teller.SOON": 60.0}
ASKED_JOINTLY = dict.fromkeys(("hotline.JOINTLY", "hotline.OUTLIVED"), timedelta(minutes=1))


@contextmanager
def patient(more: Mapping[str, float | timedelta] = MappingProxyType({})) -> Iterator[None]:
    """Have turns take as long as they take: a machine that stands still for a while is no fault."""
    with ExitStack() as bounds:
        for bound, longer in {**dict.fromkeys(BOUNDS, 60.0), **more}.items():
            bounds.enter_context(patch(f"ivr.{bound}", longer))
        yield


@dataclass
class Forked:
    """A process that was forked for us, as `subprocess.Popen` shows one."""

    process: BaseProcess
    returncode: int | None = None  # once somebody has asked

    @property
    def pid(self) -> int:
        """Its number, and its session's."""
        assert self.process.pid
        return self.process.pid

    def poll(self) -> int | None:
        """Return how it ended; None where it goes on."""
        self.returncode = self.process.exitcode
        return self.returncode

    def wait(self) -> None:
        """Wait until it has ended."""
        self.process.join()
        self.poll()

    def send_signal(self, number: int) -> None:
        """Have it heed a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """`kill -9` it and all that it forked, also where it has no session of its own yet."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            with suppress(ProcessLookupError):
                self.send_signal(signal.SIGKILL)


def serve(project: Path, environment: Mapping[str, str], log: Path) -> None:
    """Become what `python app.py` is in a folder, in a process that was forked for this."""
    os.setsid()
    set_start_method("fork", force=True)  # As it is where nobody chose one.
    with log.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.chdir(project)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv[:] = ["app.py"]
    sys.path.insert(0, str(project))
    if alike(project):
        _moved(project)
    else:
        _forgotten()
    with patient({**ASKED, **ASKED_JOINTLY}) if PATIENT in environment else nullcontext():
        runpy.run_path("app.py", run_name="__main__")


def alike(project: Path) -> bool:
    """Return whether a copy's modules are those of ours: nothing was written in them since."""
    return all(
        _written(os.path.join(folder, name)) == _written(project / os.path.relpath(folder, ROOT) / name)
        for folder, _, names in os.walk(ROOT / "ivr")
        for name in names
        if name.endswith(".py") and "node_modules" not in folder
    )


def _written(file: str | Path) -> tuple[int, int]:
    try:
        found = os.stat(file)
    except FileNotFoundError:
        return 0, 0
    return found.st_mtime_ns, found.st_size


def _moved(project: Path) -> None:
    """Have the program that is imported find its files, and what it imports later, in the copy."""
    for name in _ours():
        module = sys.modules[name]
        if module.__file__:
            module.__file__ = str(project / Path(module.__file__).relative_to(ROOT))
        if hasattr(module, "__path__"):
            module.__path__ = [str(project / Path(one).relative_to(ROOT)) for one in module.__path__]


def _forgotten() -> None:
    """Have all of the program imported anew, as the copy has another."""
    for name in _ours():
        del sys.modules[name]


def _ours() -> list[str]:
    return [name for name in sys.modules if name == "ivr" or name.startswith("ivr.")]
