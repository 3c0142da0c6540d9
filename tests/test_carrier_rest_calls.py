"""Calls and queues by the practice carrier's REST, through twilio-python's own client over real HTTP."""

from collections.abc import Iterator
from typing import Any

import pytest

from ivr.carrier.caller import Caller
from ivr.carrier.cues import Over, Ringing
from tests.carrier_rest import World, refusal, waiting
from tests.carrier_site import ADDRESS, AGENT, HOTLINE, START, texts, values


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    yield world
    world.close()


def test_a_call_is_made_rings_and_runs_its_document(world: World) -> None:
    call = world.client.calls.create(
        to=AGENT,
        from_=HOTLINE,
        url=f"{ADDRESS}/out",
        status_callback=f"{ADDRESS}/callback",
        status_callback_event=["initiated", "ringing", "answered", "completed"],
    )
    assert (call.status, call.direction, call.to) == ("queued", "outbound-api", AGENT)
    assert call.date_created == START
    agent = Caller(world.carrier, leg=world.carrier.phone(AGENT).answer())
    assert agent.leg.sid == call.sid
    assert texts(agent.listen()) == ["hello"]
    assert world.client.calls(call.sid).fetch().status == "in-progress"
    agent.press("1")
    agent.listen()
    assert world.client.calls(call.sid).fetch().status == "completed"
    assert [form["CallStatus"] for form in world.site.asked("/callback")] == [
        *("initiated", "ringing", "in-progress", "completed")
    ]
    assert values(world.site.asked("/out")[0], "CallStatus", "Direction") == ("in-progress", "outbound-api")


def test_a_call_can_be_made_with_a_document_instead_of_its_address(world: World) -> None:
    call = world.client.calls.create(to=AGENT, from_=HOTLINE, twiml="<Response><Say>hi</Say></Response>")
    agent = Caller(world.carrier, leg=world.carrier.phone(AGENT).answer())
    assert texts(agent.listen()) == ["hi"]
    assert agent.over
    relative = '<Response><Gather action="turn" numDigits="1"/></Response>'
    world.client.calls.create(to=AGENT, from_=HOTLINE, twiml=relative)
    agent = Caller(world.carrier, leg=world.carrier.phone(AGENT).answer())
    agent.press("1")
    assert world.carrier.log.codes == [11100], call.sid


@pytest.mark.parametrize("status", ["busy", "no-answer"])
def test_a_call_that_is_not_taken_says_why(world: World, status: str) -> None:
    call = world.client.calls.create(
        to=AGENT, from_=HOTLINE, url=f"{ADDRESS}/out", status_callback=f"{ADDRESS}/callback"
    )
    world.carrier.phone(AGENT).reject(status)
    assert world.client.calls(call.sid).fetch().status == status
    assert world.site.asked("/callback")[0]["CallStatus"] == status
    assert world.site.asked("/out") == []


def test_a_call_rings_only_as_long_as_it_is_told(world: World) -> None:
    call = world.client.calls.create(to=AGENT, from_=HOTLINE, url=f"{ADDRESS}/out", timeout=20)
    leg = world.carrier.phone(AGENT).ringing
    assert leg is not None
    assert leg.cue == Ringing(20)
    world.carrier.clock.advance(19)
    world.carrier.tick()
    assert not leg.over
    world.carrier.clock.advance(1)
    world.carrier.tick()
    assert world.client.calls(call.sid).fetch().status == "no-answer"


def test_a_waiting_caller_is_moved_and_the_queue_tells_of_it(world: World) -> None:
    caller = waiting(world)
    world.client.calls(caller.leg.sid).update(url=f"{ADDRESS}/out", method="POST")
    assert world.site.asked("/turn")[0]["QueueResult"] == "redirected"
    assert texts(caller.listen())[-1] == "hello"
    assert not caller.over, "the answer to the action is ignored: the call is where it was moved to"
    assert world.carrier.queues["general"].members == []


def test_a_moved_call_has_its_own_fallback(world: World) -> None:
    caller = waiting(world)
    world.client.calls(caller.leg.sid).update(url=f"{ADDRESS}/nowhere", fallback_url=f"{ADDRESS}/fallback")
    assert texts(caller.listen())[-1] == "lifeboat"


def test_a_call_is_ended_or_cancelled(world: World) -> None:
    caller = waiting(world)
    world.client.calls(caller.leg.sid).update(status="completed")
    assert caller.cue == Over("completed")
    assert world.site.asked("/turn")[0]["QueueResult"] == "hangup"
    call = world.client.calls.create(to=AGENT, from_=HOTLINE, url=f"{ADDRESS}/out")
    world.client.calls(call.sid).update(status="canceled")
    assert world.client.calls(call.sid).fetch().status == "canceled"
    assert world.carrier.phone(AGENT).ringing is None


def test_a_dead_call_cannot_be_changed(world: World) -> None:
    caller = waiting(world)
    caller.hang_up()
    call = world.client.calls(caller.leg.sid)
    assert refusal(call.update, status="completed") == (400, 21220)
    assert refusal(call.update, url=f"{ADDRESS}/out") == (400, 21220)
    assert call.delete()
    assert refusal(call.fetch) == (404, 20404)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"to": ""}, 21201),
        ({"from_": ""}, 21213),
        ({"from_": "+8610000000"}, 21210),
        ({"to": "95588"}, 21211),
        ({"url": ""}, 21205),
        ({"url": "/relative"}, 21205),
        ({"method": "PUT"}, 21209),
        ({"timeout": 0}, 21208),
        ({"timeout": 601}, 21208),
        ({"url": "", "twiml": "x" * 4001}, 20001),
    ],
)
def test_a_call_that_cannot_be_made_is_refused_with_twilios_number(
    world: World, wrong: dict[str, Any], code: int
) -> None:
    asked = {"to": AGENT, "from_": HOTLINE, "url": f"{ADDRESS}/out"} | wrong
    assert refusal(world.client.calls.create, **asked) == (400, code)
    assert world.carrier.legs == {}


def test_calls_are_listed_page_by_page_and_by_what_is_asked(world: World) -> None:
    callers = [waiting(world, f"+86139000001{number:02}") for number in range(7)]
    callers[0].hang_up()
    assert len(world.client.calls.list(page_size=3)) == 7
    assert world.http.seen == 3
    assert [one.sid for one in world.client.calls.list(status="completed")] == [callers[0].leg.sid]
    assert [one._from for one in world.client.calls.list(from_="+8613900000103")] == ["+8613900000103"]


def test_queues_and_members_are_looked_at_and_a_member_is_moved(world: World) -> None:
    first, second = waiting(world), waiting(world, AGENT)
    world.carrier.clock.advance(30)
    (queue,) = world.client.queues.list()
    assert (queue.friendly_name, queue.current_size, queue.max_size) == ("general", 2, 1000)
    members = queue.members.list()
    assert [(one.call_sid, one.position, one.wait_time) for one in members] == [
        (first.leg.sid, 1, 30),
        (second.leg.sid, 2, 30),
    ]
    assert world.client.queues(queue.sid).members("Front").fetch().call_sid == first.leg.sid
    world.client.queues(queue.sid).members(second.leg.sid).update(url=f"{ADDRESS}/out")
    assert texts(second.listen())[-1] == "hello"
    assert world.site.asked("/turn")[0]["QueueResult"] == "redirected"
    assert refusal(world.client.queues(queue.sid).members(second.leg.sid).fetch) == (404, 20404)
    assert world.client.queues(queue.sid).fetch().average_wait_time == 30


def test_queues_are_made_changed_and_deleted(world: World) -> None:
    queue = world.client.queues.create(friendly_name="urgent", max_size=2)
    assert (queue.current_size, queue.max_size) == (0, 2)
    assert refusal(world.client.queues.create, friendly_name="urgent") == (400, 22003)
    assert refusal(world.client.queues.create, friendly_name="x" * 65) == (400, 20002)
    assert world.client.queues(queue.sid).update(friendly_name="theft", max_size=5000).friendly_name == "theft"
    assert refusal(world.client.queues(queue.sid).update, max_size=5001) == (400, 20001)
    assert set(world.carrier.queues) == {"theft"}
    assert world.client.queues(queue.sid).delete()
    waiting(world)
    (general,) = world.client.queues.list()
    assert refusal(general.delete) == (400, 22002)
