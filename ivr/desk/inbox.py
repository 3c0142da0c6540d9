"""The inbox: messages and call backs as work, with an owner and a time by which it is due."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import Engine, RowMapping, exists, select, update

from ivr.desk.offers import UNOFFERED
from ivr.desk.places import OPEN, Place, call_first, one, places
from ivr.desk.states import turned
from ivr.desk.talks import wrapped
from ivr.store.desk_tables import agents, drafts, line
from ivr.store.engine import opened
from ivr.store.tables import INSERT

WORK: Final = ("message", "callback")
LATEST: Final = 100
PATIENCE: Final = timedelta(minutes=30)  # Longer than a message is worked on without a word being noted.
SAME: Final = ("call_id", "caller_hash", "queue", "language", "matter", "mark", "rank", "level")


@dataclass(frozen=True, slots=True)
class Inbox:
    """Keeps whose work it is, and what came of it."""

    engine: Engine
    now: Callable[[], datetime]

    def work(self, owner: str | None = None, open: bool = True) -> list[Place]:
        """Return the work there is, the soonest due first; or that which is done, or failed, the latest first."""
        query = places().where(line.c.kind.in_(WORK), line.c.state.in_(OPEN) if open else line.c.state.not_in(OPEN))
        if owner:
            query = query.where(line.c.owner == owner)
        query = query.order_by(line.c.due_at if open else line.c.ended_at.desc(), line.c.id)
        with opened(self.engine) as connection:
            return [Place(**row) for row in connection.execute(query if open else query.limit(LATEST)).mappings()]

    def assign(self, place: str, owner: str | None) -> bool:
        """Give work to an agent, whom alone it is then offered to, or to everybody; False where somebody is at it."""
        waits = (line.c.id == place) & (line.c.state == "waiting") & line.c.kind.in_(WORK)
        with self.engine.begin() as connection:
            return connection.execute(update(line).where(waits).values(owner=owner)).rowcount == 1

    def back(self, place: str, owner: str, number: str, sealed: str) -> str | None:
        """Have an agent's own call back be due now, and return its place; None where somebody is at it.

        For a message it is made, to this number (E.164, whose keyed hash is `sealed`), and the message is theirs; None,
        too, where the number is to be rung back already.
        """
        with self.engine.begin() as connection:
            waits = (line.c.id == place) & (line.c.state == "waiting") & line.c.kind.in_(WORK)
            found = connection.execute(select(line).where(waits)).mappings().first()
            if found is None:
                return None
            told = {"owner": owner} | ({"not_before": None} if found["kind"] == "callback" else {})
            if connection.execute(update(line).where(waits).values(told)).rowcount != 1:
                return None
            if found["kind"] == "callback":
                return place
            made = self._made(found) | {"owner": owner, "number": number, "number_hash": sealed}
            # PostgreSQL does not tell of an insert how many rows it made.
            added = INSERT[connection.dialect.name](line).values(made).on_conflict_do_nothing().returning(line.c.id)
            if connection.execute(added).first() is None:
                connection.rollback()
                return None
            return str(made["id"])

    def _made(self, message: RowMapping) -> dict[str, Any]:
        """Return the row of a call back to whoever left a message."""
        now, same = self.now(), {name: message[name] for name in SAME}
        told = {"id": f"{message['call_id']}-{uuid4().hex}", "kind": "callback", "state": "waiting"}
        return same | told | {"since": now, "joined_at": now, "due_at": message["due_at"]}

    def lying(self) -> list[str]:
        """Return the messages whose agent has neither done nor noted anything since long ago, as who went home."""
        late = self.now() - PATIENCE
        theirs = (agents.c.line == line.c.id) & (agents.c.id == line.c.agent)
        noted = exists().where(drafts.c.line == line.c.id, drafts.c.agent == line.c.agent, drafts.c.at >= late)
        held = select(line.c.id).join(agents, theirs).where(agents.c.state == "working", agents.c.since < late)
        with opened(self.engine) as connection:
            return list(connection.scalars(held.where(~noted)))

    def taken_back(self, place: str) -> bool:
        """Have a message that lies with an agent wait for another; the agent is away. False where it is done by now."""
        told = UNOFFERED | {"state": "waiting", "answered_at": None}
        with self.engine.begin() as connection:
            call_first(connection, place)
            found = one(connection, line, line.c.id == place)
            agent, now = found["agent"] if found else None, self.now()
            if not turned(connection, agent, ("working",), "away", now, of=place, reason="idle"):
                return False
            connection.execute(update(line).where(line.c.id == place, line.c.state == "talking").values(told))
        return True

    def close(self, place: str, agent: str, code: str, note: str) -> bool:
        """Have work be done that nobody is at; False where somebody is, or it is done already."""
        now = self.now()
        told = {"state": "done", "ended_at": now, "done_by": agent, "closed_code": code}
        waits = (line.c.id == place) & line.c.state.in_(("waiting", "failed")) & line.c.kind.in_(WORK)
        with self.engine.begin() as connection:
            call_first(connection, place)
            if connection.execute(update(line).where(waits).values(told)).rowcount != 1:
                return False
            wrapped(connection, place, agent, code, note, None, now)
        return True
