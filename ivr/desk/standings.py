"""How everybody in line stands, read at once for all who ask: a round of music in the waiting room must cost little."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from json import loads
from typing import Any

from sqlalchemy import Engine, Select, bindparam, select

from ivr.desk.line import Place, Rules, place
from ivr.desk.places import entry, standings
from ivr.store.desk_tables import ON, agents, line
from ivr.store.engine import opened


@dataclass(frozen=True, slots=True)
class Caller:
    """A caller in line: the queue, the language, and the key by which the line is sorted."""

    queue: str
    language: str
    key: Place


@dataclass(frozen=True, slots=True)
class Standings:
    """The line at one moment: the callers by their place's id, who waits in each queue in order, and who is on."""

    callers: dict[str, Caller]
    queues: Mapping[str, Sequence[Place]]
    skills: Sequence[frozenset[str]]
    _on: dict[tuple[str, str], int] = field(default_factory=dict)

    def ahead(self, caller: Caller) -> int:
        """Return how many of the same queue stand before, by the line's own order."""
        return bisect_left(self.queues.get(caller.queue, ()), caller.key)

    def on(self, caller: Caller) -> int:
        """Return how many agents are there who can serve this queue in this language."""
        asked = caller.queue, caller.language
        if asked not in self._on:
            needed = {f"queue:{caller.queue}", f"language:{caller.language}"}
            self._on[asked] = sum(needed <= skills for skills in self.skills)
        return self._on[asked]


def read(engine: Engine, rules: Rules, now: Callable[[], datetime]) -> Standings:
    """Return how all people stand whom our own desk gives out; a message is nobody whom a caller is told of."""
    callers, queues, at = dict[str, Caller](), defaultdict[str, list[Place]](list), now()
    with opened(engine) as connection:
        for row in connection.execute(_everybody()):
            one = _caller(row, rules)
            if row.kind == "call":
                callers[row.id] = one
            if row.state == "waiting" and (row.not_before is None or row.not_before <= at):
                queues[one.queue].append(one.key)
        skills = [frozenset(loads(text)) for text in connection.scalars(_skills())]
    return Standings(callers, {queue: sorted(keys) for queue, keys in queues.items()}, skills)


def joined(engine: Engine, rules: Rules, places: Collection[str]) -> dict[str, Caller]:
    """Return those of these who joined since the last reading, by their place; without who is not in line."""
    with opened(engine) as connection:
        return {row.id: _caller(row, rules) for row in connection.execute(_these(), {"ids": list(places)})}


def _caller(row: Any, rules: Rules) -> Caller:
    return Caller(row.queue, row.language, place(entry(row[:-2]), rules))


@cache
def _everybody() -> Select[Any]:
    ours = line.c.state.in_(("waiting", "offered")), line.c.router != "taskrouter"  # Whose order we do not know.
    return standings().add_columns(line.c.state, line.c.not_before).where(*ours, line.c.kind != "message")


@cache
def _these() -> Select[Any]:
    return _everybody().where(line.c.id.in_(bindparam("ids", expanding=True)), line.c.kind == "call")


@cache
def _skills() -> Select[Any]:
    return select(agents.c.skills).where(agents.c.state.in_(ON))
