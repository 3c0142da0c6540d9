"""Who hears whom now: the legs of a talk, over a bridge or in a conference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivr.carrier.conferences import Participant, Room
from ivr.carrier.cues import Talking

if TYPE_CHECKING:
    from ivr.carrier.leg import Leg


@dataclass(frozen=True, slots=True)
class Way:
    """One other party of the talk: whether its voice comes in here, and whether ours goes there."""

    other: Leg
    hears: bool
    heard: bool


def ways(leg: Leg) -> list[Way]:
    """The other parties that `leg` talks to; none while it hears music, a prompt or nothing."""
    if not isinstance(leg.cue, Talking):
        return []
    if isinstance(leg.place, Room):
        return _in_room(leg, leg.place)
    bridge = leg.bridge
    if bridge is None or not bridge.open or not isinstance(bridge.other(leg).cue, Talking):
        return []
    return [Way(bridge.other(leg), True, True)]


def _in_room(leg: Leg, room: Room) -> list[Way]:
    talking = [one for one in room.participants if isinstance(one.leg.cue, Talking)]
    here = next((one for one in talking if one.leg is leg), None)
    if here is None:
        return []
    return [Way(one.leg, _reaches(one, here), _reaches(here, one)) for one in talking if one is not here]


def _reaches(speaker: Participant, listener: Participant) -> bool:
    """Whether a voice goes there: nobody hears who is muted, and a coach is heard by the one who is coached only."""
    return not speaker.muted and speaker.coach in ("", listener.leg.sid)
