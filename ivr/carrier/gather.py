"""Gather: prompts that a key interrupts, then keys until enough, the finish key, or silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr.carrier.audio import cue_of
from ivr.carrier.cues import Listening
from ivr.carrier.fetching import Page
from ivr.carrier.signals import Event, Finished, Form, Goal, Pressed, Steps, Uttered
from ivr.carrier.verbs import Gather

if TYPE_CHECKING:
    from ivr.carrier.leg import Leg

Heard = tuple[str, str, Uttered | None]


def gather(leg: Leg, verb: Gather, page: Page) -> Steps[Goal | None]:
    """Run a Gather; the request to its action, or None to go on with the next verb."""
    leg.answer()
    event = yield from _prompts(leg, verb, page)
    digits, finish, words = yield from _collect(verb, event)
    if not digits and words is None and not verb.action_on_empty:
        return None
    form: Form = (("FinishedOnKey", finish), ("msg", "Gather End"))
    if digits:
        form += (("Digits", digits),)
    if words is not None:
        form += (("SpeechResult", words.words), ("Confidence", str(words.confidence)))
    return page.request(verb.action, verb.method, form)


def _prompts(leg: Leg, verb: Gather, page: Page) -> Steps[Event | None]:
    """All prompts to their end, or the key or words that interrupted them."""
    for prompt in verb.prompts:
        cue = cue_of(leg, prompt, page)
        event: Event | None = None if cue is not None else Finished()
        while cue is not None and not isinstance(event, Finished):
            event = yield cue
            if (verb.keys and isinstance(event, Pressed)) or (verb.speech and isinstance(event, Uttered)):
                return event
    return None


def _collect(verb: Gather, event: Event | None) -> Steps[Heard]:
    """The digits, the key that finished them ("" for none), and words."""
    digits = ""
    cue = _listening(verb)
    while True:
        match event:
            case Finished():
                return digits, "", None
            case Uttered() if verb.speech:
                return "", "", event
            case Pressed(key) if verb.keys and key == verb.finish_on_key:
                return digits, key, None
            case Pressed(key) if verb.keys:
                digits += key
                cue = _listening(verb)  # The time-out begins anew with each key.
        if digits and len(digits) == verb.num_digits:
            return digits, "", None
        event = yield cue


def _listening(verb: Gather) -> Listening:
    return Listening(verb.timeout, verb.num_digits, verb.finish_on_key, verb.speech)
