"""A draft as the editor shows it: its nodes, ways, words and problems, also while some of its files are broken."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

from ivr.console.texts_wallet import asked
from ivr.editor import marks
from ivr.editor.change import parsed
from ivr.editor.forms import forms
from ivr.flow.flow import Hotline
from ivr.flow.problem import Problem
from ivr.flow.text import Text

GAP: Final = re.compile(r"\{[^}]*\}")
PLAIN: Final = "then"  # The way that is taken by nothing in particular.
MANY: Final = ("choices", "outcomes")  # Fields with ways of their own, by key or by what is answered.
LOOKUP: Final = "lookup"
BASE: Final = "zh-CN"
ZONE: Final = str(Hotline.model_fields["zone"].default)
LANGUAGES: Final = "languages/"
Told = dict[str, Any]


def state(files: Mapping[str, str], problems: Sequence[Problem], reader: str) -> Told:
    """Return all that the editor shows of files (name to text), ready for JSON.

    `problems` are what `load` found; nodes and languages are called as the reader (zh, en) would.
    """
    texts = {name: parsed(name, text)[0] for name, text in files.items()}
    data = {name: text.data for name, text in texts.items()}
    tags, places, edges = languages(data), marks.nodes(data), list(ways(data))
    said = spoken(data, tags)
    names = called(data, said, edges, nearest(tags, reader))
    return {
        "languages": [
            {"tag": tag, "name": _words(said, f"hotline.tongues.{tag}", nearest(tags, reader)) or tag} for tag in tags
        ],
        "files": dict(files),
        "nodes": [_node(texts[file], place, file, name, said, names) for place, (file, name) in places.items()],
        "edges": edges,
        "problems": [_problem(one, texts, places) for one in problems],
        "kinds": forms(),
        "queues": list(data.get("queues.yaml", {})),
        "places": list(places),
        "zone": zone(data),
    }


def languages(data: marks.Files) -> list[str]:
    """Return the hotline's languages, the base language first; where that cannot be read, those of its files."""
    named = data.get("hotline.yaml", {}).get("languages")
    translated = [name.removeprefix(LANGUAGES).removesuffix(".yaml") for name in data if name.startswith(LANGUAGES)]
    return list(named) if isinstance(named, dict) and named else [BASE, *translated]


def zone(data: marks.Files) -> str:
    """Return the hotline's time zone; the usual one where that cannot be read."""
    try:
        return ZoneInfo(str(data["hotline.yaml"]["zone"])).key
    except (KeyError, ValueError, OSError):
        return ZONE


def nearest(tags: Sequence[str], reader: str) -> str:
    """Return the language of the hotline that is a reader's (zh, en), or else the base one."""
    return next((tag for tag in tags if tag.startswith(reader)), tags[0])


def spoken(data: marks.Files, tags: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return what is said in each language, by place; "" where there are no words."""
    base, *others = tags
    words = {tag: data.get(f"{LANGUAGES}{tag}.yaml", {}) for tag in others}
    found = {place: text for file in data for place, (_, text) in marks.said(data, file).items()}
    return {
        place: {base: text} | {tag: str(words[tag].get(place) or "") for tag in others} for place, text in found.items()
    }


def _node(text: Text, place: str, file: str, name: str, said: Mapping[str, Told], names: Mapping[str, str]) -> Told:
    written = text.data[name]
    return {
        "place": place,
        "kind": written.get("kind"),
        "file": file,
        "line": text.line((name,)),
        "fields": {field: value for field, value in written.items() if field != "kind"},
        "words": {one[len(place) + 1 :]: words for one, words in said.items() if one.startswith(f"{place}.")},
        "name": names[place],
    }


def ways(data: marks.Files) -> Iterator[Told]:
    """Yield every way from one node to another: by which key or for what reason, and where it is written."""
    places = marks.nodes(data)
    for file, path, name in marks.exits(data):
        own, *inside = path
        if (start := f"{marks.stem(file)}.{own}") in places:
            label = inside[1] if inside[0] in MANY else "" if inside[0] == PLAIN else inside[0]
            yield {"from": start, "to": marks.target(places, file, name), "label": label, "path": inside}


def called(data: marks.Files, said: Mapping[str, Told], edges: Sequence[Told], tag: str) -> dict[str, str]:
    """Return what people call each node: its matter or question, the words of a choice that leads to it, or its own."""
    passed, chosen = {edge["to"] for edge in edges if not edge["label"]}, dict[str, str]()
    for edge in edges:
        if words := _words(said, _chosen(data, edge), tag):
            chosen.setdefault(edge["to"], words)
    found = dict[str, str]()
    for place, (file, name) in marks.nodes(data).items():
        matter = _words(said, f"{marks.stem(file)}.matter", tag) if name == "start" else ""
        matter = matter or _asked(data[file][name], tag)
        says = GAP.sub("…", _words(said, f"{place}.say", tag))
        found[place] = (
            matter or (says if place in passed else chosen.get(place, "")) or says or chosen.get(place, place)
        )
    return found


def _asked(node: Mapping[str, Any], tag: str) -> str:
    """Return what a node asks the wallet, if it does: to a caller it says nothing by which it could be called."""
    question = node.get("ask")
    if node.get("kind") != LOOKUP or not isinstance(question, str) or not question:
        return ""
    return asked(question)["zh" if tag.startswith("zh") else "en"]


def _words(said: Mapping[str, Told], place: str, tag: str) -> str:
    told = said.get(place, {})
    return str(told.get(tag) or next(iter(told.values()), ""))


def _chosen(data: marks.Files, edge: Told) -> str:
    """Return the place of the words of the choice by which a way leads; "" where it leads otherwise."""
    match edge:
        case {"from": start, "path": ["choices", key, _]}:
            file, name = start.split(".")
            return f"{start}.choices.{data[f'{file}.yaml'][name]['choices'][key]['go']}"
    return ""


def _problem(problem: Problem, texts: Mapping[str, Text], places: Mapping[str, tuple[str, str]]) -> Told:
    told = {"file": problem.file, "line": problem.line, "words": problem.words}
    return told | {"place": _place(problem, texts, places)}


def _place(problem: Problem, texts: Mapping[str, Text], places: Mapping[str, tuple[str, str]]) -> str | None:
    """Return the node that a problem is in, if it is in one."""
    text = texts.get(problem.file)
    if text is None:
        return None
    above = [path[0] for path, line in text.lines.items() if len(path) == 1 and line <= problem.line]
    if problem.file.startswith(LANGUAGES):
        words = [str(path[0]) for path, line in text.lines.items() if path and line == problem.line]
        return next((place for place in places if words and words[0].startswith(f"{place}.")), None)
    place = f"{marks.stem(problem.file)}.{above[-1]}" if above else ""
    return place if place in places else None
