"""Reading `hours.yaml`: its fields become a schedule, or every trouble in them at once."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from itertools import combinations
from zoneinfo import ZoneInfo

from ivr.flow.hours import notation
from ivr.flow.hours.calendar import Calendar, country
from ivr.flow.hours.notation import WHOLE_DAY, Names, Span, Trouble
from ivr.flow.hours.page import Page, Path
from ivr.flow.hours.schedule import Emergency, Schedule, Special, Week

OPTIONAL = ("holidays", "workday", "callbacks", "years", "exceptions", "emergency")
DECENT = "09:00-21:00"
ALWAYS = Week((WHOLE_DAY,) * 7, always=True)
EVER = datetime(1, 1, 1, tzinfo=UTC)


def read(data: Mapping[str, object], zone: str) -> tuple[Schedule | None, list[Trouble]]:
    """The schedule that `hours.yaml` describes, in a zone such as "Asia/Shanghai", or None and every trouble in it.

    `data` is the file as plain mappings, lists and values; `menus/hours.yaml` explains its fields. A zone that does
    not exist is not the file's fault: ZoneInfoNotFoundError.
    """
    page, clock = Page(), ZoneInfo(zone)
    fields = page.fields((), data, ("queues",), OPTIONAL)
    queues = page.items(("queues",), fields.get("queues"))
    weeks = {name: _week(page, ("queues", name), value) for name, value in queues}
    if "queues" in fields and fields["queues"] in ({}, None):
        page.trouble(("queues",), 'no queue has hours; write for example general: {monday-friday: "09:00-18:00"}')
    calendar = _calendar(page, fields.get("holidays"), fields.get("years"))
    workday = page.take(("workday",), notation.weekday, fields.get("workday", "monday")) or 0
    exceptions = _exceptions(page, fields.get("exceptions"), weeks)
    emergencies = tuple(_emergencies(page, fields.get("emergency"), weeks, clock))
    _contradictions(page, emergencies)
    callbacks = page.take(("callbacks",), _decent, fields.get("callbacks", DECENT)) or ()
    commands = tuple(emergency for _, emergency in emergencies)
    schedule = Schedule(clock, weeks, calendar, workday, exceptions, commands, callbacks)
    return (None if page.troubles else schedule), page.troubles


def _decent(value: object) -> tuple[Span, ...]:
    if spans := notation.spans(value):
        return spans
    raise ValueError("nobody would ever be rung back; write hours, for example " + DECENT)


def _week(page: Page, path: Path, value: object) -> Week:
    if isinstance(value, str) and value.strip().lower() == "always":
        return ALWAYS
    if not isinstance(value, Mapping):
        page.trouble(path, f'“{value}” must be always, or weekdays with hours: {{monday-friday: "09:00-18:00"}}')
        return ALWAYS
    days: dict[int, tuple[Span, ...]] = {}
    for key, hours in page.items(path, value):
        spans = page.take((*path, key), notation.spans, hours) or ()
        weekdays = page.take((*path, key), notation.weekdays, key) or ()
        if days.keys() & set(weekdays):
            page.trouble((*path, key), f"“{key}” has a weekday that already has hours above")
        days |= dict.fromkeys(weekdays, spans)
    return Week(tuple(days.get(day, ()) for day in range(7)))


def _calendar(page: Page, code: object, years: object) -> Calendar:
    known = page.take(("holidays",), country, code) if code is not None else None
    entered: set[int] = set()
    holidays: dict[date, Names] = {}
    workdays: set[date] = set()
    for key, value in page.items(("years",), years):
        path = ("years", key)
        year = page.take(path, notation.year, key) or 0
        fields = page.fields(path, value, ("holidays", "workdays"), ())
        entered.add(year)
        holidays |= _holidays(page, (*path, "holidays"), fields.get("holidays"), year)
        workdays |= _workdays(page, (*path, "workdays"), fields.get("workdays"), year, holidays)
    return Calendar(known, frozenset(entered), holidays, frozenset(workdays))


def _holidays(page: Page, path: Path, value: object, year: int) -> dict[date, Names]:
    found: dict[date, Names] = {}
    for key, name in page.items(path, value):
        names = page.take((*path, key), notation.names, name) or {}
        for day in _days(page, (*path, key), key, year):
            if day in found:
                page.trouble((*path, key), f"{day} is already a holiday above")
            found[day] = names
    return found


def _workdays(page: Page, path: Path, value: object, year: int, holidays: Mapping[date, Names]) -> set[date]:
    found: set[date] = set()
    for where, entry in page.listing(path, value):
        for day in _days(page, where, entry, year):
            if day in holidays:
                page.trouble(where, f"{day} is both a holiday and a workday")
            elif day.weekday() < 5:
                page.trouble(where, f"{day} is a {day:%A}; only a Saturday or Sunday can be a weekend workday")
            found.add(day)
    return found


def _days(page: Page, path: Path, value: object, year: int) -> Iterator[date]:
    """The days written, which must lie in the year; a notice may also reach into the December before it."""
    for day in page.take(path, notation.days, value) or ():
        if year and day.year != year and (day.year, day.month) != (year - 1, 12):
            page.trouble(path, f"{day} does not belong to {year}")
        yield day


def _exceptions(page: Page, value: object, weeks: Mapping[str, Week]) -> dict[tuple[str, date], Special]:
    found: dict[tuple[str, date], Special] = {}
    for path, entry in page.listing(("exceptions",), value):
        fields = page.fields(path, entry, ("date", "hours"), ("queues", "why"))
        spans = page.take((*path, "hours"), notation.spans, fields["hours"]) if "hours" in fields else None
        days = page.take((*path, "date"), notation.days, fields["date"]) if "date" in fields else None
        special = Special(spans or (), _why(page, path, fields))
        queues = _queues(page, path, fields, weeks)
        for queue, day in ((queue, day) for queue in queues for day in days or ()):
            if (queue, day) in found:
                page.trouble((*path, "date"), f"{day} already has an exception for {queue} above")
            found[queue, day] = special
    return found


def _emergencies(
    page: Page, value: object, weeks: Mapping[str, Week], zone: ZoneInfo
) -> Iterator[tuple[Path, Emergency]]:
    for path, entry in page.listing(("emergency",), value):
        fields = page.fields(path, entry, ("open", "until"), ("queues", "from", "why"))
        opened = page.take((*path, "open"), notation.truth, fields["open"]) if "open" in fields else None
        start = page.take((*path, "from"), notation.moment, fields["from"]) if "from" in fields else None
        end = page.take((*path, "until"), notation.moment, fields["until"]) if "until" in fields else None
        queues, names = _queues(page, path, fields, weeks), _why(page, path, fields)
        if start and end and end <= start:
            page.trouble((*path, "until"), f"“until” {end:%Y-%m-%d %H:%M} must be later than “from”")
        if opened is not None and end:
            first = start.replace(tzinfo=zone).astimezone(UTC) if start else EVER
            yield path, Emergency(frozenset(queues), opened, first, end.replace(tzinfo=zone).astimezone(UTC), names)


def _contradictions(page: Page, emergencies: tuple[tuple[Path, Emergency], ...]) -> None:
    for (_, one), (path, other) in combinations(emergencies, 2):
        both = sorted(one.queues & other.queues)
        if both and one.open != other.open and max(one.start, other.start) < min(one.end, other.end):
            page.trouble(path, f"another emergency says the opposite for {', '.join(both)} at the same time")


def _queues(page: Page, path: Path, fields: Mapping[str, object], weeks: Mapping[str, Week]) -> tuple[str, ...]:
    """The queues an entry names; all but those open day and night, which must be named, where it names none."""
    if "queues" not in fields:
        return tuple(name for name, week in weeks.items() if not week.always)
    named = dict(page.listing((*path, "queues"), fields["queues"]))
    if fields["queues"] in (None, []):
        page.trouble((*path, "queues"), "no queue is named; leave “queues” out to mean all that are not always open")
    for where, name in named.items():
        if name not in weeks:
            page.trouble(where, f"there is no queue “{name}” above; the queues are {', '.join(weeks)}")
    return tuple(str(name) for name in named.values() if name in weeks)


def _why(page: Page, path: Path, fields: Mapping[str, object]) -> Names:
    return (page.take((*path, "why"), notation.names, fields["why"]) or {}) if "why" in fields else {}
