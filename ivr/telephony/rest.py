"""What we ask of Twilio by its REST, in its own client's words: of calls, and of talks, which are its conferences."""

import re
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import structlog
from twilio.base.exceptions import TwilioException, TwilioRestException

from ivr.breaker import Breaker
from ivr.tally import Tally
from ivr.telephony import numbers
from ivr.telephony.asking import FAILED, TWILIO, AwayError, client, theirs
from ivr.telephony.numbers import Ask, Number

if TYPE_CHECKING:
    from twilio.rest import Client

NOT_FOUND: Final = 404
MOST: Final = 1000  # On a page of a list; Twilio gives no more.
LATEST: Final = 5
EVENTS: Final = 50
KEYED: Final = re.compile(r"[0-9]{4,}")  # A PIN, a code, an account: longer than any choice in a menu.
OVER: Final = ("completed", "busy", "failed", "no-answer", "canceled")
RINGING: Final = ("queued", "ringing")
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Tape:
    """A recording that a caller made: its id, its call, how many seconds, and when it began."""

    sid: str
    call: str
    seconds: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Rang:
    """A call that is over: its id, who rang, whom, and when it ended."""

    sid: str
    caller: str
    called: str
    at: datetime

    @property
    def call(self) -> str:
        """The call, as of a recording."""
        return self.sid


@dataclass(frozen=True)
class Rest:
    """Twilio's REST at this address, for our account; every request ends within five seconds, well or not.

    After some failures in a row it is left alone for a while, and what is asked of calls and talks fails at once with
    AwayError.
    """

    account: str
    token: str
    api_url: str
    tally: Tally = field(default_factory=Tally)
    breaker: Breaker = field(default_factory=Breaker)
    unended: list[str] = field(default_factory=list)  # Calls that were to be hung up while it was away.

    @property
    def away(self) -> bool:
        """Whether it is left alone, as it keeps failing."""
        return self.breaker.open

    def knock(self) -> bool:
        """Ask for next to nothing, to see whether it works again; return whether it does."""
        with suppress(TwilioException, OSError):
            self.greet()
        if self.away:
            return False
        for call in [self.unended.pop() for _ in range(len(self.unended))]:
            with suppress(TwilioException, OSError):
                self.end(call)
        return True

    def ring(
        self, phone: str, caller: str, url: str, status: str, seconds: int, longest: int = 0, shared: bool = False
    ) -> str:
        """Ring a phone for so many seconds; picked up, it runs the document at `url`, for `longest` seconds at most.

        Return the call's id. Where it is not known whether it rings, it is hung up before the error is raised; but not
        where the phone is `shared`, so that others may ring it now.
        """
        limited = {"time_limit": longest} if longest else {}
        try:
            call = self.client.calls.create(
                **limited,
                to=phone,
                from_=caller,
                url=url,
                method="POST",
                timeout=seconds,
                status_callback=status,
                status_callback_method="POST",
                status_callback_event=["completed"],
            )
        except (TwilioException, OSError) as error:
            if _unsure(error) and not shared:
                self._unring(phone, caller)
            raise
        return str(call.sid)

    def _unring(self, phone: str, caller: str) -> None:
        """Hang up by what we ring a phone: somebody rings it again next, and it must not be busy by then."""
        try:
            for status in RINGING:
                for call in self.client.calls.list(to=phone, from_=caller, status=status, limit=MOST):
                    if not call.parent_call_sid:  # Those of others are no rings of ours, but transfers of callers.
                        self.end(call.sid)
        except (TwilioException, OSError) as error:
            log.warning("a phone may ring for nobody", why=why(error))

    def move(self, call: str, url: str, fallback: str = "", by: str = "POST") -> None:
        """Have a call go on with the document at `url`, or else the one at `fallback`, which is had by this method."""
        falls = {"fallback_url": fallback, "fallback_method": by} if fallback else {}
        self.client.calls(call).update(url=url, method="POST", **falls)

    def end(self, call: str) -> None:
        """Hang up a call, whether it rings or talks; one that cannot be now is hung up as it works again."""
        try:
            self.client.calls(call).update(status="completed")
        except AwayError:
            self.unended.append(call)
            raise

    def over(self, call: str) -> bool:
        """Has a call ended, however it did? So has one that the carrier does not know."""
        try:
            return self.client.calls(call).fetch().status in OVER
        except TwilioRestException as error:
            if error.status == NOT_FOUND:
                return True
            raise

    def tapes(self, since: datetime) -> list[Tape]:
        """Return what callers have recorded since then."""
        found = self.client.recordings.list(date_created_after=since.astimezone(UTC), page_size=MOST)
        spoken = [one for one in found if one.source == "RecordVerb" and one.status == "completed"]
        return [Tape(one.sid, one.call_sid, int(one.duration or 0), one.start_time) for one in spoken]

    def rang(self, number: str, since: datetime) -> list[Rang]:
        """Return the calls to a number that began since then and are over."""
        found = self.client.calls.list(to=number, start_time_after=since.astimezone(UTC), page_size=MOST)
        over = [one for one in found if one.status in OVER and one.direction == "inbound" and one.end_time]
        return [Rang(one.sid, one._from or "", one.to or "", one.end_time) for one in over]

    def exposed(self, number: str) -> bool:
        """Do the carrier's logs show numbers that were keyed in one of the latest calls to this number?"""
        calls = self.client.calls.list(to=number, status="completed", limit=LATEST)
        asked = (one.request or {} for call in calls for one in self.client.calls(call.sid).events.list(limit=EVENTS))
        return any(KEYED.fullmatch(str(one.get("parameters", {}).get("digits", ""))) for one in asked)

    def erase(self, recording: str) -> str:
        """Delete a recording for good; return why it could not be, "" where it is gone."""
        try:
            self.client.recordings(recording).delete()
        except (TwilioException, OSError) as error:
            status = getattr(error, "status", None)
            return "" if status == NOT_FOUND else f"the carrier answered {status or type(error).__name__}"
        return ""

    def parties(self, call: str) -> tuple[str, str]:
        """Return who rang in a call, and whom."""
        found = self.client.calls(call).fetch()
        return found._from or "", found.to or ""

    def numbers(self) -> list[Number]:
        """Return the account's numbers."""
        return [numbers.read(one) for one in self.client.incoming_phone_numbers.list()]

    def greet(self, key: tuple[str, str] | None = None) -> tuple[int, datetime | None]:
        """Return with which status the account lets us in, or a key of it with its secret, and Twilio's time."""
        url = f"{TWILIO}/2010-04-01/Accounts/{self.account}/IncomingPhoneNumbers.json"
        answer = self.client.request("GET", url, params={"PageSize": 1}, auth=key)
        told = (answer.headers or {}).get("Date")
        return int(answer.status_code), parsedate_to_datetime(told) if told else None

    def point(self, sid: str, voice: Ask, fallback: Ask, status: Ask) -> None:
        """Have a number ask this when it rings, when that fails, and about how a call went."""
        self.client.incoming_phone_numbers(sid).update(
            voice_url=voice.url,
            voice_method=voice.method,
            voice_fallback_url=fallback.url,
            voice_fallback_method=fallback.method,
            status_callback=status.url,
            status_callback_method=status.method,
        )

    def hold(self, talk: str, who: str, music: str = "") -> None:
        """Have somebody in a talk hear this document instead of it; without one, the talk again."""
        held = {"hold_url": music, "hold_method": "POST"} if music else {}
        self._in(talk).participants(who).update(hold=bool(music), **held)

    def host(self, talk: str, who: str, on: bool) -> None:
        """Have a talk end for all when this one leaves it, or not."""
        self._in(talk).participants(who).update(end_conference_on_exit=on)

    def listen(self, talk: str, who: str, muted: bool, coached: str = "") -> None:
        """Have somebody hear a talk, and be heard in it, or not; or by nobody but the one whose call is coached."""
        told: dict[str, Any] = {"call_sid_to_coach": coached} if coached else {}
        self._in(talk).participants(who).update(muted=muted, coaching=bool(coached), **told)

    def tape(self, talk: str, on: bool) -> None:
        """Go on with the recording of a talk, or pause it; nothing of a pause is kept."""
        told = {"status": "in-progress"} if on else {"status": "paused", "pause_behavior": "skip"}
        self._in(talk).recordings("Twilio.CURRENT").update(**told)

    def close(self, talk: str) -> None:
        """End a talk for all; nothing where it is over."""
        for found in self.client.conferences.list(friendly_name=talk, limit=5):
            if found.status != "completed":
                self.client.conferences(found.sid).update(status="completed")

    def _in(self, talk: str) -> Any:
        found = self.client.conferences.list(friendly_name=talk, status="in-progress", limit=1)
        if not found:
            raise LookupError("nobody talks there")
        return self.client.conferences(found[0].sid)

    @cached_property
    def client(self) -> "Client":
        """Return Twilio's own client for this address; it gives up after four seconds."""
        return client(self.account, self.token, self.api_url, self.tally, self.breaker)


def denied(error: Exception) -> bool:
    """Return whether the carrier does not ring this phone, nor would if it were asked again, but others."""
    return isinstance(error, TwilioRestException) and theirs(error.status, error.code)


def why(error: Exception) -> str:
    """Return what went wrong without whom it was about: the carrier names numbers in its words, but not in its code."""
    return f"{error.status} {error.code}" if isinstance(error, TwilioRestException) else type(error).__name__


def _unsure(error: Exception) -> bool:
    """Return whether the carrier may have done what it was asked, though it told us of an error, or nothing."""
    if isinstance(error, TwilioRestException):
        return bool(error.status >= FAILED)
    return not isinstance(error, AwayError)
