"""The tables: calls, their journal, the messages callers left, and the versions of the menus."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeDecorator

from ivr.store.crypto import Sealed

Insert = sqlite.Insert | postgresql.Insert
# Each database's insert that may meet a row that is already there.
INSERT: Final[Mapping[str, Callable[[Table], Insert]]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


class Moment(TypeDecorator[datetime]):
    """A moment, always in UTC, whatever the database makes of time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Write it in UTC."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        """Read it as UTC; SQLite keeps no zone."""
        if value is None:
            return None
        moment: datetime = value
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


meta = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

GOING_ON: Final = text("ended_at IS NULL")
UNDIGESTED: Final = text("digested = false AND ended_at IS NOT NULL")

calls = Table(
    "calls",
    meta,
    Column("id", String(64), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("caller", Sealed, nullable=False),
    Column("caller_hash", String(64), nullable=False),
    Column("caller_last4", String(4), nullable=False),
    Column("called", Text, nullable=False),
    # The language of the greeting, from which the journal is folded; `language` is the one spoken by now.
    Column("greeted", String(35), nullable=False),
    Column("language", String(35), nullable=False),
    Column("matter", Text, nullable=False),
    Column("queue", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("turn", Integer, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("outcome", String(32)),
    # What the caller thought of it, 1 to 5.
    Column("score", Integer),
    # Whether what it came to is written down among the facts as it is now.
    Column("digested", Boolean, nullable=False, server_default=text("false")),
    Index(None, "caller_hash"),
    Index(None, "started_at"),
    Index("ix_calls_undigested", "ended_at", sqlite_where=UNDIGESTED, postgresql_where=UNDIGESTED),
    Index("ix_calls_going_on", "started_at", sqlite_where=GOING_ON, postgresql_where=GOING_ON),
)

turns = Table(
    "turns",
    meta,
    Column("call_id", String(64), ForeignKey("calls.id"), primary_key=True),
    Column("turn", Integer, primary_key=True, autoincrement=False),
    Column("asked", String(64), nullable=False),
    Column("at", Moment, nullable=False),
    Column("events", Sealed, nullable=False),
    UniqueConstraint("call_id", "asked"),
)

messages = Table(
    "messages",
    meta,
    Column("id", String(32), primary_key=True),
    # No foreign key: the carrier may tell of a recording before, or without, the call that it belongs to.
    Column("call_id", String(64), nullable=False),
    # message, remark (after the call), talk.
    Column("kind", String(16), nullable=False, server_default="message"),
    Column("recording_sid", String(64), unique=True),
    Column("queue", Text, nullable=False),
    Column("language", String(35), nullable=False),
    Column("matter", Text, nullable=False),
    Column("seconds", Integer),
    Column("state", String(16), nullable=False),
    Column("file", Text),
    Column("bytes", Integer),
    Column("tries", Integer, nullable=False),
    Column("next_try_at", Moment),
    Column("error", Text),
    Column("created_at", Moment, nullable=False),
    # What is said in it, where somebody or something has written that down.
    Column("transcript", Sealed),
    Index(None, "state", "next_try_at"),
    Index(None, "created_at"),
    Index(None, "call_id"),
)

menus = Table(
    "menus",
    meta,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("digest", String(64), nullable=False, unique=True),
    Column("files", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("author", String(64), nullable=False, server_default=text("''")),
    Column("note", Text, nullable=False, server_default=text("''")),
    # What was proven of it in figures, as JSON; "" where nobody has proven it.
    Column("proof", Text, nullable=False, server_default=text("''")),
)
