"""Whole calls as the carrier makes them, each request signed before the clock starts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode
from uuid import uuid4

from twilio.request_validator import RequestValidator

ACCOUNT: Final = "AC" + "2" * 32
TOKEN: Final = "a token of the bench"
LANGUAGE: Final = "language=zh-CN"
KEYED: Final = "account"  # where every caller keys a number of their own

# What Twilio tells with every request of a call.
EVERY: Final[Mapping[str, str]] = {
    "AccountSid": ACCOUNT,
    "ApiVersion": "2010-04-01",
    "CallStatus": "in-progress",
    "Called": "+864001234567",
    "CalledCity": "",
    "CalledCountry": "CN",
    "CalledState": "",
    "CalledZip": "",
    "Caller": "+8613800138000",
    "CallerCity": "成都",
    "CallerCountry": "CN",
    "CallerState": "",
    "CallerZip": "",
    "Direction": "inbound",
    "From": "+8613800138000",
    "FromCity": "成都",
    "FromCountry": "CN",
    "FromState": "",
    "FromZip": "",
    "To": "+864001234567",
    "ToCity": "",
    "ToCountry": "CN",
    "ToState": "",
    "ToZip": "",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One request of a call: its path below /voice, what the caller did, and a piece of the right answer."""

    path: str
    told: Mapping[str, str]
    answer: str


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it goes over the wire, and a piece of the right answer."""

    wire: bytes
    answer: bytes


def press(turn: int, keys: str, answer: str) -> Step:
    """Return the request by which keys are told."""
    return Step(f"turn/{turn}", {"msg": "Gather End", "Digits": keys, "FinishedOnKey": ""}, answer)


def _round(turn: int, position: int, keys: str = "") -> Step:
    told = {"QueueSid": "QU" + "1" * 32, "QueuePosition": str(position), "QueueTime": "20", "CurrentQueueSize": "3"}
    return Step(f"wait/{turn}", {**told, "Digits": keys}, "<Leave" if keys else f"/voice/wait/{turn + 1}?")


# A wallet is stolen, and the caller cannot prove to hold it, so that no wallet is asked. The line for that is open day
# and night, so that the bench goes the same way at any hour. At the recorder's beep the caller rings off, as the
# fetching of messages is no part of a turn.
CALL: Final = (
    Step("incoming", {"CallStatus": "ringing"}, "/voice/turn/1?"),
    press(1, "6", "/voice/turn/2?"),  # a wrong key
    press(2, "1", "/voice/turn/3?"),
    press(3, "12", "/voice/turn/4?"),  # no account has such a number
    press(4, "12", "/voice/turn/5?"),
    press(5, "12", "/voice/turn/6?"),
    press(6, "2", "/voice/turn/7?"),
    press(7, "1", "/voice/turn/8?"),
    press(8, KEYED, "/voice/turn/9?"),
    press(9, "1", "<Enqueue"),
    _round(10, 3),
    _round(11, 2),
    _round(12, 1),
    _round(13, 1, "1"),
    Step("turn/10", {"QueueResult": "leave", "QueueTime": "80", "QueueSid": "QU" + "1" * 32}, "<Record"),
    Step("status", {"CallStatus": "completed", "CallDuration": "131", "Duration": "3"}, ""),
)


def signed(port: int, count: int) -> list[list[Request]]:
    """Return so many new calls, each a list of requests to the hotline on this port of this machine."""
    return [_call(f"http://127.0.0.1:{port}") for _ in range(count)]


def _call(url: str) -> list[Request]:
    # Everybody has a number of their own: one who rings again and again is looked up among all their calls.
    call, account, number = f"CA{uuid4().hex}", f"{uuid4().int % 10**10:010}", f"+86139{uuid4().int % 10**8:08}"
    return [asked(url, call, step, account, number) for step in CALL]


def asked(url: str, call: str, step: Step, account: str = "", number: str = EVERY["From"]) -> Request:
    """Return a step of a call from this number as it is sent to the hotline at this URL, signed."""
    form = {**EVERY, "CallSid": call, "From": number, "Caller": number, **step.told}
    if form.get("Digits") == KEYED:
        form["Digits"] = account
    path = f"/voice/{step.path}?{LANGUAGE}" if "/" in step.path else f"/voice/{step.path}"
    return _request(url, path, form, RequestValidator(TOKEN).compute_signature(url + path, form), step.answer)


def _request(url: str, path: str, form: Mapping[str, str], signature: str, answer: str) -> Request:
    body = urlencode(form).encode()
    head = (
        f"POST {path} HTTP/1.1\r\n"
        f"Host: {url.removeprefix('http://')}\r\n"
        "User-Agent: TwilioProxy/1.1\r\n"
        "Accept: */*\r\n"
        "Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n"
        f"Content-Length: {len(body)}\r\n"
        f"X-Twilio-Signature: {signature}\r\n\r\n"
    )
    return Request(head.encode() + body, answer.encode())
