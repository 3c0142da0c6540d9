"""Processes beside ours: the hotline as `python app.py` serves it, killed and started again, and single functions."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from multiprocessing import get_context
from pathlib import Path
from threading import Event
from typing import Final

import requests

from ivr import settings
from ivr.carrier.clock import SimulatedClock
from ivr.carrier.company import Carrier
from ivr.carrier.web import Send
from ivr.factory import utc_now
from ivr.parts import Parts, assemble
from ivr.telephony.render import RETRY, RETRY_CALLBACK
from tests import forked
from tests.forked import Forked
from tests.world import ACCOUNT, NUMBER, OPEN, ROOT, TOKEN, free_port

NOBODY = "http://127.0.0.1:9"  # No carrier to ask: its calls are no less there for that.
PATIENCE: Final = 60.0
APART: Final = get_context("forkserver")  # For functions: its processes share nothing with ours, nor with one another.
# What takes a second to import is imported once.
APART.set_forkserver_preload(
    ["tests.stores", "tests.desk_site", "tests.processes", "ivr.editor.replaying", *forked.IMPORTED, "tests.preloaded"]
)
Environment = Mapping[str, str]


def project(folder: Path) -> Path:
    """Copy what the program needs, so that its menus may be changed and its `instance/` is nobody else's."""
    shutil.copytree(ROOT / "ivr", folder / "ivr", ignore=shutil.ignore_patterns("node_modules"))
    for name in ("menus", "recordings/music"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy(ROOT / "app.py", folder)
    return folder


def always_open(project: Path) -> None:
    """Have somebody answer every queue at any hour, and let it be noon, so that people may be rung back.

    The servers' time is the real one.
    """
    hotline = project / "menus" / "hotline.yaml"
    noon = f"zone: Etc/GMT{utc_now().hour - 12:+}"  # Whose signs are the wrong way round.
    hotline.write_text(hotline.read_text("utf-8").replace("zone: Asia/Shanghai", noon), "utf-8")
    hours = project / "menus" / "hours.yaml"
    hours.write_text(hours.read_text("utf-8").replace('{monday-friday: "09:00-18:00"}', "always"), "utf-8")


def environment(database: str, port: int, api_url: str = "") -> Environment:
    """Return the settings of servers that share a database and are known to the carrier by one port."""
    url = f"http://127.0.0.1:{port}"
    return {
        "DATABASE_URL": database,
        "PUBLIC_URL": url,
        "TWILIO_API_URL": api_url or NOBODY,
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "SECRET_KEY": "a secret of the tests",
    }


@dataclass
class Server:
    """One `python app.py` and the processes it forks."""

    project: Path
    port: int
    environment: Environment
    process: subprocess.Popen[bytes] | Forked | None = None

    @property
    def log(self) -> Path:
        """What it printed."""
        return self.project / f"{self.port}.log"

    def start(self) -> None:
        """Start it, in a session of its own; it answers a moment later."""
        given = {**os.environ, **self.environment, "PORT": str(self.port), "PYTHONPATH": str(self.project)}
        self.process = started(self.project, given, self.log)

    def await_answers(self) -> None:
        """Wait until it answers requests."""
        assert self.process
        awaited(self._answers, f"the server on port {self.port} answers")

    def kill(self) -> None:
        """`kill -9` all of its processes at once, wherever they are, and wait until the port is free."""
        assert self.process
        killed(self.process)
        self.process.wait()
        awaited(lambda: not self._answers(), "the killed server is gone")

    def _answers(self) -> bool:
        assert self.process
        killed = self.process.returncode is not None
        assert killed or self.process.poll() is None, f"the server has ended by itself: {self.log.read_text('utf-8')}"
        try:
            return requests.get(f"http://127.0.0.1:{self.port}/audio/music/none", timeout=5).status_code == 404
        except requests.RequestException:
            return False


def started(project: Path, environment: Environment, log: Path) -> subprocess.Popen[bytes] | Forked:
    """Start `python app.py` in a session of its own; return its process."""
    command = [sys.executable, "app.py"]
    with log.open("ab") as file:
        return subprocess.Popen(command, cwd=project, env=environment, stdout=file, stderr=file, start_new_session=True)


def forked_server(project: Path, environment: Environment, log: Path) -> Forked:
    """Return a process that does what `started` has one do, but that is forked from one that has imported it all."""
    process = APART.Process(target=forked.serve, args=(project, environment, log))
    process.start()
    return Forked(process)


def killed(process: subprocess.Popen[bytes] | Forked) -> None:
    """`kill -9` a process and all that it forked."""
    if isinstance(process, Forked):
        process.kill()
        return
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def awaited(happened: Callable[[], object], what: str) -> None:
    """Wait until something is so, looking often."""
    begun, never = time.monotonic(), Event()
    while not happened():
        assert time.monotonic() < begun + PATIENCE, f"waited {PATIENCE} s until {what}"
        never.wait(0.005)


@contextmanager
def servers(
    folder: Path,
    database: str,
    count: int = 1,
    apis: Sequence[str] = (),
    change: Callable[[Path], object] = lambda _: None,
    patient: bool = False,
) -> Iterator[list[Server]]:
    """Run servers on one database; the carrier knows all of them by the first one's address.

    With `apis` each has a carrier's REST of its own to ask, and all queues are always open. `change` may change their
    copy of the project. Where they are `patient`, an answer takes as long as it takes, whatever else the machine
    does.
    """
    ports = [free_port() for _ in range(count)]
    copy = project(folder / "project")
    change(copy)
    if apis:
        always_open(copy)
    running = [
        Server(copy, port, {**environment(database, ports[0], api), **({forked.PATIENT: "1"} if patient else {})})
        for port, api in zip_longest(ports, apis[:count], fillvalue="")
    ]
    try:
        for server in running:
            server.start()
        for server in running:
            server.await_answers()
        yield running
    finally:
        for server in running:
            if server.process:
                server.kill()


@contextmanager
def parts_of(server: Server, now: Callable[[], datetime] = utc_now) -> Iterator[Parts]:
    """Give what a server has behind it, to look into its database."""
    found = settings.read({**server.environment, "PORT": str(server.port)}, server.project)
    parts = assemble(found, now)
    try:
        yield parts
    finally:
        parts.engine.dispose()


def carrier_of(server: Server, send: Send) -> Carrier:
    """Return a telephone company whose time passes with what callers hear, and which retries as our own URLs tell it.

    The servers' time is the real one.
    """
    url = server.environment["PUBLIC_URL"]
    carrier = Carrier(ACCOUNT, TOKEN, SimulatedClock(OPEN), send=send, api_url=url)
    paths = (f"incoming{RETRY}", f"fallback{RETRY}", f"status{RETRY_CALLBACK}")
    carrier.number(NUMBER, *(f"{url}/voice/{path}" for path in paths))
    return carrier
