"""What the carrier says to a text that it is to send, in words of ours."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """The carrier has it, under this id; `failed` is why it cannot be delivered, where that is known."""

    sid: str
    failed: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """The carrier will never take it, and why."""

    why: str


@dataclass(frozen=True, slots=True)
class Later:
    """The carrier did not take it, but may after so many seconds; None where it does not say."""

    why: str
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Unsure:
    """Nobody knows whether the carrier has it."""

    why: str
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Gone:
    """A text that the carrier has: its id, its words, when it took it, and why it could not be delivered, if so."""

    sid: str
    words: str = field(repr=False)
    at: datetime
    failed: str = ""
