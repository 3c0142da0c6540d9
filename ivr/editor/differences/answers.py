"""How steps that ask the wallet differ: in what is asked, and in where each answer leads."""

from collections.abc import Iterator, Mapping
from typing import Any

from ivr.console.texts_wallet import answered
from ivr.editor.differences.phrases import phrase
from ivr.editor.differences.side import Side
from ivr.editor.labels import CALLED


def called(side: Side, place: str, field: str, value: Any) -> Any:
    """Return what the reader calls that which was chosen for a field of a node, where people call it anything."""
    words = CALLED.get(f"{side.node(place).get('kind')}.{field}", {})
    return words[value][side.reader] if isinstance(value, str) and value in words else value


def outcomes(old: Side, new: Side, place: str, after: str, names: Mapping[str, str]) -> Iterator[str]:
    """Yield how the ways from answers differ, those of before first; what is another question's is told as its own."""
    was, now = _ways(old, place), _ways(new, after)
    meant = {answer: names.get(to, to) for answer, to in was.items()}
    for answer in dict.fromkeys([*was, *now]):
        if meant.get(answer) == now.get(answer):
            continue
        name = "answer_gone" if answer not in now else "answer_leads" if answer in was else "answer_new"
        ends = {"old": old.name(was[answer]) if answer in was else "", "new": new.name(now.get(answer, ""))}
        side, home = (old, place) if answer not in now else (new, after)
        told = answered(str(side.node(home).get("ask")), answer)[new.reader]
        yield phrase(name, new.reader, answer=told, **ends)


def _ways(side: Side, place: str) -> dict[str, str]:
    file, _ = side.places[place]
    return {answer: side.target(file, str(to)) for answer, to in side.node(place)["outcomes"].items()}
