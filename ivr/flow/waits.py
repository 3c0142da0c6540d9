"""Waits: what a call can be waiting for, each answered by an input."""

from dataclasses import field
from typing import Final

from ivr.flow.secret import Secret
from ivr.value import value

FINISH: Final = "#"  # The key that ends a number or a message.


@value
class Keys:
    """Keys from the caller: at most so many (0: any number), ended by `finish` or so many seconds without a key.

    Of several keys, but fewer than `least`, nobody hears what they were: they may be a secret that was keyed too early.
    """

    most: int = 1
    finish: str = ""
    seconds: int = 5
    secret: bool = False
    phrases: tuple[str, ...] = ()
    least: int = 0


@value
class Lookup:
    """An answer from the wallet to a question about what is known of the caller, or what they keyed in confidence."""

    question: str
    about: tuple[tuple[str, str | Secret], ...] = ()


@value
class Agent:
    """An agent of a queue that holds at most `limit` callers; the lower the priority's number, the sooner.

    `agent` is the one who is wanted, `level` the least that they must have. With a `router`, somebody else than the
    desk finds them: by this `workflow`, for callers with this `matter`.
    """

    queue: str
    priority: int = 3
    limit: int = 100
    agent: str = ""
    level: int = 0
    router: str = ""
    workflow: str = ""
    matter: str = ""


@value
class Room:
    """The next round in the waiting room, while so-named music plays.

    `ahead` is how many the caller was last told to be ahead of them (-1: not yet), `rounds` how many rounds there
    have been since; `closed` says that they know that the queue's hours are over, `alone` that nobody is on.
    """

    music: str
    ahead: int = -1
    rounds: int = 0
    closed: bool = False
    alone: bool = False


@value
class Leaving:
    """The way out of the waiting room, at the caller's wish or ours, to this place."""

    to: str = ""


@value
class Talking:
    """The end of a conversation that somebody else now carries."""


@value
class Outside:
    """The end of a conversation with a number outside (E.164), which is rung first."""

    number: str = field(repr=False)


@value
class Message:
    """A spoken message of at most so many seconds, ended by a key or by so many seconds of silence."""

    seconds: int = 120
    silence: int = 5


Wait = Keys | Lookup | Agent | Room | Leaving | Talking | Outside | Message
