"""The steps by which the database came to its present tables, run in order.

A step is a file in `versions/`, numbered on from the last. It must run while the previous release still serves: add
tables, columns that may be empty, and indexes; rename and remove only what no running release reads any more. That
release may also start again, or be gone back to: `ivr.store.level` says which one it is.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

# All tables, read by now: `env.py` runs while nobody else may write.
from ivr.store import (  # noqa: F401
    audit,
    blocked,
    desk_tables,
    doors,
    drafts,
    fact_tables,
    filters,
    guesses,
    library,
    mails,
    notices,
    people,
    sealing_keys,
    texts,
    transcripts,
)


def run(connection: Connection, to: str = "head") -> None:
    """Run the steps that this database still lacks up to that level, within the connection's transaction."""
    command.upgrade(config(connection), to)


def config(connection: Connection) -> Config:
    """Return Alembic's settings, which we keep in no file of their own."""
    settings = Config(attributes={"connection": connection})
    settings.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    settings.set_main_option("path_separator", "os")
    return settings
