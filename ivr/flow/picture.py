"""The menus as a picture: boxes and the ways between them, to be laid out wherever it is drawn."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ivr.flow.flow import Flow
from ivr.flow.node import Node, Path
from ivr.flow.nodes.lookup import Lookup
from ivr.flow.nodes.menu import Menu

GAP: Final = re.compile(r"\{[^}]*\}")
PLAIN: Final = "then"  # The way that is taken by nothing in particular.


@dataclass(frozen=True, slots=True)
class Box:
    """A node: its place, its kind as the menus write it, what people call it, and what it says first ("": nothing)."""

    place: str
    kind: str
    name: str
    says: str


@dataclass(frozen=True, slots=True)
class Way:
    """From one place to another, by these keys (`1`) or for these reasons (`missed`, `refund.paid`), if any.

    What the wallet answers is named with its question before it.
    """

    start: str
    end: str
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """All boxes and ways in the order of the menus, with one way at most from one box to another."""

    boxes: tuple[Box, ...]
    ways: tuple[Way, ...]


def picture(flow: Flow, language: str) -> Picture:
    """Return the picture of a flow with its words in one of its languages.

    The keys that mean the same everywhere (person, back, again) are no ways of it.
    """
    ways = tuple(way for node in flow.nodes.values() for way in _ways(flow, node))
    passed = frozenset(way.end for way in ways if not way.by)
    chosen = _chosen(flow, language)
    boxes = (
        _box(flow, language, node, chosen.get(node.place, ""), node.place in passed) for node in flow.nodes.values()
    )
    return Picture(tuple(boxes), ways)


def _box(flow: Flow, language: str, node: Node, chosen: str, passed: bool) -> Box:
    """Return a node's box; `chosen` names it, unless a call also comes there without having been asked."""
    words, (file, _, own) = flow.words[language], node.place.partition(".")
    says = GAP.sub("…", next((words[place] for place in node.prompts()), ""))
    matter = words.get(f"{file}.matter", "") if own == "start" else ""
    name = matter or (says if passed else chosen) or says or chosen or node.place
    return Box(node.place, type(node).__module__.rpartition(".")[2], name, says)


def _chosen(flow: Flow, language: str) -> dict[str, str]:
    """Return the words of the first choice that leads to a place, by place."""
    found: dict[str, str] = {}
    for node in flow.nodes.values():
        for choice in node.choices.values() if isinstance(node, Menu) else ():
            words = flow.words[language][f"{node.place}.choices.{choice.go}"]
            found.setdefault(flow.place(node.place, choice.go), words)
    return found


def _ways(flow: Flow, node: Node) -> Iterator[Way]:
    by: dict[str, list[str]] = {}
    for path, name in node.exits():
        reason = _reason(node, path)
        by.setdefault(flow.place(node.place, name), []).extend([] if reason == PLAIN else [reason])
    yield from (Way(node.place, end, tuple(reasons)) for end, reasons in by.items())


def _reason(node: Node, path: Path) -> str:
    match node, path:
        case Lookup(ask=question), ("outcomes", outcome):
            return f"{question}.{outcome}"
        case _, ("choices", key, *_):
            return key
    return path[0]
