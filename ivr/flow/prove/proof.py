"""Proves that a flow traps nobody: every state that a call can come to is walked, and every law holds there."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from ivr.flow.flow import Flow
from ivr.flow.prove.goals import Heard, goals, longest
from ivr.flow.prove.laws import Trap, traps
from ivr.flow.prove.moments import moments
from ivr.flow.prove.walk import walk

MOST: Final = 200_000  # States; the shipped menus have some 3,000.


@dataclass(frozen=True, slots=True)
class Proof:
    """What was walked and found: no traps, if it holds.

    `slow` is the menu that takes longest to listen to, `wide` the one with the most choices; `goals` are the seconds
    and keys within which each queue can be reached, a message and a call back; `languages` are the words in each.
    """

    states: int
    steps: int
    hours: int
    traps: tuple[Trap, ...]
    slow: Heard
    wide: Heard
    goals: dict[str, tuple[float, int]]
    languages: dict[str, int]


def prove(flow: Flow, now: datetime, most: int = MOST) -> Proof:
    """Walk all of a flow from this moment on; raise OverflowError where it has more states than so many."""
    when = list(moments(flow, now).values())
    made = walk(flow, when, most)
    slow, wide = longest(flow, made)
    steps = sum(len(ways) for _, _, ways in made.states)
    spoken = {language: len(words) for language, words in flow.words.items()}
    return Proof(len([*made.states]), steps, len(when), tuple(traps(flow, made)), slow, wide, goals(made), spoken)


def figures(proof: Proof) -> dict[str, Any]:
    """Return what was proven in figures, as plain JSON: seconds to a tenth, goals as `{name: {seconds, keys}}`."""
    slow, wide = proof.slow, proof.wide
    return {
        "states": proof.states,
        "steps": proof.steps,
        "hours": proof.hours,
        "traps": len(proof.traps),
        "slow": {"place": slow.place, "seconds": round(slow.seconds, 1), "choices": slow.choices},
        "wide": {"place": wide.place, "seconds": round(wide.seconds, 1), "choices": wide.choices},
        "goals": {
            name: {"seconds": round(spent, 1), "keys": keys} for name, (spent, keys) in sorted(proof.goals.items())
        },
        "languages": proof.languages,
    }
