"""Callers who hung up without anybody telling us, as while we were down: the carrier is asked, and nobody is rung."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.carrier.caller import Caller
from ivr.carrier.cues import Over
from ivr.flow.events import Ended
from tests.talks import Talk, staffed, talking
from tests.test_switchboard import picked_up, queued, soon, state
from tests.world import World

UNTOLD = ("11205", "15003")  # The carrier's numbers for what it could not tell us.


@pytest.fixture
def here(tmp_path: Path) -> Iterator[World]:
    with staffed(tmp_path, excused=UNTOLD) as made:
        yield made


def forgotten(here: World, caller: Caller) -> None:
    """Have the carrier know nothing of a call any more, as one that was started anew."""
    del here.carrier.legs[caller.leg.sid]


def untold(here: World, caller: Caller) -> None:
    """Have a caller hang up while nobody can be told."""
    plain, here.carrier.send = here.carrier.send, unreachable
    caller.hang_up()
    here.carrier.send = plain


def unreachable(*_: object) -> None:
    raise ConnectionError("nobody is there")


def ends(here: World, caller: Caller) -> list[str]:
    return [event.reason for event in here.parts.journal.events(caller.leg.sid) if isinstance(event, Ended)]


def asked(here: World, caller: Caller) -> int:
    """Count how often the carrier was asked about a caller."""
    return sum(sent.method == "GET" and caller.leg.sid in sent.path for sent in here.rest.sent)


@pytest.mark.parametrize("gone", [forgotten, untold])
def test_a_caller_who_is_gone_as_the_agent_takes_them_rings_nobody_else(here: World, gone: object) -> None:
    caller = queued(here)
    here.parts.desk.available("alice")
    agent = picked_up(here)
    gone(here, caller)  # type: ignore[operator]
    agent.press("1")
    soon(lambda: state(here) == "available" and isinstance(agent.cue, Over))
    soon(lambda: ends(here, caller) == ["hung-up"])
    assert here.parts.desk.waiting() == []
    assert here.parts.desk.dispatch() == []


def test_the_agent_of_a_talk_that_ended_untold_wraps_it_up(here: World) -> None:
    talk = Talk(here)
    here.carrier.send = unreachable
    for one in (talk.caller, talk.agent):
        one.hang_up()
    soon(lambda: isinstance(talk.agent.cue, Over))
    here.carrier.clock.advance(60)
    here.parts.board.tend()
    assert state(here) == "talking"
    here.carrier.clock.advance(300)
    here.parts.board.tend()
    soon(lambda: state(here) == "wrapping")
    assert here.parts.desk.waiting() == []
    here.carrier.clock.advance(5)
    here.parts.board.tend()
    soon(lambda: ends(here, talk.caller) == ["served"])


def test_a_talk_that_goes_on_is_asked_about_now_and_then(here: World) -> None:
    talk = Talk(here)
    before = asked(here, talk.caller)  # While they waited.
    for many in (1, 2):
        for _ in range(10):
            here.carrier.clock.advance(31)
            here.parts.board.tend()
        soon(lambda: asked(here, talk.agent) == many)  # noqa: B023
    assert (state(here), talking(talk.caller), talking(talk.agent)) == ("talking", True, True)
    assert asked(here, talk.caller) == before


def test_a_caller_who_hung_up_in_a_menu_untold_is_not_thought_to_listen_for_ever(here: World) -> None:
    there, caller, waiting = here.caller(), here.caller(), queued(here)
    here.carrier.clock.advance(1)
    untold(here, caller)
    for _ in range(3):
        here.parts.board.tend()  # It has just begun, so it asks about everybody, once; then five minutes later.
        soon(lambda: ends(here, caller) == ["hung-up"])
        soon(lambda: asked(here, there) == asked(here, waiting) == 1)
        here.carrier.clock.advance(5)
    assert ends(here, there) == []
    here.carrier.clock.advance(600)
    untold(here, there)
    here.parts.board.tend()
    soon(lambda: ends(here, there) == ["hung-up"])


def test_the_carrier_is_asked_about_callers_who_were_long_silent(here: World) -> None:
    there, caller = queued(here), queued(here)
    here.carrier.clock.advance(1)
    here.parts.board.tend()  # It has just begun, so it asks about everybody, once.
    soon(lambda: asked(here, caller) == asked(here, there) == 1)
    untold(here, caller)
    here.carrier.clock.advance(80)
    there.silence()
    there.listen()
    here.parts.board.tend()
    here.carrier.clock.advance(30)
    here.parts.board.tend()
    soon(lambda: ends(here, caller) == ["hung-up"])
    assert asked(here, there) == 1
    assert [place.call_id for place in here.parts.desk.waiting()] == [there.leg.sid]


def test_nobody_is_asked_about_again_before_all_others(here: World) -> None:
    callers = [queued(here) for _ in range(12)]
    for many in (5, 10, 15):
        here.carrier.clock.advance(61)
        here.parts.board.tend()
        soon(lambda: sum(asked(here, one) for one in callers) == many)  # noqa: B023
    assert min(asked(here, one) for one in callers) == 1


def test_a_few_callers_at_a_time_are_asked_about(here: World) -> None:
    callers = [queued(here) for _ in range(12)]
    here.carrier.clock.advance(1)
    for looks in range(1, 5):
        for _ in range(3):
            here.parts.board.tend()
        soon(lambda: sum(asked(here, one) for one in callers) == min(5 * looks, 12))  # noqa: B023
        here.carrier.clock.advance(5)
    assert {asked(here, one) for one in callers} == {1}
