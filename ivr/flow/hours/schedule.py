"""When a queue is open: emergencies before exceptions before holidays and workdays before the week."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo

from ivr.flow.hours.calendar import Calendar
from ivr.flow.hours.notation import BASE, DAY, WHOLE_DAY, Names, Span

Reason = Literal["emergency", "exception", "holiday", "workday", "week"]
FARTHEST = 400  # days that the next opening is searched for


@dataclass(frozen=True, slots=True)
class Opening:
    """Whether a queue is open at a moment, and why.

    `why` is the name of the holiday, exception or emergency in the base language, and `names` in every language; both
    may be empty. `next` is when the queue opens, None while it is open or if it does not open within 400 days; `until`
    is when it closes, None while it is closed or if it does not close within 400 days. Both are in the hotline's zone.
    """

    open: bool
    reason: Reason
    why: str = ""
    next: datetime | None = None
    until: datetime | None = None
    names: Names = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Week:
    """The hours of a queue from Monday to Sunday; day and night, also on holidays, when it is `always` open."""

    days: tuple[tuple[Span, ...], ...]
    always: bool = False


@dataclass(frozen=True, slots=True)
class Special:
    """The hours of one day that is not like others."""

    spans: tuple[Span, ...]
    names: Names


@dataclass(frozen=True, slots=True)
class Emergency:
    """Some queues opened or closed at once, whatever else is written, for a time that is known to end."""

    queues: frozenset[str]
    open: bool
    start: datetime
    end: datetime
    names: Names


@dataclass(frozen=True, slots=True)
class _Part:
    """Part of a day, from `start` before `end`, in which a queue's state does not change."""

    start: datetime
    end: datetime
    open: bool
    reason: Reason
    names: Names


@dataclass(frozen=True, slots=True, eq=False)
class Schedule:
    """The hours of every queue. A span past midnight belongs to the day on which it begins.

    `callbacks` are the decent hours of a day, in which anybody may be rung back.
    """

    zone: ZoneInfo
    weeks: Mapping[str, Week]
    calendar: Calendar = field(default_factory=Calendar)
    workday: int = 0
    exceptions: Mapping[tuple[str, date], Special] = field(default_factory=dict)
    emergencies: tuple[Emergency, ...] = ()
    callbacks: tuple[Span, ...] = WHOLE_DAY

    @property
    def queues(self) -> frozenset[str]:
        """The queues that have hours."""
        return frozenset(self.weeks)

    def at(self, queue: str, moment: datetime) -> Opening:
        """Whether the queue is open at the moment (aware, any zone); LookupError for a queue without hours."""
        if moment.tzinfo is None:
            raise ValueError(f"{moment} has no zone")
        if queue not in self.weeks:
            raise LookupError(f"queue {queue!r} has no hours; queues with hours are {', '.join(self.weeks)}")
        instant = moment.astimezone(UTC)
        openings = _openings(self, queue, moment.astimezone(self.zone).date())
        return next(opening for end, opening in openings if instant < end)

    def hours(self, queue: str, day: date) -> tuple[tuple[time, time], ...]:
        """From when to when the queue is open on a day, on the zone's clock; midnight to midnight is all of it."""
        cuts: list[datetime] = []
        for part in _parts(self, queue, day):
            if part.open and cuts and cuts[-1] == part.start:
                cuts[-1] = part.end
            elif part.open:
                cuts += (part.start, part.end)
        clock = [cut.astimezone(self.zone).time() for cut in cuts]
        return tuple(zip(clock[::2], clock[1::2], strict=True))

    def rings(self, queue: str, moment: datetime) -> datetime | None:
        """The first moment from this one on at which customers of the queue are rung back; None if not in 400 days.

        That is while it is open, and at a decent hour; whoever has a queue that is open day and night is rung at any.
        """
        first, last = moment, moment + timedelta(days=FARTHEST)
        while first < last:
            opening = self.at(queue, first)
            due = first if self.weeks[queue].always else self._decent(first)
            if opening.open and due == first:
                return first
            if (later := due if opening.open else opening.next) is None:
                break
            first = later
        return None

    def _decent(self, moment: datetime) -> datetime:
        """The moment itself within decent hours, else when they begin next."""
        today = moment.astimezone(self.zone).date()
        days = (today + timedelta(days=step) for step in (-1, 0, 1))
        spans = [[_instant(self.zone, day, end) for end in span] for day in days for span in self.callbacks]
        if any(start <= moment < end for start, end in spans):
            return moment
        return min(start for start, _ in spans if start > moment).astimezone(self.zone)

    def unknown(self, first: date, days: int) -> list[date]:
        """The days, of so many from the first on, whose public holidays nobody has decreed or entered yet."""
        all_days = (first + timedelta(days=step) for step in range(days))
        return [day for day in all_days if not self.calendar.known(day.year)]


@lru_cache(maxsize=1024)
def _openings(schedule: Schedule, queue: str, day: date) -> tuple[tuple[datetime, Opening], ...]:
    """What a caller of that day is told, and until when: a few rows, so that a call costs one look-up."""
    return tuple((part.end, _opening(schedule, queue, day, part)) for part in _parts(schedule, queue, day))


def _opening(schedule: Schedule, queue: str, day: date, part: _Part) -> Opening:
    later = (other for step in range(FARTHEST + 1) for other in _parts(schedule, queue, day + timedelta(days=step)))
    change = next((other.start for other in later if other.start > part.start and other.open != part.open), None)
    local = change.astimezone(schedule.zone) if change else None
    why = part.names.get(BASE, "")
    if part.open:
        return Opening(True, part.reason, why, until=local, names=part.names)
    return Opening(False, part.reason, why, next=local, names=part.names)


@lru_cache(maxsize=8192)
def _parts(schedule: Schedule, queue: str, day: date) -> tuple[_Part, ...]:
    """The day from midnight to midnight, cut wherever the queue's state may change."""
    before, today = _shifts(schedule, queue, day - timedelta(days=1)), _shifts(schedule, queue, day)
    commands = [
        _Part(command.start, command.end, command.open, "emergency", command.names)
        for command in schedule.emergencies
        if queue in command.queues
    ]
    midnight, next_midnight = _instant(schedule.zone, day, 0), _instant(schedule.zone, day, DAY)
    rest = _Part(midnight, next_midnight, False, *_plan(schedule, queue, day)[1:])
    layers = [*commands, *today, *before, rest]
    cuts = {cut for layer in layers for cut in (layer.start, layer.end) if midnight <= cut <= next_midnight}
    return tuple(
        replace(next(layer for layer in layers if layer.start <= start < layer.end), start=start, end=end)
        for start, end in pairwise(sorted(cuts))
    )


def _shifts(schedule: Schedule, queue: str, day: date) -> list[_Part]:
    """The spans that begin on the day, on the clock of the world."""
    spans, reason, names = _plan(schedule, queue, day)
    ends = ((_instant(schedule.zone, day, start), _instant(schedule.zone, day, end)) for start, end in spans)
    return [_Part(start, end, True, reason, names) for start, end in ends]


def _plan(schedule: Schedule, queue: str, day: date) -> tuple[tuple[Span, ...], Reason, Names]:
    """What is written for the day, whatever emergency there may be."""
    week = schedule.weeks[queue]
    if special := schedule.exceptions.get((queue, day)):
        return special.spans, "exception", special.names
    if week.always:
        return WHOLE_DAY, "week", {}
    match schedule.calendar.kind(day):
        case "holiday", names:
            return (), "holiday", names
        case "workday", names:
            return week.days[schedule.workday], "workday", names
    return week.days[day.weekday()], "week", {}


def _instant(zone: ZoneInfo, day: date, minutes: int) -> datetime:
    """The instant at which the wall clock shows so many minutes after the day's midnight.

    A time that the clock skips in spring counts by the clock before, so it is the moment at which the clock jumps
    or later; one that it shows twice in autumn is the first.
    """
    days, minutes = divmod(minutes, DAY)
    wall = datetime.combine(day + timedelta(days=days), time(*divmod(minutes, 60)), zone)
    return wall.astimezone(UTC)
