"""What one leg does in a conference: waiting music, talk, hold, announcements, until it or the conference ends."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from ivr.carrier import schema
from ivr.carrier.audio import through
from ivr.carrier.conferences import Callbacks, Participant, Room
from ivr.carrier.cues import Playing, Queued, Talking
from ivr.carrier.errands import Afterwards
from ivr.carrier.fetching import Page, document, noted
from ivr.carrier.queues import MUSIC, MUSIC_SECONDS
from ivr.carrier.signals import Finished, Goal, Pressed, Request, Steps, Stirred
from ivr.carrier.twiml import Unusable
from ivr.carrier.verbs import Conference, Dial

if TYPE_CHECKING:
    from ivr.carrier.leg import Leg

Play = Callable[["Leg", Page], Steps["Goal | None"]]


def join(leg: Leg, verb: Dial, noun: Conference, page: Page, play: Play) -> Steps[str]:
    """Take part as a Dial with a Conference says; `DialCallStatus` when it is over."""
    room = leg.carrier.room(noun.name)
    participant = Participant(
        leg, noun.label, noun.muted, False, noun.coach, noun.start_on_enter, noun.end_on_exit,
        music=page.request(noun.wait_url, noun.wait_method) if noun.wait_url else None,
        silent=noun.wait_url == "",
    )  # fmt: skip
    if room.callbacks is None:
        room.callbacks, room.record = _callbacks(noun, page), noun.record
    leg.answer()
    return (yield from attend(leg, room, participant, noun.most, play, verb.time_limit, verb.hangup_on_star))


def _callbacks(noun: Conference, page: Page) -> Callbacks:
    def where(url: str, method: str) -> Request | None:
        return page.request(url, method) if url else None

    return Callbacks(
        where(noun.callback, noun.callback_method),
        noun.callback_events,
        where(noun.recording_callback, noun.recording_callback_method),
        noun.recording_callback_events,
    )


def attend(
    leg: Leg, room: Room, participant: Participant, most: int, play: Play, limit: float | None, star: bool = False
) -> Steps[str]:
    """Be in the conference until it is over; `DialCallStatus`."""
    leg.place = room
    refused = room.add(participant, most)
    if refused:
        leg.place = None
        noted(leg, Unusable(16025 if refused == "label" else 13236, f"conference {room.name}: {refused}"))
        return "failed"

    def leave() -> None:
        leg.place = None
        room.remove(participant, "moderator_ended_conference" if room.over else "participant_hung_up")

    with Afterwards(leave):
        while not room.over and participant in room.participants:
            try:
                if (yield from _presence(leg, room, participant, play, limit, star)):
                    break
            except Stirred:
                continue
    return "answered"


def _presence(
    leg: Leg, room: Room, participant: Participant, play: Play, limit: float | None, star: bool
) -> Steps[bool]:
    """What the party hears as things stand; True when it wants to leave."""
    if participant.announcement is not None:
        yield from _announce(leg, room, participant, play)
        return False
    if participant.hold:
        yield from _music(leg, room, participant.hold_music, False, play)
    if room.status == "init":
        yield from _music(leg, room, participant.music, participant.silent, play)
    cue = Talking(f"conference:{room.name}", limit)
    while True:
        event = yield cue
        if isinstance(event, Finished) or (star and event == Pressed("*")):
            return True


def _announce(leg: Leg, room: Room, participant: Participant, play: Play) -> Steps[None]:
    goal: Goal | None = participant.announcement
    participant.announcement = None
    try:
        while goal is not None:
            goal = yield from play(leg, document(leg, goal, schema.ROOM))
    except Unusable:
        room.tell("announcement-fail", participant)
    else:
        room.tell("announcement-end", participant)


def _music(leg: Leg, room: Room, goal: Goal | None, silent: bool, play: Play) -> Steps[None]:
    """Music until something changes; a document is run once, and silence follows unless it redirects."""
    with suppress(Unusable):  # What cannot be played is in the log, and leaves silence.
        while goal is None and not silent:
            yield from through(Playing(MUSIC, 1, MUSIC_SECONDS))
            leg.rounds += 1
        while goal is not None:
            goal = yield from play(leg, document(leg, goal, schema.ROOM))
            leg.rounds += 1
    yield from through(Queued(f"conference:{room.name}", None))
