"""What a process counts of its own work, in plain numbers: to count must cost a turn next to nothing."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from threading import Lock
from time import perf_counter
from typing import Final, NamedTuple

# Seconds; people do not hear the first ones, and after the last the telephone company asks again.
BOUNDS: Final = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 4.0, 6.0, 15.0)
# Who is put off while more is asked than can be answered: callers asked for patience, what is only told and told again
# later, callers whom the lifeboat takes; and strangers whose signatures are wrong again and again, at any time.
PUT_OFF: Final = ("caller", "notice", "lifeboat", "stranger")

# For which call the wallet is asked now.
ASKING: Final[ContextVar[str]] = ContextVar("asking", default="")


class Piece(NamedTuple):
    """A piece of work that is done: what came of it, and how many seconds it took; its call is named in `about`."""

    kind: str
    name: str
    outcome: str
    seconds: float
    about: str


@dataclass(slots=True)
class Spread:
    """How long something took, how often: a count for each of the BOUNDS and one for what was longer, and their sum."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    seconds: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one."""
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.seconds += seconds

    def buckets(self) -> list[tuple[str, float]]:
        """Return the counts as Prometheus wants them: of all that took up to each bound."""
        up_to, told = 0, []
        for bound, count in zip((*map(str, BOUNDS), "+Inf"), self.counts, strict=True):
            up_to += count
            told.append((bound, float(up_to)))
        return told


@dataclass(slots=True)
class Tally:
    """All that is counted; whoever counts gives names of a small number only, as each stays in memory for ever.

    One lock is held for less than a microsecond at a time. What is told of each piece is `heard`, if by anybody.
    """

    turns: dict[str, Spread] = field(default_factory=dict)
    places: dict[str, Spread] = field(default_factory=dict)
    answers: Counter[tuple[str, str]] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    lifeboat: Counter[str] = field(default_factory=Counter)
    carrier: dict[str, Spread] = field(default_factory=dict)
    carrier_errors: Counter[tuple[str, str]] = field(default_factory=Counter)
    wallet: dict[str, Spread] = field(default_factory=dict)
    wallet_answers: Counter[tuple[str, str]] = field(default_factory=Counter)
    stumbled: Counter[str] = field(default_factory=Counter)
    put_off: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(PUT_OFF, 0)))
    queue: Spread = field(default_factory=Spread)
    under_way: int = 0
    tls_days: float | None = None  # For how long our certificate lasts, where that was looked at.
    heard: Callable[[Piece], object] | None = None
    done: Callable[[], object] | None = None
    _lock: Lock = field(default_factory=Lock)

    def begin(self) -> None:
        """Count a turn that begins."""
        with self._lock:
            self.under_way += 1

    def end(self, path: str, status: str, seconds: float, refused: str = "", lifeboat: str = "") -> None:
        """Count a turn that is over: its kind of path, the answer's status, and why it was refused or we failed."""
        with self._lock:
            self.under_way -= 1
            _in(self.turns, path).add(seconds)
            self.answers[path, status] += 1
            if refused:
                self.refused[refused] += 1
            if lifeboat:
                self.lifeboat[lifeboat] += 1

    def took(self, path: str, status: str, seconds: float) -> None:
        """Count a turn that took so long and is over."""
        with self._lock:
            _in(self.turns, path).add(seconds)
            self.answers[path, status] += 1

    def stumble(self, error: Exception) -> None:
        """Count a turn that the quick way could not take, for an error of ours."""
        with self._lock:
            self.stumbled[type(error).__name__] += 1

    def later(self, whom: str) -> None:
        """Count one of those that are PUT_OFF."""
        with self._lock:
            self.put_off[whom] += 1

    def stood(self, seconds: float) -> None:
        """Count a request of ours that stood in the server's queue for so long."""
        with self._lock:
            self.queue.add(seconds)

    def asked_wallet(self, question: str, outcome: str, seconds: float) -> None:
        """Count a question to the wallet: what came of it, and how long that took."""
        with self._lock:
            _in(self.wallet, question).add(seconds)
            self.wallet_answers[question, outcome] += 1
        if self.heard:
            self.heard(Piece("wallet", question, outcome, seconds, ASKING.get()))

    @contextmanager
    def asking_carrier(self, kind: str, url: str = "") -> Iterator[list[int]]:
        """Count a request to the carrier's REST; the status is to be put into what is given, an error is told by it."""
        begun, told = perf_counter(), list[int]()
        try:
            yield told
        finally:
            seconds, error = perf_counter() - begun, _error(told)
            with self._lock:
                _in(self.carrier, kind).add(seconds)
                if error:
                    self.carrier_errors[kind, error] += 1
            if self.heard:
                self.heard(Piece("carrier", kind, error, seconds, url))

    def turned(self, path: str, status: str, seconds: float, call: str, place: str) -> None:
        """Count an answer where it took the call, if that is known: by the menus' file.

        And tell of it, if somebody listens: to what the carrier asked at a path below `/voice/`.
        """
        if place:
            with self._lock:
                _in(self.places, place).add(seconds)
        if self.heard:
            self.heard(Piece("turn", path, status, seconds, call))

    def ended(self, status: str, seconds: float, call: str) -> None:
        """Tell of a whole call that is over, if somebody listens."""
        if self.heard:
            self.heard(Piece("call", "call", status, seconds, call))

    def close(self) -> None:
        """Let whoever listens know that there is no more."""
        if self.done:
            self.done()

    @contextmanager
    def still(self) -> Iterator["Tally"]:
        """Let nobody count while it is read."""
        with self._lock:
            yield self


def _in(spreads: dict[str, Spread], name: str) -> Spread:
    if (found := spreads.get(name)) is None:
        found = spreads[name] = Spread()
    return found


def _error(told: list[int]) -> str:
    match told:
        case []:
            return "no answer"
        case [status] if status == 429:
            return "too many"
        case [status] if status >= 500:
            return "its fault"
        case [status] if status >= 400:
            return "refused"
    return ""
