"""YAML as operations write it: plain data with the line of everything, strict where YAML is treacherous."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

from ivr.flow.problem import Problem

PLAIN: Final[Mapping[str, Any]] = {"true": True, "false": False, "null": None, "~": None, "": None}  # YAML 1.2
Path = tuple[str | int, ...]
UNDECODED: Final = re.compile("[\udc80-\udcff]")  # What Python's `surrogateescape` makes of bytes that are no UTF-8.
# libyaml, ten times as fast, reads all else as ruamel.yaml's own reader does, or not at all: characters that are seldom
# seen, anchors, what begins or ends documents, directives, tags, and text in blocks are left to that.
SLOWLY: Final = re.compile(
    "[^\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
    r"|&|^(?:%|---|\.\.\.)|(?:^|[\s,\[{])!|[|>][-+\d]* *(?:#|$)",
    re.MULTILINE,
)
FULL_WIDTH: Final = re.compile(r"\s*[\w.*#\"'-]+\s*：", re.ASCII)
PLAINLY: Final[Mapping[str, str]] = {
    "could not find expected ':'": "here is no `name: value`: write a colon and a space after the name",
    "mapping values are not allowed here": "a colon does not fit here: put words that hold a colon in quotes, and see "
    "whether the line before lacks the space after its colon",
    "expected ',' or": "a bracket that opens here is not closed, or a comma is missing behind it",
    "found unexpected end of stream": "a quotation mark that opens here is not closed",
}


@dataclass(frozen=True)
class Text:
    """One file: its data (all keys are text as written) and the line of every path in it.

    `bad` are the paths below which something could not be read, () being the whole file.
    """

    data: dict[str, Any]
    lines: Mapping[Path, int]
    bad: frozenset[Path] = frozenset()

    def line(self, path: tuple[str | int, ...]) -> int:
        """Return the line of a path, or of the nearest thing around it."""
        for end in range(len(path), -1, -1):
            if (line := self.lines.get(path[:end])) is not None:
                return line
        return 1


UNREAD: Final = Text({}, {}, frozenset({()}))


def compose(text: str) -> Any:
    """Return the nodes of YAML text as ruamel.yaml composes them, None of empty text; raise YAMLError."""
    return YAML(typ="safe", pure=True).compose(text)


def parse(name: str, text: str, nodes: Callable[[str], Any] | None = None) -> tuple[Text, list[Problem]]:
    """Return the file's data, all values as text, and its problems: encoding, syntax, keys told twice, anchors, tabs.

    `nodes` returns a text's nodes as `compose` does, where somebody has them; else it is read as quickly as it may be.
    Bytes that were no UTF-8 are to be handed in as Python's `surrogateescape` has them.
    """
    if unread := [*_undecoded(name, text)] or [*_tabs(name, text)]:
        return UNREAD, unread
    try:
        return (not nodes and _quickly(name, text)) or _read(name, (nodes or compose)(text))
    except YAMLError as error:
        return UNREAD, [_no_yaml(name, text, error)]
    except RecursionError:
        return UNREAD, [Problem(name, 1, "lines or brackets stand too deep within one another")]


def _quickly(name: str, text: str) -> tuple[Text, list[Problem]] | None:
    """Return what libyaml makes of a text, unless something is wrong with it: that is told by its lines and columns."""
    if SLOWLY.search(text):
        return None
    try:
        found = _read(name, YAML(typ="safe").compose(text))
    except YAMLError:
        return None
    return None if found[1] else found


def _read(name: str, root: Any) -> tuple[Text, list[Problem]]:
    if root is None:
        return Text({}, {}), []
    if not isinstance(root, MappingNode):
        return UNREAD, [Problem(name, root.start_mark.line + 1, "the file must be `name: value` lines")]
    reader = _Reader(name, {}, [], set(), set())
    return Text(reader.value(root, ()), reader.lines, frozenset(reader.bad)), reader.problems


def _undecoded(name: str, text: str) -> Iterator[Problem]:
    if found := UNDECODED.search(text):
        line = text.count("\n", 0, found.start()) + 1
        yield Problem(name, line, "this is not UTF-8: in your editor, save the file with the encoding UTF-8")


def _tabs(name: str, text: str) -> Iterator[Problem]:
    for number, line in enumerate(text.split("\n"), 1):
        if "\t" in line[: len(line) - len(line.lstrip())]:
            yield Problem(name, number, "there is a tab: indent with spaces")


def _no_yaml(name: str, text: str, error: YAMLError) -> Problem:
    for number, line in enumerate(text.split("\n"), 1):
        if FULL_WIDTH.match(line):
            return Problem(name, number, "the colon after the name is a full-width ：, so write : and a space instead")
    if not isinstance(error, MarkedYAMLError):
        return Problem(name, 1, f"this is not YAML: {' '.join(str(error).split())}")
    mark = error.context_mark or error.problem_mark
    said = str(error.problem)
    words = next((words for start, words in PLAINLY.items() if said.startswith(start)), said)
    return Problem(name, mark.line + 1 if mark else 1, f"this is not YAML: {words}")


@dataclass(frozen=True)
class _Reader:
    name: str
    lines: dict[Path, int]
    problems: list[Problem]
    bad: set[Path]
    anchored: set[int]  # Nodes with an anchor that were read: a few lines of them can stand for millions.

    def value(self, node: Any, path: Path) -> Any:
        self.lines.setdefault(path, node.start_mark.line + 1)
        if node.anchor:
            if id(node) in self.anchored:
                return ""
            self.anchored.add(id(node))
            self._add(node, f"`&{node.anchor}` is an anchor: write the text out where it is needed")
        match node:
            case MappingNode():
                return self._mapping(node, path)
            case SequenceNode():
                return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
            case ScalarNode():
                return self._scalar(node)
        raise TypeError(f"ruamel.yaml composed a {type(node).__name__}")

    def _mapping(self, node: MappingNode, path: Path) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key, item in node.value:
            if not isinstance(key, ScalarNode):
                self._add(key, "a name on the left of a colon must be plain text")
                self.bad.add(path)
                continue
            if key.value in made:
                line = self.lines[*path, key.value]
                self._add(key, f"{key.value!r} stands here twice (first in line {line}): keep one")
                self.bad.add(path)  # Which entry is lost by that cannot be known.
                continue
            self.lines[*path, key.value] = key.start_mark.line + 1
            made[key.value] = self.value(item, (*path, key.value))
        return made

    def _scalar(self, node: ScalarNode) -> Any:
        return node.value if node.style else PLAIN.get(node.value, node.value)

    def _add(self, node: Any, words: str) -> None:
        self.problems.append(Problem(self.name, node.start_mark.line + 1, words))
