"""A practice call on a draft: the inputs so far, played through the pure engine from the beginning each time."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, Final, get_args

from pydantic import TypeAdapter, ValidationError

from ivr import transcript
from ivr.editor import labels
from ivr.editor.chinese import chinese
from ivr.editor.labels import Both
from ivr.editor.offers import Offer, label, offers
from ivr.flow import record
from ivr.flow.call import Call
from ivr.flow.engine import FlowError, step
from ivr.flow.events import Event, Said
from ivr.flow.flow import Flow
from ivr.flow.inputs import Answered, HungUp, Input, Rescued
from ivr.flow.prove.tries import tries

BREAKS: Final = (FlowError, LookupError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Played:
    """A call so far: its events, where it stands, and what ended it before its end, if something did."""

    call: Call
    events: tuple[Event, ...]
    broke: Both | None = None


def heard(given: Mapping[str, Any]) -> Input:
    """Return the input that JSON tells of, as the journal has it; raise ValueError for what is none."""
    try:
        (made,) = record.read(json.dumps([given]))
    except (TypeError, AttributeError) as error:
        raise ValueError(f"this is no input: {given}") from error
    if not isinstance(made, get_args(Input)):
        raise ValueError(f"this is no input: {given}")
    kind = type(made)
    try:
        checked: Input = TypeAdapter(kind).validate_python({one.name: getattr(made, one.name) for one in fields(kind)})
    except ValidationError as error:
        raise ValueError(f"this is no input: {given}") from error
    return checked


def play(flow: Flow, inputs: Sequence[tuple[Input, datetime]]) -> Played:
    """Return the call that these inputs make, each at its moment (aware); it stops where it ends or cannot go on."""
    call, events = flow.new_call(), list[Event]()
    for one, at in inputs:
        if call.ended:
            break
        if not _fits(flow, call, one):
            return Played(call, tuple(events), _filled(labels.UNFIT, what=label(flow, call, one)))
        try:
            done = step(flow, call, one, at.astimezone(UTC))
        except BREAKS as error:
            return Played(
                call,
                tuple(events),
                _filled(labels.BREAKS, why=labels.both(chinese(str(error)) or str(error), str(error))),
            )
        call = done.call
        events += done.events
    return Played(call, tuple(events))


def _fits(flow: Flow, call: Call, one: Input) -> bool:
    """Tell whether this can be heard now: after an edit, an old input may come where something else is waited for."""
    if isinstance(one, Answered):
        return not call.turn
    if isinstance(one, HungUp | Rescued):
        return bool(call.turn)
    return call.wait is not None and type(one) in {type(other.heard) for other in tries(flow, call)}


def page(flow: Flow, played: Played) -> Iterator[dict[str, Any]]:
    """Yield the lines of a call's page, each with its mark and words; what is said also with place and language."""
    for event in played.events:
        if isinstance(event, Said):
            said = {"words": event.words, "place": event.place, "language": event.language}
            yield {"mark": "<", **said, "must": not event.interrupt}
            continue
        for line in transcript.lines((event,), flow.base):
            mark, _, words = line.partition(" ")
            yield {"mark": mark, "words": words, "place": None, "language": None}
    if played.broke:
        yield {"mark": "~", "words": played.broke, "place": played.call.node, "language": None}


def rehearsed(flow: Flow, caller: str, at: datetime, given: Sequence[tuple[Input, datetime]]) -> dict[str, Any]:
    """Return how a call goes that rings at a moment and then is told these inputs, and what can happen next."""
    first = [] if given and isinstance(given[0][0], Answered) else [(Answered(caller), at)]
    played = play(flow, [*first, *given])
    going = not played.broke and not played.call.ended
    found: list[Offer] = list(offers(flow, played.call)) if going else []
    ended = labels.BROKEN if played.broke else labels.REASONS.get(played.call.ended, "")
    return {
        "lines": list(page(flow, played)),
        "ended": ended,
        "place": played.call.node,
        "offers": [one.told() for one in found],
    }


def _filled(words: Both, **values: Both) -> Both:
    return {one: text.format(**{name: value[one] for name, value in values.items()}) for one, text in words.items()}
