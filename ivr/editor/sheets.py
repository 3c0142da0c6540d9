"""The menus' files while an edit is made on them, and what of them follows when places get other names or none."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any, Final

from ivr.editor import marks
from ivr.editor.change import Change, Drop, EditError, Put, Rename, changed, read
from ivr.editor.splice import Path
from ivr.flow.load import APART, BESIDE, EMERGENCY, PROMPTS
from ivr.flow.problem import Problem

NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
LANGUAGES: Final = "languages/"
Changes = Iterable[tuple[str, Change]]
Spot = tuple[str, Path]  # A file and a path in it.


def refused(file: str, words: str) -> EditError:
    """Return the error of an edit that cannot be done at all."""
    return EditError(Problem(file, 1, words))


@dataclass(frozen=True)
class Sheets:
    """All files, name to text."""

    texts: Mapping[str, str]

    @cached_property
    def data(self) -> dict[str, dict[str, Any]]:
        """The data of all files; raise EditError where one cannot be read, as what it holds cannot follow then."""
        return {name: read(name, text) for name, text in self.texts.items()}

    @cached_property
    def places(self) -> dict[str, Spot]:
        """Where each node is written, by its place."""
        return {place: (file, (name,)) for place, (file, name) in marks.nodes(self.data).items()}

    @cached_property
    def languages(self) -> list[str]:
        """The hotline's languages, the base language first."""
        named = self.data.get("hotline.yaml", {}).get("languages")
        if not isinstance(named, dict) or not named:
            raise refused("hotline.yaml", "the languages are missing here: add them")
        return list(named)

    def node(self, place: str) -> tuple[str, str]:
        """Return the file and the name of a node; raise EditError where there is none."""
        if place not in self.places:
            raise refused(home(place)[0], f"there is no node {place!r} any more: reload the page")
        file, (name,) = self.places[place]
        return file, str(name)

    def changed(self, changes: Changes) -> "Sheets":
        """Return the files with these changes, which all name paths as they are now; files that are new begin empty."""
        by_file = groupby(sorted(changes, key=lambda one: one[0]), lambda one: one[0])
        made = {file: changed(file, self.texts.get(file, ""), [one for _, one in all_of]) for file, all_of in by_file}
        return Sheets({**self.texts, **made})

    def followed(self, after: "Sheets", at: Callable[[Spot], Spot] = lambda spot: spot) -> "Sheets":
        """Return the files `after` a change with their translations and recordings named as what they belong to now.

        `at` tells where what stood somewhere before stands now; what is said no more loses its translations.
        """
        now: dict[Spot, str] = {
            (file, path): place for file in after.data for place, (path, _) in marks.said(after.data, file).items()
        }
        said = ((file, place, path) for file in self.data for place, (path, _) in marks.said(self.data, file).items())
        named = {place: now.get(at((file, path))) for file, place, path in said if place not in now.values()}
        return after.changed(one for file in after.data for one in after._named(file, named))

    def _named(self, file: str, named: Mapping[str, str | None]) -> Changes:
        keyed = self.data[file] if file.startswith(LANGUAGES) or file == PROMPTS else {}
        for key in keyed:
            head, slash, place = key.rpartition("/")
            new = named.get(place, place)
            if new is None:
                yield file, Drop((key,))
            elif new != place and f"{head}{slash}{new}" not in keyed:
                yield file, Rename((key,), f"{head}{slash}{new}")

    def translated(self, words: Mapping[str, Mapping[str, str]]) -> "Sheets":
        """Return the files with words by place and language, none of them the base one; "" removes them."""
        told = [(language, place, text) for place, all_of in words.items() for language, text in all_of.items()]
        return self.changed(one for language, place, text in told for one in self._translation(language, place, text))

    def _translation(self, language: str, place: str, text: str) -> Changes:
        if language not in self.languages[1:]:
            raise refused("hotline.yaml", f"{language!r} is no language into which this hotline is translated")
        file = f"{LANGUAGES}{language}.yaml"
        keyed = self.data.get(file, {})
        if text:
            yield file, Put((place,), text, _nearest(place, keyed), None if place in keyed else '"')
        elif place in keyed:
            yield file, Drop((place,))


def home(place: str) -> tuple[str, Path]:
    """Return the file of a place and the path in it: (`main.yaml`, `choose`), or a file's own, () in `main.yaml`.

    Raise EditError for what is none, and for an emergency, which is no part of a draft.
    """
    file, _, name = place.partition(".")
    if not NAME.fullmatch(file) or f"{file}.yaml" == EMERGENCY or (name and "." in name):
        raise refused(f"{file}.yaml", f"{place!r} is no place of these menus")
    return f"{file}.yaml", (name,) if name else ()


def free(sheets: Sheets, place: str) -> tuple[str, str]:
    """Return the file and the name for a new node; raise EditError where the place is taken, or is none."""
    file, own = home(place)
    name = str(own[0]) if own else ""
    if not NAME.fullmatch(name) or file in (*APART, *BESIDE) or name in ("matter", "queue"):
        raise refused(file, f"{place!r} cannot be a node's name: write file.name in small letters, digits and _")
    if f"{name}.yaml" in sheets.texts:
        raise refused(file, f"a node must not be called like the file {name}.yaml: choose another name")
    if name in sheets.data.get(file, {}):
        raise refused(file, f"there is a node {place!r} already: choose another name")
    return file, name


def _nearest(place: str, keyed: Mapping[str, Any]) -> str:
    """Return after which place another is best written: the last of the same node, or of the same file."""
    for begin in (place.rsplit(".", 1)[0] + ".", place.split(".")[0] + "."):
        if close := [one for one in keyed if one.startswith(begin)]:
            return close[-1]
    return ""
