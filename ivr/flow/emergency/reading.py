"""Reading `emergency.yaml`: what was declared, or every trouble in it at once."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import combinations, islice
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from ivr.flow.emergency.declared import KINDS, Declared, Kind, way
from ivr.flow.hours import notation
from ivr.flow.hours.notation import Names, Trouble
from ivr.flow.hours.page import Page, Path

LONGEST: Final = timedelta(days=7)
MOST: Final = 500  # Characters that the carrier speaks at once.
NUMBER: Final = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
EVER: Final = datetime(1, 1, 1, tzinfo=UTC)
TERM: Final = ("from", "until", "by")
FIELDS: Final[Mapping[Kind, tuple[str, ...]]] = {
    "announce": ("words", *TERM),
    "close": ("queues", "why", *TERM),
    "divert": ("queues", "to", *TERM),
}
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class House:
    """What emergencies are about: the hotline's zone, number, languages and queues, and how numbers outside begin."""

    zone: ZoneInfo
    number: str
    languages: tuple[str, ...]
    queues: tuple[str, ...]
    prefixes: tuple[str, ...]


def read(data: Mapping[str, object], house: House) -> tuple[tuple[Declared, ...], list[Trouble]]:
    """Return what the file declares, and every trouble in it; with troubles, what is returned is not to be used.

    `data` is the file as plain mappings, lists and texts.
    """
    page = Page()
    fields = page.fields((), data, (), KINDS)
    entries = [
        _Entry(page, path, page.fields(path, value, FIELDS[kind], ()), house).declared(kind, number)
        for kind in KINDS
        for number, (path, value) in enumerate(page.listing((kind,), fields.get(kind)))
    ]
    _contradictions(page, tuple(entries))
    return tuple(entries), page.troubles


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry while it is read."""

    page: Page
    path: Path
    fields: Mapping[str, object]
    house: House

    def declared(self, kind: Kind, number: int) -> Declared:
        """Return what it declares, as far as it is understood."""
        start, end = self._moment("from"), self._moment("until")
        if start and end and not start < end <= start + LONGEST:
            span = f"must be later than “from”, by {LONGEST.days} days at most"
            self._trouble("until", f"“until” {end.astimezone(self.house.zone):%Y-%m-%d %H:%M} {span}")
        words = self._take("words" if kind == "announce" else "why", self._words) or {}
        queues = tuple(self._queues())
        to = self._take("to", lambda value: self._to(value, queues)) or ""
        by = self._take("by", _name) or ""
        return Declared(kind, number, start or EVER, end or EVER, by, words, queues, to)

    def _take(self, name: str, parse: Callable[[object], T]) -> T | None:
        return self.page.take((*self.path, name), parse, self.fields[name]) if name in self.fields else None

    def _trouble(self, name: str, words: str) -> None:
        self.page.trouble((*self.path, name), words)

    def _moment(self, name: str) -> datetime | None:
        wall = self._take(name, notation.moment)
        return wall.replace(tzinfo=self.house.zone).astimezone(UTC) if wall else None

    def _words(self, value: object) -> Names:
        words = notation.names(value)
        if missing := [language for language in self.house.languages if language not in words]:
            raise ValueError(f"the words in {', '.join(missing)} are missing: every caller is to understand them")
        if strange := [language for language in words if language not in self.house.languages]:
            raise ValueError(f"{', '.join(strange)}: not a language of the hotline")
        if any(len(text) > MOST for text in words.values()):
            raise ValueError(f"these words have more characters than the carrier speaks at once ({MOST})")
        if any(mark in text for text in words.values() for mark in "{}"):
            raise ValueError("nothing can be filled in here: leave out { and }")
        return words

    def _queues(self) -> Iterator[str]:
        if "queues" not in self.fields:
            return
        path = (*self.path, "queues")
        named = list(self.page.listing(path, self.fields["queues"]))
        if not named and self.fields["queues"] in (None, []):
            self.page.trouble(path, f"no queue is named; the queues are {', '.join(self.house.queues)}")
        for where, name in named:
            if name in self.house.queues:
                yield str(name)
            else:
                known = ", ".join(self.house.queues)
                self.page.trouble(where, f"there is no queue “{name}”; the queues are {known}")

    def _to(self, value: object, queues: tuple[str, ...]) -> str:
        to, house = _name(value), self.house
        if to.startswith("+"):
            if not NUMBER.fullmatch(to) or not to.startswith(house.prefixes) or to == house.number:
                begin = ", ".join(house.prefixes)
                raise ValueError(f"“{to}” cannot be rung: write another's whole number, which begins with {begin}")
        elif to not in house.queues:
            known = ", ".join(house.queues)
            raise ValueError(f"there is no queue “{to}”: write one of {known}, or a number that begins with +")
        elif to in queues:
            raise ValueError(f"“{to}” would lead to itself")
        return to


def _name(value: object) -> str:
    if isinstance(value, str) and value.strip():
        return value.strip()
    raise ValueError("nothing is written here")


def _contradictions(page: Page, declared: tuple[Declared, ...]) -> None:
    """Tell of queues that are diverted twice at a moment, or round."""
    diversions = [one for one in declared if one.kind == "divert"]
    for one, other in combinations(diversions, 2):
        both = sorted({*one.queues} & {*other.queues})
        if both and max(one.start, other.start) < min(one.end, other.end):
            page.trouble(("divert", other.number, "queues"), f"{', '.join(both)} is already diverted at that time")
    for one in diversions:
        # What counts together does so from the beginning of one of them on, and none is passed twice but in a round.
        starts = [other.start for other in diversions if one.on(other.start)]
        ways = (islice(way(diversions, one.to, at), len(diversions)) for at in starts)
        if any(to in one.queues for steps in ways for to in steps):
            page.trouble(("divert", one.number, "to"), f"“{one.to}” leads back here by the other diversions")
