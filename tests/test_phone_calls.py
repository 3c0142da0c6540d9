"""What stands behind the page /phone: whom it answers, what it refuses, how many calls it keeps."""

import re
from contextlib import closing

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ivr.carrier import sounds
from ivr.carrier.clock import SimulatedClock
from ivr.carrier.company import Carrier
from ivr.carrier.phone import LARGEST, phone
from ivr.carrier.phone_calls import FORGOTTEN, MOST
from ivr.carrier.phone_texts import TEXTS
from ivr.carrier.web import Response
from ivr.web import web
from tests.world import CUSTOMER, NUMBER, OPEN


def small(clock: SimulatedClock) -> tuple[Carrier, FlaskClient]:
    """Return a carrier whose one number records at once, and the page's server."""
    document = b'<Response><Record action="/more" timeout="5" maxLength="3" finishOnKey="#"/></Response>'
    headers = {"content-type": "text/xml"}
    carrier = Carrier("AC1", "token", clock, send=lambda *_: Response(200, headers, document))
    carrier.number(NUMBER, "http://hotline.example.com/")
    app = Flask(__name__)
    app.register_blueprint(web())
    app.register_blueprint(phone(carrier, NUMBER))
    return carrier, app.test_client()


def dialled(client: FlaskClient) -> dict[str, object]:
    answer = client.post("/phone/calls", json={"from": CUSTOMER, "to": NUMBER})
    assert answer.status_code == 201
    return dict(answer.json)


def test_nothing_on_the_page_is_inline_and_everything_it_names_is_there() -> None:
    _, client = small(SimulatedClock(OPEN))
    answer = client.get("/phone")
    html = answer.text
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert not re.search(r"\sstyle=|\son[a-z]+=", html)
    assert re.findall(r"<script(?![^>]*src=)[^>]*>", html) == ['<script type="application/json" id="texts">']
    for address in set(re.findall(r'(?:src|href)="(/[^"]+)"', html)):
        with closing(client.get(address)) as file:
            assert file.status_code == 200, address


@pytest.mark.parametrize(
    ("asked", "accepted", "language"),
    [("", "en-GB,en;q=0.9", "en"), ("", "zh-TW,zh", "zh-CN"), ("", "fr", "zh-CN"), ("?lang=en", "zh", "en")],
)
def test_the_page_speaks_the_readers_language(asked: str, accepted: str, language: str) -> None:
    _, client = small(SimulatedClock(OPEN))
    html = client.get(f"/phone{asked}", headers={"Accept-Language": accepted}).text
    assert f'<html lang="{language}">' in html


def test_both_languages_have_the_same_words() -> None:
    assert TEXTS["zh"].keys() == TEXTS["en"].keys()
    for name, words in TEXTS["zh"].items():
        assert re.findall(r"\{\w+\}", words) == re.findall(r"\{\w+\}", TEXTS["en"][name]), name


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "hotline.example.com"},
        {"Host": "127.0.0.1.example.com"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://localhost:9"},
        {"Origin": "null"},
    ],
)
def test_another_sites_page_cannot_dial(headers: dict[str, str]) -> None:
    carrier, client = small(SimulatedClock(OPEN))
    answer = client.post("/phone/calls", json={"from": CUSTOMER, "to": NUMBER}, headers=headers)
    assert answer.status_code == 403
    assert carrier.legs == {}


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data"])
def test_what_a_plain_form_can_send_is_refused(kind: str) -> None:
    carrier, client = small(SimulatedClock(OPEN))
    answer = client.post("/phone/calls", data='{"from": "1", "to": "2"}', content_type=kind)
    assert answer.status_code == 415
    assert carrier.legs == {}


@pytest.mark.parametrize("body", ["[]", "{}", "{", '{"from": 1, "to": "2"}', '{"from": "", "to": "2"}'])
def test_a_bad_request_is_refused_in_json(body: str) -> None:
    _, client = small(SimulatedClock(OPEN))
    answer = client.post("/phone/calls", data=body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json["error"]


def test_an_unknown_call_is_over() -> None:
    _, client = small(SimulatedClock(OPEN))
    for path in ("finished", "keys", "message", "hangup"):
        answer = client.post(f"/phone/calls/CA0/{path}", json={"turn": 1, "key": "1", "seconds": 1})
        assert answer.status_code == 404
    assert client.get("/phone/calls/CA0").status_code == 404


def test_only_so_many_calls_are_kept() -> None:
    _, client = small(SimulatedClock(OPEN))
    for _ in range(MOST):
        dialled(client)
    answer = client.post("/phone/calls", json={"from": CUSTOMER, "to": NUMBER})
    assert answer.status_code == 503


def test_a_call_whose_page_is_gone_is_hung_up() -> None:
    clock = SimulatedClock(OPEN)
    carrier, client = small(clock)
    gone, there = dialled(client)["call"], dialled(client)["call"]
    clock.advance(FORGOTTEN.total_seconds() - 1)
    client.get(f"/phone/calls/{there}")
    clock.advance(2)
    dialled(client)
    assert carrier.legs[str(gone)].over
    assert not carrier.legs[str(there)].over


@pytest.mark.parametrize("wav", [b"", b"RIFF", b"\0" * 1000, sounds.tone(1)[:-1] + b"\0\0"])
def test_only_a_telephones_wav_is_taken_for_a_message(wav: bytes) -> None:
    carrier, client = small(SimulatedClock(OPEN))
    call = dialled(client)
    path = f"/phone/calls/{call['call']}/message?turn={call['turn']}&end=%23"
    assert client.post(path, data=wav, content_type="audio/wav").status_code == 400
    assert carrier.recordings == {}


def test_too_long_a_message_is_refused_unread() -> None:
    carrier, client = small(SimulatedClock(OPEN))
    call = dialled(client)
    path = f"/phone/calls/{call['call']}/message?turn={call['turn']}&end="
    answer = client.post(path, data=b"\0" * (LARGEST + 1), content_type="audio/wav")
    assert answer.status_code == 413
    assert carrier.recordings == {}


def test_a_full_tape_leaves_the_next_question_alone() -> None:
    carrier, client = small(SimulatedClock(OPEN))
    call = dialled(client)
    path = f"/phone/calls/{call['call']}/message?turn={call['turn']}&end="
    state = client.post(path, data=sounds.tone(3), content_type="audio/wav").json
    assert [kept.seconds for kept in carrier.recordings.values()] == [3]
    assert state["cue"]["kind"] == "recording"


def test_a_message_for_a_question_that_is_past_is_let_go() -> None:
    carrier, client = small(SimulatedClock(OPEN))
    call = dialled(client)
    path = f"/phone/calls/{call['call']}/message?turn=0&end=%23"
    assert client.post(path, data=sounds.tone(1), content_type="audio/wav").status_code == 200
    assert carrier.recordings == {}
