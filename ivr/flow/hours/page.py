"""A page of operations' YAML while it is read: what is asked of it, and every trouble found so far."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from ivr.flow.hours import notation
from ivr.flow.hours.notation import Trouble

Path = tuple[str | int, ...]
Fields = tuple[str, ...]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page:
    """What is read so far; nothing here raises, so that all troubles are found at once."""

    troubles: list[Trouble] = field(default_factory=list)

    def trouble(self, path: Path, words: str) -> None:
        """Note a trouble."""
        self.troubles.append(Trouble(path, words))

    def take(self, path: Path, parse: Callable[[object], T], value: object) -> T | None:
        """What the value means, or None and a trouble in the words of the ValueError."""
        try:
            return parse(value)
        except ValueError as problem:
            self.trouble(path, str(problem))
            return None

    def items(self, path: Path, value: object) -> Iterator[tuple[str, object]]:
        """The pairs of a mapping, keys as text; a section left empty has none."""
        if isinstance(value, Mapping):
            yield from ((str(key), item) for key, item in value.items())
        elif value is not None:
            self.trouble(path, f"“{value}” must be `name: value`, one a line")

    def fields(self, path: Path, value: object, needed: Fields, optional: Fields) -> dict[str, object]:
        """The fields of an entry; a trouble for each that is missing or not known."""
        found, known = dict(self.items(path, value)), (*needed, *optional)
        for name in needed:
            if name not in found and (value is None or isinstance(value, Mapping)):
                self.trouble(path, f"“{name}” is missing")
        for name in found:
            if name not in known:
                self.trouble((*path, name), f"“{name}” is no field here; the fields are {', '.join(known)}")
        return found

    def listing(self, path: Path, value: object) -> Iterator[tuple[Path, object]]:
        """The entries of a list, each with its path; a list left empty has none."""
        for number, entry in self.take(path, notation.listing, value) or () if value is not None else ():
            yield (*path, number), entry
