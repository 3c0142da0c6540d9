"""A wallet that is dead, however it is so: each call that meets it still ends with help, or as its caller chose."""

import os
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from ivr import breaker, teller
from ivr.carrier.caller import Caller
from ivr.carrier.clock import SimulatedClock
from ivr.factory import utc_now
from ivr.flow.questions import NO_ANSWER
from ivr.wallets import http
from ivr.wallets.demo import Demo
from ivr.wallets.http.line import Limits
from tests.contract import verbs
from tests.faults.checks import Seen, checked
from tests.faults.dead_wallet import (
    DEATHS,
    MOVES,
    Dying,
    Scripted,
    Way,
    asked,
    came,
    checked_end,
    forget,
    go,
    knowing,
    menus,
    questions,
    see_off,
    ways,
)
from tests.faults.moments import Moments
from tests.processes import awaited
from tests.quickest import TIMES
from tests.wallet_company import company
from tests.world import CLOSED, CUSTOMER, NUMBER, OPEN, WALLET_SECRET, World, world

CALLS = int(os.environ.get("DEAD_CALLS", "20"))
SEED = int(os.environ.get("SEED", "7"))
HOURS = {"open": OPEN, "closed": CLOSED}
FULL = 100  # From so many random calls on, each way is walked with each death.
AFTER = 4  # Answers at most before the wallet dies.


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for the wallet for a tenth of the time; callers' own time passes as ever."""
    verbs()  # Without Twilio's contract nothing can be checked: skip at once.
    monkeypatch.setattr(teller, "SOON", 0.2)
    monkeypatch.setattr(teller, "LINGERS", 0.1)
    made, limits = http.Http, Limits(connect=0.5, total=1.0, pause=0.01)
    # The company's clock is the real one, by which it finds our signatures fresh.
    monkeypatch.setattr(http, "Http", lambda url, secret, _: made(url, secret, utc_now, limits))


@pytest.fixture
def never_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have each question of each call meet the wallet."""
    monkeypatch.setattr(breaker, "FAILURES", 10**9)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[World, Dying]]:
    with (
        company(Scripted(), WALLET_SECRET, Dying) as dying,
        world(tmp_path, menus=menus(tmp_path), company=dying.url) as here,
    ):
        dying.secret = WALLET_SECRET
        yield here, dying
        dying.over.set()


def rings(here: World, at: datetime) -> Caller:
    """Have somebody ring at this moment, of whom nobody remembers anything."""
    forget(here.parts)
    assert isinstance(here.carrier.clock, SimulatedClock)
    Moments(here.carrier.clock).set(at)
    here.carrier.log.clear()
    return Caller(here.carrier, CUSTOMER, NUMBER)


def ended(here: World, caller: Caller, gone: bool, why: tuple[object, ...]) -> Seen:
    """Check a call that is over, and all that the telephone company has seen of it."""
    assert isinstance(here.parts.hotline.teller, teller.Teller)
    asks = here.parts.hotline.teller.running
    awaited(lambda: not asks, "no question is on its way")  # What comes of it is written down, if late.
    assert here.wrong() == [], why
    seen = checked(here.parts, here.carrier, caller)
    checked_end(seen, gone, why)
    return seen


@pytest.mark.parametrize("hour", HOURS)
@pytest.mark.parametrize("death", DEATHS)
@pytest.mark.usefixtures("never_left_alone")
def test_each_way_to_each_look_up_ends_with_help_where_the_wallet_is_dead_by_then(
    served: tuple[World, Dying], death: str, hour: str
) -> None:
    here, dying = served
    found = ways(here.parts.flow, HOURS[hour])
    assert {way.place for way in found} == asked(here.parts.flow)
    if CALLS < FULL:  # Each way at each hour with one of the deaths.
        found = found[(DEATHS.index(death) + 2 * list(HOURS).index(hour)) % len(DEATHS) :: len(DEATHS)]
    ends = Counter(walked(here, dying, way, death, HOURS[hour]).outcome for way in found)
    print(f"\n{death}, {hour}: {len(found)} ways, {dict(ends)}")


def walked(here: World, dying: Dying, way: Way, death: str, at: datetime) -> Seen:
    """Walk one way, at whose end the wallet is dead, and check the call."""
    wanted, why = [one.outcome for one in way.answers], (death, way)
    for _ in range(TIMES):
        dying.wallet = Scripted(way.answers)
        dying.born(death, after=len(way.answers))
        caller = rings(here, at)
        go(caller, way)
        see_off(here, caller)
        seen = ended(here, caller, False, why)
        outcomes = list(came(seen))
        # A machine that stood still makes an answer late that was given, as it is waited for so shortly here.
        if outcomes[: len(wanted)] == wanted or not set(outcomes[: len(wanted)]) & set(NO_ANSWER):
            break
    assert (way.place, way.question) in questions(seen), why
    assert outcomes[: len(wanted)] == wanted, why
    assert outcomes[len(wanted) :], why
    assert set(outcomes[len(wanted) :]) <= set(NO_ANSWER), why
    return seen


def test_no_random_caller_is_left_alone_by_a_dead_wallet(served: tuple[World, Dying], tmp_path: Path) -> None:
    here, dying = served
    dying.wallet, tally, begun = Demo(tmp_path, utc_now, WALLET_SECRET, wait=bool), Counter[str](), time.monotonic()
    for number in range(CALLS):
        chance = Random(f"{SEED} {number}")
        death, after = DEATHS[number % len(DEATHS)], chance.randint(0, AFTER)
        at = chance.choice(list(HOURS.values())) + timedelta(minutes=chance.randint(0, 60))
        dying.born(death, after)
        caller = rings(here, at)
        gone = wandered(here, caller, chance)
        seen = ended(here, caller, gone, (SEED, number, death, after))
        outcomes = list(came(seen))
        tally.update(calls=1, asked=len(outcomes), in_vain=sum(one in NO_ANSWER for one in outcomes))
        tally.update({seen.outcome: 1, death: bool(set(outcomes) & set(NO_ANSWER))})
    print(f"\ndead wallet, seed {SEED}: {dict(tally)}, {time.monotonic() - begun:.1f} s")
    assert tally["calls"] == CALLS
    assert tally["in_vain"]
    assert CALLS < FULL or all(tally[death] for death in DEATHS)


def wandered(here: World, caller: Caller, chance: Random) -> bool:
    """Have a caller do what leads on, mostly; return whether it was they who hung up at last."""
    for _ in range(MOVES):
        caller.listen()
        if caller.over:
            return False
        if chance.random() < 0.03:
            caller.hang_up()
            return True
        knowing(here.parts, caller, chance)
    see_off(here, caller)
    return False
