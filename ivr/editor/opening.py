"""A draft's hours as a page shows and changes them: the week of each queue, the days of a year, a moment's openings."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any, Final

from ivr.editor.change import parsed
from ivr.editor.edits import Set
from ivr.flow import hours
from ivr.flow.hours import notation
from ivr.flow.hours.schedule import Opening, Schedule
from ivr.flow.problem import Problem

HOURS: Final = "hours.yaml"
ALWAYS: Final = "always"
CLOSED: Final = "closed"
WEEK: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the year: whether it is a holiday, a workday at a weekend, an exception, or as its weekday is."""

    day: date
    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days in a row that are alike and have the same name."""

    first: date
    last: date
    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Hours:
    """A draft's hours.yaml: its data as written, and the schedule that it makes if nothing is wrong."""

    data: Mapping[str, Any]
    schedule: Schedule | None
    problems: tuple[Problem, ...]


def read(files: Mapping[str, str]) -> Hours:
    """Return a draft's hours, and what is wrong with them."""
    text, problems = parsed(HOURS, files.get(HOURS, ""))
    zone = parsed("hotline.yaml", files.get("hotline.yaml", ""))[0].data.get("zone")
    try:
        schedule, troubles = hours.read(text.data, zone if isinstance(zone, str) else "Asia/Shanghai")
    except (KeyError, ValueError, OSError):  # The zone is wrong, of which the editor tells.
        schedule, troubles = hours.read(text.data, "Asia/Shanghai")
    found = [*problems, *(Problem(HOURS, text.line(one.path), one.words) for one in troubles)]
    return Hours(text.data, schedule, tuple(found))


def week(told: Any) -> tuple[str, ...]:
    """Return the hours of Monday to Sunday as they are written, "" for a closed day; seven times `always` if so."""
    if told == ALWAYS:
        return (ALWAYS,) * 7
    days = [""] * 7
    for name, spans in told.items() if isinstance(told, Mapping) else ():
        try:
            for day in notation.weekdays(name):
                days[day] = "" if spans == CLOSED else str(spans)
        except ValueError:
            continue  # It is among the problems.
    return tuple(days)


def written(days: Sequence[str]) -> str | dict[str, str]:
    """Return a week as operations would write it: days in a row with the same hours together, closed ones not at all.

    Raise ValueError in plain words for hours that are none.
    """
    kept = ["" if not day.strip() or day.strip() == CLOSED else day.strip() for day in days]
    for day in kept:
        if day:
            notation.spans(day)
    if set(kept) == {ALWAYS}:
        return ALWAYS
    found = dict[str, str]()
    for spans, group in groupby(range(7), lambda day: kept[day]):
        first, *others = group
        if spans:
            found[f"{WEEK[first]}-{WEEK[others[-1]]}" if others else WEEK[first]] = spans
    return found or {WEEK[0]: CLOSED}


def year(schedule: Schedule, number: int, language: str) -> list[list[Day]]:
    """Return the days of a year, month by month, with the names of those that have one in a language of the menus."""
    first = date(number, 1, 1)
    days = (first + timedelta(days=step) for step in range((date(number + 1, 1, 1) - first).days))
    return [[_day(schedule, day, language) for day in month] for _, month in groupby(days, lambda day: day.month)]


def special(months: Sequence[Sequence[Day]]) -> list[Stretch]:
    """Return the days of a year that are not as their weekday is, in a row where they are alike."""
    days = [day for month in months for day in month]
    alike = groupby(days, lambda day: (day.kind, day.name))
    groups = ((kind, name, list(group)) for (kind, name), group in alike if kind != "week")
    return [Stretch(group[0].day, group[-1].day, kind, name) for kind, name, group in groups]


def _day(schedule: Schedule, day: date, language: str) -> Day:
    for (_, one), exception in schedule.exceptions.items():
        if one == day:
            return Day(day, "exception", _name(exception.names, language))
    kind, names = schedule.calendar.kind(day)
    return Day(day, kind, _name(names, language))


def _name(names: Mapping[str, str], language: str) -> str:
    return names.get(language) or next(iter(names.values()), "")


def at(schedule: Schedule, moment: datetime) -> Iterator[tuple[str, Opening]]:
    """Yield each queue with whether it is open at a moment, and why."""
    return ((queue, schedule.at(queue, moment)) for queue in schedule.weeks)


def exceptions(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the exceptions as they are written."""
    listed = data.get("exceptions")
    return [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []


def entered(data: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return the holidays and workdays that operations entered: year, kind, and days as written."""
    years = data.get("years")
    found = list[tuple[str, str, str]]()
    for number, told in years.items() if isinstance(years, Mapping) else ():
        held = told if isinstance(told, Mapping) else {}
        found += [(number, "holidays", str(day)) for day in held.get("holidays") or {}]
        found += [(number, "workdays", str(day)) for day in held.get("workdays") or []]
    return found


def set_week(queue: str, days: Sequence[str]) -> Set:
    """Return the edit that gives a queue its week; raise ValueError."""
    return Set(do="set", place="hours", path=("queues", queue), value=written(days))


def set_callbacks(spans: str) -> Set:
    """Return the edit that says at which hours people are rung back; raise ValueError."""
    notation.spans(spans)
    return Set(do="set", place="hours", path=("callbacks",), value=spans)


def add_exception(data: Mapping[str, Any], days: str, spans: str, queues: Sequence[str], why: Mapping[str, str]) -> Set:
    """Return the edit that adds days which are not like others; raise ValueError."""
    notation.days(days)
    notation.spans(spans or CLOSED)
    entry: dict[str, Any] = {"date": days, "hours": spans or CLOSED}
    entry |= {"queues": list(queues)} if queues else {}
    entry |= {"why": _why(why)} if any(why.values()) else {}
    listed = data.get("exceptions")
    if isinstance(listed, list) and listed:
        return Set(do="set", place="hours", path=("exceptions", len(listed)), value=entry)
    return Set(do="set", place="hours", path=("exceptions",), value=[entry])


def drop_exception(data: Mapping[str, Any], number: int) -> Set:
    """Return the edit that takes an exception away; raise ValueError where there is none."""
    listed = data.get("exceptions")
    if not isinstance(listed, list) or number >= len(listed):
        raise ValueError("there is no such exception any more")
    left = [one for place, one in enumerate(listed) if place != number]
    if left:
        return Set(do="set", place="hours", path=("exceptions", number), value=None)
    return Set(do="set", place="hours", path=("exceptions",), value=[])


def add_day(data: Mapping[str, Any], kind: str, days: str, why: Mapping[str, str]) -> Set:
    """Return the edit that enters a holiday or a workday at a weekend; raise ValueError."""
    first = notation.days(days)[0]
    years = data.get("years")
    told = years.get(str(first.year), {}) if isinstance(years, Mapping) else {}
    held = told if isinstance(told, Mapping) else {}
    holidays, workdays = dict(held.get("holidays") or {}), list(held.get("workdays") or [])
    if kind == "workdays":
        workdays.append(days)
    else:
        if not any(why.values()):
            raise ValueError("what is the holiday called?")
        holidays[days] = _why(why)
    value = {"holidays": holidays, "workdays": workdays}
    if isinstance(years, Mapping) and years:
        return Set(do="set", place="hours", path=("years", str(first.year)), value=value)
    return Set(do="set", place="hours", path=("years",), value={str(first.year): value})


def drop_day(data: Mapping[str, Any], number: str, kind: str, days: str) -> Set:
    """Return the edit that takes an entered day away; raise ValueError where there is none."""
    if (number, kind, days) not in entered(data):
        raise ValueError("there is no such day any more")
    held = data["years"][number]
    if kind == "holidays":
        return Set(do="set", place="hours", path=("years", number, kind), value=_less(held[kind], days))
    left = [day for day in held[kind] if str(day) != days]
    return Set(do="set", place="hours", path=("years", number, kind), value=left)


def _less(holidays: Mapping[str, Any], days: str) -> dict[str, Any]:
    return {day: name for day, name in holidays.items() if day != days}


def _why(why: Mapping[str, str]) -> str | dict[str, str]:
    told = {language: words for language, words in why.items() if words}
    return next(iter(told.values())) if set(told) == {notation.BASE} else told
