"""A wallet company's own service, asked by JSON over HTTPS; `ivr/wallets/openapi.json` tells its engineers how."""

import json
import re
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

import structlog

from ivr.breaker import Breaker
from ivr.flow.inputs import Found, NotFound
from ivr.flow.questions import QUESTIONS, SLOW, UNAVAILABLE
from ivr.flow.secret import Secret
from ivr.flow.waits import Lookup
from ivr.wallets.http.forms import read
from ivr.wallets.http.line import Limits, Line, LostError
from ivr.wallets.http.signing import signed

JSON: Final = "application/json"
KEY: Final = re.compile(r"[!-~]{1,200}")
log = structlog.get_logger()


class _WrongError(ValueError):
    """The answer is none of ours; the text says why. Whether the wallet that tells it `works`, and surely `refused`."""

    def __init__(self, why: str, works: bool = False, refused: bool = False) -> None:
        super().__init__(why)
        self.works, self.refused = works, refused


class Http:
    """The wallet company at a base URL; threads may share it."""

    def __init__(
        self,
        url: str,
        secret: str,
        now: Callable[[], datetime],
        limits: Limits | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the base URL, the secret by which requests are signed, the time, and a clock in seconds."""
        self._url, self._secret, self._now = url.rstrip("/"), secret, now
        self._line, self._breaker = Line(limits or Limits()), Breaker(clock)

    def answer(self, lookup: Lookup, request_id: str) -> Found | NotFound:
        """Answer as the port says."""
        if lookup.question not in QUESTIONS:
            raise ValueError(f"no release knows the question {lookup.question!r}")
        if not KEY.fullmatch(request_id):
            return _none(lookup, UNAVAILABLE, "no id for a header")
        if not self._breaker.allows():
            return NotFound(UNAVAILABLE)
        works = False
        try:
            found = self._asked(lookup, request_id)
            works = True
            return found
        except TimeoutError:
            return _none(lookup, SLOW, "too late")
        except _WrongError as error:
            works = error.works
            return _none(lookup, _lost(lookup, not error.refused), str(error))
        except LostError as error:
            return _none(lookup, _lost(lookup, error.sent), str(error))
        except Exception as error:
            # Whatever it is, the caller is led to a person; its text might tell what was keyed.
            return _none(lookup, _lost(lookup, sent=True), type(error).__name__)
        finally:
            if self._breaker.went(works):
                log.warning("the wallet is left alone for a while, as it keeps failing")

    def close(self) -> None:
        """Close all connections."""
        self._line.close()

    def _asked(self, lookup: Lookup, request_id: str) -> Found:
        about = {name: one.reveal() if isinstance(one, Secret) else one for name, one in lookup.about}
        url, body = f"{self._url}/v1/{lookup.question}", json.dumps({"about": about}).encode()
        plain = {"Content-Type": JSON, "Accept": JSON, "Accept-Encoding": "identity", "Idempotency-Key": request_id}

        def headers() -> Mapping[str, str]:
            return signed(self._secret, url, plain, body, self._now())

        reply = self._line.post(url, body, headers)
        if reply.status != 200:
            # Who refuses us works: the next question may be another matter.
            works = 400 <= reply.status < 500
            raise _WrongError(f"status {reply.status}", works, works and not reply.again)
        if reply.kind != JSON:
            raise _WrongError("no JSON")
        try:
            return read(lookup.question, reply.body)
        except ValueError:
            raise _WrongError("an answer against the contract") from None


def _lost(lookup: Lookup, sent: bool) -> str:
    """Return what it is that there is no answer: what acts may have done so, once the request was sent."""
    return SLOW if sent and QUESTIONS[lookup.question].acts else UNAVAILABLE


def _none(lookup: Lookup, outcome: str, why: str) -> NotFound:
    log.warning("the wallet gave no answer", question=lookup.question, outcome=outcome, why=why)
    return NotFound(outcome)
