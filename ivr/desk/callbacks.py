"""Call backs: customers who are rung, by an agent who is on the line already, up to three times."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Engine, func, select, update

from ivr.desk.offers import UNOFFERED
from ivr.desk.places import one
from ivr.desk.states import turned
from ivr.store.desk_tables import by_state, line
from ivr.store.engine import opened

PAUSES: Final = (timedelta(minutes=15), timedelta(hours=2))  # After the first and the second try; there is one more.
WEEK: Final = timedelta(days=7)  # Nobody waits longer for a call back.
PATIENCE: Final = timedelta(seconds=90)  # A phone rings for a minute at most, and then a voicemail box may speak.


@dataclass(frozen=True, slots=True)
class Callbacks:
    """Keeps how call backs went."""

    engine: Engine
    now: Callable[[], datetime]

    def unanswered(self, place: str) -> bool:
        """Try a customer again later whom nobody answered for, or give up; the agent is free. False if it is past."""
        now = self.now()
        with self.engine.begin() as connection:
            found = one(connection, line, line.c.id == place)
            if found is None:
                return False
            told = UNOFFERED | _later(found["tries"], now)
            again = update(line).where(_ringing(place), line.c.offer == found["offer"]).values(told)
            if connection.execute(again).rowcount != 1:
                return False
            turned(connection, found["agent"], ("talking",), "available", now, why="unreached")
        return True

    def answered(self, place: str) -> bool:
        """Note that the customer pressed the key and is there; False if that was told before, or it is past."""
        there = update(line).where(_ringing(place)).values(answered_back=True, answered_at=self.now())
        with self.engine.begin() as connection:
            return connection.execute(there).rowcount == 1

    def rung(self, since: datetime) -> int:
        """Return how often customers were rung since a moment, as far as their places are not older than a week."""
        lately = (line.c.joined_at > since - WEEK) & (line.c.kind == "callback") & (line.c.answered_at > since)
        with opened(self.engine) as connection:
            return int(connection.scalar(select(func.sum(line.c.tries + 1)).where(lately)) or 0)

    def stale(self) -> list[str]:
        """Return the places whose customer was rung for too long, so that it was not told how that ended."""
        late = line.c.answered_at < self.now() - PATIENCE
        ringing = (line.c.kind == "callback") & (line.c.state == "talking") & line.c.answered_back.is_(False)
        with opened(self.engine) as connection:
            return list(connection.scalars(by_state(select(line.c.id)).where(ringing, late)))


def _ringing(place: str) -> Any:
    callback = (line.c.id == place) & (line.c.kind == "callback")
    return callback & (line.c.state == "talking") & line.c.answered_back.is_(False)


def _later(tries: int, now: datetime) -> dict[str, Any]:
    """Return what becomes of a call back after so many tries before this one."""
    told: dict[str, Any] = {"tries": tries + 1}
    if tries < len(PAUSES):
        return told | {"state": "waiting", "not_before": now + PAUSES[tries]}
    return told | {"state": "failed", "ended_at": now}
