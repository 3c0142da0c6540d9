"""The keeping of the line and the agents: every change is a compare-and-set, so that two processes never both win."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import Connection, Engine, Table, update
from sqlalchemy import select as choose

from ivr.desk.line import Agent, Entry, Match, Rules, match
from ivr.store.desk_tables import agents, line, wrapups
from ivr.store.engine import opened
from ivr.store.tables import INSERT

MISSES: Final = 2
RULES: Final = Rules(
    head_start={1: timedelta(minutes=30), 2: timedelta(minutes=5)},
    widen=((timedelta(minutes=2), frozenset({"merchant"})), (timedelta(minutes=4), frozenset({"queue:"}))),
)
PATIENCE: Final = timedelta(seconds=40)  # A phone rings for 30 s, and the carrier takes a moment to say that it did.


@dataclass(frozen=True, slots=True)
class Place:
    """A caller in the line, or talking, and since when."""

    id: str
    call_id: str
    queue: str
    language: str
    matter: str
    rank: int
    since: datetime
    joined_at: datetime
    state: str
    agent: str | None
    leg: str | None


@dataclass(frozen=True, slots=True)
class AgentState:
    """An agent: where to ring, what they can do, what they do now and since when, and with whom."""

    id: str
    phone: str
    skills: frozenset[str]
    state: str
    reason: str
    since: datetime
    misses: int
    line: str | None


@dataclass(frozen=True, slots=True)
class Offer:
    """A caller offered to an agent, whose phone is to be rung now."""

    id: str
    line: str
    call_id: str
    agent: str
    phone: str
    queue: str
    matter: str
    language: str


@dataclass(frozen=True, slots=True)
class Desk:
    """Who waits, who is free, and who talks with whom."""

    engine: Engine
    now: Callable[[], datetime]
    rules: Rules

    def enrol(self, agent: str, phone: str, skills: frozenset[str]) -> None:
        """Make an agent, or change where they are rung and what they can do."""
        told = {"phone": phone, "skills": json.dumps(sorted(skills))}
        new = {"id": agent, "state": "offline", "reason": "", "since": self.now(), "misses": 0, "line": None}
        with self.engine.begin() as connection:
            insert = INSERT[connection.dialect.name](agents).values(new | told)
            connection.execute(insert.on_conflict_do_update(index_elements=["id"], set_=told))

    def agent(self, agent: str) -> AgentState | None:
        """Return an agent, or None where there is none of that name."""
        return next((one for one in self.agents() if one.id == agent), None)

    def agents(self) -> list[AgentState]:
        """Return all agents by name."""
        with opened(self.engine) as connection:
            rows = connection.execute(choose(agents).order_by(agents.c.id)).mappings()
            return [AgentState(**{**row, "skills": frozenset(json.loads(row["skills"]))}) for row in rows]

    def waiting(self) -> list[Place]:
        """Return all who wait, are offered or talk, by when they first came."""
        query = _places().where(line.c.state.in_(("waiting", "offered", "talking"))).order_by(line.c.since, line.c.id)
        with opened(self.engine) as connection:
            return [Place(**row) for row in connection.execute(query).mappings()]

    def place(self, place: str) -> Place | None:
        """Return one caller's place, also when it is over."""
        with opened(self.engine) as connection:
            row = connection.execute(_places().where(line.c.id == place)).mappings().first()
        return Place(**row) if row else None

    def available(self, agent: str) -> bool:
        """Have an agent take calls; False while they are rung, talk, or wrap up."""
        return self._turn(agent, ("offline", "away", "available"), "available", misses=0)

    def away(self, agent: str, reason: str) -> bool:
        """Have an agent take no calls for a reason; False while they are rung, talk, or wrap up."""
        return self._turn(agent, ("offline", "away", "available"), "away", reason=reason)

    def offline(self, agent: str) -> bool:
        """Have an agent be gone; False while they are rung, talk, or wrap up."""
        return self._turn(agent, ("offline", "away", "available"), "offline")

    def offered(self, offer: str) -> Place | None:
        """Return the place that an offer is, or was, for; None for one that was taken back."""
        with opened(self.engine) as connection:
            row = connection.execute(_places().where(line.c.offer == offer)).mappings().first()
        return Place(**row) if row else None

    def dispatch(self) -> list[Offer]:
        """Offer waiting callers to free agents by the rules; return the offers made, all durable, to be rung now."""
        with opened(self.engine) as connection:
            free = connection.execute(choose(agents).where(agents.c.state == "available")).mappings().all()
            found = connection.execute(_places().where(line.c.state == "waiting")).mappings().all() if free else []
        who = {row["id"]: row for row in free}
        places = {row["id"]: Place(**row) for row in found}
        matches = match(
            [_entry(place) for place in places.values()],
            [Agent(row["id"], frozenset(json.loads(row["skills"])), row["since"]) for row in free],
            self.rules,
            self.now(),
        )
        offers = (self._offered(one, places[one.entry.id], who[one.agent.id]["phone"]) for one in matches)
        return [offer for offer in offers if offer]

    def rung(self, offer: str, leg: str) -> None:
        """Note the agent's call by which an offer rings."""
        with self.engine.begin() as connection:
            connection.execute(update(line).where(line.c.offer == offer).values(leg=leg))

    def accept(self, offer: str) -> Place | None:
        """Give the caller to the agent; None where the caller is gone or somebody else's by now."""
        with self.engine.begin() as connection:
            place = _one(connection, line, line.c.offer == offer)
            if place is None or not _set(connection, line, place["id"], "offered", "talking", answered_at=self.now()):
                return None
            kept = {"since": self.now(), "misses": 0, "line": place["id"]}
            if not _set(connection, agents, place["agent"], "ringing", "talking", **kept):
                connection.rollback()
                return None
        return self.place(place["id"])

    def refuse(self, offer: str, why: str) -> bool:
        """Take an offer back: the caller keeps the place, and an agent who misses two is away; False if it is past."""
        with self.engine.begin() as connection:
            place = _one(connection, line, line.c.offer == offer)
            if place is None or place["state"] == "talking":
                return False
            taken = _set(connection, line, place["id"], "offered", "waiting", offer=None, agent=None, leg=None)
            agent = _one(connection, agents, agents.c.id == place["agent"])
            if agent is None or agent["line"] != place["id"]:
                return taken
            misses = agent["misses"] + (why != "left")
            state, reason = ("away", "missed") if misses >= MISSES else ("available", "")
            told = {"reason": reason, "misses": misses, "line": None, "since": self.now()}
            return _set(connection, agents, agent["id"], "ringing", state, **told) or taken

    def over(self, place: str) -> bool:
        """Let the agent of a talk wrap it up; False where nobody talks there."""
        with self.engine.begin() as connection:
            ended = _one(connection, agents, agents.c.line == place)
            _set(connection, line, place, "talking", "done", ended_at=self.now())
            return ended is not None and _set(
                connection, agents, ended["id"], "talking", "wrapping", since=self.now(), reason=""
            )

    def wrap_up(self, agent: str, code: str, note: str) -> bool:
        """Write down how a talk ended, and have the agent take calls again; False where nothing is to be wrapped up."""
        with self.engine.begin() as connection:
            found = _one(connection, agents, agents.c.id == agent)
            if found is None or not _set(
                connection, agents, agent, "wrapping", "available", since=self.now(), line=None, reason=""
            ):
                return False
            told = {"agent": agent, "code": code, "note": note, "at": self.now()}
            insert = INSERT[connection.dialect.name](wrapups).values(told | {"line": found["line"]})
            connection.execute(insert.on_conflict_do_nothing())
        return True

    def stale(self) -> list[str]:
        """Return the offers that are past: rung too long, or whose caller is gone while the agent is still rung."""
        late = line.c.offered_at < self.now() - PATIENCE
        held = choose(line.c.offer).join(agents, agents.c.line == line.c.id).where(agents.c.state == "ringing")
        query = held.where((line.c.state != "offered") | late)
        with opened(self.engine) as connection:
            return [offer for offer in connection.scalars(query) if offer]

    def done(self) -> list[str]:
        """Return the places whose talk is over while their agent still stands as talking."""
        held = choose(line.c.id).join(agents, agents.c.line == line.c.id).where(agents.c.state == "talking")
        with opened(self.engine) as connection:
            return list(connection.scalars(held.where(line.c.state != "talking")))

    def _offered(self, made: Match, place: Place, phone: str) -> Offer | None:
        offer = Offer(
            uuid4().hex, place.id, place.call_id, made.agent.id, phone, place.queue, place.matter, place.language
        )
        told = {"offer": offer.id, "agent": offer.agent, "leg": None, "offered_at": self.now()}
        with self.engine.begin() as connection:
            if not _set(connection, line, place.id, "waiting", "offered", **told):
                return None
            if not _set(connection, agents, offer.agent, "available", "ringing", line=place.id, since=self.now()):
                connection.rollback()
                return None
        return offer

    def _turn(self, agent: str, before: tuple[str, ...], state: str, **told: Any) -> bool:
        values = {"reason": "", **told, "state": state, "since": self.now(), "line": None}
        with self.engine.begin() as connection:
            changed = update(agents).where(agents.c.id == agent, agents.c.state.in_(before)).values(values)
            return connection.execute(changed).rowcount == 1


def _places() -> Any:
    return choose(*(line.c[name] for name in Place.__dataclass_fields__))


def _entry(place: Place) -> Entry:
    needs = frozenset({f"queue:{place.queue}", f"language:{place.language}"})
    return Entry(place.id, "call", place.since, place.rank, needs, place.joined_at)


def _one(connection: Connection, table: Table, where: Any) -> Any:
    return connection.execute(choose(table).where(where)).mappings().first()


def _set(connection: Connection, table: Table, key: str, before: str, after: str, **told: Any) -> bool:
    """Move a row from one state to another; False where it is in another state by now."""
    changed = update(table).where(table.c.id == key, table.c.state == before).values(state=after, **told)
    return connection.execute(changed).rowcount == 1
