"""The menus' versions: every text of the menus that ever answered a call, kept under its number for ever."""

import json
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Final

from sqlalchemy import Connection, Engine, String, Text, func, literal, select

from ivr.store.engine import begun, opened
from ivr.store.errors import StoreError
from ivr.store.tables import INSERT, Moment, menus

TRIES: Final = 20


class Library:
    """The shelf on which each version of the menus stands, so that a call can end with the one it began with."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep(self, files: Mapping[str, str], at: datetime) -> int:
        """Return the version number of these files (name to text): the one they have, or else the next one.

        Safe against other processes that keep theirs at the same moment; raise StoreError if they never stop.
        """
        text = json.dumps(dict(files), ensure_ascii=False, sort_keys=True)
        digest = sha256(text.encode()).hexdigest()
        for _ in range(TRIES):
            if (version := self._numbered(digest)) is not None:
                return version
            with begun(self._engine) as connection:
                _add(connection, digest, text, at)
        raise StoreError("other processes keep publishing menus: no number could be had")

    def files(self, version: int) -> dict[str, str]:
        """Return a version's files, name to text; raise KeyError for a version there never was."""
        with opened(self._engine) as connection:
            text = connection.scalar(select(menus.c.files).where(menus.c.version == version))
        if text is None:
            raise KeyError(version)
        files: dict[str, str] = json.loads(text)
        return files

    def latest(self) -> int | None:
        """Return the highest version number, or None where nothing was kept yet."""
        with opened(self._engine) as connection:
            highest: int | None = connection.scalar(select(func.max(menus.c.version)))
        return highest

    def _numbered(self, digest: str) -> int | None:
        with opened(self._engine) as connection:
            version: int | None = connection.scalar(select(menus.c.version).where(menus.c.digest == digest))
        return version


def _add(connection: Connection, digest: str, text: str, at: datetime) -> None:
    # One statement, so that SQLite takes its lock before it reads; where two take one number, one of them does nothing.
    following = select(
        func.coalesce(func.max(menus.c.version), 0) + 1,
        literal(digest, String),
        literal(text, Text),
        literal(at, Moment),
    ).where(literal(True))
    insert = INSERT[connection.dialect.name](menus)
    connection.execute(insert.from_select(list(menus.c), following).on_conflict_do_nothing())
