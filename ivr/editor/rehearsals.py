"""Saved rehearsals: calls that must go on as they went, in `rehearsals.yaml` of the menus that they belong to.

```yaml
被盗，夜里:
  caller: "+8613800138000"
  at: "2026-11-26T22:00:00+08:00"
  inputs:
    - {at: "2026-11-26T22:00:05+08:00", input: {is: Pressed, keys: "1"}}
  page:
    - < 您好，欢迎致电数字钱包服务热线。
```
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import ndiff
from typing import Any

from ivr import transcript
from ivr.editor.change import Drop, Put, changed, parsed
from ivr.editor.confided import unheard
from ivr.editor.offers import written
from ivr.editor.rehearse import heard, play
from ivr.flow.flow import Flow
from ivr.flow.inputs import Answered, Input
from ivr.flow.load import REHEARSALS
from ivr.flow.problem import Problem

Timed = tuple[Input, datetime]


@dataclass(frozen=True, slots=True)
class Saved:
    """A rehearsal by its name: who rings when, what happens at which moment, and the page that this made."""

    name: str
    caller: str
    at: datetime
    inputs: tuple[Timed, ...]
    page: tuple[str, ...] = ()


def moment(text: str) -> datetime:
    """Return the moment that an ISO text names; raise ValueError for one without a zone."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return at


def timed(given: Sequence[Mapping[str, Any]]) -> tuple[Timed, ...]:
    """Return inputs with their moments from JSON, `[{input, at}]`; raise ValueError for what is none."""
    return tuple((heard(one["input"]), moment(one["at"])) for one in given)


def replayed(flow: Flow, saved: Saved) -> tuple[str, ...]:
    """Return the page that a rehearsal makes now."""
    played = play(flow, [(Answered(saved.caller), saved.at), *saved.inputs])
    broke = [f"~ {played.broke['en']}"] if played.broke else []
    return (*transcript.lines(played.events, flow.base), *broke)


def differing(flow: Flow, saved: Saved) -> list[str] | None:
    """Return the page with `- ` before lines that are gone and `+ ` before new ones; None where it is as saved."""
    now = replayed(flow, saved)
    return None if now == saved.page else [line for line in ndiff(saved.page, now) if not line.startswith("?")]


def saved(files: Mapping[str, str]) -> tuple[list[Saved], list[Problem]]:
    """Return the rehearsals of some menus, and what cannot be read of them."""
    text, problems = parsed(REHEARSALS, files.get(REHEARSALS, ""))
    found, wrong = list[Saved](), list(problems)
    for name, data in text.data.items():
        try:
            found.append(_saved(name, data))
        except (KeyError, TypeError, ValueError) as error:
            wrong.append(Problem(REHEARSALS, text.line((name,)), f"{name!r} is no rehearsal: {error}"))
    return found, wrong


def _saved(name: str, data: Mapping[str, Any]) -> Saved:
    page = tuple(str(line) for line in data["page"])
    return Saved(name, str(data["caller"]), moment(data["at"]), timed(data["inputs"]), page)


def kept(files: Mapping[str, str], flow: Flow, rehearsal: Saved) -> dict[str, str]:
    """Return the files with a rehearsal in them, as its page is now; one of this name before is replaced."""
    inputs = [{"at": at.isoformat(), "input": written(one)} for one, at in _sealed(flow, rehearsal)]
    head = {"caller": rehearsal.caller, "at": rehearsal.at.isoformat()}
    value = {**head, "inputs": inputs, "page": list(replayed(flow, rehearsal))}
    text = files.get(REHEARSALS, "")
    before = [Drop((rehearsal.name,))] if rehearsal.name in parsed(REHEARSALS, text)[0].data else []
    return {
        **files,
        REHEARSALS: changed(REHEARSALS, changed(REHEARSALS, text, before), [Put((rehearsal.name,), value)]),
    }


def _sealed(flow: Flow, saved: Saved) -> Iterator[Timed]:
    """Yield the inputs of a rehearsal without what was keyed in confidence, or may have been."""
    _, *told = play(flow, [(Answered(saved.caller), saved.at), *saved.inputs]).heard
    for number, (one, at) in enumerate(saved.inputs):
        yield (told[number] if number < len(told) else unheard(one)), at


def findings(files: Mapping[str, str], flow: Flow) -> Iterator[dict[str, Any]]:
    """Yield what the gate tells of each rehearsal that goes differently: its name, and the lines of its page."""
    for one in saved(files)[0]:
        if lines := differing(flow, one):
            yield {"name": one.name, "lines": lines}
