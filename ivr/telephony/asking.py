"""How Twilio's REST is asked: in time, once more where that is no harm, and not at all while it keeps failing."""

import random
import re
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import orjson
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
WRONG: Final = 400
STRANGER: Final = 401
# By Twilio's codes, what is wrong with any call of ours: its addresses, how long it rings, from which number. Codes
# below are of accounts: closed, not allowed to call, too many calls.
OURS: Final = frozenset({21205, 21206, 21207, 21208, 21209, 21210, 21212, 21213, 21218, 21626})
ACCOUNTS: Final = 21_000
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
                works = _works(method, urlsplit(url).path, answer)
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


def theirs(status: int, code: int | None) -> bool:
    """Return whether a call was refused for whom it rings, who alone cannot be rung."""
    return status == WRONG and (code or 0) >= ACCOUNTS and code not in OURS


def _works(method: str, path: str, answer: Any) -> bool:
    """Return whether the carrier works, as far as this answer tells: also where there is no such call any more.

    A number that may not be looked at says nothing of whether people can be rung, but no ring at all does.
    """
    status = answer.status_code
    if status >= FAILED or status in (BUSY, STRANGER):
        return False
    if method == "POST" and path.endswith("/Calls.json") and status >= WRONG:
        return theirs(status, _code(answer.text))
    return True


def _code(text: str) -> int | None:
    try:
        told = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    code = told.get("code") if isinstance(told, dict) else None
    return code if isinstance(code, int) else None


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
