"""A cheap telephone company: so many calls at once, each asking its next turn when the last is answered."""

import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Final

from tests.bench.calls import Request

PATIENCE_SECONDS: Final = 5.0


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


def drive(port: int, calls: Sequence[Sequence[Request]], connections: int, seconds: float, check: bool = True) -> Run:
    """Make these calls, so many at once, until all are made or the time is over; `check` looks into the answers."""
    run, waiting = Run(), iter(calls)
    with selectors.DefaultSelector() as selector, ExitStack() as stack:
        for call in (call for call, _ in zip(waiting, range(connections), strict=False)):
            made = stack.enter_context(socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS))
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            requests = iter(call)
            selector.register(made, selectors.EVENT_READ, _Line(made, requests, next(requests)))
        started, busy = time.perf_counter(), time.process_time()
        for key in list(selector.get_map().values()):
            key.data.ask()
        while selector.get_map() and time.perf_counter() < started + seconds:
            ready = selector.select(PATIENCE_SECONDS)
            if not ready:
                raise TimeoutError(f"no answer within {PATIENCE_SECONDS:.0f} s")
            for key, _ in ready:
                _hear(run, key.data, waiting, selector, check)
        run.seconds, run.busy = time.perf_counter() - started, time.process_time() - busy
    return run


def _hear(
    run: Run, line: _Line, waiting: Iterator[Sequence[Request]], selector: selectors.BaseSelector, check: bool
) -> None:
    got = line.socket.recv(65536)
    if not got:
        raise ConnectionError("the server hung up")
    line.answer += got
    if not _whole(line.answer):
        return
    run.turns.append(time.perf_counter() - line.sent)
    if check and (not line.answer.startswith(b"HTTP/1.1 20") or line.asked.answer not in line.answer):
        run.errors += 1
        run.examples = [*run.examples, f"{line.asked.wire[:60]!r} {line.answer!r}"][:3]
    asked = next(line.requests, None)
    if asked is None:
        if (call := next(waiting, None)) is None:
            selector.unregister(line.socket)
            return
        line.requests = iter(call)
        asked = next(line.requests)
    line.asked = asked
    line.ask()


def _whole(answer: bytes) -> bool:
    head, end, body = answer.partition(b"\r\n\r\n")
    if not end:
        return False
    _, found, length = head.lower().partition(b"content-length: ")
    return not found or len(body) >= int(length.partition(b"\r\n")[0])
