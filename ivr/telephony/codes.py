"""One-time codes by SMS: Twilio Verify makes, sends and checks them, so that we never know one that we sent."""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from random import SystemRandom
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import quote

import structlog

from ivr.flow.inputs import Found, NotFound
from ivr.flow.secret import Secret
from ivr.telephony.asking import TWILIO

if TYPE_CHECKING:
    from requests import Response, Session

VERIFY: Final = "https://verify.twilio.com"
SECONDS: Final = 2.5  # For all tries together: the caller waits.
CONNECT: Final = 1.0
FIRST_PAUSE: Final = 0.2
LEAST: Final = 0.3  # Seconds that must be left for another try to make sense.
# Too many checks of a code, sends of one, requests about one number, and a number that frauds are sent to: asking again
# at once helps with none of them.
LIMITS: Final = (60202, 60203, 60212, 60410)
BROKEN: Final = 599  # In place of a status, where the line broke; what was asked may have been done, as with a 500.
Verdict = Literal["right", "wrong", "unavailable", "slow", "limited"]
log = structlog.get_logger()


@dataclass(frozen=True)
class Codes:
    """One-time codes of a Verify service (VA…); where `url` is not Twilio's own, that address is asked instead.

    Without a service there are none.
    """

    account: str
    token: str = field(repr=False)
    url: str
    service: str
    seconds: float = SECONDS
    wait: Callable[[float], object] = sleep

    def greet(self) -> int:
        """Return with which status Verify tells of the service, 404 where there is none; 599 where nobody answers."""
        answer = self._once("", None, self.seconds)
        return BROKEN if isinstance(answer, str) else answer.status

    def send(self, phone: str, language: str) -> Found | NotFound:
        """Send a code to a phone (E.164), in zh or en: `sent`, or not: unavailable, slow, limited.

        While a code is pending the same one is sent again. Where nobody knows whether one was sent, that is looked up
        before it is sent once more.
        """
        form = {"To": phone, "Channel": "sms", "Locale": language[:2]}
        answer = self._ask("Verifications", form, f"Verifications/{quote(phone, safe='')}")
        if isinstance(answer, str):
            return NotFound(answer)
        return Found({}, "sent") if answer.told.get("status") == "pending" else NotFound("unavailable")

    def check(self, phone: str, code: Secret) -> Verdict:
        """Say whether this is the code last sent to a phone; one that is expired, or was right before, is wrong."""
        answer = self._ask("VerificationCheck", {"To": phone, "Code": code.reveal()})
        if isinstance(answer, str):
            return "wrong" if answer == "unknown" else answer
        return "right" if answer.told.get("status") == "approved" else "wrong"

    def _ask(self, what: str, form: Mapping[str, str], done: str = "") -> "_Answer | _No":
        """Return what Verify answered, tried again as long as there is time; or why it did not.

        What may have been `done` already is looked up there, and tried again only where it was not.
        """
        if not self.service:
            return "unavailable"
        until, pause, processed, looks = monotonic() + self.seconds, FIRST_PAUSE, False, False
        while True:
            answer = self._once(done if looks else what, None if looks else form, until - monotonic())
            if isinstance(answer, str) or answer.status < 400:
                return answer
            if looks and answer.status == 404:
                looks = False
                continue
            if answer.code in LIMITS:
                return self._refused(what, answer, "limited")
            if answer.status < 500 and answer.status != 429:
                # A check that failed at Twilio's may have been right, which uses the code up.
                gone = answer.status == 404 and what == "VerificationCheck" and not processed
                return "unknown" if gone else self._refused(what, answer, "unavailable")
            processed = processed or answer.status >= 500
            looks = looks or (bool(done) and answer.status >= 500)
            left, wanted = until - monotonic(), max(pause * (0.75 + SystemRandom().random() / 2), answer.seconds)
            if left - wanted < LEAST:
                return self._refused(what, answer, "unavailable")
            self.wait(wanted)
            pause *= 2

    def _once(self, what: str, form: Mapping[str, str] | None, left: float) -> "_Answer | _No":
        """Post a form, or get what there is where there is none."""
        from requests import RequestException, Timeout

        base = VERIFY if self.url == TWILIO else self.url.rstrip("/")
        patience = (min(CONNECT, left), left)
        try:
            answer = self._session.request(
                "GET" if form is None else "POST",
                f"{base}/v2/Services/{self.service}/{what}".rstrip("/"),
                data=form,
                auth=(self.account, self.token),
                timeout=patience,
                allow_redirects=False,
            )
        except RequestException as error:
            # Its own words may hold what was sent; its kind says enough.
            log.warning("codes not reached", what=what.partition("/")[0], why=type(error).__name__)
            return "slow" if isinstance(error, Timeout) else _Answer(BROKEN, 0, 0.0, {})
        return _answer(answer)

    @staticmethod
    def _refused(what: str, answer: "_Answer", why: "_No") -> "_No":
        log.warning("codes refused", what=what.partition("/")[0], status=answer.status, code=answer.code, told=why)
        return why

    @cached_property
    def _session(self) -> "Session":
        from requests import Session  # It takes 6 MB, so not before it is needed.
        from requests.adapters import HTTPAdapter

        made = Session()
        made.trust_env = False
        for scheme in ("https://", "http://"):
            made.mount(scheme, HTTPAdapter(pool_maxsize=32))
        return made


_No = Literal["unavailable", "slow", "limited", "unknown"]


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    code: int
    seconds: float
    told: dict[str, Any] = field(repr=False)


def _answer(answer: "Response") -> _Answer:
    told: dict[str, Any] = {}
    with suppress(ValueError):
        found = json.loads(answer.content)
        told = found if isinstance(found, dict) else {}
    seconds = 0.0
    with suppress(KeyError, ValueError):
        seconds = max(0.0, float(answer.headers["Retry-After"]))
    code = told.get("code")
    return _Answer(answer.status_code, code if isinstance(code, int) else 0, seconds, told)
