"""All differences between two states of the menus, grouped by place; what no sentence fits is told by its lines."""

from collections.abc import Iterator, Mapping
from difflib import ndiff

from ivr.editor.differences.nodes import Renamed, nodes, renamed
from ivr.editor.differences.others import LANGUAGES, settings, translations
from ivr.editor.differences.phrases import phrase
from ivr.editor.differences.side import Difference, Side
from ivr.flow.load import APART, BESIDE


def differences(old: Mapping[str, str], new: Mapping[str, str], language: str) -> list[Difference]:
    """Return in words, zh or en, how these files (name to text) differ from the old ones: [] where they are the same.

    Each file whose text is another is explained by at least one difference.
    """
    before, after = Side(old, language), Side(new, language)
    names = renamed(before, after)
    found = list(nodes(before, after, names))
    for file in sorted(old.keys() | new.keys()):
        found += _file(before, after, file, names) if old.get(file) != new.get(file) else []
    told = {file for one in found for file in one.files}
    for file in sorted(old.keys() | new.keys()):
        if old.get(file) != new.get(file) and file not in told:
            found += _untold(before, after, file)
    order = {place: number for number, place in reversed(list(enumerate(one.place for one in found)))}
    return sorted(found, key=lambda one: order[one.place])


def _file(old: Side, new: Side, file: str, names: Renamed) -> Iterator[Difference]:
    if any(file in side.files and file not in side.data for side in (old, new)):
        return  # It cannot be read, before or now.
    if file.startswith(LANGUAGES):
        yield from translations(old, new, file, names)
    else:
        yield from settings(old, new, file)


def _untold(old: Side, new: Side, file: str) -> Iterator[Difference]:
    readable = all(file in side.data for side in (old, new))
    if file not in old.files or file not in new.files:
        name = "file_gone" if file in old.files else "file_new"
        yield Difference("", phrase(name, new.reader, file=file), (file,))
    elif readable and old.data[file] == new.data[file]:
        yield Difference("", phrase("comments", new.reader, file=file), (file,))
    elif readable and file not in (*APART, *BESIDE):
        yield Difference("", phrase("spelled", new.reader, file=file), (file,))
    else:
        yield from _lines(old, new, file)


def _lines(old: Side, new: Side, file: str) -> Iterator[Difference]:
    for line in ndiff(old.files[file].splitlines(), new.files[file].splitlines()):
        if line[0] in "+-":
            name = "line_new" if line[0] == "+" else "line_gone"
            yield Difference("", phrase(name, new.reader, file=file, line=line[2:]), (file,))
