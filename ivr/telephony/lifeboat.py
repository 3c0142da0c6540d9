"""What a caller hears when something of ours is broken, from memory alone: an apology, music, the way to a message.

Every document asks again for the way back, so that whoever is in the lifeboat is in it no longer than they must.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final
from urllib.parse import urlencode

from twilio.twiml.voice_response import Gather, VoiceResponse

from ivr.flow import speech
from ivr.flow.events import Said
from ivr.flow.flow import Flow
from ivr.flow.waits import FINISH
from ivr.flow.words import GAP
from ivr.telephony.render import RETRY, Site, speak, take

# No words of operations, as menus of every version must have them.
REFUSED: Final[Mapping[str, str]] = {
    "zh-CN": "您好，我们暂时不能接听这个号码的来电。",
    "en-US": "Hello. We cannot take calls from this number at the moment.",
}
KEY = "1"
THEFT = "2"
Keys = tuple[tuple[str, str], ...]  # The place of what is named, and its key.
LEAVE: Final[Keys] = (("phrases.leave", KEY),)
PHONE = 11
ACCOUNT = 10  # Fewer digits are no number of a wallet's, but maybe a PIN or a code that is keyed too early.
CODE = 6
ROUNDS = 20
SECONDS = 120


def apology(flow: Flow, site: Site, language: str, failed: str) -> str:
    """Return an apology for what `failed`, and the way back; in every language while none is known."""
    document = VoiceResponse()
    speak(document, [_said(flow, "phrases.apology", one) for one in _languages(flow, language)], site)
    document.redirect(_back(site, language, failed, 0), method="POST")
    return str(document)


def patience(flow: Flow, site: Site, language: str, asked: str, seconds: int) -> str:
    """Return a request for patience, and what was `asked` once more after these seconds."""
    document, url = VoiceResponse(), f"{site.url}/voice/{asked}"
    if flow.hotline.wallet:
        speak(document, [_said(flow, "wallet.looking", one) for one in _languages(flow, language)], site)
    document.pause(length=seconds)
    document.redirect(f"{url}{RETRY}", method="POST")
    return str(document)


def adrift(flow: Flow, site: Site, language: str, failed: str, rounds: int) -> str:
    """Return music until a person is asked for again, or the caller's key for a message; they are in no queue."""
    return str(_music(flow, site, language, _back(site, language, failed, rounds + 1), _keys(flow)))


def waiting(flow: Flow, site: Site, language: str, asked: str, rounds: int, keys: str) -> str:
    """Return a round of the waiting room: music, and the key for a message, which comes by itself after 20 rounds.

    What was `asked` in vain is asked again after it, as the caller still stands where they stood.
    """
    if KEY in keys or rounds >= ROUNDS:
        document = VoiceResponse()
        document.leave()
        return str(document)
    return str(_music(flow, site, language, site.action(asked, language, rounds=rounds + 1), LEAVE))


def welcome(flow: Flow, site: Site, language: str, failed: str) -> str:
    """Return an apology for what `failed` at the carrier, the keys for a report and a message, and the way back."""
    document, words = VoiceResponse(), [_said(flow, "phrases.apology", one) for one in _languages(flow, language)]
    document.append(_choice(flow, site, language, _back(site, language, failed, 0), _keys(flow), words))
    return str(document)


def refusal(flow: Flow, site: Site) -> str:
    """Return what a caller hears whose calls are not taken: that, and the key by which a theft is reported."""
    document = VoiceResponse()
    words = [Said("", REFUSED[one], one) for one in flow.words if one in REFUSED]
    if flow.hotline.lifeboat:
        document.append(_choice(flow, site, "", _back(site, "", "blocked", 0), (("lifeboat.report", THEFT),), words))
    else:
        speak(document, words, site)
    document.hangup()
    return str(document)


def goodbye() -> str:
    """Return the end of a call in which there is nothing more to say."""
    document = VoiceResponse()
    document.hangup()
    return str(document)


def theft(flow: Flow, site: Site, language: str, matter: str, hold: str = "") -> str:
    """Return the recorder for an urgent report of this matter, after telling the number of a hold made before."""
    document = VoiceResponse()
    if hold:
        speak(document, frozen(flow, site, language, hold), site)
    for one in _languages(flow, language):
        speak(document, [_said(flow, "lifeboat.theft", one), _said(flow, "phrases.spoken", one, FINISH)], site)
    # Both of them name the matter, as either may come alone.
    told = {"matter": matter, **({"hold": hold} if hold else {})}
    following, ready = site.action("fallback/thanks", language, **told), f"fallback/recording?{urlencode(told)}"
    take(document, following, site.callback(ready), SECONDS, 5)
    return str(document)


def number(flow: Flow, site: Site, language: str) -> str:
    """Return the question for the number of the account that is to be frozen; who keys none goes on to a report."""
    told = [_said(flow, "lifeboat.freeze", one) for one in _languages(flow, language)]
    return _asked(told, site, site.action("fallback/freeze", language), PHONE)


def code(flow: Flow, site: Site, language: str, token: str) -> str:
    """Return the question for the code that was sent, which goes with this token."""
    places = ("wallet.sent", "wallet.code")
    told = [_said(flow, place, one) for one in _languages(flow, language) for place in places]
    return _asked(told, site, site.action("fallback/freeze/code", language, token=token), CODE)


def frozen(flow: Flow, site: Site, language: str, hold: str) -> Sequence[Said]:
    """Return what somebody hears whose wallet is frozen by this hold; nothing where the menus have no words for it."""
    boat = flow.hotline.lifeboat
    if boat is None or boat.held is None:
        return ()
    spoken = {one: speech.voice_of(one).digits(hold) for one in _languages(flow, language)}
    words = {one: _said(flow, "lifeboat.held", one) for one in spoken}
    return [replace(said, words=GAP.sub(lambda _, one=one: spoken[one], said.words)) for one, said in words.items()]  # type: ignore[misc]


def _asked(told: Sequence[Said], site: Site, action: str, digits: int) -> str:
    document = VoiceResponse()
    gather = Gather(
        input="dtmf",
        action=action,
        method="POST",
        action_on_empty_result=True,
        num_digits=digits,
        finish_on_key=FINISH,
        timeout=5,
    )
    speak(gather, told, site)
    document.append(gather)
    return str(document)


def message(flow: Flow, site: Site, language: str) -> str:
    """Return the recorder for a message."""
    document = VoiceResponse()
    for one in _languages(flow, language):
        speak(document, [_said(flow, "phrases.message", one), _said(flow, "phrases.spoken", one, FINISH)], site)
    take(document, site.action("fallback/thanks", language), site.callback("fallback/recording"), SECONDS, 5)
    return str(document)


def thanks(flow: Flow, site: Site, language: str, report: bool = False) -> str:
    """Return the goodbye after the message, or the report."""
    document = VoiceResponse()
    place = "lifeboat.reported" if report and flow.hotline.lifeboat else "phrases.thanks"
    speak(document, [_said(flow, place, one) for one in _languages(flow, language)], site)
    document.hangup()
    return str(document)


def nothing() -> str:
    """Return what leaves the caller to whoever has them by now."""
    return str(VoiceResponse())


def _back(site: Site, language: str, failed: str, rounds: int) -> str:
    return site.action(f"fallback/{rounds}", language, failed=failed)


def _music(flow: Flow, site: Site, language: str, action: str, keys: Keys) -> VoiceResponse:
    document = VoiceResponse()
    gather = _choice(flow, site, language, action, keys)
    gather.play(f"{site.url}/audio/music/{flow.queues[flow.hotline.queue].music}")
    document.append(gather)
    return document


def _choice(flow: Flow, site: Site, language: str, action: str, keys: Keys, words: Sequence[Said] = ()) -> Gather:
    """Return these words with what can be keyed behind them, language by language."""
    gather = Gather(
        input="dtmf",
        action=action,
        method="POST",
        action_on_empty_result=True,
        num_digits=1,
        finish_on_key="",
        timeout=1,
    )
    named = [_said(flow, place, one, key) for one in _languages(flow, language) for place, key in keys]
    speak(gather, [*words, *named], site)
    return gather


def _keys(flow: Flow) -> Keys:
    return (("lifeboat.report", THEFT), *LEAVE) if flow.hotline.lifeboat else LEAVE


def _languages(flow: Flow, language: str) -> tuple[str, ...]:
    return (language,) if language in flow.words else tuple(flow.words)


def _said(flow: Flow, name: str, language: str, key: str = "") -> Said:
    place = f"hotline.{name}"
    words = flow.words[language][place]
    return Said(place, speech.voice_of(language).press(words, key) if key else words, language)
