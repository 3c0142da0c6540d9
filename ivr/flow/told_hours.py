"""A queue's hours in words that are true for some weeks: the usual ones by weekday, and the days that are not so."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, time, timedelta
from itertools import groupby
from typing import Final

from ivr.flow import speech
from ivr.flow.hours import Schedule

DAYS: Final = 28  # Four of each weekday tell what is usual.
Hours = tuple[tuple[time, time], ...]


def told(schedule: Schedule, queue: str, language: str, first: date, closed: str) -> list[str]:
    """Return the hours of the 28 days from the first one on, a few words each; `closed` says that a day has none."""
    voice = speech.voice_of(language)
    days = {day: schedule.hours(queue, day) for day in (first + timedelta(days=step) for step in range(DAYS))}
    usual = [_usual(days, weekday) for weekday in range(7)]
    week = [(voice.weekdays(one, last), hours) for one, last, hours in _runs(enumerate(usual)) if hours]
    special = [(voice.days(one, last), hours) for one, last, hours in _unlike(days, usual)]
    comma = ", " if closed.isascii() else "，"
    return [f"{when}{comma}{voice.hours(hours) if hours else closed}" for when, hours in (*week, *special)]


def _usual(days: dict[date, Hours], weekday: int) -> Hours:
    counted = Counter(hours for day, hours in days.items() if day.weekday() == weekday)
    return max(counted, key=lambda hours: (counted[hours], len(hours)))


def _unlike(days: dict[date, Hours], usual: list[Hours]) -> Iterator[tuple[date, date, Hours]]:
    """Yield from when to when the hours are not the usual ones; a weekend between holidays is one of them."""
    for one, last, hours in _runs((day.toordinal(), hours) for day, hours in days.items()):
        run = [date.fromordinal(day) for day in range(one, last + 1)]
        if unlike := [day for day in run if usual[day.weekday()] != hours]:
            yield unlike[0], unlike[-1], hours


def _runs(days: Iterable[tuple[int, Hours]]) -> Iterator[tuple[int, int, Hours]]:
    """Yield the first and the last of days one after the other with the same hours, and those."""
    numbered = enumerate(days)
    for (_, hours), run in groupby(numbered, key=lambda one: (one[1][0] - one[0], one[1][1])):
        found = [day for _, (day, _) in run]
        yield found[0], found[-1], hours
