"""The agents: who they are, what they can do, and what they do now."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Engine, RowMapping, select, update

from ivr.desk.line import Agent
from ivr.desk.states import noted, turned
from ivr.store.desk_tables import agents
from ivr.store.engine import opened
from ivr.store.tables import INSERT

IDLE: Final = ("offline", "away", "available")
BROWSER: Final = "client:"  # What an agent's phone is called that rings in the browser.


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
    level: int


def free(row: RowMapping) -> Agent:
    """Return an agent's row as the line sees it: whoever is wanted by name, owns work, or has the level can serve."""
    name = row["id"]
    implied = {f"agent:{name}", f"owner:{name}", *(f"level:{level}" for level in range(1, row["level"] + 1))}
    return Agent(name, frozenset(json.loads(row["skills"])) | implied, row["since"])


@dataclass(frozen=True, slots=True)
class Agents:
    """Keeps the agents."""

    engine: Engine
    now: Callable[[], datetime]

    def enrol(self, agent: str, phone: str, skills: frozenset[str], level: int) -> None:
        """Make an agent, or change where they are rung and what they can do."""
        told = {"phone": phone, "skills": json.dumps(sorted(skills)), "level": level}
        now = self.now()
        new = {"id": agent, "state": "offline", "reason": "", "since": now, "misses": 0, "line": None}
        with self.engine.begin() as connection:
            insert = INSERT[connection.dialect.name](agents).values(new | told)
            if connection.scalar(insert.on_conflict_do_nothing().returning(agents.c.id)):
                noted(connection, agent, now, "offline", "", None)
            else:
                connection.execute(update(agents).where(agents.c.id == agent).values(told))

    def one(self, agent: str) -> AgentState | None:
        """Return an agent, or None where there is none of that name."""
        with opened(self.engine) as connection:
            row = connection.execute(select(agents).where(agents.c.id == agent)).mappings().first()
        return _made(row) if row else None

    def all(self) -> list[AgentState]:
        """Return all agents by name."""
        with opened(self.engine) as connection:
            return [_made(row) for row in connection.execute(select(agents).order_by(agents.c.id)).mappings()]

    def turn(self, agent: str, state: str, **told: Any) -> bool:
        """Have an agent who is rung by nobody, and talks with nobody, do something else.

        Who does that already goes on with it, since when it was.
        """
        doing = {"state": state, "reason": "", **told}
        same = (agents.c[name] == value for name, value in doing.items())
        with self.engine.begin() as connection:
            if connection.scalar(select(agents.c.id).where(agents.c.id == agent, *same)):
                return True
            return turned(connection, agent, IDLE, state, self.now(), **told)


def _made(row: RowMapping) -> AgentState:
    return AgentState(**{**row, "skills": frozenset(json.loads(row["skills"]))})
