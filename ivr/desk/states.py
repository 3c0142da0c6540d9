"""How an agent goes from one state to another: by this function only, so that the history of it has no gaps."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, update

from ivr.store.desk_tables import agent_states, agents
from ivr.store.fact_tables import stale


def turned(
    connection: Connection,
    agent: str | None,
    before: Sequence[str],
    state: str,
    at: datetime,
    place: str | None = None,
    of: str | None = None,
    reason: str = "",
    why: str = "",
    **told: Any,
) -> bool:
    """Move an agent to another state, busy with this place or none; False where they are in none of those before.

    With `of`, only who is busy with that place. `why` is the history's reason where the agent's own would not tell:
    `missed`, `failed` (not rung at all, or the caller not fetched), `denied` (the carrier does not ring their phone),
    `left`, `unanswered` (a guest), `unreached`.
    """
    theirs = (agents.c.id == agent) & agents.c.state.in_(before)
    theirs = theirs & (agents.c.line == of) if of else theirs
    kept = {"state": state, "since": at, "line": place, "reason": reason}
    if connection.execute(update(agents).where(theirs).values(kept | told)).rowcount != 1:
        return False
    noted(connection, agent or "", at, state, why or reason, place)
    return True


def noted(connection: Connection, agent: str, at: datetime, state: str, reason: str, place: str | None) -> None:
    """Write down that an agent is in this state from now on, for which their day is to be counted anew."""
    row = {"agent": agent, "at": at, "state": state, "reason": reason, "line": place}
    connection.execute(agent_states.insert().values(row))
    connection.execute(stale.insert().values(of=at, at=at))
