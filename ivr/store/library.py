"""The menus' versions, kept under their numbers for ever, and which of them answers since when."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from sqlalchemy import Column, Connection, Engine, Integer, String, Table, Text, func, literal, select, update

from ivr.store.engine import begun, opened
from ivr.store.errors import StoreError
from ivr.store.tables import INSERT, Moment, menus, meta

TRIES: Final = 20

# The last row says what is live: publishing adds one, and so does going back.
publications = Table(
    "publications",
    meta,
    # Counted by us, without a gap.
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    Column("by", String(64), nullable=False),
    Column("note", Text, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Version:
    """A version of the menus: who made it when, and why; `proof` is JSON, "" where it was not proven."""

    number: int
    author: str
    at: datetime
    note: str
    proof: str


@dataclass(frozen=True, slots=True)
class Publication:
    """That a version answers from a moment on: the how-manieth of all, who did it, and why."""

    id: int
    version: int
    at: datetime
    by: str
    note: str


class Library:
    """The shelf on which each version of the menus stands, so that a call can end with the one it began with."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep(self, files: Mapping[str, str], at: datetime, author: str = "", note: str = "", proof: str = "") -> int:
        """Return the version number of these files (name to text): the one they have, or else the next one.

        Safe against other processes that keep theirs at the same moment; raise StoreError if they never stop.
        """
        text = json.dumps(dict(files), ensure_ascii=False, sort_keys=True)
        digest = sha256(text.encode()).hexdigest()
        for _ in range(TRIES):
            if (version := self._numbered(digest)) is not None:
                return version
            with begun(self._engine) as connection:
                _add(connection, (digest, text, at, author, note, proof))
        raise StoreError("other processes keep publishing menus: no number could be had")

    def prove(self, version: int, proof: str) -> None:
        """Write down what was proven of a version."""
        with begun(self._engine) as connection:
            connection.execute(update(menus).where(menus.c.version == version).values(proof=proof))

    def files(self, version: int) -> dict[str, str]:
        """Return a version's files, name to text; raise KeyError for a version there never was."""
        with opened(self._engine) as connection:
            text = connection.scalar(select(menus.c.files).where(menus.c.version == version))
        if text is None:
            raise KeyError(version)
        files: dict[str, str] = json.loads(text)
        return files

    def version(self, number: int) -> Version:
        """Return what is known of a version; raise KeyError for one there never was."""
        found = self.versions([number])
        if not found:
            raise KeyError(number)
        return found[0]

    def versions(self, numbers: list[int]) -> list[Version]:
        """Return what is known of these versions, the newest first."""
        fields = (menus.c.version, menus.c.author, menus.c.created_at, menus.c.note, menus.c.proof)
        query = select(*fields).where(menus.c.version.in_(numbers)).order_by(menus.c.version.desc())
        with opened(self._engine) as connection:
            return [Version(*row) for row in connection.execute(query)]

    def live(self) -> Publication | None:
        """Return what answers now, or None where nothing was published yet."""
        return next(iter(self.history(1)), None)

    def history(self, most: int, before: int | None = None) -> list[Publication]:
        """Return the last publications, the newest first; those before a publication's id if one is given."""
        query = select(publications).order_by(publications.c.id.desc()).limit(most)
        with opened(self._engine) as connection:
            rows = connection.execute(query if before is None else query.where(publications.c.id < before))
            return [Publication(*row) for row in rows]

    def publish(self, version: int, by: str, at: datetime, note: str, after: int | None) -> bool:
        """Let a version answer from now on, in one step; False where `after` is not the last publication any more."""
        values = (
            literal((after or 0) + 1, Integer),
            literal(version, Integer),
            literal(at, Moment),
            literal(by, String),
        )
        last = select(func.coalesce(func.max(publications.c.id), 0)).scalar_subquery()
        row = select(*values, literal(note, Text)).where(last == (after or 0))
        with begun(self._engine) as connection:
            insert = INSERT[connection.dialect.name](publications)
            added = insert.from_select(list(publications.c), row).on_conflict_do_nothing()
            return connection.execute(added.returning(publications.c.id)).first() is not None

    def _numbered(self, digest: str) -> int | None:
        with opened(self._engine) as connection:
            version: int | None = connection.scalar(select(menus.c.version).where(menus.c.digest == digest))
        return version


def _add(connection: Connection, row: tuple[str, str, datetime, str, str, str]) -> None:
    # One statement, so that SQLite takes its lock before it reads; where two take one number, one of them does nothing.
    digest, text, at, author, note, proof = row
    following = select(
        func.coalesce(func.max(menus.c.version), 0) + 1,
        literal(digest, String),
        literal(text, Text),
        literal(at, Moment),
        literal(author, String),
        literal(note, Text),
        literal(proof, Text),
    ).where(literal(True))
    insert = INSERT[connection.dialect.name](menus)
    connection.execute(insert.from_select(list(menus.c), following).on_conflict_do_nothing())
