"""Events: what can happen in a call, in the past tense; stored for ever, so fields are only added, with defaults."""

from dataclasses import field
from datetime import datetime
from typing import Literal

from ivr.flow.inputs import Input
from ivr.flow.waits import Wait
from ivr.value import value

Reason = Literal["served", "message", "callback", "finished", "hung-up"]


@value
class Heard:
    """We were told something, at this moment (UTC)."""

    input: Input
    at: datetime


@value
class Entered:
    """The call came to a node, named by its place (`frozen.account`)."""

    node: str


@value
class Said:
    """The caller was told these words in this language, from this place in the menus.

    `audio` names a recorded prompt that is played instead; a key interrupts unless `interrupt` is false.
    """

    place: str
    words: str
    language: str
    audio: str = ""
    interrupt: bool = True


@value
class Learned:
    """A fact about this call became known; an empty value forgets it."""

    name: str
    value: str


@value
class AskedBack:
    """The caller will be rung back at this number (E.164) by this queue, and keeps the place they had in line."""

    number: str = field(repr=False)
    queue: str = ""


@value
class Texted:
    """These words, from this place in the menus, go to this number (E.164) as an SMS."""

    number: str = field(repr=False)
    place: str
    words: str
    language: str


@value
class Missed:
    """The caller's turn brought us no further: `silence` or `wrong`."""

    why: Literal["silence", "wrong"]


@value
class Switched:
    """The caller chose another language."""

    language: str


@value
class Waiting:
    """The call now waits, and the answer to it will be this turn."""

    wait: Wait
    turn: int


@value
class Ended:
    """The call is over, for this one reason."""

    reason: Reason


Event = Heard | Entered | Said | Learned | AskedBack | Texted | Missed | Switched | Waiting | Ended
