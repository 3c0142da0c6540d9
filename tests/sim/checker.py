"""The rule of the line, stated again in plain pairs, with nothing taken from the scheduler but its types."""

from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import pairwise

from ivr.desk.line import Agent, Entry, Match, Rules


def seconds(entry: Entry, rules: Rules) -> float:
    """When the entry counts as having come, in seconds of the epoch."""
    came = entry.since.timestamp()
    if entry.front is not None and entry.front.timestamp() < came:
        came = entry.front.timestamp()
    head_start = rules.head_start[entry.rank].total_seconds() if entry.rank in rules.head_start else 0
    return came - head_start


def before(one: Entry, other: Entry, rules: Rules) -> bool:
    """Does the one stand before the other? Earlier; or missed by an agent; or on the phone; or of the smaller name."""
    if seconds(one, rules) != seconds(other, rules):
        return seconds(one, rules) < seconds(other, rules)
    if (one.front is None) != (other.front is None):
        return one.front is not None
    if (one.kind == "call") != (other.kind == "call"):
        return one.kind == "call"
    return one.id < other.id


def can(agent: Agent, entry: Entry, rules: Rules, now: datetime) -> bool:
    """Has the agent every skill that the entry still needs? Nothing is given up for a message."""
    if entry.kind == "message":
        return all(need in agent.skills for need in entry.needs)
    waited = now.timestamp() - entry.since.timestamp()
    for need in entry.needs:
        given_up = any(
            waited >= wait.total_seconds() and need.startswith(word)
            for wait, words in rules.widen
            for word in words
            if not need.startswith("language:")
        )
        if not given_up and need not in agent.skills:
            return False
    return True


def better(one: Agent, other: Agent, entry: Entry) -> bool:
    """Of two who can: not one who missed this caller; then the fewer skills; then the longer free; then the name."""
    if (one.id in entry.missed_by) != (other.id in entry.missed_by):
        return other.id in entry.missed_by
    if len(one.skills) != len(other.skills):
        return len(one.skills) < len(other.skills)
    if one.free_since != other.free_since:
        return one.free_since < other.free_since
    return one.id < other.id


def faults(
    entries: Collection[Entry], agents: Collection[Agent], rules: Rules, now: datetime, matches: Sequence[Match]
) -> list[str]:
    """Say in words what is wrong with these matches; they are right exactly if nothing is said.

    Whoever is matched was free, waiting and able, and no one twice. An agent who could serve somebody standing before
    their own caller must have been left to them by that one's having a better agent; so too for whoever got nobody.
    """
    wrong = []
    got = {match.entry.id: match for match in matches}
    taken = {match.agent.id: match for match in matches}
    if len(got) < len(matches) or len(taken) < len(matches):
        wrong.append("somebody is matched twice")
    known, free = {entry.id for entry in entries}, {agent.id for agent in agents}
    for match in matches:
        if match.entry.id not in known or match.agent.id not in free:
            wrong.append(f"{match.entry.id} or {match.agent.id} is not there to be matched")
        if not can(match.agent, match.entry, rules, now):
            wrong.append(f"{match.agent.id} cannot serve {match.entry.id}")
    for entry in entries:
        own = got.get(entry.id)
        for agent in agents:
            if not can(agent, entry, rules, now) or (own and not better(agent, own.agent, entry)):
                continue
            other = taken.get(agent.id)
            if other is None or before(entry, other.entry, rules):
                wrong.append(f"{entry.id} should have got {agent.id} rather than {own and own.agent.id}")
    if any(not before(one.entry, other.entry, rules) for one, other in pairwise(matches)):
        wrong.append("the matches are not told in the order")
    return wrong
