"""A day of the line: people ring, wait, give up, redial and are rung back, and `match` says who serves whom."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from typing import Literal

from ivr.desk.estimate import Case, Promise, Range, estimate, slot
from ivr.desk.line import Agent, Entry, Match, Rules, match, order, returned
from tests.sim.callers import ATTEMPTS, AWAY, MINUTE, REDIAL, RULES, TRY_AGAIN, WRAP_UP, Caller, entry, moment

What = Literal["free", "away", "joins", "leaves", "dispatched", "missed", "unreached", "talks", "ends", "gone"]
Event = tuple[int, int, str, str, int]  # time, number, what, whom, the caller's step for which it was meant
RECENT = 1500  # So many of the last answered calls say what to tell the next.
ROUND = 2 * MINUTE  # So often the waiting are told anew.


@dataclass(frozen=True, slots=True)
class Happened:
    """A line of the day's log: from these alone the audit knows the day."""

    at: int
    what: What
    caller: str = ""
    agent: str = ""
    entry: Entry | None = None
    free: Agent | None = None
    matches: tuple[Match, ...] = ()


@dataclass(slots=True)
class Waiter:
    """What the day knows of one caller."""

    caller: Caller
    since: int = 0
    joined: int = 0
    step: int = 0  # Grows with every change, so that what was planned before it is void.
    attempt: int = 0
    offers: int = 0
    tries: int = 0
    ahead: int = 0
    told: list[tuple[int, Range]] = field(default_factory=list)


@dataclass(slots=True)
class Day:
    """The day as it stands: who waits, who is free, who is with whom."""

    rules: Rules
    waiters: dict[str, Waiter]
    on: dict[str, Agent]
    log: list[Happened] = field(default_factory=list)
    line: dict[str, Entry] = field(default_factory=dict)
    free: dict[str, Agent] = field(default_factory=dict)
    offered: dict[str, tuple[Entry, Agent]] = field(default_factory=dict)
    misses: dict[str, int] = field(default_factory=dict)
    history: list[Case] = field(default_factory=list)
    waits: list[tuple[int, float]] = field(default_factory=list)  # rank, seconds
    promises: list[Promise] = field(default_factory=list)
    agenda: list[Event] = field(default_factory=list)
    planned: int = 0

    def plan(self, at: int, what: str, who: str, step: int = 0) -> None:
        """Put something on the agenda; of what is due at the same time, the first planned comes first."""
        self.planned += 1
        heappush(self.agenda, (at, self.planned, what, who, step))

    def note(self, at: int, what: What, caller: str = "", agent: str = "", **more: object) -> None:
        """Write a line of the log."""
        self.log.append(Happened(at, what, caller, agent, **more))  # type: ignore[arg-type]


def lived(people: Iterable[Caller], on: Iterable[Agent], history: Iterable[Case] = (), rules: Rules = RULES) -> Day:
    """Live through the day to its last caller's end; what was learnt on other days helps to say how long it takes."""
    day = Day(rules, {one.id: Waiter(one) for one in people}, {one.id: one for one in on}, history=list(history))
    for agent in day.on:
        _free(day, 0, agent, again=False)
    for name, waiter in day.waiters.items():
        day.plan(waiter.caller.at, "rings", name)
    while day.agenda:
        at, _, what, who, step = heappop(day.agenda)
        if what in ("freed", "back") or day.waiters[who].step == step:
            _happens(day, at, what, who)
            _dispatch(day, at)
    return day


def _happens(day: Day, at: int, what: str, who: str) -> None:
    match what:
        case "rings":
            _joins(day, at, day.waiters[who])
        case "gives up":
            _gives_up(day, at, day.waiters[who])
        case "wants a call back":
            _rung_back(day, at, day.waiters[who])
        case "tries again":
            _stands(day, at, replace(day.offered.pop(who)[0], joined=moment(at)))
        case "is told":
            _told(day, at, day.waiters[who])
        case "ring ends":
            _ring_ends(day, at, day.waiters[who])
        case "talk ends":
            _, agent = day.offered.pop(who)
            day.note(at, "ends", who, agent.id)
            day.plan(at + WRAP_UP, "freed", agent.id)
        case "freed" | "back":
            _free(day, at, who)
        # "widens" needs nothing done but the dispatch that follows.


def _joins(day: Day, at: int, waiter: Waiter) -> None:
    kept = waiter.attempt > 0 and at - waiter.joined <= REDIAL  # While away, `joined` is when they gave up.
    waiter.since = waiter.since if kept else at
    waiter.joined, waiter.step = at, waiter.step + 1
    caller = waiter.caller
    _stands(day, at, entry(caller, waiter.since, at))
    line = order(day.line.values(), day.rules)
    waiter.ahead = [one.id for one in line].index(caller.id)
    day.plan(at + caller.patience[waiter.attempt], "gives up", caller.id, waiter.step)
    if caller.rung_back is not None:
        day.plan(at + caller.rung_back, "wants a call back", caller.id, waiter.step)
    if not day.free:
        day.plan(at, "is told", caller.id, waiter.step)


def _stands(day: Day, at: int, stands: Entry) -> None:
    day.line[stands.id] = stands
    day.note(at, "joins", stands.id, entry=stands)
    waiter = day.waiters[stands.id]
    for wait, _ in day.rules.widen:
        wider = waiter.since + int(wait.total_seconds() * 1000)
        if wider > at:
            day.plan(wider, "widens", stands.id, waiter.step)


def _leaves_line(day: Day, at: int, waiter: Waiter) -> None:
    """Take somebody out of the line, and the agent whose phone rings for them off."""
    name = waiter.caller.id
    waiter.step += 1
    day.line.pop(name, None)
    day.note(at, "leaves", name)
    if name in day.offered:
        agent = day.offered.pop(name)[1]
        _free(day, at, agent.id, again=False)


def _gives_up(day: Day, at: int, waiter: Waiter) -> None:
    _leaves_line(day, at, waiter)
    waiter.told.clear()
    after = waiter.caller.redials[waiter.attempt]
    waiter.attempt += 1
    if after is None or waiter.attempt == ATTEMPTS:
        day.note(at, "gone", waiter.caller.id)
    else:
        waiter.joined = at
        day.plan(at + after, "rings", waiter.caller.id, waiter.step)


def _rung_back(day: Day, at: int, waiter: Waiter) -> None:
    if waiter.caller.id in day.offered:
        return  # An agent's phone rings for them already.
    _leaves_line(day, at, waiter)
    waiter.told.clear()
    stands = entry(waiter.caller, waiter.since, at)
    _stands(day, at, replace(stands, kind="callback"))


def _told(day: Day, at: int, waiter: Waiter) -> None:
    """Tell the waiting how long; how many are ahead just now says more than how many were."""
    name = waiter.caller.id
    if name not in day.line:
        return
    ahead = [one.id for one in order(day.line.values(), day.rules)].index(name)
    told = estimate(day.history[-RECENT:], ahead, len(day.on), 0, slot(moment(at)))
    if told is not None:
        waiter.told.append((at, told))
    day.plan(at + ROUND, "is told", name, waiter.step)


def _ring_ends(day: Day, at: int, waiter: Waiter) -> None:
    name = waiter.caller.id
    stands, agent = day.offered[name]
    took = stands.kind == "callback" or waiter.caller.offers[waiter.offers - 1][0]
    if not took:
        _missed(day, at, waiter)
    elif stands.kind == "callback" and not waiter.caller.reached[waiter.tries]:
        _unreached(day, at, waiter)
    else:
        waiter.step += 1
        day.misses[agent.id] = 0
        day.note(at, "talks", name, agent.id)
        day.plan(at + waiter.caller.talk, "talk ends", name, waiter.step)
        if stands.kind == "call":
            waited = (at - waiter.joined) / 1000
            day.waits.append((stands.rank, waited))
            day.history.append(Case(waited, waiter.ahead, len(day.on), slot(moment(waiter.joined))))
            day.promises += [Promise(told, (at - when) / 1000) for when, told in waiter.told]


def _missed(day: Day, at: int, waiter: Waiter) -> None:
    stands, agent = day.offered.pop(waiter.caller.id)
    day.note(at, "missed", waiter.caller.id, agent.id)
    day.misses[agent.id] = day.misses.get(agent.id, 0) + 1
    if day.misses[agent.id] < 2:
        _free(day, at, agent.id)
    else:
        day.misses[agent.id] = 0
        day.note(at, "away", agent=agent.id)
        day.plan(at + AWAY, "back", agent.id)
    _stands(day, at, returned(stands, day.line.values(), agent.id))


def _unreached(day: Day, at: int, waiter: Waiter) -> None:
    """Nobody answers the call back: the agent is free, and it is tried again a little later, three times in all."""
    name, agent = waiter.caller.id, day.offered[waiter.caller.id][1]
    waiter.tries, waiter.step = waiter.tries + 1, waiter.step + 1
    day.note(at, "unreached", name, agent.id)
    _free(day, at, agent.id)
    if waiter.tries == ATTEMPTS:
        del day.offered[name]
        day.note(at, "gone", name)
    else:
        day.plan(at + TRY_AGAIN, "tries again", name, waiter.step)


def _free(day: Day, at: int, name: str, again: bool = True) -> None:
    """Make an agent free; one whose phone only rang for nothing has rested since before."""
    if again:
        day.on[name] = replace(day.on[name], free_since=moment(at))
    day.free[name] = day.on[name]
    day.note(at, "free", agent=name, free=day.free[name])


def _dispatch(day: Day, at: int) -> None:
    found = match(day.line.values(), day.free.values(), day.rules, moment(at))
    day.note(at, "dispatched", matches=tuple(found))
    for one in found:
        waiter = day.waiters[one.entry.id]
        del day.line[one.entry.id], day.free[one.agent.id]
        day.offered[one.entry.id] = one.entry, one.agent
        ring = waiter.caller.offers[waiter.offers][1]
        waiter.offers += 1
        if one.entry.kind == "callback":
            waiter.step += 1
        day.plan(at + ring, "ring ends", one.entry.id, waiter.step)
