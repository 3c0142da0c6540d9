"""What a call came to, made of how it stands, where it stood in line, and how it was wrapped up."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final
from zoneinfo import ZoneInfo

from ivr.flow.events import Entered, Event, Heard, Missed, Said, Waiting
from ivr.flow.inputs import Transferred
from ivr.flow.waits import Agent

NUMBER: Final = re.compile(r"[0-9]{5,}")
NOTICE: Final = "hotline.phrases.recorded"
STEP: Final = ">"
STEPS: Final = 100  # Who goes round and round is told so far.
HALF: Final = timedelta(minutes=30)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Stay:
    """Once in line, on the phone, to be rung back or to be heard: from joining to an agent or to leaving.

    `answered_at` is None for whom nobody talked with; `code`, `note` and `wrapped_at` are of that agent's wrap-up.
    `promised` is the first range told: when, and from and to how many minutes.
    """

    line: str
    kind: str
    queue: str
    language: str
    matter: str
    joined_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    agent: str
    code: str = ""
    note: str = ""
    wrapped_at: datetime | None = None
    missed: int = 0
    promised: tuple[datetime, int, int] | None = None


@dataclass(frozen=True, slots=True)
class Sums:
    """What a call's stays on the phone come to: how many, seconds waited and talked, last agent, last wrap-up code."""

    stays: int
    waited: int
    talked: int
    agent: str
    code: str


@dataclass(frozen=True, slots=True)
class Way:
    """The way through the menus: places in order, silences, keys that led nowhere, and the notice that was told."""

    path: str
    silences: int
    wrongs: int
    notice: str


def sums(stays: Sequence[Stay], ended_at: datetime) -> Sums:
    """Return what these stays, in order, come to in a call that ended then."""
    phoned = [one for one in stays if one.kind == "call"]
    served = [one for one in phoned if one.answered_at]
    codes = [one.code for one in phoned if one.code]
    waited = sum(seconds(one.joined_at, one.answered_at or one.ended_at or ended_at) for one in phoned)
    talked = sum(seconds(one.answered_at, one.ended_at or ended_at) for one in served)
    agent = served[-1].agent if served else ""
    return Sums(len(phoned), round(waited), round(talked), agent, codes[-1] if codes else "")


def seconds(since: datetime | None, until: datetime | None) -> float:
    """Return the seconds from one moment to another; none where either is unknown, or they are the wrong way round."""
    return max(0.0, (until - since).total_seconds()) if since and until else 0.0


def way(events: Sequence[Event]) -> Way:
    """Return the way that these events took; a place to which the call came again and again at once stands once."""
    places, missed = list[str](), list[str]()
    for event in events:
        if isinstance(event, Entered) and event.node != (places[-1] if places else ""):
            places.append(event.node)
        elif isinstance(event, Missed):
            missed.append(event.why)
    return Way(STEP.join(places[:STEPS]), missed.count("silence"), missed.count("wrong"), notice(events))


def notice(events: Iterable[Event]) -> str:
    """Return which notice of recording a caller was told: its language, and the version of its words; "" for none.

    The version is made from the words, so that the same words have the same one, whatever else the menus say.
    """
    said = [one for one in events if isinstance(one, Said) and one.place == NOTICE]
    told = (f"{one.language} {sha256(one.words.encode()).hexdigest()[:8]}" for one in said)
    return ", ".join(dict.fromkeys(told))


def sent_on(events: Iterable[Event]) -> Iterator[int]:
    """Yield the turns at which a caller was queued whom the agent of that stay sent on, to wherever."""
    queued = 0
    for event in events:
        match event:
            case Waiting(Agent(), turn):
                queued = turn
            case Heard(Transferred()):
                yield queued


def result(stay: Stay, ended_at: datetime, outcome: str, last: bool) -> str:
    """Return how a stay came out, of a call that ended then with this outcome; `last` is its last on the phone."""
    if stay.answered_at:
        return "answered"
    if not last or stay.kind != "call":
        return "away"
    if outcome == "hung-up":
        # Who only left the line, and hung up later in the menus, did not hang up waiting.
        return "abandoned" if (stay.ended_at or ended_at) >= ended_at else "away"
    return outcome if outcome in ("message", "callback") else "away"


def promise(stay: Stay) -> str:
    """Return whether the first range told was kept: answered within it, early or late; "" where there is no telling."""
    if not stay.answered_at or not stay.promised:
        return ""
    at, low, high = stay.promised
    minutes = seconds(at, stay.answered_at) / 60
    return "early" if minutes < low else "late" if minutes > high else "kept"


def half(at: datetime, zone: ZoneInfo) -> datetime:
    """Return when the half-hour of a moment began by the clock of this zone, in UTC."""
    shift = at.astimezone(zone).utcoffset() or timedelta()
    return at - (at - EPOCH + shift) % HALF


def signs(known: Mapping[str, str], stays: Sequence[Stay]) -> Iterator[str]:
    """Yield by what else a call is found, where it can have many: agents, numbers keyed, words noted."""
    yield from (f"agent:{one.agent}" for one in stays if one.agent and one.answered_at)
    yield from (f"number:{value}" for value in known.values() if NUMBER.fullmatch(value))
    yield from (f"word:{word}" for one in stays for word in words(one.note))


def words(text: str) -> set[str]:
    """Return what a text is found by: its words in small letters, and each two neighbours of Chinese writing."""
    found = set(re.findall(r"[^\W_\u3400-\u9fff]+", text.lower()))
    for run in re.findall(r"[\u3400-\u9fff]+", text):
        found |= {run[at : at + 2] for at in range(len(run) - 1)} or {run}
    return found
