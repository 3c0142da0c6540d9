"""What texts in the menus are for, also where a node could not be read: by the fields that its kind has."""

from collections.abc import Container, Iterator, Mapping
from functools import cache
from typing import Any, get_args, get_origin

from ivr.flow.flow import Hotline, Matter, Queue
from ivr.flow.load import APART, BESIDE, HEADER
from ivr.flow.node import Mark, Node, Path, Piece, Types, flat
from ivr.flow.nodes import kinds

Files = Mapping[str, Mapping[str, Any]]  # Data by the file's name.


def marked(use: str, types: Types, value: object) -> Iterator[tuple[Path, str]]:
    """Yield (path of field names, text) of every text for this use in data that is meant to be of these types."""
    if isinstance(value, str):
        if Mark(use) in flat(types):
            yield (), value
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from (((name, *path), text) for path, text in marked(use, inner(types, name), item))


def inner(types: Types, name: str) -> Types:
    """Return the types of what has this name in data of these types; () where nothing is known of it."""
    for one in flat(types):
        if get_origin(one) is dict:
            return (get_args(one)[1],)
        if isinstance(one, type) and issubclass(one, Piece):
            return fields(one).get(name, ())
    return ()


@cache
def fields(kind: type[Piece]) -> Mapping[str, Types]:
    """Return the types of a piece's fields, by the names that the menus use."""
    infos = kind.model_fields.items()
    return {info.alias or name: (info.annotation, *info.metadata) for name, info in infos if name != "place"}


def nodes(files: Files) -> dict[str, tuple[str, str]]:
    """Return the file and the name of every node that is written down, good or not, by its place."""
    menus = [name for name in files if name not in (*APART, *BESIDE) and "/" not in name]
    found = ((name, key) for name in menus for key in files[name] if key not in HEADER)
    return {f"{stem(name)}.{key}": (name, key) for name, key in found if isinstance(files[name][key], Mapping)}


@cache
def known() -> Mapping[str, type[Node]]:
    """Return the kinds of nodes, by the word that the menus use."""
    return kinds()


def kind_of(data: Mapping[str, Any]) -> tuple[type[Node], ...]:
    """Return the kind of a node; none for one that there is not."""
    kind = data.get("kind")
    return (known()[kind],) if isinstance(kind, str) and kind in known() else ()


def exits(files: Files) -> Iterator[tuple[str, Path, str]]:
    """Yield (file, path, place as written) of everything that leads somewhere."""
    for path, text in marked("place", (Hotline,), files.get("hotline.yaml", {})):
        yield "hotline.yaml", path, text
    for name, key in nodes(files).values():
        data = files[name][key]
        yield from ((name, (key, *path), text) for path, text in marked("place", kind_of(data), data))


def target(places: Container[str], file: str, name: str) -> str:
    """Return the full place that is meant in a file by a name, as `Flow.place` has it."""
    if "." in name:
        return name
    near = f"{stem(file)}.{name}"
    return near if near in places else f"{name}.start"


def said(files: Files, file: str) -> dict[str, tuple[Path, str]]:
    """Return the path in a file and the words in the base language for every place of its words."""
    data, own = files[file], stem(file)
    match file:
        case "hotline.yaml":
            found = list(marked("words", (Hotline,), data))
        case "queues.yaml":
            found = [((key, *path), text) for key in data for path, text in marked("words", (Queue,), data[key])]
        case _:
            found = list(marked("words", (Matter,), {name: data[name] for name in HEADER if name in data}))
            for _, key in (one for one in nodes({file: data}).values()):
                found += [((key, *path), text) for path, text in marked("words", kind_of(data[key]), data[key])]
    return {f"{own}.{'.'.join(_named(data, path))}": (path, text) for path, text in found}


def _named(data: Mapping[str, Any], path: Path) -> Path:
    """Return how words are called: those of a choice by where it leads."""
    match path:
        case (node, "choices", key, "for"):
            return node, "choices", str(data[node]["choices"][key].get("go", ""))
    return path


def stem(file: str) -> str:
    """Return a file's name as places have it."""
    return file.removesuffix(".yaml")
