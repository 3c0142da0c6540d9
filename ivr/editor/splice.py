"""Changes to YAML text that touch nothing else: ruamel.yaml says where things stand, and just that is written anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

from ivr.editor.scalars import Value, behind, in_block, in_flow, is_scalar, key, scalar
from ivr.flow.text import compose

Path = tuple[str | int, ...]
Entry = tuple[Any, Any]  # The composed nodes of a name and its value; of an item of a list, that twice.
BLOCKS: Final = ("|", ">")
# A file that was changed last is read, and changed again, soon, and some twenty others with it, which take 3 MB; their
# nodes are not to be changed.
composed: Final = lru_cache(maxsize=64)(compose)


@dataclass(frozen=True, slots=True)
class Patch:
    """What stands from `start` up to `end` of a text becomes this."""

    start: int
    end: int
    text: str


def patched(text: str, patches: Sequence[Patch]) -> str:
    """Return a text with all patches made, which must not overlap; those at one spot in the order given."""
    pieces, at = list[str](), 0
    for patch in sorted(patches, key=lambda one: one.start):
        pieces += [text[at : patch.start], patch.text]
        at = patch.end
    return "".join([*pieces, text[at:]])


class Document:
    """One file's text, in which `ivr.flow.text.parse` found no fault; KeyError for a path that is not in it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.root: Any = composed(text)

    def put(self, path: Path, value: Value, after: str = "", style: str | None = None) -> Patch:
        """Return what writes a value here; a new one `after` that name, or at the end."""
        above, name = self._node(path[:-1]), path[-1]
        if above is not None and (entry := _entry(above, name)):
            return self._replaced(above, entry, value, style)
        if above is None or (above is self.root and not above.flow_style and not _entry(above, after)):
            return self._at_end(str(name), value, style)
        return (
            self._in_flow(above, str(name), value)
            if above.flow_style
            else self._line(above, str(name), value, after, style)
        )

    def drop(self, path: Path) -> Patch:
        """Return what takes out an entry, and a node together with the comment right above it."""
        above, entry = self._node(path[:-1]), self._found(path)
        if len(above.value) == 1 and len(path) > 1:
            return self.put(path[:-1], [] if isinstance(above, SequenceNode) else {})
        if above.flow_style:
            return _out_of_flow(_entries(above), entry)
        return Patch(*self.lines(path), "")

    def rename(self, path: Path, name: str) -> Patch:
        """Return what gives an entry of a mapping another name."""
        found, flow = self._found(path)[0], bool(self._node(path[:-1]).flow_style)
        return Patch(found.start_mark.index, found.end_mark.index, key(name, flow))

    def lines(self, path: Path) -> tuple[int, int]:
        """Return from where to where an entry reaches that stands on lines of its own.

        To a node belong the comment right above it, if there is an empty line above that, and this line.
        """
        first, item = self._found(path)
        start = self._line_start(first.start_mark.index)
        end = self._line_end(self._end(first, item))
        return (self._heading(start) if len(path) == 1 and isinstance(item, MappingNode) else start), end

    def _node(self, path: Path) -> Any:
        node = self.root
        for step in path:
            node = self._in(node, step, path)[1]
        return node

    def _found(self, path: Path) -> Entry:
        return self._in(self._node(path[:-1]), path[-1], path)

    def _in(self, node: Any, step: str | int, path: Path) -> Entry:
        if (found := _entry(node, step)) is None:
            raise KeyError(path)
        return found

    def _at_end(self, name: str, value: Value, style: str | None) -> Patch:
        end, node = len(self.text), not is_scalar(value) and bool(value)
        gap = "\n" if node and self.text.strip() and not self.text.endswith("\n\n") else ""
        written = (
            in_block(value, 2) if node else f" {scalar(value, False, style)}" if is_scalar(value) else behind(value, 0)
        )
        return Patch(end, end, f"{self._break(end)}{gap}{key(name, False)}:{written}\n")

    def _line(self, above: Any, name: str, value: Value, after: str, style: str | None) -> Patch:
        first, last = _entries(above)[0][0], _entry(above, after) or _entries(above)[-1]
        end = self._line_end(self._end(*last))
        if isinstance(above, SequenceNode):
            dash = self.text.rfind("-", 0, first.start_mark.index)
            margin, written = dash - self._line_start(dash), f"- {in_flow(value)}"
        else:
            margin = first.start_mark.column
            told = f" {scalar(value, False, style)}" if is_scalar(value) else behind(value, margin)
            written = f"{key(name, False)}:{told}"
        return Patch(end, end, f"{self._break(end)}{' ' * margin}{written}\n")

    def _in_flow(self, above: Any, name: str, value: Value) -> Patch:
        written = in_flow(value) if isinstance(above, SequenceNode) else f"{key(name, True)}: {in_flow(value)}"
        if not above.value:
            return Patch(above.start_mark.index + 1, above.end_mark.index - 1, written)
        end = self._end(*_entries(above)[-1])
        return Patch(end, end, f", {written}")

    def _replaced(self, above: Any, entry: Entry, value: Value, style: str | None) -> Patch:
        first, item = entry
        flow, colon = bool(above.flow_style), self.text.find(":", first.end_mark.index) + 1
        start, end = item.start_mark.index, self._end(first, item)
        if is_scalar(value) and isinstance(item, ScalarNode):
            if item.start_mark.index == item.end_mark.index:  # Nothing stands there yet.
                return Patch(colon, colon, f" {scalar(value, flow, style)}")
            as_before = None if item.style in BLOCKS else item.style or ""
            return Patch(start, end, scalar(value, flow, style if style is not None else as_before))
        if flow or first is item or (getattr(item, "flow_style", False) and item.value):
            return Patch(start, end, in_flow(value))
        return Patch(colon, end, behind(value, first.start_mark.column))

    def _end(self, first: Any, item: Any) -> int:
        """Return where what is written of a value ends: before the comment behind it, and empty lines."""
        if isinstance(item, ScalarNode) and item.style in BLOCKS:
            return self._block_end(item, first.start_mark.column)
        if isinstance(item, ScalarNode) and item.start_mark.index == item.end_mark.index and first is not item:
            return self.text.find(":", first.end_mark.index) + 1
        if isinstance(item, ScalarNode) or item.flow_style:
            return int(item.end_mark.index)
        return self._end(*_entries(item)[-1])

    def _block_end(self, item: Any, column: int) -> int:
        at = self._line_end(item.start_mark.index)
        last = at - 1
        while at < len(self.text):
            line = self.text[at : self._line_end(at)]
            if line.strip() and len(line) - len(line.lstrip()) <= column:
                break
            at += len(line)
            last = at - line.endswith("\n") if line.strip() else last
        return last

    def _heading(self, start: int) -> int:
        above = start
        while above and self.text.startswith("#", self._line_start(above - 1)):
            above = self._line_start(above - 1)
        blank = above > 0 and not self.text[self._line_start(above - 1) : above].strip()
        return self._line_start(above - 1) if blank else start

    def _line_start(self, at: int) -> int:
        return self.text.rfind("\n", 0, at) + 1

    def _line_end(self, at: int) -> int:
        return (self.text.find("\n", at) + 1) or len(self.text)

    def _break(self, at: int) -> str:
        return "\n" if at and self.text[at - 1] != "\n" else ""


def _out_of_flow(entries: list[Entry], entry: Entry) -> Patch:
    at = next(number for number, one in enumerate(entries) if one[0] is entry[0])
    if at + 1 < len(entries):
        return Patch(entry[0].start_mark.index, entries[at + 1][0].start_mark.index, "")
    return Patch(entries[at - 1][1].end_mark.index, entry[1].end_mark.index, "")


def _entries(node: Any) -> list[Entry]:
    return [(item, item) for item in node.value] if isinstance(node, SequenceNode) else list(node.value)


def _entry(node: Any, step: str | int) -> Entry | None:
    match node:
        case MappingNode():
            return next((one for one in node.value if one[0].value == str(step)), None)
        case SequenceNode() if isinstance(step, int) and step < len(node.value):
            return node.value[step], node.value[step]
    return None
