"""What was declared, and what of it counts at a moment."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, get_args

from ivr.flow.hours.notation import Names

Kind = Literal["announce", "close", "divert"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Declared:
    """One emergency, the `number`th of its kind (from 0), from `start` until before `end` (aware), and by whom.

    An announcement has `words` in every language; closed `queues` have them to say why; diverted `queues` lead `to`
    another, or to a number outside (E.164).
    """

    kind: Kind
    number: int
    start: datetime
    end: datetime
    by: str
    words: Names = field(default_factory=dict, hash=False)
    queues: tuple[str, ...] = ()
    to: str = ""

    @property
    def place(self) -> str:
        """Where its words are found."""
        return f"emergency.{self.kind}.{self.number}"

    def on(self, at: datetime) -> bool:
        """Tell whether it counts at this moment."""
        return self.start <= at < self.end


def closed(declared: Iterable[Declared], queue: str, at: datetime) -> Declared | None:
    """Return by what a queue is closed at a moment."""
    return next((one for one in declared if one.kind == "close" and queue in one.queues and one.on(at)), None)


def led(declared: Iterable[Declared], queue: str, at: datetime) -> tuple[str, str]:
    """Return the queue in which whoever comes to this one is put at a moment, and a number outside to ring before that.

    The number is "" where no diversion leads outside.
    """
    number = ""
    for to in way(declared, queue, at):
        queue, number = (queue, to) if to.startswith("+") else (to, "")
    return queue, number


def way(declared: Iterable[Declared], queue: str, at: datetime) -> Iterator[str]:
    """Yield where a queue leads, one diversion after the other; without end where they go round."""
    diversions = [one for one in declared if one.kind == "divert" and one.on(at)]
    while to := next((one.to for one in diversions if queue in one.queues), ""):
        yield to
        queue = to
