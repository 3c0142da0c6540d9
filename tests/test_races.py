"""Whoever comes at the same moment: caller and agent, two boards, a retry; one of them wins, and nobody is stuck."""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from random import Random
from threading import Event
from typing import Final

import pytest

from ivr.carrier.caller import Caller
from ivr.carrier.cues import Talking
from tests.faults.races import SPREAD, Company, Crossing, company
from tests.once import ready_file
from tests.processes import awaited
from tests.stores import Postgres

RACES = int(os.environ.get("RACES", "4"))
SEED = int(os.environ.get("SEED", "11"))
ON = [pytest.param(kind, marks=pytest.mark.xdist_group(f"races-{kind}")) for kind in ("sqlite", "postgresql")]
FOUR = ("alice", "bob", "carol", "dave")


def leaves_as_taken(here: Company, chance: Random) -> str:
    """The caller hangs up exactly as the agent presses 1."""
    here.free(["alice"], "available")
    caller = here.queued()
    agent = here.picked_up("alice")
    crossing = here.exchange.crossing = Crossing(_takes, _leaves, chance)
    both = [here.at_once(lambda: agent.press("1", interrupt=True)), here.at_once(caller.hang_up)]
    for one in both:
        one.result()
    assert crossing.met
    agent.listen()
    gone = "挂断" in "".join(heard.text for heard in agent.heard)
    here.settled([caller], ["alice"])
    talked = here.places(caller.leg.sid) == ["done"]
    assert here.ended(caller.leg.sid) == ["hung-up"]
    assert not (gone and talked)
    assert here.state("alice") == ("wrapping" if talked else "available")
    return "taken, then gone" if talked else "told that the caller is gone" if gone else "rung off"


def two_boards(here: Company, chance: Random) -> str:
    """Two servers look at the same moment at four free agents and five callers."""
    callers = [here.queued() for _ in range(5)]
    here.rings.clear()
    for name in FOUR:
        assert here.parts.desk.available(name)
    here.exchange.wake()
    for name in FOUR:
        here.picked_up(name).press("1", interrupt=True)
    awaited(lambda: all(isinstance(caller.cue, Talking) for caller in callers[:4]), "the first four talk")
    assert here.places(callers[4].leg.sid) == ["waiting"]
    assert here.rings.total() == 4
    for caller in (callers[4], *chance.sample(callers[:4], 4)):
        caller.hang_up()
    here.settled(callers, FOUR)
    assert [here.places(caller.leg.sid) for caller in callers] == [["done"]] * 4 + [["left"]]
    return "both servers rang" if len(here.rings) == 2 else "one server rang all"


def hangs_up_at_once(here: Company, chance: Random) -> str:
    """The agent presses 1 and is gone: at once, or as the caller is being fetched."""
    here.free(["alice"], "available")
    caller = here.queued()
    agent = here.picked_up("alice")
    fetched = chance.random() < 0.5
    late = chance.uniform(0, SPREAD)
    if fetched:
        here.exchange.hooks["caller"] = lambda: here.at_once(lambda: _hang_up(agent, late))
    agent.press("1", interrupt=True)
    if not fetched:
        _hang_up(agent, late)
    awaited(lambda: agent.over, "the agent is gone")
    awaited(lambda: here.state("alice") in ("available", "wrapping"), "alice is no longer on the phone")
    awaited(lambda: not here.alone(caller), "the caller is not left alone")
    here.tally["waits again" if "waiting" in here.places(caller.leg.sid) else "goes on"] += 1
    here.part(caller)
    here.settled([caller], ["alice"])
    return "as fetched" if fetched else "at once"


def sent_on(here: Company, chance: Random) -> str:
    """The agent sends the caller to another queue as the caller hangs up."""
    caller, agent = here.talk("alice")
    (place,) = here.ids(caller.leg.sid)
    here.at_once(lambda: here.parts.board.transfer(place, queue="complaints"))
    _hang_up(caller, chance.uniform(0, 2 * SPREAD))
    awaited(lambda: here.state("alice") == "wrapping", "alice has let the caller go")
    here.settled([caller], ["alice"])
    assert agent.over
    states = sorted(here.places(caller.leg.sid))
    assert states in (["done"], ["done", "left"])
    return "sent on, then gone" if len(states) == 2 else "gone"


def guest_joins(here: Company, chance: Random) -> str:
    """A second agent, whom the first asks into the talk, presses 1 as the caller hangs up."""
    caller, agent = here.talk("alice")
    (place,) = here.ids(caller.leg.sid)
    assert here.parts.desk.available("bob")
    assert here.parts.board.consult(place, "alice", agent="bob")
    guest = here.picked_up("bob")
    crossing = here.exchange.crossing = Crossing(_joins, _goes_on, chance)
    both = [here.at_once(lambda: guest.press("1", interrupt=True)), here.at_once(caller.hang_up)]
    for one in both:
        one.result()
    assert crossing.met

    def out() -> bool:
        guest.listen()  # To all that is said, until the call is over.
        return guest.over

    awaited(out, "the guest is out")
    here.settled([caller], ["alice", "bob"])
    assert agent.over
    assert here.places(caller.leg.sid) == ["done"]
    assert here.state("alice") == "wrapping"
    joined = here.state("bob") == "wrapping"
    # Whoever joined in the very moment of the end may be told that the caller is gone, too.
    assert joined or "挂断" in "".join(heard.text for heard in guest.heard)
    return "joined, then gone" if joined else "gone"


def _joins(path: str, form: Mapping[str, str]) -> bool:
    return path.endswith("/join") and form.get("Digits") == "1"


def _goes_on(path: str, form: Mapping[str, str]) -> bool:
    return path.endswith("/back")


def unanswered_twice(here: Company, chance: Random) -> str:
    """The carrier tells both servers at once that a customer who is rung back did not answer, or confirm."""
    how = chance.choice(["busy", "no-answer", "no key"])
    caller, agent = here.rung_back("alice")
    phone = here.carrier.phone(caller.leg.from_)
    here.exchange.doubled, here.exchange.twice = _confirmed if how == "no key" else _rung, []
    if how == "no key":
        Caller(here.carrier, leg=phone.answer()).silence()
    else:
        phone.reject(how)
    awaited(lambda: here.exchange.twice, "both servers are told")
    awaited(lambda: here.state("alice") == "available", "alice is free")
    awaited(lambda: agent.listen() == [] and agent.over, "alice is told, and rung off")
    awaited(lambda: here.live() == [], "every call is over at the carrier")
    here.ledger.check()
    assert here.places(caller.leg.sid) == ["left", "waiting"]
    assert here.tries(caller.leg.sid) == 1
    assert here.state("alice") == "available"
    return how


def confirmed_as_left(here: Company, chance: Random) -> str:
    """A customer who is rung back presses 1 exactly as the agent's browser is lost."""
    caller, agent = here.rung_back("alice")
    phone = here.carrier.phone(caller.leg.from_)
    customer = Caller(here.carrier, leg=phone.answer())
    customer.listen()
    crossing = here.exchange.crossing = Crossing(_confirmed, _over, chance)
    both = [here.at_once(lambda: customer.press("1", interrupt=True)), here.at_once(agent.hang_up)]
    for one in both:
        one.result()
    assert crossing.met
    awaited(lambda: customer.listen() == [] and customer.over, f"the customer in {customer.cue} is not left alone")
    # Whoever is excused in the middle of a word hears no more of it; what counts is that they are rung again.
    again = (["left", "waiting"], ["left", "offered"])
    awaited(lambda: here.places(caller.leg.sid) in again, "the customer is to be rung again")
    awaited(lambda: here.state("alice") != "talking", "alice is out of it")
    if cut := here.state("alice") == "wrapping":
        assert here.parts.desk.wrap_up("alice", "resolved", "")
        here.exchange.wake()
    agent = here.picked_up("alice")
    agent.press("1", interrupt=True)
    awaited(lambda: phone.ringing is not None, "the customer is rung again")
    customer = Caller(here.carrier, leg=phone.answer())
    customer.press("1", interrupt=True)
    awaited(lambda: here.talking(customer, agent), "they talk")
    customer.hang_up()
    awaited(lambda: here.state("alice") == "wrapping", "alice wraps up")
    awaited(lambda: here.live() == [], "every call is over at the carrier")
    here.ledger.check()
    assert here.places(caller.leg.sid) == ["done", "left"]
    assert here.tries(caller.leg.sid) == 0
    return "confirmed, then cut off" if cut else "rung again"


def _confirmed(path: str, form: Mapping[str, str]) -> bool:
    return path.endswith("/confirmed")


def _rung(path: str, form: Mapping[str, str]) -> bool:
    return path.endswith("/rung")


def _over(path: str, form: Mapping[str, str]) -> bool:
    return path.endswith("/over")


def _hang_up(somebody: Caller, after: float) -> None:
    Event().wait(after)
    somebody.hang_up()


def lost_browser(here: Company, chance: Random) -> str:
    """The agent's browser is gone: it does not ring, nobody answers, nobody presses a key; the next one is rung."""
    how = chance.choice(["no browser", "no answer", "no key", "closed"])
    phone = here.carrier.phone("client:alice")
    phone.available = how != "no browser"
    assert here.parts.desk.available("alice")
    caller = here.queued()
    for _ in range(2 if phone.available else 0):
        _lose(here, how)
    awaited(lambda: here.state("alice") == "away", "alice is away after two misses")
    assert here.places(caller.leg.sid) == ["waiting"]
    phone.available = True
    assert here.parts.desk.available("bob")
    here.exchange.wake()
    bob = here.picked_up("bob")
    bob.press("1", interrupt=True)
    awaited(lambda: here.talking(caller, bob), "the caller talks to bob")
    here.parts.board.end_talk("bob")
    bob.hang_up()
    here.part(caller)
    here.settled([caller], ["alice", "bob"])
    assert here.ended(caller.leg.sid) == ["served"]
    return how


def taken_twice(here: Company, chance: Random) -> str:
    """The carrier asks both servers at once what comes after the key 1, and takes either's word."""
    here.free(["alice"], "available")
    caller = here.queued()
    agent = here.picked_up("alice")
    here.exchange.doubled, here.exchange.twice = _takes, []
    agent.press("1", interrupt=True)
    ((one, other),) = here.exchange.twice
    assert (one.status, one.body) == (other.status, other.body)
    awaited(lambda: here.talking(caller, agent), "they talk")
    first = chance.choice([caller, agent])
    if first is agent:
        here.parts.board.end_talk("alice")
    first.hang_up()
    awaited(lambda: first.over, "one hung up")
    here.part(caller)
    here.settled([caller], ["alice"])
    assert here.places(caller.leg.sid) == ["done"]
    assert here.state("alice") == "wrapping"
    assert here.ended(caller.leg.sid) in (["served"], ["hung-up"])
    return "the agent ended it" if first is agent else "the caller ended it"


def _lose(here: Company, how: str) -> None:
    """Miss one call, as a browser that is gone does."""
    here.exchange.wake()
    phone = here.carrier.phone("client:alice")
    awaited(lambda: phone.ringing is not None, "alice's phone rings")
    leg = phone.ringing
    assert leg
    if how == "no answer":
        leg.finish()
        return
    agent = Caller(here.carrier, leg=phone.answer())
    if how == "closed":
        agent.hang_up()
    else:
        agent.silence()


RACE: Final[Mapping[str, tuple[Callable[[Company, Random], str], tuple[str, ...], frozenset[str]]]] = {
    "leaves as taken": (leaves_as_taken, ("alice",), frozenset({"taken, then gone", "told that the caller is gone"})),
    "two boards": (two_boards, FOUR, frozenset({"one server rang all"})),
    "hangs up at once": (hangs_up_at_once, ("alice",), frozenset({"as fetched", "at once"})),
    "lost browser": (lost_browser, ("alice", "bob"), frozenset({"no browser", "no answer", "no key", "closed"})),
    "sent on": (sent_on, ("alice",), frozenset({"sent on, then gone", "gone"})),
    "guest joins": (guest_joins, ("alice", "bob"), frozenset({"joined, then gone", "gone"})),
    "unanswered twice": (unanswered_twice, ("alice",), frozenset({"busy", "no-answer", "no key"})),
    "confirmed as left": (confirmed_as_left, ("alice",), frozenset({"rung again", "confirmed, then cut off"})),
    "taken twice": (taken_twice, ("alice",), frozenset({"the agent ended it", "the caller ended it"})),
}


def _takes(path: str, form: Mapping[str, str]) -> bool:
    return path.endswith("/take") and form.get("Digits") == "1"


def _leaves(path: str, form: Mapping[str, str]) -> bool:
    return form.get("QueueResult") == "hangup" or path == "/voice/status"


@pytest.fixture(scope="module")
def here(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """Run one server on SQLite, or two on PostgreSQL, for all races: starting them takes longer than a race."""
    folder = tmp_path_factory.mktemp("races")
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        database, count = server.fresh("ready"), 2
    else:
        (folder / "ivr.db").write_bytes(ready_file())
        database, count = f"sqlite:///{folder}/ivr.db", 1
    with company(folder, database, count, f"{SEED}") as made:
        yield made


@pytest.mark.parametrize("race", RACE)
@pytest.mark.parametrize("here", ON, indirect=True)
def test_one_of_those_who_race_wins_and_nobody_is_stuck(race: str, here: Company) -> None:
    begun, tally = time.monotonic(), Counter[str]()
    run, agents, ways = RACE[race]
    here.exchange.begin(Random(f"{SEED} {race}"))
    here.hire(*agents)
    for number in range(RACES):
        try:
            tally[run(here, Random(f"{SEED} {race} {number}"))] += 1
            here.free(agents)
        except BaseException as error:
            warned = [word for log in logs(here) for word in log[-40:]]
            error.add_note("\n".join(word for word in warned if "level=info" not in word))
            error.add_note(f"seed {SEED}, {race}, round {number}, {dict(tally)}")
            raise
    assert here.exchange.wrong == []
    seconds = f"{time.monotonic() - begun:.1f} s"
    figures = f"{dict(tally)}, {dict(here.tally)}, {dict(here.ledger.tally)}, {seconds}"
    print(f"\n{race}, seed {SEED}, {len(here.servers)} servers: {figures}")
    ways = ways if len(here.servers) == 2 else ways - {"both servers rang"}
    assert RACES < 50 or ways <= set(tally), f"not provoked: {ways - set(tally)}"
    assert not [line for log in logs(here) for line in log if "level=error" in line]


def logs(here: Company) -> list[list[str]]:
    """Return the lines that each server has printed."""
    return [server.log.read_text("utf-8").splitlines() for server in here.servers]
