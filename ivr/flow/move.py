"""Moves: what a node wants next, after saying or noting something first."""

from collections.abc import Mapping
from typing import NamedTuple

from ivr.flow.call import NO_FACTS
from ivr.flow.events import Event, Reason
from ivr.flow.waits import Wait
from ivr.value import value


class Prompt(NamedTuple):  # A dataclass takes three times as long to make, and a turn says many.
    """Words from a place in the menus, to be said in the call's language or in the one named.

    With `keys`, the words are a matter, and the keys, pressed one after the other, are named after it. `facts` fill the
    words beside the call's own.
    """

    place: str
    keys: str = ""
    language: str = ""
    interrupt: bool = True
    facts: Mapping[str, str] = NO_FACTS


@value
class Go:
    """On to another node, named as the menus name it."""

    place: str


@value
class Hold:
    """Wait for somebody's answer."""

    wait: Wait


@value
class Finish:
    """The call is over."""

    reason: Reason


@value
class Move:
    """Where to go on, and what comes first."""

    then: Go | Hold | Finish
    first: tuple[Event | Prompt, ...] = ()
