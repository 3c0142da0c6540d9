"""What a call came to, made of how it stands, where it stood in line, and how it was wrapped up."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

NUMBER: Final = re.compile(r"[0-9]{5,}")


@dataclass(frozen=True, slots=True)
class Stay:
    """Once in line: from joining to an agent or to leaving, and with which agent until when.

    `answered_at` is None for whom nobody talked with; `code` and `note` are of that agent's wrap-up.
    """

    joined_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    agent: str
    code: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Sums:
    """What a call's stays come to: seconds waited and talked, the last agent and the last wrap-up code."""

    waited: int
    talked: int
    agent: str
    code: str


def sums(stays: Sequence[Stay], ended_at: datetime) -> Sums:
    """Return what these stays, in order, come to in a call that ended then."""
    waited = sum((one.answered_at or one.ended_at or ended_at).timestamp() - one.joined_at.timestamp() for one in stays)
    talked = sum(
        (one.ended_at or ended_at).timestamp() - one.answered_at.timestamp() for one in stays if one.answered_at
    )
    served = [one for one in stays if one.answered_at]
    codes = [one.code for one in stays if one.code]
    return Sums(round(waited), round(talked), served[-1].agent if served else "", codes[-1] if codes else "")


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
