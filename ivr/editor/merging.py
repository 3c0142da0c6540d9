"""Takes into a draft what was published since it began, line by line, as far as both do not change the same."""

from collections.abc import Mapping

from merge3 import Merge3


def merged(
    base: Mapping[str, str], mine: Mapping[str, str], theirs: Mapping[str, str]
) -> tuple[dict[str, str], list[str]]:
    """Return the files with the changes of both, and the names of those in which both changed the same lines.

    Of such a file it is mine that is returned.
    """
    found, both = dict[str, str](), list[str]()
    for name in sorted({*base, *mine, *theirs}):
        text, clash = _file(base.get(name), mine.get(name), theirs.get(name))
        if clash:
            both.append(name)
        if text is not None:
            found[name] = text
    return found, both


def _file(base: str | None, mine: str | None, theirs: str | None) -> tuple[str | None, bool]:
    if mine == theirs or theirs == base:
        return mine, False
    if mine == base:
        return theirs, False
    if mine is None or theirs is None:
        return mine, True
    three = Merge3((base or "").splitlines(True), mine.splitlines(True), theirs.splitlines(True))
    if any(region[0] == "conflict" for region in three.merge_regions()):
        return mine, True
    return "".join(three.merge_lines()), False
