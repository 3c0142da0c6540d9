"""What must be true of the history of agents' states, whatever happened: no change is missing from it."""

from typing import Final

from sqlalchemy import Engine, select

from ivr.store.desk_tables import agent_states, agents

IDLE: Final = frozenset({"offline", "away", "available"})
# What an agent can do next; a change that was not written down would show as one that cannot be.
NEXT: Final = {
    None: frozenset({"offline"}),
    "offline": IDLE,
    "away": IDLE,
    "available": IDLE | {"ringing", "working"},
    "ringing": frozenset({"talking", "available", "away"}),
    "talking": frozenset({"wrapping", "available", "away"}),
    "wrapping": frozenset({"available"}),
    "working": frozenset({"available", "away"}),
}


def story(engine: Engine, agent: str) -> list[str]:
    """Return the states of an agent in order, each with its reason behind a colon where it has one."""
    query = select(agent_states.c.state, agent_states.c.reason).where(agent_states.c.agent == agent)
    with engine.connect() as connection:
        rows = connection.execute(query.order_by(agent_states.c.id)).all()
    return [f"{state}:{reason}" if reason else state for state, reason in rows]


def check_states(engine: Engine) -> None:
    """Each agent's history ends with what they do now, and leads there without a gap."""
    with engine.connect() as connection:
        now = connection.execute(select(agents)).mappings().all()
        rows = connection.execute(select(agent_states).order_by(agent_states.c.id)).mappings().all()
    assert {row["agent"] for row in rows} <= {agent["id"] for agent in now}
    for agent in now:
        mine = [row for row in rows if row["agent"] == agent["id"]]
        last = mine[-1]
        assert (last["state"], last["at"], last["line"]) == (agent["state"], agent["since"], agent["line"])
        assert not agent["reason"] or last["reason"] == agent["reason"]
        for before, after in zip([None, *(row["state"] for row in mine)], mine, strict=False):
            assert after["state"] in NEXT[before], (agent["id"], before, after)
