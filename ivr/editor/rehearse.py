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
from ivr.editor.confided import dotted, unheard
from ivr.editor.labels import Both
from ivr.editor.offers import Offer, answer, label, offers
from ivr.flow import record
from ivr.flow.call import Call
from ivr.flow.engine import FlowError, step
from ivr.flow.events import Event, Heard, Said
from ivr.flow.flow import Flow
from ivr.flow.inputs import Answered, Found, HungUp, Input, NotFound, Pressed, Rescued
from ivr.flow.prove.tries import tries
from ivr.flow.questions import answers, outcome
from ivr.flow.waits import Keys, Lookup

BREAKS: Final = (FlowError, LookupError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Played:
    """A call so far: its events, where it stands, and what ended it before its end, if something did."""

    call: Call
    events: tuple[Event, ...]
    broke: Both | None = None

    @property
    def heard(self) -> tuple[Input, ...]:
        """What was heard, with dots in place of what was keyed in confidence."""
        inputs = (event.input for event in self.events if isinstance(event, Heard))
        return tuple(map(dotted, inputs))


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
            return Played(call, tuple(events), _filled(labels.UNFIT, what=label(flow, call, unheard(one))))
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
    if isinstance(call.wait, Lookup) and isinstance(one, Found | NotFound):
        return any(_alike(one, other) for other in answers(call.wait.question))
    return call.wait is not None and type(one) in {type(other.heard) for other in tries(flow, call)}


def _alike(one: Found | NotFound, other: Found | NotFound) -> bool:
    """Tell whether one answer of the wallet's can stand where another one can: it tells no less."""
    less = isinstance(other, Found) and not (isinstance(one, Found) and other.facts.keys() <= one.facts.keys())
    return outcome(one)[0] == outcome(other)[0] and not less


def page(flow: Flow, played: Played) -> Iterator[dict[str, Any]]:
    """Yield the lines of a call's page, each with its mark and words; what is said also with place and language."""
    call = flow.new_call()
    for event in played.events:
        yield from _lines(flow, call, event)
        call = call.after(event)
    if played.broke:
        yield {"mark": "~", "words": played.broke, "place": played.call.node, "language": None}


def _lines(flow: Flow, call: Call, event: Event) -> Iterator[dict[str, Any]]:
    """Yield the lines for an event, `call` being as it was before."""
    nowhere = {"place": None, "language": None}
    match event:
        case Said(place, said, language):
            yield {"mark": "<", "words": said, "place": place, "language": language, "must": not event.interrupt}
        case Heard(Found() | NotFound() as told):
            yield {"mark": "~", "words": answer(call, told), **nowhere}
        case _:
            for line in transcript.lines((event,), flow.base):
                mark, _, words = line.partition(" ")
                yield {"mark": mark, "words": words, **nowhere}


def rehearsed(flow: Flow, caller: str, at: datetime, given: Sequence[tuple[Input, datetime]]) -> dict[str, Any]:
    """Return how a call goes that rings at a moment and then is told these inputs, and what can happen next.

    `sealed` are the keys to be kept instead of those of some inputs, by number; `secret` is what is keyed next.
    """
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
        "secret": going and isinstance(played.call.wait, Keys) and played.call.wait.secret,
        "sealed": list(_sealed(played.heard[len(first) :], [one for one, _ in given])),
    }


def _sealed(told: Sequence[Input], given: Sequence[Input]) -> Iterator[dict[str, Any]]:
    for at, one in enumerate(told):
        if isinstance(one, Pressed) and one != given[at]:
            yield {"at": at, "keys": one.keys}


def _filled(words: Both, **values: Both) -> Both:
    return {one: text.format(**{name: value[one] for name, value in values.items()}) for one, text in words.items()}
