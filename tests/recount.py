"""Calls counted once more, by plain loops over the raw tables: a second opinion that shares no code with the reports.

A *visit* is a time in line on the phone: from the turn that queued the caller to the turn by which they were out of it.
It was *answered* if an agent talked with them, of whom the last counts where a talk was handed over. Else it was
*abandoned* if the caller hung up in line, as nothing else came after; it came *to a message* or *to a call back* if it
was the last of a call that ended so; all others left *otherwise*. Seconds are whole ones. A visit counts at the moment
of joining, a call at the moment of ringing, in days and half-hours of the hotline's clock. Calls that go on are not
counted yet.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Table, select

from ivr.flow import record
from ivr.flow.events import Ended, Entered, Event, Heard, Learned, Missed, Waiting
from ivr.flow.inputs import LeftQueue, Rescued, Transferred
from ivr.flow.waits import Agent
from ivr.store.desk_tables import agent_states, line, promises, wrapups
from ivr.store.tables import calls, turns

TALKS = {"redirected", "redirected-from-bridged", "bridging-in-process"}  # Out of the queue, into the talk.
WEEK = 7 * 24 * 3600


@dataclass
class Visit:
    """A time in line: `result` as above; the promise is "" where none was told or nobody answered."""

    line: str
    call_id: str
    queue: str
    joined: datetime
    gone: datetime | None = None
    result: str = "away"
    agent: str = ""
    waited: int = 0
    talked: int = 0
    wrapped: int = 0
    onward: bool = False
    missed: int = 0
    promise: str = ""
    score: int | None = None


@dataclass
class Rung:
    """A call that is over."""

    id: str
    started: datetime
    ended: datetime
    version: str
    caller: str
    last4: str
    language: str
    matter: str
    outcome: str
    score: int | None
    visits: list[Visit]
    places: list[str] = field(default_factory=list)
    silences: int = 0
    wrongs: int = 0
    again: float | None = None  # Seconds from the end to the next ringing of this number.

    @property
    def agent(self) -> str:
        """Who talked with the caller last."""
        return ([one.agent for one in self.visits if one.result == "answered"] or [""])[-1]

    @property
    def redialled(self) -> bool:
        """Rang the same number again within 7 days of the end?"""
        return bool(self.last4) and self.again is not None and self.again <= WEEK


@dataclass
class Work:
    """A call back or a message: `done` where the customer was talked with, or the message done with, by this agent."""

    kind: str
    queue: str
    joined: datetime
    agent: str
    done: bool


@dataclass
class Raw:
    """All that was counted."""

    calls: list[Rung]
    work: list[Work]
    states: list[tuple[str, datetime, str, str]]  # agent, since, state, reason

    @property
    def visits(self) -> list[Visit]:
        """All times in line."""
        return [visit for call in self.calls for visit in call.visits]


def recount(engine: Engine) -> Raw:
    """Read the raw tables, and make of each call what it came to."""
    rows = {table.name: _rows(engine, table) for table in (calls, turns, line, promises, wrapups, agent_states)}
    events: dict[str, list[Event]] = {row["id"]: [] for row in rows["calls"]}
    for row in sorted(rows["turns"], key=lambda row: row["turn"]):
        events[row["call_id"]] += record.read(row["events"])
    stood = {row["id"]: row for row in rows["line"]}
    over = [row for row in rows["calls"] if row["ended_at"]]
    found = [_call(row, events[row["id"]], stood, rows) for row in over]
    for call in found:
        later = [
            other.started
            for other in found
            if other.caller == call.caller and other.started >= call.ended and other is not call
        ]
        call.again = _seconds(call.ended, min(later)) if later and call.last4 else None
    ended = {call.id for call in found}
    work = [_work(row) for row in rows["line"] if row["kind"] != "call" and row["call_id"] in ended]
    states = [
        (row["agent"], row["at"], row["state"], row["reason"])
        for row in sorted(rows["agent_states"], key=lambda row: row["id"])
    ]
    return Raw(found, work, states)


def _rows(engine: Engine, table: Table) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(select(table)).mappings())


def _call(row: Any, events: Sequence[Event], stood: dict[str, Any], rows: dict[str, list[Any]]) -> Rung:
    visits, outcome, ended = _visits(row["id"], events)
    assert outcome == row["outcome"]
    assert ended == row["ended_at"]
    for visit in visits:
        _talked(visit, stood[visit.line], ended, rows)
    unserved = visits[-1:] if visits and visits[-1].result != "answered" else []
    for visit in unserved:
        if outcome == "hung-up" and visit.gone == ended:
            visit.result = "abandoned"
        elif outcome in ("message", "callback"):
            visit.result = outcome
    served = [visit for visit in visits if visit.result == "answered"]
    if served:
        served[-1].score = row["score"]
    head = (row["id"], row["started_at"], ended, str(row["version"]), row["caller_hash"], row["caller_last4"])
    made = Rung(*head, row["language"], row["matter"], outcome, row["score"], visits)
    for event in events:
        match event:
            case Entered(node) if node != (made.places or [""])[-1]:
                made.places.append(node)
            case Missed("silence"):
                made.silences += 1
            case Missed("wrong"):
                made.wrongs += 1
    return made


def _visits(call_id: str, events: Sequence[Event]) -> tuple[list[Visit], str, datetime | None]:
    """Return the times in line as the journal has them, and the first end."""
    found: list[Visit] = []
    at = outcome = ended = None
    for event in events:
        if isinstance(event, Heard):
            at = event.at
        out = isinstance(event, Ended)
        match event:
            case Waiting(Agent(queue=queue), turn):
                assert at
                found.append(Visit(f"{call_id}-{turn}", call_id, queue, at))
            case Heard(LeftQueue(result)) if result not in TALKS:
                out = True
            case Heard(Transferred()):
                out = True
                found[-1].onward = True
            case Heard(Rescued()):
                out = True
            case Ended(reason) if not outcome:
                outcome, ended = reason, at
            case Learned("message") if outcome == "hung-up":
                outcome = "message"
        if out and found and not found[-1].gone:
            found[-1].gone = at
    assert outcome
    return found, outcome, ended


def _talked(visit: Visit, row: Any, ended: datetime | None, rows: dict[str, list[Any]]) -> None:
    answered = row["answered_at"] if row["state"] == "done" else None
    visit.waited = _seconds(visit.joined, answered or visit.gone or ended)
    visit.missed = len(json.loads(row["missed_by"] or "[]"))
    if not answered:
        return
    visit.result, visit.agent = "answered", row["agent"]
    visit.talked = _seconds(answered, row["ended_at"])
    for wrap in rows["wrapups"]:
        if (wrap["line"], wrap["agent"]) == (visit.line, visit.agent):
            visit.wrapped = _seconds(row["ended_at"], wrap["at"])
    told = sorted((one["at"], one["low"], one["high"]) for one in rows["promises"] if one["line"] == visit.line)
    if told:
        at, low, high = told[0]
        minutes = (answered - at).total_seconds() / 60
        visit.promise = "early" if minutes < low else "late" if minutes > high else "kept"


def _work(row: Any) -> Work:
    done = row["state"] == "done"
    if row["kind"] == "callback":
        done = done and row["answered_back"]
    return Work(row["kind"], row["queue"], row["joined_at"], row["done_by"] or "", done)


def _seconds(since: datetime, until: datetime | None) -> int:
    assert until
    return max(0, round((until - since).total_seconds()))


def spent(raw: Raw, agent: str, since: datetime, until: datetime) -> Iterator[tuple[str, float]]:
    """Yield each state of an agent between two moments, with its seconds."""
    rows = [row for row in raw.states if row[0] == agent]
    for row, after in zip(rows, [*rows[1:], None], strict=True):
        begin, end = max(row[1], since), min(after[1] if after else until, until)
        if end > begin:
            yield row[2], (end - begin).total_seconds()
