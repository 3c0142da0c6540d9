"""Asks the wallet what calls wait for: apart from the carrier's requests, each question once, and within limits."""

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from hashlib import blake2s
from threading import Event, Lock, Semaphore
from time import monotonic, sleep
from typing import Final, Protocol

import structlog

from ivr.flow.inputs import Found, NotFound
from ivr.flow.questions import LIMITED, NONE, UNAVAILABLE, outcome
from ivr.flow.secret import SEALED, Secret
from ivr.flow.waits import Lookup
from ivr.store.errors import StoreError
from ivr.tally import ASKING
from ivr.wallets.port import Wallet

SOON: Final = 2.0  # Seconds for which a request of the carrier waits for the answer; then the caller hears to wait.
LINGERS: Final = 1.0  # And for which it waits when the carrier asks again.
LOOKS: Final = 0.1
PATIENT: Final = 6  # Requests that may wait so at once, so that a wallet that hangs keeps no other caller waiting.
MOST: Final = 64  # Questions at once; beyond them the wallet counts as unavailable.
STEP: Final = 0.05  # Answers about who somebody is come at multiples of these seconds, whatever they took.
# By the fact whose guessing is limited, and what is answered where too much was tried.
LIMITS: Final = {"check_pin": "who", "check_code": "who", "send_code": "who", "freeze": "holder"}
WRONG: Final = "wrong"
log = structlog.get_logger()
Answer = Found | NotFound


class Asks(Protocol):
    """Whoever asks the wallet for a call."""

    def ask(self, call: str, turn: int, lookup: Lookup, caller: str, late: Callable[[Answer], object]) -> Answer | None:
        """Return what the wallet answers soon, None where that takes longer: then `late` is told."""

    def linger(self, so: Callable[[], bool]) -> None:
        """Wait a little until something is so, unless too many do."""


class NoWallet:
    """Stands in where there is no wallet to ask."""

    def linger(self, so: Callable[[], bool]) -> None:
        """Wait for nothing."""

    def ask(self, *_: object) -> NotFound:
        """Return that it cannot be asked."""
        return NotFound(UNAVAILABLE)


class Guard(Protocol):
    """Limits what strangers can try."""

    def allowed(self, question: str, who: str, caller: str, request_id: str) -> bool:
        """Note that this is tried, and tell whether it may be."""

    def before(self, request_id: str) -> str | None:
        """Return what came of it when it was tried before, "" while nobody knows; None where it was not."""

    def told(self, request_id: str, outcome: str, facts: Mapping[str, str] = NONE) -> None:
        """Note what came of it, with the facts that say who it is."""


class Inquiry:
    """A question on its way; whoever does not wait until it is answered has `late` told."""

    def __init__(self, late: Callable[[Answer], object]) -> None:
        """Tell `late` what nobody waits for."""
        self._late, self._lock, self._done = late, Lock(), Event()
        self._answer: Answer | None = None
        self._left = False

    def answer(self, seconds: float) -> Answer | None:
        """Return the answer if it comes within so many seconds; else it is told when it comes."""
        self._done.wait(seconds)
        with self._lock:
            self._left = self._answer is None
            return self._answer

    def tell(self, answer: Answer) -> None:
        """Hand over the answer."""
        with self._lock:
            self._answer = answer
            left = self._left
        self._done.set()
        if left:
            self._late(answer)


@dataclass(frozen=True, slots=True)
class Teller:
    """Between the calls and the wallet; `pool` has the threads in which it is asked."""

    wallet: Wallet
    guard: Guard
    pool: Executor
    running: dict[tuple[str, int], Inquiry] = field(default_factory=dict)
    patient: Semaphore = field(default_factory=lambda: Semaphore(PATIENT))

    def ask(self, call: str, turn: int, lookup: Lookup, caller: str, late: Callable[[Answer], object]) -> Answer | None:
        """Return what the wallet answers soon, None where that takes longer: then `late` is told, from another thread.

        A question that is on its way in this process already is not asked twice.
        """
        key = (call, turn)
        if key in self.running:
            return None
        if len(self.running) >= MOST:
            log.warning("the wallet has too many questions", question=lookup.question)
            return NotFound(UNAVAILABLE)
        inquiry = self.running[key] = Inquiry(late)
        self.pool.submit(self._ask, key, inquiry, lookup, caller)
        if not self.patient.acquire(blocking=False):
            return inquiry.answer(0)
        try:
            return inquiry.answer(SOON)
        finally:
            self.patient.release()

    def linger(self, so: Callable[[], bool]) -> None:
        """Wait for a second at most until something is so, unless as many do as may."""
        if not self.patient.acquire(blocking=False):
            return
        try:
            end = monotonic() + LINGERS
            while not so() and monotonic() < end:
                sleep(LOOKS)
        finally:
            self.patient.release()

    def _ask(self, key: tuple[str, int], inquiry: Inquiry, lookup: Lookup, caller: str) -> None:
        ASKING.set(key[0])
        try:
            answer = self._answer(lookup, request_id(*key), caller)
        except Exception as error:  # Its words may hold what was asked, so its kind must do.
            log.error("the wallet was not asked", question=lookup.question, why=type(error).__name__)
            answer = NotFound(UNAVAILABLE)
        try:
            inquiry.tell(answer)
        except Exception as error:
            log.error("the wallet's answer is not written down", call=key[0], why=type(error).__name__)
        finally:
            self.running.pop(key, None)

    def _answer(self, lookup: Lookup, request: str, caller: str) -> Answer:
        about = dict(lookup.about)
        if SEALED in about.values():  # Whoever knew it is gone, and the journal does not.
            return NotFound(UNAVAILABLE)
        if lookup.question not in LIMITS:
            return self.wallet.answer(lookup, request)
        began = monotonic()
        answer = self._within_limits(lookup, str(about[LIMITS[lookup.question]]), request, caller)
        if any(isinstance(value, Secret) for value in about.values()) or lookup.question == "send_code":
            sleep(-(monotonic() - began) % STEP)
        return answer

    def _within_limits(self, lookup: Lookup, who: str, request: str, caller: str) -> Answer:
        before = self.guard.before(request) if lookup.question == "check_code" else None
        if not self.guard.allowed(lookup.question, who, caller, request):
            return Found({}, "capped") if lookup.question == "freeze" else NotFound(LIMITED)
        answer = self.wallet.answer(lookup, request)
        try:
            self.guard.told(request, *outcome(answer))
        except StoreError as error:  # It counts as wrong, which is strict; but what was done is done.
            log.error("what the wallet said is not counted", question=lookup.question, why=str(error))
        # A code is right once: the first check of this request may have used it up, and nobody heard of it.
        used_up = before not in (None, WRONG) and outcome(answer)[0] == WRONG
        return NotFound(UNAVAILABLE) if used_up else answer


def request_id(call: str, turn: int) -> str:
    """Return the name of a call's question, the same whoever asks it again."""
    return blake2s(f"{call} {turn}".encode(), digest_size=16).hexdigest()
