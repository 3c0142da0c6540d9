"""What a caller hears when something of ours is broken: an apology and a way to a person, from memory alone."""

from twilio.twiml.voice_response import Gather, VoiceResponse

from ivr.flow import speech
from ivr.flow.events import Said
from ivr.flow.flow import Flow
from ivr.telephony.render import Site, record, speak

ROUNDS = 20
SECONDS = 120


def apology(flow: Flow, site: Site, language: str) -> str:
    """Return TwiML that apologises and queues the caller for a person; in every language while none is known."""
    document = VoiceResponse()
    speak(document, [_said(flow, "apology", one) for one in _languages(flow, language)], site)
    document.enqueue(
        flow.hotline.queue,
        action=site.action("fallback/left", language),
        method="POST",
        wait_url=site.action("fallback/wait/0", language),
        wait_url_method="POST",
    )
    return str(document)


def waiting(flow: Flow, site: Site, language: str, turn: int, keys: str) -> str:
    """Return a round of the waiting room: music, and key 1 for a message, which comes by itself after 20 rounds."""
    document = VoiceResponse()
    if "1" in keys or turn >= ROUNDS:
        document.leave()
        return str(document)
    gather = Gather(
        input="dtmf",
        action=site.action(f"fallback/wait/{turn + 1}", language),
        method="POST",
        action_on_empty_result=True,
        num_digits=1,
        finish_on_key="",
        timeout=1,
    )
    speak(gather, [_said(flow, "leave", one, "1") for one in _languages(flow, language)], site)
    gather.play(f"{site.url}/audio/music/{flow.queues[flow.hotline.queue].music}")
    document.append(gather)
    return str(document)


def left(flow: Flow, site: Site, language: str, result: str) -> str:
    """Return what follows the queue: nothing more after a person, else the recorder for a message."""
    document = VoiceResponse()
    if result in ("bridged", "hangup"):
        document.hangup()
    elif not result.startswith(("redirected", "bridging")):
        speak(document, [_said(flow, "message", one) for one in _languages(flow, language)], site)
        record(document, site, "fallback/thanks", language, SECONDS, 5)
    return str(document)


def thanks(flow: Flow, site: Site, language: str) -> str:
    """Return the goodbye after the message."""
    document = VoiceResponse()
    speak(document, [_said(flow, "thanks", one) for one in _languages(flow, language)], site)
    document.hangup()
    return str(document)


def _languages(flow: Flow, language: str) -> tuple[str, ...]:
    return (language,) if language in flow.words else tuple(flow.words)


def _said(flow: Flow, phrase: str, language: str, key: str = "") -> Said:
    place = f"hotline.phrases.{phrase}"
    words = flow.words[language][place]
    return Said(place, speech.voice_of(language).press(words, key) if key else words, language)
