"""Putting a backup back: into tables as its own release made them, which are then brought up to this release's."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copyfileobj
from typing import Final

from sqlalchemy import Connection, Engine, MetaData, Table, func, inspect, select, text

from ivr.store.backup.opened import Backup
from ivr.store.backup.rows import into
from ivr.store.backup.taking import NAME, SPOOL, ours
from ivr.store.backup.vault import BadBackupError
from ivr.store.engine import by_itself, undecided
from ivr.store.errors import NewerError, StoreError
from ivr.store.level import known
from ivr.store.shelf import NAME as RECORDING
from ivr.store.shelf import Shelf
from ivr.store.vault import ROOMS

LEVEL: Final = "alembic_version"
# What a program that was only started has written down: the menus of its folder, and what its migrations put there.
BY_ITSELF: Final = ("menus", "roles", "audit_head", "sealing_keys")


class FullError(StoreError):
    """The database already holds something; the text says what."""


def restore(engine: Engine, backup: Backup, *, anyway: bool = False) -> None:
    """Make the database what the backup says, all of it or nothing, at this release's level.

    What was there goes, so that raises FullError where it is more than a first start leaves, unless done `anyway`.
    Raise BadBackupError, NewerError and StoreError, too. Whoever calls has checked the backup.
    """
    told = backup.manifest
    if told.database != engine.dialect.name:
        raise BadBackupError(f"the backup is of {told.database}, and DATABASE_URL names {engine.dialect.name}")
    if told.migration not in known():
        raise NewerError(f"the backup is at {told.migration}, newer than this release: update the program")
    with undecided(engine) as connection, _begun(connection):
        if not anyway and (full := _full(connection)):
            raise FullError(f"the database holds {full} already: name another in DATABASE_URL")
        _clear(connection)
        _load(connection, backup)


@contextmanager
def _begun(connection: Connection) -> Iterator[None]:
    """Do it all in one transaction, alone."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL lock_timeout = '5s'"))  # A server that still uses the tables is told of.
    by_itself(connection)
    yield
    connection.commit()
    connection.invalidate()  # Its patience was raised.


def _full(connection: Connection) -> str:
    """Return what there is in the database that a first start does not leave, "" for nothing."""
    for name, table in _reflected(connection).items():
        rows = connection.scalar(select(func.count()).select_from(table)) or 0
        if name not in BY_ITSELF and rows > (name == "publications"):
            return f"{rows} rows of {name}"
    return ""


def _reflected(connection: Connection) -> dict[str, Table]:
    """Return our tables as they are, those before that others refer to."""
    found = MetaData()
    found.reflect(connection, only=ours(connection))
    return {table.name: table for table in found.sorted_tables}


def _clear(connection: Connection) -> None:
    """Take away our tables, and what PostgreSQL does at changes of them."""
    tables = _reflected(connection)
    functions = list[str]()
    if connection.dialect.name == "postgresql":
        query = text(
            "SELECT DISTINCT tgfoid::regprocedure::text FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
            " WHERE NOT tgisinternal AND relname = ANY(:names) AND relnamespace = current_schema()::regnamespace"
        )
        functions = list(connection.scalars(query, {"names": list(tables)}))
    for table in reversed(tables.values()):
        table.drop(connection)
    for function in functions:
        connection.exec_driver_sql(f"DROP FUNCTION {function}")
    connection.exec_driver_sql(f"DROP TABLE IF EXISTS {LEVEL}")


def _load(connection: Connection, backup: Backup) -> None:
    from ivr.store.migrations import run  # Alembic is slow to import.

    told = backup.manifest
    run(connection, told.migration)
    tables = _reflected(connection)
    for table in reversed(tables.values()):
        if connection.scalar(select(func.count()).select_from(table)):
            connection.execute(table.delete())
    if wrong := told.tables.keys() ^ tables.keys():
        raise BadBackupError(f"at {told.migration} the tables are others than the backup's: {', '.join(sorted(wrong))}")
    for name in tables:
        # Only names that the database itself tells become part of a statement.
        columns = [column["name"] for column in inspect(connection).get_columns(name)]
        if sorted(columns) != sorted(told.tables[name].columns):
            raise BadBackupError(f"at {told.migration} the table {name} has other columns than the backup's")
        with backup.rows(name) as lines:
            into(connection, name, told.tables[name].columns, lines)  # type: ignore[arg-type]
    run(connection)


def unpack(backup: Backup, spool: Path, shelf: Shelf) -> list[str]:
    """Write what waited into the spool, and recordings onto the shelf; return those that others lie in the place of.

    Raise BadBackupError for a file that belongs to neither, before any is written, and OSError.
    """
    for name in backup.manifest.files:
        room, _, file = name.partition("/")
        if room not in (SPOOL, *ROOMS) or not NAME.fullmatch(file):
            raise BadBackupError("the backup has a file that belongs nowhere")
    return [name for name in backup.manifest.files if not _there(backup, name, spool, shelf)]


def _there(backup: Backup, name: str, spool: Path, shelf: Shelf) -> bool:
    """Write a file where it belongs; False where another is."""
    if name.startswith(f"{SPOOL}/"):
        return _put(backup, name, spool / name.removeprefix(f"{SPOOL}/"))
    if not RECORDING.fullmatch(name):
        return True  # Releases before this one packed what was half written, too.
    if shelf.size(name) is not None:
        return False
    with backup.file(name) as source, shelf.put(name) as out:
        copyfileobj(source, out)
    return True


def _put(backup: Backup, name: str, place: Path) -> bool:
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        with (
            backup.file(name) as source,
            os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out,
        ):
            copyfileobj(source, out)
            out.flush()
            os.fsync(out.fileno())
        os.link(draft, place)
    except FileExistsError:
        return False
    finally:
        draft.unlink(missing_ok=True)
    return True
