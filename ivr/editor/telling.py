"""What was found wrong, told in the reader's language: whatever pages and JSON say of it comes from here."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from ivr.console.texts import language
from ivr.editor.change import EditError
from ivr.editor.chinese import chinese
from ivr.editor.gate import Finding
from ivr.editor.labels import PRESS
from ivr.editor.texts import said
from ivr.flow.problem import Problem

KEYS: Final = re.compile(r"[0-9*#]+")
LINE: Final = re.compile(r"((?:[-+ ] )?[>~=] )(.*)", re.DOTALL)  # Where a call's page says in words what happened.


def told(sentence: object) -> str:
    """Return a sentence of ours, as of an error, in the reader's language; the words of others stay as they are."""
    words = str(sentence)
    return (chinese(words) or words) if _in_chinese() else words


def problems(found: Iterable[Problem]) -> list[Problem]:
    """Return problems in the reader's language."""
    return [replace(one, words=told(one.words)) for one in found]


def located(found: Iterable[Problem]) -> list[str]:
    """Return problems as lines that say where each is."""
    return [said("draft_problem", file=one.file, line=one.line, words=told(one.words)) for one in found]


def refusal(error: Exception) -> str:
    """Return in one line why something was refused, with where that is of an edit that cannot be made."""
    if isinstance(error, EditError):
        return ("；" if _in_chinese() else "; ").join(located(error.problems))
    return told(error)


def line(text: str) -> str:
    """Return a line of a call's page, or of two pages compared, in the reader's language but for what is said."""
    parts = LINE.fullmatch(text)
    return f"{parts[1]}{told(parts[2])}" if parts else text


def found(finding: Finding) -> dict[str, Any]:
    """Return what the gate found, ready for JSON."""
    whole = replace(finding, problems=tuple(problems(finding.problems))).told()
    return whole | {
        "traps": [_trap(one) for one in finding.traps],
        "rehearsals": [*map(_rehearsal, finding.rehearsals)],
    }


def against(finding: Finding) -> list[str]:
    """Return all that stands against menus as lines."""
    whole = found(finding)
    called = [one["words"] for one in whole["rehearsals"]]
    return [*located(finding.problems), *(one["told"] for one in whole["traps"]), *called]


def _trap(trap: Mapping[str, Any]) -> dict[str, Any]:
    if not _in_chinese():
        return dict(trap)
    words, way = told(trap["words"]), "".join(_steps(trap["steps"])).rstrip("，")
    return {**trap, "words": words, "told": " → ".join(filter(None, (way, words)))}


def _steps(steps: Iterable[tuple[str, int]]) -> Iterator[str]:
    for step, times in steps:
        words = PRESS["zh"].format(keys=step) if KEYS.fullmatch(step) else told(step)
        yield f"{words} " if step.startswith("[") else f"{words}，" if times == 1 else f"{words} ×{times}，"


def _rehearsal(rehearsal: Mapping[str, Any]) -> dict[str, Any]:
    words = said("draft_rehearsal", title=rehearsal["name"])
    return {**rehearsal, "words": words, "lines": [line(one) for one in rehearsal["lines"]]}


def _in_chinese() -> bool:
    return language() == "zh"
