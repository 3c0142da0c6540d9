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
NAMES: Final = ("span", "cut", "at", "key")
MONTHS: Final = ("month", *(f"halves{number}" for number in range(8)))


@dataclass(frozen=True, slots=True)
class Day:
    """A day by the hotline's clock: its first moment, the next day's, its month's first; 1 is a Monday."""

    since: datetime
    until: datetime
    month: datetime
    weekday: int


def there(connection: Connection, day: Day) -> dict[Row, str]:
    """Return the tallies of a day as they are kept."""
    return _texts(connection, _days(day.since, day.until))


def keep(connection: Connection, day: Day, there: Mapping[Row, str], made: Mapping[Row, Kept]) -> bool:
    """Have these tallies of a day in place of what is there; return whether anything differs."""
    new = {row: _text(kept) for row, kept in made.items()}
    differing = {row: new.get(row, "") for row in there.keys() | new.keys() if there.get(row, "") != new.get(row, "")}
    more: dict[Row, Kept] = {}
    for row in differing:
        change = added(made.get(row, {}), _negative(_read(there.get(row, ""))))
        more |= dict.fromkeys(_wholes(row, day.month, day.weekday), change)
    _write(connection, differing)
    theirs = tallies.c.span.in_(MONTHS), tallies.c.cut.in_({row[1] for row in more}), tallies.c.at == day.month
    wholes = _texts(connection, theirs) if more else {}
    _write(connection, {row: _text(added(_read(wholes.get(row, "")), change)) for row, change in more.items()})
    return bool(differing)


def anew(connection: Connection, since: datetime, until: datetime, zone: ZoneInfo) -> bool:
    """Add up a month's days anew, from its first moment to the next one's; return whether that makes a difference."""
    made: dict[Row, Kept] = {}
    for row, text in _texts(connection, _days(since, until)).items():
        weekday, kept = row[2].astimezone(zone).isoweekday(), _read(text)
        made |= {whole: added(made.get(whole, {}), kept) for whole in _wholes(row, since, weekday)}
    old = _texts(connection, (tallies.c.span.in_(MONTHS), tallies.c.at >= since, tallies.c.at < until))
    new = {row: _text(kept) for row, kept in made.items()}
    differing = {row: new.get(row, "") for row in old.keys() | new.keys() if old.get(row, "") != new.get(row, "")}
    _write(connection, differing)
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
    spans = ("month",) if span == "day" else (f"halves{EVERY}", f"halves{weekday}")
    return [(one, cut, month, key) for one in spans]


def _days(since: datetime, until: datetime) -> tuple[ColumnElement[bool], ...]:
    return tallies.c.span.in_(("day", "halves")), tallies.c.at >= since, tallies.c.at < until


def _texts(connection: Connection, where: Iterable[ColumnElement[bool]]) -> dict[Row, str]:
    rows = connection.execute(select(tallies).where(*where)).all()
    return {(row.span, row.cut, row.at, row.key): row.sums for row in rows}


def _read(text: str) -> Kept:
    kept: Kept = orjson.loads(text) if text else {}
    return kept


def _text(kept: Kept) -> str:
    """Return what is written down: always the same for the same, "" for nothing."""
    return orjson.dumps(kept, option=orjson.OPT_SORT_KEYS).decode() if kept else ""


def _write(connection: Connection, rows: Mapping[Row, str]) -> None:
    """Have these rows in place of those that are there; none where there is nothing."""
    if rows:
        here = (tallies.c[name] == bindparam(f"the_{name}") for name in NAMES)
        gone = [{f"the_{name}": value for name, value in zip(NAMES, row, strict=True)} for row in rows]
        connection.execute(delete(tallies).where(*here), gone)
    if kept := [dict(zip(NAMES, row, strict=True)) | {"sums": text} for row, text in rows.items() if text]:
        connection.execute(insert(tallies), kept)
