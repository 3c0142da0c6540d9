"""A cheap telephone company: so many calls at once, each asking its next turn when the last is answered."""

import selectors
import socket
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Final

from tests.bench.calls import Request

PATIENCE_SECONDS: Final = 60.0
FEWEST: Final = 500  # Turns: where the machine stands still at first, that is not all of what is measured.


@dataclass(slots=True)
class Run:
    """What came of it: seconds each turn took, wrong answers (the first few of them), seconds all took, CPU of ours."""

    turns: list[float] = field(default_factory=list)
    errors: int = 0
    examples: list[str] = field(default_factory=list)
    seconds: float = 0.0
    busy: float = 0.0

    def add(self, other: "Run") -> None:
        """Take in another run of the same kind."""
        self.turns += other.turns
        self.errors += other.errors
        self.examples = (self.examples + other.examples)[:3]
        self.seconds += other.seconds
        self.busy += other.busy

    @property
    def rate(self) -> float:
        """Turns a second."""
        return len(self.turns) / self.seconds

    def quantile(self, part: float) -> float:
        """Return the milliseconds within which this part of the turns was answered."""
        return 1000 * sorted(self.turns)[min(len(self.turns) - 1, int(part * len(self.turns)))]


@dataclass(slots=True)
class _Line:
    """One connection, the call it is in, and what came of the present answer so far."""

    socket: socket.socket
    requests: Iterator[Request]
    asked: Request
    sent: float = 0.0
    answer: bytes = b""

    def ask(self) -> None:
        self.answer, self.sent = b"", time.perf_counter()
        self.socket.sendall(self.asked.wire)

    def goes_on(self, waiting: Iterator[Sequence[Request]]) -> bool:
        """Turn to the next request of the call, or to the first of the next that waits; False where none is left."""
        asked = next(self.requests, None)
        if asked is None and (call := next(waiting, None)) is not None:
            self.requests = iter(call)
            asked = next(self.requests)
        if asked is not None:
            self.asked = asked
        return asked is not None


def drive(port: int, calls: Sequence[Sequence[Request]], connections: int, seconds: float, check: bool = True) -> Run:
    """Make these calls, so many at once, until all are made or the time is over; `check` looks into the answers."""
    run, waiting = Run(), iter(calls)
    begun = [call for call, _ in zip(waiting, range(connections), strict=False)]
    with _lines(port, begun) as (lines, selector), _timed(run):
        end = time.perf_counter() + seconds
        for line in lines:
            line.ask()
        while selector.get_map() and (time.perf_counter() < end or len(run.turns) < FEWEST):
            for line in _answered(run, selector, check):
                if line.goes_on(waiting):
                    line.ask()
                else:
                    selector.unregister(line.socket)
    return run


def pace(port: int, calls: Sequence[Sequence[Request]], rate: float, seconds: float, check: bool = True) -> Run:
    """Have all these calls going on, one after the other taking its next turn, so many turns a second in all."""
    run, none = Run(), iter(())
    with _lines(port, calls) as (lines, selector), _timed(run):
        idle, due, end = deque(lines), time.perf_counter(), time.perf_counter() + seconds
        while (now := time.perf_counter()) < end or not run.turns:
            if now >= due and idle:
                idle.popleft().ask()
                due += 1 / rate
            idle += [line for line in _answered(run, selector, check, max(0, due - now)) if line.goes_on(none)]
    return run


def at_once(port: int, calls: Sequence[Sequence[Request]], rounds: int, check: bool = True) -> Run:
    """Have all these calls take a turn at the same moment, and the next when all have been answered."""
    run, none = Run(), iter(())
    with _lines(port, calls) as (lines, selector), _timed(run):
        for _ in range(rounds):
            for line in lines:
                line.ask()
            answered = list[_Line]()
            while len(answered) < len(lines):
                answered += _answered(run, selector, check)
            lines = [line for line in answered if line.goes_on(none)]
    return run


@contextmanager
def _lines(port: int, calls: Iterable[Sequence[Request]]) -> Iterator[tuple[list[_Line], selectors.BaseSelector]]:
    """Give a connection for each of these calls, about to ask its first turn."""
    with selectors.DefaultSelector() as selector, ExitStack() as stack:
        lines = []
        for call in calls:
            made = stack.enter_context(socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS))
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            requests = iter(call)
            lines.append(_Line(made, requests, next(requests)))
            selector.register(made, selectors.EVENT_READ, lines[-1])
        yield lines, selector


@contextmanager
def _timed(run: Run) -> Iterator[None]:
    started, busy = time.perf_counter(), time.process_time()
    yield
    run.seconds, run.busy = time.perf_counter() - started, time.process_time() - busy


def _answered(run: Run, selector: selectors.BaseSelector, check: bool, within: float = PATIENCE_SECONDS) -> list[_Line]:
    """Return the lines whose turn has been answered by now, or is within so many seconds."""
    ready = selector.select(within)
    if not ready and within == PATIENCE_SECONDS:
        raise TimeoutError(f"no answer within {PATIENCE_SECONDS:.0f} s")
    return [key.data for key, _ in ready if _heard(run, key.data, check)]


def _heard(run: Run, line: _Line, check: bool) -> bool:
    """Take in what came; return whether the answer is whole."""
    got = line.socket.recv(65536)
    if not got:
        raise ConnectionError("the server hung up")
    line.answer += got
    if not _whole(line.answer):
        return False
    run.turns.append(time.perf_counter() - line.sent)
    if check and (not line.answer.startswith(b"HTTP/1.1 20") or line.asked.answer not in line.answer):
        run.errors += 1
        run.examples = [*run.examples, f"{line.asked.wire[:60]!r} {line.answer!r}"][:3]
    return True


def _whole(answer: bytes) -> bool:
    head, end, body = answer.partition(b"\r\n\r\n")
    if not end:
        return False
    _, found, length = head.lower().partition(b"content-length: ")
    return not found or len(body) >= int(length.partition(b"\r\n")[0])
