"""For how long agents were in each state, from the history of their states."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select

from ivr.reports.facts import seconds
from ivr.store.desk_tables import agent_states, agents

OFF: Final = "offline"


def counted(connection: Connection, since: datetime, until: datetime) -> Iterator[tuple[str, Mapping[str, int], bool]]:
    """Yield each agent who was there, the seconds in each state (`in_talking`), rings `missed`, and whether they stay.

    They stay who are not offline at the end.
    """
    history = {agent: [(since, state, "")] for agent, state in _before(connection, since)}
    columns = (agent_states.c.agent, agent_states.c.at, agent_states.c.state, agent_states.c.reason)
    query = select(*columns).where(agent_states.c.at >= since, agent_states.c.at < until).order_by(agent_states.c.id)
    for agent, at, state, reason in connection.execute(query):
        history.setdefault(agent, []).append((at, state, reason))
    for agent, rows in history.items():
        sums = Counter[str]()
        spent = dict[str, float]()
        for (at, state, reason), (end, _, _) in zip(rows, [*rows[1:], (until, "", "")], strict=True):
            sums["missed"] += reason == "missed"
            if state != OFF:
                spent[f"in_{state}"] = spent.get(f"in_{state}", 0.0) + seconds(at, end)
        sums |= Counter({name: round(time) for name, time in spent.items()})
        if found := {name: number for name, number in sums.items() if number}:
            yield agent, found, rows[-1][1] != OFF


def _before(connection: Connection, at: datetime) -> Iterator[tuple[str, str]]:
    """Yield what each agent did just before a moment, of those who were there."""
    theirs = agent_states.c.agent == agents.c.id
    last = select(agent_states.c.state).where(theirs, agent_states.c.at < at)
    state = last.order_by(agent_states.c.at.desc(), agent_states.c.id.desc()).limit(1).scalar_subquery()
    for agent, found in connection.execute(select(agents.c.id, state)):
        if found not in (None, OFF):
            yield agent, found
