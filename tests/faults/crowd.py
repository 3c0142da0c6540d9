"""A crowd of requests at the same moment, as the carrier sends them after an outage, and how each was answered."""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from twilio.request_validator import RequestValidator

from tests.apart import finished
from tests.world import ACCOUNT, CUSTOMER, NUMBER, TOKEN

PATIENCE: Final = 15.0  # Seconds after which the carrier has gone.


@dataclass(frozen=True, slots=True)
class Answer:
    """What came, and after how many seconds; status 0 where nothing did."""

    status: int
    seconds: float
    body: str = ""
    headers: str = ""


def wire(port: int, path: str, form: Mapping[str, str], signature: str | None = None) -> bytes:
    """Return a request as the carrier sends it, signed unless another signature is given; its connection then ends."""
    told = {"AccountSid": ACCOUNT, "From": CUSTOMER, "To": NUMBER, **form}
    body = urlencode(told).encode()
    if signature is None:
        signature = RequestValidator(TOKEN).compute_signature(f"http://127.0.0.1:{port}{path}", told)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\nX-Twilio-Signature: {signature}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def struck(port: int, requests: Sequence[bytes], patience: float = PATIENCE) -> list[Answer]:
    """Send all of them at once, each on its own connection; return the answers in their order."""

    async def all_of_them() -> list[Answer]:
        return list(await asyncio.gather(*(_asked(port, one, patience) for one in requests)))

    return finished(all_of_them())


async def _asked(port: int, request: bytes, patience: float) -> Answer:
    begun = time.perf_counter()
    try:
        async with asyncio.timeout(patience):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request)
            told = await reader.read(-1)
            writer.close()
    except (OSError, TimeoutError):
        return Answer(0, time.perf_counter() - begun)
    head, _, body = told.decode("utf-8", "replace").partition("\r\n\r\n")
    status = int(head.split(" ", 2)[1]) if head.startswith("HTTP/") else 0
    return Answer(status, time.perf_counter() - begun, body, head)


def quantile(seconds: Iterable[float], part: float) -> float:
    """Return the seconds within which this part was answered."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else 0.0
