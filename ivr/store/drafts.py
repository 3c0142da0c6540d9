"""Drafts of the menus: what people are working on, with each step they took, so that none of it is ever lost."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column, Connection, Engine, Integer, String, Table, Text, func, insert, select, update

from ivr.store.engine import begun, opened
from ivr.store.errors import StoreError
from ivr.store.tables import Moment, menus, meta

OPEN: Final = "open"
PUBLISHED: Final = "published"
DROPPED: Final = "dropped"
UNDO: Final = "undo"
REDO: Final = "redo"

drafts = Table(
    "menu_drafts",
    meta,
    Column("id", Integer, primary_key=True),
    Column("owner", String(64), nullable=False),
    # The version from which it began, whose files its steps say the changes to.
    Column("base", Integer, nullable=False),
    Column("title", String(120), nullable=False),
    Column("revision", Integer, nullable=False),
    # open, published, dropped.
    Column("state", String(16), nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
)

revisions = Table(
    "menu_steps",
    meta,
    Column("draft", Integer, primary_key=True, autoincrement=False),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    # The steps whose files undoing and redoing bring back.
    Column("back", Integer),
    Column("forth", Integer),
    Column("author", String(64), nullable=False),
    Column("at", Moment, nullable=False),
    Column("what", Text, nullable=False),
    # JSON: the files that are not those of the base, null for what is gone.
    Column("files", Text, nullable=False),
)


class ForeignError(StoreError):
    """The draft is somebody else's; the text says whose."""


class StaleError(StoreError):
    """The draft has been changed since, is closed, or never was; the text says by whom, or which."""

    def __init__(self, words: str, by: str = "", revision: int = 0) -> None:
        super().__init__(words)
        self.by, self.revision = by, revision


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft as its list shows it; `authors` are all who had a hand in it, the owner among them."""

    id: int
    owner: str
    base: int
    title: str
    revision: int
    state: str
    made_at: datetime
    changed_at: datetime
    authors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Revision:
    """One step of a draft: who took it when, what it was, and which steps undo and redo it (None: there is none)."""

    revision: int
    back: int | None
    forth: int | None
    author: str
    at: datetime
    what: str


@dataclass(frozen=True, slots=True)
class Drafts:
    """Keeps the drafts; each change names the revision that it was made on, and is one step that can be undone."""

    engine: Engine

    def begin(self, owner: str, base: int, at: datetime, title: str, files: Mapping[str, str] | None = None) -> int:
        """Begin a draft from a version, with these files in place of the version's if any; return its id."""
        with begun(self.engine) as connection:
            values = {"owner": owner, "base": base, "title": title, "revision": 0, "state": OPEN}
            row = insert(drafts).values(**values, made_at=at, changed_at=at).returning(drafts.c.id)
            number = int(connection.execute(row).scalar_one())
            told = _changes(_base(connection, base), files) if files is not None else "{}"
            _add(connection, number, (0, None, None, owner, at, "", told))
        return number

    def open(self) -> list[Draft]:
        """Return the drafts that are worked on, the last changed first."""
        query = select(drafts).where(drafts.c.state == OPEN).order_by(drafts.c.changed_at.desc(), drafts.c.id.desc())
        with opened(self.engine) as connection:
            return [_draft(connection, row) for row in connection.execute(query)]

    def draft(self, number: int) -> Draft:
        """Return a draft, open or not; raise KeyError for one that never was."""
        with opened(self.engine) as connection:
            row = connection.execute(select(drafts).where(drafts.c.id == number)).first()
            if row is None:
                raise KeyError(number)
            return _draft(connection, row)

    def files(self, number: int, revision: int | None = None) -> dict[str, str]:
        """Return a draft's files, as they are or as they were at a revision; raise KeyError where there are none."""
        with opened(self.engine) as connection:
            row = connection.execute(select(drafts.c.base, drafts.c.revision).where(drafts.c.id == number)).first()
            if row is None:
                raise KeyError(number)
            at = row.revision if revision is None else revision
            return _merged(_base(connection, row.base), json.loads(_row(connection, number, at).files))

    def step(self, number: int) -> Revision:
        """Return the last step of a draft, which says whether there is something to undo or to redo."""
        return self.steps(number, 1)[0]

    def steps(self, number: int, most: int) -> list[Revision]:
        """Return the last steps of a draft, the newest first; raise KeyError for a draft that never was."""
        fields = [revisions.c[name] for name in ("revision", "back", "forth", "author", "at", "what")]
        query = select(*fields).where(revisions.c.draft == number).order_by(revisions.c.revision.desc()).limit(most)
        with opened(self.engine) as connection:
            found = [Revision(*row) for row in connection.execute(query)]
        if not found:
            raise KeyError(number)
        return found

    def edit(self, number: int, revision: int, files: Mapping[str, str], author: str, at: datetime, what: str) -> int:
        """Take a step from a revision to these files; return the new revision. Raise StaleError, ForeignError."""
        with begun(self.engine) as connection:
            row = _moved(connection, number, revision, author, at)
            told = _changes(_base(connection, row.base), files)
            _add(connection, number, (revision + 1, revision, None, author, at, what, told))
        return revision + 1

    def undo(self, number: int, revision: int, author: str, at: datetime) -> int:
        """Go back a step; return the new revision, the same where there is nothing to undo."""
        return self._again(number, revision, author, at, UNDO)

    def redo(self, number: int, revision: int, author: str, at: datetime) -> int:
        """Take again the step that was undone last; return the new revision, the same where nothing was."""
        return self._again(number, revision, author, at, REDO)

    def take_over(self, number: int, owner: str, at: datetime) -> None:
        """Make an open draft somebody's own, whoever has it; raise StaleError where it is not open."""
        self._set(number, at, owner=owner)

    def rename(self, number: int, title: str, at: datetime) -> None:
        """Give an open draft another title; raise StaleError where it is not open."""
        self._set(number, at, title=title)

    def drop(self, number: int, at: datetime) -> None:
        """Close a draft that will not be published; its steps are kept. Raise StaleError where it is not open."""
        self._set(number, at, state=DROPPED)

    def reopen(self, number: int, at: datetime) -> None:
        """Open a dropped draft again; raise StaleError where it is not dropped."""
        self._set(number, at, was=DROPPED, state=OPEN)

    def published(self, number: int, revision: int, at: datetime) -> None:
        """Close a draft that was published at this revision; raise StaleError where it was changed meanwhile."""
        with begun(self.engine) as connection:
            same = (drafts.c.id == number) & (drafts.c.revision == revision) & (drafts.c.state == OPEN)
            if not connection.execute(update(drafts).where(same).values(state=PUBLISHED, changed_at=at)).rowcount:
                raise _why(connection, number)

    def rebase(self, number: int, revision: int, base: int, files: Mapping[str, str], author: str, at: datetime) -> int:
        """Have a draft begin from another version; its files are these from now on, as a step that can be undone."""
        with begun(self.engine) as connection:
            _moved(connection, number, revision, author, at)
            before = _base(connection, connection.scalar(select(drafts.c.base).where(drafts.c.id == number)) or 0)
            after = _base(connection, base)
            for row in connection.execute(select(revisions).where(revisions.c.draft == number)).all():
                told = _changes(after, _merged(before, json.loads(row.files)))
                mine = (revisions.c.draft == number) & (revisions.c.revision == row.revision)
                connection.execute(update(revisions).where(mine).values(files=told))
            connection.execute(update(drafts).where(drafts.c.id == number).values(base=base))
            _add(
                connection,
                number,
                (revision + 1, revision, None, author, at, f"version {base}", _changes(after, files)),
            )
        return revision + 1

    def _set(self, number: int, at: datetime, was: str = OPEN, **values: Any) -> None:
        with begun(self.engine) as connection:
            ours = (drafts.c.id == number) & (drafts.c.state == was)
            if not connection.execute(update(drafts).where(ours).values(changed_at=at, **values)).rowcount:
                raise _why(connection, number)

    def _again(self, number: int, revision: int, author: str, at: datetime, what: str) -> int:
        with begun(self.engine) as connection:
            here = _row(connection, number, revision)
            if (wanted := here.back if what == UNDO else here.forth) is None:
                return revision
            _moved(connection, number, revision, author, at)
            there = _row(connection, number, wanted)
            ways = (there.back, revision) if what == UNDO else (revision, there.forth)
            _add(connection, number, (revision + 1, *ways, author, at, what, there.files))
        return revision + 1


def _moved(connection: Connection, number: int, revision: int, author: str, at: datetime) -> Any:
    """Move a draft on by a step of its owner from this revision, or say why that cannot be."""
    ours = (drafts.c.id == number) & (drafts.c.revision == revision) & (drafts.c.owner == author)
    values = {"revision": revision + 1, "changed_at": at}
    if not connection.execute(update(drafts).where(ours & (drafts.c.state == OPEN)).values(**values)).rowcount:
        raise _why(connection, number, author)
    return connection.execute(select(drafts).where(drafts.c.id == number)).one()


def _why(connection: Connection, number: int, author: str | None = None) -> StoreError:
    row = connection.execute(select(drafts).where(drafts.c.id == number)).first()
    if row is None:
        return StaleError(f"there is no draft {number}")
    last = _row(connection, number, row.revision)
    if row.state != OPEN:
        return StaleError(f"draft {number} is {row.state}", last.author, row.revision)
    if author is not None and row.owner != author:
        return ForeignError(f"draft {number} is {row.owner}'s: take it over, or begin one of your own")
    return StaleError(
        f"draft {number} was changed by {last.author} at {last.at:%H:%M:%S} UTC", last.author, row.revision
    )


def _row(connection: Connection, number: int, revision: int) -> Any:
    mine = (revisions.c.draft == number) & (revisions.c.revision == revision)
    if (row := connection.execute(select(revisions).where(mine)).first()) is None:
        raise StaleError(f"draft {number} never came to revision {revision}")
    return row


def _add(connection: Connection, number: int, row: tuple[Any, ...]) -> None:
    connection.execute(insert(revisions).values((number, *row)))


def _draft(connection: Connection, row: Any) -> Draft:
    query = select(revisions.c.author).where(revisions.c.draft == row.id).group_by(revisions.c.author)
    authors = connection.scalars(query.order_by(func.min(revisions.c.revision))).all()
    return Draft(**row._mapping, authors=tuple(dict.fromkeys((row.owner, *authors))))


def _base(connection: Connection, version: int) -> dict[str, str]:
    text = connection.scalar(select(menus.c.files).where(menus.c.version == version))
    if text is None:
        raise KeyError(version)
    files: dict[str, str] = json.loads(text)
    return files


def _changes(base: Mapping[str, str], files: Mapping[str, str]) -> str:
    told: dict[str, str | None] = {name: text for name, text in files.items() if base.get(name) != text}
    return json.dumps(told | dict.fromkeys(base.keys() - files.keys()), ensure_ascii=False, sort_keys=True)


def _merged(base: Mapping[str, str], changes: Mapping[str, str | None]) -> dict[str, str]:
    return {name: text for name, text in {**base, **changes}.items() if text is not None}
