"""Who rings on a simulated day and what each would do, all drawn beforehand, so that two models see the same people."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import log

from ivr.desk.line import Agent, Entry, Rules

OPENS = datetime(2026, 11, 23, 8, tzinfo=UTC)
SECOND, MINUTE, HOUR = 1000, 60_000, 3_600_000  # All simulated time is in whole milliseconds since the opening.
SHAPE = (6, 9, 11.5, 11, 9, 7, 9, 10, 9, 7, 6, 5)  # How many of a hundred or so ring in each hour of the day.
AGENTS = 40
ATTEMPTS = 3  # Times that somebody rings, or is rung back.
REDIAL = 10 * MINUTE
WRAP_UP, AWAY, TRY_AGAIN = 20 * SECOND, 5 * MINUTE, 10 * MINUTE
RULES = Rules(
    {1: timedelta(minutes=30), 2: timedelta(minutes=5), 3: timedelta(0)},
    ((timedelta(minutes=2), frozenset({"merchant"})), (timedelta(minutes=4), frozenset({"queue:"}))),
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody, when they ring, what they need, and what they would do at each turn of their wait."""

    id: str
    at: int
    rank: int
    needs: frozenset[str]
    talk: int
    patience: tuple[int, ...]  # of each attempt
    redials: tuple[int | None, ...]  # after giving up each attempt, or never
    rung_back: int | None  # asks to be rung back after this wait
    reached: tuple[bool, ...]  # at each try to ring them back
    offers: tuple[tuple[bool, int], ...]  # does the agent take it, after ringing so long; by turns


def moment(time: int) -> datetime:
    """Return the moment of a simulated time."""
    return OPENS + timedelta(milliseconds=time)


def agents(count: int = AGENTS) -> list[Agent]:
    """Everybody on: two fifths know English, a quarter merchants, all two or more queues."""
    queues = ("queue:accounts", "queue:payments", "queue:fraud")
    made = []
    for number in range(count):
        skills = {"language:zh-CN", queues[number % 3], queues[(number + 1) % 3]}
        skills |= {"language:en-US"} if number % 5 < 2 else set()
        skills |= {"merchant"} if number % 4 == 0 else set()
        made.append(Agent(f"a{number:02}", frozenset(skills), moment(0)))
    return made


def callers(count: int, seed: int) -> list[Caller]:
    """Draw a day's callers in the order of their ringing; the busy hours are too busy for the agents on."""
    chance = random.Random(seed)
    hours = chance.choices(range(len(SHAPE)), SHAPE, k=count)
    arrivals = sorted(hour * HOUR + chance.randrange(HOUR) for hour in hours)
    return [_caller(chance, f"c{number:05}", at) for number, at in enumerate(arrivals)]


def entry(caller: Caller, since: int, joined: int) -> Entry:
    """Return how the caller stands in line when they ring."""
    return Entry(caller.id, "call", moment(since), caller.rank, caller.needs, moment(joined))


def _caller(chance: random.Random, name: str, at: int) -> Caller:
    rank = chance.choices((1, 2, 3), (5, 10, 85))[0]
    queue = "queue:fraud" if rank == 1 else chance.choice(("queue:payments", "queue:accounts"))
    needs = {queue, "language:en-US" if chance.random() < 0.15 else "language:zh-CN"}
    needs |= {"merchant"} if chance.random() < 0.08 else set()
    return Caller(
        name,
        at,
        rank,
        frozenset(needs),
        int(chance.lognormvariate(log(220), 0.6) * SECOND),
        tuple(int(chance.expovariate(1 / (20 * MINUTE))) + 30 * SECOND for _ in range(ATTEMPTS)),
        tuple(int(chance.uniform(0.5, 15) * MINUTE) if chance.random() < 0.6 else None for _ in range(ATTEMPTS)),
        int(chance.uniform(3, 9) * MINUTE) if chance.random() < 0.15 else None,
        tuple(chance.random() < 0.8 for _ in range(ATTEMPTS)),
        tuple(_offer(chance) for _ in range(20)),
    )


def _offer(chance: random.Random) -> tuple[bool, int]:
    """Most agents press 1 within seconds; some refuse, some let it ring out."""
    kind = chance.random()
    if kind < 0.95:
        return True, int(chance.uniform(2, 8) * SECOND)
    return False, int(chance.uniform(2, 6) * SECOND) if kind < 0.97 else 20 * SECOND
