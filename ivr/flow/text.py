"""YAML as operations write it: plain data with the line of everything, strict where YAML is treacherous."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

from ivr.flow.problem import Problem

PLAIN: Final[Mapping[str, Any]] = {"true": True, "false": False, "null": None, "~": None, "": None}  # YAML 1.2
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Text:
    """One file: its data (all keys are text as written) and the line of every path in it."""

    data: dict[str, Any]
    lines: Mapping[Path, int]

    def line(self, path: tuple[str | int, ...]) -> int:
        """Return the line of a path, or of the nearest thing around it."""
        for end in range(len(path), -1, -1):
            if (line := self.lines.get(path[:end])) is not None:
                return line
        return 1


def parse(name: str, text: str) -> tuple[Text, list[Problem]]:
    """Return the file's data, all values as text, and its problems: syntax, keys told twice, anchors, tabs."""
    tabs = [
        Problem(name, number, "there is a tab: indent with spaces")
        for number, line in enumerate(text.split("\n"), 1)
        if "\t" in line[: len(line) - len(line.lstrip())]
    ]
    if tabs:
        return Text({}, {}), tabs
    try:
        root = YAML().compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return Text({}, {}), [Problem(name, mark.line + 1 if mark else 1, f"this is not YAML: {error.problem}")]
    except YAMLError as error:
        return Text({}, {}), [Problem(name, 1, f"this is not YAML: {' '.join(str(error).split())}")]
    if root is None:
        return Text({}, {}), []
    if not isinstance(root, MappingNode):
        return Text({}, {}), [Problem(name, root.start_mark.line + 1, "the file must be `name: value` lines")]
    reader = _Reader(name, {}, [])
    return Text(reader.value(root, ()), reader.lines), reader.problems


@dataclass(frozen=True)
class _Reader:
    name: str
    lines: dict[Path, int]
    problems: list[Problem]

    def value(self, node: Any, path: Path) -> Any:
        self.lines.setdefault(path, node.start_mark.line + 1)
        if node.anchor:
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
                continue
            if key.value in made:
                line = self.lines[*path, key.value]
                self._add(key, f"{key.value!r} stands here twice (first in line {line}): keep one")
                continue
            self.lines[*path, key.value] = key.start_mark.line + 1
            made[key.value] = self.value(item, (*path, key.value))
        return made

    def _scalar(self, node: ScalarNode) -> Any:
        return node.value if node.style else PLAIN.get(node.value, node.value)

    def _add(self, node: Any, words: str) -> None:
        self.problems.append(Problem(self.name, node.start_mark.line + 1, words))
