"""Who may use the practice carrier's REST, and its recordings and messages."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests
from twilio.rest import Client

from ivr.carrier.sounds import length
from tests.carrier_rest import World, refusal, waiting
from tests.carrier_site import ACCOUNT, ADDRESS, AGENT, CUSTOMER, HOTLINE, TOKEN


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    yield world
    world.close()


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
        ({"to": "+15005550004"}, 21610),
        ({"from_": ""}, 21603),
        ({"body": ""}, 21602),
        ({"body": "x" * 1601}, 21617),
    ],
)
def test_a_message_that_cannot_be_sent_is_refused(world: World, wrong: dict[str, Any], code: int) -> None:
    asked = {"to": CUSTOMER, "from_": HOTLINE, "body": "hello"} | wrong
    assert refusal(world.client.messages.create, **asked) == (400, code)
    assert world.carrier.messages == {}


def test_messages_are_listed_by_the_day_they_were_sent(world: World) -> None:
    sent = world.client.messages.create(to=CUSTOMER, messaging_service_sid="MG" + "a" * 32, body="hello")
    day = world.carrier.clock().date()
    found = world.client.messages.list
    assert sent.status == "accepted"
    assert [one.sid for one in found(to=CUSTOMER, date_sent=day)] == [sent.sid]
    assert len(found(date_sent_after=day)) == len(found(date_sent_before=day)) == 1
    assert found(date_sent_after=day + timedelta(days=1)) == found(date_sent_before=day - timedelta(days=1)) == []
    assert found(to=AGENT) == []


def test_an_sms_arrives_at_its_phone_with_or_without_the_country(world: World) -> None:
    for body in ("one", "two"):
        world.client.messages.create(to=CUSTOMER, from_=HOTLINE, body=body)
    arrived = world.carrier.inbox.of
    assert [text.body for _, text in arrived(CUSTOMER)] == ["one", "two"]
    assert [text.body for _, text in arrived(CUSTOMER.removeprefix("+86"), after=1)] == ["two"]
    assert arrived(AGENT) == arrived("") == arrived("1") == []


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
