"""How the carrier asks a web server: one HTTP request, signed, with retries as the URL's fragment says."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from twilio.request_validator import RequestValidator
from urllib3.exceptions import ProtocolError

HARD_LIMIT = 15.0
_MOST_CONNECTIONS = 64
Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Response:
    """What a server answered; header names in lower case, several Set-Cookie joined by line breaks."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


Send = Callable[[str, Pairs | None, Mapping[str, str], tuple[float, float]], Response]
"""send(url, form, headers, (connect, read) seconds): POSTs the form, or GETs when the form is None.

Raises ConnectionError when there was no connection, TimeoutError when no answer came (in time, or at all), and
BrokenOffError when an answer began and broke off.
"""


class BrokenOffError(OSError):
    """An answer that began and did not come to its end; it is never retried."""


def http_sender() -> Send:
    """A Send over real HTTP that keeps connections and follows no redirect."""
    session = requests.Session()
    session.trust_env = False
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=_MOST_CONNECTIONS))

    def send(url: str, form: Pairs | None, headers: Mapping[str, str], timeout: tuple[float, float]) -> Response:
        body = None if form is None else urlencode(form)
        method = "GET" if form is None else "POST"
        try:
            answer = session.request(
                method, url, data=body, headers=dict(headers), timeout=timeout, allow_redirects=False
            )
        except requests.RequestException as error:
            raise _plain(error) from error
        session.cookies.clear()
        cookies = answer.raw.headers.getlist("Set-Cookie")
        lower = {name.lower(): value for name, value in answer.headers.items()}
        return Response(answer.status_code, {**lower, "set-cookie": "\n".join(cookies)}, answer.content)

    return send


def _plain(error: requests.RequestException) -> OSError:
    if isinstance(error, requests.exceptions.ChunkedEncodingError | requests.exceptions.ContentDecodingError):
        return BrokenOffError(str(error))
    if isinstance(error, requests.ConnectTimeout):
        return ConnectionError(str(error))
    aborted = isinstance(error, requests.ConnectionError) and error.args and isinstance(error.args[0], ProtocolError)
    if aborted or isinstance(error, requests.Timeout):
        return TimeoutError(str(error))
    return ConnectionError(str(error))


@dataclass(frozen=True, slots=True)
class Retries:
    """What a URL's fragment says: how often to retry, upon what, and how long to wait (seconds)."""

    times: int = 1
    upon: frozenset[str] = frozenset({"ct"})
    connect: float = 5.0
    read: float = HARD_LIMIT

    def again(self, what: str) -> bool:
        """Whether `what` (ct, rt, 4xx, 5xx) is to be retried."""
        return "all" in self.upon or what in self.upon


def retries(url: str) -> Retries:
    """The retries of a URL's fragment `#rc=..&rp=..&ct=..&rt=..`; Twilio's defaults for what is not given."""
    given = dict(parse_qsl(urlsplit(url).fragment))

    def seconds(name: str, default: float, least: int, most: int) -> float:
        text = given.get(name, "")
        return int(text) / 1000 if text.isdigit() and least <= int(text) <= most else default

    times = given.get("rc", "1")
    return Retries(
        times=int(times) if times.isdigit() and int(times) <= 5 else 1,
        upon=frozenset(given.get("rp", "ct").split(",")),
        connect=seconds("ct", 5.0, 100, 10000),
        read=seconds("rt", HARD_LIMIT, 100, 15000),
    )


def without_fragment(url: str) -> str:
    """The URL that is asked for and signed."""
    return urlunsplit(urlsplit(url)._replace(fragment=""))


def with_query(url: str, form: Pairs) -> str:
    """The URL with the form in its query, as for GET."""
    parts = urlsplit(url)
    query = "&".join(filter(None, [parts.query, urlencode(form)]))
    return urlunsplit(parts._replace(query=query))


def signature(token: str, url: str, form: Pairs) -> str:
    """X-Twilio-Signature, over the URL as Twilio sees it: without fragment; for HTTPS without port and user."""
    parts = urlsplit(without_fragment(url))
    if parts.scheme == "https":
        parts = parts._replace(netloc=parts.hostname or "")
    return str(RequestValidator(token).compute_signature(urlunsplit(parts), dict(form)))


def attempts(send: Send, url: str, form: Pairs | None, headers: Mapping[str, str], note: "Note") -> Response:
    """The first answer that is not to be retried, 15 seconds for all; each attempt is told to `note`.

    Raises ConnectionError or TimeoutError when even the last attempt brought no answer, BrokenOffError at once.
    """
    policy, bare, begun = retries(url), without_fragment(url), time.monotonic()
    for attempt in range(policy.times + 1):
        left = HARD_LIMIT - (time.monotonic() - begun)
        last = attempt == policy.times or left <= 0
        try:
            answer = send(bare, form, headers, (policy.connect, max(0.1, min(policy.read, left))))
        except BrokenOffError as error:
            note(attempt, None, str(error) or "broken off")
            raise
        except (ConnectionError, TimeoutError) as error:
            note(attempt, None, str(error) or type(error).__name__)
            if last or not policy.again("rt" if isinstance(error, TimeoutError) else "ct"):
                raise
        else:
            note(attempt, answer, "")
            if last or answer.status < 400 or not policy.again(f"{answer.status // 100}xx"):
                return answer
    raise AssertionError("the last attempt returns or raises")


Note = Callable[[int, Response | None, str], None]
