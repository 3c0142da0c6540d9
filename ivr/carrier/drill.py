"""A call for exercise to an address that a number falls back to: what a caller hears there until they can speak."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Final

from ivr.carrier.caller import Caller, Heard
from ivr.carrier.clock import SimulatedClock
from ivr.carrier.company import Carrier, Line
from ivr.carrier.cues import Listening, Recording
from ivr.carrier.signals import Request
from ivr.carrier.web import Pairs, Response, Send, http_sender

CALLER: Final = "+8613800138000"
DOWN: Final = 11205  # The carrier's number for a main address without an answer.


@dataclass(frozen=True, slots=True)
class Walk:
    """What was heard until the beep, how many seconds that took, and the slowest answer, in seconds.

    `beep` says whether a message could be spoken; `wrong` is all that the carrier found amiss.
    """

    heard: tuple[Heard, ...]
    beep: bool
    seconds: float
    slowest: float
    wrong: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Exercise:
    """A carrier for calls to `number` whose main address has no answer; nothing is spoken, so none stays."""

    account: str
    token: str
    number: str
    main: str
    now: Callable[[], datetime]

    def walk(self, url: str, method: str, key: str) -> Walk:
        """Call, and press a key at the first prompt, or nothing."""
        clock, took = SimulatedClock(self.now()), list[float]()
        carrier = Carrier(self.account, self.token, clock, send=self._send(took))
        carrier.numbers[self.number] = Line(self.number, Request(self.main), Request(url, method), None)
        begun = clock()
        caller = Caller(carrier, CALLER, self.number)
        heard = (caller.press(key) if key else caller.silence()) + caller.listen()
        if isinstance(caller.cue, Listening) and caller.cue.most != 1:  # No wallet is frozen by an exercise.
            heard += caller.silence() + caller.listen()
        wrong = tuple(f"{one.code} {one.text}: {one.url}" for one in carrier.log.faults if one.url != self.main)
        seconds = (clock() - begun).total_seconds()
        return Walk(tuple(heard), isinstance(caller.cue, Recording), seconds, max(took, default=0.0), wrong)

    def get(self, url: str) -> bytes:
        """Return what is found at an address; raise OSError where that is nothing."""
        answer = http_sender()(url, None, {}, (5.0, 15.0))
        if answer.status != 200:
            raise OSError(f"HTTP status {answer.status}")
        return answer.body

    def _send(self, took: list[float]) -> Send:
        inner = http_sender()

        def send(url: str, form: Pairs | None, headers: Mapping[str, str], patience: tuple[float, float]) -> Response:
            if url == self.main:
                raise ConnectionError("this is an exercise")
            begun = monotonic()
            try:
                return inner(url, form, headers, patience)
            finally:
                took.append(monotonic() - begun)

        return send
