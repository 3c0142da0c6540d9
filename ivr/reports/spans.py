"""By which tallies some days are added up the soonest: those of whole months, and of the days that are more or less."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

DAY: Final = timedelta(days=1)
MANY: Final = 92  # Days: of no more, each is added up by itself.
MIDDLE: Final = 15  # Of a month of which less is wanted, the days are added; of more, the other days are taken away.


@dataclass(frozen=True, slots=True)
class Part:
    """The days from one to before another: whole months of them, or each; to be taken away where `sign` is -1."""

    whole: bool
    since: date
    until: date
    sign: int = 1


def parts(since: date, until: date) -> list[Part]:
    """Return the parts that come to these days, both included."""
    end = until + DAY
    if (end - since).days <= MANY:
        return [Part(False, since, end)]
    return [part for part in _parts(since, end) if part.since < part.until]


def _parts(since: date, end: date) -> Iterator[Part]:
    first, last = since.replace(day=1), end.replace(day=1)
    if since.day > MIDDLE:
        first = following(since)
        yield Part(False, since, first)
    else:
        yield Part(False, first, since, -1)
    if end.day > MIDDLE:
        last = following(end)
        yield Part(False, end, last, -1)
    else:
        yield Part(False, last, end)
    yield Part(True, first, last)


def following(day: date) -> date:
    """Return the first day of the next month."""
    return (day.replace(day=1) + 31 * DAY).replace(day=1)
