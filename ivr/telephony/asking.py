"""How Twilio's REST is asked: in time, once more where that is no harm, and not at all while it keeps failing."""

import random
import re
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Final

import structlog

from ivr.breaker import Breaker
from ivr.tally import Tally

if TYPE_CHECKING:
    from twilio.rest import Client

SECONDS: Final = 4.0
TWILIO: Final = "https://api.twilio.com"
RESOURCE: Final = re.compile(r"/Accounts/[^/]+/([A-Za-z]+)")
RESOURCES: Final = ("Calls", "Conferences", "IncomingPhoneNumbers", "Messages", "Queues", "Recordings")
CHANGED: Final = ("Calls", "Conferences")  # What these are told is told once more; texts have a way of their own.
GUARDED: Final = (*CHANGED, "IncomingPhoneNumbers")  # What is left alone while it fails; the latter is to knock.
AGAIN: Final = (0.1, 0.4)  # Seconds, by chance, as many are told to come again at one moment.
SOON: Final = 1.0  # Seconds within which it failed, or nobody has the time to tell it again.
STRANGERS: Final = (401, 403)  # The account, or its key, is let in no more, for whatever is asked.
BUSY: Final = 429
FAILED: Final = 500
log = structlog.get_logger()


class AwayError(ConnectionError):
    """The carrier was not asked, as it failed so often of late."""


def client(account: str, token: str, base: str, tally: Tally, breaker: Breaker) -> "Client":
    """Return Twilio's own client for the address `base`; it gives up after four seconds."""
    # Twilio's client takes a while to import, so not before it is needed.
    from twilio.http.http_client import TwilioHttpClient
    from twilio.rest import Client

    class Elsewhere(TwilioHttpClient):  # type: ignore[misc]  # twilio tells no types
        """Asks another address that answers as Twilio does."""

        def request(self, method: str, url: str, *rest: Any, **named: Any) -> Any:
            if _kind(url) not in GUARDED:
                return self.asked(method, url, *rest, **named)
            if not breaker.allows():
                raise AwayError("the carrier's REST keeps failing, and is left alone for some seconds")
            begun, works = monotonic(), False
            try:
                answer = self.asked(method, url, *rest, **named)
                again = _once_more(_kind(url), answer.status_code, named.get("data"))
                if again and monotonic() - begun < SOON:
                    sleep(random.uniform(*AGAIN))  # nosec B311
                    answer = self.asked(method, url, *rest, **named)
                works = answer.status_code not in (BUSY, *STRANGERS) and answer.status_code < FAILED
            finally:
                # That we can look tells nothing of whether we can ring, unless nothing is known yet.
                if (breaker.open or not (works and method == "GET")) and breaker.went(works):
                    log.warning("the carrier's REST is left alone for a while, as it keeps failing")
            return answer

        def asked(self, method: str, url: str, *rest: Any, **named: Any) -> Any:
            with tally.asking_carrier(_kind(url), url) as told:
                answer = super().request(method, base + url.removeprefix(TWILIO), *rest, **named)
                told.append(answer.status_code)
            return answer

    asking = Elsewhere(timeout=SECONDS, max_retries=0)
    _look_once(asking.session, base)
    return Client(account, token, http_client=asking)


def _look_once(session: Any, url: str) -> None:
    """Take by which proxy and certificates an address is reached from the environment now, not at every request."""
    found = session.merge_environment_settings(url, {}, None, None, None)
    session.proxies, session.verify, session.trust_env = found["proxies"], found["verify"], False


def _once_more(kind: str, status: int, told: Any) -> bool:
    """Return whether to tell it once more: it was not done, or may be done twice, as nobody is rung or moved by it."""
    return kind in CHANGED and (status == BUSY or (status >= FAILED and "Url" not in (told or {})))


def _kind(url: str) -> str:
    """Return what is asked about, as Twilio's paths name it."""
    found = RESOURCE.search(url)
    return found[1] if found and found[1] in RESOURCES else "other"
