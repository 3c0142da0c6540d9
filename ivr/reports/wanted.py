"""Which calls are looked for."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

EQUAL: Final = ("caller_hash", "matter", "queue", "outcome", "code", "language", "version")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which calls: each field that is given narrows it down.

    `caller` is a whole number in E.164, `caller_hash` as it is kept, `last4` its end; `number` is what was keyed,
    `text` words of notes; `seconds` and `waited` are least seconds.
    """

    since: datetime | None = None
    until: datetime | None = None
    caller: str = ""
    caller_hash: str = ""
    last4: str = ""
    number: str = ""
    agent: str = ""
    text: str = ""
    matter: str = ""
    queue: str = ""
    outcome: str = ""
    code: str = ""
    language: str = ""
    version: int | None = None
    seconds: int | None = None
    waited: int | None = None
