"""A signed request to our own address, as the carrier sends it, which does nothing; and the same one badly signed."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from twilio.request_validator import RequestValidator

if TYPE_CHECKING:
    from urllib3 import PoolManager

SECONDS: Final = 3.5
REFUSED: Final = 403
QUERY: Final = "?doctor=%E4%BD%A0+1%2F2&language=zh-CN"  # What a proxy may think it can write otherwise.
CALL: Final = "CA" + "0" * 32
SIGNS: Final = {"refused": "refused", "timed out": "time-out", "certificate": "certificate", "resolve": "no such name"}
# What our own refusals say.
SIGN: Final = "the signature is wrong"
BARE: Final = "the request is not signed"


@dataclass(frozen=True, slots=True)
class Trip:
    """The statuses of what was signed, signed without a query, and not signed; 0 where nobody answered, and `why`.

    `hotline` says that it was a hotline that refused, `unsigned_there` that no signature arrived, `location` where it
    leads on, `figures` that /metrics is open.
    """

    url: str
    signed: int
    seconds: float
    unsigned: int = 0
    bare: int = 0
    hotline: bool = False
    unsigned_there: bool = False
    location: str = ""
    why: str = ""
    figures: bool = False


def trip(public_url: str, token: str, account: str) -> Trip:
    """Return how our address answers; it is told of a call in progress, which changes nothing."""
    from urllib3 import PoolManager, Timeout
    from urllib3.exceptions import HTTPError

    url = f"{public_url}/voice/status"
    pool = PoolManager(ssl_context=ssl.create_default_context(), timeout=Timeout(total=SECONDS), retries=False)
    form = {"CallSid": CALL, "AccountSid": account, "CallStatus": "in-progress"}
    begun = perf_counter()
    with pool:
        try:
            first = _post(pool, url + QUERY, form, RequestValidator(token).compute_signature(url + QUERY, form))
            seconds = perf_counter() - begun
            other = _post(pool, url, form, "bm9ib2R5")
            good = RequestValidator(token).compute_signature(url, form)
            bare = _post(pool, url, form, good).status if first.status == REFUSED else first.status
            figures = pool.request("GET", f"{public_url}/metrics", redirect=False)
        except (HTTPError, OSError) as error:
            return Trip(url, 0, 0.0, why=_why(error))
    words, to = first.data.decode("utf-8", "replace"), first.headers.get("Location", "")
    opened = public_url.startswith("https") and b"hotline_" in figures.data  # From this machine it may be.
    return Trip(url, first.status, seconds, other.status, bare, SIGN in words, BARE in words, to, figures=opened)


def _post(pool: "PoolManager", url: str, form: Mapping[str, str], signature: str) -> Any:
    headers = {"X-Twilio-Signature": signature, "User-Agent": "hotline doctor"}
    return pool.request("POST", url, fields=dict(form), headers=headers, encode_multipart=False, redirect=False)


def _why(error: Exception) -> str:
    """Return in a word why nobody answered."""
    text = str(error).lower()
    for sign, words in SIGNS.items():
        if sign in text:
            return words
    return type(error).__name__
