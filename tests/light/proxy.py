"""What stands between the carrier and the servers: a balancer, which can also do what networks do to requests."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Final
from urllib.parse import parse_qsl

from tests.light.wire import BrokenError, Client, CutError, HangUp, Message, RefusedError, timed

DOWN_SECONDS: Final = 0.2  # A server that refused is asked again after this.
TURNS: Final = ("/voice/incoming", "/voice/turn/", "/voice/wait/", "/voice/fallback", "/voice/agent/")

# What is done to a request, by the row of faults.md that it stands for.
MISCHIEF: Final = {
    "doubled": 1,
    "doubled late": 1,
    "answered too late": 2,
    "arrives too late": 3,
    "slow": 2,
    "told again later": 5,
    "dropped before": 9,
    "dropped after": 9,
    "cut in the middle": 9,
}


@dataclass
class Mischief:
    """Does something to this part of the requests; `patience` is how many seconds the carrier waits for an answer."""

    chance: Random
    part: float
    patience: float
    kinds: Sequence[str] = tuple(MISCHIEF)
    tally: Counter[str] = field(default_factory=Counter)
    injected: Callable[[str, Message], object] = lambda *_: None

    def choose(self, asked: Message) -> str:
        """Return what is to be done to a request, "" for nothing."""
        if not asked.path.startswith("/voice/") or self.chance.random() >= self.part:
            return ""
        kind = self.chance.choice(self.kinds)
        self.tally[kind] += 1
        self.injected(kind, asked)
        return kind


@dataclass
class Backend:
    """One server behind the balancer."""

    port: int
    client: Client = field(init=False)
    down_until: float = 0.0

    def __post_init__(self) -> None:
        self.client = Client("127.0.0.1", self.port)


@dataclass(frozen=True, slots=True)
class Took:
    """An answer of a server: after how many seconds, and when it was asked for."""

    seconds: float
    path: str
    status: int
    at: float


@dataclass
class Proxy:
    """Hands each request to the next server that takes connections; `held` seconds are waited where none does.

    `took` is how long servers took for each answer, whatever was done to it before or after.
    """

    backends: list[Backend]
    mischief: Mischief | None = None
    held: float = 0.0
    took: list[Took] = field(default_factory=list)
    tally: Counter[str] = field(default_factory=Counter)
    loose: set["asyncio.Task[object]"] = field(default_factory=set)
    noted: Callable[[Message, Message], object] = lambda *_: None
    _next: int = 0

    async def handle(self, asked: Message) -> bytes:
        """Answer as a handler of wire.serve."""
        kind = self.mischief.choose(asked) if self.mischief else ""
        if not kind:
            return (await self._forwarded(asked)).raw
        return await self._mischievous(kind, asked)

    async def _mischievous(self, kind: str, asked: Message) -> bytes:
        assert self.mischief
        chance, patience = self.mischief.chance, self.mischief.patience
        match kind:
            case "slow":
                await asyncio.sleep(chance.uniform(0.05, patience / 2))
            case "doubled":
                first, second = await asyncio.gather(self._forwarded(asked), self._forwarded(asked))
                return chance.choice([first, second]).raw
            case "doubled late":
                self._later(chance.uniform(0.0, 0.3), asked)
            case "told again later":
                self._later(chance.uniform(0.5, 3 * patience), asked)
            case "arrives too late":
                self._later(chance.uniform(patience, 1.5 * patience), asked)
                await asyncio.sleep(2 * patience)
                raise HangUp
            case "answered too late":
                await self._forwarded(asked)
                await asyncio.sleep(2 * patience)
                raise HangUp
            case "dropped before":
                raise HangUp
        answer = await self._forwarded(asked)
        if kind == "dropped after":
            raise HangUp
        if kind == "cut in the middle":
            raise HangUp(answer.raw[: chance.randrange(1, max(2, len(answer.raw)))])
        return answer.raw

    def _later(self, seconds: float, asked: Message) -> None:
        async def again() -> None:
            await asyncio.sleep(seconds)
            with suppress(HangUp):
                await self._forwarded(asked)

        task = asyncio.ensure_future(again())
        self.loose.add(task)
        task.add_done_callback(self.loose.discard)

    async def settle(self) -> None:
        """Wait until nothing is under way that was held back."""
        while self.loose:
            await asyncio.wait(set(self.loose))

    def again(self, asked: Message) -> None:
        """Have servers asked once more what they were asked before."""
        self._later(0.0, asked)

    def close(self) -> None:
        """Let go of all connections."""
        for backend in self.backends:
            backend.client.close()

    async def _forwarded(self, asked: Message) -> Message:
        """Return the answer of a server; raise HangUp where none answers."""
        begun = timed()
        while True:
            for backend in self._up():
                sent = timed()
                try:
                    answer = await backend.client.ask(asked.raw, connect=2.0, read=30.0)
                except RefusedError:
                    backend.down_until = timed() + DOWN_SECONDS
                    continue
                except (BrokenError, CutError, TimeoutError) as error:
                    self.tally[f"server {type(error).__name__}"] += 1
                    raise HangUp from error
                self.took.append(Took(timed() - sent, asked.path, answer.status, sent))
                self.noted(asked, answer)
                return answer
            if timed() - begun >= self.held:
                self.tally["nobody there"] += 1
                raise HangUp
            await asyncio.sleep(0.02)

    def _up(self) -> list[Backend]:
        """Return the servers to try, in turn; those that were down just now only where there are no others."""
        self._next += 1
        count, now = len(self.backends), timed()
        order = [self.backends[(self._next + number) % count] for number in range(count)]
        return sorted(order, key=lambda backend: backend.down_until > now)


def form_of(asked: Message) -> dict[str, str]:
    """Return the form of a request."""
    return dict(parse_qsl(asked.body.decode(), keep_blank_values=True))
