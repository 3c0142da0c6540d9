"""Where jobs wait: in a file of their own, or in the PostgreSQL that the calls are in."""

from pathlib import Path

from huey import Huey, PostgresHuey, SqliteHuey
from huey.serializer import SignedSerializer


def open_queue(database_url: str, file: Path, secret: str) -> Huey:
    """Return the queue: tables `jobs_…` in PostgreSQL if that is the database, else this SQLite file, made if missing.

    A job carries an id only and what is to be done stands in our tables, so the file may be lost, and need not
    be written through to the disk. Jobs are signed with the secret, as they are pickled.
    """
    options = {"results": False, "serializer": SignedSerializer(secret=secret)}
    scheme, _, address = database_url.partition("://")
    if scheme.startswith("postgres"):
        # Polled, since a thread that listens holds a connection of its own, and never gives it back.
        return PostgresHuey(
            "ivr", dsn=f"postgresql://{address}", table_prefix="jobs", blocking=False, connect_timeout=2, **options
        )
    file.parent.mkdir(parents=True, exist_ok=True)
    return SqliteHuey("ivr", filename=str(file), fsync=False, cache_mb=1, timeout=2, **options)
