"""One of two states of the menus that are compared, and what is told of the difference."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from ivr.editor import marks
from ivr.editor.change import parsed
from ivr.editor.forms import forms, title
from ivr.editor.state import called, languages, nearest, spoken, ways

SHORT: Final = 24  # Letters of what a node says, where nothing shorter names it.


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference in words, at a place of the menus ("" for a whole file), and the files whose text it explains."""

    place: str
    words: str
    files: tuple[str, ...]


@dataclass(frozen=True)
class Side:
    """The menus before or after; `reader` is zh or en."""

    files: Mapping[str, str]
    reader: str

    @cached_property
    def data(self) -> dict[str, dict[str, Any]]:
        """The data of every file that can be read."""
        found = {name: parsed(name, text) for name, text in self.files.items()}
        return {name: text.data for name, (text, problems) in found.items() if not problems}

    @cached_property
    def places(self) -> dict[str, tuple[str, str]]:
        """The file and name of every node."""
        return marks.nodes(self.data)

    @cached_property
    def tags(self) -> list[str]:
        """The languages."""
        return languages(self.data)

    @cached_property
    def names(self) -> dict[str, str]:
        """What nodes are called, in the reader's language."""
        said, tag = spoken(self.data, self.tags), nearest(self.tags, self.reader)
        return called(self.data, said, list(ways(self.data)), tag)

    def node(self, place: str) -> dict[str, Any]:
        """Return what is written of a node."""
        file, name = self.places[place]
        node: dict[str, Any] = self.data[file][name]
        return node

    def target(self, file: str, name: str) -> str:
        """Return where a name leads."""
        return marks.target(self.places, file, name)

    def name(self, place: str) -> str:
        """Return how a node is called and where it is: 提现失败 (withdrawal.start)."""
        named = self.names.get(place, place)
        return place if named == place else f"{shorten(named, SHORT)} ({place})"

    def kind(self, place: str) -> str:
        """Return what kind of node this is."""
        kind = self.node(place).get("kind")
        told = forms().get(kind) if isinstance(kind, str) else None
        return str(told["title"][self.reader] if told else kind)

    def tongue(self, tag: str) -> str:
        """Return what the reader calls a language."""
        words = spoken(self.data, self.tags).get(f"hotline.tongues.{tag}", {})
        return str(next((one for name, one in words.items() if name.startswith(self.reader) and one), tag))

    def title(self, field: str, place: str = "") -> str:
        """Return what the reader calls a field, of the node at a place."""
        kind = self.node(place).get("kind") if place in self.places else ""
        return title(field, kind if isinstance(kind, str) else "")[self.reader]


def shorten(words: str, most: int) -> str:
    """Return so many letters of words at most."""
    return words if len(words) <= most else f"{words[: most - 1]}…"


def shown(value: Any) -> str:
    """Return a value as the menus have it, in one line."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
