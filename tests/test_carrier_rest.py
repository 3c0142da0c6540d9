"""The practice carrier's REST answers twilio-python's own client over real HTTP, in the shapes of Twilio's contract."""

import json
import os
import re
import threading
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from flask import Flask
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response as TwilioResponse
from twilio.rest import Client
from werkzeug.serving import make_server

from ivr.carrier.caller import Caller
from ivr.carrier.cues import Over, Queued, Ringing, Talking
from ivr.carrier.rest import rest
from ivr.carrier.sounds import length
from tests.carrier_site import ACCOUNT, ADDRESS, AGENT, CUSTOMER, HOTLINE, START, TOKEN, company, texts, values

CONTRACT = Path(__file__).parents[1].parent / "shared" / "twilio" / "openapi" / "twilio_api_v2010.json"
PAGES = {
    "/in": '<Enqueue action="/turn" waitUrl="/wait">general</Enqueue>',
    "/wait": "<Say>please wait</Say>",
    "/turn": "<Say>after</Say>",
    "/out": '<Gather numDigits="1" action="/turn"><Say>hello</Say></Gather>',
    "/hold": "<Say>held</Say>",
    "/fallback": "<Say>lifeboat</Say>",
}


class Contract:
    """Twilio's own OpenAPI description, to hold requests and answers against."""

    def __init__(self) -> None:
        whole = json.loads(CONTRACT.read_text())
        self.paths: dict[str, Any] = whole["paths"]
        self.schemas: dict[str, Any] = whole["components"]["schemas"]

    def operation(self, method: str, path: str) -> dict[str, Any]:
        fitting = [one for one in self.paths if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", one), path)]
        assert fitting, path
        return self.paths[min(fitting, key=lambda template: template.count("{"))][method.lower()]

    def check(
        self, method: str, path: str, sent: dict[str, Any], asked: dict[str, Any], status: int, text: str
    ) -> None:
        operation = self.operation(method, path)
        body = operation.get("requestBody", {}).get("content", {}).get("application/x-www-form-urlencoded", {})
        assert set(sent) <= set(body.get("schema", {}).get("properties", {})), path
        assert set(asked) <= {one["name"] for one in operation.get("parameters", []) if one["in"] == "query"}, path
        assert str(status) in operation["responses"], (path, status)
        content = operation["responses"][str(status)].get("content")
        if content:
            self.fits(json.loads(text), content["application/json"]["schema"], path)

    def fits(self, value: Any, schema: dict[str, Any], where: str) -> None:
        if "$ref" in schema:
            schema = self.schemas[schema["$ref"].rsplit("/", 1)[1]]
        if value is None:
            # The contract forgets to say that a running conference has no reason for its end; its examples have none.
            assert schema.get("nullable") or where.endswith("reason_conference_ended"), f"{where} cannot be null"
            return
        if "enum" in schema:
            assert value in schema["enum"], f"{where}: {value}"
        match schema.get("type"):
            case "object" if "properties" in schema:
                assert set(value) - {"subresource_uris"} <= set(schema["properties"]), where
                optional = {"subresource_uris"}
                missing = {name for name in schema["properties"] if name not in value} - optional
                assert not missing, f"{where} has no {missing}"
                for name, one in value.items():
                    if name in schema["properties"]:
                        self.fits(one, schema["properties"][name], f"{where} {name}")
            case "object":
                assert isinstance(value, dict), where
            case "array":
                for one in value:
                    self.fits(one, schema["items"], where)
            case "integer":
                assert type(value) is int, f"{where}: {value!r}"
            case "boolean":
                assert type(value) is bool, f"{where}: {value!r}"
            case "string":
                assert isinstance(value, str), f"{where}: {value!r}"
                if schema.get("format") == "date-time-rfc-2822":
                    assert value.endswith("+0000"), f"{where}: {value}"
                    assert parsedate_to_datetime(value).year == START.year
                if "pattern" in schema:
                    assert re.fullmatch(schema["pattern"], value), f"{where}: {value}"


@cache
def contract() -> Contract:
    return Contract()


class ToPractice(TwilioHttpClient):
    """Twilio's HTTP client, but asking the practice carrier; each request and answer is held against the contract."""

    def __init__(self, base: str) -> None:
        super().__init__(timeout=10)
        self.base = base
        if not CONTRACT.exists() and not os.environ.get("CI"):
            pytest.skip(f"{CONTRACT} is not beside the checkout")
        self.contract = contract()
        self.seen = 0

    def request(self, method: str, url: str, *args: Any, **named: Any) -> TwilioResponse:
        parts = urlsplit(url)
        assert parts.netloc == "api.twilio.com"
        answer = super().request(
            method, f"{self.base}{parts.path}{'?' + parts.query if parts.query else ''}", *args, **named
        )
        if answer.status_code < 400:
            sent, asked = named.get("data") or {}, named.get("params") or {}
            self.contract.check(method, parts.path, sent, asked, answer.status_code, answer.text)
            self.seen += 1
        return answer


class World:
    """A carrier, its pages, its REST on loopback, and twilio's client for it."""

    def __init__(self, most_at_once: int = 100) -> None:
        self.carrier, self.site = company(PAGES)
        app = Flask(__name__)
        app.register_blueprint(rest(self.carrier, most_at_once))
        self.server = make_server("127.0.0.1", 0, app, threaded=True)
        self.base = f"http://127.0.0.1:{self.server.server_port}"
        self.carrier.api_url = self.base
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()
        self.http = ToPractice(self.base)
        self.client = Client(ACCOUNT, TOKEN, http_client=self.http)

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
        self.http.session.close()


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    yield world
    world.close()


def refusal(function: Any, *args: Any, **named: Any) -> tuple[int, int]:
    with pytest.raises(TwilioRestException) as refused:
        function(*args, **named)
    return refused.value.status, refused.value.code


def waiting(world: World, number: str = CUSTOMER) -> Caller:
    return Caller(world.carrier, number, HOTLINE)


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


def message(world: World) -> str:
    world.site.pages["/in"] = '<Record action="/turn"/>'
    caller = waiting(world)
    caller.speak(4)
    caller.press("#")
    return world.site.asked("/turn")[-1]["RecordingSid"]


def test_a_recording_is_fetched_with_its_sound_and_deleted(world: World) -> None:
    sid = message(world)
    recording = world.client.recordings(sid).fetch()
    assert (recording.status, recording.duration, recording.source) == ("completed", "4", "RecordVerb")
    url = world.site.asked("/turn")[0]["RecordingUrl"]
    sound = requests.get(f"{url}.wav", auth=(ACCOUNT, TOKEN), timeout=5)
    assert sound.headers["Content-Type"] == "audio/x-wav"
    assert length(sound.content) == 4
    assert requests.get(url, auth=(ACCOUNT, TOKEN), timeout=5).content == sound.content
    assert [one.sid for one in world.client.recordings.list(call_sid=recording.call_sid)] == [sid]
    assert [one.sid for one in world.client.calls(recording.call_sid).recordings.list()] == [sid]
    assert world.client.recordings(sid).delete()
    assert refusal(world.client.recordings(sid).fetch) == (404, 20404)
    assert requests.get(f"{url}.wav", auth=(ACCOUNT, TOKEN), timeout=5).status_code == 404


def test_a_recording_is_not_for_everybody(world: World) -> None:
    url = f"{world.carrier.recording_url(message(world))}.wav"
    for credentials in (None, (ACCOUNT, "wrong"), ("wrong", TOKEN), (ACCOUNT, "")):
        refused = requests.get(url, auth=credentials, timeout=5)
        assert (refused.status_code, refused.json()["code"]) == (401, 20003)
        assert refused.headers["WWW-Authenticate"].startswith("Basic")


def test_an_api_key_opens_the_door_too(world: World) -> None:
    world.carrier.api_keys["SK" + "1" * 32] = "key secret"
    client = Client("SK" + "1" * 32, "key secret", ACCOUNT, http_client=world.http)
    assert client.calls.list() == []
    wrong = Client("SK" + "1" * 32, "other", ACCOUNT, http_client=world.http)
    assert refusal(wrong.calls("CA" + "0" * 32).fetch) == (401, 20003)


def test_another_account_is_not_found(world: World) -> None:
    client = Client(ACCOUNT, TOKEN, "AC" + "9" * 32, http_client=world.http)
    assert refusal(client.calls("CA" + "0" * 32).fetch) == (404, 20404)


def test_messages_are_taken_delivered_and_told(world: World) -> None:
    sent = world.client.messages.create(
        to=CUSTOMER, from_=HOTLINE, body="您的受理号是 12345", status_callback=f"{ADDRESS}/callback"
    )
    assert (sent.status, sent.num_segments) == ("queued", "1")
    assert world.client.messages(sent.sid).fetch().status == "delivered"
    assert [form["MessageStatus"] for form in world.site.asked("/callback")] == ["sent", "delivered"]
    assert [one.body for one in world.client.messages.list(to=CUSTOMER)] == ["您的受理号是 12345"]
    assert world.client.messages.create(to=CUSTOMER, from_=HOTLINE, body="钱" * 71).num_segments == "2"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"to": ""}, 21604),
        ({"to": "95588"}, 21211),
        ({"from_": ""}, 21603),
        ({"body": ""}, 21602),
        ({"body": "x" * 1601}, 21617),
    ],
)
def test_a_message_that_cannot_be_sent_is_refused(world: World, wrong: dict[str, Any], code: int) -> None:
    asked = {"to": CUSTOMER, "from_": HOTLINE, "body": "hello"} | wrong
    assert refusal(world.client.messages.create, **asked) == (400, code)
    assert world.carrier.messages == {}


def test_too_many_requests_are_refused_unprocessed() -> None:
    world = World(most_at_once=0)
    try:
        asked = {"to": AGENT, "from_": HOTLINE, "url": f"{ADDRESS}/out"}
        assert refusal(world.client.calls.create, **asked) == (429, 20429)
        assert world.carrier.legs == {}
    finally:
        world.close()


def test_places_are_given_back_after_each_request() -> None:
    world = World(most_at_once=1)
    try:
        assert [world.client.calls.list() for _ in range(5)] == [[]] * 5
        assert refusal(world.client.calls("CA" + "0" * 32).fetch) == (404, 20404)
        assert world.client.calls.list() == []
    finally:
        world.close()


def test_what_is_not_offered_is_not_found(world: World) -> None:
    assert refusal(world.client.applications("AP" + "0" * 32).fetch) == (404, 20404)
    refused = requests.put(f"{world.base}/2010-04-01/Accounts/{ACCOUNT}/Calls.json", auth=(ACCOUNT, TOKEN), timeout=5)
    assert refused.status_code in (404, 405)


def test_a_recorded_conference_is_listed_with_its_recording(world: World) -> None:
    customer, agent, sid = meeting(world, 'record="record-from-start"')
    world.carrier.clock.advance(9)
    agent.hang_up()
    customer.hang_up()
    (recording,) = world.client.conferences(sid).recordings.list()
    assert (recording.source, recording.duration, recording.conference_sid) == ("Conference", "9", sid)
    assert [one.sid for one in world.client.recordings.list(conference_sid=sid)] == [recording.sid]
