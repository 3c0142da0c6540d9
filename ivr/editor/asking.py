"""Another question for a step that asks the wallet."""

from collections.abc import Iterator, Mapping
from typing import Any

from ivr.editor.change import Change, Drop, Put
from ivr.editor.sheets import Sheets, refused
from ivr.flow.nodes.lookup import NTH
from ivr.flow.questions import QUESTIONS


def asking(sheets: Sheets, place: str, question: str) -> Sheets:
    """Return the files with this question asked at a place; what cannot be answered to it leads nowhere any more."""
    file, name = sheets.node(place)
    if question not in QUESTIONS:
        raise refused(file, f"there is no question {question!r}: known are {', '.join(QUESTIONS)}")
    return sheets.followed(sheets.changed((file, one) for one in _changes(name, sheets.data[file][name], question)))


def _changes(name: str, node: Mapping[str, Any], question: str) -> Iterator[Change]:
    asked, outcomes = QUESTIONS[question], node.get("outcomes")
    yield Put((name, "ask"), question, "say" if "say" in node else "kind")
    if NTH in asked.about and NTH not in node:
        yield Put((name, NTH), "first", "ask")
    elif NTH not in asked.about and NTH in node:
        yield Drop((name, NTH))
    for outcome in outcomes if isinstance(outcomes, dict) else ():
        if outcome not in asked.all:
            yield Drop((name, "outcomes", outcome))
