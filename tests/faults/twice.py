"""The carrier's requests on their way to one server or two: some told twice, and no turn answered in two ways."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from random import Random
from typing import Final
from urllib.parse import urlsplit

from ivr.carrier.web import Pairs, Response, Send, http_sender

DOUBLED: Final = 0.3
AGAIN: Final = 0.3  # And what was told before is told once more with a later turn.
TURNS: Final = re.compile(r"/voice/(incoming|(turn|wait)/\d+)")
Patience = tuple[float, float]


class Twice:
    """Sends what a carrier tells by `inner`, or to another server by its `ports`; some of it at the same moment twice.

    `looking` are the words that ask for patience: the only ones that may come before another answer to the same.
    """

    def __init__(self, inner: Send, chance: Random, looking: str, ports: Sequence[int] = ()) -> None:
        self.inner, self.chance, self.looking, self.ports = inner, chance, looking, ports
        self.tally = Counter[str]()
        self.answers = defaultdict[tuple[str, str], set[bytes]](set)
        self._told: list[tuple[str, Pairs, Mapping[str, str]]] = []
        self._again = http_sender()

    def __call__(self, url: str, form: Pairs | None, headers: Mapping[str, str], patience: Patience) -> Response:
        """Answer, as web.Send."""
        if form is None:
            return self.inner(url, form, headers, patience)
        with ThreadPoolExecutor(2) as pool:
            if self.chance.random() < DOUBLED:
                self.tally["doubled"] += 1
                pool.submit(self._repeat, url, form, headers)
            if self._told and self.chance.random() < AGAIN:
                self.tally["told late"] += 1
                pool.submit(self._repeat, *self.chance.choice(self._told))
            answer = self._noted(url, form, self.inner(url, form, headers, patience))
        self._told.append((url, form, headers))
        return answer

    def unlike(self) -> Iterator[str]:
        """Yield the turns that were answered in two ways."""
        for (call, path), bodies in self.answers.items():
            if len(final := [body for body in bodies if self.looking.encode() not in body]) > 1:
                yield f"{call} {path}: {final}"

    def _repeat(self, url: str, form: Pairs, headers: Mapping[str, str]) -> None:
        with suppress(OSError):  # It may be killed in the middle, and nobody tells it a third time.
            there = urlsplit(url)
            if self.ports:
                there = there._replace(netloc=f"127.0.0.1:{self.ports[-1]}")
            self._noted(url, form, self._again(there.geturl(), form, headers, (5, 15)))

    def _noted(self, url: str, form: Pairs, answer: Response) -> Response:
        path = urlsplit(url).path
        if TURNS.fullmatch(path):
            self.answers[dict(form)["CallSid"], path].add(
                answer.body if answer.status == 200 else b"%d" % answer.status
            )
        return answer
