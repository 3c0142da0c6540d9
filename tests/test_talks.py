"""What agents do in a talk: hold, send on, consult, hand over; and what supervisors do."""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ivr.carrier.caller import Caller
from ivr.carrier.conferences import Participant
from ivr.carrier.cues import Over, Talking
from ivr.desk.keeping import Place
from tests.test_switchboard import SKILLS, picked_up, queued, soon, state
from tests.world import World, world

OUTSIDE = "+8613900139000"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        for name in ("alice", "bob", "carol"):
            made.carrier.phone(f"client:{name}")
            made.parts.desk.enrol(name, f"client:{name}", SKILLS, level=2 if name == "carol" else 1)
        yield made
        assert made.wrong() == []


class Talk:
    """A caller who talks with Alice."""

    def __init__(self, here: World) -> None:
        self.here, self.board, self.desk = here, here.parts.board, here.parts.desk
        self.desk.available("alice")
        self.caller = queued(here)
        self.agent = picked_up(here)
        self.agent.press("1")
        soon(lambda: talking(self.caller) and talking(self.agent))
        self.id = self.place.id

    @property
    def place(self) -> Place:
        """Where the caller stands now."""
        return next(one for one in self.desk.waiting() if one.call_id == self.caller.leg.sid)

    def guest(self, name: str, key: str = "1", phone: str = "") -> tuple[str, Caller]:
        """Alice asks somebody, who presses a key."""
        made = self.board.consult(self.id, "alice", agent="" if phone else name, number=phone)
        assert made
        leg = answered(self.here, phone or f"client:{name}")
        leg.press(key)
        if key == "1":
            soon(lambda: isinstance(leg.cue, Talking))
            self.host(leg)
        return made.id, leg

    def host(self, guest: Caller) -> None:
        """Wait until the talk would survive Alice."""
        soon(lambda: not seat(self.here, self.agent).end_on_exit)


def talking(one: Caller) -> bool:
    return isinstance(one.cue, Talking)


def seat(here: World, one: Caller) -> Participant:
    """Return how somebody takes part in the talk that they are in."""
    found = next(room for room in here.carrier.conferences.values() if not room.over and room.find(one.leg.sid))
    there = found.find(one.leg.sid)
    assert there
    return there


def answered(here: World, address: str) -> Caller:
    phone = here.carrier.phone(address)
    soon(lambda: phone.ringing)
    return Caller(here.carrier, leg=phone.answer())


def heard(one: Caller) -> str:
    return "".join(sound.text for sound in one.listen())


def test_a_caller_on_hold_hears_music_and_then_the_agent_again(here: World) -> None:
    talk = Talk(here)
    assert talk.board.hold(talk.id, True)
    assert "hold.wav" in heard(talk.caller)
    assert talk.place.held
    assert talk.board.hold(talk.id, True)
    assert talk.board.hold(talk.id, False)
    assert talking(talk.caller)
    assert not talk.place.held


def test_nothing_is_done_to_a_talk_that_is_over(here: World) -> None:
    talk = Talk(here)
    talk.caller.hang_up()
    for done in (
        talk.board.hold(talk.id, True),
        talk.board.transfer(talk.id, "payments"),
        talk.board.escalate(talk.id),
    ):
        assert done is False
    assert talk.board.consult(talk.id, "alice", agent="bob") is None
    assert talk.board.monitor(talk.id, "carol", "client:carol", "listen") is None


def test_a_caller_is_sent_on_to_another_queue_in_front(here: World) -> None:
    talk = Talk(here)
    talk.desk.available("bob")
    assert talk.board.transfer(talk.id, "payments")
    assert "转接" in heard(talk.caller)
    assert isinstance(talk.agent.cue, Over)
    soon(lambda: state(here) == "wrapping")
    assert (talk.place.queue, talk.place.state) == ("payments", "waiting")
    other = picked_up(here, "bob")
    other.press("1")
    soon(lambda: talking(talk.caller) and talking(other))


def test_a_caller_is_sent_on_to_one_agent(here: World) -> None:
    talk = Talk(here)
    talk.desk.available("bob")
    talk.desk.available("carol")
    assert talk.board.transfer(talk.id, agent="carol")
    other = picked_up(here, "carol")
    other.press("1")
    soon(lambda: talking(talk.caller))
    assert state(here, "bob") == "available"


def test_one_key_sends_a_caller_up(here: World) -> None:
    talk = Talk(here)
    talk.desk.available("bob")
    assert talk.board.escalate(talk.id)
    here.parts.board.tend()
    assert state(here, "bob") == "available"
    talk.desk.available("carol")
    other = picked_up(here, "carol")
    other.press("1")
    soon(lambda: talking(talk.caller))


def test_a_caller_is_sent_outside(here: World) -> None:
    talk = Talk(here)
    assert talk.board.transfer(talk.id, number="13900139000")
    talk.caller.listen()
    outside = answered(here, OUTSIDE)
    soon(lambda: talking(talk.caller) and talking(outside))
    outside.hang_up()
    assert "打个分" in heard(talk.caller)


def test_a_caller_whom_nobody_answers_outside_waits_again(here: World) -> None:
    talk = Talk(here)
    assert talk.board.transfer(talk.id, number="13900139000")
    talk.caller.listen()
    here.carrier.phone(OUTSIDE).reject()
    assert "没有接通" in heard(talk.caller)
    assert talk.place.state == "waiting"


@pytest.mark.parametrize("number", ["+12025550143", "95588", "110", "+8616812345678", "abc"])
def test_no_other_number_is_rung(here: World, number: str) -> None:
    talk = Talk(here)
    with pytest.raises(ValueError, match="may not be rung"):
        talk.board.transfer(talk.id, number=number)
    with pytest.raises(ValueError, match="may not be rung"):
        talk.board.consult(talk.id, "alice", number=number)
    assert talking(talk.caller)


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
    other.hang_up()
    assert "打个分" in heard(talk.caller)
    soon(lambda: state(here, "bob") == "wrapping")


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
    other.hang_up()
    assert "打个分" in heard(talk.caller)


def test_a_dropped_guest_leaves_the_caller_with_the_agent(here: World) -> None:
    talk = Talk(here)
    talk.desk.available("bob")
    guest, other = talk.guest("bob")
    assert talk.board.drop(guest)
    assert isinstance(other.cue, Over)
    soon(lambda: talking(talk.caller) and not talk.place.held)
    soon(lambda: seat(here, talk.agent).end_on_exit)
    assert state(here, "bob") == "wrapping"
    talk.agent.hang_up()
    assert "打个分" in heard(talk.caller)


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


def test_a_recording_is_paused_and_goes_on_by_itself(here: World) -> None:
    talk = Talk(here)
    room = next(room for room in here.carrier.conferences.values() if not room.over)
    assert talk.place.record == "on"
    assert talk.board.record(talk.id, False)
    assert talk.place.record == "paused"
    assert (found := room.taped())
    assert found.status == "paused"
    here.carrier.clock.advance(181)
    here.parts.board.tend()
    soon(lambda: talk.place.record == "on")
    here.carrier.clock.advance(20)
    talk.agent.hang_up()
    (kept,) = here.carrier.recordings.values()
    assert kept.seconds < 60


def test_a_recorded_talk_has_its_file_and_is_no_work(here: World) -> None:
    talk = Talk(here)
    here.carrier.clock.advance(12)
    talk.agent.hang_up()
    (message,) = here.parts.messages.latest()
    assert (message.kind, message.call_id, message.state) == ("talk", talk.caller.leg.sid, "wanted")
    here.parts.worker().start()
    file = here.parts.settings.recordings / "calls" / f"{message.id}.wav"
    soon(file.is_file)
    assert [one.kind for one in talk.desk.inbox.work()] == []


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
