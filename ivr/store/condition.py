"""How a database is: its tables, how durable it is, its room for connections, its key, and who may log in."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, Row, column, make_url, select, table, text
from sqlalchemy.exc import ArgumentError

from ivr.store.crypto import Cipher
from ivr.store.engine import connect, nowhere, opened
from ivr.store.errors import StoreError
from ivr.store.level import Level, level
from ivr.store.library import Library
from ivr.store.sealing_keys import opens

# What PostgreSQL's settings may be so that each commit is on its own disk before it is said to be done.
SAFE: Final[Mapping[str, tuple[str, ...]]] = {
    "fsync": ("on",),
    "full_page_writes": ("on",),
    "synchronous_commit": ("on", "local", "remote_write", "remote_apply"),
}
ROLES: Final = "SELECT people_roles.person, roles.name FROM people_roles JOIN roles ON roles.id = people_roles.role"
KEYED: Final = "SELECT user_id FROM passkeys"


@dataclass(frozen=True, slots=True)
class Server:
    """A PostgreSQL: how many connections it allows, of which some are used."""

    most: int
    used: int


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person: whether they may log in, still have the password that was printed, and have a second factor."""

    name: str
    roles: frozenset[str]
    one_time: bool
    factor: bool


@dataclass(frozen=True, slots=True)
class Database:
    """A database that is looked at, whether it can be used or not."""

    engine: Engine

    def at(self) -> Level:
        """Return at which migration it is; raise StoreError where it does not answer."""
        with opened(self.engine) as connection:
            return level(connection)

    def durability(self) -> list[str]:
        """Return the settings by which a commit may be lost that was said to be done."""
        with opened(self.engine) as connection:
            if connection.dialect.name == "sqlite":
                kept = connection.exec_driver_sql("PRAGMA synchronous").scalar()
                return [] if kept in (2, 3) else [f"synchronous is {kept}"]
            told = {name: str(connection.scalar(text(f"SHOW {name}"))) for name in SAFE}
        return [f"{name} is {value}" for name, value in told.items() if value not in SAFE[name]]

    def server(self) -> Server | None:
        """Return what PostgreSQL says of itself; None for SQLite."""
        if self.engine.dialect.name == "sqlite":
            return None
        with opened(self.engine) as connection:
            asked = "SHOW max_connections", "SELECT count(*) FROM pg_stat_activity"
            return Server(*(int(connection.scalar(text(one)) or 0) for one in asked))

    def opens(self) -> bool:
        """Tell whether our secrets open what is sealed there; any opens a new database."""
        with opened(self.engine) as connection:
            return opens(connection)

    def staff(self) -> list[Somebody]:
        """Return who may log in, read without what logins need."""
        people = table("people", *map(column, ("id", "name", "active", "one_time_until", "tf_primary_method")))
        roles: dict[Any, set[str]] = {}
        with opened(self.engine) as connection:
            for person, name in connection.execute(text(ROLES)):
                roles.setdefault(person, set()).add(name)
            keyed = set(connection.scalars(text(KEYED)))
            found = connection.execute(select(people).where(people.c.active).order_by(people.c.name)).all()
        return [_somebody(one, roles.get(one.id, set()), one.id in keyed) for one in found]

    def menus(self) -> Mapping[str, str]:
        """Return the menus that answer; none where none ever did."""
        library = Library(self.engine)
        last = library.live()
        return library.files(last.version) if last else {}

    def published(self) -> int:
        """Return how often menus were published, of which the first start's is one."""
        last = Library(self.engine).live()
        return last.id if last else 0

    def close(self) -> None:
        """Let go of it."""
        self.engine.dispose()


def looked_at(url: str, cipher: Cipher) -> Database:
    """Return the database of this URL; one that refuses all where the URL is wrong."""
    try:
        return Database(connect(url, cipher))
    except StoreError as error:
        return Database(nowhere(error, cipher))


def file_of(url: str) -> Path | None:
    """Return the file of a SQLite's URL, None for all others."""
    try:
        found = make_url(url)
    except (ArgumentError, ValueError):
        return None
    return Path(found.database) if found.get_backend_name() == "sqlite" and found.database else None


def _somebody(one: Row[Any], roles: set[str], keyed: bool) -> Somebody:
    factor = bool(one.tf_primary_method) or keyed
    return Somebody(one.name, frozenset(roles), one.one_time_until is not None, factor)
