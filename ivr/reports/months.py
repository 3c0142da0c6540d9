"""Keeps tallies of days, and with each change of one those of its month, so that a year is twelve of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import ColumnElement, Connection, bindparam, delete, insert, select

from ivr.reports.counting import Kept, Row
from ivr.reports.shapes import plus
from ivr.store.fact_tables import tallies

EVERY: Final = 0  # Of the month's shapes: those of all days, beside those of its Mondays (1) to Sundays (7).
MONTHS: Final = ("month", *(f"half{number}" for number in range(8)))


@dataclass(frozen=True, slots=True)
class Day:
    """A day by the hotline's clock: its first moment, the next day's, its month's first; 1 is a Monday."""

    since: datetime
    until: datetime
    month: datetime
    weekday: int


def keep(connection: Connection, day: Day, made: Mapping[Row, Kept]) -> bool:
    """Have these tallies of a day in place of what was there; return whether anything differs."""
    there = _read(connection, _days(day.since, day.until))
    differing = [row for row in there.keys() | made.keys() if there.get(row) != made.get(row)]
    more: dict[Row, Kept] = {}
    for row in differing:
        change = added(made.get(row, {}), _negative(there.get(row, {})))
        more |= dict.fromkeys(_wholes(row, day.month, day.weekday), change)
    _write(connection, {row: made.get(row, {}) for row in differing})
    theirs = tallies.c.span.in_(MONTHS), tallies.c.cut.in_({row[1] for row in more}), tallies.c.at == day.month
    wholes = _read(connection, theirs, more)
    _write(connection, {row: added(wholes.get(row, {}), change) for row, change in more.items()})
    return bool(differing)


def anew(connection: Connection, since: datetime, until: datetime, zone: ZoneInfo) -> bool:
    """Add up a month's days anew, from its first moment to the next one's; return whether that makes a difference."""
    made: dict[Row, Kept] = {}
    for row, kept in _read(connection, _days(since, until)).items():
        weekday = row[2].astimezone(zone).isoweekday()
        made |= {whole: added(made.get(whole, {}), kept) for whole in _wholes(row, since, weekday)}
    there = _read(connection, (tallies.c.span.in_(MONTHS), tallies.c.at >= since, tallies.c.at < until))
    differing = [row for row in there.keys() | made.keys() if there.get(row) != made.get(row)]
    _write(connection, {row: made.get(row, {}) for row in differing})
    return bool(differing)


def added(one: Kept, other: Kept) -> Kept:
    """Return what two come to together: only what is not 0."""
    made = dict(one)
    for name, number in other.items():
        if name not in made:
            made[name] = number
        elif isinstance(number, list):
            made[name] = plus(made[name], number)
        else:
            made[name] += number
    return {name: number for name, number in made.items() if (any(number) if isinstance(number, list) else number)}


def _negative(kept: Kept) -> Kept:
    return {name: [-one for one in number] if isinstance(number, list) else -number for name, number in kept.items()}


def _wholes(row: Row, month: datetime, weekday: int) -> Iterable[Row]:
    """Return the rows of the month that a day's row is part of."""
    span, cut, _, key = row
    spans = ("month",) if span == "day" else (f"half{EVERY}", f"half{weekday}")
    return [(one, cut, month, key) for one in spans]


def _days(since: datetime, until: datetime) -> tuple[ColumnElement[bool], ...]:
    return tallies.c.span.in_(("day", "half")), tallies.c.at >= since, tallies.c.at < until


def _read(
    connection: Connection, where: Iterable[ColumnElement[bool]], only: Mapping[Row, Kept] | None = None
) -> dict[Row, Kept]:
    rows = connection.execute(select(tallies).where(*where)).all()
    return {
        (row.span, row.cut, row.at, row.key): orjson.loads(row.sums)
        for row in rows
        if only is None or (row.span, row.cut, row.at, row.key) in only
    }


def _write(connection: Connection, rows: Mapping[Row, Kept]) -> None:
    """Have these rows in place of those that are there; none where there is nothing."""
    names = ("span", "cut", "at", "key")
    if rows:
        here = (tallies.c[name] == bindparam(f"the_{name}") for name in names)
        connection.execute(
            delete(tallies).where(*here),
            [{f"the_{name}": value for name, value in zip(names, row, strict=True)} for row in rows],
        )
    if kept := {row: sums for row, sums in rows.items() if sums}:
        connection.execute(
            insert(tallies),
            [
                dict(zip(names, row, strict=True)) | {"sums": orjson.dumps(sums, option=orjson.OPT_SORT_KEYS).decode()}
                for row, sums in kept.items()
            ],
        )
