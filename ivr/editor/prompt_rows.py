"""All prompts of a draft as the page lists them: by matter, in all languages side by side."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

from ivr.flow.flow import Flow
from ivr.flow.load import load
from ivr.flow.names import matter_name
from ivr.flow.problem import Problem
from ivr.flow.spoken import MENDED, Line, lines

# Which states each filter shows.
FILTERS: Final[Mapping[str, tuple[str, ...]]] = {
    "all": (),
    "missing": ("voice",),
    "outdated": MENDED,
    "recorded": ("recorded",),
    "never": ("gap", "key"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A prompt in each of its languages."""

    place: str
    cells: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The prompts of a file; `name` is what its matter is called, or the file. "" are those that are in none any more.

    `missing` says how many wait for a person, in any language.
    """

    file: str
    name: str
    rows: tuple[Row, ...]
    missing: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How many of the prompts that a person can speak are spoken, in one language."""

    language: str
    done: int
    all: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that can be said of a draft's prompts."""

    flow: Flow
    lines: tuple[Line, ...]

    def line(self, name: str) -> Line | None:
        """Return the prompt called `language/place`."""
        return next((line for line in self.lines if line.name == name), None)

    def counts(self) -> dict[str, int]:
        """Return how many prompts each filter shows."""
        return {one: sum(_shown(line, states) for line in self.lines) for one, states in FILTERS.items()}

    def progress(self) -> list[Progress]:
        """Return how far each language is."""
        told = []
        for language in self.flow.words:
            states = [line.state for line in self.lines if line.language == language]
            able = sum(states.count(one) for one in ("voice", "recorded", "outdated", "lost"))
            told.append(Progress(language, states.count("recorded"), able))
        return told

    def groups(self, which: str, reader: str) -> list[Group]:
        """Return what a filter shows, each prompt with its other languages; names are in the reader's language."""
        states, made = FILTERS[which], []
        for file, found in groupby(self.lines, key=_file):
            rows = tuple(row for row in _rows(found) if any(_shown(line, states) for line in row.cells))
            missing = sum(line.state in ("voice", "outdated", "lost") for row in rows for line in row.cells)
            if rows:
                made.append(Group(file, matter_name(self.flow, reader, file), rows, missing))
        return made


def sheet(files: Mapping[str, str], recorded: frozenset[str]) -> tuple[Sheet | None, list[Problem]]:
    """Return a draft's prompts, or every problem for which they cannot be told; a sound that is gone is none here."""
    flow, problems = load(files)
    if flow is None:
        return None, problems
    flow = replace(flow, recorded=recorded)
    return Sheet(flow, tuple(lines(flow))), []


def _file(line: Line) -> str:
    return "" if line.state == "orphan" else line.place.partition(".")[0]


def _shown(line: Line, states: tuple[str, ...]) -> bool:
    return not states or line.state in states


def _rows(found: Iterable[Line]) -> Iterable[Row]:
    for place, cells in groupby(found, key=lambda line: line.place):
        yield Row(place, tuple(cells))
