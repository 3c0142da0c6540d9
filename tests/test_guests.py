"""Who else is in a talk: colleagues and others who are asked and take over, and supervisors."""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ivr.carrier.caller import Caller
from ivr.carrier.cues import Over
from tests.talks import OUTSIDE, Talk, answered, heard, seat, staffed, talking
from tests.test_switchboard import parted, picked_up, soon, state
from tests.world import World


@pytest.fixture
def here(tmp_path: Path) -> Iterator[World]:
    with staffed(tmp_path) as made:
        yield made


def test_a_consulted_agent_takes_the_caller_over(here: World) -> None:
    talk = Talk(here)
    talk.desk.available("bob")
    guest, other = talk.guest("bob")
    assert "同事请您帮忙" in "".join(one.text for one in other.heard)
    assert "hold.wav" in heard(talk.caller)
    assert talk.board.complete(guest)
    assert talking(talk.caller)
    assert talking(other)
    assert isinstance(talk.agent.cue, Over)
    assert (state(here), state(here, "bob"), talk.place.agent) == ("wrapping", "talking", "bob")
    assert talk.board.complete(guest)
    parted(here, other, "bob")
    soon(lambda: "打个分" in heard(talk.caller))
    soon(lambda: state(here, "bob") == "wrapping")


def test_a_caller_whose_second_agent_is_lost_gets_a_third(here: World) -> None:
    talk = Talk(here)
    talk.desk.available("bob")
    guest, other = talk.guest("bob")
    assert talk.board.complete(guest)
    other.hang_up()
    assert "通话断了" in heard(talk.caller)
    soon(lambda: state(here, "bob") == "wrapping")
    talk.desk.available("carol")
    third = picked_up(here, "carol")
    third.press("1")
    soon(lambda: talking(talk.caller) and talking(third))
    assert talk.desk.guests.of(talk.id) == []


def test_who_lost_an_agent_before_and_was_served_by_a_guest_from_outside_then_is_served(here: World) -> None:
    talk = Talk(here)
    talk.agent.hang_up()
    assert "通话断了" in heard(talk.caller)
    talk.desk.available("bob")
    other = picked_up(here, "bob")
    other.press("1")
    soon(lambda: talking(talk.caller) and talking(other))
    guest = talk.board.consult(talk.place.id, "bob", number=OUTSIDE)
    assert guest
    outside = answered(here, OUTSIDE)
    outside.press("1")
    soon(lambda: talking(outside) and not seat(here, other).end_on_exit)
    assert talk.board.complete(guest.id)
    outside.hang_up()
    soon(lambda: "打个分" in heard(talk.caller))


def test_who_was_handed_over_and_is_asked_for_a_score_is_left_to_it(here: World) -> None:
    talk = Talk(here)
    talk.desk.available("bob")
    guest, other = talk.guest("bob")
    assert talk.board.complete(guest)
    parted(here, other, "bob")
    soon(lambda: "打个分" in heard(talk.caller))
    here.carrier.clock.advance(3)
    here.parts.board.tend()
    done = here.parts.board.run(lambda: True)
    assert done.result(10)
    talk.caller.press("5")
    talk.caller.silence()
    assert "再见" in heard(talk.caller)
    assert talk.desk.waiting() == []


def test_three_talk_together_and_whoever_asked_may_go(here: World) -> None:
    talk = Talk(here)
    talk.desk.available("bob")
    guest, other = talk.guest("bob")
    assert talk.board.join_all(guest)
    assert all(talking(one) for one in (talk.caller, talk.agent, other))
    talk.agent.hang_up()
    soon(lambda: talk.place.agent == "bob")
    assert talking(talk.caller)
    assert state(here) == "wrapping"
    soon(lambda: seat(here, other).end_on_exit)
    parted(here, other, "bob")
    soon(lambda: "打个分" in heard(talk.caller))


def test_a_dropped_guest_leaves_the_caller_with_the_agent(here: World) -> None:
    talk = Talk(here)
    talk.desk.available("bob")
    guest, other = talk.guest("bob")
    assert talk.board.drop(guest)
    assert isinstance(other.cue, Over)
    soon(lambda: talking(talk.caller) and not talk.place.held)
    soon(lambda: seat(here, talk.agent).end_on_exit)
    assert state(here, "bob") == "wrapping"
    parted(here, talk.agent)
    soon(lambda: "打个分" in heard(talk.caller))


@pytest.mark.parametrize("how", ["refuses", "is silent", "hangs up", "does not answer"])
def test_a_guest_who_does_not_come_gives_the_caller_back(here: World, how: str) -> None:
    talk = Talk(here)
    talk.desk.available("bob")
    assert talk.board.consult(talk.id, "alice", agent="bob")
    phone = here.carrier.phone("client:bob")
    soon(lambda: phone.ringing)
    if how == "does not answer":
        phone.reject("no-answer")
    else:
        other = Caller(here.carrier, leg=phone.answer())
        {"refuses": lambda: other.press("2"), "is silent": other.silence, "hangs up": other.hang_up}[how]()
    soon(lambda: talking(talk.caller) and not talk.place.held)
    assert (state(here), state(here, "bob")) == ("talking", "available")


def test_somebody_outside_is_told_nothing_of_the_caller_and_takes_over(here: World) -> None:
    talk = Talk(here)
    guest, other = talk.guest("", phone=OUTSIDE)
    words = "".join(one.text for one in other.heard)
    assert "想请您加入通话" in words
    assert "综合" not in words
    assert talk.board.complete(guest)
    assert talking(other)
    assert talking(talk.caller)
    assert state(here) == "wrapping"
    other.hang_up()
    assert "打个分" in heard(talk.caller)
    soon(lambda: talk.caller.leg.sid not in [one.call_id for one in talk.desk.waiting()])


def test_a_caller_who_hangs_up_while_held_ends_it_for_all(here: World) -> None:
    talk = Talk(here)
    talk.desk.available("bob")
    _, other = talk.guest("bob")
    talk.caller.hang_up()
    assert isinstance(talk.agent.cue, Over)
    assert isinstance(other.cue, Over)
    soon(lambda: (state(here), state(here, "bob")) == ("wrapping", "wrapping"))


def test_a_caller_who_hangs_up_while_the_guest_rings_frees_the_guest(here: World) -> None:
    talk = Talk(here)
    talk.desk.available("bob")
    assert talk.board.consult(talk.id, "alice", agent="bob")
    other = answered(here, "client:bob")
    talk.caller.hang_up()
    assert "挂断" in "".join(one.text for one in other.press("1") + other.listen())
    here.parts.board.tend()
    soon(lambda: state(here, "bob") == "available")


def test_a_guest_who_picked_up_as_the_talk_ended_is_told_so(here: World) -> None:
    talk = Talk(here)
    talk.desk.available("bob")
    assert talk.board.consult(talk.id, "alice", agent="bob")
    phone = here.carrier.phone("client:bob")
    soon(lambda: phone.ringing)
    guest = Caller(here.carrier, leg=phone.answer())
    talk.caller.hang_up()
    here.parts.board.tend()
    soon(lambda: guest.listen() is not None and guest.over)
    assert "挂断" in "".join(one.text for one in guest.heard)
    assert state(here, "bob") == "available"


def test_a_supervisor_listens_coaches_and_joins_and_may_go(here: World) -> None:
    talk = Talk(here)
    guest = talk.board.monitor(talk.id, "carol", "client:carol", "listen")
    assert guest
    boss = answered(here, "client:carol")
    boss.press("1")
    soon(lambda: talking(boss))
    assert seat(here, boss).muted
    assert talk.board.mode(guest.id, "coach")
    assert (seat(here, boss).muted, seat(here, boss).coach) == (False, talk.agent.leg.sid)
    assert talk.board.mode(guest.id, "join")
    assert (seat(here, boss).muted, seat(here, boss).coach) == (False, "")
    boss.hang_up()
    assert talking(talk.caller)
    assert talking(talk.agent)
    assert talk.desk.guests.of(talk.id) == []


def test_guests_are_let_go_whose_end_nobody_told(here: World) -> None:
    talk = Talk(here)
    talk.desk.available("bob")
    guest = talk.desk.guests.consult(talk.id, "alice", agent="bob")
    assert guest
    here.carrier.clock.advance(timedelta(seconds=70).total_seconds())
    before = time.monotonic()
    here.parts.board.tend()
    soon(lambda: state(here, "bob") == "available")
    assert time.monotonic() - before < 10
