"""Places that a router elsewhere gives away: those of its own workers, and what it takes back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Engine, select

from ivr.desk.places import move
from ivr.store.desk_tables import line
from ivr.store.engine import opened

ROUTER: Final = "taskrouter"


@dataclass(frozen=True, slots=True)
class Tasks:
    """Keeps the line in step with a router elsewhere."""

    engine: Engine
    now: Callable[[], datetime]

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
