"""The practice carrier obeys TwiML as Twilio does: one caller, one small web site in memory."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

import pytest
from twilio.request_validator import RequestValidator

from ivr.carrier.caller import Caller, Heard
from ivr.carrier.clock import SimulatedClock
from ivr.carrier.company import Carrier
from ivr.carrier.cues import Listening, Over, Queued, Recording, Ringing, Talking
from ivr.carrier.sounds import length, tone
from ivr.carrier.web import Response

TOKEN = "practice-token"
HOTLINE = "+864001234567"
CUSTOMER = "+8613900000001"
AGENT = "+8613900000002"
SITE = "http://hotline.example"
Form = dict[str, str]
Answer = str | Response | Exception | Callable[[Form], "str | Response"]


def twiml(verbs: str) -> Response:
    return Response(200, {"content-type": "text/xml"}, f"<Response>{verbs}</Response>".encode())


class Site:
    """Pages by path; a list of answers is given one after the other, its last for ever."""

    def __init__(self, **pages: "Answer | list[Answer]") -> None:
        self.pages: dict[str, Answer | list[Answer]] = {f"/{name}": page for name, page in pages.items()}
        self.seen: list[tuple[str, str, Form, Mapping[str, str]]] = []

    def send(
        self,
        url: str,
        form: Sequence[tuple[str, str]] | None,
        headers: Mapping[str, str],
        timeout: tuple[float, float],
    ) -> Response:
        parts = urlsplit(url)
        fields = dict(form if form is not None else parse_qsl(parts.query, keep_blank_values=True))
        assert RequestValidator(TOKEN).validate(url, dict(form or ()), headers["X-Twilio-Signature"])
        self.seen.append(("GET" if form is None else "POST", parts.path, fields, headers))
        page = self.pages.get(parts.path, Response(404, {"content-type": "text/html"}, b"none"))
        if isinstance(page, list):
            page = page.pop(0) if len(page) > 1 else page[0]
        if callable(page):
            page = page(fields)
        if isinstance(page, Exception):
            raise page
        return twiml(page) if isinstance(page, str) else page

    def asked(self, path: str) -> list[Form]:
        return [fields for _, seen, fields, _ in self.seen if seen == path]


def carrier(site: Site) -> Carrier:
    company = Carrier("AC" + "0" * 32, TOKEN, SimulatedClock(datetime(2026, 3, 2, 1, 0, tzinfo=UTC)), site.send)
    company.number(HOTLINE, f"{SITE}/in", f"{SITE}/fallback", f"{SITE}/over")
    return company


def call(site: Site, extra: Form | None = None) -> Caller:
    site.pages.setdefault("/over", Response(204))
    return Caller(carrier(site), CUSTOMER, HOTLINE, extra)


def texts(heard: list[Heard]) -> list[str]:
    return [one.text for one in heard]


def test_a_caller_hears_the_prompt_keys_and_is_led_on() -> None:
    site = Site(
        **{"in": '<Gather action="turn/1" numDigits="1"><Say language="zh-CN" voice="Polly.Zhiyu">请按1</Say></Gather>'}
    )
    site.pages["/turn/1"] = "<Say>bye</Say><Hangup/><Say>never</Say>"
    caller = call(site)
    assert caller.listen() == [Heard("say", "请按1", "zh-CN", "Polly.Zhiyu")]
    assert caller.cue == Listening(5, 1, "#", False)
    caller.press("1")
    assert texts(caller.listen()) == ["bye"]
    assert caller.over
    assert caller.status == "completed"
    (turn,) = site.asked("/turn/1")
    assert (turn["Digits"], turn["FinishedOnKey"], turn["msg"]) == ("1", "", "Gather End")
    assert turn["CallStatus"] == "in-progress"
    assert site.asked("/in")[0]["CallStatus"] == "ringing"
    (over,) = site.asked("/over")
    assert (over["CallStatus"], over["SequenceNumber"], over["Duration"]) == ("completed", "0", "1")
    assert caller.carrier.log.codes == []
