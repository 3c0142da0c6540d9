"""Conferences by the practice carrier's REST: agents rung in, held, muted, coached, removed."""

from collections.abc import Iterator

import pytest

from ivr.carrier.caller import Caller
from ivr.carrier.cues import Queued, Talking
from tests.carrier_rest import World, refusal, waiting
from tests.carrier_site import ADDRESS, AGENT, HOTLINE, texts


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    yield world
    world.close()


def meeting(world: World, more: str = "") -> tuple[Caller, Caller, str]:
    """A customer and an agent in one conference, the agent rung by REST."""
    world.site.pages["/in"] = f'<Dial action="/turn"><Conference {more}>case</Conference></Dial>'
    customer = waiting(world)
    (room,) = world.client.conferences.list(friendly_name="case", status="init")
    added = world.client.conferences(room.sid).participants.create(
        from_=HOTLINE, to=AGENT, label="agent", end_conference_on_exit=False, early_media=False
    )
    assert added.status == "queued"
    agent = Caller(world.carrier, leg=world.carrier.phone(AGENT).answer())
    assert added.call_sid == agent.leg.sid
    return customer, agent, room.sid


def test_an_agent_is_rung_into_a_conference(world: World) -> None:
    customer, agent, sid = meeting(world)
    assert customer.cue == Talking("conference:case", 14400)
    assert agent.cue == Talking("conference:case", None)
    room = world.client.conferences(sid)
    assert room.fetch().status == "in-progress"
    assert [one.label for one in room.participants.list()] == [None, "agent"]
    assert room.participants("agent").fetch().call_sid == agent.leg.sid
    customer.hang_up()
    agent.hang_up()
    assert (room.fetch().status, room.fetch().reason_conference_ended) == ("completed", "last-participant-left")
    assert refusal(room.participants("agent").fetch) == (404, 20404)


def test_an_agent_who_does_not_answer_is_not_in_the_conference(world: World) -> None:
    world.site.pages["/in"] = "<Dial><Conference>case</Conference></Dial>"
    waiting(world)
    world.client.conferences("case").participants.create(from_=HOTLINE, to=AGENT)
    world.carrier.phone(AGENT).reject()
    assert len(world.carrier.rooms["case"].participants) == 1


def test_participants_are_muted_held_coached_and_announced_to(world: World) -> None:
    customer, agent, sid = meeting(world)
    them = world.client.conferences(sid).participants
    assert them(customer.leg.sid).update(hold=True, hold_url=f"{ADDRESS}/hold").hold is True
    assert texts(customer.listen())[-1] == "held"
    assert isinstance(customer.cue, Queued)
    assert [one.call_sid for one in them.list(hold=True)] == [customer.leg.sid]
    assert them(customer.leg.sid).update(hold=False).hold is False
    assert isinstance(customer.cue, Talking)
    assert them(agent.leg.sid).update(muted=True).muted is True
    coached = them(agent.leg.sid).update(coaching=True, call_sid_to_coach=customer.leg.sid)
    assert (coached.coaching, coached.call_sid_to_coach) == (True, customer.leg.sid)
    assert them(agent.leg.sid).update(end_conference_on_exit=True).end_conference_on_exit is True
    them(customer.leg.sid).update(announce_url=f"{ADDRESS}/wait")
    assert texts(customer.listen())[-1] == "please wait"
    world.client.conferences(sid).update(announce_url=f"{ADDRESS}/hold")
    assert texts(agent.listen())[-1] == "held"
    agent.hang_up()
    assert world.client.conferences(sid).fetch().status == "completed"
    assert texts(customer.listen())[-1] == "after"


def test_a_participant_is_removed_and_a_conference_ended(world: World) -> None:
    customer, agent, sid = meeting(world)
    assert world.client.conferences(sid).participants(agent.leg.sid).delete()
    assert agent.over
    assert not customer.over
    world.client.conferences(sid).update(status="completed")
    assert texts(customer.listen())[-1] == "after"
    assert world.client.conferences(sid).fetch().reason_conference_ended == "conference-ended-via-api"
    assert refusal(world.client.conferences("CF" + "0" * 32).fetch) == (404, 20404)


def test_a_recorded_conference_is_listed_with_its_recording(world: World) -> None:
    customer, agent, sid = meeting(world, 'record="record-from-start"')
    world.carrier.clock.advance(9)
    agent.hang_up()
    customer.hang_up()
    (recording,) = world.client.conferences(sid).recordings.list()
    assert (recording.source, recording.duration, recording.conference_sid) == ("Conference", "9", sid)
    assert [one.sid for one in world.client.recordings.list(conference_sid=sid)] == [recording.sid]


def test_a_recording_is_paused_and_its_pause_is_not_kept(world: World) -> None:
    customer, agent, sid = meeting(world, 'record="record-from-start"')
    tape = world.client.conferences(sid).recordings("Twilio.CURRENT")
    world.carrier.clock.advance(10)
    assert tape.update(status="paused", pause_behavior="skip").status == "paused"
    world.carrier.clock.advance(100)
    assert tape.update(status="in-progress").status == "in-progress"
    world.carrier.clock.advance(5)
    assert tape.update(status="paused").status == "paused"
    world.carrier.clock.advance(20)
    customer.hang_up()
    agent.hang_up()
    (kept,) = world.carrier.recordings.values()
    assert (kept.status, kept.seconds) == ("completed", 35)
    assert refusal(lambda: tape.update(status="paused")) == (404, 20404)
