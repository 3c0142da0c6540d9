"""Offers: whom an agent is rung for, who took them, and whom nobody took."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import Connection, Engine, Select, Update, bindparam, exists, func, select, update

from ivr.desk.agents import free
from ivr.desk.heads import heads
from ivr.desk.line import Entry, Rules, match, returned
from ivr.desk.places import STANDING, Place, entry, move, one, places, standings
from ivr.desk.states import turned
from ivr.store.desk_tables import agents, guests, line
from ivr.store.engine import alone, opened, undecided
from ivr.store.tables import Moment

MISSES: Final = 2
PATIENCE: Final = timedelta(seconds=40)  # A phone rings for 30 s, and the carrier takes a moment to say that it did.
# The carrier is asked for a ring at once and answers within four seconds. Without a ring by now there will be none: the
# process that was to ask was killed.
UNRUNG: Final = timedelta(seconds=7)
IDLE: Final = ("available", "away", "offline")
LOCK: Final = 0x1F13  # The key of the lock under which PostgreSQL's servers dispatch; ours for ever.
UNMISSED: Final = ("left", "failed", "denied")  # Whom the carrier did not ring missed nobody, nor whose caller left.
LOST: Final = ("missed", "denied")
UNOFFERED: Final = {"offer": None, "agent": None, "leg": None}


@dataclass(frozen=True, slots=True)
class Offer:
    """A place offered to an agent, whose phone is to be rung now; unless it is a message, which they have already."""

    id: str
    line: str
    call_id: str
    agent: str
    phone: str
    queue: str
    matter: str
    language: str
    kind: str = "call"
    number: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Offers:
    """Makes offers by the rules, and settles what becomes of them; `rings` says whose call backs are due."""

    engine: Engine
    now: Callable[[], datetime]
    rules: Rules
    rings: Callable[[str, datetime], bool]

    def dispatch(self) -> list[Offer]:
        """Offer whoever waits to free agents by the rules; return the offers made, all durable, to be rung now."""
        with undecided(self.engine) as connection:
            # Else each server would win some of the agents it saw free, for people whom the other saw further back.
            alone(connection, LOCK)
            found = connection.execute(_available()).mappings().all()
            waiting = self._waiting(connection, len(found)) if found else []
            phones = {row["id"]: row["phone"] for row in found}
            matches = match(waiting, map(free, found), self.rules, self.now())
            offers = [self._offered(made.agent.id, made.entry.id, phones[made.agent.id]) for made in matches]
        return [offer for offer in offers if offer]

    def give(self, call_id: str, agent: str, offer: str) -> Offer | None:
        """Offer who waits to this agent, as another router says under its id; None where either is not to be had."""
        waits = (line.c.call_id == call_id) & (line.c.router == "taskrouter") & (line.c.state == "waiting")
        with opened(self.engine) as connection:
            place = connection.scalar(select(line.c.id).where(waits))
            phone = connection.scalar(select(agents.c.phone).where(agents.c.id == agent))
        return self._offered(agent, place, phone, offer) if place and phone else None

    def pick(self, place: str, agent: str) -> Offer | None:
        """Offer an agent what they chose, though they take no calls; None where they are busy, or it waits no more."""
        with opened(self.engine) as connection:
            phone = connection.scalar(select(agents.c.phone).where(agents.c.id == agent))
        return self._offered(agent, place, phone, free=IDLE) if phone else None

    def place(self, offer: str) -> Place | None:
        """Return the place that an offer is, or was, for; None for one that was taken back."""
        with opened(self.engine) as connection:
            row = connection.execute(places().where(line.c.offer == offer)).mappings().first()
        return Place(**row) if row else None

    def rung(self, offer: str, leg: str) -> bool:
        """Note the agent's call by which an offer rings; False where the offer was taken back meanwhile."""
        with self.engine.begin() as connection:
            return connection.execute(update(line).where(line.c.offer == offer).values(leg=leg)).rowcount == 1

    def accept(self, offer: str) -> str | None:
        """Give the place to the agent and return it; None where the caller is gone or somebody else's by now."""
        now = self.now()
        with self.engine.begin() as connection:
            place = one(connection, line, line.c.offer == offer)
            taken = _open(offer).values(state="talking", answered_at=now)
            if place is None or connection.execute(taken).rowcount != 1:
                return None
            theirs = place["id"]
            if not turned(connection, place["agent"], ("ringing",), "talking", now, theirs, of=theirs, misses=0):
                connection.rollback()
                return None
        return str(place["id"])

    def refuse(self, offer: str, why: str) -> bool:
        """Take an offer back: the caller stands in front, and an agent who misses two is away; False if it is past.

        So is one whose phone the carrier `denied` to ring twice, as it would be asked for that without end.
        """
        with self.engine.begin() as connection:
            place = one(connection, line, line.c.offer == offer)
            if place is None or place["state"] == "talking":
                return False
            missed = why != "left"
            told = in_front(connection, place, place["agent"]) if missed else {}
            back = _open(offer).values(state="waiting", **UNOFFERED, **told)
            taken = connection.execute(back).rowcount == 1
            if not taken and place["state"] == "offered":
                return False  # It changed since we looked: who took it back let the agent go, too.
            return self.released(connection, place, "ringing", why if why in UNMISSED else "missed") or taken

    def released(self, connection: Connection, place: Any, before: str, why: str) -> bool:
        """Have the agent of a place take calls again, or be away after they lost two; False if with another."""
        agent = one(connection, agents, agents.c.id == place["agent"])
        if agent is None or agent["line"] != place["id"]:
            return False
        misses = agent["misses"] + (why in LOST)
        state, reason = ("away", why) if misses >= MISSES else ("available", "")
        told = {"reason": reason, "why": why, "misses": misses}
        return turned(connection, agent["id"], (before,), state, self.now(), of=place["id"], **told)

    def stale(self) -> list[str]:
        """Return the offers that are past: rung too long, or whose caller is gone while the agent is still rung."""
        now = self.now()
        with opened(self.engine) as connection:
            past = connection.scalars(_stale(), {"unrung": now - UNRUNG, "late": now - PATIENCE})
            return [offer for offer in past if offer]

    def astray(self) -> list[str]:
        """Have agents take calls again who ring for a place that is not, or no more, theirs; return them.

        No change of ours leaves anybody so: it is a net under them all, as nobody could come out of it by themselves.
        """
        named = exists().where(line.c.id == agents.c.line, line.c.agent == agents.c.id)
        theirs = (guests.c.line == agents.c.line) & (guests.c.agent == agents.c.id)
        asked = exists().where(theirs, guests.c.state == "ringing")
        now = self.now()
        lost = select(agents.c.id, agents.c.line).where(agents.c.state == "ringing", agents.c.since < now - UNRUNG)
        with self.engine.begin() as connection:
            return [
                agent
                for agent, place in connection.execute(lost.where(~named, ~asked)).all()
                if turned(connection, agent, ("ringing",), "available", now, of=place, why="left")
            ]

    def _waiting(self, connection: Connection, most: int) -> list[Entry]:
        """Return who may be offered now: call backs only where their customers may be rung."""
        now = self.now()
        return heads(connection, most, now, cache(lambda queue: self.rings(queue, now)))

    def _offered(
        self, agent: str, key: str, phone: str, offer: str = "", free: tuple[str, ...] = ("available",)
    ) -> Offer | None:
        offer, now = offer or uuid4().hex, self.now()
        with self.engine.begin() as connection:
            place = one(connection, line, line.c.id == key)
            work = place["kind"] == "message"
            told = {"offer": offer, "agent": agent, "leg": None, "offered_at": now, "answered_back": False}
            told |= {"answered_at": now} if work else {}
            if not move(connection, line, key, "waiting", "talking" if work else "offered", **told):
                return None
            busy = "working" if work else "ringing"
            if not turned(connection, agent, free, busy, now, key):
                connection.rollback()
                return None
        about = (place["queue"], place["matter"], place["language"], place["kind"], place["number"])
        return Offer(offer, key, place["call_id"], agent, phone, *about)


# The board looks at the line whenever anything changed, so these two are built once.
@cache
def _available() -> Select[Any]:
    return select(agents).where(agents.c.state == "available")


@cache
def _stale() -> Select[Any]:
    unrung = line.c.leg.is_(None) & (line.c.offered_at < bindparam("unrung", type_=Moment))
    late = (line.c.offered_at < bindparam("late", type_=Moment)) | unrung
    theirs = (agents.c.line == line.c.id) & (agents.c.id == line.c.agent)
    held = select(line.c.offer).join(agents, theirs).where(agents.c.state == "ringing")
    return held.where((line.c.state != "offered") | late)


def _open(offer: str) -> Update:
    """Return what changes the place of an offer that stands, and not of the next one to whom the same place went."""
    return update(line).where(line.c.offer == offer, line.c.state == "offered")


def in_front(connection: Connection, place: Any, by: str) -> dict[str, Any]:
    """Return what puts a place whom this agent missed to the front of its rank, and to other agents first."""
    first = func.coalesce(line.c.front, line.c.since)
    alike = standings().where(line.c.state == "waiting", line.c.rank == place["rank"]).order_by(first).limit(1)
    back = returned(entry([place[name] for name in STANDING]), map(entry, connection.execute(alike)), by)
    return {"front": back.front, "missed_by": json.dumps(sorted(back.missed_by))}
