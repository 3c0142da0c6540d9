"""Reads attributes of one element: defaults and limits, and a report for each thing amiss."""

import re
from collections.abc import Callable
from xml.etree import ElementTree  # nosec B405

from ivr.carrier import schema

Element = ElementTree.Element
Report = Callable[[str, int, str], None]


class Reader:
    """Reads attributes and reports what is amiss."""

    def __init__(self, report: Report) -> None:
        self._report = report

    def warn(self, code: int, text: str) -> None:
        """A warning: the thing is ignored."""
        self._report("warning", code, text)

    def fail(self, code: int, text: str) -> None:
        """An error that does not spoil the rest."""
        self._report("error", code, text)

    def check_shape(self, element: Element) -> None:
        """Warn (12200) of attributes that the element does not have and of text where none belongs."""
        known = schema.ATTRIBUTES.get(element.tag, frozenset())
        for name in element.attrib:
            if name not in known:
                self.warn(12200, f"<{element.tag}> has no attribute {name}")
        if element.tag not in schema.TEXT and "".join([element.text or "", *(c.tail or "" for c in element)]).strip():
            self.warn(12200, f"text inside <{element.tag}> is ignored")

    def children(self, element: Element, code: int = 12200) -> list[Element]:
        """The children that may stand here; a warning for each other one."""
        allowed = schema.CHILDREN.get(element.tag, frozenset())
        for child in element:
            if child.tag not in allowed:
                self.warn(code, f"<{child.tag}> cannot stand inside <{element.tag}>")
        return [child for child in element if child.tag in allowed]

    def whole(self, element: Element, name: str, default: int, code: int, least: int = 1, most: int = 10**9) -> int:
        """A whole number between `least` and `most`; else a warning and the default."""
        text = element.get(name)
        if text is None:
            return default
        if re.fullmatch(r"\d{1,9}", text) and least <= int(text) <= most:
            return int(text)
        self.warn(code, f'<{element.tag} {name}="{text}"> is no whole number from {least}')
        return default

    def choice(self, element: Element, name: str, default: str, code: int, among: tuple[str, ...]) -> str:
        """One of the words in `among`; else a warning and the default."""
        text = element.get(name, default)
        if text in among:
            return text
        self.warn(code, f'<{element.tag} {name}="{text}"> is not one of {", ".join(among)}')
        return default

    def flag(self, element: Element, name: str, default: bool, code: int = 12200) -> bool:
        """true or false; else a warning and the default."""
        return self.choice(element, name, str(default).lower(), code, ("true", "false")) == "true"

    def method(self, element: Element, code: int, name: str = "method", default: str = "POST") -> str:
        """GET or POST; else a warning and the default."""
        return self.choice(element, name, default, code, ("POST", "GET"))

    def words(self, element: Element, name: str, default: str, code: int, among: tuple[str, ...]) -> tuple[str, ...]:
        """Words with spaces between; a warning for each unknown one."""
        words = element.get(name, default).split()
        for word in words:
            if word not in among:
                self.warn(code, f'<{element.tag} {name}>: "{word}" is not one of {", ".join(among)}')
        return tuple(word for word in words if word in among)

    def text(self, element: Element) -> str:
        """The element's own text without the spaces around it."""
        return (element.text or "").strip()
