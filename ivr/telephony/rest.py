"""What we ask of Twilio by its REST, in its own client's words: of calls, and of talks, which are its conferences."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from twilio.base.exceptions import TwilioRestException

if TYPE_CHECKING:
    from twilio.rest import Client

SECONDS: Final = 4.0
TWILIO: Final = "https://api.twilio.com"
NOT_FOUND: Final = 404
OVER: Final = ("completed", "busy", "failed", "no-answer", "canceled")


@dataclass(frozen=True, slots=True)
class Number:
    """A number of the account, and what is asked about its calls; "" where nothing is."""

    number: str
    voice: str
    fallback: str
    fallback_method: str


@dataclass(frozen=True, slots=True)
class Tape:
    """A recording that a caller made: its id, its call, how many seconds, and when it began."""

    sid: str
    call: str
    seconds: int
    at: datetime


@dataclass(frozen=True)
class Rest:
    """Twilio's REST at this address, for our account; every request ends within four seconds, well or not."""

    account: str
    token: str
    api_url: str

    def ring(self, phone: str, caller: str, url: str, status: str, seconds: int) -> str:
        """Ring a phone for so many seconds; picked up, it runs the document at `url`. Return the call's id."""
        call = self.client.calls.create(
            to=phone,
            from_=caller,
            url=url,
            method="POST",
            timeout=seconds,
            status_callback=status,
            status_callback_method="POST",
            status_callback_event=["completed"],
        )
        return str(call.sid)

    def move(self, call: str, url: str, fallback: str = "", by: str = "POST") -> None:
        """Have a call go on with the document at `url`, or else the one at `fallback`, which is had by this method."""
        falls = {"fallback_url": fallback, "fallback_method": by} if fallback else {}
        self.client.calls(call).update(url=url, method="POST", **falls)

    def end(self, call: str) -> None:
        """Hang up a call, whether it rings or talks."""
        self.client.calls(call).update(status="completed")

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
        found = self.client.recordings.list(date_created_after=since.astimezone(UTC))
        spoken = [one for one in found if one.source == "RecordVerb" and one.status == "completed"]
        return [Tape(one.sid, one.call_sid, int(one.duration or 0), one.start_time) for one in spoken]

    def parties(self, call: str) -> tuple[str, str]:
        """Return who rang in a call, and whom."""
        found = self.client.calls(call).fetch()
        return found._from or "", found.to or ""

    def numbers(self) -> list[Number]:
        """Return the account's numbers."""
        found = self.client.incoming_phone_numbers.list()
        told = ((one.phone_number, one.voice_url, one.voice_fallback_url, one.voice_fallback_method) for one in found)
        return [Number(*(text or "" for text in one)) for one in told]

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
        # Twilio's client takes a while to import, so not before it is needed.
        from twilio.http.http_client import TwilioHttpClient
        from twilio.rest import Client

        base = self.api_url

        class Elsewhere(TwilioHttpClient):  # type: ignore[misc]  # twilio tells no types
            """Asks another address that answers as Twilio does."""

            def request(self, method: str, url: str, *rest: Any, **named: Any) -> Any:
                return super().request(method, base + url.removeprefix(TWILIO), *rest, **named)

        return Client(self.account, self.token, http_client=Elsewhere(timeout=SECONDS, max_retries=0))
