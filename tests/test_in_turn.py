"""Who writes to a SQLite file of ours stands in line: turns of calls first, then who came first; nobody for ever."""

import gc
import sqlite3
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from ivr.store.crypto import Cipher
from ivr.store.engine import connect, first
from ivr.store.in_turn import Connection, Turns, writing
from tests.pages import until

SECONDS = 60.0


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    with closing(sqlite3.connect(tmp_path / "one.db")) as made:
        made.execute("PRAGMA journal_mode=WAL")
        made.execute("CREATE TABLE told (who)")
        yield tmp_path / "one.db"  # Open, as whoever closes the last connection locks the file.


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as made:
        yield made


def opened(kind: type[Connection], file: Path, name: str = "") -> Connection:
    """Return a connection; whose name is `first` goes before all others."""
    made = sqlite3.connect(file, timeout=0, factory=kind, check_same_thread=False)
    made.first = name == "first"
    made.execute("SELECT who FROM told").close()  # As whoever closes a connection may lock a file to its first look.
    return made


def tell(kind: type[Connection], file: Path, name: str) -> None:
    """Write a name, and commit; SQLite itself would have nobody wait for another."""
    with closing(opened(kind, file, name)) as one:
        one.execute("INSERT INTO told VALUES (?)", (name,))
        one.commit()


def told(file: Path) -> list[str]:
    """Return the names in the order in which they were written."""
    with closing(sqlite3.connect(file)) as one:
        return [name for (name,) in one.execute("SELECT who FROM told ORDER BY rowid")]


def in_line(threads: ThreadPoolExecutor, kind: type[Connection], file: Path, *names: str) -> list["Future[None]"]:
    """Have these stand in line, one after the other."""
    found = list[Future[None]]()
    for number, name in enumerate(names, 1):
        found.append(threads.submit(tell, kind, file, name))
        until(lambda number=number: kind.turns.waiting == number)  # type: ignore[misc]
    return found


@pytest.mark.parametrize("end", ["commit", "rollback", "close"])
def test_whoever_waits_writes_in_the_order_of_their_coming(threads: ThreadPoolExecutor, file: Path, end: str) -> None:
    kind, names = writing(SECONDS), ["a", "b", "c", "d"]
    with closing(opened(kind, file)) as busy:
        busy.execute("DELETE FROM told")
        waiting = in_line(threads, kind, file, *names)
        assert told(file) == []
        getattr(busy, end)()
        for one in waiting:
            one.result(SECONDS)
    assert told(file) == names
    assert kind.turns.waiting == 0


def test_a_turn_of_a_call_goes_before_all_that_waits(threads: ThreadPoolExecutor, file: Path) -> None:
    kind = writing(SECONDS)
    with closing(opened(kind, file)) as busy:
        busy.execute("BEGIN IMMEDIATE")
        waiting = in_line(threads, kind, file, "a", "b", "first", "c")
        busy.commit()
        for one in waiting:
            one.result(SECONDS)
    assert told(file) == ["first", "a", "b", "c"]


def test_nobody_waits_for_ever_nor_has_the_turn_after_that(file: Path) -> None:
    kind = writing(0.01)
    with closing(opened(kind, file)) as busy, closing(opened(kind, file)) as other:
        busy.execute("DELETE FROM told")
        busy.execute("INSERT INTO told VALUES ('mine')")  # As often as it likes, until it commits.
        with pytest.raises(sqlite3.OperationalError, match="database is locked"):
            other.execute("INSERT INTO told VALUES ('theirs')")
        assert (other.execute("SELECT count(*) FROM told").fetchone(), kind.turns.waiting) == ((0,), 0)
        busy.commit()
        other.executemany("INSERT INTO told VALUES (?)", [("theirs",)])
        other.commit()
    assert told(file) == ["mine", "theirs"]


def test_whoever_is_forgotten_amid_a_change_keeps_nobody_from_writing(file: Path) -> None:
    kind = writing(SECONDS)
    opened(kind, file).execute("DELETE FROM told")
    gc.collect()
    tell(kind, file, "next")
    assert told(file) == ["next"]


def test_whoever_gave_up_is_in_nobodys_way() -> None:
    turns = Turns()
    assert turns.take(0)
    assert not turns.take(0)
    turns.leave()
    assert turns.take(0)


def test_an_engine_has_all_of_its_connections_write_in_turn(tmp_path: Path, threads: ThreadPoolExecutor) -> None:
    engine = connect(f"sqlite:///{tmp_path}/one.db", Cipher(["a secret"]))
    with engine.begin() as one:
        one.execute(text("CREATE TABLE told (who)"))
    with engine.connect() as busy, engine.connect() as turn:
        first(turn)
        driver = turn.connection.driver_connection
        assert isinstance(driver, Connection)
        assert driver.first
        busy.execute(text("INSERT INTO told VALUES ('busy')"))
        waiting = [threads.submit(_told, engine, "other")]
        until(lambda: driver.turns.waiting == 1)
        waiting.append(threads.submit(lambda: (turn.execute(text("INSERT INTO told VALUES ('turn')")), turn.commit())))
        until(lambda: driver.turns.waiting == 2)
        busy.rollback()
        for made in waiting:
            made.result(SECONDS)
        turn.invalidate()
    with engine.connect() as one:
        assert list(one.scalars(text("SELECT who FROM told ORDER BY rowid"))) == ["turn", "other"]
    engine.dispose()


def _told(engine: Engine, name: str) -> None:
    with engine.begin() as one:
        one.execute(text("INSERT INTO told VALUES (:name)"), {"name": name})


def test_a_change_that_fails_gives_the_turn_back(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path}/one.db", Cipher(["a secret"]))
    with engine.begin() as one:
        one.execute(text("CREATE TABLE told (who UNIQUE)"))
        one.execute(text("INSERT INTO told VALUES ('a')"))
    with pytest.raises(OperationalError), engine.begin() as one:
        one.execute(text("INSERT INTO nowhere VALUES ('a')"))
    _told(engine, "b")
    engine.dispose()
