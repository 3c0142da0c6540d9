"""How nodes differ: which are new, gone or called otherwise; where they lead, what they say, what is set in them."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ivr.editor import marks
from ivr.editor.differences.answers import called, outcomes
from ivr.editor.differences.phrases import BETWEEN, NONE, in_language, phrase
from ivr.editor.differences.side import Difference, Side, shown
from ivr.editor.state import MANY

Renamed = Mapping[str, str]


def renamed(old: Side, new: Side) -> dict[str, str]:
    """Return the new place of every node that is as it was but for its name, and for where it leads."""
    gone = _shapes(old, [place for place in old.places if place not in new.places])
    fresh = _shapes(new, [place for place in new.places if place not in old.places])
    return {places[0]: fresh[one][0] for one, places in gone.items() if len(places) == len(fresh.get(one, [])) == 1}


def _shapes(side: Side, places: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for place in places:
        node = side.node(place)
        bare = json.loads(json.dumps(node))
        for path, _ in marks.marked("place", marks.kind_of(node), node):
            inside = bare
            for step in path[:-1]:
                inside = inside[step]
            inside[path[-1]] = ""
        found.setdefault(json.dumps(bare, sort_keys=True), []).append(place)
    return found


def nodes(old: Side, new: Side, names: Renamed) -> Iterator[Difference]:
    """Yield how nodes differ, those of before first in their order, then the new ones."""
    unread = {file for side in (old, new) for file in side.files if file not in side.data}
    for place in [one for one, (file, _) in old.places.items() if file not in unread]:
        after = names.get(place, place)
        translated = [file for file in old.files if "/" in file]
        if after not in new.places:
            words = phrase("gone", old.reader, name=old.name(place))
            yield Difference(place, words, (old.places[place][0], *translated))
            continue
        files = (old.places[place][0], new.places[after][0])
        if after != place:
            words = phrase("renamed", old.reader, old=old.name(place), new=after)
            yield Difference(after, words, (*files, *translated))
        for told in _within(old, new, place, after, names):
            yield Difference(after, told, files)
    for place, (file, _) in new.places.items():
        if file not in unread and place not in old.places and place not in names.values():
            words = phrase("new", new.reader, name=new.name(place), kind=new.kind(place))
            yield Difference(place, words, (file,))


def _within(old: Side, new: Side, place: str, after: str, names: Renamed) -> Iterator[str]:
    was, now = old.node(place), new.node(after)
    leads = {path[0] for side, node in ((old, was), (new, now)) for path, _ in _marked("place", node) if len(path) == 1}
    says = {path[0] for node in (was, now) for path, _ in _marked("words", node) if len(path) == 1}
    for field in dict.fromkeys([*was, *now]):
        before, value = was.get(field), now.get(field)
        if before == value and field not in (*MANY, *leads):
            continue
        if field == "outcomes" and isinstance(before, dict) and isinstance(value, dict):
            yield from outcomes(old, new, place, after, names)
        elif field == "choices" and isinstance(before, dict) and isinstance(value, dict):
            yield from choices(old, new, place, after, names)
        elif field in leads and isinstance(before, str) and isinstance(value, str):
            yield from _leads(old, new, (place, before), (after, value), names, field)
        elif field in says and before and value:
            yield phrase(
                "words_in",
                new.reader,
                language=new.tongue(new.tags[0]),
                title=new.title(field, after),
                old=shown(before),
                new=shown(value),
            )
        else:
            told = called(old, place, field, before), called(new, after, field, value)
            yield field_told(new, new.title(field, after), *told)


def _marked(use: str, node: Mapping[str, Any]) -> list[tuple[tuple[str, ...], str]]:
    return list(marks.marked(use, marks.kind_of(node), node))


def _leads(
    old: Side, new: Side, was: tuple[str, str], now: tuple[str, str], names: Renamed, field: str
) -> Iterator[str]:
    before = old.target(old.places[was[0]][0], was[1])
    value = new.target(new.places[now[0]][0], now[1])
    if names.get(before, before) != value:
        yield phrase("leads", new.reader, title=new.title(field, now[0]), old=old.name(before), new=new.name(value))


def field_told(side: Side, title: str, before: Any, value: Any) -> str:
    """Return the sentence for a field that is another, new or gone (None: it is not there)."""
    name = "field_new" if before is None else "field_gone" if value is None else "field"
    return phrase(name, side.reader, title=title, old=shown(before), new=shown(value))


def choices(old: Side, new: Side, place: str, after: str, names: Renamed) -> Iterator[str]:
    """Yield how a menu's keys differ."""
    was, now = _choices(old, place), _choices(new, after)
    meant = {key: names.get(one.go, one.go) for key, one in was.items()}
    moved = {
        key: other
        for key, go in meant.items()
        for other, one in now.items()
        if one.go == go and other != key and (key not in now or now[key].go != go) and meant.get(other) != go
    }
    for key, choice in was.items():
        to = moved.get(key, key)
        if to != key:
            yield phrase("key_moved", new.reader, words=choice.words, old=key, new=to)
        elif key not in now or key in moved.values():
            yield phrase("key_gone", new.reader, key=key, words=choice.words, old=old.name(choice.go))
            continue
        elif now[key].go != meant[key]:
            yield phrase("key_leads", new.reader, key=key, old=old.name(choice.go), new=new.name(now[key].go))
        yield from _choice(new, choice, now[to])
    for key, choice in now.items():
        if (key not in was or key in moved) and key not in moved.values():
            yield phrase("key_new", new.reader, key=key, words=choice.words, new=new.name(choice.go))
    if list(was) != list(now) and set(was) == set(now):
        told = [in_language(BETWEEN, new.reader).join(one) for one in (was, now)]
        yield phrase("order", new.reader, title=new.title("choices"), old=told[0], new=told[1])


class Choice:
    """A choice as it is written, good or not."""

    def __init__(self, side: Side, file: str, value: Any) -> None:
        written = value if isinstance(value, dict) else {"for": value}
        self.words = shown(written.get("for") or in_language(NONE, side.reader))
        self.go = side.target(file, str(written.get("go")))
        self.more = {name: one for name, one in written.items() if name not in ("for", "go")}


def _choices(side: Side, place: str) -> dict[str, Choice]:
    return {key: Choice(side, side.places[place][0], one) for key, one in side.node(place)["choices"].items()}


def _choice(side: Side, was: Choice, now: Choice) -> Iterator[str]:
    if was.words != now.words:
        yield phrase("words", side.reader, old=was.words, new=now.words)
    if was.more != now.more:
        yield field_told(side, side.title("choices"), was.more, now.more)
