"""Counts the calls of one day, in the database: by each cut, and by half-hour where it has them."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Select, bindparam, case, func, select

from ivr.reports import ways
from ivr.reports.measures import CUTS, MEASURES
from ivr.reports.shapes import position, shaped
from ivr.store.tables import Moment

RESTS: Final = 10  # Times as long as it took to count a day, until it is counted anew: it takes longer the more it has.
LONGEST: Final = timedelta(minutes=10)  # The clock may have been put forth meanwhile.
Sums = Mapping[str, int]
Kept = Mapping[str, Any]  # Sums, or the shape of a day: all of its half-hours.
Row = tuple[str, str, datetime, str]  # Span, cut, moment, key.


def rests(begun: datetime, ended: datetime) -> datetime:
    """Return until when a day is not counted anew that was counted from one moment to the other."""
    return ended + min(RESTS * (ended - begun), LONGEST)


def counted(connection: Connection, since: datetime, until: datetime, zone: ZoneInfo) -> dict[Row, Kept]:
    """Return what calls of a day come to, from its first moment to the next one's: only what is not 0."""
    made: dict[Row, Kept] = {}
    for name, cut in CUTS.items():
        keys: dict[str, dict[int, Sums]] = {}
        for key, at, sums in _summed(connection, name, since, until):
            keys.setdefault(key, {})[position(at.astimezone(zone)) if cut.halves else 0] = sums
        for key, halves in keys.items():
            made["day", name, since, key] = sum(map(Counter, halves.values()), Counter[str]())
            # Half-hours in which nobody rang are in no report.
            if cut.halves and (rung := {at: sums for at, sums in halves.items() if sums.get("offered")}):
                made["halves", name, since, key] = shaped(rung)
    for name, key, taken in ways.counted(connection, since, until):
        made["day", name, since, key] = taken
    return made


def _summed(
    connection: Connection, name: str, since: datetime, until: datetime
) -> Iterator[tuple[str, datetime, dict[str, int]]]:
    cut = CUTS[name]
    first = 2 if cut.halves else 1
    for row in connection.execute(_sums(name), {"since": since, "until": until}):
        found = dict(zip(MEASURES[cut.table.name], map(int, row[first:]), strict=True))
        yield row[0], row[1] if cut.halves else since, {name: number for name, number in found.items() if number}


@cache  # It takes longer to build than a quiet day takes to count.
def _sums(name: str) -> Select[Any]:
    """Return the query for the sums of a cut: by its key, and by half-hour where it has them."""
    cut = CUTS[name]
    sums = (func.sum(case((one.where, one.of), else_=0)) for one in MEASURES[cut.table.name].values())
    by = (cut.key, cut.table.c.half) if cut.halves else (cut.key,)
    since, until = (bindparam(one, type_=Moment) for one in ("since", "until"))
    return select(*by, *sums).where(cut.at >= since, cut.at < until).group_by(*by)
