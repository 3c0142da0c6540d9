"""What can happen to a leg: events that its present cue waits for, and signals that break into whatever it does."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from ivr.carrier.cues import Cue

if TYPE_CHECKING:
    from ivr.carrier.bridge import Bridge
    from ivr.carrier.leg import Leg

Form = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Request:
    """A document to fetch: an absolute URL (perhaps with a fragment), and what goes with the standard parameters."""

    url: str
    method: str = "POST"
    form: Form = ()


@dataclass(frozen=True, slots=True)
class Inline:
    """A document handed in by REST instead of its URL."""

    twiml: str


Goal = Request | Inline


@dataclass(frozen=True, slots=True)
class Started:
    """The leg begins."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The present cue has come to its end by itself."""


@dataclass(frozen=True, slots=True)
class Pressed:
    """A key."""

    key: str


@dataclass(frozen=True, slots=True)
class Spoke:
    """Sound that came in while recording; `wav` None is a practice tone of that length."""

    seconds: float
    wav: bytes | None


@dataclass(frozen=True, slots=True)
class Uttered:
    """Words that a Gather with speech understood."""

    words: str
    confidence: float


@dataclass(frozen=True, slots=True)
class PickedUp:
    """The ringing phone was picked up."""


@dataclass(frozen=True, slots=True)
class Declined:
    """The ringing phone was not picked up: busy, no-answer or failed."""

    status: str


@dataclass(frozen=True, slots=True)
class Answered:
    """A leg that we ring was picked up; its whisper may run first."""

    leg: Leg


@dataclass(frozen=True, slots=True)
class Joined:
    """The other leg is ready to talk over this bridge."""

    leg: Leg
    bridge: Bridge


@dataclass(frozen=True, slots=True)
class Ended:
    """A leg that we rang is over without having been joined."""

    leg: Leg
    status: str


@dataclass(frozen=True, slots=True)
class CallerWaiting:
    """A caller has lined up in the queue that we wait at."""


Event = Started | Finished | Pressed | Spoke | Uttered | PickedUp | Declined | Answered | Joined | Ended | CallerWaiting

Result = TypeVar("Result")
Steps = Generator[Cue, Event, Result]


class HungUp(Exception):  # noqa: N818
    """The call ends now; raised by the party, by REST, or by <Hangup>."""

    def __init__(self, status: str = "") -> None:
        super().__init__(status)
        self.status = status


class Moved(Exception):  # noqa: N818
    """REST sends the call to another document."""

    def __init__(self, goal: Goal) -> None:
        super().__init__(goal)
        self.goal = goal


class LeftQueue(Exception):  # noqa: N818
    """<Leave>: out of the queue, on with the document that enqueued."""


class TakenFromQueue(Exception):  # noqa: N818
    """Somebody takes the waiting caller out of the queue, to talk over `bridge`."""

    def __init__(self, bridge: Bridge, whisper: Request | None) -> None:
        super().__init__(bridge)
        self.bridge = bridge
        self.whisper = whisper


class Parted(Exception):  # noqa: N818
    """The other side of the bridge is gone."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__(bridge)
        self.bridge = bridge


class Stirred(Exception):  # noqa: N818
    """Something changed in the conference that the leg is in: it looks again at what it should hear."""

    def __init__(self, room: object) -> None:
        super().__init__(room)
        self.room = room


Signal = HungUp | Moved | TakenFromQueue | Parted | Stirred
