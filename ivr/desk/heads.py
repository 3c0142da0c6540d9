"""The heads of the line: of all who are alike, no more are read than could be served now, as the line may be long."""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, Select, bindparam, or_, select

from ivr.desk.line import Entry
from ivr.desk.places import entry, standings
from ivr.store.desk_tables import PLAIN, SPECIAL, line
from ivr.store.tables import Moment

ALIKE: Final = ("queue", "language", "kind", "rank")  # As the index of those with nothing special has them.


def heads(connection: Connection, most: int, now: datetime, ringable: Callable[[str], bool]) -> list[Entry]:
    """Return the first so many of each group of the line, and all with something special, such as a place in front.

    `most` is how many can be served now; call backs are among them where their queue is `ringable`. Of people who need
    the same, nobody is matched before who stands before them, so a match of these is a match of all.
    """
    rows = list(connection.execute(_special(), {"now": now}))
    for group in connection.execute(_groups()).mappings():
        if group["kind"] != "callback" or ringable(group["queue"]):
            rows += connection.execute(_first(), {**group, "now": now, "most": most})
    return [entry(row) for row in rows if row.kind != "callback" or ringable(row.queue)]


@cache
def _groups() -> Select[Any]:
    return select(*(line.c[name] for name in ALIKE)).where(PLAIN).distinct()


@cache
def _first() -> Select[Any]:
    alike = (line.c[name] == bindparam(name) for name in ALIKE)
    return standings().where(PLAIN, *alike, *_due()).order_by(line.c.since, line.c.id).limit(bindparam("most"))


@cache
def _special() -> Select[Any]:
    return standings().where(SPECIAL, *_due())


def _due() -> tuple[Any, ...]:
    return line.c.router != "taskrouter", or_(
        line.c.not_before.is_(None), line.c.not_before <= bindparam("now", type_=Moment)
    )
