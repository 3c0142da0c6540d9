"""The practice carrier's requests are Twilio's: parameters, order, signature, retries, redirects, cookies, fallback."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from twilio.request_validator import RequestValidator

from ivr.carrier.caller import Caller
from ivr.carrier.clock import SimulatedClock
from ivr.carrier.company import Carrier
from ivr.carrier.script import APPLICATION_ERROR
from ivr.carrier.web import BrokenOffError, Response, Send, retries, signature
from tests.carrier_site import (
    ACCOUNT,
    ADDRESS,
    CUSTOMER,
    HOTLINE,
    START,
    TOKEN,
    Answer,
    Form,
    call,
    texts,
    twiml,
    values,
)

SHARED = Path(__file__).parents[1].parent / "shared" / "twilio"
RECORD = '<Record action="/turn" recordingStatusCallback="/callback"/>'


def shared(name: str) -> object:
    path = SHARED / name
    if not path.exists() and not os.environ.get("CI"):
        pytest.skip(f"{path} is not beside the checkout")
    return json.loads(path.read_text())


def recorded(kind: str) -> Form:
    found = shared("webhook_payloads.json")
    assert isinstance(found, list)
    return next(payload["params"] for payload in found if payload["kind"] == kind)


def test_a_gather_request_has_the_fields_of_a_recorded_one_in_its_order() -> None:
    caller, site = call({"/in": '<Gather action="/turn" numDigits="3"/>', "/turn": "<Pause/>"})
    caller.press("300")
    (turn,) = site.asked("/turn")
    known = recorded("gather_action")
    assert list(turn) == list(known)
    same = ("ApiVersion", "AccountSid", "CallStatus", "Digits", "Direction", "FinishedOnKey", "From", "msg", "ToCity")
    assert values(turn, *same) == values(known, *same)


def test_a_recording_callback_has_the_fields_of_a_recorded_one() -> None:
    caller, site = call({"/in": RECORD, "/turn": "<Pause/>"})
    caller.speak(3)
    caller.press("1")
    (told,) = site.asked("/callback")
    known = recorded("recording_status_callback")
    assert set(told) == set(known)
    same = ("RecordingSource", "RecordingStatus", "RecordingChannels", "ErrorCode", "RecordingDuration")
    assert values(told, *same) == values(known, *same)


def test_the_end_has_the_fields_of_a_recorded_callback() -> None:
    caller, site = call({"/in": "<Say>hello</Say>"})
    caller.listen()
    assert set(recorded("call_status_callback_completed")) <= set(site.asked("/over")[0]) | {"Timestamp"}
    refused, told = call({"/in": '<Reject reason="busy"/>'})
    assert refused.over
    assert set(recorded("call_status_callback_busy")) <= set(told.asked("/over")[0])


def test_every_standard_parameter_is_sent_the_empty_ones_too() -> None:
    _, site = call({"/in": "<Pause/>"})
    params = shared("webhook_params.json")
    assert isinstance(params, dict)
    optional = {"ForwardedFrom", "CallerName", "ParentCallSid", "CallToken", "CalledVia", "StirVerstat"}
    assert {name.rstrip("?") for name in params["standard"]} - optional == set(site.asked("/in")[0])
    assert values(site.asked("/in")[0], "FromCity", "FromCountry", "CallStatus") == ("", "CN", "ringing")


def test_more_parameters_can_be_sent_and_are_signed() -> None:
    extra = {"FromState": "Köln", "Surprise": "São Paulo", "From": "anonymous"}
    _, site = call({"/in": "<Pause/>"}, extra=extra)
    assert values(site.asked("/in")[0], *extra) == tuple(extra.values())


def test_the_signature_is_twilios_own() -> None:
    found = shared("signature_vectors.json")
    assert isinstance(found, list)
    documented, with_port = (vector for vector in found if "params" in vector)
    ours = signature(documented["token"], documented["url"], list(documented["params"].items()))
    assert ours == documented["signature"]
    ours = signature(with_port["token"], with_port["url"], list(with_port["params"].items()))
    assert RequestValidator(with_port["token"]).validate(with_port["url"], with_port["params"], ours)


def test_a_fragment_is_not_sent_nor_signed_and_https_is_signed_without_port() -> None:
    form = [("A", "1")]
    validator = RequestValidator(TOKEN)
    assert signature(TOKEN, "http://h.example:8000/x#rc=3", form) == validator.compute_signature(
        "http://h.example:8000/x", {"A": "1"}
    )
    assert signature(TOKEN, "https://u:p@h.example:8443/x", form) == validator.compute_signature(
        "https://h.example/x", {"A": "1"}
    )


class Flaky:
    """Answers with what is given, one after the other."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.calls: list[tuple[str, tuple[float, float], str]] = []

    def send(self, url: str, form: object, headers: dict[str, str], timeout: tuple[float, float]) -> Response:
        self.calls.append((url, timeout, headers["I-Twilio-Idempotency-Token"]))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, Response)
        return answer


def ring(url: str, *answers: Answer) -> tuple[Caller, Flaky]:
    flaky = Flaky(*answers)
    send: Send = flaky.send  # type: ignore[assignment]
    carrier = Carrier(ACCOUNT, TOKEN, SimulatedClock(START), send)
    carrier.number(HOTLINE, url)
    return Caller(carrier, CUSTOMER, HOTLINE), flaky


OK = twiml("<Say>fine</Say>")


@pytest.mark.parametrize(
    ("fragment", "answers", "times", "said"),
    [
        ("", (ConnectionError(), OK), 2, "fine"),
        ("", (ConnectionError(), ConnectionError(), OK), 2, APPLICATION_ERROR),
        ("", (TimeoutError(), OK), 1, APPLICATION_ERROR),
        ("", (Response(503), OK), 1, APPLICATION_ERROR),
        ("#rc=0", (ConnectionError(), OK), 1, APPLICATION_ERROR),
        ("#rc=3&rp=rt", (TimeoutError(), TimeoutError(), TimeoutError(), OK), 4, "fine"),
        ("#rp=5xx", (Response(503), OK), 2, "fine"),
        ("#rp=5xx", (Response(404), OK), 1, APPLICATION_ERROR),
        ("#rp=4xx,ct", (Response(404), OK), 2, "fine"),
        ("#rc=2&rp=all", (Response(404), TimeoutError(), OK), 3, "fine"),
        ("#rc=9", (ConnectionError(), ConnectionError(), OK), 2, APPLICATION_ERROR),
    ],
)
def test_requests_are_retried_as_the_fragment_says(
    fragment: str, answers: tuple[Answer, ...], times: int, said: str
) -> None:
    caller, flaky = ring(f"{ADDRESS}/in{fragment}", *answers)
    assert texts(caller.listen()) == [said]
    assert len(flaky.calls) == times
    assert {url for url, _, _ in flaky.calls} == {f"{ADDRESS}/in"}
    assert len({token for _, _, token in flaky.calls}) == 1, "retries carry the token of the first attempt"
    assert [asked.attempt for asked in caller.carrier.log.requests] == list(range(times))


def test_time_outs_come_from_the_fragment_within_their_limits() -> None:
    _, flaky = ring(f"{ADDRESS}/in#ct=2000&rt=6000", OK)
    assert flaky.calls[0][1] == (2.0, 6.0)
    assert retries(f"{ADDRESS}#ct=99&rt=15001").connect == 5.0
    assert retries(f"{ADDRESS}#ct=99&rt=15001").read == 15.0


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (ConnectionError("refused"), 11205),
        (TimeoutError("slow"), 11200),
        (BrokenOffError("cut"), 11206),
        (Response(500, {"content-type": "text/xml"}, b"<Response/>"), 11200),
        (Response(200, {}, b"<Response/>"), 12300),
        (Response(200, {"content-type": "application/json"}, b"{}"), 12300),
        (Response(200, {"content-type": "text/xml"}, b""), 11770),
        (Response(200, {"content-type": "text/xml"}, b"<Response>"), 12100),
        (Response(200, {"content-type": "text/xml"}, b"<Reply/>"), 12102),
        (Response(200, {"content-type": "text/xml"}, b"<Response>" + b" " * 65536 + b"</Response>"), 11750),
    ],
)
def test_the_fallback_is_asked_with_the_number_and_the_address_of_the_fault(answer: Answer, code: int) -> None:
    pages: dict[str, Answer] = {
        "/in": "<Redirect>/next</Redirect>",
        "/next": answer,
        "/fallback": "<Say>lifeboat</Say>",
    }
    caller, site = call(pages, fallback=True)
    assert texts(caller.listen()) == ["lifeboat"]
    (form,) = site.asked("/fallback")
    assert values(form, "ErrorCode", "ErrorUrl", "CallSid") == (str(code), f"{ADDRESS}/next", caller.leg.sid)
    assert caller.carrier.log.codes == [code]
    without, _ = call(pages)
    assert texts(without.listen()) == [APPLICATION_ERROR]
    assert without.over


def test_a_call_goes_on_after_the_fallback() -> None:
    pages: dict[str, Answer] = {
        "/in": Response(500),
        "/fallback": "<Redirect>/again</Redirect>",
        "/again": "<Say>ok</Say>",
    }
    caller, _ = call(pages, fallback=True)
    assert texts(caller.listen()) == ["ok"]


def test_a_broken_fallback_is_heard_as_the_carriers_apology() -> None:
    caller, site = call({"/in": Response(500), "/fallback": Response(500)}, fallback=True)
    assert texts(caller.listen()) == [APPLICATION_ERROR]
    assert site.asked("/over")[0]["CallStatus"] == "completed"


def test_plain_text_is_read_aloud_unless_it_is_twiml_and_sound_is_played() -> None:
    plain = {"content-type": "text/plain; charset=utf-8"}
    spoken, _ = call({"/in": Response(200, plain, b"Internal error 42")})
    assert texts(spoken.listen()) == ["Internal error 42"]
    assert spoken.over
    obeyed, _ = call({"/in": Response(200, plain, b"<Response><Say>hi</Say></Response>")})
    assert texts(obeyed.listen()) == ["hi"]
    played, _ = call({"/in": Response(200, {"content-type": "audio/wav"}, b"RIFF")})
    assert [one.kind for one in played.listen()] == ["play"]
    assert played.over


def test_a_redirect_of_the_web_server_loses_what_was_keyed() -> None:
    moved = Response(302, {"location": "/new"})
    caller, site = call({"/in": '<Gather numDigits="1" action="/turn"/>', "/turn": moved, "/new": "<Say>lost</Say>"})
    caller.press("1")
    assert texts(caller.listen()) == ["lost"]
    assert values(site.asked("/new")[0], "Digits", "CallSid") == (None, caller.leg.sid)
    assert ("GET", "/new") in [(method, path) for method, path, _, _ in site.seen]


def test_more_than_ten_redirects_of_the_web_server_are_11215() -> None:
    caller, site = call({"/in": Response(301, {"location": "/in"})})
    assert caller.carrier.log.codes == [11215]
    assert len(site.asked("/in")) == 11


def test_cookies_are_kept_for_the_call_and_for_no_other() -> None:
    first = Response(
        200, {"content-type": "text/xml", "set-cookie": "a=1; Path=/\nb=2"}, twiml("<Redirect>/2</Redirect>").body
    )
    second = Response(
        200, {"content-type": "text/xml", "set-cookie": "a=; Max-Age=0"}, twiml("<Redirect>/3</Redirect>").body
    )
    caller, site = call({"/in": first, "/2": second, "/3": "<Pause/>"})
    Caller(caller.carrier, CUSTOMER, HOTLINE)
    assert [headers.get("Cookie") for _, path, _, headers in site.seen if path != "/over"] == [
        *(None, "a=1; b=2", "b=2"),
        *(None, "a=1; b=2", "b=2"),
    ]


def test_a_host_with_an_underscore_is_refused() -> None:
    caller, _ = call({"/in": "<Redirect>http://my_host/x</Redirect>"})
    assert caller.carrier.log.codes == [11210]


def test_a_callback_that_fails_is_a_warning_and_does_not_harm_the_call() -> None:
    caller, _ = call({"/in": RECORD, "/turn": "<Say>kept</Say>", "/callback": Response(500)})
    caller.speak(2)
    caller.press("1")
    assert texts(caller.listen()) == ["kept"]
    assert [(fault.level, fault.code) for fault in caller.carrier.log.faults] == [("warning", 15003)]


def test_time_passes_by_the_clock_on_the_wall_when_one_is_handed_in() -> None:
    moments = iter(datetime(2026, 3, 2, 1, 0, second, tzinfo=UTC) for second in range(60))
    flaky = Flaky(OK)
    send: Send = flaky.send  # type: ignore[assignment]
    carrier = Carrier(ACCOUNT, TOKEN, lambda: next(moments), send)
    carrier.number(HOTLINE, f"{ADDRESS}/in")
    caller = Caller(carrier, CUSTOMER, HOTLINE)
    caller.listen()
    assert caller.over
    assert 0 < caller.leg.seconds < 20
