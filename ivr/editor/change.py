"""What is to change in a file, said once and done twice: on its data and on its text, which must agree."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from ivr.editor.scalars import Value
from ivr.editor.splice import Document, Patch, Path, composed, patched
from ivr.flow.problem import Problem
from ivr.flow.text import Text, parse

MISSING: Final = object()


class EditError(Exception):
    """The edit cannot be done at all; `problems` say why, in words for operations."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Put:
    """A value at a path, new ones `after` a name; texts in a `style` of quotes, where one is wished."""

    path: Path
    value: Value
    after: str = ""
    style: str | None = None


@dataclass(frozen=True, slots=True)
class Drop:
    """An entry less."""

    path: Path


@dataclass(frozen=True, slots=True)
class Rename:
    """Another name for an entry."""

    path: Path
    name: str


Change = Put | Drop | Rename  # All paths are those before any change.


@lru_cache(maxsize=256)
def parsed(name: str, text: str) -> tuple[Text, tuple[Problem, ...]]:
    """Return a file as `parse` does, which is not to be changed; the same one for the same text."""
    told, problems = parse(name, text, composed)
    return told, tuple(problems)


def read(name: str, text: str) -> dict[str, Any]:
    """Return a file's data, not to be changed; raise EditError for one in which something cannot be read."""
    told, problems = parsed(name, text)
    if problems:
        words = "nothing can be changed in this file before this is mended"
        raise EditError(*problems, Problem(name, problems[0].line, words))
    return told.data


def changed(name: str, text: str, changes: Sequence[Change]) -> str:
    """Return a file's text with these changes; raise EditError for what is not there or cannot be written."""
    data, document = read(name, text), Document(text)
    try:
        patches = [_patch(document, one) for one in changes]
        meant = _meant(data, changes)
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise EditError(Problem(name, 1, f"{_named(error)} is not there any more: reload the page")) from error
    made = patched(text, patches)
    if not _says(name, made, meant):
        words = "this cannot be changed here, as it is written unusually: edit the file's text"
        raise EditError(Problem(name, 1, words))
    return made


def _says(name: str, text: str, meant: dict[str, Any]) -> bool:
    try:
        return read(name, text) == meant
    except EditError:
        return False


def _patch(document: Document, change: Change) -> Patch:
    match change:
        case Put(path, value, after, style):
            return document.put(path, value, after, style)
        case Drop(path):
            return document.drop(path)
        case Rename(path, name):
            return document.rename(path, name)


def _meant(data: dict[str, Any], changes: Sequence[Change]) -> dict[str, Any]:
    made = deepcopy(data)
    for change in changes:
        above = inside(made, change.path[:-1])
        match change:
            case Put((*_, int(place)), value) if place >= len(above):
                above.append(as_read(value))
            case Put((*_, name), value):
                above[name] = as_read(value)
            case Drop((*_, name)):
                above[name] = MISSING
    renamed = {change.path: change.name for change in changes if isinstance(change, Rename)}
    whole: dict[str, Any] = _settled(made, (), renamed)
    return whole


def _settled(value: Any, path: Path, renamed: Mapping[Path, str]) -> Any:
    """Return data without what is dropped, and with its new names."""
    match value:
        case dict():
            kept = ((name, item) for name, item in value.items() if item is not MISSING)
            return {renamed.get((*path, name), name): _settled(item, (*path, name), renamed) for name, item in kept}
        case list():
            kept_items = (one for one in enumerate(value) if one[1] is not MISSING)
            return [_settled(item, (*path, place), renamed) for place, item in kept_items]
    return value


def inside(data: Any, path: Path) -> Any:
    """Return what stands at a path; raise KeyError, IndexError or TypeError where nothing can stand there."""
    for step in path:
        data = data[step if isinstance(data, list) else str(step)]
    return data


def as_read(value: Value) -> Any:
    """Return JSON data as `parse` would read it: names and numbers are texts."""
    match value:
        case dict():
            return {str(name): as_read(item) for name, item in value.items()}
        case list():
            return [as_read(item) for item in value]
        case bool() | None | str():
            return value
    return str(value)


def _named(error: Exception) -> str:
    names = error.args[0] if error.args and isinstance(error.args[0], tuple) else error.args
    return repr(".".join(map(str, names)))
