"""Guests in a talk: whom an agent consults, who takes over, and the supervisors who listen."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import uuid4

from sqlalchemy import Connection, Engine, RowMapping, or_, select, update

from ivr.desk.places import move, one
from ivr.desk.states import turned
from ivr.desk.talks import Talks, wrapping
from ivr.store.desk_tables import agents, guests, line
from ivr.store.engine import opened

Mode = Literal["talk", "listen", "coach", "join"]
PATIENCE: Final = timedelta(seconds=60)
THERE: Final = ("ringing", "talking", "host")


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody else in a talk, or rung for it; the agent is None for an outside number, and for who watches only."""

    id: str
    line: str
    kind: str
    by: str
    agent: str | None
    phone: str = field(repr=False)
    mode: str
    state: str
    leg: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Guests:
    """Keeps who else is in a talk."""

    engine: Engine
    now: Callable[[], datetime]
    talks: Talks

    def consult(self, place: str, by: str, agent: str | None = None, number: str | None = None) -> Guest | None:
        """Ask a free agent, or an outside number, into a talk of this agent; None where either is not to be had."""
        with self.engine.begin() as connection:
            if not _talks(connection, place, by):
                return None
            phone = self._rings(connection, agent, place) if agent else number
            if not phone:
                return None
            return self._come(connection, place, "consult", by, agent, phone, "talk")

    def monitor(self, place: str, who: str, phone: str, mode: Mode) -> Guest | None:
        """Let a supervisor into a talk; one who takes calls is not offered any meanwhile. None where nobody talks."""
        with self.engine.begin() as connection:
            if not _talks(connection, place):
                return None
            agent = who if self._rings(connection, who, place) else None
            return self._come(connection, place, "monitor", who, agent, phone, mode)

    def one(self, guest: str) -> Guest | None:
        """Return a guest, also one who is gone."""
        with opened(self.engine) as connection:
            row = connection.execute(_guests().where(guests.c.id == guest)).mappings().first()
        return _made(row) if row else None

    def of(self, place: str) -> list[Guest]:
        """Return who is there, or rung, besides the caller and the agent, in the order of their coming."""
        there = _guests().where(guests.c.line == place, guests.c.state.in_(THERE)).order_by(guests.c.at, guests.c.id)
        with opened(self.engine) as connection:
            return [_made(row) for row in connection.execute(there).mappings()]

    def rung(self, guest: str, leg: str) -> None:
        """Note the call by which a guest is rung."""
        with self.engine.begin() as connection:
            connection.execute(update(guests).where(guests.c.id == guest).values(leg=leg))

    def joined(self, guest: str) -> bool:
        """Let a guest in who is rung; False where the talk is over, or the guest was given up."""
        now = self.now()
        with self.engine.begin() as connection:
            found = one(connection, guests, guests.c.id == guest)
            if found is None or not _talks(connection, found["line"]):
                return False
            if not move(connection, guests, guest, "ringing", "talking", at=now):
                return False
            agent, place = found["agent"], found["line"]
            if agent and not turned(connection, agent, ("ringing",), "talking", now, place, misses=0):
                connection.rollback()
                return False
        return True

    def gone(self, guest: str) -> str:
        """Note that a guest is no longer there; return as what they were, "" where that was told before.

        A host's going ends the talk.
        """
        with self.engine.begin() as connection:
            found = one(connection, guests, guests.c.id == guest)
            if found is None or found["state"] == "gone":
                return ""
            moved = move(connection, guests, guest, found["state"], "gone", at=self.now())
            if moved and found["state"] in ("ringing", "talking"):
                self._released(connection, found)
        if not moved:
            return self.gone(guest)  # They joined, or took over, since we looked.
        if found["state"] == "host":
            self.talks.over(found["line"])
        return str(found["state"])

    def mode(self, guest: str, mode: Mode) -> bool:
        """Let a supervisor listen, coach or join instead; False where the guest is gone."""
        there = (guests.c.id == guest) & guests.c.state.in_(("ringing", "talking"))
        with self.engine.begin() as connection:
            return connection.execute(update(guests).where(there).values(mode=mode)).rowcount == 1

    def handed_over(self, place: str, guest: str) -> bool:
        """Give a talk to a guest who is in it: the agent who asked them wraps up. False where either is gone.

        From now on the guest's id is the talk's offer, so that the end of the old agent's call ends nothing.
        """
        now = self.now()
        with self.engine.begin() as connection:
            found = one(connection, guests, guests.c.id == guest)
            if found is None or found["line"] != place or found["kind"] != "consult":
                return False
            told = {"agent": found["agent"], "offer": guest, "leg": found["leg"]}
            theirs = (line.c.id == place) & (line.c.state == "talking") & (line.c.agent == found["by"])
            if connection.execute(update(line).where(theirs).values(told)).rowcount != 1:
                return False
            if not move(connection, guests, guest, "talking", "host", at=now):
                connection.rollback()
                return False
            wrapping(connection, found["by"], place, now)
        return True

    def past(self) -> list[str]:
        """Return the guests to be let go: rung too long, or in a talk that is over."""
        late = (guests.c.state == "ringing") & (guests.c.at < self.now() - PATIENCE)
        there = select(guests.c.id).join(line, line.c.id == guests.c.line).where(guests.c.state.in_(THERE))
        with opened(self.engine) as connection:
            return list(connection.scalars(there.where(or_(late, line.c.state != "talking"))))

    def _rings(self, connection: Connection, agent: str, place: str) -> str | None:
        """Have a free agent be rung for this place; return where, or None where they are not free."""
        if not turned(connection, agent, ("available",), "ringing", self.now(), place):
            return None
        phone: str | None = connection.scalar(select(agents.c.phone).where(agents.c.id == agent))
        return phone

    def _come(
        self, connection: Connection, place: str, kind: str, by: str, agent: str | None, phone: str, mode: Mode
    ) -> Guest:
        guest = Guest(uuid4().hex, place, kind, by, agent, phone, mode, "ringing", None, self.now())
        told = {one.name: getattr(guest, one.name) for one in fields(Guest)}
        connection.execute(guests.insert().values(told))
        return guest

    def _released(self, connection: Connection, guest: Any) -> None:
        """Have a guest's agent wrap up what they talked about; whoever was only rung, or only listened, is free."""
        agent, place, now = guest["agent"], guest["line"], self.now()
        if agent and guest["kind"] == "consult" and wrapping(connection, agent, place, now):
            return
        why = "unanswered" if guest["state"] == "ringing" else ""
        turned(connection, agent, ("ringing", "talking"), "available", now, of=place, why=why)


def _talks(connection: Connection, place: str, agent: str | None = None) -> bool:
    """Does somebody, or this agent, talk there?"""
    theirs = (line.c.id == place) & (line.c.state == "talking") & (line.c.kind != "message")
    mine = theirs & (line.c.agent == agent) if agent else theirs
    return connection.scalar(select(line.c.id).where(mine).with_for_update()) is not None


def _guests() -> Any:
    return select(*(guests.c[one.name] for one in fields(Guest)))


def _made(row: RowMapping) -> Guest:
    return Guest(**row)
