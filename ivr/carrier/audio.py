"""Say, Play and Pause as cues: what is heard and for how long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr.carrier.cues import Cue, Pausing, Playing, Saying, speech_seconds
from ivr.carrier.fetching import Page, sound_seconds
from ivr.carrier.signals import Finished, Steps
from ivr.carrier.verbs import Audio, Pause, Play, Say

if TYPE_CHECKING:
    from ivr.carrier.leg import Leg

MOST_LOOPS = 1000
_A_KEY = 0.2


def cue_of(leg: Leg, verb: Audio, page: Page) -> Cue | None:
    """The cue of an audio verb; None when its sound file cannot be had (that is in the log) or nothing is to play."""
    match verb:
        case Say():
            loop = verb.loop or MOST_LOOPS
            return Saying(verb.text, verb.language, verb.voice, loop, loop * speech_seconds(verb.text))
        case Play(digits=digits) if digits:
            return Playing(f"dtmf:{digits}", verb.loop or MOST_LOOPS, len(digits) * _A_KEY)
        case Play():
            url = page.request(verb.url, "GET").url
            seconds = sound_seconds(leg, url)
            loop = verb.loop or MOST_LOOPS
            return None if seconds is None else Playing(url, loop, loop * seconds)
        case Pause():
            return Pausing(verb.length)


def hear(leg: Leg, verb: Audio, page: Page) -> Steps[None]:
    """The audio to its end; keys do nothing."""
    cue = cue_of(leg, verb, page)
    if cue is not None:
        yield from through(cue)


def through(cue: Cue) -> Steps[None]:
    """A cue to its end, whatever else happens."""
    while not isinstance((yield cue), Finished):
        pass
