"""PostgreSQL behind a network that is cut without a word: callers are answered, and all goes on where it is mended."""

import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from ivr.store.engine import opened, undecided, unhurried
from ivr.store.errors import StoreError
from ivr.store.in_time import ANSWERS
from tests.cut import Network, network
from tests.processes import awaited
from tests.quickest import quickest
from tests.stores import Postgres
from tests.talks import heard
from tests.test_lifeboat import UNTOLD
from tests.world import OPEN, world

# Seconds; in other tests callers are patient.
REAL = {"store.writer.PATIENCE_SECONDS": 2.0, "store.writer.HELD_SECONDS": 0.5, "telephony.front.ANSWERS": 4.0}
SOON = 12.0  # Seconds: the statement in hand, the pool's connection, and a new one, with room to spare.


@pytest.fixture
def wire(postgres: Postgres) -> Iterator[Network]:
    with network(postgres.fresh("ready")) as made:
        yield made


def test_a_cut_in_the_middle_of_a_turn_is_heard_as_an_apology_and_turns_are_written_soon_after_it(
    wire: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for bound, seconds in REAL.items():
        monkeypatch.setattr(f"ivr.{bound}", seconds)
    with world(tmp_path, OPEN, wire.url) as here:
        caller = here.caller()
        assert "请按" in heard(caller)
        wire.cut()
        begun = time.monotonic()
        caller.press("1")
        assert "抱歉" in heard(caller)
        assert time.monotonic() < begun + SOON
        assert [wrong for wrong in here.wrong() if not wrong.startswith(UNTOLD)] == [], "the carrier gave up nothing"
        wire.mend()
        mended = time.monotonic()
        others = iter(range(100))

        def written() -> bool:
            other = here.caller(f"+86138000139{next(others):02}")
            other.listen()
            return here.parts.journal.fresh(other.leg.sid) is not None

        awaited(written, "turns are written")
        assert time.monotonic() < mended + SOON


def asked(engine: Engine, wanted: str = "SELECT 1", before: Callable[[], object] = lambda: None) -> None:
    """Ask PostgreSQL something, after it was asked something else."""
    with opened(engine) as connection:
        connection.execute(text("SELECT 1"))
        before()
        connection.execute(text(wanted))


def test_whoever_reads_as_the_network_is_cut_is_told_in_time(
    wire: Network, opened_engine: Callable[..., Engine]
) -> None:
    engine = opened_engine(wire.url)

    def told() -> float:
        begun = time.monotonic()
        with pytest.raises(StoreError, match="timeout expired: see that PostgreSQL runs"):
            asked(engine, before=wire.cut)
        wire.mend()
        return time.monotonic() - begun

    assert ANSWERS <= quickest(told, ANSWERS + 1) < ANSWERS + 1
    asked(engine)


def driver(engine: Engine) -> "psycopg.Connection[object]":
    with engine.connect() as connection:
        return connection.connection.driver_connection  # type: ignore[return-value]


def kernel(engine: Engine) -> dict[str, int]:
    """Return what the kernel was told of a connection, by the name of the option."""
    with socket.socket(fileno=os.dup(driver(engine).fileno())) as wired:
        names = ("TCP_USER_TIMEOUT", "TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT")
        return {name: wired.getsockopt(socket.IPPROTO_TCP, getattr(socket, name)) for name in names}


def test_the_kernel_gives_up_what_nobody_confirms_unless_the_url_says_otherwise(
    wire: Network, opened_engine: Callable[..., Engine]
) -> None:
    ours = {"TCP_USER_TIMEOUT": 4000, "TCP_KEEPIDLE": 2, "TCP_KEEPINTVL": 1, "TCP_KEEPCNT": 2}
    assert kernel(opened_engine(wire.url)) == ours
    theirs = opened_engine(f"{wire.url}&tcp_user_timeout=7000&keepalives_idle=9")
    assert kernel(theirs) == {**ours, "TCP_USER_TIMEOUT": 7000, "TCP_KEEPIDLE": 9}


def test_what_the_url_asks_of_the_server_goes_before_what_we_ask(
    wire: Network, opened_engine: Callable[..., Engine]
) -> None:
    theirs = opened_engine(f"{wire.url}&options=-c%20statement_timeout%3D7000&connect_timeout=9&application_name=we")
    with opened(theirs) as connection:
        asked = ("statement_timeout", "idle_in_transaction_session_timeout", "application_name")
        assert [connection.scalar(text(f"SHOW {name}")) for name in asked] == ["7s", "10s", "we"]
    assert driver(theirs).answers is None, "nor do we give up what the server is to do"  # type: ignore[attr-defined]


def test_what_may_take_long_takes_as_long_as_it_takes_until_the_connection_is_given_back(
    wire: Network, opened_engine: Callable[..., Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = opened_engine(wire.url)
    asked(engine, "SELECT 1")  # What a new connection asks first is not to be that quick.
    monkeypatch.setattr("ivr.store.in_time.InTime.answers", 0.2)
    with undecided(engine) as connection:
        unhurried(connection)
        connection.execute(text("SELECT pg_sleep(0.6)"))
    with pytest.raises(StoreError):
        asked(engine, "SELECT pg_sleep(0.6)")


def test_the_locks_of_a_process_that_stands_still_are_let_go(
    postgres: Postgres, opened_engine: Callable[..., Engine]
) -> None:
    url = postgres.fresh("ready")
    still = opened_engine(f"{url}&options=-c%20idle_in_transaction_session_timeout%3D300")
    lock = text("SELECT pg_advisory_xact_lock(1)")
    with undecided(still) as stands:
        stands.execute(lock)
        with undecided(opened_engine(url)) as goes_on:
            goes_on.execute(lock)  # Else its statement would time out.
        with pytest.raises(DBAPIError, match="idle-in-transaction"):
            stands.execute(lock)
