"""The documents of legs that are no caller's: a question for one key, a talk, the last words."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from flask import Response
from twilio.twiml.voice_response import Dial, Gather, VoiceResponse

from ivr.desk.keeping import Place
from ivr.flow import speech
from ivr.flow.events import Said
from ivr.flow.flow import Flow
from ivr.flow.numbers import CONNECT
from ivr.telephony.calls import xml
from ivr.telephony.render import RETRY, RETRY_CALLBACK, Site, speak
from ivr.telephony.routes import Line

KEY: Final = CONNECT
CALLER: Final = "caller"
SECONDS: Final = 8


@dataclass(frozen=True, slots=True)
class Seat:
    """How somebody takes part in a talk: by which name, and what their call asks when it left.

    A `host` ends the talk for all by leaving it; `music` is heard until somebody else is there. Whoever coaches is
    heard by this `coached` call alone.
    """

    name: str
    action: str
    host: bool = False
    music: str = ""
    muted: bool = False
    coached: str = ""


def question(said: Iterable[Said], action: str, site: Site) -> Response:
    """Return what says something, and asks for the key."""
    document = VoiceResponse()
    gather = Gather(
        input="dtmf",
        action=f"{action}{RETRY}",
        method="POST",
        action_on_empty_result=True,
        num_digits=1,
        finish_on_key="",
        timeout=SECONDS,
    )
    speak(gather, said, site)
    document.append(gather)
    return xml(str(document))


def talk(line: Line, place: Place, seat: Seat) -> Response:
    """Return what puts a leg into the talk of a place, which is recorded where its queue says so."""
    document, told = VoiceResponse(), _recording(line, place)
    if seat.coached:
        told["coach"] = seat.coached
    if seat.music:
        told["wait_method"] = "POST"
    dial = Dial(action=seat.action, method="POST")
    dial.conference(
        place.id,
        participant_label=seat.name,
        beep="false",
        muted=seat.muted,
        wait_url=seat.music,
        start_conference_on_enter=True,
        end_conference_on_exit=seat.host,
        **told,
    )
    document.append(dial)
    return xml(str(document))


def recorded(flow: Flow, queue: str) -> bool:
    """Are the talks of a queue recorded?"""
    return queue in flow.queues and flow.queues[queue].record


def begun(line: Line, place: Place) -> None:
    """Note that a talk has begun, and is recorded from now on where its queue says so."""
    if recorded(line.flow(), place.queue) and not place.record:
        line.desk.talks.recording(place.id, "on")


def _recording(line: Line, place: Place) -> dict[str, Any]:
    if not recorded(line.flow(), place.queue):
        return {}
    return {
        "record": "record-from-start",
        "recording_status_callback": f"{line.site.url}/voice/recording/{place.id}{RETRY_CALLBACK}",
        "recording_status_callback_method": "POST",
        "recording_status_callback_event": "completed absent",
    }


def music(site: Site, name: str = "hold.wav") -> Response:
    """Return music without end, for who is held in a talk or waits for it."""
    document = VoiceResponse()
    document.play(f"{site.url}/audio/music/{name}")
    document.redirect(f"{site.url}/voice/agent/hold", method="POST")
    return xml(str(document))


def last_words(line: Line, phrase: str, language: str = "") -> Response:
    """Return a phrase, and the end of the call."""
    document = VoiceResponse()
    speak(document, [phrased(line.flow(), phrase, language)], line.site)
    document.hangup()
    return xml(str(document))


def hung_up() -> Response:
    """Return the end of the call."""
    document = VoiceResponse()
    document.hangup()
    return xml(str(document))


def phrased(flow: Flow, phrase: str, language: str = "", key: str = "") -> Said:
    """Return a phrase in a language that the menus have, or else the base one; with the key that it names."""
    language = language if language in flow.words else flow.base
    place = f"hotline.phrases.{phrase}"
    words = flow.words[language][place]
    if key:
        return Said(place, speech.voice_of(language).press(words, key), language)
    return Said(place, words, language, flow.audio(language, place))


def about(flow: Flow, place: Place) -> Said:
    """Return what a place is about, for agents: the matter, and the caller's language."""
    words = flow.words[flow.base]
    matter = words.get(f"{place.matter}.matter", words.get(f"queues.{place.queue}.name", ""))
    tongue = words.get(f"hotline.tongues.{place.language}", place.language)
    return Said("hotline.phrases.take", f"{matter}。{tongue}。", flow.base)
