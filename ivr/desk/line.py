"""The line: in which order people wait, and which free agent gets whom."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from heapq import heapify, heappop, heapreplace
from itertools import chain
from typing import Final, Literal

LANGUAGE: Final = "language:"  # Nobody is helped by somebody whom they do not understand.
NO_HEAD_START: Final = timedelta(0)
NOBODY: Final[frozenset[str]] = frozenset()


class Reason(StrEnum):
    """Why somebody stands, or is served, before one who came earlier."""

    PRIORITY = "more urgent"
    REDIAL = "redialled and kept their place"
    CALLBACK = "asked to be rung back and kept their place"
    MISSED = "an agent missed them"
    SENT_ON = "somebody who talked with them sent them on"
    SKILL = "no free agent could serve the other"
    MESSAGE = "the other is a message that is not due yet"


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody who waits, on the phone, to be rung back, or to be listened to.

    `since` is when they first joined, which whoever redials soon keeps; `joined` is when they joined this time, at or
    after it. `front` is the place given to them because an agent missed them, or sent them on; `missed_by` who missed.

    Of a message `since` is when it is due, a day after it was left: nobody waits on the phone until it is heard. So it
    is given out when nobody else waits whom the agent could serve, and goes before those only who came once it is due.
    """

    id: str
    kind: Literal["call", "callback", "message"]
    since: datetime
    rank: int
    needs: frozenset[str]
    joined: datetime
    front: datetime | None = None
    missed_by: frozenset[str] = NOBODY


@dataclass(frozen=True, slots=True)
class Agent:
    """Somebody free to serve whoever needs no more than these skills."""

    id: str
    skills: frozenset[str]
    free_since: datetime


@dataclass(frozen=True, slots=True)
class Rules:
    """How much earlier a rank counts as having come, and which needs are given up after which wait.

    The head start is the ageing, too: it is all by which anybody can be overtaken, so nobody starves. A need is given
    up when it begins with one of the words; languages are not, whatever stands here.
    """

    head_start: Mapping[int, timedelta] = field(default_factory=dict)
    widen: tuple[tuple[timedelta, frozenset[str]], ...] = ()


@dataclass(frozen=True, slots=True)
class Overtaking:
    """Who goes before whom although the other came earlier, and why that is right."""

    entry: Entry
    before: Entry
    reason: Reason


@dataclass(frozen=True, slots=True)
class Match:
    """Who is to serve whom; the reason says what those passed over for it lacked, and is empty where nobody was."""

    entry: Entry
    agent: Agent
    reason: str = ""


Place = tuple[datetime, bool, bool, str]
Needs = tuple[frozenset[str], frozenset[str]]


def virtual(entry: Entry, rules: Rules) -> datetime:
    """Return when this entry counts as having come: all that the order asks, and the same at any time of asking."""
    came = entry.since if entry.front is None else min(entry.since, entry.front)
    return came - rules.head_start.get(entry.rank, NO_HEAD_START)


def place(entry: Entry, rules: Rules) -> Place:
    """Return the key by which the line is sorted: of equal times whom an agent missed, then who is on the phone."""
    return virtual(entry, rules), entry.front is None, entry.kind != "call", entry.id


def order(entries: Iterable[Entry], rules: Rules) -> list[Entry]:
    """Return the line from its head, in n log n."""
    return sorted(entries, key=lambda entry: place(entry, rules))


def returned(entry: Entry, line: Iterable[Entry] = (), by: str = "") -> Entry:
    """Put back a caller whom this agent missed: at the front of those of their rank in line, keeping `since`.

    They are offered to the same agent again only where nobody else who is free could serve them.
    """
    fronts = (min(other.since, other.front or other.since) for other in line if other.rank == entry.rank)
    front = min(chain((entry.since, entry.front or entry.since), fronts))
    return replace(entry, front=front, missed_by=entry.missed_by | ({by} if by else NOBODY))


def needed(entry: Entry, rules: Rules, now: datetime) -> frozenset[str]:
    """Return what an agent must still be able to do, after what is given up for so long a wait.

    Nothing is given up for a message: nobody waits on the phone until it is heard.
    """
    if entry.kind == "message":
        return entry.needs
    waited = now - entry.since
    given_up = tuple(word for wait, words in rules.widen if waited >= wait for word in words)
    return frozenset(need for need in entry.needs if need.startswith(LANGUAGE) or not need.startswith(given_up))


def overtakings(entries: Iterable[Entry], rules: Rules, matches: Sequence[Match] = ()) -> Iterator[Overtaking]:
    """Yield every pair in which one goes before another who joined earlier; then who was matched past whom.

    There may be as many as pairs in the line: take what you show.
    """
    line = order(entries, rules)
    behind: list[tuple[datetime, str, Entry]] = []
    for entry in reversed(line):
        earlier = bisect_left(behind, (entry.joined, ""))
        yield from (Overtaking(entry, other, _why(entry, other, rules)) for _, _, other in behind[:earlier])
        insort(behind, (entry.joined, entry.id, entry))
    served = {found.entry.id for found in matches}
    passed: list[Entry] = []
    for entry in line:
        if entry.id in served:
            yield from (Overtaking(entry, other, Reason.SKILL) for other in passed)
        else:
            passed.append(entry)


def match(entries: Iterable[Entry], agents: Iterable[Agent], rules: Rules, now: datetime) -> list[Match]:
    """Give each in the order the free agent of the fewest other skills, then of the longest rest; n + m log n.

    Those who need the same stand in one heap, so that all of them are passed over at once when nobody is left for them.
    """
    free = sorted(agents, key=lambda agent: (len(agent.skills), agent.free_since, agent.id))
    queues = _queues(entries, rules, now)
    heads = [(queue[0][0], alike, _able(free, *alike)) for alike, queue in queues.items()]
    heapify(heads)
    taken: set[str] = set()
    lacking: list[str] = []
    matches: list[Match] = []
    while heads and len(taken) < len(free):
        _, alike, able = heads[0]
        agent = next((agent for agent in able if agent.id not in taken), None)
        if agent is None:
            lacking.append("no agent with " + ", ".join(sorted(alike[0])))
            heappop(heads)
            continue
        queue = queues[alike]
        taken.add(agent.id)
        matches.append(Match(heappop(queue)[1], agent, "; ".join(dict.fromkeys(lacking))))
        if queue:
            heapreplace(heads, (queue[0][0], alike, able))
        else:
            heappop(heads)
    return matches


def _queues(entries: Iterable[Entry], rules: Rules, now: datetime) -> dict[Needs, list[tuple[Place, Entry]]]:
    """Return a heap of those who need the same and were missed by the same; places differ, so entries are not compared.

    The line may be ten thousand long, so what is the same for many entries is reckoned once.
    """
    queues: dict[Needs, list[tuple[Place, Entry]]] = {}
    steps = sorted(now - wait for wait, _ in rules.widen)
    asked: dict[tuple[frozenset[str], int, frozenset[str]], list[tuple[Place, Entry]]] = {}
    for entry in entries:
        step = -1 if entry.kind == "message" else bisect_left(steps, entry.since)
        alike = entry.needs, step, entry.missed_by
        queue = asked.get(alike)
        if queue is None:
            queue = asked[alike] = queues.setdefault((needed(entry, rules, now), entry.missed_by), [])
        queue.append((place(entry, rules), entry))
    for queue in queues.values():
        heapify(queue)
    return queues


def _able(free: Sequence[Agent], needs: frozenset[str], missed_by: frozenset[str]) -> Iterator[Agent]:
    """Yield who can serve these needs, best first; who missed them before comes last."""
    able = [agent for agent in free if needs <= agent.skills]
    yield from (agent for agent in able if agent.id not in missed_by)
    yield from (agent for agent in able if agent.id in missed_by)


def _why(entry: Entry, other: Entry, rules: Rules) -> Reason:
    """Name what put this entry before one who joined earlier: the last step without which it would not stand there."""
    fresh = replace(entry, since=entry.joined, front=None)
    if place(replace(entry, front=None), rules) > place(other, rules):
        return Reason.MISSED if entry.missed_by else Reason.SENT_ON
    if other.kind == "message" and place(fresh, rules) > place(replace(other, since=other.joined), rules):
        return Reason.MESSAGE
    if place(fresh, rules) < place(other, rules) or entry.since == entry.joined:
        return Reason.PRIORITY
    return Reason.REDIAL if entry.kind == "call" else Reason.CALLBACK
