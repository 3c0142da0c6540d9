"""Which days the law makes holidays and which weekend days it makes workdays."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from importlib.util import find_spec, module_from_spec
from typing import Literal

from holidays import HolidayBase, country_holidays

from ivr.flow.hours.notation import Names
from ivr.flow.speech import languages

Kind = Literal["holiday", "workday", "week"]
_NIGHT = timedelta(days=1)

# To know one country the library imports the package of all 250, which takes 9 MB; as an empty shell it gives just one.
if (_package := find_spec("holidays.countries")) and _package.name not in sys.modules:
    sys.modules[_package.name] = module_from_spec(_package)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The public holidays of a country, or none; what operations entered for a year replaces the library's."""

    country: str | None = None
    years: frozenset[int] = frozenset()
    holidays: Mapping[date, Names] = field(default_factory=dict)
    workdays: frozenset[date] = frozenset()

    def kind(self, day: date) -> tuple[Kind, Names]:
        """What kind of day it is, and a holiday's names."""
        if day in self.holidays:
            return "holiday", self.holidays[day]
        if day in self.workdays:
            return "workday", {}
        if self.country is None or day.year in self.years:
            return "week", {}
        return _by_law(self.country, day.year).get(day, ("week", {}))

    def known(self, year: int) -> bool:
        """Whether the year's holidays are decreed, not guessed."""
        return self.country is None or year in self.years or year <= _last_decreed(self.country)


def country(value: object) -> str:
    """A country whose holidays the `holidays` library knows, such as "CN"; ValueError in plain words."""
    code = str(value).strip().upper()
    try:
        country_holidays(code)
    except NotImplementedError:
        words = f"“{value}” is no country whose holidays are known; write two letters, for example CN"
        raise ValueError(words) from None
    return code


@lru_cache(maxsize=16)
def _last_decreed(country: str) -> int:
    """The last year whose holidays are certain.

    Where the government moves workdays to weekends by a notice each year, the library keeps a table of each notice
    and silently guesses the years after the last; elsewhere the law's rules hold for any year.
    """
    official = country_holidays(country)
    if not _is_decreed(official):
        return date.max.year
    notices: set[int] = set(official.special_public_holidays)
    return max(notices.union(getattr(official, "special_public_holidays_observed", ())))


@lru_cache(maxsize=64)
def _by_law(country: str, year: int) -> dict[date, tuple[Kind, Names]]:
    """The holidays and weekend workdays of a year, from the `holidays` library.

    The neighbouring years are read too: a holiday may reach over the end of the year.
    """
    years = (year - 1, year, year + 1)
    official = country_holidays(country, years=years)
    workdays: set[date] = official.weekend_workdays
    off = _stretches(set(official), workdays) if _is_decreed(official) else set(official)
    spoken = [language for language in languages() if language.replace("-", "_") in official.supported_languages]
    named = {language: _named(country, years, language.replace("-", "_")) for language in spoken}
    return {
        **{day: ("holiday", {language: _nearest(day, named[language]) for language in spoken}) for day in off},
        **{day: ("workday", {}) for day in workdays},
    }


def _is_decreed(official: HolidayBase) -> bool:
    return hasattr(official, "substituted_label") and hasattr(official, "special_public_holidays")


def _stretches(holidays: set[date], workdays: set[date]) -> set[date]:
    """The holidays with the weekends that touch them, which a notice decrees too and the library leaves out."""

    def touching(day: date, step: timedelta) -> list[date]:
        found = []
        while (day := day + step) not in workdays and (day in holidays or day.weekday() >= 5):
            found.append(day)
        return found

    return holidays.union(*(touching(day, step) for day in holidays for step in (_NIGHT, -_NIGHT)))


def _named(country: str, years: tuple[int, ...], locale: str) -> dict[date, str]:
    """The days that have a name of their own, without the library's remarks such as "(observed)" and "（补假）"."""
    official = country_holidays(country, years=years, language=locale)
    moved = official.tr(getattr(official, "substituted_label", "\0")).partition("%")[0]
    return {
        day: name.split("; ")[0].partition("（")[0].partition(" (")[0]
        for day, name in official.items()
        if not name.startswith(moved)
    }


def _nearest(day: date, named: dict[date, str]) -> str:
    return named[min(named, key=lambda other: (abs(other - day), other))]
