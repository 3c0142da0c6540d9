"""The wallet with one-time codes: what is asked about codes goes to who sends them, all else to the wallet itself."""

from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from random import SystemRandom
from threading import Lock
from time import monotonic, sleep
from typing import Final, Protocol

from ivr.flow.inputs import Found, NotFound
from ivr.flow.questions import NO_ANSWER
from ivr.flow.secret import Secret
from ivr.flow.waits import Lookup
from ivr.wallets.port import Wallet

MOST: Final = 10_000  # Answers kept by their request: far more than are asked for within the hour.
LATELY: Final = 20
Answer = Found | NotFound


class Coder(Protocol):
    """Who sends one-time codes and checks them."""

    def send(self, phone: str, language: str) -> Answer:
        """Send a code to a phone (E.164): `sent`, or why not."""

    def check(self, phone: str, code: Secret) -> str:
        """Say whether the code is right, wrong, or why nobody knows: unavailable, slow, limited."""


@dataclass
class Proving:
    """A wallet whose holders are sent codes on their registered phones; nobody learns which accounts there are.

    For an account that is unknown nothing is sent, which is answered like a code that was, and takes as long. A request
    that is told twice acts once, as long as this process lives; a code that is sent twice is the same one.
    """

    wallet: Wallet
    codes: Coder
    language: str = "zh"
    wait: Callable[[float], object] = sleep
    _known: "OrderedDict[tuple[str, str], Future[Answer]]" = field(default_factory=OrderedDict, repr=False)
    _lately: dict[str, deque[tuple[float, str]]] = field(default_factory=dict, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def answer(self, lookup: Lookup, request_id: str) -> Answer:
        """Return one of the question's outcomes with its facts, or that there is no answer; see the wallet's port."""
        match lookup.question:
            case "send_code":
                return self._once(lookup.question, request_id, lambda: self._send(lookup, request_id))
            case "check_code":
                return self._once(lookup.question, request_id, lambda: self._check(lookup, request_id))
            case _:
                return self.wallet.answer(lookup, request_id)

    def _send(self, lookup: Lookup, request_id: str) -> Answer:
        about = dict(lookup.about)
        held = self._held(about, request_id)
        if not isinstance(held, Found):
            return held
        if held.outcome != "found":
            return _told(self._like("send_code", "sent"), {})
        language = str(about.get("language") or self.language)
        begun = monotonic()
        answer = self.codes.send(held.facts["registered"], language)
        self._note("send_code", begun, answer.why if isinstance(answer, NotFound) else "sent")
        return answer

    def _check(self, lookup: Lookup, request_id: str) -> Answer:
        about = dict(lookup.about)
        held, code = self._held(about, request_id), about.get("code", "")
        if not isinstance(held, Found):
            return held
        if held.outcome != "found":
            return _told(self._like("check_code", "wrong"), {})
        begun = monotonic()
        verdict = self.codes.check(held.facts["registered"], code if isinstance(code, Secret) else Secret(code))
        self._note("check_code", begun, "wrong" if verdict == "right" else verdict)
        return _told(verdict, dict(held.facts))

    def _held(self, about: dict[str, str | Secret], request_id: str) -> Answer:
        return self.wallet.answer(Lookup("account", (("who", about.get("who", "")),)), f"{request_id}-account")

    def _note(self, question: str, begun: float, outcome: str) -> None:
        if outcome != "limited":  # That is told of one account, not of who checks.
            with self._lock:
                self._lately.setdefault(question, deque(maxlen=LATELY)).append((monotonic() - begun, outcome))

    def _like(self, question: str, usual: str) -> str:
        """Return how this was answered lately where there was an account, after as long a time as that took."""
        with self._lock:
            lately = list(self._lately.get(question) or [(0.0, usual)])
        last = lately[-1][1]
        self.wait(SystemRandom().choice([seconds for seconds, outcome in lately if outcome == last]))
        return last

    def _once(self, question: str, request_id: str, act: Callable[[], Answer]) -> Answer:
        """Return what this does, or did when it was asked for first; whoever asks meanwhile waits for that."""
        mine: Future[Answer] = Future()
        with self._lock:
            kept = self._known.setdefault((question, request_id), mine)
            while len(self._known) > MOST:
                self._known.popitem(last=False)
        if kept is mine:
            try:
                mine.set_result(act())
            except BaseException as error:
                mine.set_exception(error)
                with self._lock:
                    self._known.pop((question, request_id), None)
                raise
        return kept.result()


def _told(outcome: str, facts: dict[str, str]) -> Answer:
    if outcome in NO_ANSWER or outcome == "limited":
        return NotFound(outcome)
    return Found(facts if outcome == "right" else {}, outcome)
