"""Talks: held, recorded, ended and wrapped up."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Engine, delete, exists, select, update

from ivr.desk.agents import BROWSER
from ivr.desk.offers import UNOFFERED, Offers, in_front
from ivr.desk.places import call_first, move, one
from ivr.desk.states import turned
from ivr.store.desk_tables import agents, drafts, line, pages, wrapups
from ivr.store.engine import opened
from ivr.store.tables import INSERT, calls, turns

# A caller whose talk is over asks within a moment what comes next; whoever does not for so long is elsewhere by now.
ALONE: Final = (timedelta(seconds=2), timedelta(seconds=60))
ELSEWHERE: Final = "served in another call"  # How a call back ends whose customer rang first.
TOLD: Final = timedelta(seconds=5)  # Until then they hear that they are rung again, and their line is busy.
AFTER: Final = (timedelta(seconds=1), timedelta(seconds=5))


@dataclass(frozen=True, slots=True)
class Talks:
    """Keeps who talks with whom, and how it ended."""

    engine: Engine
    now: Callable[[], datetime]
    offers: Offers

    def over(self, place: str, meant: bool = True) -> bool:
        """Let the agent of a talk wrap it up; False where nobody talks there.

        Where its agent was lost amid it, so that it was not `meant`, nobody has done it: see `lost`.
        A call back that nobody answered yet is only given back: its agent hung up too soon.
        """
        with self.engine.begin() as connection:
            call_first(connection, place)
            found = one(connection, line, line.c.id == place)
            if found is None:
                return False
            unconfirmed = found["kind"] == "callback" and found["state"] == "talking" and not found["answered_back"]
            # Where it cannot be given back, the customer has confirmed since we looked: it was a talk.
            if unconfirmed and self._given_back(connection, found, missed=True):
                return True
            told = {"ended_at": self.now(), "done_by": found["agent"] if meant else None}
            if move(connection, line, place, "talking", "done", **told):
                _digested_anew(connection, place)
            return wrapping(connection, found["agent"], place, self.now())

    def arrived(self, offer: str) -> bool:
        """Note that a caller has come into the talk of this offer, however often that is told; False if it is past."""
        there = update(line).where(line.c.offer == offer, line.c.state == "talking").values(answered_back=True)
        with self.engine.begin() as connection:
            return connection.execute(there).rowcount == 1

    def given_back(self, place: str) -> bool:
        """Have a caller wait in front again whom the carrier did not fetch, and free the agent; False if it is past.

        So it is where the caller has come all the same, though the carrier's answer was late, or said that it failed.
        """
        with self.engine.begin() as connection:
            found = one(connection, line, line.c.id == place)
            return found is not None and self._given_back(connection, found, missed=False)

    def lost(self, call_id: str) -> bool:
        """Was the agent of this caller's talk lost amid it, or that of this call back's, as with a browser?

        Whoever ends a talk by their page says so first: then they have done it. Where it still goes on, nobody said so,
        unless the page is of a release that does not.
        """
        talks = (
            select(line.c.state, line.c.agent, line.c.done_by, agents.c.phone, pages.c.ends)
            .outerjoin(agents, agents.c.id == line.c.agent)
            .outerjoin(pages, pages.c.agent == line.c.agent)
        )
        mine = (line.c.call_id == call_id) & line.c.answered_back
        with opened(self.engine) as connection:
            row = connection.execute(talks.where(mine).order_by(line.c.joined_at.desc()).limit(1)).first()
        if row is None or row.agent is None or row.state not in ("talking", "done"):
            return False
        if row.state == "done":
            return row.done_by is None
        return bool(row.ends) and (row.phone or "").startswith(BROWSER)

    def cut_off(self, place: str) -> bool:
        """Have a customer be rung again, in front, whose agent was lost amid the talk; False if it was not so.

        The agent wraps up what was said until then.
        """
        with self.engine.begin() as connection:
            found = one(connection, line, line.c.id == place)
            if found is None:
                return False
            soon = {"answered_back": False, "ended_at": None, "not_before": self.now() + TOLD}
            told = in_front(connection, found, found["agent"]) | UNOFFERED | soon
            theirs = (line.c.id == place) & (line.c.state == found["state"]) & (line.c.offer == found["offer"])
            lost = theirs & line.c.state.in_(("talking", "done")) & line.c.done_by.is_(None) & line.c.agent.is_not(None)
            if connection.execute(update(line).where(lost).values(state="waiting", **told)).rowcount != 1:
                return False
            wrapping(connection, found["agent"], place, self.now())
        return True

    def wrap_up(self, agent: str, code: str, note: str, case: str | None) -> bool:
        """Write down how a talk, or work, ended; the agent takes calls again. False where nothing is to be wrapped up.

        Work is done by that. A case that was put down while they talked stays, unless another is given.
        """
        now = self.now()
        with self.engine.begin() as connection:
            found = one(connection, agents, agents.c.id == agent)
            if found is None or found["state"] not in ("wrapping", "working"):
                return False
            place = found["line"]
            call_first(connection, place)
            if not turned(connection, agent, (found["state"],), "available", now):
                return False
            if found["state"] == "working":
                move(connection, line, place, "talking", "done", ended_at=now, done_by=agent)
            connection.execute(update(line).where(line.c.id == place).values(closed_code=code))
            wrapped(connection, place, agent, code, note, case, now)
        return True

    def done(self) -> list[str]:
        """Return the places whose talk is over while their agent still stands as talking."""
        theirs = (agents.c.line == line.c.id) & (agents.c.id == line.c.agent)
        held = select(line.c.id).join(agents, theirs).where(agents.c.state == "talking")
        with opened(self.engine) as connection:
            return list(connection.scalars(held.where(line.c.state != "talking")))

    def left_alone(self) -> list[str]:
        """Return the places whose agent hung up in the moment in which the caller came, who has been told nothing.

        Of those whom the agent still wraps up, so that no look at the line reads all that was ever done.
        """
        now = self.now()
        theirs = (agents.c.line == line.c.id) & (agents.c.state == "wrapping")
        lately = (line.c.ended_at < now - ALONE[0]) & (line.c.ended_at > now - ALONE[1])
        # Whom another agent took over asks by the first one's offer.
        talk = turns.c.asked.like("talk/%") & (turns.c.at >= line.c.answered_at)
        told = exists().where(turns.c.call_id == line.c.call_id, talk)
        held = select(line.c.id).join(agents, theirs).join(calls, calls.c.id == line.c.call_id)
        query = held.where(line.c.kind == "call", line.c.state == "done", calls.c.ended_at.is_(None), lately, ~told)
        with opened(self.engine) as connection:
            return list(connection.scalars(query))

    def called_back(self) -> list[str]:
        """Return the call backs whose agent hung up a moment ago, maybe before the customer who confirmed came in."""
        now = self.now()
        theirs = (agents.c.line == line.c.id) & (agents.c.state == "wrapping")
        lately = (line.c.ended_at < now - AFTER[0]) & (line.c.ended_at > now - AFTER[1])
        held = select(line.c.id).join(agents, theirs).where(line.c.kind == "callback", line.c.state == "done", lately)
        with opened(self.engine) as connection:
            return list(connection.scalars(held))

    def hold(self, place: str, on: bool) -> bool:
        """Note that a caller hears music, or no more; False where they already do so, or nobody talks there."""
        return self._talking(place, line.c.held.is_(not on), held=on)

    def recording(self, place: str, state: str, until: datetime | None = None) -> bool:
        """Note that a talk's recording is on, or paused until then; False where it already is, or nobody talks."""
        return self._talking(place, line.c.record != state, record=state, paused_until=until)

    def resume_due(self) -> list[str]:
        """Return the talks whose recording has been paused for long enough."""
        paused = (line.c.state == "talking") & (line.c.record == "paused")
        with opened(self.engine) as connection:
            return list(connection.scalars(select(line.c.id).where(paused, line.c.paused_until <= self.now())))

    def _talking(self, place: str, differs: Any, **told: Any) -> bool:
        changed = update(line).where(line.c.id == place, line.c.state == "talking", differs).values(told)
        with self.engine.begin() as connection:
            return connection.execute(changed).rowcount == 1

    def _given_back(self, connection: Connection, place: Any, missed: bool) -> bool:
        told = in_front(connection, place, place["agent"]) | UNOFFERED
        unanswered = (line.c.id == place["id"]) & (line.c.state == "talking") & (line.c.offer == place["offer"])
        back = update(line).where(unanswered, line.c.answered_back.is_(False)).values(state="waiting", **told)
        if connection.execute(back).rowcount != 1:
            return False
        return self.offers.released(connection, place, "talking", "missed" if missed else "failed")


def wrapping(connection: Connection, agent: str | None, place: str, now: datetime) -> bool:
    """Let an agent of this place wrap it up; False where they talk with nobody there."""
    if not turned(connection, agent, ("talking",), "wrapping", now, place, of=place):
        return False
    _served(connection, place, agent, now)
    return True


def _served(connection: Connection, place: str, agent: str | None, now: datetime) -> None:
    """Close what the caller of this talk asked for before it, to be rung back; not while they are only sent on.

    An agent who is rung for it at this moment is let go as for any caller who left.
    """
    talk, onward = line.alias(), line.alias()
    sent_on = exists().where(onward.c.call_id == talk.c.call_id, onward.c.state.in_(("waiting", "offered")))
    known = (talk.c.kind == "call") & (talk.c.caller_hash != "")
    caller = select(talk.c.caller_hash).where(talk.c.id == place, known, ~sent_on)
    before = line.c.joined_at <= select(talk.c.answered_at).where(talk.c.id == place).scalar_subquery()
    back = (line.c.kind == "callback") & line.c.state.in_(("waiting", "offered"))
    asked = update(line).where(line.c.caller_hash == caller.scalar_subquery(), back, before)
    connection.execute(asked.values(state="done", ended_at=now, done_by=agent, closed_code=ELSEWHERE))


def wrapped(
    connection: Connection, place: str, agent: str, code: str, note: str, case: str | None, now: datetime
) -> None:
    """Write down how an agent wrapped a place up; the draft of it is no longer wanted."""
    theirs = (drafts.c.line == place) & (drafts.c.agent == agent)
    case = case or connection.scalar(select(drafts.c.case).where(theirs)) or None
    told = {"line": place, "agent": agent, "code": code, "note": note, "at": now, "case": case}
    connection.execute(INSERT[connection.dialect.name](wrapups).values(told).on_conflict_do_nothing())
    connection.execute(delete(drafts).where(theirs))
    _digested_anew(connection, place)


def _digested_anew(connection: Connection, place: str) -> None:
    """Have the call of a place written down once more among what calls came to, where it is over."""
    call = select(line.c.call_id).where(line.c.id == place).scalar_subquery()
    connection.execute(update(calls).where(calls.c.id == call).values(digested=False))
