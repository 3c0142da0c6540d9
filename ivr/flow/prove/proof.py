"""Proves that a flow traps nobody: every state that a call can come to is walked, and every law holds there."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ivr.flow.flow import Flow
from ivr.flow.prove.goals import Heard, goals, longest
from ivr.flow.prove.laws import Trap, traps
from ivr.flow.prove.moments import moments
from ivr.flow.prove.walk import walk

MOST: Final = 200_000  # States; the shipped menus have some 2,000.


@dataclass(frozen=True, slots=True)
class Proof:
    """What was walked and found: no traps, if it holds.

    `slow` is the menu that takes longest to listen to, `wide` the one with the most choices; `goals` are the seconds
    and keys within which each queue can be reached, a message and a call back.
    """

    states: int
    steps: int
    hours: int
    traps: tuple[Trap, ...]
    slow: Heard
    wide: Heard
    goals: dict[str, tuple[float, int]]


def prove(flow: Flow, now: datetime, most: int = MOST) -> Proof:
    """Walk all of a flow from this moment on; raise OverflowError where it has more states than so many."""
    when = list(moments(flow, now).values())
    made = walk(flow, when, most)
    slow, wide = longest(flow, made)
    steps = sum(len(ways) for _, _, ways in made.states)
    return Proof(len([*made.states]), steps, len(when), tuple(traps(flow, made)), slow, wide, goals(made))
