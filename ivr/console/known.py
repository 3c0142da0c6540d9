"""What a caller has proven and what the wallet was asked and answered, as the journal of a call tells it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Literal

from ivr.flow.events import Event, Heard, Learned, Texted, Waiting
from ivr.flow.flow import Flow
from ivr.flow.identity import BARRED, PROVEN, PROVING, TRIES, WHO, ways
from ivr.flow.inputs import Found, NotFound
from ivr.flow.nodes.mark import MARK
from ivr.flow.nodes.verify import MOST
from ivr.flow.questions import LIMITED, Facts, outcome
from ivr.flow.waits import Lookup

PROVES: Final = ("check_pin", "check_code", "send_code")
TOLD: Final = ("right", "wrong", "sent")  # What the proof itself says.
SOUGHT: Final = (WHO, PROVING, TRIES)
By = Literal["pin", "code", "none", "tries", "limited"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question to the wallet: what it was about, and the answer ("" while there is none) with its facts."""

    question: str
    about: Mapping[str, str]
    answer: str = ""
    facts: Facts = field(default_factory=dict)
    at: datetime | None = None

    @property
    def proves(self) -> bool:
        """Whether it says no more than what the proof says."""
        return self.question in PROVES and self.answer in TOLD


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether the caller proved who they are: by `pin` or `code`, or not, and why; how often they were wrong."""

    by: By
    wrong: int

    @property
    def proven(self) -> bool:
        """Whether they did."""
        return self.by in ("pin", "code")

    @property
    def refused(self) -> bool:
        """Whether they tried in vain, until they were told to stop."""
        return self.by in ("tries", "limited")


def asked(events: Iterable[Event]) -> Iterator[Asked]:
    """Yield each question to the wallet with its answer, in order; at last one that nobody has answered yet.

    What came too late for the call to go on by it is an answer of its own.
    """
    open: Asked | None = None
    known: dict[str, Asked] = {}
    for event in events:
        match event:
            case Waiting(Lookup(question, about)):
                if open:
                    yield open
                open = known[question] = Asked(question, {name: str(value) for name, value in about})
            case Heard(Found(facts, answer, late), at) if late and not (open and open.question == late):
                yield replace(known.get(late, Asked(late, {})), answer=answer, facts=facts, at=at)
            case Heard(Found() | NotFound() as heard, at) if open:
                answer, facts = outcome(heard)
                yield replace(open, answer=answer, facts=facts, at=at)
                open = None
    if open:
        yield open


def proof(flow: Flow, events: Iterable[Event]) -> Proof | None:
    """Return whether the caller proved who they are; None where neither the menus nor the call know of a wallet."""
    happened = tuple(events)
    learned = {event.name: event.value for event in happened if isinstance(event, Learned)}
    if flow.hotline.wallet is None and not learned.keys() & {PROVEN, *SOUGHT}:
        return None
    return Proof(_by(learned, happened), int(learned.get(TRIES) or "0"))


def marks(events: Iterable[Event]) -> tuple[str, ...]:
    """Return the places of the words with which the menus marked the call, each once."""
    found = (event.value for event in events if isinstance(event, Learned) and event.name == MARK and event.value)
    return tuple(dict.fromkeys(found))


def texts(events: Iterable[Event]) -> tuple[Texted, ...]:
    """Return the SMS that the caller was sent."""
    return tuple(event for event in events if isinstance(event, Texted))


def _by(learned: Mapping[str, str], events: tuple[Event, ...]) -> By:
    match learned.get(PROVEN):
        case "pin" | "code" as by:
            return by
    if int(learned.get(TRIES) or "0") >= MOST:
        return "tries"
    if BARRED in learned:
        return "none" if ways(learned) else "limited"
    # Calls of before one way led to the other: the first limit refused.
    limited = any(one.question in PROVES and one.answer == LIMITED for one in asked(events))
    return "limited" if limited else "none"
