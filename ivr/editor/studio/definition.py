"""A flow of Twilio Studio as its JSON says it: widgets by name, each with the line on which it begins."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import from_json

BETWEEN: Final = re.compile(r"[\s,:]*")
EXPORT: Final = "in Studio open the trigger's settings, choose “Show flow JSON”, and save all of it"
# Numbers stay text, as one with very many digits would be refused; only places matter here.
DECODER: Final = json.JSONDecoder(strict=False, parse_int=str, parse_float=str)


class NoFlowError(ValueError):
    """The text is no flow that could be read; the words say why, and what to do."""


class Part(BaseModel):
    """A part of the definition: what we do not know in it is passed over."""

    model_config = ConfigDict(frozen=True, coerce_numbers_to_str=True)


def _listed(value: object) -> object:
    return () if value is None else value


class Condition(Part):
    """What is compared, and with what."""

    type: str = ""
    value: str | None = None


class Transition(Part):
    """What happened, and which widget comes next."""

    event: str
    next: str | None = None
    conditions: Annotated[tuple[Condition, ...], BeforeValidator(_listed)] = ()


class Widget(Part):
    """One step of the flow."""

    name: str = Field(min_length=1)
    type: str
    transitions: Annotated[tuple[Transition, ...], BeforeValidator(_listed)] = ()
    properties: dict[str, Any] = {}

    def way(self, *events: str) -> str:
        """Return the widget to which the first of these events leads that leads anywhere; "" where none does."""
        found = {one.event: one.next for one in reversed(self.transitions) if one.next}
        return next((found[event] for event in events if event in found), "")

    def text(self, name: str) -> str:
        """Return a property that is text, or a number, as text; "" for others."""
        value = self.properties.get(name)
        return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""

    def number(self, name: str) -> int:
        """Return a property that is a whole number, also written as text; 0 for others."""
        found = re.fullmatch(r"[0-9]{1,6}", self.text(name))
        return int(found[0]) if found else 0


class _Definition(Part):
    states: list[Widget] = Field(min_length=1)
    initial_state: str
    description: str | None = None


@dataclass(frozen=True)
class Definition:
    """A flow: its widgets by name in their order, the line of each, and the widget that begins it."""

    description: str
    widgets: Mapping[str, Widget]
    lines: Mapping[str, int]
    start: str


def definition(text: str) -> Definition:
    """Return the flow that the JSON text defines, whole or within what Studio's REST API answers; raise NoFlowError."""
    data = _json(text)
    inner = isinstance(data, dict) and "states" not in data and isinstance(data.get("definition"), dict)
    try:
        made = _Definition.model_validate(data["definition"] if inner else data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "the whole"
        raise NoFlowError(f"this is no flow of Twilio Studio ({place}: {first['msg']}): {EXPORT}") from error
    widgets = {widget.name: widget for widget in made.states}
    if len(widgets) < len(made.states):
        names = [widget.name for widget in made.states]
        twice = next(name for name in names if names.count(name) > 1)
        raise NoFlowError(f"two widgets are called {twice!r}: {EXPORT}")
    if made.initial_state not in widgets:
        raise NoFlowError(f"no widget is called {made.initial_state!r}, with which the flow begins: {EXPORT}")
    lines = _lines(text, ("definition", "states") if inner else ("states",))
    return Definition(made.description or "", widgets, dict(zip(widgets, lines, strict=True)), made.initial_state)


def _json(text: str) -> Any:
    try:
        return from_json(text.encode())  # Lone surrogates, which are no text, fail here.
    except ValueError as error:
        raise NoFlowError(f"this is not JSON ({error}): {EXPORT}") from error


def _lines(text: str, path: tuple[str, ...]) -> Iterator[int]:
    """Yield the line of each thing in the list that stands at this path; the text must hold it."""
    at = BETWEEN.match(text).end()  # type: ignore[union-attr]
    for name in path:
        members = list(_members(text, at))
        at = [place for (_, key), (place, _) in zip(members[::2], members[1::2], strict=True) if key == name][-1]
    return (text.count("\n", 0, place) + 1 for place, _ in _members(text, at))


def _members(text: str, at: int) -> Iterator[tuple[int, Any]]:
    """Yield (place, value) of what stands within the bracket at a place: of an object, names and values in turn."""
    at += 1
    while text[at := BETWEEN.match(text, at).end()] not in "]}":  # type: ignore[union-attr]
        value, end = DECODER.raw_decode(text, at)
        yield at, value
        at = end
