"""`kill -9` of the server with callers waiting, talking and being offered: after its restart nobody is lost."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from threading import Event
from typing import Final

from sqlalchemy import select

from ivr.carrier.caller import Caller
from ivr.carrier.cues import Saying, Talking
from ivr.store.desk_tables import line
from tests.faults.races import Company, company
from tests.processes import awaited

RESTARTS = int(os.environ.get("RESTARTS", "1"))
SEED = int(os.environ.get("SEED", "13"))
WAITING, TALKING = (50, 20) if RESTARTS > 2 else (10, 4)
FREED: Final = 10.0  # Seconds from the restart within which no offer is stuck.


@dataclass(frozen=True, slots=True)
class Standing:
    """How a place stands: whose, in which state, with which agent, by which offer, since when."""

    id: str
    state: str
    agent: str | None
    offer: str | None


def standing(here: Company, *states: str) -> list[Standing]:
    """Return the places in these states, in the line's order."""
    columns = (line.c.id, line.c.state, line.c.agent, line.c.offer)
    query = select(*columns).where(line.c.state.in_(states)).order_by(line.c.rank, line.c.since, line.c.id)
    with here.parts.engine.connect() as connection:
        return [Standing(*row) for row in connection.execute(query)]


def restarted(here: Company, meanwhile: Callable[[], object] = lambda: None) -> float:
    """Kill the server, let this happen, start it again, and return the moment at which it was started."""
    (server,) = here.servers
    server.kill()
    meanwhile()
    begun = time.time()
    server.start()
    server.await_answers()
    return begun


def talks(here: Company, count: int) -> list[tuple[Caller, Caller]]:
    """Return callers with the agents they talk to."""
    callers = [here.queued() for _ in range(count)]
    names = [f"agent{number}" for number in range(count)]
    here.hire(*names)
    for name in names:
        assert here.parts.desk.available(name)
    here.exchange.wake()
    agents = [here.picked_up(name) for name in names]
    for agent in agents:
        agent.press("1", interrupt=True)
    by = {place.agent: place.id.rpartition("-")[0] for place in _awaited(here, "talking", count)}
    mine = {caller.leg.sid: caller for caller in callers}
    pairs = [(mine[by[agent.leg.to.removeprefix("client:")]], agent) for agent in agents]
    awaited(lambda: all(here.talking(*pair) for pair in pairs), "they talk")
    return pairs


def _awaited(here: Company, state: str, count: int) -> list[Standing]:
    awaited(lambda: len(standing(here, state)) == count, f"{count} are {state}")
    return standing(here, state)


def test_after_a_restart_the_waiting_keep_their_order_and_the_talking_their_talk(database: str, tmp_path: Path) -> None:
    begun = time.monotonic()
    with company(tmp_path, database, 1, f"{SEED} order") as here:
        pairs = talks(here, TALKING)
        callers = [here.queued() for _ in range(WAITING)]
        before = standing(here, "waiting", "talking")
        restarted(here)
        assert standing(here, "waiting", "talking") == before
        assert all(here.talking(*pair) for pair in pairs)
        here.ledger.check()
        names = [f"new{number}" for number in range(WAITING)]
        here.hire(*names)
        for name in names:
            assert here.parts.desk.available(name)
        here.exchange.wake()
        served = _served(here, names)
        assert served == [place.id for place in before if place.state == "waiting"]
        for caller, agent in pairs:
            Random(f"{SEED} {caller.leg.sid}").choice([caller, agent]).hang_up()
            here.part(caller)
        for caller in callers:
            caller.hang_up()
        agents = [*names, *(f"agent{number}" for number in range(TALKING))]
        here.settled([*callers, *(caller for caller, _ in pairs)], agents)
        assert [place.state for place in standing(here, "done")] == ["done"] * (WAITING + TALKING)
        assert here.exchange.wrong == []
    seconds = f"{time.monotonic() - begun:.1f} s"
    print(f"\nrestarted with {WAITING} waiting, {TALKING} talking, seed {SEED}: {dict(here.ledger.tally)}, {seconds}")


def _served(here: Company, names: Sequence[str]) -> list[str]:
    """Have these agents take whoever they are rung for; return the places in the order of their offers."""
    for name in names:
        here.picked_up(name).press("1", interrupt=True)
    _awaited(here, "talking", WAITING + TALKING)
    offered = [note.id for note in here.ledger.check() if note.what == "line" and note.state == "offered"]
    return list(dict.fromkeys(offered))


def test_offers_that_a_kill_left_behind_are_free_within_ten_seconds(database: str, tmp_path: Path) -> None:
    begun, longest, hanging = time.monotonic(), 0.0, 0
    with company(tmp_path, database, 1, f"{SEED} kills") as here:
        names = [f"agent{number}" for number in range(8)]
        here.hire(*names)
        for number in range(RESTARTS):
            chance = Random(f"{SEED} {number}")
            callers = [here.queued() for _ in range(8)]
            for name in names:
                assert here.parts.desk.available(name)
            here.exchange.wake()
            if number % 2:  # Killed amid the offers; else while all ring, of whom half hang up unheard.
                awaited(lambda: standing(here, "offered"), "the first is offered")
                Event().wait(chance.uniform(0, 0.06))
                started = restarted(here)
            else:
                awaited(lambda: all(here.carrier.phone(f"client:{name}").ringing for name in names), "all ring")
                awaited(lambda: all(place.leg for place in here.parts.desk.waiting()), "the rings are noted")
                started = restarted(here, lambda: [here.carrier.phone(f"client:{name}").reject() for name in names[:4]])
            hanging += len(standing(here, "offered"))
            longest = max(longest, _freed(here, started, f"seed {SEED}, kill {number}"))
            _all_talk(here, names, callers)
            for caller in callers:
                caller.hang_up()
            here.settled(callers, names)
            here.free(names)
    seconds = f"{time.monotonic() - begun:.1f} s"
    figures = f"{hanging} offers stood, the longest for {longest:.1f} s"
    print(f"\nkilled in dispatch {RESTARTS} times, seed {SEED}: {figures}, {seconds}")
    assert longest < FREED


def test_who_hung_up_while_we_were_down_rings_nobody(database: str, tmp_path: Path) -> None:
    with company(tmp_path, database, 1, f"{SEED} gone") as here:
        here.hire("alice")
        gone, there = here.queued(), here.queued()
        restarted(here, gone.hang_up)
        awaited(lambda: [place.call_id for place in here.parts.desk.waiting()] == [there.leg.sid], "who is gone left")
        there.hang_up()
        here.settled([gone, there], ["alice"])


def test_a_talk_that_ended_while_we_were_down_is_wrapped_up(database: str, tmp_path: Path) -> None:
    with company(tmp_path, database, 1, f"{SEED} over") as here:
        ((caller, agent),) = talks(here, 1)
        restarted(here, lambda: [one.hang_up() for one in (caller, agent)])
        awaited(lambda: here.state("agent0") == "wrapping", "the agent wraps up")
        awaited(lambda: len(here.ended(caller.leg.sid)) == 1, "the call is over")


def _freed(here: Company, started: float, why: str) -> float:
    """Wait until every offer rings at somebody or is taken back; return how long that took since the restart."""

    def stuck() -> bool:
        ringing = {leg.to.removeprefix("client:") for leg in here.live() if leg.direction == "outbound-api"}
        return any(place.agent not in ringing for place in standing(here, "offered"))

    awaited(lambda: not stuck(), f"no offer is stuck; {why}")
    return time.time() - started


def _all_talk(here: Company, names: Sequence[str], callers: Sequence[Caller]) -> None:
    """Have every agent take whoever rings, as often as it rings, until all callers talk."""

    def done() -> bool:
        for name in names:
            phone = here.carrier.phone(f"client:{name}")
            if phone.ringing and not phone.talking:
                agent = Caller(here.carrier, leg=phone.answer())
                agent.listen()
                agent.press("1", interrupt=True)
        for caller in callers:
            if isinstance(caller.cue, Saying):  # Whoever was sent back into the line is told so first.
                caller.listen()
        return all(isinstance(caller.cue, Talking) for caller in callers)

    awaited(done, "everybody talks")
