"""What an import could not carry, each with its place in the flow and what to do about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, order=True)
class NotCarried:
    """One thing that the menus have not, in plain words: of a widget of the flow, or (`file`) of the house's menus."""

    file: str
    line: int
    words: str
    widget: str = ""

    def __str__(self) -> str:
        return ": ".join(filter(None, (str(self.line), self.widget, self.words)))


@dataclass(frozen=True)
class Notes:
    """What was noted so far, each thing once; `lines` are those of the widgets."""

    lines: Mapping[str, int]
    found: set[NotCarried] = field(default_factory=set)

    def add(self, widget: str, words: str) -> None:
        """Note what could not be carried of a widget."""
        self.found.add(NotCarried("", self.lines[widget], words, widget))

    def __contains__(self, widget: str) -> bool:
        return any(one.widget == widget for one in self.found)
