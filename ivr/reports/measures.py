"""What reports count: each measure is a sum over calls or over their stays in line, by queue, matter, agent and so on.

A measure's condition makes its sum, and finds the calls behind it, so that a figure and its list cannot disagree.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, String, Table, cast, literal

from ivr.flow.flow import WITHIN
from ivr.store.fact_tables import facts, stays

AGAIN: Final = 7 * 24 * 3600  # Who calls once more within so many seconds was not helped.
RESULTS: Final = ("answered", "abandoned", "message", "callback", "away")
OUTCOMES: Final = ("served", "message", "callback", "finished", "hung-up")
SCORES: Final = (1, 2, 3, 4, 5)
Condition = ColumnElement[bool]
ONE: Final[ColumnElement[Any]] = literal(1)


@dataclass(frozen=True, slots=True)
class Measure:
    """How many rows meet a condition, or what a column of them adds up to."""

    where: Condition
    of: ColumnElement[Any] = ONE


@dataclass(frozen=True, slots=True)
class Cut:
    """By what is counted: a table, its column, and when its rows happened; `halves` also by half-hours."""

    table: Table
    key: ColumnElement[Any]
    at: ColumnElement[Any]
    halves: bool = False


_phoned: Final[Condition] = stays.c.kind == "call"
_answered: Final[Condition] = _phoned & (stays.c.result == "answered")
_known: Final[Condition] = facts.c.caller_last4 != ""  # A number that was not withheld.

STAYS: Final[Mapping[str, Measure]] = {
    "offered": Measure(_phoned),
    **{one: Measure(_phoned & (stays.c.result == one)) for one in RESULTS},
    **{
        f"{one}_{within}": Measure(_phoned & (stays.c.result == one) & (stays.c.waited <= within))
        for one in ("answered", "abandoned", "callback")
        for within in WITHIN
    },
    "waited": Measure(_phoned, stays.c.waited),
    "waited_answered": Measure(_answered, stays.c.waited),
    "waited_abandoned": Measure(_phoned & (stays.c.result == "abandoned"), stays.c.waited),
    "talked": Measure(_answered, stays.c.talked),
    "wrapped": Measure(_answered, stays.c.wrapped),
    "onward": Measure(_phoned & stays.c.onward),
    "missed": Measure(_phoned & (stays.c.missed > 0)),
    "told": Measure(_phoned & (stays.c.promise != "")),
    **{one: Measure(_phoned & (stays.c.promise == one)) for one in ("kept", "early", "late")},
    "scored": Measure(_phoned & stays.c.score.is_not(None)),
    "score": Measure(_phoned & stays.c.score.is_not(None), stays.c.score),
    "rung_back": Measure((stays.c.kind == "callback") & (stays.c.result == "answered")),
    "rung_back_talked": Measure((stays.c.kind == "callback") & (stays.c.result == "answered"), stays.c.talked),
    "heard": Measure((stays.c.kind == "message") & (stays.c.result == "answered")),
}

CALLS: Final[Mapping[str, Measure]] = {
    "calls": Measure(facts.c.call_id != ""),
    **{f"outcome_{one}": Measure(facts.c.outcome == one) for one in OUTCOMES},
    # Settled by keypad: finished without ever standing in line.
    "contained": Measure((facts.c.outcome == "finished") & (facts.c.stays == 0)),
    "queued": Measure(facts.c.stays > 0),
    # Hung up in the menus.
    "gone": Measure((facts.c.outcome == "hung-up") & (facts.c.stays == 0)),
    "seconds": Measure(facts.c.call_id != "", facts.c.seconds),
    "waited": Measure(facts.c.stays > 0, facts.c.waited),
    "talked": Measure(facts.c.talked > 0, facts.c.talked),
    "silences": Measure(facts.c.silences > 0, facts.c.silences),
    "wrongs": Measure(facts.c.wrongs > 0, facts.c.wrongs),
    "known": Measure(_known),
    "again": Measure(_known & (facts.c.again <= AGAIN)),
    "scored": Measure(facts.c.score.is_not(None)),
    "score": Measure(facts.c.score.is_not(None), facts.c.score),
    **{f"score_{one}": Measure(facts.c.score == one) for one in SCORES},
}

MEASURES: Final[Mapping[str, Mapping[str, Measure]]] = {"stays": STAYS, "facts": CALLS}

CUTS: Final[Mapping[str, Cut]] = {
    "queue": Cut(stays, stays.c.queue, stays.c.joined_at, halves=True),
    "agent": Cut(stays, stays.c.agent, stays.c.joined_at),
    "matter": Cut(facts, facts.c.matter, facts.c.started_at),
    "version": Cut(facts, cast(facts.c.version, String), facts.c.started_at),
    "language": Cut(facts, facts.c.language, facts.c.started_at),
    "last_agent": Cut(facts, facts.c.agent, facts.c.started_at),
}
