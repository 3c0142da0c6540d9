"""The database is opened, brought up, or refused in one clear line."""

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, select, text

from ivr.store.crypto import Cipher
from ivr.store.desk_tables import line
from ivr.store.engine import LATELY_SECONDS, begun, connect, opened, snapshot, undecided, upgrade
from ivr.store.errors import StoreError
from ivr.store.journal import Journal
from ivr.store.level import Level, came_from, head, known, level
from ivr.store.migrations import config, run
from ivr.store.tables import meta
from tests.once import ready_file
from tests.stores import SECRET, Postgres, first, new_call_id

CIPHER = Cipher([SECRET])


def start(url: str) -> None:
    """Open a database as the program does when it starts."""
    engine = connect(url, CIPHER)
    try:
        upgrade(engine)
    finally:
        engine.dispose()


def refusal(url: str) -> str:
    """Return the one line with which this database is refused."""
    with pytest.raises(StoreError) as raised:
        start(url)
    assert "\n" not in str(raised.value)
    return str(raised.value)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_migrations_make_the_tables_the_program_uses(
    empty_database: str, opened_engine: Callable[..., Engine]
) -> None:
    engine = opened_engine(empty_database)
    upgrade(engine)
    upgrade(engine)
    with engine.connect() as connection:
        compared = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(compared, meta) == []
        assert ScriptDirectory.from_config(config(connection)).get_heads() == [head()]
    journal = Journal(engine)
    assert journal.append(first(new_call_id())) is True
    journal.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_message_that_waits_counts_from_when_it_is_due_after_the_upgrade(
    empty_database: str, opened_engine: Callable[..., Engine]
) -> None:
    engine = opened_engine(empty_database)
    with engine.begin() as connection:
        command.upgrade(config(connection), "0004")
    left = datetime(2026, 11, 23, 10, tzinfo=UTC)
    due = left + timedelta(hours=24)
    told = {"call_id": "CA1", "caller_hash": "", "queue": "", "language": "zh-CN", "matter": "", "rank": 3}
    told |= {"since": left, "joined_at": left, "due_at": due, "state": "waiting"}
    with engine.begin() as connection:
        connection.execute(line.insert(), [{"id": kind, "kind": kind, **told} for kind in ("message", "callback")])
    upgrade(engine)
    with engine.connect() as connection:
        assert dict(connection.execute(select(line.c.kind, line.c.since)).all()) == {"message": due, "callback": left}


def test_the_comparison_sees_a_missing_column(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(text("ALTER TABLE calls DROP COLUMN outcome"))
        compared = MigrationContext.configure(connection, opts={"compare_type": True})
        assert [step[0] for step in compare_metadata(compared, meta)] == ["add_column"]


def test_a_database_that_is_up_to_date_starts_without_alembic(database: str) -> None:
    program = (
        "import sys; from ivr.store.crypto import Cipher; from ivr.store.engine import connect, upgrade;"
        "upgrade(connect(sys.argv[1], Cipher([sys.argv[2]]))); sys.exit('alembic' in sys.modules)"
    )
    root = Path(__file__).parents[1]
    subprocess.run([sys.executable, "-c", program, database, SECRET], check=True, cwd=root)


def test_an_upgrade_reads_nothing_while_nobody_else_may_write(tmp_path: Path) -> None:
    # To read our tables' modules takes a second, in which whoever calls would wait for the database in vain.
    program = (
        "import sys; from ivr.store import engine; from ivr.store.crypto import Cipher; by_itself = engine.by_itself\n"
        "def noted(connection):\n  by_itself(connection); noted.read = {*sys.modules}\n"
        "engine.by_itself = noted; engine.upgrade(engine.connect(sys.argv[1], Cipher([sys.argv[2]])))\n"
        "print(*(name for name in {*sys.modules} - noted.read if name.startswith('ivr.')))"
    )
    root = Path(__file__).parents[1]
    command = [sys.executable, "-c", program, f"sqlite:///{tmp_path}/ivr.db", SECRET]
    assert subprocess.run(command, check=True, cwd=root, capture_output=True, text=True).stdout.split() == []


def test_a_database_of_a_newer_release_is_refused(database: str, opened_engine: Callable[..., Engine]) -> None:
    with opened_engine(database).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert "newer than this release" in refusal(database)


def test_a_database_that_the_next_release_upgraded_is_used_as_it_is(
    database: str, opened_engine: Callable[..., Engine]
) -> None:
    engine = opened_engine(database)
    later = [*known(), "9999"]
    with engine.begin() as connection, patch("ivr.store.level.known", lambda: later):
        at = level(connection)
        assert (at.found, at.newer, at.good, at.usable) == (later[-2], False, False, False)
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        came_from(connection, at.found)
    start(database)
    with engine.connect() as connection:
        at = level(connection)
    assert (at.found, at.before, at.newer, at.good, at.usable) == ("9999", later[-2], True, False, True)
    with engine.begin() as connection:
        came_from(connection, "9998")  # The one after that was upgraded to by another that we do not know, either.
    assert "newer than this release" in refusal(database)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_an_upgrade_notes_where_the_database_was(empty_database: str, opened_engine: Callable[..., Engine]) -> None:
    engine = opened_engine(empty_database)
    with engine.begin() as connection:
        run(connection, "0024")
    upgrade(engine)
    with engine.connect() as connection:
        assert level(connection) == Level(head(), "0024")


def test_sqlite_keeps_every_commit_and_its_foreign_keys(
    database: str, opened_engine: Callable[..., Engine], real_pragmas: Callable[[Any, object], None]
) -> None:
    with patch("ivr.store.engine._pragmas", real_pragmas):
        engine = opened_engine(database)
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            assert connection.scalar(text("SHOW synchronous_commit")) == "on"
            assert connection.scalar(text("SHOW statement_timeout")) == "2s"
        return
    with engine.connect() as connection:
        asked = {name: connection.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous")}
        asked |= {name: connection.scalar(text(f"PRAGMA {name}")) for name in ("foreign_keys", "busy_timeout")}
    assert asked == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 2000}


def test_a_read_only_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ivr.db").write_bytes(ready_file())
    said = refusal(f"sqlite:///file:{tmp_path}/ivr.db?mode=ro&uri=true")
    assert "readonly database: make the file and its folder writable" in said


def test_a_read_only_server_is_refused(postgres: Postgres) -> None:
    url = postgres.fresh("ready")
    postgres.run(f"ALTER DATABASE {url.split('/')[-1].split('?')[0]} SET default_transaction_read_only = on")
    assert "read-only" in refusal(url)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "folder cannot be made" in refusal(f"sqlite:///{tmp_path}/file/ivr.db")


def test_a_folder_in_the_files_place_is_refused(tmp_path: Path) -> None:
    assert "unable to open database file" in refusal(f"sqlite:///{tmp_path}")


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ivr.db").write_bytes(b"not a database" * 1000)
    assert "not a database" in refusal(f"sqlite:///{tmp_path}/ivr.db")


def test_a_missing_database_of_a_server_is_refused(postgres: Postgres) -> None:
    assert '"nowhere" does not exist' in refusal(postgres.url("nowhere"))


def test_a_server_that_does_not_answer_is_refused_without_its_password() -> None:
    told = refusal("postgresql://someone:hunter2@127.0.0.1:1/ivr")
    assert "127.0.0.1" in told
    assert "hunter2" not in told


@pytest.mark.parametrize("url", ["", "ivr.db", "mysql://localhost/ivr", "sqlite", "postgresql://h:port/x"])
def test_another_url_is_refused(url: str) -> None:
    assert "DATABASE_URL" in refusal(url)


def test_a_locked_database_is_an_error_after_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.store.engine.LOCKED_SECONDS", 0.2)
    url = f"sqlite:///{tmp_path}/ivr.db"
    engine = connect(url, CIPHER)
    upgrade(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        assert "locked" in refusal(url)
    engine.dispose()


def test_a_new_file_that_another_process_is_making_its_own_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "ivr.db"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("CREATE TABLE theirs (one)")
    other.execute("BEGIN EXCLUSIVE")
    longer_than_a_turn_waits = threading.Timer(2.5, lambda: other.execute("COMMIT"))
    longer_than_a_turn_waits.start()
    engine = connect(f"sqlite:///{path}", CIPHER)
    upgrade(engine)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    engine.dispose()
    longer_than_a_turn_waits.join()
    other.close()


def test_a_connection_that_nobody_used_lately_is_asked_whether_it_lives(
    postgres: Postgres, opened_engine: Callable[..., Engine]
) -> None:
    engine = opened_engine(postgres.fresh("ready"))

    def backend() -> int:
        with opened(engine) as connection:
            return connection.scalar(text("SELECT pg_backend_pid()")) or 0

    with (
        patch("ivr.store.engine.monotonic") as now,
        patch.object(engine.dialect, "do_ping", wraps=engine.dialect.do_ping) as asked,
    ):
        now.return_value = 0.0
        first_one = backend()
        now.return_value = LATELY_SECONDS - 0.1
        assert backend() == first_one
        assert not asked.called
        postgres.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{engine.url.database}'")
        with pytest.raises(StoreError):  # It was used a moment ago, so that it is not asked.
            backend()
        now.return_value += LATELY_SECONDS + 0.1
        assert backend() != first_one


def test_who_only_reads_begins_no_transaction(postgres: Postgres, opened_engine: Callable[..., Engine]) -> None:
    engine = opened_engine(postgres.fresh("ready"))
    moment = text("SELECT now()")  # At which the transaction began.
    for way, same in ((opened, False), (undecided, True), (begun, True), (snapshot, True), (opened, False)):
        with way(engine) as connection:
            assert (connection.scalar(moment) == connection.scalar(moment)) is same, way.__name__
    with begun(engine) as connection:
        connection.execute(text("CREATE TABLE tried (number INTEGER)"))
    with undecided(engine) as connection:  # Of which the pool has one only, last used to read by.
        connection.execute(text("INSERT INTO tried VALUES (1)"))
    with begun(engine) as connection:
        assert connection.scalar(text("SELECT count(*) FROM tried")) == 0
        connection.execute(text("INSERT INTO tried VALUES (2)"))
    with opened(engine) as connection:
        assert connection.scalar(text("SELECT number FROM tried")) == 2


def test_after_a_pause_dead_connections_are_nobodys_error(
    postgres: Postgres, opened_engine: Callable[..., Engine]
) -> None:
    engine = opened_engine(postgres.fresh("ready"))
    with opened(engine), opened(engine), opened(engine):
        pass
    with patch("ivr.store.engine.LATELY_SECONDS", 0.0):
        postgres.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{engine.url.database}'")
        with opened(engine) as one, opened(engine) as other:
            assert one.scalar(text("SELECT 1")) == other.scalar(text("SELECT 1"))


def test_what_a_thread_gives_back_after_the_engine_was_disposed_of_is_closed(database: str) -> None:
    engine = connect(database, CIPHER)
    connection = engine.connect()
    driver = connection.connection.driver_connection
    assert driver is not None
    engine.dispose()
    connection.execute(text("SELECT 1"))  # Whoever is at work goes on.
    connection.close()
    with pytest.raises(Exception, match="closed"):
        driver.cursor().execute("SELECT 1")
    with engine.connect() as again:
        assert again.scalar(text("SELECT 1")) == 1
    engine.dispose()
