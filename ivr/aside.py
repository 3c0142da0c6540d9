"""Settings of what is done beside the calls: who does the jobs, where recordings are kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

DOERS: Final = ("inside", "apart")


class SettingsError(ValueError):
    """A setting is wrong; its text says which and what to do."""


@dataclass(frozen=True, slots=True)
class Aside:
    """Who does the jobs: each server (`inside`), or only the processes of `flask jobs` (`apart`)."""

    jobs: str = "inside"


def aside(given: Mapping[str, str]) -> Aside:
    """Return these settings; raise SettingsError naming the one that is wrong."""
    return Aside(jobs=_doer(given.get("JOBS", DOERS[0])))


def _doer(text: str) -> str:
    if text not in DOERS:
        raise SettingsError(f"JOBS is {text!r}: give inside, or apart where `flask --app app jobs` runs beside")
    return text
