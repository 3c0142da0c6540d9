"""The same line as SimPy's processes: each caller asks a store of agents for one; nothing of ours schedules."""

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field
from typing import Any

import simpy
from simpy.resources.resource import SortedQueue
from simpy.resources.store import FilterStoreGet

from ivr.desk.line import Agent
from tests.sim.callers import AGENTS, ATTEMPTS, AWAY, REDIAL, RULES, TRY_AGAIN, WRAP_UP, Caller, agents

Steps = Generator[simpy.Event, Any, Any]


@dataclass(slots=True)
class Colleague:
    """An agent in the store."""

    agent: Agent
    free_since: float = 0
    misses: int = 0


class Asking(FilterStoreGet):
    """A caller's place in the store's own queue."""

    def __init__(self, store: "Colleagues", wanted: Callable[[Colleague], bool], person: "Person") -> None:
        self.key, self.rank, self.missed_by = _key(person), person.caller.rank, frozenset(person.missed_by)
        super().__init__(store, wanted)


class Colleagues(simpy.FilterStore):
    """The free agents: of the fewest skills first, then of the longest rest; who asks stands in line by key."""

    GetQueue = SortedQueue

    def _do_put(self, event: Any) -> bool | None:
        done = super()._do_put(event)
        self.items.sort(key=lambda one: (len(one.agent.skills), one.free_since, one.agent.id))
        return done

    def _do_get(self, event: Any) -> bool | None:
        # Stable: whoever missed this caller comes after all others, who stay as they are.
        self.items.sort(key=lambda one: one.agent.id in event.missed_by)
        done = super()._do_get(event)
        self.items.sort(key=lambda one: (len(one.agent.skills), one.free_since, one.agent.id))
        return done


@dataclass(slots=True)
class Person:
    """A caller under way."""

    caller: Caller
    since: float = 0
    front: float | None = None
    kind: str = "call"
    missed_by: set[str] = field(default_factory=set)
    offers: int = 0


@dataclass(slots=True)
class Modelled:
    """What the model says of a day: seconds waited by whom of which rank, and how many gave up."""

    waits: list[tuple[int, float]] = field(default_factory=list)
    rung_back: int = 0
    gone: int = 0


def modelled(people: Iterable[Caller], count: int = AGENTS) -> Modelled:
    """Live through the day in SimPy."""
    env = simpy.Environment()
    store, result = Colleagues(env), Modelled()
    for agent in agents(count):
        store.put(Colleague(agent))
    for caller in people:
        env.process(_rings(env, store, caller, result))
    env.run()
    return result


def _rings(env: simpy.Environment, store: Colleagues, caller: Caller, result: Modelled) -> Steps:
    """A caller's day: ring, wait, give up, ring again."""
    yield env.timeout(caller.at)
    person, left = Person(caller), -REDIAL - 1.0
    for attempt in range(ATTEMPTS):
        joined = env.now
        person.since = person.since if attempt and joined - left <= REDIAL else joined
        person.front, person.missed_by = None, set()
        end = joined + caller.patience[attempt]
        asks = joined + caller.rung_back if caller.rung_back is not None else end + 1
        how = yield from _waits(env, store, person, min(end, asks), asks < end, end)
        if isinstance(how, Colleague):
            result.waits.append((caller.rank, (env.now - joined) / 1000))
            yield from _talks(env, store, how, caller)
            return
        if how == "asks":
            yield from _rung_back(env, store, person, result)
            return
        left, after = env.now, caller.redials[attempt]
        if after is None:
            break
        if attempt + 1 < ATTEMPTS:
            yield env.timeout(after)
    result.gone += 1


def _waits(env: simpy.Environment, store: Colleagues, person: Person, until: float, asks: bool, end: float) -> Steps:
    """Wait for an agent who takes the call; or end up giving up, or asking to be rung back."""
    while True:
        colleague = yield from _gets(env, store, person, until)
        if colleague is None:
            return "asks" if asks else "gives up"
        took, ring = _offer(person)
        if env.now + ring > end:
            yield env.timeout(end - env.now)
            yield store.put(colleague)
            return "gives up"
        # Whoever wished to be rung back while the phone rang for them does not any more.
        if env.now + ring > until:
            until, asks = end, False
        yield env.timeout(ring)
        if took:
            return colleague
        _misses(env, store, colleague)
        _returns(store, person, colleague)


def _gets(env: simpy.Environment, store: Colleagues, person: Person, until: float) -> Steps:
    """Stand in line until then; ask anew whenever another need is given up."""
    wider = [person.since + wait.total_seconds() * 1000 for wait, _ in RULES.widen]
    while True:
        asking = _ask(env, store, person)
        ends = min([until, *(at for at in wider if at > env.now)])
        if ends == float("inf"):
            return (yield asking)
        yield asking | env.timeout(max(0, ends - env.now))
        if asking.triggered:
            return asking.value
        asking.cancel()
        if env.now >= until:
            return None


def _ask(env: simpy.Environment, store: Colleagues, person: Person) -> Asking:
    waited = env.now - person.since
    over = tuple(word for wait, words in RULES.widen if waited >= wait.total_seconds() * 1000 for word in words)
    needs = {need for need in person.caller.needs if not over or not need.startswith(over)}
    return Asking(store, lambda one: needs <= one.agent.skills, person)


def _key(person: Person) -> tuple[float, bool, bool, str]:
    came = person.since if person.front is None else min(person.since, person.front)
    start = RULES.head_start[person.caller.rank].total_seconds() * 1000
    return came - start, person.front is None, person.kind == "callback", person.caller.id


def _offer(person: Person) -> tuple[bool, int]:
    person.offers += 1
    return person.caller.offers[person.offers - 1]


def _misses(env: simpy.Environment, store: Colleagues, colleague: Colleague) -> None:
    colleague.misses += 1
    if colleague.misses == 2:
        colleague.misses = 0
        env.process(_comes_back(env, store, colleague, AWAY))
    else:
        env.process(_comes_back(env, store, colleague, 0))


def _returns(store: Colleagues, person: Person, colleague: Colleague) -> None:
    """To the front of the rank: before the first of those who ask."""
    start = RULES.head_start[person.caller.rank].total_seconds() * 1000
    fronts = [get.key[0] + start for get in store.get_queue if get.rank == person.caller.rank]
    person.front = min([person.since, *fronts, person.since if person.front is None else person.front])
    person.missed_by.add(colleague.agent.id)


def _comes_back(env: simpy.Environment, store: Colleagues, colleague: Colleague, after: int) -> Steps:
    yield env.timeout(after)
    colleague.free_since = env.now
    yield store.put(colleague)


def _talks(env: simpy.Environment, store: Colleagues, colleague: Colleague, caller: Caller) -> Steps:
    colleague.misses = 0
    yield env.timeout(caller.talk)
    env.process(_comes_back(env, store, colleague, WRAP_UP))


def _rung_back(env: simpy.Environment, store: Colleagues, person: Person, result: Modelled) -> Steps:
    person.kind, person.front, person.missed_by = "callback", None, set()
    for reached in person.caller.reached:
        colleague = yield from _gets(env, store, person, float("inf"))
        yield env.timeout(_offer(person)[1])
        if reached:
            result.rung_back += 1
            yield from _talks(env, store, colleague, person.caller)
            return
        env.process(_comes_back(env, store, colleague, 0))
        yield env.timeout(TRY_AGAIN)
    result.gone += 1
