"""Where jobs wait: in a file of their own, or in the PostgreSQL that the calls are in."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from huey import Huey, PostgresHuey, SqliteHuey
from huey.serializer import SignedSerializer
from psycopg.errors import DuplicateTable, UniqueViolation

MADE: Final = 6  # Tables and indexes of the queue, each of which another process may be making just now.


def open_queue(database_url: str, file: Path, secret: str) -> Huey:
    """Return the queue: tables `jobs_…` in PostgreSQL if that is the database, else this SQLite file, made if missing.

    A job carries an id only and what is to be done stands in our tables, so the file may be lost, and need not
    be written through to the disk. Jobs are signed with the secret, as they are pickled.
    """
    options: dict[str, Any] = {"results": False, "serializer": SignedSerializer(secret=secret)}
    scheme, _, address = database_url.partition("://")
    if scheme.startswith("postgres"):
        # Polled, since a thread that listens holds a connection of its own, and never gives it back.
        options |= {"dsn": f"postgresql://{address}", "table_prefix": "jobs", "blocking": False, "connect_timeout": 2}
        return _made(lambda: PostgresHuey("ivr", **options))
    file.parent.mkdir(parents=True, exist_ok=True)
    return SqliteHuey("ivr", filename=str(file), fsync=False, cache_mb=1, timeout=2, **options)


def _made(make: Callable[[], Huey]) -> Huey:
    """Make the queue; CREATE TABLE IF NOT EXISTS fails in PostgreSQL while somebody else makes the same table."""
    for _ in range(MADE):
        with suppress(UniqueViolation, DuplicateTable):
            return make()
    return make()
