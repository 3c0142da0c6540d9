"""What agents do in a talk: hold, send on to others, and pause the recording."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.carrier.caller import Caller
from ivr.carrier.cues import Over
from tests.desks import at_their_pages
from tests.talks import OUTSIDE, Talk, answered, heard, staffed, talking
from tests.test_switchboard import SKILLS, parted, picked_up, queued, soon, state
from tests.world import World


@pytest.fixture
def here(tmp_path: Path) -> Iterator[World]:
    with staffed(tmp_path) as made:
        yield made


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


def test_a_caller_whose_agents_browser_is_gone_is_first_in_line_and_gets_the_next_one(here: World) -> None:
    talk = Talk(here)
    here.carrier.clock.advance(30)
    later, began = queued(here), talk.id
    talk.agent.hang_up()
    assert "刚才和客服的通话断了" in heard(talk.caller)
    assert talk.place.id != began
    soon(lambda: state(here) == "wrapping")
    talk.desk.available("bob")
    other = picked_up(here, "bob")
    other.press("1")
    soon(lambda: talking(talk.caller) and talking(other))
    assert not talking(later)
    parted(here, other, "bob")
    soon(lambda: "打个分" in heard(talk.caller))
    assert talk.desk.wrap_up("alice", "resolved", "")


def test_a_phone_on_the_desk_is_put_down_as_it_is_meant(here: World) -> None:
    address = "sip:alice@office.example"
    here.parts.desk.enrol("alice", address, SKILLS)
    here.carrier.phone(address)
    here.parts.desk.available("alice")
    caller, phone = queued(here), here.carrier.phone(address)
    soon(lambda: here.parts.board.look() or phone.ringing)
    agent = Caller(here.carrier, leg=phone.answer())
    agent.press("1")
    soon(lambda: talking(caller) and talking(agent))
    agent.hang_up()
    assert "打个分" in heard(caller)


def test_a_page_of_the_release_before_ends_its_talks_as_it_did(here: World) -> None:
    talk = Talk(here)
    at_their_pages(here.parts.desk, "alice", ends=False)
    talk.agent.hang_up()
    soon(lambda: "打个分" in heard(talk.caller))


def test_who_talks_with_nobody_ends_nothing(here: World) -> None:
    talk = Talk(here)
    talk.board.end_talk("bob")
    talk.board.end_talk("nobody")
    assert talking(talk.caller)
    assert talking(talk.agent)


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
    phone = here.carrier.phone(OUTSIDE)
    assert phone.ringing
    assert phone.ringing.from_ == here.parts.flow.hotline.number
    later = queued(here)
    phone.reject()
    assert "没有接通" in heard(talk.caller)
    assert talk.place.state == "waiting"
    soon(lambda: state(here) == "wrapping")
    talk.desk.wrap_up("alice", "other", "")
    picked_up(here).press("1")
    soon(lambda: talking(talk.caller))
    assert not talking(later)


@pytest.mark.parametrize("number", ["+12025550143", "95588", "110", "+8616812345678", "abc"])
def test_no_other_number_is_rung(here: World, number: str) -> None:
    talk = Talk(here)
    with pytest.raises(ValueError, match="may not be rung"):
        talk.board.transfer(talk.id, number=number)
    with pytest.raises(ValueError, match="may not be rung"):
        talk.board.consult(talk.id, "alice", number=number)
    assert talking(talk.caller)


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
    parted(here, talk.agent)
    soon(lambda: here.carrier.recordings)
    (kept,) = here.carrier.recordings.values()
    assert kept.seconds < 60


def test_a_recorded_talk_has_its_file_and_is_no_work(here: World) -> None:
    talk = Talk(here)
    here.carrier.clock.advance(12)
    parted(here, talk.agent)
    soon(lambda: here.parts.messages.latest())
    (message,) = here.parts.messages.latest()
    assert (message.kind, message.call_id, message.state) == ("talk", talk.caller.leg.sid, "wanted")
    here.parts.jobs[0].start()
    file = here.parts.settings.recordings / "calls" / f"{message.id}.sealed"
    soon(file.is_file)
    assert [one.kind for one in talk.desk.inbox.work()] == []


def test_a_hang_up_in_the_survey_is_of_a_caller_who_was_served(here: World) -> None:
    talk = Talk(here)
    parted(here, talk.agent)
    soon(lambda: "打个分" in heard(talk.caller))
    talk.caller.hang_up()
    stored = here.parts.journal.call(talk.caller.leg.sid)
    assert stored
    assert stored.call.ended == "served"
