"""Where the account's numbers lead their calls: whether to us, and what would have to change for that."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from ivr.telephony.render import RETRY_CALLBACK

if TYPE_CHECKING:
    from ivr.telephony.rest import Rest

NOTHING: Final = "nothing"
WHAT: Final = ("a call comes in", "primary handler fails", "call status changes")


@dataclass(frozen=True, slots=True)
class Ask:
    """An address and the method by which it is asked; "" where nothing is."""

    url: str = ""
    method: str = "POST"

    def __str__(self) -> str:
        """Return it as people read it."""
        return f"{self.url} by {self.method}" if self.url else NOTHING


@dataclass(frozen=True, slots=True)
class Number:
    """A number of the account: what is asked when it rings, when that fails, and about how a call went.

    `taken` says what else takes its calls, whatever is asked: an application or a trunk at Twilio.
    """

    sid: str
    number: str
    asks: tuple[Ask, Ask, Ask]
    taken: str = ""

    @property
    def voice(self) -> str:
        """What is asked when it rings."""
        return self.asks[0].url

    @property
    def fallback(self) -> str:
        """What is asked when that fails."""
        return self.asks[1].url

    @property
    def fallback_method(self) -> str:
        """By which method."""
        return self.asks[1].method


@dataclass(frozen=True, slots=True)
class Change:
    """What a number asks in one of the three cases, and what it should."""

    what: str
    before: Ask
    after: Ask


def read(told: Any) -> Number:
    """Return a number as Twilio's client gives it."""
    asks = (
        Ask(told.voice_url or "", told.voice_method or "POST"),
        Ask(told.voice_fallback_url or "", told.voice_fallback_method or "POST"),
        Ask(told.status_callback or "", told.status_callback_method or "POST"),
    )
    return Number(told.sid, told.phone_number, asks, told.voice_application_sid or told.trunk_sid or "")


def refusal(error: Exception) -> str:
    """Return in plain words why the account's numbers cannot be had or changed."""
    last = error.args[-1] if error.args else None
    status = getattr(error, "status", None) or getattr(last, "status_code", None)
    match status:
        case 401 | 403:
            return f"Twilio refuses TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN ({status}): copy both anew"
        case int():
            return f"Twilio answered {status}: try again, and look at status.twilio.com"
    return f"Twilio is not reached ({type(error).__name__}): let this machine reach TWILIO_API_URL"


def meant(number: Number, url: str, fallback: str = "") -> tuple[Ask, Ask, Ask]:
    """Return what a number is to ask, where we are at `url`.

    It falls back to `fallback`, a file on another host, or else to what it has there already, or else to us.
    """
    first, second, third = (f"{url}/voice/{path}" for path in ("incoming", "fallback", f"status{RETRY_CALLBACK}"))
    before = number.asks[1]
    elsewhere = fallback or (before.url if _of_files(before, url) else "")
    return Ask(first), Ask(elsewhere, "GET") if elsewhere else Ask(second), Ask(third)


def _of_files(ask: Ask, url: str) -> bool:
    there = urlsplit(ask.url)
    return ask.url.partition("#")[0].endswith(".xml") and there.netloc != urlsplit(url).netloc


def changes(number: Number, url: str, fallback: str = "") -> list[Change]:
    """Return what is otherwise than it should be."""
    after = meant(number, url, fallback)
    return [Change(what, one, other) for what, one, other in zip(WHAT, number.asks, after, strict=True) if one != other]


def ours(numbers: Sequence[Number], own: str, url: str) -> Iterator[Number]:
    """Yield the hotline's own number, and those that ask us already."""
    for one in numbers:
        if one.number == own or one.voice.startswith(f"{url}/"):
            yield one


@dataclass(frozen=True, slots=True)
class Numbers:
    """The account's numbers, our own number, and our address."""

    rest: "Rest"
    own: Callable[[], str]
    url: str

    def all(self) -> list[Number]:
        """Return all numbers of the account; raise what Twilio's client raises."""
        return self.rest.numbers()

    def point(self, number: Number, fallback: str = "") -> None:
        """Have a number ask us; raise what Twilio's client raises."""
        voice, fails, status = meant(number, self.url, fallback)
        self.rest.point(number.sid, voice, fails, status)
