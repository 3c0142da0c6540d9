"""Inputs: all that a caller, an agent, a recorder or the wallet can tell a call."""

from collections.abc import Mapping
from dataclasses import field

from ivr.flow.secret import Secret
from ivr.value import value


@value
class Answered:
    """The phone rang and we picked up; `caller` is who rings, a number in E.164 or whatever else the carrier says."""

    caller: str = field(default="", repr=False)


@value
class Pressed:
    """The caller keyed digits, without the key that finished them."""

    keys: str | Secret


@value
class Spoke:
    """The caller said something; confidence is 0 to 1, or 0 where the carrier told none."""

    words: str
    confidence: float = 0.0


@value
class Silence:
    """The caller did nothing for as long as we waited."""


@value
class Found:
    """The wallet answered: one of the question's outcomes, with its facts.

    What came too `late` for the call to wait for it says to which question.
    """

    facts: Mapping[str, str] = field(hash=False)
    outcome: str = ""
    late: str = ""


@value
class NotFound:
    """No answer of the wallet's, and why: unavailable, slow, limited."""

    why: str


@value
class InLine:
    """The waiting room asks what to play: place in the line (1 is next), seconds waited, keys of the last round.

    `low` to `high` are the minutes that remain (0 to 0: nobody knows), `longer` why they are more than were told
    before (fewer_agents, urgent, slower), `agents` how many are on for the queue (-1: nobody knows).
    """

    position: int
    waited: int
    keys: str = ""
    low: int = 0
    high: int = 0
    longer: str = ""
    agents: int = -1


@value
class LeftQueue:
    """The caller is no longer queued: bridged, leave, queue-full, redirected, error, … as the carrier names it.

    Or they are `lost`, as their agent was, amid the talk.
    """

    result: str


@value
class Transferred:
    """The agent who talked with the caller sends them on: to a queue, one agent, a number outside, or a higher level.

    Without a queue they stay in the one that they came from.
    """

    queue: str = ""
    agent: str = ""
    number: str = field(default="", repr=False)
    level: int = 0


@value
class Dialled:
    """The number outside was rung: completed, answered, busy, no-answer, failed, … as the carrier names it."""

    result: str


@value
class Recorded:
    """The recorder stopped: the recording's id at the carrier and its length in seconds (0: nothing was said).

    Who was `adrift` left their message after a fault of ours, wherever in the menus the call stood; what they report
    of a `matter` by the lifeboat is urgent; `hold` is the number of the hold by which it froze their wallet before.
    """

    sid: str
    seconds: int
    adrift: bool = False
    matter: str = ""
    hold: str = ""


@value
class Rescued:
    """A fault of ours is over; the caller was told that they would get a person. They ring from `caller`."""

    caller: str = field(default="", repr=False)


@value
class HungUp:
    """The caller is gone."""


Input = (
    Answered
    | Pressed
    | Spoke
    | Silence
    | Found
    | NotFound
    | InLine
    | LeftQueue
    | Transferred
    | Dialled
    | Recorded
    | Rescued
    | HungUp
)
