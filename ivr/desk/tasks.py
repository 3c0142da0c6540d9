"""Places that somebody else gives away: who is offered to whom is told to the desk, not found by it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Engine, select

from ivr.desk.offers import Offer
from ivr.desk.places import move
from ivr.store.desk_tables import agents, line
from ivr.store.engine import opened

ROUTER: Final = "taskrouter"


@dataclass(frozen=True, slots=True)
class Tasks:
    """Keeps the desk in step with a router elsewhere, by the same compare-and-set as its own offers."""

    engine: Engine
    now: Callable[[], datetime]

    def give(self, call_id: str, agent: str, offer: str) -> Offer | None:
        """Offer a waiting caller to a free agent under this id; None where either is no longer so."""
        now = self.now()
        told = {"offer": offer, "agent": agent, "leg": None, "offered_at": now}
        with self.engine.begin() as connection:
            place = connection.execute(select(line).where(_waiting(call_id))).mappings().first()
            phone = connection.scalar(select(agents.c.phone).where(agents.c.id == agent))
            if place is None or phone is None or not move(connection, line, place["id"], "waiting", "offered", **told):
                return None
            if not move(connection, agents, agent, "available", "ringing", line=place["id"], since=now):
                connection.rollback()
                return None
        about = {name: place[name] for name in ("call_id", "queue", "matter", "language", "kind")}
        return Offer(id=offer, line=place["id"], agent=agent, phone=phone, **about)

    def elsewhere(self, call_id: str, who: str) -> bool:
        """Note that somebody who is no agent of this desk talks with a caller; False where nobody waits."""
        with self.engine.begin() as connection:
            place = connection.scalar(select(line.c.id).where(_waiting(call_id)))
            told = {"agent": who[:64], "answered_at": self.now()}
            return place is not None and move(connection, line, place, "waiting", "talking", **told)

    def offers(self, call_id: str) -> list[str]:
        """Return the offers of a call that still ring."""
        query = select(line.c.offer).where(line.c.call_id == call_id, line.c.state == "offered")
        with opened(self.engine) as connection:
            return [offer for offer in connection.scalars(query) if offer]


def _waiting(call_id: str) -> ColumnElement[Any]:
    return (line.c.call_id == call_id) & (line.c.state == "waiting") & (line.c.router == ROUTER)
