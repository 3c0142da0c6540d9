"""The paths of the carrier: who is let in, what odd requests do, and what is heard when we are at fault."""

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from sqlalchemy import func, select
from structlog.testing import capture_logs
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from app import PAGES, THREADS
from ivr.carrier.web import signature
from ivr.factory import create_app
from ivr.flow.events import Said
from ivr.parts import Parts
from ivr.store.errors import StoreError
from ivr.store.tables import calls, turns
from ivr.telephony.calls import FORM
from ivr.telephony.signature import Signatures
from tests.contract import faults, shared
from tests.faults.checks import replayed
from tests.world import ACCOUNT, OPEN, TOKEN, hotline_settings

URL = "https://hotline.example"
CALL = "CA" + "2" * 32
ASKED = {"CallSid": CALL, "AccountSid": ACCOUNT, "From": "+8613800138000", "To": "+864001234567"}
LANGUAGE = "?language=zh-CN"


@dataclass
class Site:
    """The application, asked as the carrier asks it."""

    app: object
    parts: Parts

    def ask(self, path: str, headers: Mapping[str, str] | None = None, **form: str) -> TestResponse:
        """Post a signed form."""
        filled = ASKED | form
        signature = RequestValidator(TOKEN).compute_signature(f"{URL}{path}", filled)
        return self.post(path, filled, headers or {"X-Twilio-Signature": signature})

    def post(self, path: str, form: Mapping[str, str], headers: Mapping[str, str]) -> TestResponse:
        """Post any form with any headers."""
        return self.app.test_client().post(path, data=form, headers=headers)  # type: ignore[attr-defined]

    def rows(self) -> int:
        """Count what is written down."""
        with self.parts.engine.connect() as connection:
            counts = [connection.scalar(select(func.count()).select_from(table)) for table in (calls, turns)]
        return sum(count or 0 for count in counts)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    settings = replace(hotline_settings(tmp_path, 8000), public_url=URL)
    app = create_app(settings, lambda: OPEN.astimezone(UTC))
    yield Site(app, app.extensions["hotline"])
    app.extensions["hotline"].close()


PATHS = ["incoming", "turn/1", "wait/1", "status", "recording", "fallback"]
LIFEBOAT = ["fallback/0", "fallback/freeze", "fallback/freeze/code", "fallback/thanks", "fallback/recording"]
OFFER = ("whisper", "take", "over", "talked", "caller", "back", "sent")
BACK = ("customer", "confirmed", "parted", "missed", "rung")
AGENTS = [f"agent/x/{what}" for what in OFFER + BACK]
GUESTS = [f"agent/guest/y/{what}" for what in ("whisper", "join", "left", "over")]
TALKS = [*AGENTS, *GUESTS, *LIFEBOAT, "agent/hold", "recording/z"]


def fields(told: dict[str, object]) -> list[tuple[str, str]]:
    """Return a form as it is checked: every field with its value, once for each value that it has."""
    each = ((name, value if isinstance(value, list) else [value]) for name, value in told.items())
    return [(name, str(value)) for name, values in each for value in values]


def test_every_path_is_known_here(site: Site) -> None:
    known = {rule.rule for rule in site.app.url_map.iter_rules() if rule.rule.startswith("/voice")}  # type: ignore[attr-defined]
    asked = {"/voice/" + path.replace("/1", "/<int:turn>") for path in PATHS}
    named = {"/x/": "/<offer>/", "/y/": "/<guest>/", "/z": "/<place>", "/0": "/<int:rounds>"}
    for path in TALKS:
        short = next((sign for sign in named if sign in path), "")
        asked.add("/voice/" + (path.replace(short, named[short]) if short else path))
    assert asked == known


@pytest.mark.parametrize("path", PATHS + TALKS)
def test_only_what_the_carrier_signed_for_us_is_let_in(site: Site, path: str) -> None:
    good = {"X-Twilio-Signature": RequestValidator(TOKEN).compute_signature(f"{URL}/voice/{path}", ASKED)}
    other = RequestValidator(TOKEN).compute_signature(f"https://evil.example/voice/{path}", ASKED)
    stranger = RequestValidator("another token").compute_signature(f"{URL}/voice/{path}", ASKED)
    url = f"/voice/{path}"
    assert site.post(url, ASKED, {}).status_code == 403
    assert site.post(url, ASKED, {"X-Twilio-Signature": ""}).status_code == 403
    assert site.post(url, ASKED, {"X-Twilio-Signature": "Köln"}).status_code == 403
    assert site.post(url, ASKED, {"X-Twilio-Signature": other}).status_code == 403
    assert site.post(url, ASKED, {"X-Twilio-Signature": stranger}).status_code == 403
    assert site.post(url, ASKED | {"Digits": "1"}, good).status_code == 403
    forwarded = {"X-Forwarded-Host": "evil.example", "Host": "evil.example", "X-Forwarded-Proto": "http"}
    assert site.post(url, ASKED, {"X-Twilio-Signature": other, **forwarded}).status_code == 403
    assert site.ask(url, AccountSid="AC" + "9" * 32).status_code == 403
    assert site.ask(url, AccountSid="").status_code == 403
    assert site.ask(url, CallSid="").status_code == 400
    assert site.app.test_client().get(url).status_code == 405  # type: ignore[attr-defined]
    assert site.rows() == 0
    assert "<Response" not in site.post(url, ASKED, {}).text


def test_a_body_over_64_kb_is_refused_before_it_is_read(site: Site) -> None:
    assert site.ask("/voice/incoming", CallerName="x" * 66_000).status_code == 413
    unsigned = site.post("/voice/incoming", ASKED | {"CallerName": "x" * 66_000}, {})
    assert unsigned.status_code == 403
    assert site.rows() == 0


def test_a_trailing_slash_is_never_redirected(site: Site) -> None:
    assert site.ask("/voice/incoming/").status_code == 404


def vectors() -> list[dict[str, object]]:
    return [one for one in json.loads(shared("twilio/signature_vectors.json").read_text("utf-8")) if "params" in one]


def test_twilios_signature_vectors_are_accepted_and_every_changed_byte_refused() -> None:
    for vector in vectors():
        url, params, signature = str(vector["url"]), dict(vector["params"]), str(vector["signature"])  # type: ignore[call-overload]
        parts = urlsplit(url)
        checked = Signatures(f"{parts.scheme}://{parts.netloc}", [str(vector["token"])])
        assert checked.good(parts.path, parts.query, fields(params), signature)
        for place in range(len(signature)):
            changed = signature[:place] + ("A" if signature[place] != "A" else "B") + signature[place + 1 :]
            assert not checked.good(parts.path, parts.query, fields(params), changed), place
        for place in range(1, len(parts.path)):
            path = parts.path[:place] + "~" + parts.path[place + 1 :]
            assert not checked.good(path, parts.query, fields(params), signature)
        for name, value in params.items():
            for place in range(len(value)):
                form = params | {name: value[:place] + "~" + value[place + 1 :]}
                assert not checked.good(parts.path, parts.query, fields(form), signature)
            assert not checked.good(parts.path, parts.query, fields(params | {name + "x": value}), signature)


def recorded() -> list[dict[str, object]]:
    return json.loads(shared("twilio/webhook_payloads.json").read_text("utf-8"))


KINDS = {
    "gather_action": ("/voice/turn/1", 200),
    "gather_action_forwarded_nonascii": ("/voice/turn/1", 200),
    "recording_status_callback": ("/voice/recording", 204),
    "call_status_callback_completed": ("/voice/status", 204),
    "call_status_callback_busy": ("/voice/status", 204),
    "fallback_request (SMS sample showing the two fields)": ("/voice/fallback", 200),
}


def test_a_field_that_is_sent_twice_counts_once_and_as_all_that_was_sent(site: Site) -> None:
    sent = [*ASKED.items(), ("To", ASKED["To"]), ("Word", "b"), ("Word", "a")]
    good = RequestValidator(TOKEN).compute_signature(f"{URL}/voice/incoming", MultiDict(sent))
    quick = site.app.extensions["front"](THREADS, PAGES)._quick  # type: ignore[attr-defined]
    for given, status in ((sent, 200), (sent[:-1], 403)):
        body = urlencode(given)
        told = {"content_type": FORM, "headers": {"X-Twilio-Signature": good}}
        assert site.app.test_client().post("/voice/incoming", data=body, **told).status_code == status  # type: ignore[attr-defined]
        assert (quick.signed("/voice/incoming", "", given, good) is not None) == (status == 200)


def test_during_a_rotation_the_old_and_the_new_token_count() -> None:
    url, form = "https://hotline.example", [("CallSid", "CA1")]
    both, after = Signatures(url, ["new", "old"]), Signatures(url, ["new"])
    for token in ("new", "old"):
        signed = signature(token, f"{url}/voice/incoming", form)
        assert both.good("/voice/incoming", "", form, signed)
        assert after.good("/voice/incoming", "", form, signed) == (token == "new")


@pytest.mark.parametrize("kind", KINDS)
def test_recorded_requests_are_accepted_and_every_changed_byte_refused(site: Site, kind: str) -> None:
    path, status = KINDS[kind]
    sample = next(one for one in recorded() if one["kind"] == kind)
    form = ASKED | dict(sample["params"]) | {"AccountSid": ACCOUNT}  # type: ignore[call-overload]
    site.ask("/voice/incoming", CallSid=str(form["CallSid"]))
    answer = site.ask(path, **form)
    assert answer.status_code == status
    assert status == 204 or faults(answer.text, waiting=False) == []
    written = site.rows()
    signature = RequestValidator(TOKEN).compute_signature(f"{URL}{path}", form)
    for name, value in form.items():
        place = random.Random(name).randrange(max(1, len(value)))
        changed = form | {name: value[:place] + "~" + value[place + 1 :]}
        assert site.post(path, changed, {"X-Twilio-Signature": signature}).status_code == 403, name
    assert site.rows() == written


ODD = {
    "200 digits": {"Digits": "1" * 200},
    "letters": {"Digits": "abc"},
    "control characters": {"Digits": "\x00\x1f", "CallerName": "\x00\x07 evil"},
    "empty digits": {"Digits": "", "FinishedOnKey": "#"},
    "anonymous": {"From": "anonymous", "Caller": "anonymous"},
    "no caller": {"From": "", "Caller": ""},
    "a city": {"FromCity": "São Paulo", "ToCity": "Köln", "CallerState": "上海"},
    "unknown fields": {"Surprise": "yes", "msg": "Gather End", "x" * 300: "y" * 3000},
    "markup": {"From": "<Say>x</Say>", "CallerName": "</Response>", "SpeechResult": "<Dial>1</Dial>"},
    "a huge sequence": {"RecordingDuration": "99999999999999999999", "QueueTime": "-1"},
}


@pytest.mark.parametrize("name", ODD)
def test_odd_requests_do_not_disturb_the_call(site: Site, name: str) -> None:
    for path in ("/voice/incoming", "/voice/turn/1" + LANGUAGE, "/voice/turn/2" + LANGUAGE):
        answer = site.ask(path, **ODD[name])
        assert answer.status_code == 200
        assert faults(answer.text, waiting=False) == []
        assert "系统出了点问题" not in answer.text
        assert "evil" not in answer.text


def test_a_turn_never_offered_is_logged_and_answered_with_the_present_prompt(site: Site) -> None:
    first = site.ask("/voice/incoming")
    with capture_logs() as logged:
        for path in ("/voice/turn/7", "/voice/turn/0", "/voice/wait/1", "/voice/turn/999999999"):
            assert site.ask(path + LANGUAGE, Digits="1").data == first.data
    assert [line["status"] for line in logged if "status" in line] == [409] * 4
    assert site.parts.journal.call(CALL).call.turn == 1  # type: ignore[union-attr]


def test_a_call_that_never_rang_here_gets_an_apology_and_a_person(site: Site) -> None:
    answer = site.ask("/voice/turn/3" + LANGUAGE, Digits="1")
    assert answer.status_code == 200
    assert "系统出了点问题" in answer.text
    back = site.ask("/voice/fallback/0?language=zh-CN&failed=turn/3")
    assert "<Enqueue" in back.text
    assert faults(answer.text, waiting=False) == faults(back.text, waiting=False) == []
    assert site.ask("/voice/fallback/0?language=zh-CN&failed=turn/3").data == back.data


@pytest.mark.parametrize(("language", "heard", "unheard"), [("zh-CN", "抱歉", "Sorry"), ("en-US", "Sorry", "抱歉")])
def test_a_fault_of_ours_is_heard_in_the_callers_language_only(
    site: Site, language: str, heard: str, unheard: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.ask("/voice/incoming")
    site.parts.journal.close()
    monkeypatch.setattr(site.parts.journal, "append", lambda entry: 1 / 0)
    answer = site.ask(f"/voice/turn/1?language={language}", Digits="1")
    assert (answer.status_code, answer.mimetype) == (200, "text/xml")
    assert heard in answer.text
    assert unheard not in answer.text
    assert faults(answer.text, waiting=False) == []


def test_a_fault_before_a_language_is_chosen_is_heard_in_all(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site.parts.journal, "append", lambda entry: 1 / 0)
    answer = site.ask("/voice/incoming")
    assert "抱歉" in answer.text
    assert "Sorry" in answer.text


def test_a_fault_of_ours_leaves_a_waiting_caller_in_line(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.ask("/voice/incoming")
    assert "<Enqueue" in site.ask("/voice/turn/1" + LANGUAGE, Digits="0").text
    with monkeypatch.context() as broken:
        broken.setattr(site.parts.journal, "append", lambda entry: 1 / 0)
        room = site.ask("/voice/wait/2" + LANGUAGE, QueuePosition="1", QueueTime="0").text
        leave = site.ask("/voice/wait/2" + LANGUAGE, QueuePosition="1", QueueTime="25", Digits="1").text
    assert "<Gather" in room
    assert "<Leave" in leave
    assert faults(room, waiting=True) == faults(leave, waiting=True) == []
    assert "<Record" in site.ask("/voice/turn/2" + LANGUAGE, QueueResult="leave").text


def test_a_waiting_caller_whom_we_fail_for_long_may_leave_a_message(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.ask("/voice/incoming")
    site.ask("/voice/turn/1" + LANGUAGE, Digits="0")
    monkeypatch.setattr(site.parts.journal, "append", away)
    room = site.ask(f"/voice/wait/2{LANGUAGE}&rounds=19", QueuePosition="1").text
    assert "/voice/wait/2?language=zh-CN&amp;rounds=20#" in room
    left = site.ask(f"/voice/wait/2{LANGUAGE}&rounds=20", QueuePosition="1").text
    assert "<Leave" in left
    message = site.ask("/voice/turn/2" + LANGUAGE, QueueResult="leave").text
    assert "<Record" in message
    assert faults(room, waiting=True) == faults(left, waiting=True) == faults(message, waiting=False) == []


def away(*_: object) -> None:
    raise StoreError("the database is away")


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
def test_the_lifeboat_leads_to_a_message_without_the_database(
    site: Site, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site.parts.journal, "fresh", away)
    failed = f"{URL}/voice/turn/7?language={language}"
    apology = site.ask("/voice/fallback", ErrorCode="11200", ErrorUrl=failed).text
    back = f"/voice/fallback/{{}}?language={language}&failed=turn/7"
    assert f"{back.format(0).replace('&', '&amp;')}#" in apology
    music = site.ask(back.format(0)).text
    assert f"{back.format(1).replace('&', '&amp;')}#" in music
    message, worn = (site.ask(back.format(1), Digits="1").text, site.ask(back.format(20)).text)
    assert message == worn
    assert "<Record" in message
    said = {"RecordingSid": "RE" + "3" * 32, "RecordingDuration": "4"}
    thanks = site.ask(f"/voice/fallback/thanks?language={language}", **said).text
    documents = [apology, music, message, thanks]
    assert [fault for one in documents for fault in faults(one, waiting=False)] == []
    assert all(("Zhiyu" in one) == (language == "zh-CN") for one in documents)


def test_an_english_caller_hears_english_only(site: Site) -> None:
    site.ask("/voice/incoming")
    site.ask("/voice/turn/1" + LANGUAGE, Digits="8")
    site.ask("/voice/turn/2?language=en-US", Digits="2")
    site.ask("/voice/turn/3?language=en-US", Digits="#")
    heard = [event for event in site.parts.journal.events(CALL)[20:] if isinstance(event, Said)]
    assert {event.language for event in heard if "choices.chinese" not in event.place} == {"en-US"}


def test_a_message_left_adrift_that_is_told_after_the_end_is_work_and_the_call_ends_once(site: Site) -> None:
    sid = "RE" + "3" * 32
    site.ask("/voice/incoming")
    site.ask("/voice/status", CallStatus="completed")
    for _ in range(2):
        told = {"RecordingSid": sid, "RecordingStatus": "completed", "RecordingDuration": "4"}
        assert site.ask("/voice/fallback/recording", **told).status_code == 204
    site.ask("/voice/fallback/thanks" + LANGUAGE, RecordingSid=sid, RecordingDuration="4")
    assert [place.recording for place in site.parts.desk.waiting()] == [sid]
    turns, _ = replayed(site.parts, CALL)
    assert [turn.asked for turn in turns] == ["incoming", "hangup", f"adrift/{sid}"]


def test_who_comes_back_to_a_call_that_has_ended_hears_its_end(site: Site) -> None:
    site.ask("/voice/incoming")
    site.ask("/voice/status", CallStatus="completed")
    assert "<Hangup" in site.ask("/voice/fallback/0?language=zh-CN&failed=turn/1").text


def test_a_hang_up_told_before_anything_else_is_kept(site: Site) -> None:
    assert site.ask("/voice/status", CallStatus="completed").status_code == 204
    assert site.parts.journal.call(CALL).call.ended == "hung-up"  # type: ignore[union-attr]
    assert "<Hangup" in site.ask("/voice/incoming").text
    # An empty round of music would be asked for again and again.
    assert "<Hangup" in site.ask("/voice/wait/1", QueuePosition="1", QueueTime="0").text


def test_a_recording_told_before_its_call_keeps_its_row(site: Site) -> None:
    sid = "RE" + "3" * 32
    told = {"RecordingSid": sid, "RecordingStatus": "completed", "RecordingDuration": "4"}
    for _ in range(2):
        assert site.ask("/voice/recording", **told).status_code == 204
    (message,) = site.parts.messages.latest()
    assert (message.recording_sid, message.seconds, message.state) == (sid, 4, "wanted")
    site.ask("/voice/recording", RecordingSid="../../etc/passwd", RecordingStatus="completed")
    assert len(site.parts.messages.latest()) == 1
