"""Numbers, amounts, dates, digit strings and keys as words to be spoken, one module a language in this folder."""

from collections.abc import Sequence
from datetime import date, datetime, time
from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol, cast

Day = date
Span = tuple[time, time]


class Voice(Protocol):
    """What every language module can say; all are pure, and none writes another language's script."""

    def digits(self, text: str) -> str:
        """A number that identifies, digit by digit in groups of three and four; letters stay, the rest is dropped."""

    def address(self, text: str) -> str:
        """An e-mail address in lower case, so that it can be written down."""

    def number(self, n: int) -> str:
        """A cardinal number as it stands alone."""

    def counted(self, n: int) -> str:
        """A cardinal number as it stands before what is counted."""

    def ordinal(self, n: int) -> str:
        """A place in a row, the first as 1; not for negative numbers."""

    def amount(self, fen: int) -> str:
        """Money in fen, a hundredth of a yuan."""

    def minutes(self, low: int, high: int) -> str:
        """A range of waiting time in minutes, or about how long when both are equal."""

    def date(self, d: date) -> str:
        """Month and day."""

    def time(self, t: time) -> str:
        """Time of day to the minute."""

    def weekdays(self, first: int, last: int) -> str:
        """A weekday, Monday as 0, or those from one to another."""

    def days(self, first: Day, last: Day) -> str:
        """A day, or those from one to another."""

    def hours(self, spans: Sequence[Span]) -> str:
        """When something is open on a day: from and to, midnight to midnight for all of it."""

    def moment(self, then: datetime, now: datetime) -> str:
        """A moment as seen from now, in now's zone: today, tomorrow, a weekday soon, else the date, and the time."""

    def stamp(self, then: datetime) -> str:
        """A moment in writing, that is still right when it is read later: month, day and time to the minute."""

    def key(self, k: str) -> str:
        """What a key of the telephone, one of 0123456789*#, is called; ValueError for another."""

    def press(self, matter: str, *keys: str) -> str:
        """The invitation to press a key, or some one after the other, named after the matter."""


@lru_cache(maxsize=1)
def languages() -> tuple[str, ...]:
    """The languages that can be spoken, such as "en-US", in alphabetical order."""
    names = (module.name for module in iter_modules(__path__) if not module.name.startswith("_"))
    return tuple(sorted(name.replace("_", "-") for name in names))


@lru_cache(maxsize=32)
def voice_of(language: str) -> Voice:
    """The module that speaks a language such as "zh-CN"; ValueError naming the languages there are for another."""
    if language not in languages():
        raise ValueError(f"no speech for the language {language!r}; there is {', '.join(languages())}")
    return cast("Voice", import_module(f"{__name__}.{language.replace('-', '_')}"))
