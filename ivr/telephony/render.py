"""What happened, as TwiML."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from html import escape
from itertools import chain, groupby, zip_longest
from typing import Any, Final
from urllib.parse import urlencode

from twilio.twiml.voice_response import Dial, Enqueue, Gather, VoiceResponse

from ivr.flow.events import Ended, Event, Said, Waiting
from ivr.flow.waits import FINISH, Agent, Keys, Leaving, Lookup, Message, Outside, Room, Talking, Wait
from ivr.telephony.voices import VOICES

# Every turn may be told twice without harm, so the carrier is asked to try again when an answer is late or lost.
RETRY: Final = "#rc=1&ct=2000&rt=6000&rp=ct,rt,5xx"
RETRY_CALLBACK: Final = "#rc=3&rp=all"
PATIENCE: Final = 1  # Seconds of silence before the carrier asks again what the wallet has not answered.
RING: Final = 30  # Seconds that a number outside may ring.
LONGEST: Final = 3600  # Seconds that a caller may talk to a number outside, for which we pay.
TASKROUTER: Final = "taskrouter"
MOST_BYTES: Final = 1500  # 500 Han characters: a Say holds 4,500 bytes when each byte is written as %XX.
NO_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
BLANK: Final = "\ue000"  # Where a text is to stand; nothing of ours has it.
SENTENCE: Final = re.compile(r"(?<=[。！？；.!?;])")


@dataclass(frozen=True, slots=True)
class Site:
    """Where the carrier reaches us, which voice speaks each language, and the hotline's own number."""

    url: str
    voices: Mapping[str, str] = field(hash=False)
    number: str = ""

    def action(self, path: str, language: str, **told: str | int) -> str:
        """Return the URL of one of our answers; it names the language, so that even a lifeboat speaks it.

        What else it is `told` comes back with the request.
        """
        more = f"&{urlencode(told, safe='/')}" if told else ""
        return f"{self.url}/voice/{path}?language={language}{more}{RETRY}"

    def callback(self, path: str) -> str:
        """Return the URL by which the carrier tells us something, again and again until we have it."""
        return f"{self.url}/voice/{path}{RETRY_CALLBACK}"


@dataclass(frozen=True, slots=True)
class Piece:
    """What one verb says: a text, or a recording of that name."""

    language: str
    text: str
    audio: str


def render(events: Iterable[Event], site: Site, language: str) -> str:
    """Return the TwiML document of one turn's events; `language` is the call's from here on."""
    happened = tuple(events)
    said = tuple(event for event in happened if isinstance(event, Said))
    return _document(said, _shown(happened[-1]) if happened else None, site, language)


def _shown(event: Event) -> Event:
    """Return the event as a document shows it: what the wallet is asked about, a PIN maybe, must not stay in memory."""
    match event:
        case Waiting(Lookup(question), turn):
            return Waiting(Lookup(question), turn)
    return event


@lru_cache(maxsize=1024)  # Most callers hear what others heard before them, at the same turn of their call.
def _document(said: tuple[Said, ...], last: Event | None, site: Site, language: str) -> str:
    keyed = isinstance(last, Waiting) and isinstance(last.wait, Keys | Room)
    # A key interrupts all that is said, but for what comes up to the last notice that must be heard.
    first = max((number for number, one in enumerate(said, 1) if not one.interrupt), default=0) if keyed else len(said)
    pieces = tuple(_pieces(said[:first])), tuple(_pieces(said[first:]))
    blank = tuple(tuple(replace(one, text=BLANK) if one.text else one for one in some) for some in pieces)
    texts = [escape(one.text, quote=False) for one in chain(*pieces) if one.text]
    parts = _frame(*blank, last, site, language)
    return "".join(chain.from_iterable(zip_longest(parts, texts, fillvalue="")))


@lru_cache(maxsize=1024)  # To make one takes as long as a turn, and what is read out is another for each caller.
def _frame(before: Sequence[Piece], after: Sequence[Piece], last: Event | None, site: Site, language: str) -> list[str]:
    """Return a document in parts, between which its texts stand; those `after` may be interrupted by a key."""
    document = VoiceResponse()
    _add(document, before, site)
    match last:
        case Waiting(Keys() | Room() as wait, turn):
            document.append(_gather(after, wait, turn, site, language))
        case Waiting(wait, turn):
            _wait(document, wait, turn, site, language)
        case Ended():
            document.hangup()
    return str(document).split(BLANK)


def speak(parent: Any, said: Iterable[Said], site: Site) -> None:
    """Add what is said to a document or a Gather, in as few Say verbs as the limits allow."""
    _add(parent, _pieces(said), site)


def _pieces(said: Iterable[Said]) -> Iterator[Piece]:
    for (language, audio), group in groupby(said, key=lambda one: (one.language, one.audio)):
        if audio:
            yield from (Piece(language, "", audio) for _ in group)
        else:
            yield from (Piece(language, text, "") for text in chunks(one.words for one in group))


def _add(parent: Any, pieces: Iterable[Piece], site: Site) -> None:
    for piece in pieces:
        if piece.audio:
            parent.play(f"{site.url}/audio/prompts/{piece.audio}.wav")
        else:
            voice = site.voices[piece.language]
            parent.say(piece.text, voice=voice, language=VOICES[voice])


def chunks(words: Iterable[str]) -> Iterator[str]:
    """Yield the words joined into texts that one Say can hold, free of characters that XML cannot hold."""
    text = ""
    for piece in (part for one in words for part in _parts(NO_XML.sub("", one))):
        if len((text + piece).encode()) > MOST_BYTES and text:
            yield text
            text = ""
        text = f"{text} {piece}" if text and text[-1].isascii() else text + piece
    if text.strip():
        yield text


def _parts(words: str) -> Iterator[str]:
    if len(words.encode()) <= MOST_BYTES:
        yield _ended(words)
        return
    for sentence in SENTENCE.split(words):
        yield from (sentence[start : start + 400] for start in range(0, len(sentence), 400))


def _ended(words: str) -> str:
    """Close what stands between two prompts, so that the synthesiser pauses there."""
    words = words.strip()
    return words if not words or words[-1] in "。！？；，：.!?;,:" else words + ("." if words.isascii() else "。")


def _gather(pieces: Iterable[Piece], wait: Keys | Room, turn: int, site: Site, language: str) -> Gather:
    if isinstance(wait, Keys):
        path, music = f"turn/{turn}", ""
        options = {"timeout": wait.seconds, "num_digits": wait.most or None, "finish_on_key": wait.finish}
    else:
        path, music = f"wait/{turn}", wait.music
        options = {"timeout": 1, "num_digits": 1, "finish_on_key": ""}
    gather = Gather(
        input="dtmf", action=site.action(path, language), method="POST", action_on_empty_result=True, **options
    )
    _add(gather, pieces, site)
    if music:
        gather.play(f"{site.url}/audio/music/{music}")
    return gather


def _wait(document: Any, wait: Wait, turn: int, site: Site, language: str) -> None:
    match wait:
        case Agent():
            document.append(_enqueue(wait, turn, site, language))
        case Outside(number):
            # Ours, which we may always show: the caller's is nobody else's business, and may be withheld.
            ours = {"caller_id": site.number} if site.number else {}
            action = site.action(f"turn/{turn}", language)
            dial = Dial(action=action, method="POST", timeout=RING, time_limit=LONGEST, **ours)
            dial.number(number)
            document.append(dial)
        case Message(seconds, silence):
            take(document, site.action(f"turn/{turn}", language), site.callback("recording"), seconds, silence)
        case Leaving():
            document.leave()
        case Lookup():
            # The wallet takes longer than a request of the carrier may be kept: it asks again.
            document.pause(length=PATIENCE)
            document.redirect(site.action(f"turn/{turn}", language), method="POST")
        case Talking():
            pass
        case _:
            raise TypeError(f"Twilio has no verb for {wait}")


def _enqueue(wait: Agent, turn: int, site: Site, language: str) -> Enqueue:
    """Queue the caller here, or hand them to TaskRouter, which is told nothing of who they are."""
    urls = {"action": site.action(f"turn/{turn}", language), "wait_url": site.action(f"wait/{turn}", language)}
    if wait.router != TASKROUTER:
        return Enqueue(name=wait.queue, max_queue_size=wait.limit, method="POST", wait_url_method="POST", **urls)
    enqueue = Enqueue(workflow_sid=wait.workflow, method="POST", wait_url_method="POST", **urls)
    told = {"queue": wait.queue, "language": language, "matter": wait.matter}
    enqueue.task(json.dumps(told, ensure_ascii=False), priority=max(0, 10 - wait.priority))
    return enqueue


def take(document: Any, following: str, ready: str, seconds: int, silence: int, method: str = "POST") -> None:
    """Add a recorder with a beep; its answer and its file's callback come by separate requests, in either order."""
    document.record(
        action=following,
        method=method,
        max_length=seconds,
        timeout=silence,
        finish_on_key=FINISH,
        play_beep=True,
        recording_status_callback=ready,
        recording_status_callback_method="POST",
        recording_status_callback_event="completed absent",
    )
