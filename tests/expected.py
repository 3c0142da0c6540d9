"""What each report must say of what `tests.recount` counted: cell by cell, by the words of its columns."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ivr.flow.flow import Queue
from tests.recount import Raw, Rung, Visit, spent

Cells = dict[str, Any]  # by the words of a column
Rows = dict[Any, Cells]  # by the first cell; "total" for the last row
DAY = timedelta(days=1)


@dataclass
class Span:
    """What was asked for: days by the clock of a zone (both included), and what was chosen."""

    raw: Raw
    zone: ZoneInfo
    since: date
    until: date
    now: datetime
    queues: Mapping[str, Queue]
    chosen: Mapping[str, str] = field(default_factory=dict)

    def day(self, at: datetime) -> date:
        """Return the day of a moment."""
        return at.astimezone(self.zone).date()

    @property
    def days(self) -> list[date]:
        """All days."""
        return [self.since + DAY * number for number in range((self.until - self.since).days + 1)]

    @property
    def visits(self) -> list[Visit]:
        """Who joined the line, in the chosen queue."""
        queue = self.chosen.get("queue", "")
        found = [one for one in self.raw.visits if self.since <= self.day(one.joined) <= self.until]
        return [one for one in found if queue in ("", one.queue)]

    @property
    def calls(self) -> list[Rung]:
        """Who rang."""
        return [one for one in self.raw.calls if self.since <= self.day(one.started) <= self.until]


def n(found: Iterable[Any]) -> int:
    """Return how many are true."""
    return sum(map(bool, found))


def mean(values: Sequence[float]) -> float | None:
    """Return the mean, None of nothing."""
    return sum(values) / len(values) if values else None


def part(some: float, whole: float) -> float | None:
    """Return the share, None of nothing."""
    return some / whole if whole else None


def split(found: Iterable[Any], key: Callable[[Any], Any], cells: Callable[[Any], Cells], total: bool = True) -> Rows:
    """Return the cells of all with the same key, and of all together where there is more than one key."""
    groups: dict[Any, list[Any]] = {}
    for one in found:
        groups.setdefault(key(one), []).append(one)
    rows = {name: cells(group) for name, group in groups.items()}
    if total and len(rows) > 1:
        rows["total"] = cells([one for group in groups.values() for one in group])
    return rows


def by_day(span: Span, found: Sequence[Any], at: Callable[[Any], datetime], cells: Callable[[Any], Cells]) -> Rows:
    """Return the cells of each day, or of each month where there are more than 92 days."""
    letters = 10 if len(span.days) <= 92 else 7
    names = {day.isoformat()[:letters] for day in span.days}
    return {name: cells([one for one in found if span.day(at(one)).isoformat()[:letters] == name]) for name in names}


def having(visits: Iterable[Visit], result: str, within: int = 10**9) -> list[Visit]:
    """Return the visits that came out so, in so many seconds."""
    return [one for one in visits if one.result == result and one.waited <= within]


def level(span: Span, visits: Sequence[Visit]) -> float | None:
    """Return the service level by one of the four formulas in use, within so many seconds, or each queue's own."""
    soon, offered = in_time(span, visits, "answered"), len(visits)
    match span.chosen["formula"]:
        case "offered":
            return part(soon, offered)
        case "answered":
            return part(soon, len(having(visits, "answered")))
        case "short":
            return part(soon, offered - short(span, visits))
        case _:
            gone = in_time(span, visits, "abandoned") + in_time(span, visits, "callback")
            return part(soon + gone, offered)


def in_time(span: Span, visits: Sequence[Visit], result: str) -> int:
    """Return how many came out so within the seconds that were chosen, or that are their queue's target."""
    within = span.chosen["within"]
    return n(
        one.result == result
        and one.waited <= (span.queues[one.queue].service_seconds if within == "own" else int(within))
        for one in visits
    )


def short(span: Span, visits: Sequence[Visit]) -> int:
    """Return how many hung up so soon that they hardly waited, as their queue has it."""
    return n(one.result == "abandoned" and one.waited <= span.queues[one.queue].short_seconds for one in visits)


def handled(visits: Sequence[Visit]) -> float | None:
    """Return the mean handle time: talk and wrap-up, of those who were answered."""
    return mean([one.talked + one.wrapped for one in having(visits, "answered")])


def scores(found: Sequence[Visit] | Sequence[Rung]) -> list[int]:
    """Return the scores given."""
    return [one.score for one in found if one.score is not None]


def served(span: Span, visits: Sequence[Visit]) -> Cells:
    """Return the figures that several reports show."""
    answered, abandoned = having(visits, "answered"), having(visits, "abandoned")
    return {
        "Service level": level(span, visits),
        "Offered": len(visits),
        "Answered": len(answered),
        "Abandoned": len(abandoned),
        "Short abandons": short(span, visits),
        "Abandon rate": part(len(abandoned), len(visits)),
        "Speed of answer": mean([one.waited for one in answered]),
        "Handle time": handled(visits),
    }


def service_level(span: Span) -> list[Rows]:
    def cells(visits: Sequence[Visit]) -> Cells:
        return served(span, visits)

    queues = {one.queue for one in span.raw.work if span.since <= span.day(one.joined) <= span.until}
    found = split(span.visits, lambda one: one.queue, cells)
    return [_others(found, queues, cells), by_day(span, span.visits, lambda one: one.joined, cells)]


def _others(rows: Rows, queues: set[str], cells: Callable[[Any], Cells]) -> Rows:
    """Add the queues in which nobody was but to be rung back or heard."""
    rows |= {queue: cells([]) for queue in queues if queue not in rows}
    if len(rows) > 1 and "total" not in rows:
        only = [row for name, row in rows.items() if row != cells([])]
        rows["total"] = only[0] if only else cells([])
    return rows


def queues(span: Span) -> list[Rows]:
    def cells(visits: Sequence[Visit]) -> Cells:
        answered, abandoned = having(visits, "answered"), having(visits, "abandoned")
        told = [one for one in visits if one.promise]
        return {
            "Offered": len(visits),
            "Answered": len(answered),
            "Abandoned": len(abandoned),
            "To a message": len(having(visits, "message")),
            "To a call back": len(having(visits, "callback")),
            "Left otherwise": len(having(visits, "away")),
            "Sent on": n(one.onward for one in visits),
            "Rang in vain": n(one.missed for one in visits),
            "Speed of answer": mean([one.waited for one in answered]),
            "Wait of who gave up": mean([one.waited for one in abandoned]),
            "Talk time": mean([one.talked for one in answered]),
            "Wrap-up time": mean([one.wrapped for one in answered]),
            "Promises kept": part(n(one.promise == "kept" for one in told), len(told)),
            "Score": mean(scores(visits)),
        }

    others = {one.queue for one in span.raw.work if span.since <= span.day(one.joined) <= span.until}
    return [_others(split(span.visits, lambda one: one.queue, cells), others, cells)]


def abandoned(span: Span) -> list[Rows]:
    calls = {one.id: one for one in span.raw.calls}
    gone = sorted(having(span.visits, "abandoned"), key=lambda one: (one.joined, one.line), reverse=True)[:200]
    rows = [
        (
            one.joined,
            calls[one.call_id].last4,
            one.queue,
            calls[one.call_id].matter,
            one.waited,
            _again(calls[one.call_id]),
        )
        for one in gone
    ]
    return [{number: dict(enumerate(row)) for number, row in enumerate(rows)}]


def _again(call: Rung) -> int | None:
    return None if call.again is None else round(call.again)


def intervals(span: Span) -> list[Rows]:
    def cells(visits: Sequence[Visit]) -> Cells:
        return {word: value for word, value in served(span, visits).items() if word != "Short abandons"}

    return [split(chosen(span), lambda one: half(span, one.joined), cells, total=False)]


def half(span: Span, at: datetime) -> str:
    """Return the half-hour of a moment by the clock; of an hour that comes twice, the second has a (2)."""
    here = at.astimezone(span.zone)
    return f"{here.hour:02}:{30 * (here.minute // 30):02}" + (" (2)" if here.fold else "")


def chosen(span: Span) -> list[Visit]:
    """Return who joined on the chosen days of the week."""
    days = span.chosen["days"] or "1234567"
    return [one for one in span.visits if str(span.day(one.joined).isoweekday()) in days]


def agents(span: Span) -> list[Rows]:
    work = [one for one in span.raw.work if one.done and span.since <= span.day(one.joined) <= span.until]
    visits = [one for one in span.visits if one.result == "answered"]
    shifts = {name: _shift(span, name) for name in {row[0] for row in span.raw.states}}
    names = {one.agent for one in (*visits, *work)} | {name for name, found in shifts.items() if any(found.values())}
    rows = {
        name: _agent(
            [one for one in visits if one.agent == name],
            [one for one in work if one.agent == name],
            [shifts.get(name, {})],
        )
        for name in names
    }
    if len(rows) > 1:
        rows["total"] = _agent(visits, work, list(shifts.values()))
    return [rows]


def _agent(visits: Sequence[Visit], work: Sequence[Any], shifts: Sequence[Mapping[str, int]]) -> Cells:
    time = {state: sum(one.get(state, 0) for one in shifts) for state in {key for one in shifts for key in one}}
    busy = sum(time.get(one, 0) for one in ("ringing", "talking", "wrapping", "working"))
    free, away = time.get("available", 0), time.get("away", 0)
    return {
        "Answered": len(visits),
        "Talk time": mean([one.talked for one in visits]),
        "Wrap-up time": mean([one.wrapped for one in visits]),
        "Handle time": handled(visits),
        "Sent on": n(one.onward for one in visits),
        "Rung back": n(one.kind == "callback" for one in work),
        "Messages done": n(one.kind == "message" for one in work),
        "Score": mean(scores(visits)),
        "Logged in": busy + free + away,
        "Available": free,
        "Talking": time.get("talking", 0),
        "Wrapping up": time.get("wrapping", 0) + time.get("working", 0),
        "Away": away,
        "Occupancy": part(busy, busy + free),
        "Rings missed": time.get("missed", 0),
    }


def _shift(span: Span, agent: str) -> dict[str, int]:
    """Return the seconds of an agent in each state, whole ones each day, and the rings missed."""
    found: dict[str, int] = {}
    for day in span.days:
        since, until = (datetime(one.year, one.month, one.day, tzinfo=span.zone) for one in (day, day + DAY))
        times: dict[str, float] = {}
        for state, seconds in spent(span.raw, agent, since, min(until, span.now)):
            if state != "offline":
                times[state] = times.get(state, 0) + seconds
        for state, seconds in times.items():
            found[state] = found.get(state, 0) + round(seconds)
    found["missed"] = n(
        row[0] == agent and row[3] == "missed" and span.since <= span.day(row[1]) <= span.until
        for row in span.raw.states
    )
    return found


def matters(span: Span) -> list[Rows]:
    def cells(calls: Sequence[Rung]) -> Cells:
        queued = [one for one in calls if one.visits]
        return {
            "Calls": len(calls),
            "Served": n(one.outcome == "served" for one in calls),
            "By keypad": n(one.outcome == "finished" for one in calls),
            "Message": n(one.outcome == "message" for one in calls),
            "Call back": n(one.outcome == "callback" for one in calls),
            "Hung up": n(one.outcome == "hung-up" for one in calls),
            "Stood in line": len(queued),
            "Length": length(calls),
            "Wait": mean([sum(visit.waited for visit in one.visits) for one in queued]),
            "Called again in 7 days": part(n(one.redialled for one in calls), n(one.last4 for one in calls)),
            "Score": mean(scores(calls)),
        }

    return [split(span.calls, lambda one: one.matter, cells)]


def length(calls: Sequence[Rung]) -> float | None:
    """Return the mean length."""
    return mean([round((one.ended - one.started).total_seconds()) for one in calls])


def first_call(span: Span) -> list[Rows]:
    def cells(calls: Sequence[Rung]) -> Cells:
        known, again = n(one.last4 for one in calls), n(one.redialled for one in calls)
        return {
            "Calls with a number": known,
            "First-call resolution": part(known - again, known),
            "Called again in 7 days": again,
        }

    return _three(span, cells)


def _three(span: Span, cells: Callable[[Any], Cells]) -> list[Rows]:
    return [
        split(span.calls, lambda one: one.matter, cells),
        split(span.calls, lambda one: one.agent, cells),
        by_day(span, span.calls, lambda one: one.started, cells),
    ]


def containment(span: Span) -> list[Rows]:
    def cells(calls: Sequence[Rung]) -> Cells:
        contained = n(one.outcome == "finished" and not one.visits for one in calls)
        return {
            "Calls": len(calls),
            "Containment by keypad": part(contained, len(calls)),
            "Settled by keypad": contained,
            "Stood in line": n(one.visits for one in calls),
            "Hung up in the menus": n(one.outcome == "hung-up" and not one.visits for one in calls),
            "Left a message": n(one.outcome == "message" for one in calls),
        }

    return [
        split(span.calls, lambda one: one.matter, cells),
        split(span.calls, lambda one: one.language, cells),
        by_day(span, span.calls, lambda one: one.started, cells),
    ]


def drop_off(span: Span) -> list[Rows]:
    calls = [one.version for one in span.calls if one.places]
    version = span.chosen.get("version") or max(set(calls), key=lambda one: (calls.count(one), int(one)), default="")
    rows: Rows = {}
    for call in span.calls:
        if call.version != version:
            continue
        for place in set(call.places):
            rows.setdefault(place, {"Came": 0, "Hung up here": 0})["Came"] += 1
        if call.places and call.outcome == "hung-up" and not call.visits:
            rows[call.places[-1]]["Hung up here"] += 1
    for row in rows.values():
        row["Drop-off"] = part(row["Hung up here"], row["Came"])
    return [rows]


def steps(span: Span) -> dict[tuple[str, str], int]:
    """Return how many calls went from one place to the next."""
    found: dict[tuple[str, str], int] = {}
    for call in span.calls:
        for step in {(one, two) for one, two in zip(call.places, call.places[1:], strict=False)}:
            found[step] = found.get(step, 0) + 1
    return found


def promises(span: Span) -> list[Rows]:
    def cells(visits: Sequence[Visit]) -> Cells:
        kept, early, late = (n(one.promise == how for one in visits) for how in ("kept", "early", "late"))
        return {
            "Told, and answered": kept + early + late,
            "Wait promises kept": part(kept, kept + early + late),
            "Kept": kept,
            "Answered earlier": early,
            "Answered later": late,
        }

    others = {one.queue for one in span.raw.work if span.since <= span.day(one.joined) <= span.until}
    found = _others(split(span.visits, lambda one: one.queue, cells), others, cells)
    return [found, by_day(span, span.visits, lambda one: one.joined, cells)]


def survey(span: Span) -> list[Rows]:
    def cells(calls: Sequence[Rung]) -> Cells:
        given = scores(calls)
        return {
            "Scores": len(given),
            "Mean score": mean(given),
            "Answered": part(len(given), n(one.outcome == "served" for one in calls)),
        } | {str(score): given.count(score) for score in range(1, 6)}

    return _three(span, cells)


def versions(span: Span) -> list[Rows]:
    def cells(calls: Sequence[Rung]) -> Cells:
        number = len(calls)
        return {
            "Calls": number,
            "By keypad": part(n(one.outcome == "finished" and not one.visits for one in calls), number),
            "Stood in line": part(n(one.visits for one in calls), number),
            "Hung up in the menus": part(n(one.outcome == "hung-up" and not one.visits for one in calls), number),
            "Called again in 7 days": part(n(one.redialled for one in calls), n(one.last4 for one in calls)),
            "Length": length(calls),
            "Silences a call": mean([one.silences for one in calls]),
            "Wrong keys a call": mean([one.wrongs for one in calls]),
            "Score": mean(scores(calls)),
        }

    return [split(span.calls, lambda one: one.version, cells)]


def staffing(span: Span) -> list[Rows]:
    """Return the measured load only."""
    found = chosen(span)
    days = len({span.day(one.joined) for one in found})
    usual = handled(found)

    def cells(visits: Sequence[Visit]) -> Cells:
        calls, time = len(visits) / days, handled(visits) or usual
        return {"Calls": calls, "Handle time": time, "Erlangs": time and 2 * calls * time / 3600}

    rows = split(found, lambda one: half(span, one.joined), cells, total=False)
    return [{label: row for label, row in rows.items() if row["Handle time"]}]


EXPECTED: dict[str, Callable[[Span], list[Rows]]] = {
    "service-level": service_level,
    "queues": queues,
    "abandoned": abandoned,
    "intervals": intervals,
    "agents": agents,
    "matters": matters,
    "first-call": first_call,
    "containment": containment,
    "drop-off": drop_off,
    "promises": promises,
    "survey": survey,
    "versions": versions,
    "staffing": staffing,
}
