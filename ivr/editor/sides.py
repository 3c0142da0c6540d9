"""A call before and now, side by side: what the caller heard and did, turn by turn, with numbers that are nobody's."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest

from ivr import transcript
from ivr.console.practice import Practice
from ivr.flow.engine import step
from ivr.flow.flow import Flow
from ivr.flow.inputs import Answered, Found, InLine, Input, Pressed, Transferred
from ivr.flow.replay.course import Replayed, Turn
from ivr.store.recorded import Told


@dataclass(frozen=True, slots=True)
class Row:
    """The lines of a turn as it went and as it goes, and whether the two differ."""

    before: tuple[str, ...]
    now: tuple[str, ...]

    @property
    def differs(self) -> bool:
        """Whether a caller notices anything, or does anything else."""
        return self.before != self.now


def nameless(flow: Flow, told: Told) -> Iterator[tuple[Input, datetime]]:
    """Yield what was told in a call through these menus, with numbers that are nobody's, taken or refused alike."""
    practice, call = Practice(flow), flow.new_call()
    for heard, at in told:
        if isinstance(heard, Answered | Pressed | InLine | Transferred | Found):
            heard = practice.of(heard, call)
        yield heard, at
        call = step(flow, call, heard, at).call


def rows(found: Replayed, base: str) -> list[Row]:
    """Return a call turn by turn; `base` is the language that is not marked."""
    turns = zip_longest(found.before.turns, found.now.turns, fillvalue=())
    return [Row(_lines(before, base), _lines(now, base)) for before, now in turns]


def _lines(turn: Turn, base: str) -> tuple[str, ...]:
    return tuple(transcript.lines(turn, base))
